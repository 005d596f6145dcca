"""The same plate over some frames: a video with its truth, for tests of reading footage and of fusion.

``sequence_0001.mp4`` is H.264; ``sequence_0001.jsonl`` has one line a frame::

    {"schema": 1, "source": "sequence_0001.mp4", "frame": 0, "time_s": 0.0, "width": 208, "height": 96,
     "text": "ABC1234", "format": "ph-2018-car",
     "characters": [{"char": "A", "readable": true, "polygon": [[x, y], …]}, …]}

``plates.csv`` names every video with its text, its format and the number of its frames.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.atomic import write_error
from lpstudio.dataset.types import Character
from lpstudio.errors import UsageError
from lpstudio.synthesis.camera import choose_degradation, develop, on_sensor
from lpstudio.synthesis.conditions import NARROWEST, WIDEST, Conditions, Wishes, choose_conditions
from lpstudio.synthesis.crops import characters_of, design
from lpstudio.synthesis.dataset import check_new_folder, check_seed
from lpstudio.synthesis.light import add_dirt, add_light, expose
from lpstudio.synthesis.occlusion import choose_covers, hidden_shares
from lpstudio.synthesis.plate import PlateDesign
from lpstudio.synthesis.processes import in_processes
from lpstudio.synthesis.scene import draw
from lpstudio.synthesis.video import Pixels, write_mp4
from lpstudio.synthesis.view import View, camera_matrix, choose_bend

FPS = 25
LEAST_FRAMES, MOST_FRAMES = 5, 30
_FINE_BELOW = 110.0  # plates narrower than this are drawn twice as large and reduced
_STREAM = 17  # keeps the streams of sequences apart from those of crops


@dataclass(frozen=True)
class SequenceFrame:
    """One frame: shape (height, width, 3), blue green red; the characters in its pixels."""

    pixels: Pixels
    characters: tuple[Character, ...]


@dataclass(frozen=True)
class _Pose:
    """Where the plate is in a frame: angles in radians, ``px`` its width, (x, y) its middle as shares of the frame."""

    yaw: float
    pitch: float
    roll: float
    px: float
    x: float
    y: float


@dataclass(frozen=True)
class Sequence:
    """One plate as a video: its frames are drawn while they are asked for.

    ``size``: width and height in pixels. ``quality``: the rate factor the video is encoded with.
    """

    plate: PlateDesign
    size: tuple[int, int]
    quality: int
    frames: Iterator[SequenceFrame]


def make_frames(seed: int, number: int, wishes: Wishes) -> Sequence:
    """A plate over 5 to 30 frames, with a moving camera and changing degradation."""
    _, plate = design(seed, number, wishes)
    rng = np.random.default_rng([seed, number, _STREAM])
    conditions = choose_conditions(wishes, rng)
    count = int(rng.integers(LEAST_FRAMES, MOST_FRAMES + 1))
    quality = int(rng.integers(20, round(conditions.between(27, 38))))
    poses, size = _path(plate, conditions, count, rng)
    return Sequence(plate, size, quality, _frames(plate, conditions, poses, size, rng))


def _frames(
    plate: PlateDesign, conditions: Conditions, poses: list[_Pose], size: tuple[int, int], rng: np.random.Generator
) -> Iterator[SequenceFrame]:
    count = len(poses)
    bend = choose_bend(plate.size, conditions.hard, rng)
    covers = choose_covers(plate, conditions.hard, rng)
    still = int(rng.integers(2**31))  # what stays the same in all frames: car, dirt, light, the camera
    focus = _wander(count, rng) * conditions.between(0.15, 1.2)
    noise = 1 + _wander(count, rng) * conditions.hard
    for number, pose in enumerate(poses):
        view = replace(_view(plate, pose, size), bend=bend)
        again = np.random.default_rng(still)
        drawing = draw(plate, view, covers, conditions.hard, again)
        add_dirt(drawing.image, conditions, again)
        add_light(drawing.image, conditions, again)
        image = expose(drawing, conditions, again)
        camera = choose_degradation(replace(conditions, blurred=False), poses[-1].px * 0.18, again)
        before = poses[max(0, number - 1)]
        dx, dy = (pose.x - before.x) * size[0], (pose.y - before.y) * size[1]
        length = float(np.hypot(dx, dy)) * 0.5  # the shutter is open for half of the time
        camera = replace(
            camera,
            focus=float(np.clip(camera.focus + focus[number], 0.25, None)),
            noise=camera.noise * float(noise[number]),
            motion=(length, float(np.arctan2(dy, dx))) if length > 0.8 else None,
            fields=min(abs(dx), 0.2 * view.cap_px / view.fine) if camera.fields else 0.0,
        )
        pixels = develop(on_sensor(image, size, camera), camera, rng)
        hidden = hidden_shares(plate, view, covers)
        yield SequenceFrame(pixels, characters_of(plate, view, size, hidden))


def _wander(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A value from 0 to 1 that changes slowly from frame to frame, shape (count,)."""
    knots = rng.random(4)
    return np.interp(np.linspace(0, 3, count), np.arange(4), knots)


