"""Opening a weights file without running anything it holds."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from lpstudio.errors import LpStudioError


def load_model(path: Path) -> nn.Module:
    """The segmentation model in a ``.pt`` file, float32, on the CPU.

    Raises LpStudioError for a file that is missing, truncated, of another task, or more than weights.
    """
    from ultralytics.nn.tasks import SegmentationModel, torch_safe_load

    if not path.is_file():
        raise LpStudioError("there is no such weights file", path=path)
    if path.suffix.lower() != ".pt":
        raise LpStudioError("weights to train from must be a .pt file", path=path)
    try:
        checkpoint, _ = torch_safe_load(str(path), safe_only=True)
    except TypeError as error:
        what = "holds more than weights, so it was not opened" if "references types" in str(error) else "is damaged"
        raise LpStudioError(
            f"this weights file {what}", path=path, remedy="Use weights from a source you trust."
        ) from error
    except Exception as error:
        raise LpStudioError("this weights file cannot be read", path=path) from error
    model = (checkpoint.get("ema") or checkpoint.get("model")) if isinstance(checkpoint, dict) else None
    if not isinstance(model, SegmentationModel):
        raise LpStudioError(
            "these are not weights of a segmentation model", path=path, remedy="Use YOLO11-seg weights."
        )
    return model.float()
