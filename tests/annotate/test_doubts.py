"""Where a person should look first: what fits no format, then what the model was least sure of."""

from __future__ import annotations

import pytest

from lpstudio.dataset.types import Candidate, Character
from lpstudio.plates.formats import formats_from
from lpstudio.studio.annotate.doubts import doubtful, lead, misfits
from lpstudio.studio.annotate.edits import Item

PH = formats_from("ph")
SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("ABC1234", ()),
        ("A8C1234", (1,)),
        ("ABC12D4", (5,)),
        ("ABCD", ()),  # no format is that short
        ("1A2B3C4", ()),  # another kind of plate altogether
        ("AB12345", ()),
    ],
)
def test_the_characters_that_keep_a_text_from_its_format(text: str, places: tuple[int, ...]) -> None:
    assert misfits(text, PH) == places
    assert misfits(text, None) == ()


def read(char: str, own: float | None = None, other: float = 0.0) -> Character:
    candidates = () if own is None else (Candidate(char, own), Candidate("Q", other))
    return Character(SQUARE, char, False, candidates)


def test_misfits_come_before_near_candidates_and_the_nearest_first() -> None:
    chars = [read("A"), read("8", 0.99, 0.01), read("C", 0.5, 0.4), *(read(c) for c in "123"), read("4", 0.48, 0.47)]
    items = [Item(number, one) for number, one in enumerate(chars, 10)]
    assert doubtful(items, [item.id for item in items], [], PH) == [11, 16, 12]
    assert lead(chars[0]) == 1.0, "without a model nothing is near"
    assert lead(read("A", 0.2, 0.7)) == pytest.approx(-0.5), "a class that the model does not take"
