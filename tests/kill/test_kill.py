"""kill -9 at random moments: what was shown as saved is there, nothing is torn, and it can still be undone.

LPSTUDIO_KILLS says how often (40), LPSTUDIO_KILL_SEED the moments, LPSTUDIO_KILL_LOG a file that gets a line for each.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lpstudio.dataset.atomic import TEMPORARY
from lpstudio.dataset.journal_records import Recalled
from lpstudio.dataset.ownership import Ownership
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropContent, CropState

from .driver import number_of, same_shape, shape_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9")

KILLS = int(os.environ.get("LPSTUDIO_KILLS", "40"))
SEED = int(os.environ.get("LPSTUDIO_KILL_SEED", "1"))
LOG = os.environ.get("LPSTUDIO_KILL_LOG", "")
WINDOWS = max(3, KILLS // 10)  # of them with the real window, mouse and keys
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Nursery:
    """Forks the processes that are killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "LPSTUDIO_SETTINGS": str(folder / "settings"), "QT_QPA_PLATFORM": "offscreen"},
        )

    def ask(self, *words: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\t".join(words) + "\n")
        return self._process.stdout.readline().strip()

    def kill_one(self, kind: str, project: Path, seed: int, after: float) -> list[list[str]]:
        """Let one work, kill it so many seconds after its first edit; returns what it said."""
        self._number += 1
        log = self._folder / f"{self._number}.log"
        log.touch()
        pid = int(self.ask(kind, str(project), str(seed), str(log)))
        until = time.monotonic() + 60
        while not log.stat().st_size and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
        assert self.ask("wait", str(pid)) == "gone"
        said = log.read_text()
        assert said, "it never got to work"
        return [line.split(" ", 2) for line in said.splitlines() if line.startswith(("did", "saved"))]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@pytest.fixture
def nursery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nursery]:
    monkeypatch.setenv("LPSTUDIO_SETTINGS", str(tmp_path / "settings"))
    one = Nursery(tmp_path)
    yield one
    one.close()


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    """Four crops in which the characters of the window's edits fit."""
    from PIL import Image

    root = tmp_path / "plates"
    for kind in ("images", "labels"):
        (root / kind / "train").mkdir(parents=True)
    quoted = ", ".join(f"'{name}'" for name in NAMES)
    (root / "data.yaml").write_text(f"train: images/train\nval: images/train\nnames: [{quoted}]\n")
    for number in range(4):
        Image.new("RGB", (100, 50), (90, 90, 90)).save(root / f"images/train/p{number}.png")
        line = " ".join(f"{x} {y}" for x, y in ((0.1, 0.2), (0.2, 0.2), (0.2, 0.8), (0.1, 0.8)))
        (root / f"labels/train/p{number}.txt").write_text(f"0 {line}\n1 {line.replace('0.1', '0.5')}\n")
    return root


def _log(line: str) -> None:
    if LOG:
        with Path(LOG).open("a") as file:
            file.write(line + "\n")


