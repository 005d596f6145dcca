"""The texts of synthetic plates."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lpstudio.alphabet import LETTERS
from lpstudio.plates.formats import DEFAULT_FORMATS, Format, formats_from
from lpstudio.synthesis.texts import choose_format, sample_groups

FORMATS = formats_from(DEFAULT_FORMATS).formats


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.id)
def test_every_text_fits_its_format(format_: Format) -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        assert format_.fits("".join(sample_groups(format_, rng)))


def test_every_format_occurs() -> None:
    rng = np.random.default_rng(1)
    counts = Counter(choose_format(FORMATS, rng).id for _ in range(1000))
    assert set(counts) == {one.id for one in FORMATS}


def test_look_alikes_occur_more_often_than_other_letters() -> None:
    rng = np.random.default_rng(1)
    counts = Counter(char for _ in range(3000) for char in "".join(sample_groups(choose_format(FORMATS, rng), rng)))
    others = [counts[letter] for letter in LETTERS if letter in "AEFHJKMNTWXY"]
    for letter in "OIQDBSZ":
        assert counts[letter] > 1.4 * np.mean(others)
