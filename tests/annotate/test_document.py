"""The document of one crop: edits, undo, redo, selection, reading order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.dataset.types import Candidate, Character, CropContent, CropState, UnreadLine
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.edits import (
    AddCharacters,
    Edit,
    LayText,
    MarkUnreadable,
    MoveCharacters,
    RemoveCharacters,
    RemoveUnreadLines,
    Reshape,
    SetClass,
    SetState,
    SetText,
)


def box(left: float, top: float = 10.0, width: float = 20.0, height: float = 40.0, char: str = "") -> Character:
    right, bottom = left + width, top + height
    return Character(((left, top), (right, top), (right, bottom), (left, bottom)), char)


def document(*characters: Character, state: CropState = CropState.UNLABELLED) -> Document:
    return Document("images/train/a.jpg", CropContent(characters), state)


def ids(of: Document) -> list[int]:
    return [item.id for item in of.content.items]


def test_undo_and_redo_go_three_hundred_steps_back_and_forth() -> None:
    doc = document(box(0))
    seen = [doc.content]
    for step in range(300):
        assert doc.do(MoveCharacters(frozenset(ids(doc)), 1.0, 0.0))
        assert doc.content.items[0].character.polygon[0][0] == step + 1
        seen.append(doc.content)
    for expected in reversed(seen[:-1]):
        assert doc.undo() == "Move character"
        assert doc.content == expected
    assert doc.undo() == ""
    for expected in seen[1:]:
        doc.redo()
        assert doc.content == expected
    assert doc.redo() == ""


def test_undo_brings_back_class_selection_and_place_in_the_list() -> None:
    doc = document(box(0, char="A"), box(30, char="B"), box(60, char="C"))
    first, second, third = ids(doc)
    doc.select([second])
    doc.do(SetClass(frozenset([second]), "8"))
    doc.do(RemoveCharacters(frozenset([second])))
    assert doc.selection == ()
    doc.undo()
    assert [item.character.char for item in doc.content.items] == ["A", "8", "C"]
    assert doc.selection == (second,)
    doc.undo()
    assert [item.character.char for item in doc.content.items] == ["A", "B", "C"]
    assert ids(doc) == [first, second, third]


def test_moves_of_one_gesture_are_one_step_of_undo_and_others_are_not() -> None:
    doc = document(box(0))
    start = doc.content
    who = frozenset(ids(doc))
    for _ in range(10):
        doc.do(MoveCharacters(who, 1.0, 0.0, gesture=7))
    doc.do(MoveCharacters(who, 1.0, 0.0, gesture=8))
    doc.do(MoveCharacters(who, 1.0, 0.0))
    doc.do(MoveCharacters(who, 1.0, 0.0))
    for _ in range(3):
        doc.undo()
    assert doc.content.items[0].character.polygon[0] == (10.0, 10.0)
    doc.undo()
    assert doc.content == start
    doc.redo()
    assert doc.content.items[0].character.polygon[0] == (10.0, 10.0)


def test_a_new_edit_after_undo_forgets_what_was_undone() -> None:
    doc = document(box(0))
    who = frozenset(ids(doc))
    doc.do(SetClass(who, "A"))
    doc.undo()
    doc.do(SetClass(who, "B"))
    assert doc.redo() == ""
    assert doc.content.items[0].character.char == "B"


def test_the_first_edit_of_a_draft_or_an_unlabelled_crop_makes_it_in_progress_and_undo_gives_the_state_back() -> None:
    for state in (CropState.DRAFT, CropState.UNLABELLED):
        doc = document(box(0, char="A"), state=state)
        doc.do(SetClass(frozenset(ids(doc)), "B"))
        assert doc.content.state is CropState.IN_PROGRESS
        doc.undo()
        assert doc.content.state is state


def test_an_edit_of_a_verified_crop_leaves_it_verified() -> None:
    doc = document(box(0, char="A"), state=CropState.VERIFIED)
    doc.do(SetClass(frozenset(ids(doc)), "B"))
    assert doc.content.state is CropState.VERIFIED


def test_verifying_and_text_are_undoable() -> None:
    doc = document(box(0, char="A"))
    doc.do(SetText("A"))
    doc.do(SetState(CropState.VERIFIED))
    assert doc.undo() == "Verify"
    assert doc.content.state is CropState.UNLABELLED
    doc.undo()
    assert doc.content.text == ""


def test_laying_a_text_on_the_characters_is_one_step() -> None:
    doc = document(box(60), box(0), box(30))
    order = doc.reading()
    doc.do(LayText(tuple(zip(order, "XYZ", strict=True)), "XYZ"))
    assert "".join(item.character.char for item in doc.content.items) == "ZXY"
    doc.undo()
    assert all(item.character.char == "" for item in doc.content.items)
    assert doc.content.text == ""


def test_giving_a_class_makes_a_character_readable_and_keeps_what_the_model_said() -> None:
    said = (Candidate("O", 0.6), Candidate("0", 0.3))
    doc = document(replace(box(0, char="O"), candidates=said))
    who = frozenset(ids(doc))
    doc.do(MarkUnreadable(who, True))
    doc.do(SetClass(who, "0"))
    after = doc.content.items[0].character
    assert (after.char, after.unreadable, after.candidates) == ("0", False, said)


def test_an_edit_that_changes_nothing_is_no_step() -> None:
    doc = document(box(0, char="A"))
    who = ids(doc)[0]
    polygon = doc.content.items[0].character.polygon
    for edit in (
        SetClass(frozenset([who]), "A"),
        MoveCharacters(frozenset([who]), 0.0, 0.0),
        Reshape(who, polygon, "Move vertex"),
        RemoveCharacters(frozenset([99])),
        MarkUnreadable(frozenset([who]), False),
        SetText(""),
        AddCharacters(()),
        RemoveUnreadLines(),
        Reshape(who, polygon[:2], "Delete vertex"),
    ):
        assert not doc.do(edit)
    assert doc.history.is_empty


def test_lines_that_were_not_understood_stay_until_a_person_drops_them() -> None:
    line = UnreadLine(3, "0 0.1 0.2 x", "not a number")
    doc = Document("a", CropContent((box(0, char="A"),), (line,)), CropState.LABELLED)
    doc.do(SetClass(frozenset(ids(doc)), "B"))
    assert doc.crop_content().unread == (line,)
    doc.do(RemoveUnreadLines())
    assert doc.crop_content().unread == ()
    doc.undo()
    assert doc.crop_content().unread == (line,)


def test_what_changed_outside_is_taken_over_and_can_be_undone() -> None:
    doc = document(box(0, char="A"), state=CropState.LABELLED)
    assert not doc.take_over(CropContent((box(0.01, char="A"),)), CropState.LABELLED, "")
    assert doc.history.is_empty
    assert doc.take_over(CropContent((box(0, char="8"),)), CropState.VERIFIED, "8")
    assert doc.content.items[0].character.char == "8"
    doc.undo()
    assert doc.content.items[0].character.char == "A"


def test_a_state_that_changed_outside_is_no_step_of_undo() -> None:
    doc = document(box(0, char="A"), state=CropState.LABELLED)
    assert doc.take_over(doc.crop_content(), CropState.VERIFIED, "A")
    assert doc.content.state is CropState.VERIFIED
    assert doc.history.is_empty


def test_two_lines_are_read_from_top_to_bottom() -> None:
    doc = document(box(40, 60, char="4"), box(10, 5, char="A"), box(40, 8, char="B"), box(10, 62, char="3"))
    chars = {item.id: item.character.char for item in doc.content.items}
    assert [[chars[i] for i in line] for line in doc.lines()] == [["A", "B"], ["3", "4"]]


def test_a_frame_full_of_characters_is_read_row_by_row_and_fast() -> None:
    doc = document(*(box(30 * column, 60 * row) for row in range(10) for column in range(20)))
    assert doc.reading() == ids(doc)


EDITS = st.sampled_from(["add", "move", "class", "remove", "unreadable", "undo", "redo"])


@settings(max_examples=60, deadline=None)
@given(st.lists(EDITS, max_size=40))
def test_undoing_everything_gives_the_beginning_and_redoing_it_the_end(steps: list[str]) -> None:
    doc = document(box(0, char="A"), box(30, char="B"))
    start = doc.content
    for number, step in enumerate(steps):
        there = ids(doc)
        edit: Edit | None = None
        if step == "add":
            edit = AddCharacters((box(number * 3),))
        elif step == "undo":
            doc.undo()
        elif step == "redo":
            doc.redo()
        elif there:
            who = frozenset([there[number % len(there)]])
            edit = {
                "move": MoveCharacters(who, 1.0, 2.0),
                "class": SetClass(who, "ABC0"[number % 4]),
                "remove": RemoveCharacters(who),
                "unreadable": MarkUnreadable(who, number % 2 == 0),
            }[step]
        if edit is not None:
            doc.do(edit)
    end = doc.content
    depth = 0
    while doc.undo():
        depth += 1
    assert doc.content == start
    for _ in range(depth):
        assert doc.redo()
    assert doc.content == end
