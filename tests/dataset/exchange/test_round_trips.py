"""Through every format and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpstudio.dataset.exchange.exporting import what_fits
from lpstudio.dataset.exchange.formats import FORMATS, recognised
from lpstudio.dataset.exchange.model import ExchangedCrop, Part
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.shapes import bounds
from lpstudio.dataset.types import Candidate, CropState, Origin
from tests.dataset.exchange.support import (
    PLACE,
    SIZE,
    MemoryTree,
    crops,
    in_pixels,
    square,
    there_and_back,
    written,
)

POLYGONS = [name for name, made in FORMATS.items() if Part.OUTLINE in made.keeps]
BOXES = [name for name, made in FORMATS.items() if made.outlines == "boxes"]
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def unlike(crop: ExchangedCrop, name: str) -> ExchangedCrop:
    """The crop as a format should give it back: what it has no place for is gone, named by the export."""
    keeps = FORMATS[name].keeps
    if crop.state is CropState.DRAFT and Part.DRAFT not in keeps:
        crop = replace(crop, characters=(), state=CropState.UNLABELLED)
    if Part.ORIGIN not in keeps:
        crop = replace(crop, origin=None)
    if Part.CANDIDATES not in keeps:
        crop = replace(crop, characters=tuple(replace(c, candidates=()) for c in crop.characters))
    return crop


def assert_same_words(crop: ExchangedCrop, back: ExchangedCrop, name: str) -> None:
    expected = unlike(crop, name)
    assert back.state is expected.state
    assert (back.text, back.split, back.origin) == (expected.text, expected.split, expected.origin)
    assert not back.incomplete
    for old, new in zip(expected.characters, back.characters, strict=True):
        assert (new.char, new.unreadable) == (old.char, old.unreadable)
        assert new.confidence == old.confidence
        assert new.candidates == old.candidates


@pytest.mark.parametrize("name", POLYGONS)
@QUICK
@given(data=st.data())
def test_a_polygon_format_gives_back_outlines_classes_states_and_texts(name: str, data: st.DataObject) -> None:
    # The lines of YOLO have no confidences; a project's label files neither.
    crop = data.draw(crops(scored=not name.startswith("yolo")))
    (back,), report = there_and_back(name, [crop])
    assert not report.losses
    assert_same_words(crop, back, name)
    assert crop.size is not None
    for old, new in zip(unlike(crop, name).characters, in_pixels(back, crop.size), strict=True):
        assert len(new) == len(old.polygon)
        for p, q in zip(old.polygon, new, strict=True):
            assert abs(p[0] - q[0]) <= 0.01 and abs(p[1] - q[1]) <= 0.01


@pytest.mark.parametrize("name", BOXES)
@QUICK
@given(data=st.data())
def test_a_box_format_gives_back_the_boxes_and_says_that_outlines_are_lost(name: str, data: st.DataObject) -> None:
    crop = data.draw(crops(scored=not name.startswith("yolo")))
    lost = Report()
    fitting = what_fits(crop, FORMATS[name], lost)
    if fitting.characters:
        assert lost.lost["outlines"] == 1
    assert lost.lost["characters"] == len(unlike(crop, name).characters) - len(fitting.characters)
    (back,), report = there_and_back(name, [fitting])
    assert not report.losses
    assert_same_words(fitting, back, name)
    assert crop.size is not None
    for old, new in zip(fitting.characters, in_pixels(back, crop.size), strict=True):
        # Unreadable characters keep their outlines in a YOLO dataset: they stand in crops.jsonl.
        assert bounds(new) == pytest.approx(bounds(old.polygon), abs=0.01)


@QUICK
@given(crop=crops())
def test_a_mask_format_says_that_outlines_are_lost_and_keeps_the_words(crop: ExchangedCrop) -> None:
    crop = replace(
        crop,
        size=SIZE,
        characters=tuple(replace(c, polygon=square(x=10.0 + 12 * i).polygon) for i, c in enumerate(crop.characters)),
    )
    lost = Report()
    fitting = what_fits(crop, FORMATS["coco-rle"], lost)
    assert bool(lost.lost["outlines"]) == bool(crop.characters)
    (back,), report = there_and_back("coco-rle", [fitting])
    assert not report.losses
    assert_same_words(crop, back, "coco-rle")
    for old, new in zip(crop.characters, in_pixels(back, SIZE), strict=True):
        assert bounds(new) == pytest.approx(bounds(old.polygon), abs=0.5)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_recognised_and_keeps_many_crops_apart(name: str) -> None:
    several = [
        ExchangedCrop(f"{split}/{n}.png", PLACE, (square("A0"[n % 2]),), CropState.VERIFIED, SIZE, False, None, split)
        for split in ("train", "val")
        for n in range(3)
    ]
    several.append(ExchangedCrop("val/empty.png", PLACE, (), CropState.VERIFIED, SIZE, False, None, "val"))
    several.append(ExchangedCrop("val/blank.png", PLACE, (), CropState.UNLABELLED, SIZE, False, None, "val"))
    files, _ = written(FORMATS[name], several)
    with MemoryTree(files) as tree:
        found = recognised(tree)
        back = list(found.read(tree, report := Report()))
        assert found.read is FORMATS[name].read
        assert not report.losses
        assert all(crop.picture is not None and tree.has(crop.picture) for crop in back)
    key = {(c.split, c.name.rpartition("/")[2]): c for c in back}
    assert len(back) == len(key) == len(several)
    for crop in several:
        twin = key[crop.split, crop.name.rpartition("/")[2]]
        assert (twin.state, [c.char for c in twin.characters]) == (crop.state, [c.char for c in crop.characters])


def test_what_a_format_has_no_place_for_is_named_one_by_one() -> None:
    scored = square("O", candidates=(Candidate("O", 0.6), Candidate("0", 0.4)), confidence=0.6)
    crop = ExchangedCrop(
        "train/a.png", PLACE, (scored,), CropState.DRAFT, SIZE, origin=Origin("gate.mp4", 12), split="train"
    )
    lost = {}
    for name, made in FORMATS.items():
        report = Report()
        what_fits(crop, made, report)
        lost[name] = dict(report.lost)
    assert lost == {
        "yolo-seg": {"drafts": 1},
        "yolo-box": {"drafts": 1},
        "labelme": {},
        "x-anylabeling": {},
        "coco": {},
        "coco-rle": {"outlines": 1},
        "cvat": {"origins": 1},
        "label-studio": {"candidates": 1, "origins": 1},
        "voc": {"outlines": 1, "origins": 1},
    }
