"""From the class logits of a character to probabilities, and where the calibration of weights is kept.

Beside ``STEM.pt`` lies ``STEM.calibration.json``: ``method``, ``temperature``, the hash of the weights it was fitted
for, and what it was fitted on. A file with a temperature alone counts as well.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

SOFTMAX = "softmax"
SIGMOID = "sigmoid"
METHODS = (SOFTMAX, SIGMOID)


@dataclass(frozen=True)
class Posterior:
    """How logits z become probabilities that sum to 1 over the classes.

    ``softmax``: softmax(z / temperature). ``sigmoid``: the sigmoids of z / temperature, divided by their sum.
    """

    temperature: float = 1.0
    method: str = SOFTMAX

    def __post_init__(self) -> None:
        if not math.isfinite(self.temperature) or self.temperature <= 0:
            raise ValueError("the temperature must be above 0")
        if self.method not in METHODS:
            raise ValueError(f"the method must be one of {', '.join(METHODS)}")

    def log_probabilities(self, logits: NDArray[Any]) -> NDArray[np.float64]:
        """ln p over the last axis, of the same shape."""
        z = np.asarray(logits, np.float64) / self.temperature
        if self.method == SIGMOID:
            z = -np.logaddexp(0.0, -z)
        z = z - z.max(axis=-1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))

    def probabilities(self, logits: NDArray[Any]) -> NDArray[np.float64]:
        """p over the last axis, of the same shape."""
        return np.exp(self.log_probabilities(logits))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Posterior:
        """From the content of a calibration file. Raises ValueError, TypeError or KeyError when it is of no use."""
        return cls(float(data["temperature"]), str(data.get("method", SOFTMAX)))


def calibration_path(weights: Path) -> Path:
    """The file beside weights that holds their calibration."""
    return weights.with_name(f"{weights.stem}.calibration.json")


def sha256_of(data: bytes) -> str:
    """The hash by which weights are known again."""
    return hashlib.sha256(data).hexdigest()


def read_calibration(weights: Path) -> Posterior | None:
    """What was fitted for these weights, or None. A broken file, or one for other weights, does not count."""
    path = calibration_path(weights)
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        posterior = Posterior.from_dict(data)
        fitted_for = data.get("weights_sha256")
        if fitted_for is not None and fitted_for != sha256_of(weights.read_bytes()):
            raise ValueError("it was fitted for other weights")
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s: this calibration is not used (%s)", path, str(error) or type(error).__name__)
        return None
    return posterior
