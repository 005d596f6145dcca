"""The settings of a training: the notebook's values as defaults, each with a word on what it does (no torch here).

One declaration serves the form of the Train workspace, the command line, ``lpstudio.toml`` and a run's folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from lpstudio.training.setting_fields import Checked, SettingInfo, SettingsError, setting

LOSS_NAMES = ("similarity", "cross-entropy", "in-place", "stock")
MODEL_SIZES = ("n", "s", "m", "l", "x")
OPTIMIZERS = ("SGD", "AdamW", "Adam", "RMSProp")
SCHEDULES = ("cosine", "linear")
BATCHES = ("rectangular", "square")


@dataclass(frozen=True)
class LossSettings(Checked):
    """The character loss. ``char = mean over positives of (base_weight · CE + topk_weight · T)``, times ``gain``."""

    _prefix = "loss."

    name: str = setting(
        "similarity",
        "Loss",
        "similarity: the similarity-aware term is added to YOLO's loss. cross-entropy: the same without the top-k "
        "term. in-place: the term replaces YOLO's class loss at the characters. stock: YOLO's loss alone.",
        "Loss",
        choices=LOSS_NAMES,
    )
    k: int = setting(
        2,
        "Top k",
        "How many of the best classes are looked at. With 2, hesitating between two look-alikes costs little.",
        "Loss",
        1,
        36,
        "classes",
    )
    temperature: float = setting(
        1.0,
        "Temperature",
        "Divides the class scores before the probabilities of the top-k term; above 1 they become softer.",
        "Loss",
        0.01,
        100.0,
    )
    base_weight: float = setting(0.7, "Cross-entropy weight", "Weight of plain cross-entropy.", "Loss", 0.0, 100.0)
    topk_weight: float = setting(
        0.3,
        "Top-k weight",
        "Weight of the top-k term: what the best classes cost, less the more similar they are to the truth.",
        "Loss",
        0.0,
        100.0,
    )
    gain: float = setting(
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
class TrainSettings(Checked):
    """All settings of one training. Immutable; use ``dataclasses.replace`` to change one."""

    loss: LossSettings = field(default_factory=LossSettings)

    name: str = setting("", "Name", "Name of the run's folder; a number is added. Empty: train.", "Run")
    weights: str = setting(
        "starter",
        "Starting weights",
        "starter: the weights that come with LP Studio. scratch: nothing learned yet. Or a .pt file, or the name of "
        "Ultralytics weights (yolo11n-seg.pt), which are downloaded then.",
        "Run",
    )
    size: str = setting(
        "n", "Model size", "n is the smallest and fastest, x the largest. A weights file brings its own.", "Run",
        choices=MODEL_SIZES,
    )  # fmt: skip
    device: str = setting("auto", "Device", "auto, cpu, mps, a CUDA number (0) or several (0,1).", "Run")
    verified_only: bool = setting(
        False, "Verified crops only", "Train on verified crops alone, not on all labelled ones.", "Run"
    )

    epochs: int = setting(300, "Epochs", "How often every crop is seen.", "Length", 1, 100_000, "epochs")
    batch: int = setting(16, "Batch", "Crops per step. Smaller needs less memory.", "Length", 1, 4096, "crops")
    imgsz: int = setting(
        224, "Image size", "Longer side the crops are scaled to; a multiple of 32.", "Length", 32, 4096, "px"
    )
    batches: str = setting(
        "rectangular",
        "Batches",
        "rectangular: crops of near shape stand together, with little grey around them, which is faster. square: every "
        "crop on a square of the image size, as plain Ultralytics trains. Mosaic, mix-up and copy-paste need squares.",
        "Length",
        choices=BATCHES,
    )
    save_period: int = setting(
        10, "Save every", "Keep the weights of every n-th epoch as well. 0: only best and last.", "Length", 0, 100_000,
        "epochs",
    )  # fmt: skip
    early_stop_epochs: int = setting(
        50,
        "Early stop after",
        "Stop when the validation loss (on the selection part) has not improved for so many epochs. 0: never.",
        "Length",
        0,
        100_000,
        "epochs",
    )
    early_stop_percent: float = setting(
        1.0, "Least improvement", "What counts as an improvement of the validation loss.", "Length", 0.0, 100.0, "%"
    )

    selection_share: float = setting(
        0.15,
        "Selection part",
        "Share of train, whole plates, that is not trained on but chooses: when to stop, which weights are best, how "
        "sure probabilities are. Val then only scores. 0, or too few plates: val chooses, and flatters.",
        "Length",
        0.0,
        0.5,
    )

    optimizer: str = setting(
        "SGD", "Optimiser", "How the weights follow the gradient.", "Optimiser", choices=OPTIMIZERS
    )
    nominal_batch: int = setting(
        64,
        "Nominal batch",
        "Gradients of several batches are gathered until about so many crops were seen; then the weights change.",
        "Optimiser",
        1,
        65_536,
        "crops",
    )
    lr0: float = setting(0.01, "Learning rate", "At the start, after the warm-up.", "Optimiser", 1e-7, 10.0)
    lrf: float = setting(0.01, "Last learning rate", "As a fraction of the first one.", "Optimiser", 0.0, 1.0)
    schedule: str = setting(
        "cosine", "Schedule", "How the learning rate falls from the first to the last.", "Optimiser", choices=SCHEDULES
    )
    momentum: float = setting(0.937, "Momentum", "How much of the last steps goes on.", "Optimiser", 0.0, 0.9999)
    weight_decay: float = setting(
        0.0005, "Weight decay", "Pulls weights towards 0, against learning by heart.", "Optimiser", 0.0, 1.0
    )
    warmup_epochs: float = setting(
        3.0, "Warm-up", "The learning rate rises over these epochs.", "Optimiser", 0.0, 1000.0, "epochs"
    )
    warmup_momentum: float = setting(0.8, "Warm-up momentum", "Momentum at the very start.", "Optimiser", 0.0, 0.9999)
    warmup_bias_lr: float = setting(
        0.1, "Warm-up bias rate", "Learning rate of biases at the very start.", "Optimiser", 0.0, 10.0
    )

    hsv_h: float = setting(0.015, "Hue", "Random change of hue, as a fraction.", "Augmentation", 0.0, 1.0)
    hsv_s: float = setting(0.7, "Saturation", "Random change of saturation, as a fraction.", "Augmentation", 0.0, 1.0)
    hsv_v: float = setting(0.4, "Brightness", "Random change of brightness, as a fraction.", "Augmentation", 0.0, 1.0)
    erasing: float = setting(
        0.4,
        "Random erasing",
        "Probability that a random patch of a crop is painted over, as dirt or a bolt would.",
        "Augmentation",
        0.0,
        1.0,
    )
    low_resolution: float = setting(
        0.0,
        "Far cameras",
        "Probability that a crop is shown as a farther camera would: 40 to 140 pixels wide, with JPEG artefacts. Helps "
        "where plates are small or footage is poor.",
        "Augmentation",
        0.0,
        1.0,
    )
    translate: float = setting(
        0.1, "Shift", "Random shift, as a fraction of the size. (The notebook left it at this value.)", "Augmentation",
        0.0, 1.0,
    )  # fmt: skip
    scale: float = setting(
        0.5,
        "Scale",
        "Random scaling: 0.5 is from half to one and a half. (The notebook left it at this value.)",
        "Augmentation",
        0.0,
        0.99,
    )
    degrees: float = setting(0.0, "Rotation", "Random rotation to both sides.", "Augmentation", 0.0, 180.0, "°")
    shear: float = setting(0.0, "Shear", "Random shear to both sides.", "Augmentation", 0.0, 45.0, "°")
    perspective: float = setting(0.0, "Perspective", "Random perspective.", "Augmentation", 0.0, 0.001)
    fliplr: float = setting(
        0.0,
        "Mirror",
        "Probability of a mirrored crop. Mirrored text does not occur: leave at 0.",
        "Augmentation",
        0.0,
        1.0,
    )
    flipud: float = setting(
        0.0, "Turn over", "Probability of an upside-down crop: leave at 0.", "Augmentation", 0.0, 1.0
    )
    mosaic: float = setting(
        0.0, "Mosaic", "Probability of four crops put together. Not for plates: leave at 0.", "Augmentation", 0.0, 1.0
    )
    mixup: float = setting(
        0.0, "Mix-up", "Probability of two crops blended. Not for plates: leave at 0.", "Augmentation", 0.0, 1.0
    )
    copy_paste: float = setting(
        0.0, "Copy-paste", "Probability of characters copied between crops: leave at 0.", "Augmentation", 0.0, 1.0
    )

    amp: bool = setting(True, "Mixed precision", "Half precision on CUDA: faster, needs less memory.", "Machine")
    seed: int = setting(42, "Seed", "The same seed gives the same training.", "Machine", 0, 2**31 - 1)
    deterministic: bool = setting(True, "Deterministic", "Repeatable results; may be a little slower.", "Machine")
    workers: int = setting(
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
