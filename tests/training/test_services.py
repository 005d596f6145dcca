"""TensorBoard and the like: silent unless somebody switched them on, and then they work."""

from __future__ import annotations

import os
import subprocess
import sys
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


def test_a_service_that_cannot_be_used_is_said_not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    attached: list[str] = []
    monkeypatch.setattr(services, "switched_on", lambda: ["tensorboard"])
    # Ultralytics itself keeps quiet while tests run
    said = services.attach_services(lambda event, callback: attached.append(event))
    assert not attached and said == ["TensorBoard is switched on in Ultralytics' settings, but cannot be used here."]


@pytest.mark.slow
def test_tensorboard_follows_a_run_when_ultralytics_settings_say_so_and_not_else(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = projects.write_project(tmp_path / "plates")
    weights = str(projects.tiny_weights(tmp_path / "tiny.pt"))
    quiet, followed = (projects.make_run(folder, weights=weights, imgsz=32, epochs=2) for _ in range(2))
    env = {key: value for key, value in worker_environment().items() if not key.startswith("PYTEST")}
    env |= {"YOLO_CONFIG_DIR": str(tmp_path / "config"), "LPSTUDIO_LOCKS": str(tmp_path / "locks")}
    code = (
        "import sys\n"
        "from ultralytics import settings\n"
        "from lpstudio.training.offline import stay_offline\n"
        "from lpstudio.worker.training import main\n"
        "stay_offline()\n"
        "first = main([sys.argv[1]])\n"
        "settings.update({'tensorboard': True})\n"
        "sys.exit(first or main([sys.argv[2]]))\n"
    )
    command = [sys.executable, "-c", code, str(quiet.dir), str(followed.dir)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=os.path.sep)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not list(quiet.dir.rglob("*tfevents*"))
    (file,) = followed.dir.rglob("*tfevents*")
    seen = EventAccumulator(str(file)).Reload()
    assert {"train/char_loss", "val/char_loss", "metrics/char_top1", "lr/pg0"} <= set(seen.Tags()["scalars"])
    assert [one.step for one in seen.Scalars("train/char_loss")] == [1, 2]
    for run in (quiet, followed):
        told = [event["text"] for event in run.events(kinds={"log"})[0]]
        assert any("TensorBoard" in text for text in told) == (run is followed)
        assert run.status() is RunStatus.FINISHED
        assert (run.dir / "args.yaml").is_file() and (run.dir / "results.csv").is_file()
        assert Run.open(run.dir).best_weights is not None
