"""All figures of an evaluation, against counting crop after crop."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.evaluation.figures import CropFigures, figures_of, titled
from lpstudio.evaluation.measures import CharacterCounts


@st.composite
def crops(draw: st.DrawFn) -> CropFigures:
    right = draw(st.lists(st.booleans(), max_size=7))
    wrong = right.count(False)
    within = draw(st.integers(0, wrong))
    missed = draw(st.integers(0, 2))
    top2 = draw(st.integers(right.count(True), len(right)))
    known = draw(st.booleans())
    return CropFigures(
        plate=draw(st.sampled_from("PQRST")),
        counts=CharacterCounts(len(right) + missed, right.count(True), top2, missed, 0),
        text_known=known,
        text_right=known and draw(st.booleans()),
        text_among_two=known and draw(st.booleans()),
        wrong=wrong,
        wrong_within=within,
        severity=wrong - 0.6 * within,
        likelihoods=tuple(draw(st.floats(0.01, 1)) for _ in right),
        confidences=tuple(draw(st.floats(0.01, 1)) for _ in right),
        right=tuple(right),
    )


@given(st.lists(crops(), max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_figure_is_what_counting_gives(found: list[CropFigures]) -> None:
    figures = figures_of(found, draws=50)
    characters = sum(one.counts.characters for one in found)
    wrong = sum(one.wrong for one in found)
    texts = [one for one in found if one.text_known]
    likelihoods = [p for one in found for p in one.likelihoods]
    expected = {
        "character_top1": (sum(one.counts.top1 for one in found), characters),
        "character_top2": (sum(one.counts.top2 for one in found), characters),
        "plate_first": (sum(one.text_right for one in texts), len(texts)),
        "plate_top2": (sum(one.text_among_two for one in texts), len(texts)),
        "errors_within": (sum(one.wrong_within for one in found), wrong),
        "severity": (sum(one.severity for one in found), wrong),
        "nll": (-sum(map(math.log, likelihoods)), len(likelihoods)),
    }
    for name, (part, whole) in expected.items():
        one = figures.estimates[name]
        if whole == 0:
            assert one is None
        else:
            assert one is not None and one.value == pytest.approx(part / whole) and one.count == whole
    assert figures.within + figures.across == wrong
    assert (figures.ece is None) == (not likelihoods)
    assert sum(one.count for one in figures.bins) == len(likelihoods)
    assert json.loads(json.dumps(figures.to_dict(), allow_nan=False)) == figures.to_dict()
    assert {id(one) for _, one, _ in titled(figures)} == {id(one) for one in figures.estimates.values()}


def test_plates_are_those_that_the_figure_is_about() -> None:
    def crop(plate: str, known: bool) -> CropFigures:
        return CropFigures(plate, CharacterCounts(1, 1, 1), known, known, known, 0, 0, 0.0, (0.9,), (0.9,), (True,))

    figures = figures_of([crop("A", True), crop("A", True), crop("B", True), crop("C", False)])
    assert figures.plate_first is not None and (figures.plate_first.count, figures.plate_first.plates) == (3, 2)
    assert figures.character_top1 is not None and figures.character_top1.plates == 3
