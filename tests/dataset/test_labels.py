"""Label files: what is understood, what is kept, and that nothing moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.labels import (
    format_label_lines,
    format_label_text,
    parse_label_text,
    read_label_text,
    read_labels,
    write_labels,
)
from lpstudio.dataset.types import Character, CropContent, UnreadLine
from lpstudio.errors import LpStudioError

STANDARD = Alphabet.standard()
GOOD = "0 0.1 0.2 0.3 0.2 0.3 0.8"
SIZE = (200, 100)


def test_polygons_come_in_pixels_of_the_picture() -> None:
    content = parse_label_text(GOOD, STANDARD, SIZE)
    (character,) = content.characters
    assert character.char == "A"
    assert np.allclose(character.polygon, ((20.0, 20.0), (60.0, 20.0), (60.0, 80.0)))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("0 0.1 0.2 0.3 0.2 0.3 0.8 0.5", "an odd number of coordinates (7)"),
        ("0 0.1 0.2 0.3", "an odd number of coordinates (3)"),
        ("0 0.1 0.2", "1 point(s)"),
        ("0", "0 point(s)"),
        ("0 0.5 0.5 0.2 0.3", "a box or two points"),
        ("0 0.1 0.2 1.3 0.2 0.3 0.8", "the coordinate “1.3” is outside 0 to 1"),
        ("0 -0.01 0.2 0.3 0.2 0.3 0.8", "the coordinate “-0.01” is outside 0 to 1"),
        ("0 nan 0.2 0.3 0.2 0.3 0.8", "“nan” is not a number"),
        ("0 0.1 0.2 inf 0.2 0.3 0.8", "“inf” is not a number"),
        ("0 0.1 0.2 -Infinity 0.2 0.3 0.8", "“-Infinity” is not a number"),
        ("0 0.1 O.2 0.3 0.2 0.3 0.8", "“O.2” is not a number"),
        ("0 0.1 0_2 0.3 0.2 0.3 0.8", "“0_2” is not a number"),
        ("0 0.1,0.2 0.3 0.2 0.3 0.8 1", "“0.1,0.2” is not a number"),
        ("36 0.1 0.2 0.3 0.2 0.3 0.8", "unknown class 36 (the dataset has 0 to 35)"),
        ("-1 0.1 0.2 0.3 0.2 0.3 0.8", "unknown class -1"),
        ("A 0.1 0.2 0.3 0.2 0.3 0.8", "the class “A” is not a number"),
        ("0.5 0.1 0.2 0.3 0.2 0.3 0.8", "the class “0.5” is not a whole number"),
        ("nan 0.1 0.2 0.3 0.2 0.3 0.8", "the class “nan” is not a whole number"),
        ("1e999 0.1 0.2 0.3 0.2 0.3 0.8", "the class “1e999” is not a whole number"),
        ("\x00\x00\x00", "the class “???” is not a number"),
    ],
)
def test_a_bad_line_is_told_and_written_back_and_costs_no_other(line: str, fault: str) -> None:
    text = f"{GOOD}\n{line}\n1 0.5 0.2 0.7 0.2 0.7 0.8\n"
    content = parse_label_text(text, STANDARD, SIZE)
    assert [c.char for c in content.characters] == ["A", "B"]
    (unread,) = content.unread
    assert (unread.line, unread.text) == (2, line)
    assert fault in unread.fault
    written = format_label_text(content, STANDARD, SIZE).splitlines()
    assert len(written) == 3
    assert written[-1] == line


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{GOOD}\n",
        f"{GOOD}\r\n",
        f"{GOOD}\r",
        f"\n\n  \t\n{GOOD}   \n\n",
        f"  {GOOD}\t",
        GOOD.replace(" ", "\t"),
        GOOD.replace("0 0.1", "0.0 1e-1"),
    ],
)
def test_line_endings_blanks_and_byte_order_marks_do_not_matter(text: str) -> None:
    content = parse_label_text(text, STANDARD, SIZE)
    assert content == parse_label_text(GOOD, STANDARD, SIZE)
    assert not content.unread


def test_line_numbers_count_blank_lines_as_an_editor_does() -> None:
    content = parse_label_text(f"\r\n{GOOD}\r\n\r\nbad\r\n", STANDARD, SIZE)
    assert [unread.line for unread in content.unread] == [4]


def test_rounding_of_other_programs_outside_the_picture_is_clipped_silently() -> None:
    content = parse_label_text("0 -0.0000005 0.2 1.0000001 0.2 1 1.000001", STANDARD, SIZE)
    assert not content.unread
    assert np.allclose(content.characters[0].polygon, ((0.0, 20.0), (200.0, 20.0), (200.0, 100.0)))


def test_classes_are_matched_by_name_in_a_reordered_alphabet() -> None:
    alphabet = Alphabet(("9", "PLATE", "A"))
    content = parse_label_text(f"2{GOOD[1:]}\n0{GOOD[1:]}\n1{GOOD[1:]}", alphabet, SIZE)
    assert [c.char for c in content.characters] == ["A", "9", "PLATE"]
    assert [line[0] for line in format_label_lines(content.characters, alphabet, SIZE)] == ["2", "0", "1"]


def test_the_same_character_twice_is_kept_twice() -> None:
    assert len(parse_label_text(f"{GOOD}\n{GOOD}\n", STANDARD, SIZE).characters) == 2


def test_unreadable_and_classless_characters_are_not_written() -> None:
    polygon = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.0))
    content = CropContent((Character(polygon, "A", unreadable=True), Character(polygon), Character(polygon, "B")))
    assert format_label_text(content, STANDARD, SIZE).startswith("1 ")
    assert format_label_text(content, STANDARD, SIZE).count("\n") == 1


def test_points_dragged_over_the_edge_are_written_on_the_edge() -> None:
    (line,) = format_label_lines([Character(((-3.0, 10.0), (250.0, 10.0), (100.0, 101.0)), "A")], STANDARD, SIZE)
    assert line == "0 0.000000 0.100000 1.000000 0.100000 0.500000 1.000000"


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match="no class"):
        format_label_lines([Character(((0, 0), (1, 0), (1, 1)), "Ñ")], STANDARD, SIZE)
    with pytest.raises(ValueError, match="three points"):
        format_label_lines([Character(((0, 0), (1, 0)), "A")], STANDARD, SIZE)
    with pytest.raises(ValueError, match="not a number"):
        format_label_lines([Character(((0, 0), (float("nan"), 0), (1, 1)), "A")], STANDARD, SIZE)


def test_bytes_that_are_no_text_are_written_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    bad = b"\xff\xfe0 \x81 0.5"
    path.write_bytes(GOOD.encode() + b"\n" + bad + b"\n")
    content = read_labels(path, STANDARD, SIZE)
    assert content is not None
    assert len(content.characters) == 1
    write_labels(path, content, STANDARD, SIZE)
    assert path.read_bytes().splitlines()[-1] == bad


def test_a_missing_label_file_is_none_and_an_empty_one_is_empty(tmp_path: Path) -> None:
    assert read_labels(tmp_path / "a.txt", STANDARD, SIZE) is None
    (tmp_path / "a.txt").touch()
    assert read_labels(tmp_path / "a.txt", STANDARD, SIZE) == CropContent()


def test_a_huge_file_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(LpStudioError, match=r"a\.txt: too large for a label file"):
        read_label_text(path)


def test_a_folder_in_place_of_a_label_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(LpStudioError, match=r"a\.txt: the label file cannot be read"):
        read_label_text(tmp_path / "a.txt")


def test_untouched_lines_of_real_crops_stay_the_same_to_the_byte(real_crops: Path) -> None:
    for path in sorted((real_crops / "labels").rglob("*.txt"))[:100]:
        text = path.read_text(encoding="ascii")
        content = parse_label_text(text, STANDARD, (162, 80))
        assert not content.unread
        assert format_label_text(content, STANDARD, (162, 80)) == text


coordinates = st.floats(0.0, 1.0)
points = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=60)


@given(
    st.tuples(st.integers(1, 20_000), st.integers(1, 20_000)),
    st.lists(st.tuples(points, st.sampled_from(STANDARD.names)), max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_a_round_trip_moves_no_point_by_a_hundredth_of_a_pixel(
    size: tuple[int, int], drawn: list[tuple[list[tuple[float, float]], str]]
) -> None:
    width, height = size
    characters = tuple(Character(tuple((x * width, y * height) for x, y in polygon), char) for polygon, char in drawn)
    text = format_label_text(CropContent(characters), STANDARD, size)
    back = parse_label_text(text, STANDARD, size)
    assert not back.unread
    assert [c.char for c in back.characters] == [c.char for c in characters]
    for old, new in zip(characters, back.characters, strict=True):
        for (x1, y1), (x2, y2) in zip(old.polygon, new.polygon, strict=True):
            assert abs(x1 - x2) < 0.01
            assert abs(y1 - y2) < 0.01
    # What was written once stays as it is: saving again and again moves nothing.
    assert format_label_text(back, STANDARD, size) == text


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_reader_and_no_line_is_lost(text: str) -> None:
    content = parse_label_text(text, STANDARD, SIZE)
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.split()]
    assert len(content.characters) + len(content.unread) == len(lines)
    written = format_label_text(content, STANDARD, SIZE)
    again = parse_label_text(written, STANDARD, SIZE)
    assert [u.text for u in again.unread] == [u.text for u in content.unread]


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_come_back_as_they_were(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    content = parse_label_text(text, STANDARD, SIZE)
    unread = CropContent((), content.unread)
    back = parse_label_text(format_label_text(unread, STANDARD, SIZE), STANDARD, SIZE)
    assert [u.text for u in back.unread] == [u.text for u in content.unread]
    format_label_text(unread, STANDARD, SIZE).encode("utf-8", "surrogateescape")


def test_unread_lines_keep_their_order_behind_the_characters() -> None:
    content = CropContent((), (UnreadLine(1, "one", ""), UnreadLine(5, "two", "")))
    assert format_label_text(content, STANDARD, SIZE) == "one\ntwo\n"
