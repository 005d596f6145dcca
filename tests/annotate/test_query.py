"""The language of the search field: what it finds, what it says of mistakes, and that nothing breaks it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.filters import UNVERIFIED, CropFilter, Facts, listing, place_of
from lpstudio.studio.annotate.query import (
    DISAGREE_WORDS,
    FAULT_WORDS,
    FIELDS,
    NUMBERS,
    SORTS,
    STATE_WORDS,
    Query,
    QueryError,
    Term,
    matcher,
    parse,
)
from lpstudio.studio.annotate.query_hints import suggest

values = st.text(min_size=1, max_size=8)


WORDS = {
    "disagree": DISAGREE_WORDS,
    "fault": FAULT_WORDS,
    "sort": (*SORTS, "-name", "-score"),
    **dict.fromkeys(NUMBERS, ("<0.6", ">=.5", "0.2..0.6", "90%", "=1")),
}


@st.composite
def terms(draw: st.DrawFn) -> Term:
    field = draw(st.sampled_from(("", *FIELDS)))
    if field == "state":
        found = draw(st.lists(st.sampled_from(sorted(STATE_WORDS)), min_size=1, max_size=3))
    elif field in WORDS:
        found = draw(st.lists(st.sampled_from(WORDS[field]), min_size=1, max_size=3))
    elif field == "char":
        found = [value.upper() for value in draw(st.lists(values, min_size=1, max_size=3))]
    else:
        found = draw(st.lists(values, min_size=1, max_size=3))
    return Term(field, tuple(found), draw(st.booleans()))


@settings(deadline=None, max_examples=400)
@given(st.text(alphabet=st.characters() | st.sampled_from('":|*?-\\ charstext'), max_size=40))
def test_whatever_is_typed_is_understood_or_refused_with_a_word_and_a_place(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert error.message and 0 <= error.start <= error.end <= len(text)
    else:
        assert parse(str(query)) == query


@settings(deadline=None, max_examples=300)
@given(st.lists(terms(), max_size=5))
def test_a_query_written_out_reads_as_the_same_query(found: list[Term]) -> None:
    query = Query(tuple(found))
    assert parse(str(query)) == query


@given(st.lists(st.text(max_size=6), min_size=1, max_size=3), st.text(max_size=12), st.booleans())
def test_any_pattern_matches_or_not_without_an_error(patterns: list[str], text: str, whole: bool) -> None:
    assert matcher(patterns, whole=whole)(text) in (True, False)


def test_the_example_of_the_help_reads_as_it_says() -> None:
    query = parse('char:o|0 state:draft split:val text:AB* name:"my plates" foo -bar')
    assert query.terms == (
        Term("char", ("O", "0")),
        Term("state", ("draft",)),
        Term("split", ("val",)),
        Term("text", ("AB*",)),
        Term("name", ("my plates",)),
        Term("", ("foo",)),
        Term("", ("bar",), True),
    )


@pytest.mark.parametrize(
    ("text", "message", "part"),
    [
        ("foo colour:red", "colour: is not known", "colour:"),
        ("state:finished", "there is no state finished", "state:finished"),
        ('name:"open', "the double quote is not closed", '"open'),
        ("char:", "char:O", "char:"),
        ("char:O|", "char:O", "char:O|"),
        ("a:b", "a: is not known", "a:"),
        ("score:low", "score:<0.6", "score:low"),
        ("x disagree:maybe", "only yes, no, text, model", "disagree:maybe"),
        ("sort:size", "only name, state, score, margin", "sort:size"),
        ("fault:ugly", "self-crossing", "fault:ugly"),
    ],
)
def test_a_mistake_is_named_at_its_place(text: str, message: str, part: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert message in caught.value.message
    assert text[caught.value.start : caught.value.end] == part


def test_patterns_match_whole_texts_and_words_match_parts() -> None:
    assert matcher(["AB*"], whole=True)("abc1234") and not matcher(["AB*"], whole=True)("xab")
    assert matcher(["A?C"], whole=True)("ABC") and not matcher(["AB"], whole=True)("ABC")
    assert matcher(["b1|", "b1"], whole=False)("train/b12.png")
    assert matcher(["t*n/b"], whole=False)("x/train/b1.png")
    assert matcher(["[a]"], whole=False)("x[A].png") and not matcher(["[a]*"], whole=False)("xa.png")


def crops() -> tuple[CropIndex, Facts]:
    index = CropIndex([("train", [f"t/{name}.png" for name in "dcba"[::-1]], [1, 1, 0, 1]), ("val", ["v/a.png"], [1])])
    index.set_state(1, CropState.VERIFIED)
    nan = float("nan")
    numbers = {
        "score": np.array([0.5, 0.9, nan, 0.6, 0.3], np.float32),
        "margin": np.array([0.1, 0.8, nan, 0.05, 0.3], np.float32),
    }
    rows = {"text": np.array([1, 3], np.int32), "model": np.array([0], np.int32)}
    return index, Facts(numbers=numbers, disagreeing=rows, faulty={"overlap": np.array([4], np.int32)})


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("score:<0.6", [0, 4]),
        ("score:<=0.6", [0, 3, 4]),
        ("score:>60%", [1]),
        ("score:0.3..0.5", [0, 4]),
        ("score:0.3|0.9", [1, 4]),
        ("-score:<0.6", [1, 2, 3]),
        ("margin:<0.2 split:train", [0, 3]),
        ("disagree:yes", [0, 1, 3]),
        ("disagree:text", [1, 3]),
        ("disagree:no", [2, 4]),
        ("-disagree:model state:labelled", [3, 4]),
        ("fault:yes", [4]),
        ("fault:self-crossing", []),
        ("sort:margin", [3, 0, 4, 1, 2]),
        ("sort:-score split:train", [2, 1, 3, 0]),
        ("-sort:margin disagree:yes", [1, 0, 3]),
        ("sort:name", [0, 4, 1, 2, 3]),
        ("sort:state -split:val", [2, 0, 3, 1]),
    ],
)
def test_numbers_disagreements_faults_and_orders(query: str, rows: list[int]) -> None:
    index, facts = crops()
    found = listing(index, CropFilter(words=query), facts)
    assert found.rows.tolist() == rows
    for place, row in enumerate(rows):  # and a crop is found again in any order
        assert place_of(found.rows, row, found.order) == place
    assert place_of(found.rows, 99, found.order) is None


def test_a_filter_is_kept_as_a_text_that_finds_the_same() -> None:
    index, facts = crops()
    wanted = CropFilter(UNVERIFIED, "train", "score:<0.7", "margin")
    assert wanted.as_query() == "split:train state:todo score:<0.7 sort:margin"
    typed = CropFilter(words=wanted.as_query())
    assert listing(index, typed, facts).rows.tolist() == listing(index, wanted, facts).rows.tolist()
    assert CropFilter(sort="name", words="sort:score").as_query() == "sort:score"
    states = frozenset([CropState.IN_PROGRESS, CropState.DRAFT])
    assert CropFilter(states, "my split").as_query() == 'split:"my split" state:draft|progress'


def test_hints_say_what_may_stand_where_the_cursor_is() -> None:
    def hints(text: str, at: int | None = None) -> list[str]:
        return [hint.text for hint in suggest(text, len(text) if at is None else at, ["train", "val"], "AB0").hints]

    assert hints("st") == ["state:"]
    assert "score:" in hints("") and "-" not in hints("")
    assert hints("state:dr") == ["draft"]
    assert hints("state:draft|ve") == ["verified"]
    assert hints("-split:") == ["train", "val"]
    assert hints("char:O|") == ["A", "B", "0"]
    assert hints("name:x") == [] and hints('"state:d') == []
    assert hints("st foo", 2) == ["state:"]
    found = suggest("x state:dr y", 10, [], "")
    assert found.taken("x state:dr y", found.hints[0]) == ("x state:draft y", 14)
    keys = suggest("sc", 2, [], "")
    assert keys.taken("sc", keys.hints[0]) == ("score:", 6)
