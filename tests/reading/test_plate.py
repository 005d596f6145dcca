"""The JSON of a picture: plates from characters, look-alikes marked, what a format changed marked."""

from __future__ import annotations

import json

import pytest

from lpstudio.dataset.types import Candidate, Character
from lpstudio.plates.formats import formats_from
from lpstudio.reading.plate import SeenCharacter, all_found, line, plates_of
from lpstudio.similarity import Similarity

PH, NONE = formats_from("ph"), formats_from("none")


def _seen(char: str, x: float, y: float = 50, second: str = "W", p: float = 0.95, height: float = 30) -> SeenCharacter:
    box = (x, y, x + height * 0.6, y + height)
    polygon = ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]))
    candidates = (Candidate(char, p), Candidate(second, 1 - p))
    character = Character(polygon, char, candidates=candidates, confidence=0.9)
    return SeenCharacter(character, box, {char: p, second: 1 - p})


def _row(text: str, x: float = 10, y: float = 50, height: float = 30) -> list[SeenCharacter]:
    return [_seen(char, x + i * height * 0.8, y, height=height) for i, char in enumerate(text)]


def test_the_plate_has_the_schema_of_the_design() -> None:
    plate = plates_of(_row("ABC1234"), PH, Similarity())[0]
    assert list(plate) == ["box", "track", "text", "probability", "format", "hypotheses", "characters", "left_out"]
    assert (plate["text"], plate["format"], plate["track"]) == ("ABC1234", "ph-2014-car", None)
    assert plate["box"] == [10, 50, pytest.approx(10 + 6 * 24 + 18), 80]
    assert list(plate["characters"][0]) == [
        "polygon", "box", "confidence", "similar", "changed", "chosen", "candidates",
    ]  # fmt: skip
    assert plate["hypotheses"][0] == {key: plate[key] for key in ("text", "probability", "format")}
    whole = line("a.jpg", width=240, height=80, weights="starter-n", calibrated=True, plates=[plate])
    assert list(whole) == [
        "schema", "source", "frame", "time_s", "width", "height", "error", "weights", "calibrated", "plates",
    ]  # fmt: skip
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole


def test_what_the_format_changed_and_what_looks_alike_is_marked() -> None:
    seen = _row("ABC1234")
    seen[3] = _seen("O", 10 + 3 * 24, second="0", p=0.8)
    plate = plates_of(seen, PH, Similarity())[0]
    assert plate["text"] == "ABC0234"
    assert [c["changed"] for c in plate["characters"]] == [False] * 3 + [True] + [False] * 3
    assert [c["chosen"] for c in plate["characters"]] == list("ABC0234")
    assert [c["similar"] for c in plate["characters"]] == [False] * 3 + [True] + [False] * 3
    free = plates_of(seen, NONE, Similarity(groups=()))[0]
    assert free["text"] == "ABCO234"
    assert not any(c["changed"] or c["similar"] for c in free["characters"])


def test_characters_come_in_reading_order_whatever_their_order() -> None:
    seen = _row("123", y=20) + _row("ABC", y=60)
    plates = plates_of(seen[::-1], PH, Similarity())
    assert len(plates) == 1 and plates[0]["text"] == "123ABC" and plates[0]["format"] == "ph-2018-motorcycle"
    assert [c["candidates"][0]["char"] for c in plates[0]["characters"]] == list("123ABC")


def test_two_plates_of_a_frame_are_read_apart() -> None:
    plates = plates_of(_row("ABC1234", 10) + _row("XY9876", 600, 220), PH, Similarity())
    assert [plate["text"] for plate in plates] == ["ABC1234", "XY9876"]


def test_a_box_doubled_over_a_character_is_left_out_of_the_text_and_still_told() -> None:
    seen = _row("ABC1234")
    twin = _seen("8", 12 + 6 * 24, p=0.6)
    fainter = Character(twin.character.polygon, "8", candidates=twin.character.candidates, confidence=0.4)
    plate = plates_of([*seen, SeenCharacter(fainter, twin.box, twin.probabilities)], PH, Similarity())[0]
    assert plate["text"] == "ABC1234" and [c["chosen"] for c in plate["characters"]] == list("ABC1234")
    assert [(c["candidates"][0]["char"], c["chosen"], c["changed"]) for c in plate["left_out"]] == [("8", None, True)]
    assert [c["chosen"] for c in all_found(plate)].index(None) == plate["left_out"][0]["place"] in (6, 7)


def test_classes_that_are_no_characters_do_not_enter_the_text() -> None:
    seen = _row("ABC1234")
    box = (200.0, 50.0, 218.0, 80.0)
    foreign = Character(seen[0].character.polygon, "SCREW", candidates=(Candidate("SCREW", 0.99),), confidence=0.9)
    plate = plates_of([*seen, SeenCharacter(foreign, box, {"SCREW": 0.99, "O": 0.01})], PH, Similarity())[0]
    assert plate["text"] == "ABC1234"


def test_a_picture_without_characters_has_no_plates() -> None:
    assert plates_of([], PH, Similarity()) == []
