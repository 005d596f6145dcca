"""The benchmarks' own promises: tables that replace themselves and nothing else, errors as they are described."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import Character
from tests.bench import pictures, processes, results
from tests.bench.plates_to_do import LEAST_IOU, Plate, fewest_vertices, iou, quality, with_errors
from tests.bench.report import Figure, measured, table
from tests.bench.session_script import Act, Player


def _character(char: str, left: float) -> Character:
    ring = [(left + 8 * math.cos(a / 10), 20 + 15 * math.sin(a / 10)) for a in range(63)]
    return Character(tuple(ring), char)


PLATES = [
    Plate(f"images/train/{n}.jpg", (140, 40), tuple(_character(c, 12 + 20 * i) for i, c in enumerate("AB12CD")))
    for n in range(50)
]


def test_results_replace_their_own_block_and_leave_what_hands_wrote(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text("# Results\n\nby hand\n\n<!-- bench: drag -->\nold\n<!-- end: drag -->\n\nmore by hand\n")
    figure = measured("drag step", [0.004, 0.005, 0.006], "ms", 8.0, factor=1e3, rivals={"other 1": [0.05]})
    for name in ("drag", "start", "drag"):
        results.write(name, [figure], {"on": "a screen", "not measured": ""}, path)
    text = path.read_text()
    assert text.startswith("# Results\n\nby hand\n") and "\n\nmore by hand\n" in text and "old" not in text
    assert text.count("<!-- bench: drag -->") == text.count("<!-- bench: start -->") == 1
    assert "| drag step | 5.00 ms | 4.50 to 5.50 (n 3) | ≤ 8.00 ms | met | 50.0 ms | 10.0 × |" in text
    assert "python -m tests.bench drag --write" in text and "on: a screen" in text and "not measured" not in text


def test_a_missed_limit_is_said() -> None:
    assert "MISSED" in table([Figure("slow", 20.0, "ms", 8.0)])
    assert "met" in table([Figure("fast", 3.0, "×", 2.0, at_least=True)])


_STARTS_ANOTHER = """
import subprocess, sys, time
print("began", flush=True)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"])
time.sleep(60)
"""


def test_a_measurement_that_does_not_end_is_given_up_whatever_it_started() -> None:
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="was not done after 2 s:\nbegan"):
        processes._run([sys.executable, "-c", _STARTS_ANOTHER], dict(os.environ), 2)
    assert time.monotonic() - began < 15


def _cannot_be_built() -> bool:
    raise RuntimeError("Review cannot be opened: no footage")


@pytest.mark.parametrize("waits", [False, True])
def test_a_session_ends_when_an_act_fails_and_says_why(qtbot: QtBot, waits: bool) -> None:
    def act() -> Act:
        yield 0.01
        yield _cannot_be_built if waits else float(_cannot_be_built())

    def acts() -> Generator[tuple[str, Act], None, None]:
        yield "Review", act()

    ends: list[int] = []
    player = Player(acts(), ends.append)
    player.start()
    qtbot.waitUntil(lambda: bool(ends))
    assert ends == [1]
    assert (player.act, player.trouble) == ("Review", "RuntimeError: Review cannot be opened: no footage")


def test_wrong_drafts_have_errors_in_a_tenth_of_their_characters_and_right_ones_none() -> None:
    truth = {plate.key: [[c.char, c.polygon] for c in plate.characters] for plate in PLATES}
    right = with_errors(PLATES, 0.0, seed=1)
    assert all(right[plate.key] == plate.characters for plate in PLATES)
    drafts = with_errors(PLATES, 0.1, seed=1)
    assert drafts == with_errors(PLATES, 0.1, seed=1)
    found = {key: [[c.char, c.polygon] for c in characters] for key, characters in drafts.items()}
    correct = sum(quality(truth[key], found[key])[0] for key in truth)
    added = sum(len(found[key]) > len(truth[key]) for key in truth)
    assert 300 - correct + added >= 0.1 * 300 - 1
    assert 300 - correct <= 0.1 * 300


def test_the_fewest_vertices_still_make_a_right_outline() -> None:
    ring = PLATES[0].characters[0].polygon
    few = fewest_vertices(ring)
    assert len(few) <= 6
    assert iou(few, ring) >= LEAST_IOU


def test_other_tools_get_the_same_pictures_and_polygons(tmp_path: Path) -> None:
    import json

    dataset = pictures.many_plates(tmp_path / "plates", 120)
    folder = pictures.as_json_folder(dataset, tmp_path / "json")
    written = sorted(folder.glob("*.json"))
    assert len(written) == len(list(folder.glob("*.jpg"))) == 120
    shapes = json.loads(written[3].read_text())["shapes"]
    label = dataset / "labels" / "train" / f"{written[3].stem}.txt"
    assert [[s["label"], s["points"]] for s in shapes] == [
        [char, [list(point) for point in points]] for char, points in pictures.read_label(label, (320, 96))
    ]
