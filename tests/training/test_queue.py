"""The queue of trainings on disk: its order, its changes by several processes, and who serves it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lpstudio.training.locks import Owner
from lpstudio.training.queue import QueueState, TrainingQueue, share_a_device
from lpstudio.training.runs import RunStatus
from lpstudio.worker.queue import main, step
from tests.training.projects import make_run, write_project

ADD = """
import sys
from pathlib import Path
from lpstudio.training.queue import TrainingQueue
queue = TrainingQueue(Path(sys.argv[1]))
for number in range(20):
    queue.add([f"{sys.argv[2]}-{number}"])
"""


@pytest.fixture
def queue(tmp_path: Path) -> TrainingQueue:
    (tmp_path / "runs").mkdir()
    return TrainingQueue(tmp_path)


def test_order_is_edited_and_kept(queue: TrainingQueue) -> None:
    assert queue.read() == QueueState()
    queue.add(["a", "b", "c"])
    queue.add(["b", "d"])  # b waits already
    assert TrainingQueue(queue.runs.parent).read().waiting == ("a", "b", "c", "d")
    assert queue.change(lambda state: state.moved("c", -1)).waiting == ("a", "c", "b", "d")
    assert queue.change(lambda state: state.moved("a", 99)).waiting == ("c", "b", "d", "a")
    assert queue.change(lambda state: state.moved("nobody", 1)).waiting == ("c", "b", "d", "a")
    assert queue.change(lambda state: state.without("b")).waiting == ("c", "d", "a")
    (queue.runs / "queue.json").write_bytes(b'{"v": 1, "wait')
    assert queue.read() == QueueState()


def test_processes_that_change_it_at_once_lose_nothing(queue: TrainingQueue) -> None:
    root = str(queue.runs.parent)
    others = [subprocess.Popen([sys.executable, "-c", ADD, root, name]) for name in ("x", "y", "z")]
    assert [other.wait(60) for other in others] == [0, 0, 0]
    waiting = queue.read().waiting
    assert len(waiting) == 60
    for name in "xyz":
        assert [one for one in waiting if one.startswith(name)] == [f"{name}-{number}" for number in range(20)]


def test_trainings_share_a_device_where_they_may_want_the_same() -> None:
    assert share_a_device("cpu", "cpu")
    assert share_a_device("auto", "0")
    assert share_a_device("0,1", "1")
    assert not share_a_device("0", "1")
    assert not share_a_device("cpu", "0")


def test_what_cannot_be_started_is_named_and_nothing_begins_beside_a_training_at_work(tmp_path: Path) -> None:
    project = write_project(tmp_path / "tiny", 4, 2)
    waits, works = make_run(project, name="waits"), make_run(project, name="works")
    queue = TrainingQueue(project)
    queue.add(["gone-1", waits.name])
    # this very process stands for the training at work
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        Owner.of(owner.pid, works.events_path).write(works.lock_path)
        assert works.status() == RunStatus.STARTING
        assert step(queue)
        state = queue.read()
        assert state.waiting == (waits.name,)
        assert "holds no run" in state.problems["gone-1"]
        assert waits.owner() is None
        assert not queue.is_served
        # held: the process that serves it ends at once, and what waits stays
        queue.change(lambda now: replace(now, held=True))
        assert main([str(project)]) == 0
        assert queue.read().waiting == (waits.name,)
        assert not queue.is_served
    finally:
        owner.communicate(b"\n", timeout=20)
