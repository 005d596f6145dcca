"""Groups and the matrix mean exactly what the reference notebook made of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.alphabet import CHARACTERS
from lpstudio.similarity import DEFAULT_GROUPS, Group, Similarity, create_similarity_matrix

CHAR = st.sampled_from(CHARACTERS)
GROUPS = st.lists(st.lists(CHAR, min_size=1, max_size=5), max_size=6)


def notebook_matrix(num_classes: int, groups: list[list[str]], base: float) -> np.ndarray:
    """The notebook's definition, written as plainly as it can be."""
    expected = np.zeros((num_classes, num_classes), dtype=np.float32)
    for row, a in enumerate(CHARACTERS[:num_classes]):
        for column, b in enumerate(CHARACTERS[:num_classes]):
            if a == b:
                expected[row, column] = 1.0
            elif any(a in group and b in group for group in groups):
                expected[row, column] = base
    return expected


def test_the_defaults_give_the_notebooks_matrix() -> None:
    expected = notebook_matrix(36, [list(group) for group in DEFAULT_GROUPS], 0.6)
    np.testing.assert_array_equal(create_similarity_matrix(), expected)


@given(GROUPS, st.floats(0, 1, width=32), st.integers(1, 36))
def test_any_groups_give_the_notebooks_matrix(groups: list[list[str]], base: float, num_classes: int) -> None:
    got = create_similarity_matrix(num_classes, groups, base)
    np.testing.assert_array_equal(got, notebook_matrix(num_classes, groups, base))
    np.testing.assert_array_equal(got, got.T)


def test_overlapping_groups_link_only_their_own_members() -> None:
    similarity = Similarity()
    assert similarity.value("O", "0") == similarity.value("D", "0") == pytest.approx(0.6)
    assert similarity.value("D", "O") == 0.0
    assert not similarity.is_similar("D", "O")


def test_classes_in_another_order_keep_their_similarities() -> None:
    names = tuple(reversed(CHARACTERS))
    matrix = Similarity().matrix(names)
    assert matrix[names.index("8"), names.index("B")] == np.float32(0.6)
    assert matrix[names.index("8"), names.index("X")] == 0.0


def test_a_class_that_is_no_character_is_like_nothing() -> None:
    matrix = Similarity().matrix(("O", "PLATE", "0"))
    np.testing.assert_array_equal(matrix[1], [0.0, 1.0, 0.0])


def test_a_cell_set_by_hand_counts_before_its_group_in_both_directions() -> None:
    similarity = Similarity().with_cell("0", "O", 0.9).with_cell("W", "M", 0.25)
    matrix = similarity.matrix()
    o, zero, w, m = (CHARACTERS.index(c) for c in "O0WM")
    assert matrix[o, zero] == matrix[zero, o] == np.float32(0.9)
    assert matrix[w, m] == matrix[m, w] == np.float32(0.25)
    assert similarity.with_cell("O", "0", None).value("O", "0") == pytest.approx(0.6)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_similarity_outside_0_to_1_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Similarity().with_cell("A", "B", value)
    with pytest.raises(ValueError, match="from 0 to 1"):
        Similarity().with_base(value)


def test_the_diagonal_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="itself"):
        Similarity().with_cell("A", "a", 0.5)


@given(GROUPS, st.floats(0, 1), st.dictionaries(st.tuples(CHAR, CHAR), st.floats(0, 1), max_size=5))
def test_what_is_saved_comes_back(groups: list[list[str]], base: float, cells: dict[tuple[str, str], float]) -> None:
    similarity = Similarity(groups=tuple(Group.of(group) for group in groups)).with_base(base)
    for (a, b), value in cells.items():
        if a != b:
            similarity = similarity.with_cell(a, b, value)
    assert Similarity.from_dict(similarity.to_dict()) == similarity


def test_groups_can_be_added_changed_and_removed() -> None:
    similarity = Similarity(groups=())
    similarity = similarity.with_group(Group.of("WNM")).with_group(Group.of("65"), at=0)
    assert [g.chars for g in similarity.groups] == [("6", "5"), ("W", "N", "M")]
    similarity = similarity.with_group_changed(1, Group.of("WM", "zigzag"))
    assert similarity.groups[1].name == "zigzag"
    assert not similarity.share_group("W", "N")
    assert similarity.without_group(0).groups == (Group.of("WM", "zigzag"),)
