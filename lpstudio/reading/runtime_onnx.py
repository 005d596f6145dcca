"""ONNX: weights exported through Ultralytics, and ONNX Runtime in the place of torch's forward pass.

The exported graph takes any batch and any sides that are multiples of 32. Beside Ultralytics' two outputs it has the
class logits as a third: sigmoids lose what they say of classes far from 0, and candidates would no longer be the same.
Both packages come with ``lpstudio[onnx]`` and are loaded when they are needed.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.errors import LpStudioError
from lpstudio.reading.detect import SMALL, Output
from lpstudio.reading.threads import threads_kept, usable_threads
from lpstudio.reading.weights import open_model, whole_rows

log = logging.getLogger(__name__)

_INSTALL = "Install it: pip install 'lpstudio[onnx]'"
_LOGITS = "logits"
_OUTPUTS = ("output0", "output1", _LOGITS)


class OnnxModel:
    """A model run by ONNX Runtime on the CPU, without torch.

    ``threads``: how many the processor has for this process, or ``OMP_NUM_THREADS`` as for torch. Raises LpStudioError
    that names ``path`` when ``data`` is no such model of so many classes.
    """

    worth_processes = 400

    def __init__(self, data: bytes, path: Path, classes: int) -> None:
        self.threads = usable_threads()
        self._data = data
        self._path = path
        self._sessions: dict[int, Any] = {}
        self._used = self.threads
        session = self._session(1)  # what reads folders; that of all threads is opened when it is needed
        try:
            fits = _fits(_run(session, np.zeros((1, 3, 64, 64), np.float32)), classes)
        except Exception:  # other names of inputs and outputs, other types: whatever a foreign model has
            log.debug("ONNX model refused", exc_info=True)
            fits = False
        if not fits:
            raise LpStudioError("this ONNX model was not made by lpstudio pack for these classes", path=path)

    def __call__(self, batch: NDArray[np.float32]) -> Output:
        return _run(self._session(self._used if batch.size > SMALL else 1), batch)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_sessions": {}}  # another process opens its own

    def for_many(self) -> OnnxModel:
        return self

    def lane(self) -> OnnxModel:
        """A session may run in several threads at once, and one of one thread works in the thread that calls it."""
        other = copy(self)
        other._used = 1
        return other

    def start_lane(self) -> None:
        """A thread needs nothing before its first batch."""

    def lanes_running(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _session(self, threads: int) -> Any:
        if threads not in self._sessions:
            self._sessions[threads] = self._opened(threads)
        return self._sessions[threads]

    def _opened(self, threads: int) -> Any:
        try:
            import onnxruntime
        except ImportError:
            raise LpStudioError("ONNX Runtime is not installed", remedy=_INSTALL) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # it warns of shapes on standard error
        try:
            # From memory: what was checked is what runs, and no other file can be referred to.
            return onnxruntime.InferenceSession(self._data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no other class
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise LpStudioError(f"ONNX Runtime cannot open this model ({said})", path=self._path) from None


def _run(session: Any, batch: NDArray[np.float32]) -> Output:
    decoded, protos, logits = session.run(_OUTPUTS, {"images": np.ascontiguousarray(batch)})
    return Output(decoded, logits, protos)


def _fits(output: Output, classes: int) -> bool:
    decoded, protos, logits = output.decoded, output.protos, output.logits
    if protos is None or logits is None:
        return False
    rows = logits.shape == (1, classes, decoded.shape[2])
    return rows and decoded.shape[:2] == (1, 4 + classes + protos.shape[1]) and protos.ndim == 4


def export_onnx(weights: Path, side: int) -> bytes:
    """The ONNX model of a weights file. Raises LpStudioError when packages are missing or the export fails."""
    try:
        import onnx
    except ImportError:
        raise LpStudioError("the package onnx is not installed", remedy=_INSTALL) from None
    with threads_kept():
        model: Any = open_model(weights)[0].float().eval()
    whole_rows(model)
    model.task = "segment"
    model.args = {
        **(model.args if isinstance(getattr(model, "args", None), dict) else {}),
        "data": "",
    }  # it looks there

    from ultralytics.engine.exporter import Exporter

    logging.getLogger("ultralytics").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="lpstudio-onnx-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.pt_path = str(Path(folder) / "weights.pt")  # the exporter writes beside it
        choice = {"format": "onnx", "dynamic": True, "simplify": False, "imgsz": side, "batch": 1, "device": "cpu"}
        try:
            exported = onnx.load(str(Exporter(overrides={"mode": "export", "verbose": False, **choice})(model=model)))
            _add_logits(exported, onnx)
        except Exception as error:  # whatever a foreign model makes the exporter raise
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise LpStudioError(f"these weights cannot be exported to ONNX ({said})", path=weights) from error
    # Ultralytics notes the time and the dataset's path: a pack is the same every time and tells nothing of its maker.
    del exported.metadata_props[:]
    data: bytes = exported.SerializeToString()
    return data


def _add_logits(model: Any, onnx: Any) -> None:
    """Make the input of the sigmoid in ``output0`` an output of its own. Raises ValueError where there is none."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    parts = [made_by[name] for name in made_by["output0"].input]
    sigmoids = [node for node in parts if node.op_type == "Sigmoid"]
    if len(sigmoids) != 1:
        raise ValueError("its class scores are not where they are expected")
    identity = onnx.helper.make_node("Identity", [sigmoids[0].input[0]], [_LOGITS])
    model.graph.node.append(identity)
    shape = ["batch", "classes", "anchors"]
    model.graph.output.append(onnx.helper.make_tensor_value_info(_LOGITS, onnx.TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)
