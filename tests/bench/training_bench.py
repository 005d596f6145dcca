"""Training: the loss as a part of a step, and whole trainings beside plain Ultralytics."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.bench import crops
from tests.bench.beside import Run
from tests.bench.processes import run
from tests.bench.report import Figure

EPOCHS = 2
SYNTHETIC = 1500


def loss(bench: Run) -> list[Figure]:
    """The loss as a part of a training step (CPU, YOLO11n-seg, batch 16, 224 px) and beside the per-sample loop."""
    told, _began = run("tests.bench.child_loss", bench.folder)
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


def train(bench: Run) -> list[Figure]:
    """Images per second of whole trainings of two epochs on the CPU, beside plain Ultralytics with the same settings.

    Real crops (2:1) where this machine has them, and synthetic ones of 3:1. Aims are for whole runs by the clock; the
    time that the processor was busy is told too, for a machine that has other work.
    """
    figures = []
    found = [("real 2:1 crops", crops.real_plates(bench.folder / "real"), 1.5)]
    found.append(("synthetic 3:1 crops", crops.wide_plates(bench.folder / "synthetic", SYNTHETIC), 2.0))
    for name, crops_there, aim in found:
        if crops_there is None:
            print("no real crops here (set LPSTUDIO_REAL_CROPS)", file=sys.stderr)
            continue
        dataset, count = crops_there
        told = {
            kind: run("tests.bench.child_train", bench.folder, kind, str(dataset), str(EPOCHS), timeout_s=3600)[0]
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


TRAINING: dict[str, Callable[[Run], list[Figure]]] = {"loss": loss, "train": train}
