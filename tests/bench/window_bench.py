"""The window: its start, large folders, crowded pictures. Each beside the other tools."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from tests.bench import pictures
from tests.bench.beside import OURS, Run, others
from tests.bench.processes import run
from tests.bench.report import Figure, Spread, measured

STARTS = 5
OPENINGS = {5_000: 2, 50_000: 3, 500_000: 3}  # whole processes for each size of folder
HUGE = 500_000
STEPS = 40  # from crop to crop in each of them
RIVAL_STEPS = 15
DRAGS = 2  # whole processes for each picture
MOVES = 100
RIVAL_MOVES = {8: 100, 200: 25, 2_000: 6}
START_SHARE = 0.8  # of labelme's time

_Found = dict[str, dict[str, list[float]]]


def _nothing() -> _Found:
    return defaultdict(lambda: defaultdict(list))


def _figure(
    found: _Found, what: str, name: str, unit: str, aim: float | None = None, factor: float = 1.0, note: str = ""
) -> Figure:
    values = found[what]
    return measured(name, values[OURS], unit, aim, factor=factor, note=note, rivals=others(values))


def start(bench: Run) -> list[Figure]:
    """From before the process begins to the window's first paint event; memory a moment later."""
    found, heavy = _nothing(), set()
    module = "tests.bench.child_start"
    for _ in bench.rounds(1, module, "start", (), ()):
        pass  # once to warm the disk and to make first settings
    for name, told, began in bench.rounds(STARTS, module, "start", (), ()):
        found["first"][name].append(told["first_paint"] - began)
        found["whole"][name].append(told["all_painted"] - began)
        for kind in ("rss_mb", "pss_mb"):
            if kind in told:
                found[kind][name].append(told[kind])
        if name == OURS:
            heavy.update(told["heavy"])
    labelme = [values for name, values in found["first"].items() if name.startswith("labelme")]
    aim = START_SHARE * Spread.of(labelme[0]).median if labelme else None
    figures = [
        _figure(found, "first", "start to first paint", "s", aim, note=f"limit: {START_SHARE} of labelme's"),
        _figure(found, "whole", "start to whole window painted", "s"),
        _figure(found, "rss_mb", "memory at start, RSS", "MB", 200.0),
    ]
    if "pss_mb" in found:
        figures.append(_figure(found, "pss_mb", "memory at start, PSS", "MB"))
    if heavy:
        print(f"the window holds {', '.join(sorted(heavy))} at start", file=sys.stderr)
    return figures


def browse(bench: Run) -> list[Figure]:
    """Opening 5,000 and 50,000 labelled crops, and going from one to the next by key."""
    figures = []
    for count in (5_000, 50_000):  # huge has the third
        dataset = pictures.many_plates(bench.folder / f"plates_{count}", count)
        folder = str(pictures.as_json_folder(dataset, bench.folder / f"plates_{count}_json")) if bench.rivals() else ""
        found = _nothing()
        rounds = bench.rounds(
            OPENINGS[count],
            "tests.bench.child_browse",
            "browse",
            (str(dataset), str(STEPS)),
            (folder, str(RIVAL_STEPS)),
        )
        for name, told, _began in rounds:
            found["first"][name].append(told["first_s"])
            found["next"][name] += told["next_s"]
            if name == OURS:
                found["rush"][name] += told["rush_s"]
                found["last"][name].append(told["last_s"])
                found["scroll"][name] += told["scroll_s"]
        title = f"{count:,} crops"
        steps = sorted(1e3 * value for value in found["next"][OURS])
        figures += [
            _figure(
                found, "first", f"{title}: open to first picture", "s", 0.5,
                note=f"opened for the very first time {found['first'][OURS][0]:.2f} s",
            ),
            _figure(
                found, "next", f"{title}: next image", "ms", 15.0, 1e3,
                note=f"95 %: {steps[int(0.95 * len(steps))]:.1f} ms",
            ),
            _figure(found, "rush", f"{title}: next image, no pause between keys", "ms", None, 1e3),
            _figure(found, "last", f"{title}: to the last image by End", "ms", None, 1e3),
            _figure(found, "scroll", f"{title}: turn of the wheel over the list, with repaint", "ms", None, 1e3),
        ]  # fmt: skip
    return figures


def drag(bench: Run) -> list[Figure]:
    """One mouse move of a drag with its repaint, among 8, 200 and 2,000 polygons of twelve vertices on 1080p."""
    figures = []
    for count, aim in ((8, None), (200, 8.0), (2_000, 16.0)):
        found = _nothing()
        for again in range(DRAGS):  # a fresh picture each time: what was dragged is saved
            dataset = pictures.crowded_picture(bench.folder / f"crowd_{count}_{again}", count)
            folder = pictures.as_json_folder(dataset, Path(f"{dataset}_json")) if bench.rivals() else ""
            ours, theirs = (str(dataset), str(MOVES)), (str(folder), str(RIVAL_MOVES[count]))
            for name, told, _began in bench.rounds(1, "tests.bench.child_drag", "drag", ours, theirs):
                for what in ("shape", "vertex"):
                    found[what][name] += told[f"{what}_s"]
        for what, word in (("shape", "polygon"), ("vertex", "vertex")):
            times = sorted(1e3 * value for value in found[what][OURS])
            note = f"95 %: {times[int(0.95 * len(times))]:.1f} ms"
            name = f"1080p, {count:,} polygons: drag step of a {word}"
            figures.append(_figure(found, what, name, "ms", aim, 1e3, note))
    return figures


def huge(bench: Run) -> list[Figure]:
    """A project of 500,000 crops: opening it, going on in it, scrolling its list."""
    dataset = pictures.many_plates(bench.folder / "plates", HUGE)
    told: dict[str, list[float]] = defaultdict(list)
    for _ in range(OPENINGS[HUGE]):
        found, _began = run("tests.bench.child_browse", bench.folder, str(dataset), str(STEPS), timeout_s=900)
        told["first"].append(found["first_s"])
        told["last"].append(found["last_s"])
        told["next"] += found["next_s"]
        told["scroll"] += found["scroll_s"]
    title = f"{HUGE:,} crops"
    return [
        measured(
            f"{title}: open to first picture", told["first"], "s",
            note=f"opened for the very first time {told['first'][0]:.2f} s",
        ),
        measured(f"{title}: next image", told["next"], "ms", factor=1e3),
        measured(f"{title}: to the last image by End", told["last"], "ms", factor=1e3),
        measured(f"{title}: turn of the wheel over the list, with repaint", told["scroll"], "ms", 16.0, factor=1e3),
    ]  # fmt: skip


WINDOW: dict[str, Callable[[Run], list[Figure]]] = {"start": start, "browse": browse, "drag": drag, "huge": huge}
