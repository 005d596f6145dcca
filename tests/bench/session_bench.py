"""Long sessions under the watchdog, and texts typed on real crops."""

from __future__ import annotations

import compileall
import sys
from collections.abc import Callable

from tests.bench import pictures
from tests.bench.beside import Run
from tests.bench.processes import REPOSITORY, run
from tests.bench.report import Figure

SESSION_S = 600.0
SESSION_CROPS = 5_000


def watchdog(bench: Run) -> list[Figure]:
    """GUI-thread blocks over 16 and over 50 ms in a scripted session of ten minutes."""
    dataset = pictures.many_plates(bench.folder / "session", SESSION_CROPS)
    compileall.compile_dir(REPOSITORY / "lpstudio", quiet=1)  # as an installed program is; changed files only
    told, _began = run(
        "tests.bench.child_watchdog", bench.folder, str(dataset), f"{SESSION_S:g}", timeout_s=SESSION_S + 300
    )
    acts = ", ".join(f"{act} {count}" for act, count in sorted(told["acts"].items(), key=lambda pair: -pair[1])[:5])
    worst = ", ".join(f"{act} {ms:.0f} ms (computed {cpu:.0f})" for act, ms, cpu in told["worst"][:3])
    clock = told["by_clock"]
    return [
        Figure(
            f"{told['seconds']:.0f} s of session: blocks over 50 ms", told["slow"], "", 0,
            note=f"own time of the GUI thread; by the clock {clock[1]}; longest: {worst or 'none'}",
        ),
        Figure(
            f"{told['seconds']:.0f} s of session: blocks over 16 ms", told["frames"], "",
            note=f"of {told['beats']:,} beats; by the clock {clock[0]}; most in: {acts or 'none'}",
        ),
        Figure("longest block", told["longest_ms"], "ms"),
    ]  # fmt: skip


def typed(bench: Run) -> list[Figure]:
    """The characters of a known text found on real crops, without a model and by the shipped weights."""
    from tests.conftest import real_crops_folder

    if real_crops_folder() is None:
        print("no real crops here (set LPSTUDIO_REAL_CROPS)", file=sys.stderr)
        return []
    figures = []
    for title, more in (("without a model", ()), ("by the shipped weights", ("model",))):
        told, _began = run("tests.bench.child_typed", bench.folder, *more, timeout_s=1800)
        of = f"{told['crops']:.0f} real crops, {told['characters']:.0f} characters; labels are machine-made"
        figures += [
            Figure(f"{title}: crops right (number, classes, mean IoU ≥ 0.7)", 100 * told["good"], "%", note=of),
            Figure(f"{title}: characters found with their class", 100 * told["classes"], "%"),
            Figure(f"{title}: crops with every character found", 100 * told["whole"], "%"),
            Figure(f"{title}: overlap with the labels, median IoU", told["overlap_median"], ""),
            Figure(f"{title}: overlap with the labels, mean IoU", told["overlap_mean"], ""),
            Figure(f"{title}: time per crop", told["ms"], "ms"),
            Figure(f"{title}: one character too few doubted", 100 * told["doubted_too_few"], "%"),
            Figure(f"{title}: one too many doubted", 100 * told["doubted_too_many"], "%"),
            Figure(f"{title}: right number doubted", 100 * told["doubted_wrongly"], "%"),
        ]
    return figures


SESSIONS: dict[str, Callable[[Run], list[Figure]]] = {"typed": typed, "watchdog": watchdog}
