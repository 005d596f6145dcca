"""The weights a training starts from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from lpstudio.errors import LpStudioError
from lpstudio.reading.weights import find_weights, open_model
from lpstudio.resources import resource

_ULTRALYTICS_NAME = re.compile(r"yolo11[nsmlx]-seg(\.pt)?")


@dataclass(frozen=True)
class Start:
    """Where a training starts. ``cfg``: the model's description; ``model``: None for a start from scratch.

    ``said``: one sentence for the person, ``name``: short, for lists.
    """

    cfg: str | Mapping[str, Any]
    model: nn.Module | None
    name: str
    said: str


def starting_point(weights: str, size: str) -> Start:
    """Find and load starting weights: ``starter``, ``scratch``, a file, or an Ultralytics name (downloaded then).

    Raises LpStudioError for a file that is missing, truncated, of another task, or more than weights.
    """
    scratch = f"yolo11{size}-seg.yaml"
    if weights == "scratch":
        return Start(scratch, None, "scratch", f"Starts from scratch: a YOLO11{size}-seg that has learned nothing yet.")
    if weights == "starter":
        path = starter_weights(size)
        if path is None:
            return Start(
                scratch,
                None,
                "scratch",
                f"There are no starter weights of size {size}: starts from scratch, a YOLO11{size}-seg that has "
                "learned nothing yet.",
            )
    else:
        path = Path(weights).expanduser()
        if not path.is_file() and _ULTRALYTICS_NAME.fullmatch(weights):
            path = _download(weights if weights.endswith(".pt") else f"{weights}.pt")
    model = open_model(find_weights(path))[0].float()
    name = "starter" if weights == "starter" else path.name
    return Start(dict(model.yaml), model, name, f"Starts from {path}.")


def starter_weights(size: str) -> Path | None:
    """The shipped weights of a model size, or None."""
    path = resource("weights", f"starter-{size}.pt")
    return path if path.is_file() else None


def _download(name: str) -> Path:
    """Fetch weights that were asked for by name; kept in the cache folder."""
    import platformdirs
    from ultralytics.utils.downloads import attempt_download_asset

    folder = Path(platformdirs.user_cache_dir("lpstudio", appauthor=False)) / "weights"
    path = folder / name
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = Path(attempt_download_asset(str(path)))
    except (OSError, RuntimeError) as error:
        found = path
        cause: BaseException | None = error
    else:
        cause = None
    if not found.is_file():
        raise LpStudioError(
            f"the weights {name} could not be downloaded",
            remedy=f"Fetch the file on a machine with network and name it with --weights PATH/{name}.",
        ) from cause
    return found
