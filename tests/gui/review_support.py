"""What the tests of Review share: weights that find something everywhere, and footage with a plate that moves.

``write_weights`` makes a real YOLO11-seg model that finds a character in every column of 32 pixels in which there is
anything, of a class that depends on the picture. It reads nonsense, but it reads: the reader process takes it as any
weights.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

FRAME = (480, 270)  # width and height of the footage
BITS = 8
_SQUARE = 12

_MAKE = """
import sys, math, torch
from ultralytics.nn.tasks import SegmentationModel
torch.manual_seed(5)
names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
model = SegmentationModel("yolo11n-seg.yaml", nc=len(names), ch=3, verbose=False)
head = model.model[-1]
with torch.no_grad():
    for level in range(3):
        classes, boxes, masks = head.cv3[level][-1], head.cv2[level][-1], head.cv4[level][-1]
        boxes.weight.zero_(); boxes.bias.fill_(-20.0)
        left, top, right, bottom = boxes.bias.view(4, -1)  # of distances in cells, 0 to 15
        for side in (left, right):
            side[0], side[1] = math.log(0.55), math.log(0.45)
        for side in (top, bottom):
            side[12] = 0.0  # so high that one box a column is left
        masks.weight.zero_(); masks.bias.zero_(); masks.bias[0] = 1.0
        if level < 2:
            classes.weight.zero_(); classes.bias.fill_(-20.0)
    head.proto.cv3.bn.weight.zero_(); head.proto.cv3.bn.bias.fill_(5.0)
    coarse = head.cv3[2][-1]
    coarse.weight.normal_(); coarse.bias.zero_()
    seen = []
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    model.train()(torch.rand(4, 3, 224, 224))  # a forward pass in training gives sensible batch statistics
    hook = coarse.register_forward_hook(lambda module, given, out: seen.append(out))
    model.eval()(torch.rand(1, 3, 224, 224))
    coarse.weight.mul_(8.0 / seen[0].std())
    model(torch.full((1, 3, 224, 224), 114 / 255))
    hook.remove()
    coarse.bias.copy_(-2.5 - seen[1][0, :, 3, 3])  # nothing is found in the grey around a picture
model.names = dict(enumerate(names))
model.args = {"imgsz": 224, "task": "segment"}
torch.save({"model": model.half(), "train_args": {"imgsz": 224, "task": "segment"}, "epoch": -1}, sys.argv[1])
"""


def write_weights(path: Path) -> Path:
    """Write the weights in a process of their own: neither torch nor OpenCV may come into the window's."""
    subprocess.run([sys.executable, "-c", _MAKE, str(path)], check=True, capture_output=True, timeout=120)
    return path


def shared_weights(folder: Path) -> Path:
    """The weights, made once for all tests that share a folder."""
    path = folder / "columns.pt"
    return path if path.exists() else write_weights(path)


def frame_picture(number: int, plate: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One frame: a moving background, the number in binary at the top left, a plate on its way. RGB."""
    width, height = FRAME
    x = np.arange(width)[None, :] + 3 * number
    y = np.arange(height)[:, None] + 2 * number
    picture = np.stack([(x + y) % 96 + 64, (2 * x + y) % 96 + 64, (x + 3 * y) % 96 + 64], axis=-1).astype(np.uint8)
    for bit in range(BITS):
        left = 8 + bit * (_SQUARE + 4)
        picture[8 : 8 + _SQUARE, left : left + _SQUARE] = 235 if number >> bit & 1 else 16
    px, py, qx, qy = plate_box(number, plate)
    picture[py:qy, px:qx] = plate
    return picture


def plate_box(number: int, plate: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Where the plate is on a frame: x1, y1, x2, y2."""
    left, top = 60 + 2 * number, 80 + number
    return left, top, left + plate.shape[1], top + plate.shape[0]


def number_in(picture: NDArray[np.uint8]) -> int:
    """The number that :func:`frame_picture` drew, read from any rendering of the frame in its own size."""
    number = 0
    for bit in range(BITS):
        left = 8 + bit * (_SQUARE + 4)
        number |= int(picture[11 : 5 + _SQUARE, left + 3 : left + _SQUARE - 3].mean() > 125) << bit
    return number


def write_footage(path: Path, plate: NDArray[np.uint8], count: int = 60) -> Path:
    """Encode H.264 with B-frames and a key frame every 24 frames, 25 frames a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "24", "bf": "3", "crf": "16"})
        stream.width, stream.height = FRAME
        stream.pix_fmt = "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(frame_picture(number, plate), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
