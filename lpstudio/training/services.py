"""TensorBoard, MLflow and Weights & Biases, through Ultralytics' own switches; all of them off unless switched on.

Ultralytics attaches its services by the name of the trainer's class, some of them because a package happens to be
installed. Here a service takes part only when a person asked for it:

- TensorBoard: ``yolo settings tensorboard=True``
- Weights & Biases: ``yolo settings wandb=True``
- MLflow: the environment names where it is to log (``MLFLOW_TRACKING_URI``), and ``yolo settings mlflow`` is not False
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

_MODULES = {"tensorboard": "tensorboard", "mlflow": "mlflow", "wandb": "wb"}
_TITLES = {"tensorboard": "TensorBoard", "mlflow": "MLflow", "wandb": "Weights & Biases"}


def switched_on() -> list[str]:
    """The services a person asked for: any of ``tensorboard``, ``mlflow``, ``wandb``."""
    from ultralytics.utils import SETTINGS

    asked = {name: SETTINGS.get(name) is True for name in _MODULES}
    asked["mlflow"] = asked["mlflow"] and bool(os.environ.get("MLFLOW_TRACKING_URI"))
    return [name for name, wanted in asked.items() if wanted]


def attach_services(add: Callable[[str, Callable[[Any], None]], None]) -> list[str]:
    """Have the services that are switched on called; ``add(event, callback)``. Returns what to say, a line each."""
    said = []
    for name in switched_on():
        callbacks = import_module(f"ultralytics.utils.callbacks.{_MODULES[name]}").callbacks
        for event, callback in callbacks.items():
            add(event, callback)
        if callbacks:
            said.append(f"{_TITLES[name]} follows this run, as Ultralytics' settings ask for.")
        else:
            said.append(f"{_TITLES[name]} is switched on in Ultralytics' settings, but cannot be used here.")
    return said
