"""A typed text's characters found with a model, and outlines that follow the ink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from shapely.geometry import Polygon as Shape

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, Polygon
from lpstudio.errors import LpStudioError
from lpstudio.reading.exact_outline import exact_outline
from lpstudio.reading.letter_forms import fills, form_in_box, forms_of_plate, known_outline
from lpstudio.reading.pictures import load_picture
from lpstudio.reading.plate import SeenCharacter
from lpstudio.reading.typed_model import align, first_enough, not_among, propose_seen
from lpstudio.reading.weights import find_weights, load_weights, starter_weights
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.dataset import write_dataset
from tests.reading.test_typed import plate

Box = tuple[float, float, float, float]


def corners(box: Box, air: float = 0.0) -> Polygon:
    x1, y1, x2, y2 = box[0] - air, box[1] - air, box[2] + air, box[3] + air
    return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))


def overlap(one: Polygon, other: Polygon) -> float:
    a, b = Shape(one).buffer(0), Shape(other).buffer(0)
    return float(a.intersection(b).area / a.union(b).area)


def seen(place: int, char: str, confidence: float) -> SeenCharacter:
    box = (20.0 * place, 0.0, 20.0 * place + 15, 30.0)
    return SeenCharacter(Character(corners(box), char, confidence=confidence), box, {char: 0.9, "X": 0.05})


def test_the_text_picks_its_characters_out_of_more_that_are_seen() -> None:
    there = [seen(0, "Q", 0.3), seen(1, "A", 0.9), seen(2, "B", 0.1), seen(3, "C", 0.8), seen(4, "1", 0.6)]
    assert align(there, "ABC1") == there[1:]
    assert align(there, "AC1") == [there[1], there[3], there[4]]
    assert align(there, "ABC123") == [], "more than are seen"
    assert align(there, "") == []


def test_a_size_that_sees_enough_is_taken_where_the_models_own_sees_too_few() -> None:
    own, larger = [seen(0, "A", 0.9), seen(2, "1", 0.9)], [seen(0, "A", 0.5), seen(1, "B", 0.1), seen(2, "1", 0.5)]
    assert first_enough([own, larger], "A1") == (0, own)
    assert first_enough([own, [], larger], "AB1") == (2, larger)
    assert first_enough([own, larger], "AB12") == (0, [])
    assert not_among(larger, own) == (1,) and not_among(own, larger) == (), "what only the larger size shows is doubted"


def filled(box: Box, ink: int = 40, ground: int = 200) -> NDArray[np.uint8]:
    picture = np.full((60, 80, 3), ground, np.uint8)
    x1, y1, x2, y2 = (int(value) for value in box)
    picture[y1:y2, x1:x2] = ink
    return picture


def test_an_outline_is_drawn_to_where_the_ink_ends() -> None:
    box = (30.0, 10.0, 42.0, 50.0)
    fat = corners(box, 1.5)
    found = exact_outline(filled(box), fat)
    assert overlap(found, corners(box)) > max(0.9, overlap(fat, corners(box)))
    blank = exact_outline(np.full((60, 80, 3), 128, np.uint8), fat, slimmer=0.0)
    assert overlap(blank, fat) > 0.95, "without contrast it stays what it was"


def test_the_mean_of_several_looks_is_taken_and_what_lies_elsewhere_is_not() -> None:
    grey = np.full((60, 80, 3), 128, np.uint8)
    own, wider = corners((30, 10, 40, 50)), corners((30, 10, 44, 50))
    found = exact_outline(grey, own, [[wider, corners((60, 10, 70, 50))], [wider]], slimmer=0.0)
    assert overlap(found, wider) > 0.9


@pytest.mark.parametrize("contrast", [(30, 200), (128, 128)], ids=["clear", "nothing to be seen"])
def test_a_known_letter_is_outlined_in_its_box(contrast: tuple[int, int]) -> None:
    pixels, boxes = plate(["NBC4827"], *contrast)
    true = known_outline(plate(["NBC4827"])[0], boxes[1], "B")
    found = known_outline(pixels, boxes[1], "B", 0.0, [("N", corners(boxes[0]))])
    assert overlap(found, true) > 0.75
    assert fills(found, boxes[1]) and not fills(found, (0.0, 0.0, 300.0, 60.0))


def test_a_form_fills_its_box_and_leans_with_its_row() -> None:
    grey = np.full((60, 80, 3), 128, np.uint8)
    points = np.array(form_in_box(grey, (20, 10, 44, 50), "T", slope=0.3))
    assert np.allclose([*points.min(0), *points.max(0)], [20, 10, 44, 50], atol=0.01)
    top = points[points[:, 1] < 25]
    assert top[np.argmax(top[:, 0]), 1] > top[np.argmin(top[:, 0]), 1] + 3, "its bar falls to the right"
    with pytest.raises(LpStudioError, match="too small"):
        form_in_box(grey, (20, 10, 20, 50), "T")
    with pytest.raises(LpStudioError, match="no typeface"):
        form_in_box(grey, (20, 10, 44, 50), "Ж")


def test_the_shipped_weights_find_a_text_and_doubt_one_of_another_length(tmp_path: Path) -> None:
    if starter_weights() is None:
        pytest.skip("no starter weights are shipped")
    weights = load_weights(find_weights(None), "cpu")
    write_dataset(tmp_path / "plates", 2, seed=2, wishes=Wishes(difficulty=0.0))
    with Project.open(tmp_path / "plates") as project:
        key = project.index.keys[0]
        true, pixels = project.load(key).characters, load_picture(project.image_path(key)).pixels
    text = "".join(one.char for one in true)
    found = propose_seen(weights, pixels, text)
    assert "".join(one.char for one in found.characters) == text
    assert not found.doubt and found.count == len(text)
    assert min(overlap(a.polygon, b.polygon) for a, b in zip(true, found.characters, strict=True)) > 0.6
    short = propose_seen(weights, pixels, text[:2] + text[3:])
    assert f"{len(text) - 1} typed, the model sees {len(text)}" in short.doubt and short.at
    assert propose_seen(weights, pixels, 3 * text).characters == ()


def test_a_form_gives_corners_where_the_masks_are_round_and_yields_to_ink() -> None:
    box = (20.0, 10.0, 44.0, 50.0)
    tee = form_in_box(np.full((60, 80, 3), 128, np.uint8), box, "T")
    blob = tuple((float(32 + 13 * np.cos(a)), float(30 + 21 * np.sin(a))) for a in np.linspace(0, 6.2, 30))
    grey = np.full((60, 80, 3), 128, np.uint8)
    assert overlap(exact_outline(grey, blob, form=tee), tee) > overlap(exact_outline(grey, blob), tee) + 0.05
    full = exact_outline(filled(box), corners(box, 1.0), form=tee)
    assert overlap(full, corners(box)) > 0.85, "ink is there, whatever the form says"


def test_the_forms_of_a_plate_stand_in_the_boxes_of_its_outlines() -> None:
    pixels, boxes = plate(["NBC4827"])
    forms = forms_of_plate(pixels, [(char, corners(box)) for char, box in zip("NBC4827", boxes, strict=True)])
    for form, box in zip(forms, boxes, strict=True):
        assert np.allclose([*np.min(form, 0), *np.max(form, 0)], box, atol=0.01)
    assert all(len(form) > 4 for form in forms)
    assert forms_of_plate(pixels, [("Ж", corners(boxes[0]))]) == [corners(boxes[0])], "no typeface has it"
    assert forms_of_plate(pixels, []) == []
