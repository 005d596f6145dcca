"""What the events of one run add up to: curves, progress and log. Plain Python; no Qt, no files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

LOG_LINES = 4000  # older lines stay in the file
REASONS = {
    "completed": "all epochs done",
    "early-stop": "the validation loss improved no more",
    "stopped": "stopped by hand",
}
TRAIN, VAL, METRICS = "train", "val", "metrics"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a run's log; ``t`` in seconds since 1970, ``level`` is info, warning or error."""

    t: float
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come. Epochs count from 1; 0 means before the first. Times in seconds, memory in MB."""

    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    left_s: float | None = None
    epoch_s: float | None = None
    images_per_s: float | None = None
    memory_mb: float | None = None

    @property
    def fraction(self) -> float:
        """Done part of the whole training, 0 to 1."""
        if self.epochs <= 0:
            return 0.0
        within = self.batch / self.batches if self.batches else 0.0
        return min(1.0, max(0.0, (max(self.epoch - 1, 0) + within) / self.epochs))


@dataclass(frozen=True)
class RunHistory:
    """All that is known of a run from its events. A value: :meth:`extended` gives a new one.

    ``series["val/box_loss"][i]`` belongs to epoch ``epochs[i]`` (NaN where it was not measured).
    """

    epochs: tuple[int, ...] = ()
    series: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    log: tuple[LogLine, ...] = ()
    progress: Progress = field(default_factory=Progress)
    last_event: str = ""
    device: str = ""
    weights: str = ""
    counts: Mapping[str, Any] = field(default_factory=dict)
    started_at: float | None = None
    last_at: float | None = None
    best_epoch: int | None = None
    reason: str = ""  # why it finished
    failure: str = ""
    failure_path: str = ""

    def extended(self, events: Iterable[Mapping[str, Any]]) -> RunHistory:
        """The history after some more events; events of an unknown type or version change nothing else."""
        builder = _Builder(self)
        for event in events:
            builder.add(event)
        return builder.result()

    def names(self, part: str) -> list[str]:
        """The names of the series of one part ("train", "val" or "metrics"), in the order they came."""
        return [name.partition("/")[2] for name in self.series if name.startswith(part + "/")]

    def values(self, part: str, name: str) -> tuple[float, ...]:
        """One series, one value for each of ``epochs``; empty when there is none."""
        return self.series.get(f"{part}/{name}", ())

    def total(self, part: str) -> tuple[float, ...]:
        """The sum of all loss items of a part for each epoch; the similarity term is one of them."""
        columns = [self.values(part, name) for name in self.names(part) if name.endswith("_loss")]
        return tuple(math.fsum(row) for row in zip(*columns, strict=True)) if columns else ()

    def last(self, part: str, name: str) -> float | None:
        """The newest measured value of a series."""
        return next((value for value in reversed(self.values(part, name)) if math.isfinite(value)), None)

    def best(self, name: str) -> float | None:
        """The largest value of a metric."""
        return max((value for value in self.values(METRICS, name) if math.isfinite(value)), default=None)


class _Builder:
    """Takes events into lists that may change, then freezes them."""

    def __init__(self, history: RunHistory) -> None:
        self._history = history
        self._epochs = list(history.epochs)
        self._series = {name: list(values) for name, values in history.series.items()}
        self._log = list(history.log)
        self._changes: dict[str, Any] = {}
        self._progress = history.progress

    def add(self, event: Mapping[str, Any]) -> None:
        kind = str(event.get("type", ""))
        handler = getattr(self, f"_on_{kind}", None)
        if handler is None:
            return
        when = _number(event.get("t"))
        self._changes["last_event"] = kind
        if when is not None:
            self._changes["last_at"] = when
        handler(event)

    def result(self) -> RunHistory:
        return replace(
            self._history,
            epochs=tuple(self._epochs),
            series={name: tuple(values) for name, values in self._series.items()},
            log=tuple(self._log[-LOG_LINES:]),
            progress=self._progress,
            **self._changes,
        )

    def _on_start(self, event: Mapping[str, Any]) -> None:
        epochs, batches = _whole(event.get("epochs")), _whole(event.get("batches"))
        self._progress = replace(self._progress, epochs=epochs, batches=batches)
        weights = str(event.get("weights", ""))
        if weights != "resumed":
            self._changes["weights"] = weights
        self._changes |= {
            "device": str(event.get("device", "")),
            "counts": dict(event.get("counts") or {}),
            "reason": "",
            "failure": "",
            "failure_path": "",
        }
        if self._history.started_at is None and "started_at" not in self._changes:
            self._changes["started_at"] = _number(event.get("t"))

    def _on_batch(self, event: Mapping[str, Any]) -> None:
        self._progress = replace(
            self._progress,
            epoch=_whole(event.get("epoch")),
            batch=_whole(event.get("batch")),
            batches=_whole(event.get("batches")) or self._progress.batches,
            images_per_s=_number(event.get("images_per_s")),
            memory_mb=_number(event.get("memory_mb")),
        )

    def _on_epoch(self, event: Mapping[str, Any]) -> None:
        epoch = _whole(event.get("epoch"))
        self._forget_from(epoch)
        before = len(self._epochs)
        self._epochs.append(epoch)
        row = {"lr": _number(event.get("lr")), "epoch_s": _number(event.get("epoch_s"))}
        values = {f"{METRICS}/{name}": value for name, value in row.items() if value is not None}
        for part in (TRAIN, VAL, METRICS):
            for name, value in (event.get(part) or {}).items():
                number = _number(value)
                values[f"{part}/{name}"] = math.nan if number is None else number
        for name in self._series.keys() | values.keys():
            column = self._series.setdefault(name, [math.nan] * before)
            column.append(values.get(name, math.nan))
        batches = self._progress.batches
        self._progress = replace(
            self._progress,
            epoch=epoch,
            epochs=_whole(event.get("epochs")) or self._progress.epochs,
            batch=batches,
            left_s=_number(event.get("left_s")),
            epoch_s=_number(event.get("epoch_s")),
            memory_mb=_number(event.get("memory_mb")) or self._progress.memory_mb,
        )
        if event.get("best"):
            self._changes["best_epoch"] = epoch

    def _forget_from(self, epoch: int) -> None:
        """A resumed training may run an epoch again: what it measured before no longer counts."""
        while self._epochs and self._epochs[-1] >= epoch:
            self._epochs.pop()
            for column in self._series.values():
                column.pop()

    def _on_log(self, event: Mapping[str, Any]) -> None:
        level = str(event.get("level", "info")).lower()
        self._note(event, str(event.get("text", "")), level)

    def _on_queued(self, event: Mapping[str, Any]) -> None:
        self._note(event, "Waits for another training on this device")

    def _on_paused(self, event: Mapping[str, Any]) -> None:
        self._note(event, "Paused")

    def _on_resumed(self, event: Mapping[str, Any]) -> None:
        self._note(event, "Resumed")

    def _on_stopping(self, event: Mapping[str, Any]) -> None:
        self._note(event, "Stopping")

    def _on_finished(self, event: Mapping[str, Any]) -> None:
        reason = str(event.get("reason") or "")
        self._changes["reason"] = REASONS.get(reason, reason)
        self._progress = replace(self._progress, left_s=0.0)
        self._note(event, f"Ended: {self._changes['reason']}")

    def _on_failed(self, event: Mapping[str, Any]) -> None:
        message = str(event.get("message", ""))
        self._changes |= {"failure": message, "failure_path": str(event.get("path") or "")}
        self._note(event, message, "error")

    def _note(self, event: Mapping[str, Any], text: str, level: str = "info") -> None:
        self._log.append(LogLine(_number(event.get("t")) or 0.0, level, text))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _whole(value: object) -> int:
    number = _number(value)
    return int(number) if number is not None and math.isfinite(number) else 0
