"""Groups and cells proposed from confusions: from enough cases on enough plates, and only where the data disagree."""

from __future__ import annotations

import tomllib
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.evaluation.confusions import LEAST_CASES, LEAST_PLATES, Mixed, propose
from lpstudio.similarity import Group, Similarity

PRESENT = Similarity()


def _read(true: str, read: str, count: int, plates: int | None = None) -> list[Mixed]:
    return [Mixed(f"{true}{read}{i % (plates or count)}", true, read) for i in range(count)]


def _right(chars: str, count: int) -> list[Mixed]:
    return [one for char in chars for one in _read(char, char, count)]


W_N_M = [
    *_right("ABCDEFGHKNMW", 40),
    *(one for true, read, count in [("W", "N", 12), ("N", "W", 9), ("M", "N", 10), ("N", "M", 8)]
      for one in _read(true, read, count)),
    *_read("W", "M", 7),
    *_read("M", "W", 9),
]  # fmt: skip


def test_what_is_mixed_up_often_becomes_a_group() -> None:
    proposal = propose(W_N_M, PRESENT)
    assert [one.chars for one in proposal.groups] == [("M", "N", "W")]
    after = proposal.applied(PRESENT)
    assert after.groups[: len(PRESENT.groups)] == PRESENT.groups and after.groups[-1] == Group.of(("M", "N", "W"))
    for one in proposal.changes:
        assert one.low <= after.value(*one.pair) <= one.high
    for pair in combinations("ABCDEFGHK", 2):
        assert after.value(*pair) == PRESENT.value(*pair)


def test_a_pair_can_be_accepted_by_itself() -> None:
    proposal = propose(W_N_M, PRESENT)
    after = proposal.applied(PRESENT, {("N", "W")})
    assert after.groups == PRESENT.groups
    assert after.cells == {("N", "W"): next(one.value for one in proposal.changes if one.pair == ("N", "W"))}


@pytest.mark.parametrize(("count", "plates"), [(LEAST_CASES - 1, LEAST_CASES - 1), (40, LEAST_PLATES - 1)])
def test_too_few_cases_or_plates_say_nothing(count: int, plates: int) -> None:
    proposal = propose([*_right("ABCWN", 30), *_read("W", "N", count, plates)], PRESENT)
    assert proposal.evidence == () and proposal.groups == () and proposal.applied(PRESENT) == PRESENT


def test_a_group_that_is_part_of_a_new_one_gives_way_to_it() -> None:
    proposal = propose([*_right("ABCDEFGHO", 60), *_read("D", "O", 14), *_read("O", "D", 12)], PRESENT)
    (group,) = proposal.groups
    assert set(group.chars) == {"0", "D", "O"} and group.replaces == ("D 0",) and group.pairs == (("D", "O"),)
    after = proposal.applied(PRESENT)
    assert len(after.groups) == len(PRESENT.groups) and set(after.groups[5].chars) == {"0", "D", "O"}
    assert after.share_group("D", "0") and not after.share_group("D", "Q")


def test_a_rare_mix_up_gets_a_cell_and_no_group() -> None:
    mixed = [*_right("XYZ12345", 200), *_read("X", "Y", 6), *_read("1", "4", 60), *_read("3", "Z", 60)]
    proposal = propose(mixed, PRESENT)
    one = next(one for one in proposal.changes if one.pair == ("X", "Y"))
    assert one.high < PRESENT.base and all({"X", "Y"} - set(group.chars) for group in proposal.groups)
    assert proposal.applied(PRESENT).cells[("X", "Y")] == one.value


def test_a_value_that_fits_the_data_stays() -> None:
    mixed = [*_right("B8AC", 50), *_read("B", "8", 12), *_read("8", "B", 12), *_read("A", "C", 8)]
    proposal = propose(mixed, PRESENT)
    one = next(one for one in proposal.evidence if one.pair == ("8", "B"))
    assert one.counts == (12, 12) and one.cases == 124 and not one.differs
    assert proposal.applied(PRESENT, {("8", "B")}) == PRESENT


def test_captures_of_one_plate_widen_the_interval() -> None:
    base = _right("ABCWN", 60)
    apart = propose([*base, *_read("W", "N", 20)], PRESENT).evidence[0]
    clumped = propose([*base, *_read("W", "N", 20, 4)], PRESENT).evidence[0]
    assert apart.value == clumped.value and (apart.plates, clumped.plates) == (20, 4)
    assert clumped.low < apart.low and clumped.high > apart.high


def test_look_alikes_that_were_never_mixed_up_are_named() -> None:
    proposal = propose([*_right("UVAB", 30), *_read("A", "B", 5)], PRESENT)
    assert (("U", "V"), 60) in proposal.never and proposal.applied(PRESENT).share_group("U", "V")


def test_classes_that_are_no_characters_stay_out() -> None:
    proposal = propose([*_right("AB", 9), *(Mixed(str(i), "PLATE", "A") for i in range(9))], PRESENT)
    assert proposal.evidence == () and proposal.characters == 18


def test_the_file_opens_as_the_similarity_of_a_project_with_reasons_beside() -> None:
    proposal = propose(W_N_M, PRESENT)
    text = proposal.to_toml(PRESENT)
    assert Similarity.from_dict(tomllib.loads(text)["similarity"]) == proposal.applied(PRESENT)
    assert "M as N 10×, N as M 8×" in text


letters = st.sampled_from("OQD0WNMB8")


@given(st.lists(st.tuples(letters, letters, st.integers(0, 9)), max_size=150), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_proposal_says_nothing_that_the_counts_do_not(found: list[tuple[str, str, int]], base: float) -> None:
    similarity = PRESENT.with_base(base).with_cell("W", "M", 0.3)
    mixed = [Mixed(str(plate), true, read) for true, read, plate in found]
    proposal = propose(mixed, similarity)
    assert proposal.errors == sum(true != read for true, read, _ in found)
    for one in proposal.evidence:
        a, b = one.pair
        assert one.counts == (sum(f[:2] == (a, b) for f in found), sum(f[:2] == (b, a) for f in found))
        assert one.count >= LEAST_CASES and one.cases == sum(f[0] in one.pair for f in found)
        assert 0 <= one.low <= one.value <= one.high <= 1
    after = proposal.applied(similarity)
    changed = {one.pair for one in proposal.changes}
    for a, b in combinations(sorted("OQD0WNMB8X"), 2):
        if (a, b) not in changed:
            assert after.value(a, b) == similarity.value(a, b)
    for one in proposal.changes:
        assert one.low <= after.value(*one.pair) <= one.high
    assert Similarity.from_dict(tomllib.loads(proposal.to_toml(similarity))["similarity"]) == after
