"""What can be wrong on a crop, and what of it can be mended without guessing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.check import crop_faults
from lpstudio.dataset.faults import FaultKind, KnownTexts, character_faults, text_faults
from lpstudio.dataset.mending import mended
from lpstudio.dataset.outlines import area, as_array, self_intersects
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, UnreadLine
from lpstudio.plates.formats import formats_from

from .conftest import MakeDataset

SIZE = (100, 50)
ALPHABET = Alphabet.standard()


def box(x: float, char: str = "", y: float = 10.0, width: float = 8.0, height: float = 30.0) -> Character:
    return Character(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), char)


def row(text: str, y: float = 10.0, height: float = 30.0) -> list[Character]:
    return [box(4 + 12 * number, char, y, height=height) for number, char in enumerate(text)]


def said(characters: list[Character], **known: object) -> list[tuple[FaultKind, int | None]]:
    texts = KnownTexts(**known)  # type: ignore[arg-type]
    return [(fault.kind, fault.at) for fault in text_faults(characters, texts)]


def test_text_characters_and_plates_csv_are_held_against_each_other() -> None:
    assert said(row("ABC1234"), text="ABC1234", csv="ABC1234") == []
    assert said(row("ABC1284"), text="ABC1234") == [(FaultKind.TEXT_LABELS, 5)]
    assert said(row("ABC123"), text="ABC1234") == [(FaultKind.TEXT_LABELS, None)]
    (only,) = text_faults(row("A"), KnownTexts(text="ABC1234"))
    assert only.message == "the text ABC1234 has 7 characters, 1 is drawn"
    assert said(row("BAC1234"), text="ABC1234") == [(FaultKind.ORDER, None)]
    assert said(row("ABC1234"), text="ABC1234", csv="ABC1235") == [(FaultKind.TEXT_CSV, None)]
    unreadable = [*row("ABC123"), Character(box(76).polygon, unreadable=True)]
    assert said(unreadable, text="ABC1234") == []
    unnamed = [Character(character.polygon) for character in row("ABC1234")]
    assert said(unnamed, text="ABC1234") == []  # the text is about to be laid on


def test_a_text_that_fits_no_format_is_told_and_part_of_a_plate_is_not() -> None:
    formats = formats_from("LLL DDDD")
    assert said(row("ABC1234"), formats=formats) == []
    assert said(row("ABCI234"), formats=formats) == [(FaultKind.TEXT_FORMAT, None)]
    assert said(row("AB"), formats=formats) == []
    assert said([], text="AB1", formats=formats) == [(FaultKind.TEXT_FORMAT, None)]
    assert said(row("ABCI234"), formats=formats_from("none")) == []


def test_characters_on_top_of_each_other_leave_the_reading_order_open() -> None:
    assert said([*row("AB", 2, 12), *row("CD", 18, 12), *row("EF", 36, 12)]) == [(FaultKind.ORDER, None)]
    near = [*row("AB"), box(28, "C", 10, height=20), box(29, "D", 20, height=20)]
    assert (FaultKind.ORDER, 3) in said(near)
    two_lines = [*row("ABC", 4, 16), *row("123", 30, 16)]
    assert said(two_lines, text="ABC123") == []


def test_overlaps_are_told_apart_from_the_same_character_drawn_twice() -> None:
    def kinds(*characters: Character) -> list[FaultKind]:
        return [fault.kind for fault in character_faults(characters, SIZE, ALPHABET)]

    assert kinds(box(10, "A"), box(10.5, "A")) == [FaultKind.DOUBLED]
    assert kinds(box(10, "A"), box(14, "B")) == [FaultKind.OVERLAP]
    assert kinds(box(10, "A"), box(17, "B")) == []  # neighbours may touch


def test_mending_cuts_at_the_border_and_never_squeezes() -> None:
    over = Character(((90.0, 10.0), (110.0, 10.0), (110.0, 40.0), (90.0, 40.0)), "A")
    content, done = mended(CropContent((over, box(10, "B"))), SIZE, ALPHABET)
    assert dict(done) == {FaultKind.OUTSIDE: 1}
    assert sorted(content.characters[0].polygon) == [(90, 10), (90, 40), (100, 10), (100, 40)]
    assert content.characters[1] == box(10, "B")
    beside = Character(((120.0, 10.0), (130.0, 10.0), (130.0, 40.0)), "A")
    assert mended(CropContent((beside,)), SIZE, ALPHABET)[0].characters == ()


def test_a_small_loop_is_taken_off_and_two_equal_halves_are_left_to_a_person() -> None:
    loop = Character(((10, 10), (40, 10), (40, 40), (12, 40), (8, 36), (8, 40), (12, 36), (10, 34)), "A")
    assert self_intersects(as_array(loop.polygon))
    content, done = mended(CropContent((loop,)), SIZE, ALPHABET)
    (kept,) = content.characters
    assert dict(done) == {FaultKind.CROSSING: 1}
    assert not self_intersects(as_array(kept.polygon))
    assert abs(area(as_array(kept.polygon))) == pytest.approx(abs(area(as_array(loop.polygon))), rel=0.05)
    bow_tie = Character(((10, 10), (40, 40), (40, 10), (10, 40)), "A")
    (fault,) = character_faults([bow_tie], SIZE, ALPHABET)
    assert fault.kind is FaultKind.CROSSING and not fault.fixable
    same = CropContent((bow_tie,))
    assert mended(same, SIZE, ALPHABET)[0] is same


def test_doubles_go_only_where_both_are_the_same_character() -> None:
    content, done = mended(CropContent((box(10, "A"), box(10.2, "A"), box(10.3))), SIZE, ALPHABET)
    assert content.characters == (box(10, "A"),) and done[FaultKind.DOUBLED] == 2
    two = CropContent((box(10, "O"), box(10.2, "0")))
    assert mended(two, SIZE, ALPHABET)[0] is two


def test_only_the_chosen_kind_or_character_is_mended() -> None:
    flat = Character(((50, 10), (60, 10), (55, 10)), "B")
    both = CropContent((box(10, "A"), box(10, "A"), flat))
    content, done = mended(both, SIZE, ALPHABET, kinds=[FaultKind.NO_AREA])
    assert len(content.characters) == 2 and dict(done) == {FaultKind.NO_AREA: 1}
    content, done = mended(both, SIZE, ALPHABET, only=1)
    assert content.characters == (box(10, "A"), flat) and dict(done) == {FaultKind.DOUBLED: 1}


def test_a_label_line_that_only_leaves_the_picture_becomes_a_character_again(make_dataset: MakeDataset) -> None:
    outside = "1 0.9 0.2 1.1 0.2 1.1 0.8 0.9 0.8"
    root = make_dataset({"train/a": f"0 0.1 0.2 0.2 0.2 0.2 0.8\n{outside}\n2 0.1 x 0.2 0.2 0.2 0.8\n"})
    with Project.open(root, create_store=False) as project:
        found = [(f.kind, line, f.fixable) for f, line in crop_faults(project, "images/train/a.png")]
        assert found == [(FaultKind.LABEL_LINE, 2, True), (FaultKind.LABEL_LINE, 3, False)]
        content, done = mended(project.load("images/train/a.png"), SIZE, project.alphabet)
    assert done[FaultKind.LABEL_LINE] == 1
    assert [c.char for c in content.characters] == ["A", "B"]
    assert max(x for x, _ in content.characters[1].polygon) == 100
    assert [line.line for line in content.unread] == [3]
    for hopeless in (
        "1 0.9 0.2 1.1 0.2 1e9 0.8",
        "99 0.9 0.2 1.1 0.2 1.1 0.8",
        "1 0.9 nan 1.1 0.2 1.1 0.8",
        "1 0.5 0.5",
    ):
        line = CropContent((), (UnreadLine(1, hopeless, ""),))
        assert mended(line, SIZE, ALPHABET)[0] is line


def test_check_tells_faults_of_outlines_and_texts_with_their_line(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/a": "0 0.1 0.2 0.2 0.2 0.2 0.8\n1 0.3 0.2 0.5 0.8 0.5 0.2 0.3 0.8\n"})
    (root / "plates.csv").write_text("file,text\na.png,AC\n")
    with Project.open(root, create_store=False) as project:
        found = [(f.kind.value, line) for f, line in crop_faults(project, "images/train/a.png", "train")]
    assert found == [("self-crossing", 2), ("text-labels", 2), ("text-format", None)]


def test_real_crops_show_only_outlines_that_cross_themselves(real_crops: Path) -> None:
    with Project.open(real_crops, create_store=False) as project:
        index = project.index
        keys = [(i, key) for i, key in enumerate(index.keys) if index.has_label_file(i)]
        found = [fault for i, key in keys for fault, _ in crop_faults(project, key, index.split_of(i))]
    assert {fault.kind for fault in found} == {FaultKind.CROSSING}
    assert len(found) == 6 and sum(fault.fixable for fault in found) == 3
