"""A resumed training goes on with its run in MLflow, where Ultralytics alone would begin another one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ultralytics.utils import IterableSimpleNamespace

from lpstudio.dataset.atomic import write_bytes_atomic

_BEGIN = "on_pretrain_routine_end"
_RUN_ID = "MLFLOW_RUN_ID"  # names the run that MLflow goes on with when one is to start
_KEPT = "mlflow.json"  # in the run's folder


def going_on(service: Any) -> dict[str, Callable[[Any], None]]:
    """The callbacks of ``service``, Ultralytics' module for MLflow; a resumed training begins by going on."""
    begin = service.callbacks[_BEGIN]

    def begun(trainer: Any) -> None:
        kept, path = trainer.args, trainer.run.dir / _KEPT
        known = _known(service.mlflow, path) if trainer.state is not None else None
        if known is not None:
            os.environ[_RUN_ID] = known.info.run_id
            # settings that were told once cannot change there, as the batch does where memory is short
            trainer.args = IterableSimpleNamespace(**{**vars(kept), **known.data.params})
        try:
            begin(trainer)
        finally:
            trainer.args = kept
            if known is not None:
                os.environ.pop(_RUN_ID, None)
        if trainer._mlflow_active:
            write_bytes_atomic(path, json.dumps({"run": service.mlflow.active_run().info.run_id}).encode())

    return {**service.callbacks, _BEGIN: begun}


def _known(mlflow: Any, path: Path) -> Any | None:
    """The training's run in MLflow; None where it had none, or it is not there any more, or in another experiment."""
    try:
        run = mlflow.get_run(json.loads(path.read_bytes())["run"])
        experiment = mlflow.get_experiment(run.info.experiment_id).name
    except (OSError, ValueError, KeyError, TypeError, mlflow.exceptions.MlflowException):
        return None
    wanted = os.environ.get("MLFLOW_EXPERIMENT_NAME") or run.data.params.get("project")
    return run if run.info.lifecycle_stage == "active" and experiment == wanted else None
