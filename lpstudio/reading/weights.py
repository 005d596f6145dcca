"""Weights: opened without ever running what is inside them, and checked before anything is read with them."""

from __future__ import annotations

import logging
import math
import pickle
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.alphabet import Alphabet
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.reading.posterior import Posterior, read_calibration
from lpstudio.reading.threads import threads_kept
from lpstudio.resources import resource
from lpstudio.training.offline import stay_offline

if TYPE_CHECKING:
    from lpstudio.reading.detect import Model

log = logging.getLogger(__name__)

TORCH = "torch"
ONNX = "onnx"
RUNTIMES = (TORCH, ONNX)
MANIFEST = "manifest.json"
_STRIDE = 32
_RETRAIN = "Choose weights that lpstudio train made"
_NAME_WEIGHTS = "Name the weights.pt in it"
_CHOOSE = "Check the name, or choose other weights"


@dataclass(frozen=True)
class Weights:
    """A model ready to read. ``name`` is what readings say; ``side`` the pixels it was trained at.

    ``posterior``: how its logits become probabilities, softmax(z) unless ``calibrated``. ``runtime``: what runs it.
    """

    model: Model
    path: Path
    name: str
    alphabet: Alphabet
    side: int
    device: str
    posterior: Posterior = field(default_factory=Posterior)
    calibrated: bool = False
    runtime: str = TORCH

    @property
    def temperature(self) -> float:
        """τ of the posterior."""
        return self.posterior.temperature


def starter_weights() -> Path | None:
    """The weights that come with the program, or None where there are none."""
    found = sorted(resource("weights").glob("starter-*.pt"))
    return found[0] if found else None


def is_pack(path: Path) -> bool:
    """Whether a folder was made by ``lpstudio pack``, or looks so."""
    return (path / MANIFEST).is_file()


def find_weights(given: Path | None, *, packs: bool = False) -> Path:
    """The file of the weights to use: the given one, or the starter weights. Raises LpStudioError.

    With ``packs``, a folder that ``lpstudio pack`` made will do as well.
    """
    if given is None:
        starter = starter_weights()
        if starter is None:
            raise LpStudioError(
                "no weights were given, and this installation has no starter weights",
                remedy="Train some with lpstudio train, then give them with --weights FILE",
            )
        log.info("reading with the starter weights %s", starter.stem)
        return starter
    path = Path(given)
    if path.is_dir():
        if is_pack(path):
            if packs:
                return path
            raise LpStudioError("this is a pack to read with, not a weights file", path=path, remedy=_NAME_WEIGHTS)
        raise LpStudioError("weights are a file, this is a folder", path=path, remedy="Name the best.pt in it")
    if not path.is_file():
        raise LpStudioError("there are no such weights", path=path, remedy=_CHOOSE)
    if path.suffix.lower() != ".pt":
        raise LpStudioError("weights are a .pt file", path=path, remedy=_RETRAIN)
    if path.stat().st_size == 0:
        raise LpStudioError("the weights file is empty", path=path, remedy="Copy it again, or train anew")
    return path


def load_weights(given: Path | None, device: str | None = None, runtime: str = TORCH) -> Weights:
    """Open weights or a pack safely. ``device``: ``cpu``, ``cuda:0``, ``mps``; None: the best there is.

    ``runtime``: "torch", or "onnx" for ONNX Runtime on the CPU, which reads packs only. Raises LpStudioError that names
    the file when it is missing, cut off, of another task, or holds anything but a known model: what a file wants to run
    is never run.
    """
    path = find_weights(given, packs=True)
    if path.is_dir():
        from lpstudio.reading.pack import open_pack

        return open_pack(path).weights(device, runtime)
    if runtime != TORCH:
        raise UsageError(
            f"the runtime {runtime} reads packs, not weights files", remedy="Make one: lpstudio pack WEIGHTS OUT"
        )
    return load_model(path, device, _name_of(path), read_calibration(path))


def load_model(path: Path, device: str | None, name: str, calibration: Posterior | None) -> Weights:
    """Open one weights file; ``name`` and ``calibration`` are taken as given. Raises LpStudioError as above."""
    with threads_kept():
        model, checkpoint = open_model(path)
    # What it warns of while pictures are decoded would stand on standard output, among the readings.
    logging.getLogger("ultralytics").setLevel(logging.ERROR)
    import torch

    from lpstudio.reading.runtime_torch import TorchModel

    alphabet = _alphabet(model, path)
    target = _device(device)
    side = _side(checkpoint)
    try:
        whole_rows(model)
        model = model.float().fuse(verbose=False).eval().to(target)
        model.requires_grad_(False)
        if target == "cpu":
            model = model.to(memory_format=torch.channels_last)  # a fifth faster on the CPU, the same numbers
        running = TorchModel(model, target)
        _try_out(running, len(alphabet), path)
    except LpStudioError:
        raise
    except Exception as error:
        raise LpStudioError(
            f"the model in these weights does not run ({_first_line(error)})", path=path, remedy=_RETRAIN
        ) from error
    return Weights(running, path, name, alphabet, side, target, calibration or Posterior(), calibration is not None)


def whole_rows(model: Any) -> None:
    """Candidates need whole class rows, which the NMS-free branch of newer heads does not give: take the other one."""
    head = model.model[-1]
    if getattr(head, "one2one_cv2", None) is not None:
        head.end2end = False


