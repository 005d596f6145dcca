"""The settings of a training: the notebook's values as defaults, each with a word on what it does (no torch here).

One declaration serves the form of the Train workspace, the command line, ``lpstudio.toml`` and a run's folder.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from lpstudio.errors import LpStudioError

LOSS_NAMES = ("similarity", "cross-entropy", "in-place", "stock")
MODEL_SIZES = ("n", "s", "m", "l", "x")
OPTIMIZERS = ("SGD", "AdamW", "Adam", "RMSProp")
SCHEDULES = ("cosine", "linear")
BATCHES = ("rectangular", "square")


class SettingsError(LpStudioError):
    """A setting that cannot be used; ``field`` is its name as written in ``to_dict`` (``loss.k``)."""

    def __init__(self, field_name: str, what: str, remedy: str = "") -> None:
        self.field = field_name
        super().__init__(f"training setting {field_name!r} {what}", remedy=remedy)


def _setting(
    default: Any,
    title: str,
    help: str,
    group: str,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
) -> Any:
    metadata = {
        "title": title,
        "help": help,
        "group": group,
        "minimum": minimum,
        "maximum": maximum,
        "unit": unit,
        "choices": choices,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class SettingInfo:
    """What a form needs to know of one setting.

    ``kind``: int, float, bool, str or choice; ``name`` may be nested, as in ``loss.k``.
    """

    name: str
    kind: str
    default: Any
    title: str
    help: str
    group: str
    minimum: float | None
    maximum: float | None
    unit: str
    choices: tuple[str, ...]


class _Checked:
    """Checking, reading and writing that every settings class shares."""

    _prefix = ""

    @classmethod
    def _own_infos(cls) -> list[SettingInfo]:
        """Every plain setting in the order of its declaration."""
        result = []
        for item in fields(cls):  # type: ignore[arg-type]
            if not item.metadata:
                continue
            kind = "choice" if item.metadata["choices"] else type(item.default).__name__
            result.append(SettingInfo(cls._prefix + item.name, kind, item.default, **item.metadata))
        return result

    def check(self) -> None:
        """Raise SettingsError for the first value out of bounds."""
        for info in self._own_infos():
            value = getattr(self, info.name.removeprefix(self._prefix))
            fault = _fault(info, value)
            if fault:
                raise SettingsError(info.name, fault)

    @classmethod
    def _read(cls, data: Mapping[str, Any], nested: tuple[str, ...] = ()) -> dict[str, Any]:
        known = {item.name: item for item in fields(cls)}  # type: ignore[arg-type]
        values: dict[str, Any] = {}
        for key, value in data.items():
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                raise SettingsError(cls._prefix + key, "is unknown", f"Did you mean {close[0]!r}?" if close else "")
            if key in nested:
                continue
            values[key] = _coerced(known[key].default, value)
        return values


@dataclass(frozen=True)
class LossSettings(_Checked):
    """The character loss. ``char = mean over positives of (base_weight · CE + topk_weight · T)``, times ``gain``."""

    _prefix = "loss."

    name: str = _setting(
        "similarity",
        "Loss",
        "similarity: the similarity-aware term is added to YOLO's loss. cross-entropy: the same without the top-k "
        "term. in-place: the term replaces YOLO's class loss at the characters. stock: YOLO's loss alone.",
        "Loss",
        choices=LOSS_NAMES,
    )
    k: int = _setting(
        2,
        "Top k",
        "How many of the best classes are looked at. With 2, hesitating between two look-alikes costs little.",
        "Loss",
        1,
        36,
        "classes",
    )
    temperature: float = _setting(
        1.0,
        "Temperature",
        "Divides the class scores before the probabilities of the top-k term; above 1 they become softer.",
        "Loss",
        0.01,
        100.0,
    )
    base_weight: float = _setting(0.7, "Cross-entropy weight", "Weight of plain cross-entropy.", "Loss", 0.0, 100.0)
    topk_weight: float = _setting(
        0.3,
        "Top-k weight",
        "Weight of the top-k term: what the best classes cost, less the more similar they are to the truth.",
        "Loss",
        0.0,
        100.0,
    )
    gain: float = _setting(
        0.5,
        "Gain",
        "Weight of the whole character loss beside YOLO's own terms. 0 switches it off.",
        "Loss",
        0.0,
        100.0,
    )

    @property
    def weights(self) -> tuple[float, float]:
        """(weight of cross-entropy, weight of the top-k term) as the chosen loss uses them."""
        return self.base_weight, 0.0 if self.name == "cross-entropy" else self.topk_weight

    @property
    def is_stock(self) -> bool:
        """Whether Ultralytics' loss is left as it is."""
        return self.name == "stock"


