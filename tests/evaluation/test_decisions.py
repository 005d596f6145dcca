"""Deciding by probability and by cost, and differences between two ways of reading the same plates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lpstudio.dataset.types import Character
from lpstudio.evaluation.decisions import COST, PROBABLE, decided, decided_figures, least_cost, least_cost_text
from lpstudio.evaluation.figures import CropFigures, differences_of, figures_of
from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.evaluation.results import CropResult
from lpstudio.similarity import Group, Similarity

ALIKE = Similarity(groups=(Group.of(("O", "0", "Q")),))


def test_the_least_cost_is_found_among_look_alikes_that_share_their_probability() -> None:
    posterior = {"8": 0.41, "O": 0.3, "0": 0.29}
    assert max(posterior, key=lambda name: posterior[name]) == "8"
    assert least_cost(posterior, ALIKE) == "O"
    assert least_cost(posterior, Similarity(groups=())) == "8"  # without groups the most probable costs least


def test_a_class_that_is_no_plate_character_is_never_decided_for() -> None:
    assert least_cost({"PLATE": 0.9, "A": 0.06, "B": 0.04}, ALIKE) == "A"


def test_the_text_of_the_least_cost_is_close_to_most_of_the_others() -> None:
    hypotheses = [("8AB", 0.4), ("OAB", 0.32), ("0AB", 0.28)]
    assert least_cost_text(hypotheses, ALIKE) == "OAB"
    assert least_cost_text(hypotheses, Similarity(groups=())) == "8AB"
    assert least_cost_text([("AB", 0.5), ("OAB", 0.3), ("0AB", 0.2)], ALIKE) == "AB"


def _character(posterior: dict[str, float], chosen: str | None) -> tuple[dict[str, Any], dict[str, float]]:
    ranked = sorted(posterior, key=lambda name: -posterior[name])
    return {
        "candidates": [{"char": name, "probability": posterior[name]} for name in ranked],
        "chosen": chosen,
        "box": [0, 0, 1, 1],
    }, posterior


def _crop() -> CropResult:
    """A crop of the plate O1, read as 81: the 8 by a little."""
    characters = [_character({"8": 0.41, "O": 0.3, "0": 0.29}, "8"), _character({"1": 0.9, "I": 0.1}, "1")]
    plate = {
        "text": "81",
        "probability": 0.37,
        "hypotheses": [
            {"text": "81", "probability": 0.37},
            {"text": "O1", "probability": 0.27},
            {"text": "01", "probability": 0.26},
        ],
        "characters": [one for one, _ in characters],
    }
    polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    return CropResult(
        "images/val/a.png", Path("a.png"), 10, 10, (plate,),
        (Character(polygon, "O"), Character(polygon, "1")), "O1", CharacterCounts(2, 1, 2),
        pairs=((0, 0), (1, 1)), likelihoods=(0.3, 0.9), posteriors=tuple(one for _, one in characters),
    )  # fmt: skip


@pytest.mark.parametrize("formats", [False, True])
def test_characters_and_text_of_a_plate_are_decided_together(formats: bool) -> None:
    crop = _crop()
    assert decided(crop, PROBABLE, formats, ALIKE) == (("8", "1"), "81")
    assert decided(crop, COST, formats, ALIKE) == (("O", "1"), "O1")
    probable, cost = (decided_figures(crop, one, formats, ALIKE) for one in (PROBABLE, COST))
    assert (probable.counts.top1, probable.text_right, probable.wrong, probable.severity) == (1, False, 1, 1.0)
    assert (cost.counts.top1, cost.text_right, cost.wrong, cost.severity) == (2, True, 0, 0.0)
    assert probable.counts.top2 == cost.counts.top2 and probable.likelihoods == cost.likelihoods == (0.3, 0.9)


def _figures(plate: str, right: int, of: int = 10) -> CropFigures:
    counts = CharacterCounts(of, right, right)
    return CropFigures(plate, counts, True, right == of, right == of, of - right, 0, float(of - right), (), (), ())


def test_a_difference_is_drawn_from_the_same_plates_so_that_hard_ones_cancel_out() -> None:
    # plates of very different difficulty, each read with one more character right than before
    before = [_figures(f"p{number}", number % 9) for number in range(60)]
    after = [replace(one, counts=CharacterCounts(10, one.counts.top1 + 1, one.counts.top2 + 1)) for one in before]
    difference = differences_of(after, before)["character_top1"]
    assert difference is not None and difference.value == pytest.approx(0.1)
    assert difference.low == pytest.approx(0.1) and difference.high == pytest.approx(0.1)
    wide = figures_of(after).character_top1
    assert wide is not None and wide.low is not None and wide.high is not None and wide.high - wide.low > 0.05
    with pytest.raises(ValueError, match="same plates"):
        differences_of(after, before[1:])
