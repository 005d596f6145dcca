"""Pictures looked at in two sizes: one list of characters, and one reading."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.reading.detect import RawCharacter
from lpstudio.reading.looks import larger, together
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.weights import find_weights, load_weights


def seen(x: float, confidence: float, logits: tuple[float, ...], width: float = 20.0) -> RawCharacter:
    polygon = np.array([[x, 0.0], [x + width, 0.0], [x + width, 40.0]])
    return RawCharacter(polygon, (x, 0.0, x + width, 40.0), confidence, np.array(logits, np.float32))


def test_what_both_looks_saw_is_one_character_and_the_surer_look_has_more_of_a_say() -> None:
    first, second = seen(10, 0.3, (2.0, 0.0)), seen(12, 0.9, (0.0, 2.0))
    (one,) = together([[first], [second]], 0.15)
    assert one.confidence == pytest.approx(0.6)
    assert one.logits == pytest.approx([0.5, 1.5])
    assert one.box == first.box and one.polygon is first.polygon


def test_what_one_look_alone_saw_counts_half_and_faint_things_go() -> None:
    sure, faint = seen(10, 0.9, (1.0, 0.0)), seen(80, 0.2, (1.0, 0.0))
    (one,) = together([[], [sure, faint]], 0.15)
    assert one.box == sure.box and one.confidence == pytest.approx(0.45)


def test_two_characters_of_one_look_never_become_one() -> None:
    beside = [seen(10, 0.9, (1.0, 0.0)), seen(13, 0.8, (0.0, 1.0))]
    assert len(together([beside, [seen(11, 0.9, (1.0, 0.0))]], 0.15)) == 2


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0.16, 1.0)), max_size=12))
def test_one_look_alone_stays_as_it_is(characters: list[tuple[float, float]]) -> None:
    look = [seen(x, confidence, (x, confidence)) for x, confidence in characters]
    kept = together([look], 0.15)
    assert sorted(one.box for one in kept) == sorted(one.box for one in look)
    assert [one.confidence for one in kept] == sorted((one.confidence for one in kept), reverse=True)


@pytest.mark.parametrize(("side", "second"), [(224, 288), (160, 192), (640, 832), (32, 32)])
def test_the_second_look_is_larger_by_a_good_quarter(side: int, second: int) -> None:
    assert larger(side) == second


def test_real_plates_are_read_in_two_sizes_as_in_one_or_better(real_crops: Path) -> None:
    from lpstudio.plates.formats import formats_from
    from lpstudio.reading.job import read_seen
    from lpstudio.reading.pictures import load_image
    from lpstudio.reading.plate import plates_of
    from lpstudio.similarity import Similarity

    with (real_crops / "plates.csv").open() as file:
        texts = {row["file"]: row["text"] for row in csv.DictReader(file) if row["split"] == "train"}
    names = sorted(texts)[::5]
    images = [load_image(real_crops / "images" / "train" / name) for name in names]
    weights = load_weights(find_weights(None), "cpu")
    right = []
    for twice in (False, True):
        found = read_seen(CharacterReader(weights, twice=twice), images)
        plates = [plates_of(one, formats_from("LLL DDDD"), Similarity()) for one in found]
        right.append(sum(any(p["text"] == texts[name] for p in one) for name, one in zip(names, plates, strict=True)))
    once, both = right
    assert len(names) > 30 and once > 0.6 * len(names) and both >= once
