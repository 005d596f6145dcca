"""Which curves a run has, and in which plot each stands. Plain Python; the drawing is in ``curves``."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from lpstudio.training.history import METRICS, TRAIN, VAL, RunHistory

TOTAL = "total"  # the sum of a part's loss items


@dataclass(frozen=True)
class Line:
    """One line. ``role`` names its colour (train, val, first, second).

    In the read-out ``title`` stands before its value; that of a dashed line follows its solid twin after a stroke.
    """

    title: str
    part: str
    name: str
    role: str
    dashed: bool = False

    def values(self, history: RunHistory) -> tuple[float, ...]:
        return history.total(self.part) if self.name == TOTAL else history.values(self.part, self.name)


@dataclass(frozen=True)
class Plot:
    """One small plot. ``compared``: the line that other runs show here. ``as_percent``: values read as 91.3 %."""

    id: str
    title: str
    help: str
    lines: tuple[Line, ...]
    compared: Line
    is_loss: bool
    as_percent: bool = False


_LOSSES = {
    "box_loss": ("Box", "How far the boxes are off."),
    "seg_loss": ("Mask", "How far the outlines are off."),
    "cls_loss": ("Class", "YOLO's own class term."),
    "dfl_loss": ("Box edges (DFL)", "How sure the edges of the boxes are."),
    "char_loss": ("Character", "The character loss, times its gain; the similarity term is in it."),
    TOTAL: ("All terms", "The sum of all terms; early stopping watches the one of the val crops."),
}


def _loss_plot(name: str) -> Plot:
    title, help_text = _LOSSES.get(name, (name.removesuffix("_loss").capitalize(), "A further term of YOLO's loss."))
    val = Line("val", VAL, name, "val")
    return Plot(name, title, help_text, (Line("train", TRAIN, name, "train"), val), val, is_loss=True)


def _map_plot() -> Plot:
    mask = Line("mask", METRICS, "mask_map", "first")
    lines = (
        mask,
        Line("mask 50", METRICS, "mask_map50", "first", dashed=True),
        Line("box", METRICS, "box_map", "second"),
        Line("box 50", METRICS, "box_map50", "second", dashed=True),
    )
    return Plot("map", "mAP 50–95 / 50 (dashed)", "Average precision of masks and boxes.", lines, mask, is_loss=False)


def _accuracy_plot() -> Plot:
    first = Line("top-1", METRICS, "char_top1", "first")
    lines = (first, Line("top-2", METRICS, "char_top2", "second"))
    help_text = "Share of the val characters whose true class is the best candidate, or one of the best two."
    return Plot("accuracy", "Character accuracy, %", help_text, lines, first, is_loss=False, as_percent=True)


def plots_for(histories: Sequence[RunHistory]) -> list[Plot]:
    """The plots for these runs: the six losses, whatever further loss was not zero, mAP and accuracy."""
    names = list(_LOSSES)
    for history in histories:
        for part in (TRAIN, VAL):
            for name in history.names(part):
                is_new = name.endswith("_loss") and name not in names
                if is_new and any(math.isfinite(value) and value != 0 for value in history.values(part, name)):
                    names.insert(-1, name)
    return [*(_loss_plot(name) for name in names), _map_plot(), _accuracy_plot()]


def nearest(epochs: Sequence[int], wanted: float) -> int | None:
    """The index of the epoch next to ``wanted`` in a rising list; None without epochs."""
    if not epochs:
        return None
    above = bisect_left(epochs, wanted)
    if above == len(epochs) or (above and wanted - epochs[above - 1] <= epochs[above] - wanted):
        return above - 1
    return above
