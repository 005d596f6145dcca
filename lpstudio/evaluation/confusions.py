"""Groups learned from data: what the confusions of an evaluation say against the groups and cells of a project.

How alike two characters are is taken from how often they are mixed up, measured against how often a character is
misread at all: ``S = r / (r + r0)``, r the share of the two characters that is read as the other one, r0 the share of
all characters that is read as another one. A pair as bad as the average character altogether has S = 0.5; one never
mixed up has 0; and S does not change when a model gets better evenly.

The interval is Wilson's for r. Cases from one plate count as one: five crops of one plate read wrong are no five cases.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from lpstudio.alphabet import CHARACTERS
from lpstudio.evaluation.statistics import clumping, wilson
from lpstudio.similarity import Group, Similarity

LEAST_CASES = 5
LEAST_PLATES = 3

Pair = tuple[str, str]


@dataclass(frozen=True)
class Confusion:
    """How often ``true`` was read as ``read`` (both characters); ``similar``: they look alike."""

    true: str
    read: str
    count: int
    similar: bool


@dataclass(frozen=True)
class Mixed:
    """One character that was found: ``true`` stands on the plate, ``read`` was read (the same, mostly)."""

    plate: str
    true: str
    read: str


@dataclass(frozen=True)
class PairEvidence:
    """What was seen of one pair of characters (sorted).

    ``counts``: the first read as the second, the second as the first; ``cases``: how many of the two were found at all;
    ``plates``: plates on which they were mixed up. ``value`` (``low`` to ``high``): the similarity that this makes;
    ``present``: the similarity they have now.
    """

    pair: Pair
    counts: tuple[int, int]
    cases: int
    plates: int
    value: float
    low: float
    high: float
    present: float

    @property
    def count(self) -> int:
        """How often the two were mixed up."""
        return sum(self.counts)

    @property
    def differs(self) -> bool:
        """Whether the present similarity is outside of the interval."""
        return not self.low <= self.present <= self.high

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "pair": " ".join(self.pair),
            "counts": list(self.counts),
            "cases": self.cases,
            "plates": self.plates,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "present": round(self.present, 4),
            "differs": self.differs,
        }


@dataclass(frozen=True)
class GroupProposal:
    """A group to add, in place of those of the present ones that it holds whole (``replaces``, by their names).

    ``pairs``: those of its pairs that the data speak for and that share no group now.
    """

    chars: tuple[str, ...]
    replaces: tuple[str, ...]
    pairs: tuple[Pair, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "chars": " ".join(self.chars),
            "replaces": list(self.replaces),
            "pairs": [" ".join(pair) for pair in self.pairs],
        }


@dataclass(frozen=True)
class Proposal:
    """What confusions say against a project's similarity.

    ``evidence``: every pair with enough cases, the most frequent first; ``groups``: groups to add;
    ``never``: present look-alikes that were never mixed up, with how many of the two were found.
    ``characters`` and ``errors``: how many were found, and how many of them read as another one.
    """

    evidence: tuple[PairEvidence, ...]
    groups: tuple[GroupProposal, ...]
    never: tuple[tuple[Pair, int], ...]
    characters: int
    errors: int

    @property
    def changes(self) -> tuple[PairEvidence, ...]:
        """The pairs whose present similarity the data contradict."""
        return tuple(one for one in self.evidence if one.differs)

    def applied(self, similarity: Similarity, pairs: Collection[Pair] | None = None) -> Similarity:
        """``similarity`` with the proposal accepted, all of it or only what concerns ``pairs`` (sorted pairs).

        A cell is set where a pair's group, old or new, does not give it a similarity inside its interval.
        """
        accepted = [one for one in self.changes if pairs is None or one.pair in pairs]
        chosen = {one.pair for one in accepted}
        result = similarity
        for group in self.groups:
            if chosen.issuperset(group.pairs):
                result = _with_group(result, group)
        for one in accepted:
            by_group = result.base if result.share_group(*one.pair) else 0.0
            fits = one.low <= by_group <= one.high
            result = result.with_cell(*one.pair, None if fits else one.value)
        return result

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "least_cases": LEAST_CASES,
            "least_plates": LEAST_PLATES,
            "characters": self.characters,
            "errors": self.errors,
            "pairs": [one.to_dict() for one in self.evidence],
            "groups": [one.to_dict() for one in self.groups],
            "never_mixed_up": [{"pair": " ".join(pair), "cases": cases} for pair, cases in self.never],
        }

    def to_toml(self, similarity: Similarity) -> str:
        """The similarity with all of the proposal accepted, as in ``lpstudio.toml``, with the reasons beside it."""
        import tomlkit

        after = self.applied(similarity)
        known = {" ".join(one.pair): one for one in self.evidence}
        new = {frozenset(group.chars): group for group in self.groups}
        document = tomlkit.document()
        for line in self._head():
            document.add(tomlkit.comment(line))
        table = tomlkit.table()
        table.add("base", after.base)
        groups, cells = tomlkit.aot(), tomlkit.aot()
        for entry, group in zip(after.to_dict()["groups"], after.groups, strict=True):
            item = tomlkit.table()
            item.update(entry)
            found = new.get(frozenset(group.chars))
            if found is not None and group not in similarity.groups:
                pairs = ", ".join(_counted(known[" ".join(pair)]) for pair in found.pairs)
                item["chars"].comment(f"new: {pairs}")
            groups.append(item)
        for entry in after.to_dict()["cells"]:
            item = tomlkit.table()
            item.update(entry)
            evidence = known.get(entry["pair"])
            if evidence is not None and evidence.differs:
                item["value"].comment(
                    f"{evidence.low:g} to {evidence.high:g}, was {evidence.present:g}: {_counted(evidence)}"
                )
            cells.append(item)
        table.add("groups", groups)
        if len(cells):
            table.add("cells", cells)
        document.add("similarity", table)
        return tomlkit.dumps(document)

    def _head(self) -> list[str]:
        return [
            f"Proposed from {self.errors} of {self.characters} characters that were read as another one.",
            f"Nothing is proposed from fewer than {LEAST_CASES} cases or {LEAST_PLATES} plates.",
            "Put this in place of [similarity] in lpstudio.toml, or take over single cells.",
        ]


@dataclass(frozen=True)
class Tally:
    """What was read, counted; it holds whatever the similarity is, so that a proposal can follow every edit at once.

    ``found``: how many of each character were found; ``counts``: (true, read) of those read as another one;
    ``by_plate``: for each pair how often it was mixed up on each plate.
    """

    found: Counter[str]
    counts: Counter[tuple[str, str]]
    by_plate: Mapping[Pair, Counter[str]]

    def proposal(self, similarity: Similarity) -> Proposal:
        """The counts weighed against groups and cells."""
        found, counts = self.found, self.counts
        characters, errors = found.total(), counts.total()
        evidence = []
        for pair, plates in self.by_plate.items():
            a, b = pair
            if plates.total() < LEAST_CASES or len(plates) < LEAST_PLATES:
                continue
            cases, clump = found[a] + found[b], clumping(list(plates.values()))
            low, high = wilson(plates.total() / clump, cases / clump)
            value, low, high = (_similarity(rate, errors / characters) for rate in (plates.total() / cases, low, high))
            directions = (counts[a, b], counts[b, a])
            present = similarity.value(a, b)
            evidence.append(PairEvidence(pair, directions, cases, len(plates), value, low, high, present))
        evidence.sort(key=lambda one: (-one.count, one.pair))
        chars = sorted(
            {char for group in similarity.groups for char in group.chars} | {c for p in similarity.cells for c in p}
        )
        never = [
            (pair, found[pair[0]] + found[pair[1]])
            for pair in combinations(chars, 2)
            if similarity.is_similar(*pair) and not self.by_plate.get(pair)
        ]
        return Proposal(tuple(evidence), _groups(evidence, similarity), tuple(never), characters, errors)


def tally(mixed: Iterable[Mixed]) -> Tally:
    """Count what was read, right or wrong; what is no plate character is passed over."""
    found: Counter[str] = Counter()
    counts: Counter[tuple[str, str]] = Counter()
    by_plate: dict[Pair, Counter[str]] = defaultdict(Counter)
    for one in mixed:
        if not (_is_character(one.true) and _is_character(one.read)):
            continue
        found[one.true] += 1
        if one.true != one.read:
            counts[one.true, one.read] += 1
            by_plate[_sorted(one.true, one.read)][one.plate] += 1
    return Tally(found, counts, dict(by_plate))


def propose(mixed: Iterable[Mixed], similarity: Similarity) -> Proposal:
    """What was read, right or wrong, weighed against the present groups and cells."""
    return tally(mixed).proposal(similarity)


def _is_character(name: str) -> bool:
    return len(name) == 1 and name in CHARACTERS


def _sorted(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


def _similarity(rate: float, misread: float) -> float:
    """S of the module's head, with two digits: more would feign a certainty that is not there."""
    return round(rate / (rate + misread), 2) if rate > 0 else 0.0


