"""TensorBoard and the like: silent unless somebody switched them on, and then they work."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from ultralytics.utils import SETTINGS

from lpstudio.training import services
from lpstudio.training.launch import worker_environment
from lpstudio.training.runs import Run, RunStatus
from tests.training import projects


def test_nothing_is_switched_on_unless_somebody_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in ("tensorboard", "wandb"):  # as Ultralytics has them where nobody changed anything
        monkeypatch.setitem(SETTINGS, name, False)
    monkeypatch.setitem(SETTINGS, "mlflow", True)
    assert services.switched_on() == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    monkeypatch.setitem(SETTINGS, "wandb", True)
    assert services.switched_on() == ["mlflow", "wandb"]
    monkeypatch.setitem(SETTINGS, "mlflow", False)
    assert services.switched_on() == ["wandb"]


def test_a_service_that_cannot_be_used_is_said_not_attached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    attached: list[str] = []
    monkeypatch.setattr(services, "switched_on", lambda: ["tensorboard"])
    (service,) = services.wanted_services(tmp_path)
    service.attach(lambda event, callback: attached.append(event))
    # Ultralytics itself keeps quiet while tests run
    assert not attached and "TensorBoard is switched on in Ultralytics' settings, but cannot" in service.said(None)


# what trains here tells of every connection that Python opens, or asks the way to
_TRAINED = """
import sys
guarded = open(sys.argv[1], "a")
def look(event, arguments):
    if event in ("socket.getaddrinfo", "socket.sendto") or event == "socket.connect" and arguments[0].family != 1:
        print(event, arguments[1:], file=guarded, flush=True)
sys.addaudithook(look)
from ultralytics import settings
from lpstudio.training.offline import stay_offline
from lpstudio.worker.training import main
stay_offline()
code = 0
for wanted, run in zip(sys.argv[2::2], sys.argv[3::2]):
    settings.update({name: name in ("mlflow", *wanted.split()) for name in ("mlflow", "tensorboard", "wandb")})
    code = code or main([run])
sys.exit(code)
"""
# its first run cannot begin, the next one loses the process that it talks to before it can end
_BROKEN_WANDB = """
__version__ = "0"
run = None
begun = []

class Anything:
    def __getattr__(self, name):
        return self
    def __call__(self, *_, **__):
        return self

def __getattr__(name):
    return Anything()

def init(**given):
    global run
    begun.append(given["name"])
    if len(begun) == 1:
        raise OSError("no key")
    run = Anything()

def finish(**_):
    raise BrokenPipeError("the service is gone")
"""


class Trainings:
    """Trains runs of a tiny project with chosen services, all of a call in one process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = projects.write_project(folder / "plates")
        self.weights = str(projects.tiny_weights(folder / "tiny.pt"))
        self.connections = folder / "connections.txt"

    def run(self) -> Run:
        return projects.make_run(self.project, weights=self.weights, imgsz=32, epochs=2)

    def train(self, *runs: tuple[str, Run], ends: RunStatus = RunStatus.FINISHED, **variables: str) -> None:
        """Train runs, each with the services that stand before it; one that stands there twice is resumed."""
        env = {key: value for key, value in worker_environment().items() if not key.startswith("PYTEST")}
        env |= {"YOLO_CONFIG_DIR": str(self.folder / "config"), "LPSTUDIO_LOCKS": str(self.folder / "locks")}
        wanted = [text for services, run in runs for text in (services, str(run.dir))]
        command = [sys.executable, "-c", _TRAINED, str(self.connections), *wanted]
        done = subprocess.run(
            command, env=env | variables, capture_output=True, text=True, check=False, cwd=os.path.sep
        )
        assert done.returncode == 0, done.stderr[-2000:]
        for _, run in runs:
            assert run.status() is ends and Run.open(run.dir).best_weights is not None
            assert (run.dir / "args.yaml").is_file() and (run.dir / "results.csv").is_file()


def _told(run: Run) -> str:
    return "\n".join(event["text"] for event in run.events(kinds={"log"})[0])


@pytest.fixture
def trainings(tmp_path: Path) -> Trainings:
    return Trainings(tmp_path)


