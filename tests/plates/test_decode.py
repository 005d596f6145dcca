"""Candidates become ranked texts: formats are soft, sums are exact, doubtful and missed characters cost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.alphabet import CHARACTERS
from lpstudio.plates import decode as module
from lpstudio.plates import lattice
from lpstudio.plates.decode import Observed, decode
from lpstudio.plates.formats import formats_from

PH, CAR, NONE = formats_from("ph"), formats_from("LLL DDDD"), formats_from("none")


def _clear(text: str, probability: float = 0.97) -> list[Observed]:
    """Characters seen clearly, each with a little left for another."""
    return [Observed({c: probability, "W" if c != "W" else "M": 1 - probability}, 0.002) for c in text]


def _with(text: str, place: int, **probabilities: float) -> list[Observed]:
    observed = _clear(text)
    observed[place] = Observed({k.strip("_"): v for k, v in probabilities.items()}, 0.002)
    return observed


def test_a_clear_plate_is_read_with_its_format() -> None:
    for formats, identity in ((PH, "ph-2014-car"), (CAR, "LLL DDDD"), (NONE, None)):
        first = decode(_clear("ABC1234"), formats)[0]
        assert (first.text, first.format) == ("ABC1234", identity)
        assert first.chars == tuple("ABC1234") and first.probability > 0.7


def test_the_first_letter_tells_the_regional_series() -> None:
    assert decode(_clear("NBC1234"), PH)[0].format == "ph-2018-car"


def test_an_o_among_digits_is_read_as_0_where_the_format_says_so_and_kept_as_second_text() -> None:
    observed = _with("ABC1234", 3, O=0.9, _0=0.08)
    ranked = decode(observed, PH)
    assert ranked[0].text == "ABC0234" and ranked[0].chars[3] == "0"
    assert "ABCO234" in [h.text for h in ranked[:3]]
    assert decode(observed, NONE)[0].text == "ABCO234"


@pytest.mark.parametrize("text", ["OLLIE", "1A2B", "ABCD123", "AAA", "VANITY"])
def test_a_clear_plate_that_fits_no_format_is_still_shown_first(text: str) -> None:
    for formats in (PH, CAR):
        first = decode(_clear(text, 0.99), formats)[0]
        assert first.text == text and first.format in (None, "ph-temporary")


def test_a_format_does_not_outvote_a_character_seen_without_any_doubt() -> None:
    observed = _with("ABC1234", 5, H=1.0)
    assert decode(observed, PH)[0].text == "ABC12H4"


def test_a_doubled_character_is_left_out_when_the_format_has_no_place_for_it() -> None:
    observed = _clear("ABC1234")
    observed.insert(3, Observed({"C": 0.6, "G": 0.3}, doubt=0.3))
    first = decode(observed, CAR)[0]
    assert first.text == "ABC1234" and first.chars[3] is None
    assert decode(observed, NONE)[0].text == "ABCC1234"


def test_a_missed_character_leaves_the_kinds_of_the_others_known() -> None:
    observed = _with("ABC12B", 5, B=0.55, _8=0.42)
    first = decode(observed, CAR)[0]
    assert (first.text, first.format) == ("ABC128", "LLL DDDD")


def test_a_lone_character_beside_a_plate_is_less_probable_than_the_plate() -> None:
    for formats in (PH, CAR, NONE):
        assert (
            decode(_clear("L"), formats)[0].probability < decode(_clear("ABC1234", 0.9), formats)[0].probability + 0.4
        )
    assert decode(_clear("I"), PH)[0].probability < 0.3


def test_no_characters_give_no_text() -> None:
    assert decode([], PH) == []


def test_characters_without_any_probability_are_still_decoded() -> None:
    assert len(decode([Observed({}, 0.5)] * 4, PH)) > 0


few = st.dictionaries(st.sampled_from("AB01"), st.floats(0.01, 1), min_size=1, max_size=3)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(few, st.floats(0.001, 0.5)), min_size=1, max_size=2), st.sampled_from(["LD", "L, DD", "none"])
)
def test_probabilities_are_those_of_adding_up_every_text_by_hand(
    characters: list[tuple[dict[str, float], float]], choice: str
) -> None:
    formats = formats_from(choice)
    observed = [Observed({c: p / sum(row.values()) for c, p in row.items()}, doubt) for row, doubt in characters]
    exact: dict[str, float] = {}
    rows = [dict(zip(CHARACTERS, row, strict=True)) for row in module._rows(observed).tolist()]
    total = 0.5
    for one in observed:
        total *= one.doubt
    for kept in itertools.product((True, False), repeat=len(rows)):
        weight = 1.0
        for keep, one in zip(kept, observed, strict=True):
            weight *= 1 - one.doubt if keep else one.doubt
        chosen = [row for keep, row in zip(kept, rows, strict=True) if keep]
        if not chosen:
            continue
        for text in map("".join, itertools.product(CHARACTERS, repeat=len(chosen))):
            value = weight
            for char, row in zip(text, chosen, strict=True):
                value *= row[char]
            length = lattice.LENGTH_PRIOR.get(len(text), 1.0)
            share = formats.free * length
            for one_format in formats.formats:
                if one_format.fits(text):
                    boost = 1.0
                    for char, place in zip(text, one_format.places, strict=True):
                        boost *= (place[char] * 36) ** lattice.TRUST
                    share += (1 - formats.free) / len(formats.formats) * boost
            exact[text] = exact.get(text, 0.0) + value * share
    total += sum(exact.values())
    ranked = decode(observed, formats, most=5)
    wanted = sorted(exact.items(), key=lambda item: -item[1])[:5]
    assert ranked[0].probability == pytest.approx(wanted[0][1] / total, rel=1e-3)
    for hypothesis in ranked[:3]:
        assert hypothesis.probability == pytest.approx(exact[hypothesis.text] / total, rel=2e-3, abs=5e-4)
    assert sum(h.probability for h in decode(observed, formats, most=10_000)) <= 1 + 1e-9


def test_very_many_uncertain_characters_still_give_a_text() -> None:
    even = Observed(dict.fromkeys(CHARACTERS, 1 / 36), 0.5)
    ranked = decode([even] * 150, PH)
    assert ranked and all(0 <= h.probability <= 1 for h in ranked)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(few, st.floats(0.001, 0.5)), min_size=1, max_size=9))
def test_hypotheses_are_ranked_unique_and_say_what_became_of_each_character(
    characters: list[tuple[dict[str, float], float]],
) -> None:
    ranked = decode([Observed(row, doubt) for row, doubt in characters], PH)
    assert [h.probability for h in ranked] == sorted((h.probability for h in ranked), reverse=True)
    assert len({h.text for h in ranked}) == len(ranked)
    for hypothesis in ranked:
        assert len(hypothesis.chars) == len(characters)
        assert "".join(c for c in hypothesis.chars if c) == hypothesis.text
