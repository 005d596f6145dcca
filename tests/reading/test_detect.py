"""From model output to characters: whole class rows, one character a glyph, outlines finer than a pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from lpstudio.reading.detect import (
    Output,
    RawCharacter,
    detect,
    keep,
    place,
    preprocess,
    presence,
    raw_characters,
)
from lpstudio.reading.posterior import Posterior
from lpstudio.reading.runtime_torch import TorchModel

SIDE, CLASSES = 224, 36


def _output(boxes: list[tuple[float, float, float, float]], logits: np.ndarray, raw: bool = True) -> Output:
    """A model output in which anchor i has box i (x, y, w, h) and the class row i; one mask coefficient, 1."""
    scores = logits.T[None].astype(np.float32)
    decoded = np.concatenate((np.array(boxes).T[None], 1 / (1 + np.exp(-scores)), np.ones((1, 1, len(boxes)))), axis=1)
    return Output(decoded.astype(np.float32), scores if raw else None, None)


def _ellipse(shape: tuple[int, int], x: float, y: float, a: float, b: float) -> np.ndarray:
    """A mask prototype that is positive inside an ellipse, given in pixels of a rectangle of ``shape`` (h, w)."""
    rows, columns = ((np.arange(side // 4) + 0.5) * 4 for side in shape)
    field = 1 - ((columns[None, :] - x) / a) ** 2 - ((rows[:, None] - y) / b) ** 2
    return field.astype(np.float32)[None]


def test_an_o_and_a_0_over_the_same_glyph_become_one_character_with_both_candidates() -> None:
    logits = np.full((2, CLASSES), -6.0)
    logits[0, 14], logits[0, 26] = 2.0, 1.5
    logits[1, 26], logits[1, 14] = 1.8, 1.7
    kept = keep(_output([(50, 50, 20, 30), (51, 50, 20, 30)], logits), CLASSES)[0]
    assert len(kept.boxes) == 1
    row = Posterior().probabilities(kept.logits)[0]
    assert np.argsort(-row)[:2].tolist() == [14, 26]


def test_boxes_over_one_character_vote_on_its_class_each_as_far_as_it_sees_one() -> None:
    logits = np.full((4, CLASSES), -9.0)
    logits[0, 31], logits[0, 32] = 2.0, 1.9  # one before the other, by a hair
    logits[1, 32], logits[1, 31] = 1.5, 0.0
    logits[2, 32], logits[2, 31] = 1.0, -1.0
    logits[3, 31] = 3.0  # the character beside it
    boxes = [(50, 50, 20, 30), (51, 50, 20, 30), (50, 51, 20, 30), (90, 50, 20, 30)]
    other, voted = keep(_output(boxes, logits), CLASSES)[0].logits
    weights = presence(logits[:3].astype(np.float32))
    assert voted == pytest.approx((weights[:, None] * logits[:3]).sum(axis=0) / weights.sum(), abs=1e-4)
    assert voted.argmax() == 32 and other == pytest.approx(logits[3], abs=1e-5)


def test_candidates_are_the_same_from_logits_and_from_sigmoids_alone() -> None:
    logits = np.random.default_rng(0).normal(-2, 2, (1, CLASSES))
    logits[0, 3] = 4
    boxes = [(100.0, 100.0, 20.0, 40.0)]
    with_logits = keep(_output(boxes, logits), CLASSES)[0].logits
    without = keep(_output(boxes, logits, raw=False), CLASSES)[0].logits
    assert np.allclose(with_logits, logits, atol=1e-5) and np.allclose(without, logits, atol=1e-3)


def test_neighbouring_characters_both_stay_and_faint_ones_go() -> None:
    logits = np.full((3, CLASSES), -8.0)
    logits[0, 0], logits[1, 1], logits[2, 2] = 3, 2, -2
    kept = keep(_output([(50, 50, 20, 40), (66, 52, 20, 40), (150, 50, 20, 40)], logits), CLASSES)[0]
    assert kept.confidence == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-2))], abs=1e-3)
    assert kept.anchors.tolist() == [0, 1]


@pytest.mark.parametrize("raw", [True, False])
def test_a_bar_that_may_be_one_of_several_characters_is_found(raw: bool) -> None:
    logits = np.full((2, CLASSES), -8.0)
    logits[0, [8, 11, 27]] = -2.0  # I, L and 1: none of them above 0.12, together a third
    logits[1, 8] = -2.0
    kept = keep(_output([(50, 50, 8, 40), (90, 50, 8, 40)], logits, raw=raw), CLASSES)[0]
    assert kept.anchors.tolist() == [0]
    odds = 3 * np.exp(-2.0)
    assert kept.confidence.item() == pytest.approx(odds / (1 + odds), abs=0.01)


@pytest.mark.parametrize("size", [(80, 162), (224, 224), (1080, 1920), (20, 300), (300, 20), (7, 9)])
def test_points_of_the_rectangle_go_back_to_the_picture(size: tuple[int, int]) -> None:
    height, width = size
    image = np.zeros((height, width, 3), np.uint8)
    rectangle, placement = place(image, SIDE)
    assert rectangle.shape == (*placement.shape, 3) and max(placement.shape) == SIDE
    assert all(side % 32 == 0 for side in placement.shape)
    points = np.array([[0.0, 0.0], [width, height], [width / 3, height / 2]])
    there = points * [placement.gain_x, placement.gain_y] + [placement.left, placement.top]
    assert np.allclose(placement.back(there), points, atol=1e-9)


def test_pictures_are_placed_as_ultralytics_does_in_training() -> None:
    from ultralytics.data.augment import LetterBox

    for height, width in ((80, 162), (81, 161), (53, 300), (224, 100)):
        image = np.random.default_rng(height).integers(0, 255, (height, width, 3), np.uint8)
        rectangle, placement = place(image, SIDE)
        assert np.array_equal(rectangle, LetterBox(placement.shape)(image=image))
    batch = preprocess([rectangle, rectangle])
    assert batch.shape == (2, 3, *placement.shape)
    assert np.array_equal((batch[1] * 255).round().transpose(1, 2, 0)[..., ::-1], rectangle)


def _round_character(picture: tuple[int, int], centre: tuple[float, float], a: float, b: float) -> RawCharacter:
    """The one character of a picture whose mask is an ellipse given in pixels of the picture."""
    height, width = picture
    _, placement = place(np.zeros((height, width, 3), np.uint8), SIDE)
    x, y = centre[0] * placement.gain_x + placement.left, centre[1] * placement.gain_y + placement.top
    a_s, b_s = a * placement.gain_x, b * placement.gain_y
    logits = np.full((1, CLASSES), -8.0)
    logits[0, 5] = 4
    kept = keep(_output([(x, y, 2 * a_s + 4, 2 * b_s + 4)], logits), CLASSES)[0]
    return raw_characters(kept, _ellipse(placement.shape, x, y, a_s, b_s), placement)[0]


def test_outlines_are_finer_than_a_pixel_of_the_picture() -> None:
    for picture, centre, a, b in (((80, 162), (60.3, 41.7), 9.0, 17.0), ((160, 90), (40.0, 90.5), 20.0, 30.0)):
        polygon = _round_character(picture, centre, a, b).polygon
        off = np.hypot((polygon[:, 0] - centre[0]) / a, (polygon[:, 1] - centre[1]) / b)
        assert np.abs((off - 1) * min(a, b)).max() < 0.35
        area = abs(cv2.contourArea(polygon.astype(np.float32)))
        assert area == pytest.approx(np.pi * a * b, rel=0.03)
        assert 8 <= len(polygon) <= 60


def test_an_empty_mask_gives_the_box_as_polygon() -> None:
    logits = np.full((1, CLASSES), -8.0)
    logits[0, 5] = 4
    _, placement = place(np.zeros((112, 224, 3), np.uint8), SIDE)
    kept = keep(_output([(100, 62, 20, 40)], logits), CLASSES)[0]
    for protos in (-np.ones((1, 32, 56), np.float32), _ellipse(placement.shape, 100, 62, 0.5, 0.5), None):
        character = raw_characters(kept, protos, placement)[0]
        assert character.polygon.tolist() == [[90, 34], [110, 34], [110, 74], [90, 74]]
        assert character.box == (90, 34, 110, 74)


def test_polygons_and_boxes_stay_inside_the_picture() -> None:
    logits = np.full((1, CLASSES), -8.0)
    logits[0, 5] = 4
    _, placement = place(np.zeros((80, 160, 3), np.uint8), SIDE)
    kept = keep(_output([(4, 20, 40, 60)], logits), CLASSES)[0]
    character = raw_characters(kept, _ellipse(placement.shape, 4, 20, 30, 40), placement)[0]
    polygon = character.polygon
    assert polygon.min() >= 0 and polygon[:, 0].max() <= 160 and polygon[:, 1].max() <= 80
    assert character.box[0] == 0 and character.box[1] == 0


def test_what_is_seen_in_the_grey_beside_the_picture_is_no_character() -> None:
    logits = np.full((1, CLASSES), -8.0)
    logits[0, 5] = 4
    _, placement = place(np.zeros((80, 160, 3), np.uint8), SIDE)
    kept = keep(_output([(100, 3, 40, 10)], logits), CLASSES)[0]
    assert raw_characters(kept, _ellipse(placement.shape, 100, 3, 15, 4), placement) == []


def test_no_detections_and_no_pictures_give_empty_lists() -> None:
    kept = keep(_output([(50, 50, 20, 30)], np.full((1, CLASSES), -9.0)), CLASSES)[0]
    _, placement = place(np.zeros((80, 160, 3), np.uint8), SIDE)
    assert raw_characters(kept, _ellipse(placement.shape, 4, 56, 30, 40), placement) == []
    assert detect(TorchModel(torch.nn.Identity()), [], classes=36, side=SIDE) == []


def test_a_real_model_in_evaluation_mode_gives_its_class_logits() -> None:
    from ultralytics.nn.tasks import SegmentationModel

    torch.manual_seed(1)
    model = TorchModel(SegmentationModel("yolo11n-seg.yaml", nc=CLASSES, verbose=False).eval())
    images = [np.random.default_rng(0).integers(0, 255, (80, 160, 3), np.uint8)] * 2
    output = model(preprocess([place(image, SIDE)[0] for image in images]))
    assert output.logits is not None and output.protos is not None
    assert np.allclose(1 / (1 + np.exp(-output.logits)), output.decoded[:, 4 : 4 + CLASSES], atol=1e-6)
    found = detect(model, images, classes=CLASSES, side=SIDE, confidence=0.0, most=20)
    assert [len(characters) for characters in found] == [20, 20]
    assert all(c.logits.shape == (CLASSES,) and len(c.polygon) >= 3 for c in found[0])
    assert [c.confidence for c in found[0]] == sorted((c.confidence for c in found[0]), reverse=True)


def test_what_is_read_of_a_picture_does_not_depend_on_its_company() -> None:
    from ultralytics.nn.tasks import SegmentationModel

    torch.manual_seed(1)
    model = TorchModel(SegmentationModel("yolo11n-seg.yaml", nc=CLASSES, verbose=False).eval())
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (height, 160, 3), np.uint8) for height in (80, 50, 80, 200, 53)]

    def read(some: list[np.ndarray]) -> list[list[RawCharacter]]:
        return detect(model, some, classes=CLASSES, side=SIDE, confidence=0.0, most=5)

    for alone, together in zip([read([image])[0] for image in images], read(images), strict=True):
        assert len(alone) == len(together) == 5
        for one, other in zip(alone, together, strict=True):
            assert np.allclose(one.logits, other.logits, atol=1e-4) and np.allclose(one.box, other.box, atol=1e-3)


def test_a_single_crop_is_read_on_one_thread_and_a_frame_on_all() -> None:
    class Network(torch.nn.Module):
        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            used.append(torch.get_num_threads())
            return torch.zeros(len(batch), 4 + CLASSES, 1)

    used: list[int] = []
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        model = TorchModel(Network())
        for picture in (np.zeros((80, 160, 3), np.uint8), np.zeros((720, 1280, 3), np.uint8)):
            detect(model, [picture], classes=CLASSES, side=max(SIDE, picture.shape[1] // 32 * 32))
            assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert used == [1, 3]
