"""Likely label errors: told where the model is sure, ranked, and remembered when dismissed."""

from __future__ import annotations

from pathlib import Path

from lpstudio.dataset.database import Database
from lpstudio.dataset.readings import ModelReadings
from lpstudio.dataset.types import Candidate, Character
from lpstudio.evaluation.disagreements import Disagreement, find_disagreements


def label(x: float, char: str, **fields: object) -> Character:
    return Character(((x, 10.0), (x + 20, 10.0), (x + 20, 60.0), (x, 60.0)), char, **fields)  # type: ignore[arg-type]


def read(x: float, *candidates: tuple[str, float], confidence: float = 0.9) -> Character:
    told = tuple(Candidate(char, p) for char, p in candidates)
    return Character(label(x, "").polygon, told[0].char, False, told, confidence)


def kinds(labelled: list[Character], found: list[Character]) -> list[tuple[Disagreement, str, str]]:
    return [(one.kind, one.label, one.model) for one in find_disagreements(labelled, found)]


def test_only_sure_disagreements_are_told_the_surest_first() -> None:
    labelled = [label(0, "O"), label(30, "B"), label(60, "C"), label(90, "D")]
    found = [
        read(0, ("0", 0.7), ("O", 0.25)),
        read(30, ("8", 0.97), ("B", 0.02)),
        read(60, ("G", 0.5), ("C", 0.48)),  # it hesitates: no error
        read(90, ("D", 0.99)),
    ]
    assert kinds(labelled, found) == [(Disagreement.CLASS, "B", "8"), (Disagreement.CLASS, "O", "0")]


def test_missed_extra_and_badly_drawn_characters_are_told() -> None:
    flat = Character(((60, 32), (80, 32), (80, 38), (60, 38), (60, 60), (59, 60), (59, 10), (60, 10)), "C")
    labelled = [label(0, "A"), label(30, "B"), flat]
    found = [read(0, ("A", 0.9)), read(60, ("C", 0.9)), read(90, ("D", 0.95)), read(120, ("E", 0.9), confidence=0.3)]
    assert sorted(kinds(labelled, found)) == [
        (Disagreement.EXTRA, "", "D"),
        (Disagreement.MISSED, "B", ""),
        (Disagreement.OUTLINE, "C", "C"),
    ]


def test_nothing_is_said_of_what_nobody_can_read_or_has_named() -> None:
    labelled = [label(0, "", unreadable=True), label(30, "")]
    assert kinds(labelled, [read(0, ("A", 0.99)), read(30, ("B", 0.99))]) == []


def test_readings_outlast_the_session_and_dismissals_too(tmp_path: Path) -> None:
    database = Database(tmp_path / ".lpstudio/studio.db", create=True, read_only=False)
    readings = ModelReadings(database)
    hesitating = [read(0, ("O", 0.5), ("0", 0.45)), read(30, ("B", 0.9), ("8", 0.05))]
    readings.put([("a", hesitating), ("b", []), ("c\udcff", [read(0, ("A", 0.8))])], "run-1")
    readings.dismiss("a", "class:O:0:x")
    database.close()
    database = Database(tmp_path / ".lpstudio/studio.db", create=True, read_only=False)
    readings = ModelReadings(database)
    assert readings.of("a") == tuple(hesitating) and readings.of("none") is None
    assert readings.read_with("run-1") == {"a", "b", "c\udcff"}
    told = {key: (score, margin) for key, score, margin in readings.certainties()}
    assert told["b"] == (None, None) and told["c\udcff"] == (0.8, 0.8)
    assert told["a"][0] == 0.5 and abs((told["a"][1] or 0) - 0.05) < 1e-9
    assert readings.dismissed() == {("a", "class:O:0:x")}
    readings.dismiss("a", "class:O:0:x", False)
    assert readings.dismissed() == set()
    database.close()
