"""Training settings as Ultralytics' arguments."""

from __future__ import annotations

from typing import Any

from lpstudio.training.runs import Run


def ultralytics_arguments(run: Run, device: str) -> dict[str, Any]:
    """The overrides of a trainer. The loss settings are none of its arguments: the trainer finds them in the run."""
    settings = run.settings
    passed = (
        "epochs", "imgsz", "optimizer", "lr0", "lrf", "momentum", "weight_decay", "warmup_epochs",
        "warmup_momentum", "warmup_bias_lr", "hsv_h", "hsv_s", "hsv_v", "erasing", "translate", "scale", "degrees",
        "shear", "perspective", "fliplr", "flipud", "mosaic", "mixup", "copy_paste", "amp", "seed", "deterministic",
        "workers",
    )  # fmt: skip
    return {
        **{name: getattr(settings, name) for name in passed},
        "batch": run.batch,
        "nbs": settings.nominal_batch,
        "task": "segment",
        # noted in args.yaml; the trainer builds the model itself
        "model": settings.weights if settings.weights.endswith(".pt") else f"yolo11{settings.size}-seg.yaml",
        "data": str(run.dir / "data.yaml"),
        "save_dir": str(run.dir),
        "project": str(run.dir.parent),
        "name": run.name,
        "exist_ok": True,
        "device": device,
        "cos_lr": settings.schedule == "cosine",
        "save_period": settings.save_period or -1,
        "patience": 0,  # Ultralytics would stop on mAP; the early stop here looks at the validation loss
        "plots": False,  # they ask the network for a font
        "cache": False,
        # only needed after mosaic; it would rebuild the loader
        "close_mosaic": 10 if settings.mosaic > 0 else 0,
        "val": True,
        "save": True,
        "verbose": False,
    }
