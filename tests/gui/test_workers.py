"""Worker processes: they start when asked, may crash, and the window hears of it in words."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from lpstudio.studio.workers import WorkerClient, worker_environment


class Answers:
    """Collects what comes back for one request."""

    def __init__(self) -> None:
        self.results: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.done = 0

    def ask(self, client: WorkerClient, kind: str, payload: dict[str, Any]) -> int:
        return client.request(kind, payload, self.results.append, self._done, self.errors.append)

    def _done(self) -> None:
        self.done += 1

    @property
    def over(self) -> bool:
        return bool(self.done or self.errors)


@pytest.fixture
def tools(qtbot: QtBot) -> Iterator[WorkerClient]:
    client = WorkerClient("lpstudio.worker.tools", title="tools worker")
    yield client
    client.stop()
    client.deleteLater()


@pytest.fixture
def picture(small_project: Path) -> str:
    return str(small_project / "images" / "train" / "p0.png")


def test_a_worker_starts_with_the_first_request_and_answers(tools: WorkerClient, picture: str, qtbot: QtBot) -> None:
    assert not tools.running
    answers = Answers()
    answers.ask(tools, "crop_png", {"path": picture, "rectangle": [10, 10, 60, 50]})
    assert tools.busy
    qtbot.waitUntil(lambda: answers.over, timeout=20000)
    assert answers.errors == []
    assert answers.results[0]["width"] == 50
    assert not tools.busy


def test_an_error_comes_as_one_plain_sentence_that_names_the_file(tools: WorkerClient, qtbot: QtBot) -> None:
    answers = Answers()
    answers.ask(tools, "crop_png", {"path": "/nowhere/plate.png"})
    qtbot.waitUntil(lambda: answers.over, timeout=20000)
    assert len(answers.errors) == 1
    assert "/nowhere/plate.png" in answers.errors[0]
    assert "Traceback" not in answers.errors[0]
    assert tools.running


def test_a_killed_worker_fails_what_was_pending_and_comes_back_with_the_next_request(
    tools: WorkerClient, picture: str, qtbot: QtBot
) -> None:
    first = Answers()
    first.ask(tools, "crop_png", {"path": picture})
    qtbot.waitUntil(lambda: first.over, timeout=20000)
    killed = tools.pid
    os.kill(killed, signal.SIGSTOP)
    pending = Answers()
    pending.ask(tools, "crop_png", {"path": picture})
    with qtbot.waitSignal(tools.crashed, timeout=10000):
        os.kill(killed, signal.SIGKILL)
    assert len(pending.errors) == 1
    assert "tools worker" in pending.errors[0]
    assert not tools.busy
    again = Answers()
    again.ask(tools, "crop_png", {"path": picture})
    qtbot.waitUntil(lambda: again.over, timeout=20000)
    assert again.errors == []
    assert tools.pid != killed


def test_a_worker_that_cannot_start_says_so(qtbot: QtBot) -> None:
    client = WorkerClient("lpstudio.worker.tools", title="reader", program="/no/such/python")
    answers = Answers()
    answers.ask(client, "read", {})
    qtbot.waitUntil(lambda: answers.over, timeout=10000)
    assert "reader could not be started" in answers.errors[0]
    client.stop()
    client.deleteLater()


def test_what_a_worker_says_before_it_dies_is_kept_for_the_log(qtbot: QtBot) -> None:
    client = WorkerClient("lpstudio.no_such_worker", title="reader")
    answers = Answers()
    answers.ask(client, "read", {})
    qtbot.waitUntil(lambda: answers.over, timeout=10000)
    assert "ended with code 1" in answers.errors[0]
    assert any("no_such_worker" in line for line in client.log_lines)
    client.stop()
    client.deleteLater()


def test_a_cancelled_request_brings_nothing_any_more(tools: WorkerClient, picture: str, qtbot: QtBot) -> None:
    first = Answers()
    first.ask(tools, "crop_png", {"path": picture})
    qtbot.waitUntil(lambda: first.over, timeout=20000)
    os.kill(tools.pid, signal.SIGSTOP)
    cancelled, after = Answers(), Answers()
    number = cancelled.ask(tools, "crop_png", {"path": picture})
    after.ask(tools, "crop_png", {"path": picture})
    tools.cancel(number)
    os.kill(tools.pid, signal.SIGCONT)
    qtbot.waitUntil(lambda: after.over, timeout=20000)
    assert after.errors == []
    assert not cancelled.over
    assert cancelled.results == []


def test_stopping_ends_the_process(tools: WorkerClient, picture: str, qtbot: QtBot) -> None:
    answers = Answers()
    answers.ask(tools, "crop_png", {"path": picture})
    qtbot.waitUntil(lambda: answers.over, timeout=20000)
    pid = tools.pid
    tools.stop()
    assert not tools.running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_children_get_no_qt_plugin_path_and_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/cv2/plugins")
    environment = worker_environment()
    assert not environment.contains("QT_QPA_PLATFORM_PLUGIN_PATH")
    assert environment.value("YOLO_OFFLINE") == "true"
    assert environment.value("YOLO_AUTOINSTALL") == "false"
