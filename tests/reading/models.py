"""Real weights for tests, as Ultralytics saves them: untrained, or with a head that says the same of every picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

NAMES = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def save_weights(
    path: Path,
    logits: Mapping[str, float] | None = None,
    *,
    names: Sequence[str] = NAMES,
    imgsz: int = 224,
    reach: float = 2.5,
) -> Path:
    """A YOLO11n-seg checkpoint. With ``logits``, every cell of 32 pixels sees a character with these class logits.

    ``reach``: how far from its cell's middle such a character reaches, in cells (boxes of 2 · reach · 32 pixels).
    """
    from ultralytics.nn.tasks import SegmentationModel

    torch.manual_seed(7)
    model = SegmentationModel("yolo11n-seg.yaml", nc=len(names), verbose=False)
    model.names = dict(enumerate(names))
    if logits is not None:
        head = model.model[-1]
        with torch.no_grad():
            for level in range(3):
                last = head.cv3[level][-1]
                last.weight.zero_()
                last.bias.fill_(-9.0)
                if level == 2:
                    for char, value in logits.items():
                        last.bias[names.index(char)] = value
                box = head.cv2[level][-1]
                box.weight.zero_()
                box.bias.fill_(-20.0)
                low = int(reach)
                for side in range(4):
                    box.bias[side * 16 + low] = 0.0
                    if reach > low:
                        box.bias[side * 16 + low + 1] = 0.0
    torch.save({"model": model, "train_args": {"imgsz": imgsz, "task": "segment"}, "epoch": -1}, path)
    return path
