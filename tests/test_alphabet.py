"""Classes are matched by name, never by index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.alphabet import CHARACTERS, Alphabet


def test_the_standard_alphabet_is_a_to_z_then_0_to_9() -> None:
    assert "".join(Alphabet.standard().names) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@given(st.permutations(CHARACTERS), st.integers(1, 36))
def test_any_order_and_any_part_of_the_characters_is_found_by_name(order: list[str], count: int) -> None:
    alphabet = Alphabet.from_names(order[:count])
    for index, char in enumerate(order[:count]):
        assert alphabet.index(char) == index
    for char in order[count:]:
        assert alphabet.index(char) is None


def test_numbers_blanks_and_small_letters_in_class_names_do_not_hide_a_character() -> None:
    alphabet = Alphabet.from_names({0: " a", 1: 0, 2: "7 ", 3: "Plate"})
    assert alphabet.names == ("A", "0", "7", "PLATE")
    assert alphabet.characters == ("A", "0", "7")
    assert alphabet.foreign == ("PLATE",)
    assert not alphabet.is_character(3)


def test_a_class_that_occurs_twice_is_named() -> None:
    with pytest.raises(ValueError, match="twice: O"):
        Alphabet.from_names(["O", "X", "o "])


def test_class_numbers_with_a_hole_are_refused() -> None:
    with pytest.raises(ValueError, match="hole"):
        Alphabet.from_names({0: "A", 2: "B"})
