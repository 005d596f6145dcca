"""Faults of characters, the filter of crops, the clipboard."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.faults import overlapping_pairs
from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.types import Character, CropState
from lpstudio.studio.annotate import clipboard
from lpstudio.studio.annotate.checks import find_faults
from lpstudio.studio.annotate.edits import Item
from lpstudio.studio.annotate.filters import UNVERIFIED, CropFilter, matching, next_with_state, place_of
from tests.annotate.test_document import box

SIZE = (200.0, 80.0)


def faults(*characters: Character) -> list[tuple[int, str]]:
    items = [Item(number, character) for number, character in enumerate(characters)]
    return [(fault.item_id, fault.text) for fault in find_faults(items, SIZE, Alphabet.standard())]


def test_sound_characters_have_no_faults() -> None:
    assert faults(box(0, char="A"), box(30, char="B")) == []


def test_every_fault_is_named_with_its_character() -> None:
    bow_tie = Character(((0, 0), (20, 20), (20, 0), (0, 20)), "A")
    line = Character(((40, 5), (60, 5), (50, 5)), "B")
    found = faults(bow_tie, line, box(190, char="C"), box(100), box(130, char="Ä"))
    assert (0, "its outline crosses itself") in found
    assert (1, "has no area") in found
    assert (2, "reaches outside the picture") in found
    assert (3, "has no class yet") in found
    assert (4, "the dataset has no class Ä") in found


def test_a_character_drawn_twice_is_a_fault_of_the_later_one() -> None:
    assert faults(box(0, char="A"), box(1, char="4"), box(60, char="B")) == [(1, "covers the same place as A")]


def test_an_unreadable_character_needs_no_class() -> None:
    assert faults(Character(box(0).polygon, unreadable=True)) == []


def test_doubled_characters_are_found_among_many() -> None:
    many = [box(10 * (i % 50), 12 * (i // 50), 8, 10).polygon for i in range(1000)]
    assert overlapping_pairs(many) == []
    assert overlapping_pairs([*many, many[137]]) == [(137, 1000, None)]


def index() -> CropIndex:
    made = CropIndex(
        [
            ("train", ["images/train/a1.jpg", "images/train/a2.jpg", "images/train/B3.jpg"], [True, False, False]),
            ("val", ["images/val/a9.jpg"], [True]),
        ]
    )
    made.set_state(2, CropState.VERIFIED)
    return made


def test_crops_are_filtered_by_state_split_and_words() -> None:
    crops = index()
    assert matching(crops, CropFilter()).tolist() == [0, 1, 2, 3]
    assert matching(crops, CropFilter(split="val")).tolist() == [3]
    assert matching(crops, CropFilter(states=frozenset([CropState.LABELLED]))).tolist() == [0, 3]
    assert matching(crops, CropFilter(words="b3")).tolist() == [2]
    assert matching(crops, CropFilter(words="train a")).tolist() == [0, 1, 2]
    assert matching(crops, CropFilter(UNVERIFIED, "train", "a2")).tolist() == [1]
    assert matching(crops, CropFilter(words="nothing")).tolist() == []


def test_the_next_crop_to_do_is_found_around_the_end_and_never_the_same_one() -> None:
    crops = index()
    rows = matching(crops, CropFilter())
    unlabelled = frozenset([CropState.UNLABELLED])
    assert next_with_state(crops, rows, 0, unlabelled) == 1
    assert next_with_state(crops, rows, 2, unlabelled) == 1
    assert next_with_state(crops, rows, 1, unlabelled) is None
    assert next_with_state(crops, rows, 3, UNVERIFIED) == 0
    assert place_of(np.array([1, 3], dtype=np.int32), 3) == 1
    assert place_of(np.array([1, 3], dtype=np.int32), 2) is None


def test_characters_come_back_from_the_clipboard_and_rubbish_does_not() -> None:
    characters = [box(0, char="A"), Character(box(30).polygon, "B", unreadable=True)]
    assert clipboard.from_bytes(clipboard.to_bytes(characters)) == characters
    for rubbish in (b"", b"{}", b'{"characters": [{"polygon": [[1]]}]}', b'{"characters": 3}'):
        assert clipboard.from_bytes(rubbish) == []


def test_what_is_pasted_on_another_capture_of_the_plate_comes_in_its_size() -> None:
    there = clipboard.to_bytes([box(10, char="A")], (100.0, 40.0))
    (larger,) = clipboard.from_bytes(there, (300.0, 80.0))
    assert larger == replace(box(10, char="A"), polygon=tuple((3 * x, 2 * y) for x, y in box(10).polygon))
    assert clipboard.from_bytes(there, (100.0, 40.0)) == clipboard.from_bytes(there, (0.0, 0.0)) == [box(10, char="A")]
    for size in (None, [0, 40], [100], "wide", [float("nan"), 1]):
        other = {**json.loads(there), "size": size}
        assert clipboard.from_bytes(json.dumps(other).encode(), (300.0, 80.0)) == [box(10, char="A")], size


def test_what_is_pasted_on_a_smaller_picture_is_brought_onto_it() -> None:
    (moved,) = clipboard.fitted([box(150, 30, char="A")], (100, 60))
    assert moved.polygon == box(80, 20, char="A").polygon
    (cut,) = clipboard.fitted([box(10, 0, 20, 90, char="A")], (100, 60))
    assert max(y for _, y in cut.polygon) == 60


def test_a_duplicate_stands_beside_the_original() -> None:
    assert clipboard.beside([box(10)], (200, 80)) == (22, 0)
    assert clipboard.beside([box(175)], (200, 80)) == (-22, 0)
    dx, dy = clipboard.beside([box(0, width=190)], (200, 80))
    assert dx == 0 and dy == 4
