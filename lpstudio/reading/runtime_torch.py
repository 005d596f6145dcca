"""A segmentation network of Ultralytics run by torch, as :mod:`lpstudio.reading.detect` wants a model."""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lpstudio.reading.detect import SMALL, STRIDE, Output

log = logging.getLogger(__name__)


class TorchModel:
    """A network in evaluation mode on its device; called with a batch of pictures."""

    worth_processes = 1500  # torch takes some seconds to load

    def __init__(self, network: torch.nn.Module, device: torch.device | str = "cpu") -> None:
        self.network = network
        self._device = torch.device(device)
        self._program: TorchModel | None = None

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

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_program": None}
        if isinstance(self.network, torch.jit.ScriptModule):
            file = io.BytesIO()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                torch.jit.save(self.network, file)
            state["network"] = file.getvalue()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(state["network"], bytes):  # another process needs no Ultralytics for a program
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                state["network"] = torch.jit.load(io.BytesIO(state["network"]))
        self.__dict__.update(state)

    def for_many(self) -> TorchModel:
        """The same network as one program, on the CPU: Python holds up neither its operations nor other threads.

        It is torch's old way (its new ones want a compiler): where that fails the network stays as it is.
        """
        if self._device.type != "cpu":
            return self
        if self._program is None:
            try:
                self._program = TorchModel(_program_of(self.network))
            except Exception as error:  # whatever a torch without it, or a network it cannot follow, makes of it
                log.debug("the network is run as it is (%s)", type(error).__name__)  # the rest is all of its weights
                self._program = self
        return self._program

    def lane(self) -> TorchModel:
        """The same network with the same parameters for another thread: it remembers the last picture's shape."""
        if isinstance(self.network, torch.jit.ScriptModule):
            return TorchModel(self.network)  # a program remembers nothing
        return TorchModel(_twin(self.network), self._device)

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


def _twin(network: torch.nn.Module) -> Any:
    """A network of its own with the same parameters."""
    shared = (*network.parameters(), *network.buffers())
    return copy.deepcopy(network, {id(one): one for one in shared})


@torch.inference_mode()
def _program_of(network: torch.nn.Module) -> torch.jit.ScriptModule:
    """What a network of Ultralytics does, for pictures of any number and shape; of a fused one equal to the bit."""
    own = _twin(network)
    own.model[-1].dynamic = True  # where its anchors lie follows from the picture each time
    short = _Short(own).eval()
    example = torch.zeros(2, 3, 2 * STRIDE, 3 * STRIDE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(short, example.to(memory_format=torch.channels_last), check_trace=False, strict=False)
        program: torch.jit.ScriptModule = torch.jit.freeze(traced)
    return program


class _Short(torch.nn.Module):
    """A network that says no more than is read of it: a program cannot return all that Ultralytics' networks do."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: torch.Tensor) -> Any:
        decoded, scores, protos = _read_of(self.network(batch))
        return (decoded, protos), {"scores": scores}


def output_of(returned: Any) -> Output:
    """Sort what an Ultralytics segmentation (or detection) model returns in evaluation mode."""
    decoded, scores, protos = _read_of(returned)
    return Output(
        _array(decoded), None if scores is None else _array(scores), None if protos is None else _array(protos)
    )


def _read_of(returned: Any) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
    """The decoded boxes, class logits and mask prototypes among what a network returns."""
    decoded, raw = returned if isinstance(returned, (tuple, list)) else (returned, None)
    protos = None
    if isinstance(decoded, (tuple, list)):
        decoded, protos = decoded[0], decoded[1]
    if isinstance(raw, dict):
        raw = raw.get("one2many", raw)
        protos = raw.get("proto", protos)
    scores = raw.get("scores") if isinstance(raw, dict) else None
    return decoded, scores, protos


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().float().cpu().numpy())
