"""What Review knows without a window: readings, the list under review, merging into a crop, the play clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpstudio.dataset.types import Candidate, Character, CropContent, CropState
from lpstudio.errors import LpStudioError
from lpstudio.studio.review.edits import same_content
from lpstudio.studio.review.head_bar import progress_words, valid_pattern
from lpstudio.studio.review.items import ItemState, Mark, Order, ReviewItem, ReviewList, Show, natural_key
from lpstudio.studio.review.merging import Accepted, accept_all, accept_one, match_characters, state_after_all
from lpstudio.studio.review.player import PlayClock, format_duration, format_timecode, frames_of_range, parse_timecode
from lpstudio.studio.review.presenting import lines_of
from lpstudio.studio.review.readings import PictureReading, ReadCharacter
from lpstudio.studio.review.sources import Source, SourceKind, expand


def square(left: float, top: float = 10.0, size: float = 20.0) -> tuple[tuple[float, float], ...]:
    return (left, top), (left + size, top), (left + size, top + size), (left, top + size)


def read(left: float, first: str = "O", second: str = "0", p: float = 0.7, similar: bool = False) -> ReadCharacter:
    polygon = square(left)
    candidates = (Candidate(first, p), Candidate(second, 1 - p))
    return ReadCharacter(polygon, (left, 10, left + 20, 30), 0.9, candidates, similar, False, first)


Row = tuple[list[tuple[str, float]], str | None]  # candidates, and what the text has for them


def line(text: str, rows: list[Row], error: str | None = None) -> dict:
    characters = [
        {
            "polygon": [list(point) for point in square(30.0 * at)],
            "box": [30.0 * at, 10.0, 30.0 * at + 20, 30.0],
            "confidence": 0.9,
            "similar": False,
            "changed": chosen != candidates[0][0],
            "chosen": chosen,
            "candidates": [{"char": char, "probability": p} for char, p in candidates],
        }
        for at, (candidates, chosen) in enumerate(rows)
    ]
    plate = {
        "box": [0, 0, 300, 40],
        "track": None,
        "text": text,
        "probability": 0.8,
        "format": None,
        "hypotheses": [{"text": text, "probability": 0.8, "format": None}],
        "characters": characters,
    }
    return {
        "schema": 1, "source": "a/b.jpg", "frame": None, "time_s": None, "width": 300, "height": 40, "error": error,
        "weights": "w", "calibrated": False, "plates": [] if error else [plate],
    }  # fmt: skip


SURE_A = ([("A", 0.9), ("4", 0.05)], "A")
O_TO_0 = ([("O", 0.6), ("0", 0.35)], "0")


# -- readings


def test_a_reading_knows_what_the_format_changed() -> None:
    reading = PictureReading.from_line(line("A0", [SURE_A, O_TO_0]))
    assert [c.chosen for c in reading.characters] == ["A", "0"]
    assert reading.characters[1].first.char == "O"
    assert reading.margin == pytest.approx(0.25)


def test_a_character_that_the_format_leaves_out_stands_for_nothing() -> None:
    screw = ([("I", 0.4), ("1", 0.3)], None)
    reading = PictureReading.from_line(line("A0", [SURE_A, screw, O_TO_0]))
    assert [c.chosen for c in reading.characters] == ["A", "", "0"]


def test_a_failed_picture_keeps_its_error() -> None:
    reading = PictureReading.from_line(line("", [], error="b.jpg: there is no such file"))
    item = ReviewItem(0, "b.jpg", "b.jpg")
    item.set_reading(reading)
    assert (item.state, item.error) == (ItemState.FAILED, "b.jpg: there is no such file")


@pytest.mark.parametrize("broken", [{}, {"schema": 2}, {"schema": 1}, {**line("A", [SURE_A]), "plates": [{}]}])
def test_a_line_that_is_no_reading_is_refused(broken: dict) -> None:
    with pytest.raises(LpStudioError):
        PictureReading.from_line(broken)


# -- merging


def drawn(left: float, char: str, **more: object) -> Character:
    return Character(square(left), char, **more)  # type: ignore[arg-type]


def test_a_correction_changes_only_the_class_of_the_drawn_character() -> None:
    content = CropContent((drawn(1.0, "D"), drawn(30.0, "X")))
    reading = [read(0.0), read(30.0, "X", "K")]
    merged = accept_one(content, reading, Accepted(reading[0], "0"))
    assert merged.content.characters[0] == drawn(1.0, "0")
    assert merged.content.characters[1] is content.characters[1]
    assert (merged.corrected, merged.added) == (1, 0)


def test_a_character_that_nobody_drew_is_added_with_its_candidates() -> None:
    content = CropContent((drawn(1.0, "D"),))
    reading = [read(0.0), read(60.0, "X", "K")]
    merged = accept_one(content, reading, Accepted(reading[1], "X"))
    added = merged.content.characters[1]
    assert (added.char, added.polygon, added.candidates[1].char, added.confidence) == ("X", square(60.0), "K", 0.9)


def test_matching_is_one_to_one_and_needs_half_the_area() -> None:
    assert match_characters([square(0), square(3)], [square(2)]) == [None, 0]
    assert match_characters([square(0)], [square(9)]) == [None]


def test_accepting_a_whole_reading_keeps_what_is_unreadable_and_what_was_not_read() -> None:
    content = CropContent((drawn(0, "D"), drawn(30, "", unreadable=True), drawn(90, "Z")))
    reading = [read(0.0), read(30.0, "X", "K"), read(60.0, "7", "1")]
    merged = accept_all(content, CropState.LABELLED, [Accepted(r, r.first.char) for r in reading])
    assert [(c.char, c.unreadable) for c in merged.content.characters] == [
        ("O", False), ("", True), ("Z", False), ("7", False),
    ]  # fmt: skip
    assert (merged.corrected, merged.added, merged.untouched) == (1, 1, 1)
    assert state_after_all(CropState.LABELLED, merged) is CropState.LABELLED


def test_accepting_a_whole_reading_replaces_a_machines_draft() -> None:
    draft = CropContent((drawn(5, "Q"), drawn(200, "Q")))
    merged = accept_all(draft, CropState.DRAFT, [Accepted(read(0.0), "O")])
    assert [c.char for c in merged.content.characters] == ["O"]
    assert state_after_all(CropState.DRAFT, merged) is CropState.VERIFIED


def test_an_ignored_crop_stays_ignored() -> None:
    merged = accept_all(CropContent((drawn(0, "O"),)), CropState.IGNORED, [Accepted(read(0.0), "0")])
    assert state_after_all(CropState.IGNORED, merged) is CropState.IGNORED


def test_a_round_trip_through_a_file_is_the_same_content_and_a_moved_vertex_is_not() -> None:
    content = CropContent((drawn(0, "A"), drawn(30, "B")))
    back = CropContent((drawn(30.004, "B"), drawn(-0.004, "A")))
    assert same_content(content, back)
    assert not same_content(content, CropContent((drawn(0, "A"), drawn(31, "B"))))
    assert not same_content(content, CropContent((drawn(0, "A"), drawn(30, "8"))))


# -- the list


def item(name: str, margin: float | None, *, similar: bool = False, label: str | None = None) -> ReviewItem:
    made = ReviewItem(0, name, f"/x/{name}", key=name)
    if margin is not None:
        characters = (read(0.0, p=(1 + margin) / 2, similar=similar),)
        plate = PictureReading.from_line(line("O", [([("O", 0.9), ("0", 0.1)], False)])).plates[0]
        from dataclasses import replace

        made.set_reading(
            PictureReading(made.path, None, None, 80, 40, "", "w", False, (replace(plate, characters=characters),))
        )
        if label is not None:
            made.set_content(CropContent((drawn(0, label),) if label else ()), CropState.LABELLED)
    return made


def listing(reviews: ReviewList) -> list[str]:
    return [reviews.items[at].name for at in reviews.visible]


def test_names_sort_as_people_count() -> None:
    assert sorted(["c10.jpg", "c9.jpg", "C1.jpg"], key=natural_key) == ["C1.jpg", "c9.jpg", "c10.jpg"]


def test_the_list_sorts_by_margin_with_what_is_not_read_last() -> None:
    reviews = ReviewList()
    reviews.replace_items([item("a", 0.9), item("b", None), item("c", 0.1)])
    reviews.order = Order.MARGIN
    reviews.arrange()
    assert listing(reviews) == ["c", "a", "b"]


def test_the_filters_find_disagreement_similar_pairs_and_unread_ones() -> None:
    reviews = ReviewList()
    reviews.replace_items(
        [item("same", 0.9, label="O"), item("other", 0.9, label="D"), item("extra", 0.9, label=""),
         item("similar", 0.2, similar=True), item("waiting", None)]
    )  # fmt: skip
    found = {}
    for show in Show:
        reviews.show = show
        reviews.arrange()
        found[show] = listing(reviews)
    assert found[Show.DISAGREES] == ["other", "extra"]
    assert found[Show.SIMILAR] == ["similar"]
    assert found[Show.UNREAD] == ["waiting"]
    assert len(found[Show.ALL]) == 5


def test_the_item_in_front_stays_listed_when_it_no_longer_fits_the_filter() -> None:
    reviews = ReviewList()
    reviews.replace_items([item("a", 0.9, label="D"), item("b", 0.9, label="D")])
    reviews.show = Show.DISAGREES
    reviews.items[0].marks = (Mark("D", True),)
    reviews.arrange(keep=0)
    assert listing(reviews) == ["a", "b"]
    reviews.arrange()
    assert listing(reviews) == ["b"]


def test_counts_follow_what_is_noted() -> None:
    reviews = ReviewList()
    reviews.replace_items([item("a", None), item("b", None)])
    reviews.items[1].set_reading(PictureReading.failed("b", "torn"))
    reviews.note(1)
    assert (reviews.counts()[ItemState.WAITING], reviews.counts()[ItemState.FAILED]) == (1, 1)


def test_going_on_finds_the_next_open_reading_and_begins_again_at_the_top() -> None:
    reviews = ReviewList()
    reviews.replace_items([item("a", 0.9), item("b", None), item("c", 0.9)])
    assert reviews.next_open(0) == 2
    assert reviews.next_open(2) == 0
    reviews.items[0].marks = (Mark("O", True),)
    assert reviews.next_open(2) is None


def test_two_lines_of_a_plate_are_told_apart() -> None:
    top = tuple(read(30.0 * at) for at in range(3))
    low = tuple(
        ReadCharacter(square(x, 50), (x, 50, x + 20, 70), 0.9, (Candidate("A", 1.0),), False, False, "A")
        for x in (5.0, 35.0)
    )
    assert lines_of(top + low) == [3, 2]
    assert lines_of(top) == [3]


# -- sources


def test_dropped_paths_are_understood(tmp_path: Path) -> None:
    (tmp_path / "a.JPG").touch()
    video, folder = Source.of_paths([tmp_path / "x.mp4"]), Source.of_paths([tmp_path])
    assert video is not None and video.kind is SourceKind.VIDEO
    assert folder is not None and folder.kind is SourceKind.FOLDER
    files = Source.of_paths([tmp_path / "a.JPG", tmp_path / "notes.txt"])
    assert files is not None and files.paths == (tmp_path / "a.JPG",)
    assert Source.of_paths([tmp_path / "notes.txt"]) is None


def test_a_folder_gives_its_pictures_also_of_subfolders_and_an_empty_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("p10.png", "p9.png", "sub/z.jpg", ".hidden/no.png", "read.me"):
        (tmp_path / name).touch()
    source = Source(SourceKind.FOLDER, paths=(tmp_path,))
    assert [one.name for one in expand(source, None, None)] == ["p9.png", "p10.png", "sub/z.jpg"]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(LpStudioError, match="no pictures"):
        expand(Source(SourceKind.FOLDER, paths=(empty,)), None, None)
    with pytest.raises(LpStudioError, match="not there"):
        expand(Source(SourceKind.FOLDER, paths=(tmp_path / "gone",)), None, None)


# -- player, words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12.0),
        ("1:02.5", 62.5),
        ("0:00.040", 0.04),
        ("1:00:00", 3600.0),
        ("2,5", 2.5),
        ("x", None),
        ("1:2:3:4", None),
    ],
)
def test_times_are_understood_as_people_write_them(text: str, seconds: float | None) -> None:
    assert parse_timecode(text) == (None if seconds is None else pytest.approx(seconds))


def test_times_are_written_with_milliseconds() -> None:
    assert [format_timecode(s) for s in (0, 62.5, 3600.0401, 59.9996)] == [
        "0:00.000",
        "1:02.500",
        "1:00:00.040",
        "1:00.000",
    ]


def test_time_left_is_said_in_words() -> None:
    assert [format_duration(s) for s in (9.4, 65, 4000)] == ["9 s", "1 min 05 s", "1 h 06 min"]
    assert progress_words(12, 142, 9.4) == "12 of 142 · 9 s left"
    assert progress_words(142, 142, 0.0) == "142 of 142"


def test_the_clock_leaves_out_frames_that_come_too_late_and_ends_at_the_last() -> None:
    clock = PlayClock(fps=25, count=100)
    clock.start(10, now=5.0)
    assert [clock.due(5.0 + t) for t in (0.0, 0.041, 1.0)] == [10, 11, 35]
    assert not clock.ended(6.0) and clock.ended(9.0)
    assert clock.due(60.0) == 99
    clock.start(99, now=70.0)
    assert clock.due(70.0) == 0  # played to the end: from the beginning


def test_a_range_of_frames_has_both_ends() -> None:
    assert frames_of_range(3, 12, 3) == [3, 6, 9, 12]
    assert frames_of_range(5, 5, 4) == [5]


def test_patterns_are_checked_before_they_are_sent() -> None:
    assert valid_pattern("lll dddd") and valid_pattern("LLL DDD, DDD LLL")
    assert not valid_pattern("") and not valid_pattern("ABC") and not valid_pattern("LLL,")