@pytest.mark.slow
def test_tensorboard_follows_a_run_when_ultralytics_settings_say_so_and_not_else(trainings: Trainings) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    quiet, followed, left = trainings.run(), trainings.run(), trainings.run()
    broken = trainings.folder / "packages" / "wandb.py"
    broken.parent.mkdir()
    broken.write_text(_BROKEN_WANDB)
    path = os.pathsep.join([str(broken.parent), worker_environment()["PYTHONPATH"]])
    trainings.train(("", quiet), ("tensorboard wandb", followed), ("wandb", left), PYTHONPATH=path)
    assert trainings.connections.read_text() == ""
    assert not list(quiet.dir.rglob("*tfevents*")) and not (quiet.dir / "wandb").exists()
    (file,) = followed.dir.rglob("*tfevents*")
    seen = EventAccumulator(str(file)).Reload()
    assert {"train/char_loss", "val/char_loss", "metrics/char_top1", "lr/pg0"} <= set(seen.Tags()["scalars"])
    assert [one.step for one in seen.Scalars("train/char_loss")] == [1, 2]
    assert "TensorBoard" not in _told(quiet) and "TensorBoard follows this run" in _told(followed)
    # a service that fails is left behind, and nothing says that it follows
    assert "Weights & Biases no longer follows this run, which goes on: no key" in _told(followed)
    assert "Biases follows" not in _told(followed) and "the service is gone" not in _told(followed)
    assert "Weights & Biases follows this run" in _told(left)  # what it adds itself for the end is guarded as well
    assert _told(left).count("Weights & Biases no longer follows this run, which goes on: the service is gone") == 1


@pytest.mark.slow
def test_mlflow_follows_runs_into_a_local_store_and_reports_to_nobody(trainings: Trainings) -> None:
    pytest.importorskip("mlflow")
    run = trainings.run()
    trainings.train(("", run), MLFLOW_TRACKING_URI="sqlite:///mlflow.db")
    assert "MLflow follows this run" in _told(run)
    store = trainings.project / "runs" / "mlflow.db"  # relative to where the runs are, the same for all of them
    with closing(sqlite3.connect(store)) as opened:
        seen = opened.execute("select key, step from metrics").fetchall()
        ((experiment, artifacts),) = opened.execute(
            "select name, artifact_location from experiments where experiment_id > 0"
        ).fetchall()
        assert opened.execute("select name, status from runs").fetchall() == [(run.name, "FINISHED")]
    assert {("train/char_loss", 0), ("val/char_loss", 1), ("metrics/char_top1", 1), ("lr/pg0", 1)} <= set(seen)
    assert experiment == "plates" and Path(artifacts).is_relative_to(trainings.project / "runs" / "mlruns")
    assert [path.name for path in Path(artifacts).rglob("best.pt")] and not (run.dir / "mlruns").exists()
    assert trainings.connections.read_text() == ""


@pytest.mark.slow
def test_mlflow_goes_on_with_the_run_that_is_resumed_while_it_is_there(trainings: Trainings) -> None:
    pytest.importorskip("mlflow")
    run, forgotten = trainings.run(), trainings.run()
    for one in (run, forgotten):
        one.commands_path.write_text('{"command": "stop_after_epoch"}\n')  # the second start ends with the last epoch
    uri = "sqlite:///mlflow.db"
    trainings.train(("", run), ("", forgotten), ends=RunStatus.STOPPED, MLFLOW_TRACKING_URI=uri)
    run.lower_batch(run.batch // 2)  # as where memory was too small: another setting than MLflow was told
    store = trainings.project / "runs" / "mlflow.db"
    with closing(sqlite3.connect(store)) as opened:
        opened.execute("update runs set lifecycle_stage = 'deleted' where name = ?", (forgotten.name,))
        opened.commit()
    trainings.train(("", run), ("", forgotten), MLFLOW_TRACKING_URI=uri)
    with closing(sqlite3.connect(store)) as opened:
        seen = opened.execute(
            "select name, status, min(step), max(step) from runs join metrics using (run_uuid)"
            " where lifecycle_stage = 'active' and key = 'train/char_loss' group by run_uuid order by name"
        ).fetchall()
    assert seen == [(run.name, "FINISHED", 0, 1), (forgotten.name, "FINISHED", 1, 1)]
    for one in (run, forgotten):
        assert _told(one).count("MLflow follows this run") == 2


@pytest.mark.slow
def test_weights_and_biases_keeps_a_run_in_files_and_goes_on_with_it_when_it_is_resumed(trainings: Trainings) -> None:
    pytest.importorskip("wandb")
    run = trainings.run()
    run.commands_path.write_text('{"command": "stop_after_epoch"}\n')  # the second start ends with the last epoch
    trainings.train(("wandb", run), ("wandb", run), WANDB_MODE="offline")
    assert _told(run).count("Weights & Biases follows this run") == 2
    files = [path for path in run.dir.glob("wandb/offline-run-*/run-*.wandb") if not path.parent.is_symlink()]
    assert len(files) == 2 and len({path.name for path in files}) == 1, "the same run for the service"
    for file in files:
        kept = file.read_bytes()
        assert all(name in kept for name in (b"train/char_loss", b"val/char_loss", b"metrics/char_top1", b"plates"))
    assert trainings.connections.read_text() == ""