def _counted(one: PairEvidence) -> str:
    a, b = one.pair
    return f"{a} as {b} {one.counts[0]}×, {b} as {a} {one.counts[1]}× of {one.cases}, {one.plates} plates"


def _groups(evidence: Sequence[PairEvidence], similarity: Similarity) -> tuple[GroupProposal, ...]:
    """The largest sets of characters that are all alike, by the data or at present, and not all at present.

    A pair for which the base similarity would be too much gets a cell, not a group.
    """
    new = {
        one.pair
        for one in evidence
        if one.differs
        and one.value > one.present
        and one.high >= similarity.base
        and not similarity.share_group(*one.pair)
    }
    if not new:
        return ()
    alike: dict[str, set[str]] = defaultdict(set)
    present = (_sorted(a, b) for group in similarity.groups for a, b in combinations(group.chars, 2))
    for a, b in new.union(present):
        alike[a].add(b)
        alike[b].add(a)
    proposals = []
    for chars in _cliques(set(), set(alike), set(), alike):
        pairs = tuple(pair for pair in combinations(sorted(chars), 2) if pair in new)
        if pairs:
            replaced = tuple(group.name for group in similarity.groups if set(group.chars) <= chars)
            proposals.append(GroupProposal(tuple(sorted(chars)), replaced, pairs))
    return tuple(sorted(proposals, key=lambda group: group.chars))


def _cliques(inside: set[str], possible: set[str], done: set[str], alike: dict[str, set[str]]) -> Iterable[set[str]]:
    """All largest sets of which each two are alike (Bron and Kerbosch, with a pivot)."""
    if not possible and not done:
        yield inside
        return
    pivot = max(sorted(possible | done), key=lambda char: len(alike[char] & possible))
    for char in sorted(possible - alike[pivot]):
        yield from _cliques(inside | {char}, possible & alike[char], done & alike[char], alike)
        possible = possible - {char}
        done = done | {char}


def _with_group(similarity: Similarity, group: GroupProposal) -> Similarity:
    """The group in the place of the first that it replaces, else at the end; those it holds whole are left out."""
    chars = set(group.chars)
    places = [at for at, present in enumerate(similarity.groups) if set(present.chars) <= chars]
    groups = list(similarity.groups)
    if places:
        groups[places[0]] = Group.of(group.chars)
        groups = [one for at, one in enumerate(groups) if at not in places[1:]]
    else:
        groups.append(Group.of(group.chars))
    return replace(similarity, groups=tuple(groups))
