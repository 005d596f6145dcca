"""The language of the search field: what it finds, what it says of mistakes, and that nothing breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.studio.annotate.query import FIELDS, STATE_WORDS, Query, QueryError, Term, matcher, parse

values = st.text(min_size=1, max_size=8)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    field = draw(st.sampled_from(("", *FIELDS)))
    if field == "state":
        found = draw(st.lists(st.sampled_from(sorted(STATE_WORDS)), min_size=1, max_size=3))
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