@dataclass(frozen=True)
class TrainSettings(_Checked):
    """All settings of one training. Immutable; use ``dataclasses.replace`` to change one."""

    loss: LossSettings = field(default_factory=LossSettings)

    name: str = _setting("", "Name", "Name of the run's folder; a number is added. Empty: train.", "Run")
    weights: str = _setting(
        "starter",
        "Starting weights",
        "starter: the weights that come with LP Studio. scratch: nothing learned yet. Or a .pt file, or the name of "
        "Ultralytics weights (yolo11n-seg.pt), which are downloaded then.",
        "Run",
    )
    size: str = _setting(
        "n", "Model size", "n is the smallest and fastest, x the largest. A weights file brings its own.", "Run",
        choices=MODEL_SIZES,
    )  # fmt: skip
    device: str = _setting("auto", "Device", "auto, cpu, mps, a CUDA number (0) or several (0,1).", "Run")
    verified_only: bool = _setting(
        False, "Verified crops only", "Train on verified crops alone, not on all labelled ones.", "Run"
    )

    epochs: int = _setting(300, "Epochs", "How often every crop is seen.", "Length", 1, 100_000, "epochs")
    batch: int = _setting(16, "Batch", "Crops per step. Smaller needs less memory.", "Length", 1, 4096, "crops")
    imgsz: int = _setting(
        224, "Image size", "Longer side the crops are scaled to; a multiple of 32.", "Length", 32, 4096, "px"
    )
    batches: str = _setting(
        "rectangular",
        "Batches",
        "rectangular: crops of near shape stand together, with little grey around them, which is faster. square: every "
        "crop on a square of the image size, as plain Ultralytics trains. Mosaic, mix-up and copy-paste need squares.",
        "Length",
        choices=BATCHES,
    )
    save_period: int = _setting(
        10, "Save every", "Keep the weights of every n-th epoch as well. 0: only best and last.", "Length", 0, 100_000,
        "epochs",
    )  # fmt: skip
    early_stop_epochs: int = _setting(
        50,
        "Early stop after",
        "Stop when the validation loss (on the selection part) has not improved for so many epochs. 0: never.",
        "Length",
        0,
        100_000,
        "epochs",
    )
    early_stop_percent: float = _setting(
        1.0, "Least improvement", "What counts as an improvement of the validation loss.", "Length", 0.0, 100.0, "%"
    )

    selection_share: float = _setting(
        0.15,
        "Selection part",
        "Share of train, whole plates, that is not trained on but chooses: when to stop, which weights are best, how "
        "sure probabilities are. Val then only scores. 0, or too few plates: val chooses, and flatters.",
        "Length",
        0.0,
        0.5,
    )

    optimizer: str = _setting(
        "SGD", "Optimiser", "How the weights follow the gradient.", "Optimiser", choices=OPTIMIZERS
    )
    nominal_batch: int = _setting(
        64,
        "Nominal batch",
        "Gradients of several batches are gathered until about so many crops were seen; then the weights change.",
        "Optimiser",
        1,
        65_536,
        "crops",
    )
    lr0: float = _setting(0.01, "Learning rate", "At the start, after the warm-up.", "Optimiser", 1e-7, 10.0)
    lrf: float = _setting(0.01, "Last learning rate", "As a fraction of the first one.", "Optimiser", 0.0, 1.0)
    schedule: str = _setting(
        "cosine", "Schedule", "How the learning rate falls from the first to the last.", "Optimiser", choices=SCHEDULES
    )
    momentum: float = _setting(0.937, "Momentum", "How much of the last steps goes on.", "Optimiser", 0.0, 0.9999)
    weight_decay: float = _setting(
        0.0005, "Weight decay", "Pulls weights towards 0, against learning by heart.", "Optimiser", 0.0, 1.0
    )
    warmup_epochs: float = _setting(
        3.0, "Warm-up", "The learning rate rises over these epochs.", "Optimiser", 0.0, 1000.0, "epochs"
    )
    warmup_momentum: float = _setting(0.8, "Warm-up momentum", "Momentum at the very start.", "Optimiser", 0.0, 0.9999)
    warmup_bias_lr: float = _setting(
        0.1, "Warm-up bias rate", "Learning rate of biases at the very start.", "Optimiser", 0.0, 10.0
    )

    hsv_h: float = _setting(0.015, "Hue", "Random change of hue, as a fraction.", "Augmentation", 0.0, 1.0)
    hsv_s: float = _setting(0.7, "Saturation", "Random change of saturation, as a fraction.", "Augmentation", 0.0, 1.0)
    hsv_v: float = _setting(0.4, "Brightness", "Random change of brightness, as a fraction.", "Augmentation", 0.0, 1.0)
    erasing: float = _setting(
        0.4,
        "Random erasing",
        "Probability that a random patch of a crop is painted over, as dirt or a bolt would.",
        "Augmentation",
        0.0,
        1.0,
    )
    low_resolution: float = _setting(
        0.0,
        "Far cameras",
        "Probability that a crop is shown as a farther camera would: 40 to 140 pixels wide, with JPEG artefacts. Helps "
        "where plates are small or footage is poor.",
        "Augmentation",
        0.0,
        1.0,
    )
    translate: float = _setting(
        0.1, "Shift", "Random shift, as a fraction of the size. (The notebook left it at this value.)", "Augmentation",
        0.0, 1.0,
    )  # fmt: skip
    scale: float = _setting(
        0.5,
        "Scale",
        "Random scaling: 0.5 is from half to one and a half. (The notebook left it at this value.)",
        "Augmentation",
        0.0,
        0.99,
    )
    degrees: float = _setting(0.0, "Rotation", "Random rotation to both sides.", "Augmentation", 0.0, 180.0, "°")
    shear: float = _setting(0.0, "Shear", "Random shear to both sides.", "Augmentation", 0.0, 45.0, "°")
    perspective: float = _setting(0.0, "Perspective", "Random perspective.", "Augmentation", 0.0, 0.001)
    fliplr: float = _setting(
        0.0,
        "Mirror",
        "Probability of a mirrored crop. Mirrored text does not occur: leave at 0.",
        "Augmentation",
        0.0,
        1.0,
    )
    flipud: float = _setting(
        0.0, "Turn over", "Probability of an upside-down crop: leave at 0.", "Augmentation", 0.0, 1.0
    )
    mosaic: float = _setting(
        0.0, "Mosaic", "Probability of four crops put together. Not for plates: leave at 0.", "Augmentation", 0.0, 1.0
    )
    mixup: float = _setting(
        0.0, "Mix-up", "Probability of two crops blended. Not for plates: leave at 0.", "Augmentation", 0.0, 1.0
    )
    copy_paste: float = _setting(
        0.0, "Copy-paste", "Probability of characters copied between crops: leave at 0.", "Augmentation", 0.0, 1.0
    )

    amp: bool = _setting(True, "Mixed precision", "Half precision on CUDA: faster, needs less memory.", "Machine")
    seed: int = _setting(42, "Seed", "The same seed gives the same training.", "Machine", 0, 2**31 - 1)
    deterministic: bool = _setting(True, "Deterministic", "Repeatable results; may be a little slower.", "Machine")
    workers: int = _setting(
        4,
        "Loading processes",
        "Processes that load crops, on a GPU; 0 loads in the training itself.",
        "Machine",
        0,
        128,
    )

    @classmethod
    def infos(cls) -> list[SettingInfo]:
        """Every setting, the loss's first."""
        return LossSettings._own_infos() + cls._own_infos()

    def check(self) -> None:
        """Raise SettingsError for the first value that cannot be used."""
        self.loss.check()
        super().check()
        if self.imgsz % 32:
            raise SettingsError("imgsz", f"must be a multiple of 32, not {self.imgsz}")
        if self.name and (self.name in {".", ".."} or any(c in self.name for c in '/\\:*?"<>|\0')):
            raise SettingsError("name", f"cannot be a folder's name: {self.name!r}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, the loss nested under ``loss``."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`; what is missing gets its default.

        Raises SettingsError that names the faulty setting, also for unknown ones.
        """
        values = cls._read(data, nested=("loss",))
        loss = data.get("loss", {})
        if isinstance(loss, LossSettings):
            values["loss"] = loss
        elif isinstance(loss, Mapping):
            values["loss"] = LossSettings(**LossSettings._read(loss))
        else:
            raise SettingsError("loss", "must be a group of settings")
        settings = cls(**values)
        settings.check()
        return settings

    def with_value(self, name: str, value: Any) -> Self:
        """A copy with one setting changed; ``name`` as in :meth:`infos` (``loss.k``). Checked."""
        if name.startswith("loss."):
            loss = replace(self.loss, **LossSettings._read({name.removeprefix("loss."): value}))
            changed = replace(self, loss=loss)
        else:
            changed = replace(self, **self._read({name: value}))
        changed.check()
        return changed


def _coerced(default: Any, value: Any) -> Any:
    """A whole number where a float is wanted becomes one (TOML and forms write 1 for 1.0); all else stays."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, int) and not isinstance(default, bool) and isinstance(value, float) and value.is_integer():
        return int(value)
    # values read by tomlkit are subclasses of the plain types
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value) if type(default) is plain else value
    return value


def _fault(info: SettingInfo, value: Any) -> str:
    """What is wrong with a value, in words that follow the setting's name; empty when nothing is."""
    if info.kind == "choice":
        return "" if value in info.choices else f"must be one of {', '.join(info.choices)}, not {value!r}"
    wanted: Any = {"int": int, "float": float, "bool": bool, "str": str}[info.kind]
    words = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}[info.kind]
    is_number = info.kind in {"int", "float"}
    if not isinstance(value, wanted) or (is_number and (isinstance(value, bool) or not math.isfinite(float(value)))):
        return f"must be {words}, not {value!r}"
    if is_number:
        if info.minimum is not None and value < info.minimum:
            return f"must be at least {info.minimum:g}, not {value:g}"
        if info.maximum is not None and value > info.maximum:
            return f"must be at most {info.maximum:g}, not {value:g}"
    return ""
