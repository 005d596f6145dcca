"""What can be done to a similarity, without a window."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpstudio.alphabet import CHARACTERS
from lpstudio.similarity import Group, Similarity
from lpstudio.studio.similarity.editing import SimilarityEditor, parse_characters
from lpstudio.studio.similarity.ordering import block_order


@pytest.mark.parametrize("text", ["O0Q", "o 0 q", "O, 0,Q", " O;0/Q O "])
def test_characters_of_a_group_may_be_typed_in_any_way(text: str) -> None:
    assert parse_characters(text, CHARACTERS) == ("O", "0", "Q")


def test_a_group_of_one_or_with_an_unknown_character_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="two characters"):
        parse_characters("O", CHARACTERS)
    with pytest.raises(ValueError, match="Ö is no character"):
        parse_characters("OÖ", CHARACTERS)


def test_three_hundred_changes_can_be_undone_and_done_again() -> None:
    editor = SimilarityEditor(Similarity())
    values = [editor.value]
    for number in range(300):
        editor.set_cell("A", CHARACTERS[1 + number % 30], (number % 99 + 1) / 100)
        editor.end_gesture()
        values.append(editor.value)
    for value in reversed(values[:-1]):
        assert editor.undo()
        assert editor.value == value
    assert not editor.undo()
    for value in values[1:]:
        assert editor.redo()
        assert editor.value == value
    assert not editor.redo()


def test_a_drag_of_the_slider_is_one_step_and_the_next_drag_another() -> None:
    editor = SimilarityEditor(Similarity())
    for value in (0.5, 0.45, 0.4):
        editor.set_base(value)
    editor.end_gesture()
    editor.set_base(0.3)
    editor.undo()
    assert editor.value.base == 0.4
    editor.undo()
    assert editor.value.base == 0.6


def test_a_new_change_ends_what_could_be_done_again() -> None:
    editor = SimilarityEditor(Similarity())
    editor.delete_group(0)
    editor.undo()
    editor.set_base(0.1)
    assert editor.redo_title == ""


def test_a_group_called_after_its_characters_keeps_being_so_and_a_named_one_keeps_its_name() -> None:
    editor = SimilarityEditor(Similarity())
    editor.set_characters(0, ("O", "0"))
    assert editor.value.groups[0] == Group("O 0", ("O", "0"))
    editor.rename_group(0, "round")
    editor.set_characters(0, ("O", "0", "Q", "D"))
    assert editor.value.groups[0] == Group("round", ("O", "0", "Q", "D"))
    editor.rename_group(0, " ")
    assert editor.value.groups[0].name == "O 0 Q D"


def test_overlapping_groups_are_named_where_they_overlap() -> None:
    editor = SimilarityEditor(Similarity())
    assert editor.shared_with(0) == {"0": ["D 0"]}
    assert editor.shared_with(1) == {}


def test_back_to_the_nine_groups_can_be_undone() -> None:
    editor = SimilarityEditor(Similarity())
    editor.delete_group(0)
    editor.set_cell("K", "X", 0.5)
    changed = editor.value
    editor.reset_all()
    assert editor.value == Similarity()
    editor.undo()
    assert editor.value == changed
    editor.reset_cells()
    assert editor.value.cells == {}
    assert len(editor.value.groups) == 8


def test_members_of_every_shipped_group_stand_together_in_the_matrix() -> None:
    order, blocks = block_order(CHARACTERS, Similarity())
    assert sorted(order) == sorted(CHARACTERS)
    for group in Similarity().groups:
        places = [order.index(char) for char in group.chars]
        assert max(places) - min(places) == len(places) - 1, f"{group.name} in {''.join(order)}"
    assert len(blocks) == 8
    assert {len(range(first, last + 1)) for first, last in blocks} == {2, 3, 4}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.sampled_from(CHARACTERS), min_size=1, max_size=5, unique=True), max_size=12))
def test_any_groups_give_an_order_of_all_characters_with_blocks_that_do_not_overlap(groups: list[list[str]]) -> None:
    similarity = Similarity(tuple(Group.of(group) for group in groups))
    order, blocks = block_order(CHARACTERS, similarity)
    assert sorted(order) == sorted(CHARACTERS)
    ends = [place for block in blocks for place in block]
    assert ends == sorted(ends)
    for group in groups:
        if len(group) > 1:
            assert any(all(first <= order.index(char) <= last for char in group) for first, last in blocks)
