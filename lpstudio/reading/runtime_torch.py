"""A segmentation network of Ultralytics run by torch, as :mod:`lpstudio.reading.detect` wants a model."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lpstudio.reading.detect import SMALL, Output


class TorchModel:
    """A network in evaluation mode on its device; called with a batch of pictures."""

    def __init__(self, network: torch.nn.Module, device: torch.device | str = "cpu") -> None:
        self.network = network
        self._device = torch.device(device)

    def __call__(self, batch: NDArray[np.float32]) -> Output:
        if batch.size > SMALL or self._device.type != "cpu":
            return self._run(batch)
        with self.lanes_running():
            self.start_lane()
            return self._run(batch)

    @torch.inference_mode()
    def _run(self, batch: NDArray[np.float32]) -> Output:
        return output_of(self.network(torch.from_numpy(batch).to(self._device)))

    @property
    def threads(self) -> int:
        """How many models side by side keep the processor busy; 1 on another device."""
        return torch.get_num_threads() if self._device.type == "cpu" else 1

    def lane(self) -> TorchModel:
        """The same network with the same parameters for another thread: it remembers the last picture's shape."""
        shared = (*self.network.parameters(), *self.network.buffers())
        return TorchModel(copy.deepcopy(self.network, {id(one): one for one in shared}), self._device)

    def start_lane(self) -> None:
        """Run what this thread asks of torch on this thread alone."""
        if self._device.type == "cpu":
            torch.set_num_threads(1)

    @contextmanager
    def lanes_running(self) -> Iterator[None]:
        """Afterwards torch has as many threads as before."""
        threads = torch.get_num_threads()
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def output_of(returned: Any) -> Output:
    """Sort what an Ultralytics segmentation (or detection) model returns in evaluation mode."""
    decoded, raw = returned if isinstance(returned, (tuple, list)) else (returned, None)
    protos = None
    if isinstance(decoded, (tuple, list)):
        decoded, protos = decoded[0], decoded[1]
    if isinstance(raw, dict):
        raw = raw.get("one2many", raw)
        protos = raw.get("proto", protos)
    scores = raw.get("scores") if isinstance(raw, dict) else None
    return Output(
        _array(decoded), None if scores is None else _array(scores), None if protos is None else _array(protos)
    )


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().float().cpu().numpy())
