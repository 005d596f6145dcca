"""Plate formats are data, soft, and clear about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpstudio.errors import LpStudioError, UsageError
from lpstudio.plates.formats import Format, formats_from, load_formats


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("ABC123", "ph-1981-car"),
        ("AB1234", "ph-1981-motorcycle"),
        ("NBC1234", "ph-2014-car"),
        ("AB12345", "ph-2014-motorcycle"),
        ("12345", "ph-2014-diplomatic"),
        ("1234567", "ph-2018-diplomatic"),
        ("123ABC", "ph-2018-motorcycle"),
        ("A123BC", "ph-2018-motorcycle-letter-first"),
        ("ABC12", "ph-special"),
        ("17", "ph-protocol"),
        ("A1B2C3D4E5", "ph-temporary"),
    ],
)
def test_the_philippine_formats_are_shipped(text: str, identity: str) -> None:
    found = formats_from("ph").of(text)
    assert found is not None and found.id == identity


def test_texts_that_fit_no_philippine_format_have_none() -> None:
    assert [formats_from("ph").of(text) for text in ("15", "18", "ABCD", "AB1")] == [None] * 4


def test_i_o_and_q_are_legal_letters() -> None:
    assert Format.from_pattern("LLL DDDD").fits("IOQ1234")


def test_a_format_can_be_written_out_and_several_with_commas() -> None:
    written = formats_from(" lll dddd, LL DDDDD ")
    assert [f.pattern for f in written.formats] == ["LLL DDDD", "LL DDDDD"]
    assert written.of("abc1234") is not None and written.of("ABC123") is None
    assert formats_from("none").formats == ()
    assert len(formats_from("PH, LL DD").formats) == len(formats_from("ph").formats) + 1


@pytest.mark.parametrize("choice", ["", " ", "LLL-DDDD", "germany", "LLL DDDD, 7"])
def test_what_is_no_format_is_refused_with_an_example(choice: str) -> None:
    with pytest.raises(UsageError, match="LLL DDDD"):
        formats_from(choice)


def test_the_prior_of_every_place_sums_to_one() -> None:
    for one in formats_from("ph").formats:
        for place in one.places:
            assert sum(place.values()) == pytest.approx(1.0)
    regional = next(f for f in formats_from("ph").formats if f.id == "ph-2018-car")
    assert 0 < regional.places[0]["A"] < regional.places[0]["N"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml [", "cannot be read"),
        ("name = 'x'", r"no \[\[format\]\]"),
        ("[[format]]\npattern = 'LLL'", "format 1 has no 'id'"),
        ("[[format]]\nid = 'a'\npattern = 'L-L'", "format 1"),
        ("[[format]]\nid = 'a'", "exactly one of"),
        ("[[format]]\nid = 'a'\npattern = 'L'\nweight = -1", "weight"),
        ("[[format]]\nid = 'a'\ntexts = ['Ä1']", "no plate character"),
    ],
)
def test_a_faulty_file_of_formats_is_named_with_its_entry(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(LpStudioError, match=said) as caught:
        load_formats(path)
    assert caught.value.path == path
