"""The process that is killed: makes edits without end and says which of them were shown as saved.

``python -m tests.kill.driver`` loads everything once, then takes lines from stdin: ``writer|window PROJECT SEED LOG``
forks such a process and answers with its pid, ``wait PID`` answers when it is gone.

Every line of the log is one fact, written at once: ``did KEY WHAT`` before an edit counts, ``saved KEY WHAT`` when it
was shown as saved. A writer's WHAT is a number that the edit's characters spell, a window's what stands on the crop.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from lpstudio.dataset.journal_records import DO, Standing, StepNote
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.dataset.writer import LabelWriter

LETTERS = "ABCDEFGHIJ"
POINTS = 40


def spelt(number: int) -> CropContent:
    """Characters that spell a number, large enough that a torn file would be seen; one stands in no label file."""

    def outline(at: int) -> tuple[tuple[float, float], ...]:
        return tuple((5.0 + 9 * at + (i * 37 % 80) / 10, 5.0 + (number * 7 + i) % 40) for i in range(POINTS))

    characters = [Character(outline(at), LETTERS[int(digit)]) for at, digit in enumerate(str(number))]
    return CropContent((*characters, Character(outline(9), "Z", unreadable=True)))


def number_of(content: CropContent) -> int:
    """The inverse of :func:`spelt`; -1 for nothing."""
    digits = [str(LETTERS.index(c.char)) for c in content.characters if not c.unreadable]
    return int("".join(digits)) if digits else -1


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def write_without_end(root: Path, seed: int) -> None:
    """The writing path of the window without a window: journal, label files, states, texts."""
    from lpstudio.dataset.ownership import Ownership

    pace = random.Random(seed)
    claim = Ownership(root)
    assert claim.claim() is None
    project = Project.open(root, owned=True)
    project.ownership = claim
    keys = list(project.scan().keys)
    lock = threading.Lock()
    handed: dict[str, list[tuple[int, int]]] = {key: [] for key in keys}

    def durable(key: str, ticket: int) -> None:
        with lock:
            done = [number for at, number in handed[key] if at <= ticket]
        say(f"saved {key} {max(done)}")

    writer = LabelWriter(project, on_durable=durable)
    now: dict[str, Standing] = {}
    for key in keys:
        content, digest = project.look(key)
        writer.note_loaded(key, digest, writer.moment(key))
        now[key] = Standing(content, project.state(key), project.text(key) or "")
    number = seed * 100_000
    while True:
        number += 1
        key = pace.choice(keys)
        after = Standing(spelt(number), CropState.VERIFIED, f"N{number}")
        say(f"did {key} {number}")
        with lock:
            step = StepNote(DO, f"Edit {number}", now[key], after)
            ticket = writer.submit(key, after.content, after.state, after.text, step)
            handed[key].append((ticket, number))
        now[key] = after
        if pace.random() < 0.8:
            time.sleep(pace.random() * 0.01)


def draw_without_end(root: Path, seed: int) -> None:
    """A person at the window: keys and the mouse on the canvas; what the status line shows is what counts."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from lpstudio.studio import theme
    from lpstudio.studio.main_window import MainWindow
    from lpstudio.studio.places import open_settings

    pace = random.Random(seed)
    application = QApplication([])
    theme.install(application, "dark")
    window = MainWindow(open_settings())
    window.resize(1100, 700)
    window.show()
    window.open_project(root)

    def until(met: Callable[[], bool]) -> None:
        while not met():
            application.processEvents()
            time.sleep(0.001)

    until(lambda: window.session is not None and window.session.is_scanned)
    annotate = window.workspace("annotate")
    until(lambda: annotate.editor.document is not None)
    editor, canvas, shown = annotate.editor, annotate.canvas, window.status.saved
    say("ready")
    number = 0
    while True:
        number += 1
        document = editor.document
        key, items = document.key, document.content.items
        if not items:
            window.run_command("annotate.next")
            until(lambda: editor.document is not None)
            continue
        item = items[pace.randrange(len(items))]
        xs, ys = zip(*item.character.polygon, strict=True)
        place = canvas.to_widget(sum(xs) / len(xs), sum(ys) / len(ys)).toPoint()
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        if pace.random() < 0.5:
            QTest.keyClick(canvas, pace.choice("ABCDEFGH"))
        else:
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
            for step in range(1, 5):
                QTest.mouseMove(canvas, place + QPoint(step * 2, step))
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place + QPoint(8, 4))
        if pace.random() < 0.15:
            QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        say(f"did {key} {shape_of(document.crop_content())}")
        if pace.random() < 0.7:
            until(lambda: shown.text() == "saved ✓")
            say(f"saved {key} {shape_of(document.crop_content())}")
        if pace.random() < 0.1:
            window.run_command("annotate.next")
            until(lambda: editor.document is not None)
        application.processEvents()


def shape_of(content: CropContent) -> str:
    """What stands on a crop: classes and first vertices."""
    return json.dumps([[c.char, *c.polygon[0]] for c in content.characters if not c.unreadable]).replace(" ", "")


def same_shape(first: str, second: str) -> bool:
    """Whether two of :func:`shape_of` say the same, within what a label file rounds."""
    one, other = json.loads(first), json.loads(second)
    return len(one) == len(other) and all(
        a[0] == b[0] and abs(a[1] - b[1]) < 0.05 and abs(a[2] - b[2]) < 0.05 for a, b in zip(one, other, strict=True)
    )


def serve() -> None:
    """Fork one process after the other: loading modules is not what is to be killed."""
    for module in ("PySide6.QtTest", "lpstudio.studio.main_window", "lpstudio.studio.annotate.workspace"):
        importlib.import_module(module)
    for line in sys.stdin:
        kind, *rest = line.rstrip("\n").split("\t")
        if kind == "wait":
            os.waitpid(int(rest[0]), 0)
            say("gone")
            continue
        pid = os.fork()
        if pid == 0:
            log = os.open(rest[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            try:
                (write_without_end if kind == "writer" else draw_without_end)(Path(rest[0]), int(rest[1]))
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        say(str(pid))


if __name__ == "__main__":
    serve()
