"""Ten real crops without labels, annotated by hand from end to end: drawn, labelled, verified, there when reopened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.filters import CropFilter
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import open_settings
from tests.annotate.hands import Hands
from tests.gui.conftest import OpenIn, close_window

_CHECK = """
import json, sys
from ultralytics.data.utils import verify_image_label
answers = []
for image, label in json.loads(sys.stdin.read()):
    result = verify_image_label((image, label, "", False, 36, 0, 0, False))
    answers.append({"found": result[6], "corrupt": result[8], "message": result[9], "rows": len(result[1]),
                    "segments": [len(s) for s in result[3]]})
print("ANSWERS" + json.dumps(answers))
"""


def outline(position: int, width: float, height: float, corners: int) -> list[tuple[float, float]]:
    """A box (four corners) or a box with cut corners (eight) where a character of a Brazilian plate stands."""
    step = width * 0.86 / 7
    x1, y1 = width * 0.07 + position * step, height * 0.34
    x2, y2 = x1 + step * 0.8, height * 0.88
    if corners == 4:
        return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    cut = step * 0.2
    return [
        (x1 + cut, y1), (x2 - cut, y1), (x2, y1 + cut), (x2, y2 - cut),
        (x2 - cut, y2), (x1 + cut, y2), (x1, y2 - cut), (x1, y1 + cut),
    ]  # fmt: skip


def ultralytics_says(pairs: list[tuple[Path, Path]]) -> list[dict[str, object]]:
    environment = {**os.environ, "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
    done = subprocess.run(
        [sys.executable, "-c", _CHECK],
        input=json.dumps([[str(image), str(label)] for image, label in pairs]),
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=240,
    )
    answers: list[dict[str, object]] = json.loads(done.stdout.rpartition("ANSWERS")[2])
    return answers


@pytest.mark.slow
def test_ten_unlabelled_crops_are_annotated_by_hand_survive_a_restart_and_are_valid_for_ultralytics(
    application: QApplication, real_crops: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    window = MainWindow(open_settings())
    window.show()
    open_in(window, real_crops)
    hands = Hands(window, qtbot)
    session = window.session
    assert session is not None
    before = {path: path.read_bytes() for path in (real_crops / "labels").rglob("*.txt")}
    assert session.counts[CropState.UNLABELLED] == 62
    hands.annotate.crops.set_filter(CropFilter(frozenset([CropState.UNLABELLED])))

    drawn: dict[str, tuple[str, list[list[tuple[float, float]]]]] = {}
    for number in range(10):
        key = hands.annotate.crops.model.key_at(number)
        hands.go(Path(key).stem)
        size = hands.document.size
        assert size is not None
        text = session.text(key)
        assert len(text) == 7
        for position in range(7):
            hands.draw(outline(position, *size, corners=8 if number % 2 else 4))
            if number < 5:
                hands.keys(text[position].lower())
        hands.take_select_tool()
        if number >= 5:
            hands.command(Qt.Key.Key_L)
        assert hands.chars == text
        drawn[key] = (text, hands.polygons)
        hands.command(Qt.Key.Key_Return)
    close_window(window)

    after = {path: path.read_bytes() for path in (real_crops / "labels").rglob("*.txt")}
    assert {path: after[path] for path in before} == before, "no other crop's labels were touched"
    assert len(after) == len(before) + 10

    again = MainWindow(open_settings())
    again.show()
    open_in(again, real_crops)
    new = Hands(again, qtbot)
    assert again.session is not None
    assert again.session.counts[CropState.VERIFIED] == 10
    assert again.session.counts[CropState.UNLABELLED] == 52
    pairs = []
    for key, (text, polygons) in drawn.items():
        new.annotate.show_crop(key)
        new.wait_open(Path(key).stem)
        assert new.chars == text
        assert new.state() is CropState.VERIFIED
        for here, there in zip(new.polygons, polygons, strict=True):
            assert [v for p in here for v in p] == pytest.approx([v for p in there for v in p], abs=0.01)
        project = again.session.project
        pairs.append((project.image_path(key), project.label_path(key)))
    close_window(again)

    for answer, (_text, polygons) in zip(ultralytics_says(pairs), drawn.values(), strict=True):
        assert answer["found"] == 1 and answer["corrupt"] == 0, answer["message"]
        assert answer["rows"] == 7
        assert answer["segments"] == [len(polygon) for polygon in polygons]
