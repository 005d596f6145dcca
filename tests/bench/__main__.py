"""``python -m tests.bench [start] [browse] [drag] [loss] [train] [--json FILE]``: run benchmarks, print their table.

Without names all run but ``train``, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform as machine
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import crops, pictures
from tests.bench.processes import platform, run
from tests.bench.report import Figure, table

STARTS = 5
STEPS = 100
MOVES = 100
EPOCHS = 2
SYNTHETIC = 1500


def start(folder: Path) -> list[Figure]:
    """From before the process begins to the window's first paint event; memory a moment later."""
    first, whole, rss, pss, heavy = [], [], [], [], set()
    run("tests.bench.child_start", folder)  # once to warm the disk
    for _ in range(STARTS):
        told, began = run("tests.bench.child_start", folder)
        first.append(told["first_paint"] - began)
        whole.append(told["all_painted"] - began)
        rss.append(told["rss_mb"])
        pss.append(told.get("pss_mb", 0.0))
        heavy.update(told["heavy"])
    figures = [
        Figure(
            "start to first paint", statistics.median(first), "s", 1.0, others="1.03 · 1.19 · 2.60 s", best_other=1.03
        ),
        Figure("start to whole window painted", statistics.median(whole), "s"),
        Figure("memory at start, RSS", statistics.median(rss), "MB", others="229 · 190 · 334 MB", best_other=190),
    ]
    if any(pss):
        figures.append(Figure("memory at start, PSS", statistics.median(pss), "MB"))
    if heavy:
        print(f"the window holds {', '.join(sorted(heavy))} at start", file=sys.stderr)
    return figures


def browse(folder: Path) -> list[Figure]:
    """Opening 5,000 and 50,000 crops, and going from one to the next."""
    figures = []
    rivals = {
        5_000: ("0.44/0.72 · 0.65/1.1 · 0.26/0.30 s", 0.26, "", None),
        50_000: ("5.9 · 7.1 · 2.3 s", 2.3, "95 · 129 · 163 ms", 95.0),
    }
    for count, (opening, best_opening, going, best_going) in rivals.items():
        dataset = pictures.many_plates(folder / f"plates_{count}", count)
        told, _began = run("tests.bench.child_browse", folder, str(dataset), str(STEPS))
        steps = sorted(1e3 * value for value in told["next_s"])
        rush = sorted(1e3 * value for value in told["rush_s"])
        name = f"{count:,} crops"
        first, next_crop = told["first_s"], statistics.median(steps)
        figures += [
            Figure(f"{name}: open to first picture", first, "s", 0.5, others=opening, best_other=best_opening),
            Figure(f"{name}: next crop, median", next_crop, "ms", 15.0, others=going, best_other=best_going),
            Figure(f"{name}: next crop, 95 %", steps[int(0.95 * len(steps))], "ms"),
            Figure(f"{name}: next crop, no pause between keys, median", statistics.median(rush), "ms"),
            Figure(f"{name}: to the last crop by End", 1e3 * told["last_s"], "ms"),
        ]
    return figures


def drag(folder: Path) -> list[Figure]:
    """One mouse move of a drag with its repaint, among 200 and among 2,000 polygons of twelve vertices."""
    figures = []
    for count, aim, rivals in ((200, 8.0, "47/79 · 69/110 · 222/176 ms"), (2_000, None, "")):
        dataset = pictures.crowded_picture(folder / f"crowd_{count}", count)
        told, _began = run("tests.bench.child_drag", folder, str(dataset), str(MOVES))
        name = f"1080p, {told['polygons']:,} polygons"
        for what in ("shape", "vertex"):
            times = sorted(1e3 * value for value in told[f"{what}_s"])
            word = "polygon" if what == "shape" else "vertex"
            figures.append(
                Figure(
                    f"{name}: drag step of a {word}, median",
                    statistics.median(times),
                    "ms",
                    aim,
                    others=rivals if what == "shape" else "",
                    best_other=47.0 if what == "shape" and rivals else None,
                    note=f"95 %: {times[int(0.95 * len(times))]:.1f} ms",
                )
            )
    return figures


def loss(folder: Path) -> list[Figure]:
    """The loss as a part of a training step (CPU, YOLO11n-seg, batch 16, 224 px) and beside the per-sample loop."""
    told, _began = run("tests.bench.child_loss", folder)
    share, loop = told["share"], told["loop"]
    return [
        Figure(
            "loss: share of a training step", share["percent"], "%", 2.0,
            note=f"{share['loss_ms']:.1f} of {share['step_ms']:.0f} ms, {share['anchors']:.0f} anchors",
        ),
        Figure(
            "loss: times faster than the loop, 4,096 anchors", loop["times_faster"], "×", 50.0, at_least=True,
            note=f"{loop['loss_ms']:.2f} against {loop['loop_ms']:.0f} ms",
        ),
    ]  # fmt: skip


def train(folder: Path) -> list[Figure]:
    """Images per second of whole trainings of two epochs on the CPU, beside plain Ultralytics with the same settings.

    Real crops (2:1) where this machine has them, and synthetic ones of 3:1. Aims are for whole runs by the clock; the
    time that the processor was busy is told too, for a machine that has other work.
    """
    figures = []
    found = [("real 2:1 crops", crops.real_plates(folder / "real"), 1.5)]
    found.append(("synthetic 3:1 crops", crops.wide_plates(folder / "synthetic", SYNTHETIC), 2.0))
    for name, crops_there, aim in found:
        if crops_there is None:
            print("no real crops here (set LPSTUDIO_REAL_CROPS)", file=sys.stderr)
            continue
        dataset, count = crops_there
        told = {
            kind: run("tests.bench.child_train", folder, kind, str(dataset), str(EPOCHS), timeout_s=3600)[0]
            for kind in ("plain", "rectangular")
        }
        speeds = {kind: EPOCHS * count / times["wall_s"] for kind, times in told.items()}
        busy = told["plain"]["busy_s"] / told["rectangular"]["busy_s"]
        figures += [
            Figure(f"training, {name}: plain Ultralytics", speeds["plain"], "images/s", note=f"{count} crops"),
            Figure(f"training, {name}", speeds["rectangular"], "images/s"),
            Figure(
                f"training, {name}: times faster", speeds["rectangular"] / speeds["plain"], "×", aim, at_least=True,
                note=f"by processor time {busy:.2f} ×",
            ),
        ]  # fmt: skip
    return figures


LONG = {"train"}
BENCHMARKS: dict[str, Callable[[Path], list[Figure]]] = {
    "start": start,
    "browse": browse,
    "drag": drag,
    "loss": loss,
    "train": train,
}


def main() -> int:
    """Run the benchmarks that were named, or all short ones; 1 when an aim was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}; without: all but train"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    unknown = set(options.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"Qt platform {platform()}, {os.cpu_count()} cores{load}, Python {machine.python_version()}")
    figures: list[Figure] = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="lpstudio-bench-") as folder:
        for name in options.names or [name for name in BENCHMARKS if name not in LONG]:
            print(f"{name}…", file=sys.stderr, flush=True)
            try:
                figures += BENCHMARKS[name](Path(folder))
            except (RuntimeError, OSError) as error:
                failed = True
                print(f"{name} failed: {error}", file=sys.stderr)
    print(table(figures))
    print("others: labelme 6.3.1 · labelme 7.9.1 · X-AnyLabeling 4.2.1 (two runs: a/b), two cores, 1920×1080")
    if options.json:
        options.json.write_text(json.dumps([figure.to_dict() for figure in figures], indent=1))
    return 1 if failed or any(figure.is_met is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