def open_model(path: Path) -> tuple[Any, dict[str, Any]]:
    """The segmentation model in a weights file as it was saved, and the whole checkpoint; on the CPU.

    Raises LpStudioError as :func:`load_weights` does.
    """
    checkpoint = open_checkpoint(path)

    from ultralytics.nn.tasks import SegmentationModel

    model: Any = checkpoint.get("ema") or checkpoint.get("model") if isinstance(checkpoint, dict) else None
    if not isinstance(model, SegmentationModel):
        task = type(model).__name__.removesuffix("Model").lower() if hasattr(model, "yaml") else ""
        made_for = f"are for another task ({task})" if task else "hold no model"
        raise LpStudioError(f"these weights {made_for}, not for segmentation", path=path, remedy=_RETRAIN)
    return model, checkpoint


def open_checkpoint(path: Path) -> Any:
    """What a ``.pt`` file holds, nothing of which is run. Raises LpStudioError as :func:`load_weights` does."""
    stay_offline()
    from ultralytics.nn.tasks import torch_safe_load

    _must_be_safe(path)
    speaker = logging.getLogger("ultralytics")  # it writes to standard output, where readings may go
    level = speaker.level
    speaker.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), _taken_by_name():
            warnings.simplefilter("ignore")
            checkpoint, _ = torch_safe_load(path.absolute(), safe_only=True)
    except (FileNotFoundError, PermissionError) as error:
        raise LpStudioError(f"the weights cannot be read ({error.strerror or error})", path=path) from None
    except Exception as error:  # whatever is in the file decides what the loader raises
        log.debug("weights refused", exc_info=True)
        refused = _chain_has(error, pickle.UnpicklingError) or isinstance(error, ModuleNotFoundError)
        if refused and (zipfile.is_zipfile(path) or _is_plain_pickle(path)):
            raise LpStudioError(
                "these weights hold something else than a known model, which could run code; nothing of it was run",
                path=path,
                remedy="Use weights from somebody you trust, or train your own",
            ) from None
        raise LpStudioError(
            "this is no weights file, or it is damaged or cut off", path=path, remedy="Copy it again, or train anew"
        ) from None
    finally:
        speaker.setLevel(level)
    return checkpoint


def _must_be_safe(path: Path) -> None:
    """On a torch that cannot open weights safely Ultralytics opens them unsafely and says nothing: refuse instead."""
    from ultralytics.nn import tasks

    if not tasks._SafeLoad.SUPPORTED:
        raise LpStudioError(
            "not opened: the torch installed here cannot open weights without running what is in them",
            path=path,
            remedy="Install torch 2.6 or newer",
        )


@contextmanager
def _taken_by_name() -> Iterator[None]:
    """Open the file that was named: Ultralytics drops apostrophes, takes one name for another, and may download."""
    from ultralytics.utils import downloads

    search = downloads.attempt_download_asset
    downloads.attempt_download_asset = str
    try:
        yield
    finally:
        downloads.attempt_download_asset = search


def _chain_has(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_plain_pickle(path: Path) -> bool:
    """Whether a file that is no zip at least begins and ends as a pickle does."""
    with path.open("rb") as file:
        start = file.read(2)
        file.seek(-1, 2)
        return len(start) == 2 and start[0] == 0x80 and start[1] <= 5 and file.read(1) == b"."


def _alphabet(model: Any, path: Path) -> Alphabet:
    try:
        alphabet = Alphabet.from_names(model.names)
    except (ValueError, TypeError, AttributeError) as error:
        raise LpStudioError(f"the class names in these weights are of no use ({error})", path=path) from None
    if not alphabet.characters:
        shown = ", ".join(alphabet.names[:3])
        raise LpStudioError(f"these weights know no plate characters, only {shown}, …", path=path, remedy=_RETRAIN)
    if len(alphabet) != int(model.model[-1].nc):
        raise LpStudioError("these weights name other classes than their model has", path=path, remedy=_RETRAIN)
    return alphabet


def _side(checkpoint: dict[str, Any]) -> int:
    arguments = checkpoint.get("train_args")
    size = arguments.get("imgsz") if isinstance(arguments, dict) else None
    if isinstance(size, (list, tuple)):
        size = max(size, default=None)
    if not isinstance(size, (int, float)) or not math.isfinite(size) or not _STRIDE <= size <= 8192:
        return 640  # what Ultralytics trains at when nothing is said
    return math.ceil(size / _STRIDE) * _STRIDE


def _device(wanted: str | None) -> str:
    from lpstudio.training.devices import resolve_device

    name = resolve_device(wanted or "auto").partition(",")[0]
    return f"cuda:{name}" if name.isdigit() else name


def _try_out(model: Model, classes: int, path: Path) -> None:
    """One small pass, so that a model that cannot run says so now."""
    import numpy as np

    output = model(np.zeros((1, 3, 64, 64), np.float32))
    if output.protos is None or output.decoded.shape[1] != 4 + classes + output.protos.shape[1]:
        raise LpStudioError("the model in these weights gives no outlines", path=path, remedy=_RETRAIN)
    if not np.isfinite(output.decoded).all():
        raise LpStudioError("the numbers in these weights are broken (not finite)", path=path, remedy=_RETRAIN)


def _name_of(path: Path) -> str:
    """``starter-n``; weights inside a run's folder are called after the run."""
    absolute = path.absolute()
    if absolute.parent.name == "weights" and absolute.stem in ("best", "last"):
        return f"{absolute.parent.parent.name}/{absolute.stem}"
    return absolute.stem


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