def _path(
    plate: PlateDesign, conditions: Conditions, count: int, rng: np.random.Generator
) -> tuple[list[_Pose], tuple[int, int]]:
    """A car that passes or comes nearer, and the size of a frame that the whole plate stays in."""
    tilt = conditions.between(0.35, 1.2)
    share = np.linspace(0, 1, count) ** float(rng.uniform(0.8, 1.4))
    yaw = rng.normal(0, 15 * tilt, 2).clip(-45, 45)
    pitch = rng.normal(6 * tilt, 7 * tilt, 2).clip(-20, 30)
    roll = rng.normal(0, 3 * tilt) + rng.normal(0, 1.0, 2)
    far, near = np.sort(np.clip(conditions.plate_px * rng.uniform(0.5, 1.2, 2), NARROWEST, WIDEST))
    px = far + (near - far) * (share if rng.random() < 0.7 else share[::-1])
    tall = near * (plate.size[1] / plate.size[0] + float(np.abs(np.sin(np.radians(roll))).max()))
    size = _even(near * rng.uniform(1.25, 1.9)), _even(tall * rng.uniform(1.35, 2.0))
    room = 0.5 - 0.55 * near / size[0], 0.5 - 0.6 * tall / size[1]
    x, y = 0.5 + rng.uniform(-1, 1, 2) * max(0.0, room[0]), 0.5 + rng.uniform(-1, 1, 2) * max(0.0, room[1])
    shake = rng.normal(0, conditions.between(0.0005, 0.003), (count, 2))

    def along(ends: NDArray[np.float64], s: float) -> float:
        return float(ends[0] + (ends[1] - ends[0]) * s)

    poses = [
        _Pose(
            yaw=np.radians(along(yaw, s)),
            pitch=np.radians(along(pitch, s)),
            roll=np.radians(along(roll, s)),
            px=float(width),
            x=along(x, s) + float(dx),
            y=along(y, s) + float(dy),
        )
        for s, width, (dx, dy) in zip(share, px, shake, strict=True)
    ]
    return poses, size


def _even(value: float) -> int:
    """The next even number, at least 32: H.264 halves the colours."""
    return max(32, int(np.ceil(value / 2)) * 2)


def _view(plate: PlateDesign, pose: _Pose, size: tuple[int, int]) -> View:
    """The view of the whole frame with the plate at its place."""
    fine = 2 if pose.px < _FINE_BELOW else 1
    width, height = size[0] * fine, size[1] * fine
    camera = camera_matrix(plate.size, pose.yaw, pose.pitch, pose.roll, 6 * plate.size[0])
    free = View(camera, plate.size, width, height, 0.0, fine)
    corners = free.project(plate.corners)
    scale = pose.px * fine / float(np.ptp(corners[:, 0]))
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    move = np.array(
        [[scale, 0, pose.x * width - middle[0] * scale], [0, scale, pose.y * height - middle[1] * scale], [0, 0, 1]]
    )
    cap = float(np.mean([np.ptp(one[:, 1]) for one in free.project_all([g.outline for g in plate.characters])])) * scale
    return replace(free, camera=move @ camera, cap_px=cap)


def make_sequence(seed: int, wishes: Wishes, number: int) -> tuple[bytes, str, tuple[str, str, str, int]]:
    """One sequence: the MP4 file, the lines of its truth, and its row of ``plates.csv``."""
    name = f"sequence_{number:04d}.mp4"
    made = make_frames(seed, number, wishes)
    frames, lines = [], []
    for index, frame in enumerate(made.frames):
        frames.append(frame.pixels)
        lines.append(json.dumps(_truth(name, index, made, frame)))
    row = (name, made.plate.text, made.plate.format, len(frames))
    return write_mp4(frames, FPS, made.quality), "".join(f"{line}\n" for line in lines), row


def _truth(name: str, index: int, made: Sequence, frame: SequenceFrame) -> dict[str, object]:
    return {
        "schema": 1,
        "source": name,
        "frame": index,
        "time_s": round(index / FPS, 6),
        "width": made.size[0],
        "height": made.size[1],
        "text": made.plate.text,
        "format": made.plate.format,
        "characters": [
            {
                "char": one.char,
                "readable": not one.unreadable,
                "polygon": [[round(x, 3), round(y, 3)] for x, y in one.polygon],
            }
            for one in frame.characters
        ],
    }


def write_sequences(
    out: Path,
    count: int,
    seed: int,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
    wishes: Wishes | None = None,
) -> int:
    """Write ``count`` sequences into a folder that must be absent or empty; returns the number of frames.

    The same seed gives the same bytes, whatever ``jobs``. Raises UsageError or LpStudioError.
    """
    wishes = wishes or Wishes()
    if count < 1:
        raise UsageError("at least one sequence is needed")
    check_seed(seed)
    wishes.check()
    check_new_folder(out)
    rows: list[tuple[str, str, str, int]] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for mp4, truth, row in in_processes(partial(make_sequence, seed, wishes), list(range(1, count + 1)), jobs):
            (out / row[0]).write_bytes(mp4)
            (out / row[0]).with_suffix(".jsonl").write_bytes(truth.encode())
            rows.append(row)
            if progress is not None:
                progress(len(rows), count)
        (out / "plates.csv").write_bytes(_csv(rows).encode())
    except OSError as error:
        raise write_error(error, Path(error.filename) if error.filename else out) from error
    return sum(frames for *_, frames in rows)


def _csv(rows: list[tuple[str, str, str, int]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "text", "format", "frames"))
    writer.writerows(rows)
    return text.getvalue()
