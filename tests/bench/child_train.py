"""One whole training on the CPU: plain Ultralytics as the notebook called it, or LP Studio's; seconds and metrics."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.processes import tell


def plain(dataset: Path, epochs: int) -> dict[str, float]:
    """``YOLO(...).train`` with the notebook's settings, all others left alone."""
    from ultralytics import YOLO

    from lpstudio.training.settings import TrainSettings

    settings = TrainSettings()
    same = (
        "batch", "imgsz", "optimizer", "lr0", "lrf", "momentum", "weight_decay", "warmup_epochs", "warmup_momentum",
        "warmup_bias_lr", "hsv_h", "hsv_s", "hsv_v", "erasing", "fliplr", "mosaic", "mixup", "copy_paste",
        "save_period", "amp", "seed", "deterministic",
    )  # fmt: skip
    options: dict[str, Any] = {name: getattr(settings, name) for name in same}
    return _timed(
        lambda: YOLO("yolo11n-seg.yaml").train(
            data=str(dataset / "data.yaml"), epochs=epochs, device="cpu", project=str(dataset / "plain"), **options
        )
    )


def own(dataset: Path, epochs: int, batches: str) -> dict[str, float]:
    """The same settings in LP Studio, with its loss."""
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.training_set import collect
    from lpstudio.training.conductor import Conductor
    from lpstudio.training.events import EventLog
    from lpstudio.training.runs import create_run
    from lpstudio.training.session import train
    from lpstudio.training.settings import TrainSettings

    def work() -> None:
        # plain Ultralytics trains on all of train and has val choose: so must this, to be compared with
        settings = TrainSettings(epochs=epochs, device="cpu", weights="scratch", batches=batches, selection_share=0.0)
        with Project.open(dataset) as project:
            run = create_run(project, settings, collect(project))
        log = EventLog(run.events_path)
        train(run, "cpu", Conductor(run, log), log)
        log.close()

    return _timed(work)


def _timed(work: Any) -> dict[str, float]:
    import torch
    import ultralytics.models  # noqa: F401  # what is imported once is no part of a training

    torch.zeros(1)
    wall, busy = time.perf_counter(), time.process_time()
    work()
    return {"wall_s": time.perf_counter() - wall, "busy_s": time.process_time() - busy}


if __name__ == "__main__":
    kind, folder, count = sys.argv[1:4]
    os.environ["LPSTUDIO_LOCKS"] = str(Path(folder) / "locks")
    measured = plain(Path(folder), int(count)) if kind == "plain" else own(Path(folder), int(count), kind)
    tell(measured)