def _by_key(said: list[list[str]], word: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, key, what in said:
        if kind == word:
            found.setdefault(key, []).append(what)
    return found


def _reopen(root: Path) -> Project:
    """Open as the studio does after the crash: nobody has the project, and nothing torn lies about."""
    claim = Ownership(root)
    assert claim.claim() is None
    project = Project.open(root, owned=True)
    project.ownership = claim
    assert not project.replayed.failed
    assert not project.replayed.changed
    assert not list(root.rglob(f"{TEMPORARY}*"))
    return project


def _history(project: Project) -> dict[str, Recalled]:
    return {} if project.interrupted is None else project.journal.history(project.interrupted.generation)


def _undo_reaches(past: Recalled, start: CropContent) -> bool:
    """Whether undo, step by step, leads to how the crop stood when the session began."""
    for earlier, later in zip(past.done, past.done[1:], strict=False):
        if earlier.after != later.before:
            return False
    first = past.done[0].before.content if past.done else past.now.content
    return same_shape(shape_of(first), shape_of(start))


@pytest.mark.timeout(3600)
def test_kill_9_of_the_writing_path_loses_nothing_shown_as_saved(nursery: Nursery, plates: Path) -> None:
    moments = random.Random(SEED)
    kills = KILLS - WINDOWS
    edits = saved_edits = replayed = 0
    with Project.open(plates) as project:
        start = {key: project.load(key) for key in project.scan().keys}
    _log(f"writing path, {kills} kills, seed {SEED}")
    for number in range(1, kills + 1):
        after = moments.uniform(0.0, 0.3)
        said = nursery.kill_one("writer", plates, number, after)
        did, saved = _by_key(said, "did"), _by_key(said, "saved")
        project = _reopen(plates)
        history = _history(project)
        for key, before in start.items():
            content = project.load(key)
            assert not content.unread, "torn"
            possible = [int(what) for what in did.get(key, [])]
            least = max((int(what) for what in saved.get(key, [])), default=number_of(before) if number > 1 else -1)
            if not possible:
                assert shape_of(content) == shape_of(before)
                continue
            found = number_of(content) if content.characters != before.characters else least
            assert found == least or (found in possible and found > least), (key, least, found)
            if key in saved:
                assert project.state(key) is CropState.VERIFIED
                assert project.text(key) == f"N{found}"
                assert sum(c.unreadable for c in content.characters) == 1
                past = history[key]
                assert len(past.done) >= len([n for n in possible if n <= least])
                assert number_of(past.now.content) == found
                assert _undo_reaches(past, before)
            start[key] = content
        edits += sum(map(len, did.values()))
        saved_edits += sum(len([n for n in did[key] if int(n) <= int(saved[key][-1])]) for key in saved)
        replayed += len(project.replayed.written)
        steps = sum(len(past.done) for past in history.values())
        _log(
            f"{number:4d} killed {after * 1000:5.0f} ms into its edits: {sum(map(len, did.values())):4d} edits, "
            f"all shown as saved are there; {len(project.replayed.written)} written from the journal at reopening; "
            f"{steps} steps to undo; no file torn"
        )
        project.close()
    _log(f"together {edits} edits, {saved_edits} shown as saved, 0 lost; {replayed} crops written from the journal\n")
    assert saved_edits > 3 * kills


@pytest.mark.timeout(3600)
def test_kill_9_of_the_window_loses_nothing_shown_as_saved(nursery: Nursery, plates: Path) -> None:
    moments = random.Random(SEED + 1)
    _log(f"window with mouse and keys, {WINDOWS} kills, seed {SEED}")
    shown = 0
    for number in range(1, WINDOWS + 1):
        with Project.open(plates) as project:
            start = {key: project.load(key) for key in project.scan().keys}
        after = moments.uniform(0.3, 1.5)
        said = nursery.kill_one("window", plates, 1000 * SEED + number, after)
        project = _reopen(plates)
        history = _history(project)
        for key, facts in _by_key(said, "saved").items():
            at = max(i for i, (kind, k, what) in enumerate(said) if (kind, k, what) == ("saved", key, facts[-1]))
            later = [what for kind, k, what in said[at:] if kind == "did" and k == key]
            content = project.load(key)
            assert not content.unread, "torn"
            there = shape_of(content)
            if key not in history:  # what was done there changed nothing
                assert same_shape(there, shape_of(start[key]))
                continue
            # The gesture in hand when the process died may be whole in the journal as well: it is the last step.
            last = [shape_of(step.after.content) for step in history[key].done[-2:]] + [
                shape_of(step.before.content) for step in history[key].undone[-1:]
            ]
            assert any(same_shape(there, what) for what in (facts[-1], *later, *last)), (key, there, facts[-1])
            assert same_shape(shape_of(history[key].now.content), there)
            assert _undo_reaches(history[key], start[key])
            shown += len(facts)
        gestures = len([1 for kind, *_ in said if kind == "did"])
        steps = sum(len(past.done) for past in history.values())
        _log(
            f"{number:4d} killed {after * 1000:5.0f} ms into its edits: {gestures:4d} gestures, all shown as saved are "
            f"there; {len(project.replayed.written)} written from the journal at reopening; {steps} steps to undo"
        )
        project.close()
    _log(f"together {shown} times shown as saved, 0 lost\n")
    assert shown > WINDOWS
