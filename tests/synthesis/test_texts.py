"""The texts of synthetic plates."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lpstudio.alphabet import CHARACTERS, LETTERS
from lpstudio.plates.formats import Format, formats_from
from lpstudio.synthesis.texts import PAIRS, PlateText, sample_text

FORMATS = formats_from("ph").formats


def texts(count: int, formats: tuple[Format, ...] = FORMATS) -> list[PlateText]:
    rng = np.random.default_rng(1)
    return [sample_text(formats, rng) for _ in range(count)]


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.id)
def test_every_text_fits_its_format(format_: Format) -> None:
    assert all(format_.fits(one.text) for one in texts(200, (format_,)))


def test_every_format_occurs() -> None:
    assert {one.format.id for one in texts(1000)} == {one.id for one in FORMATS}


def test_look_alikes_occur_more_often_than_other_letters() -> None:
    counts = Counter(char for one in texts(3000) for char in one.text)
    others = [counts[letter] for letter in LETTERS if letter in "AEFHJKMNTWXY"]
    for letter in "OIQDBSZ":
        assert counts[letter] > 1.4 * np.mean(others)


def test_every_confusable_pair_stands_on_many_plates_together_and_every_character_occurs() -> None:
    """A thousand plates teach every difference: both of a pair on the same plate, in the same font and light."""
    made = texts(1000)
    counts = Counter(char for one in made for char in one.text)
    assert min(counts[char] for char in CHARACTERS) >= 40
    for one, other in PAIRS:
        together = sum(one in text.text and other in text.text for text in made)
        assert together >= 15, (one, other)
