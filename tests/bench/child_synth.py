"""Draws synthetic crops in one process and tells how long that took: ``python -m tests.bench.child_synth COUNT``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import cv2

from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.crops import make_plate
from lpstudio.synthesis.dataset import write_dataset
from tests.bench.processes import tell

WARM = 150  # plates: by then every glyph was met


def main() -> None:
    """A dataset as the command makes it, files included, and mixed crops at three fixed difficulties."""
    count = int(sys.argv[1])
    cv2.setNumThreads(1)
    speeds: dict[str, float] = {}
    for number in range(1, WARM + 1):
        make_plate(1, number, 1, Wishes())
    with tempfile.TemporaryDirectory() as folder:
        wall, busy = time.monotonic(), time.process_time()
        write_dataset(Path(folder) / "crops", count, 7)
        speeds["wall"] = count / (time.monotonic() - wall)
        speeds["mixed"] = count / (time.process_time() - busy)
    for difficulty in (0.0, 0.5, 1.0):
        busy, made = time.process_time(), 0
        for number in range(1, count // 6):
            made += len(make_plate(7, number, 2, Wishes(difficulty=difficulty)))
        speeds[f"{difficulty:g}"] = made / (time.process_time() - busy)
    tell(speeds)


if __name__ == "__main__":
    main()
