"""Conducts a training: tells how it goes, takes commands between batches, stops early, saves the state."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import psutil
import torch

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.training.commands import CommandReader
from lpstudio.training.early_stop import EarlyStop, validation_loss
from lpstudio.training.events import EventLog, read_events
from lpstudio.training.runs import Run
from lpstudio.training.selection import said_of_choice
from lpstudio.training.trainer import CharacterTraining

_BATCH_EVENTS_EVERY_S = 0.25
_PAUSE_POLL_S = 0.1

_METRICS = {
    "box_map50": "metrics/mAP50(B)",
    "box_map": "metrics/mAP50-95(B)",
    "mask_map50": "metrics/mAP50(M)",
    "mask_map": "metrics/mAP50-95(M)",
    "char_top1": "metrics/char_top1",
    "char_top2": "metrics/char_top2",
}
_COUNTS = {
    "missed": "metrics/char_missed",
    "extra": "metrics/char_extra",
    "characters": "metrics/char_count",
}


class RunStoppedError(Exception):
    """The person asked to stop now; what was done since the last whole epoch is dropped."""


class Conductor:
    """Sits in a trainer's callbacks. ``parent``: a pid without which the training does not go on."""

    def __init__(self, run: Run, log: EventLog, parent: int | None = None) -> None:
        self.reason = "completed"
        self._run = run
        self._log = log
        self._commands = CommandReader(run.commands_path)
        self._parent = parent
        self._early_stop = EarlyStop(run.settings.early_stop_epochs, run.settings.early_stop_percent)
        self._stop_now = False
        self._stop_after_epoch = False
        self._batch = 0
        self._images = 0
        self._told = 0.0
        self._told_images = 0
        self._paused_s = 0.0
        self._epoch_began = 0.0
        self._epoch_times: list[float] = []

    def attach(self, trainer: CharacterTraining) -> None:
        """Have the trainer call."""
        trainer.add_callback("on_train_start", self._on_train_start)
        trainer.add_callback("on_train_epoch_start", self._on_epoch_start)
        trainer.add_callback("on_train_batch_end", self._on_batch_end)
        trainer.add_callback("on_val_batch_end", lambda validator: self.obey())
        trainer.add_callback("on_fit_epoch_end", self._on_epoch_end)

    def stop(self) -> None:
        """Stop at the end of this batch."""
        self._stop_now = True

    def obey(self) -> None:
        """Take commands; returns when the training may go on. Raises RunStoppedError."""
        paused = False
        while True:
            if self._stop_now or (self._parent is not None and not psutil.pid_exists(self._parent)):
                raise RunStoppedError
            for command in self._commands.poll():
                if command == "stop":
                    self._log.write("stopping")
                    raise RunStoppedError
                if command == "stop_after_epoch" and not self._stop_after_epoch:
                    self._stop_after_epoch = True
                    self._log.write("stopping")
                elif command == "pause" and not paused:
                    paused, began = True, time.monotonic()
                    self._log.write("paused")
                elif command == "resume" and paused:
                    paused = False
                    self._paused_s += time.monotonic() - began
                    self._told = time.monotonic()
                    self._log.write("resumed")
            if not paused:
                return
            time.sleep(_PAUSE_POLL_S)

    def tell_scores(self, scores: Mapping[str, float]) -> None:
        """What val, which chose nothing, says of the best weights; kept in ``scores.json`` as well."""
        told = {"split": "val", **_told(scores)}
        write_bytes_atomic(self._run.dir / "scores.json", (json.dumps({"v": 1, **told}, indent=1) + "\n").encode())
        self._log.write("scored", **told)

    def tell_end(self, reason: str | None = None) -> None:
        """The last event of a training that did not fail."""
        self.reason = reason or self.reason
        best, last = self._run.best_weights, self._run.last_weights
        self._log.write(
            "finished", reason=self.reason, best=str(best) if best else None, last=str(last) if last else None
        )

    def _on_train_start(self, trainer: CharacterTraining) -> None:
        self._log.write(
            "start",
            epochs=trainer.epochs,
            batches=len(trainer.train_loader),
            device=_device_name(trainer.device),
            batch=trainer.batch_size,
            chooser=self._run.chooser,
            counts=dict(self._run.counts),
            weights=trainer.start.name if trainer.start and not trainer.state else "resumed",
            first_epoch=trainer.start_epoch + 1,
        )
        if trainer.start is not None and not trainer.state:
            self._log.write("log", level="info", text=trainer.start.said)
        level, said = said_of_choice(self._run)
        self._log.write("log", level=level, text=said)
        of_services = [text for service in trainer.services if (text := service.said(trainer))]
        for text in (trainer.said_of_pictures(), *of_services):
            self._log.write("log", level="info", text=text)
        if trainer.state is None:  # also when memory ran out before the first epoch was done
            self._early_stop = EarlyStop(self._early_stop.epochs, self._early_stop.percent)
        else:
            self._log.write("log", level="info", text=f"Goes on after epoch {trainer.start_epoch}.")
            extra = trainer.state["extra"]
            self._early_stop.best, self._early_stop.waited = extra["early_stop"]
            if self._last_told_epoch() < trainer.start_epoch:
                self._log.write("epoch", **extra["epoch_event"])
            trainer.restore_randomness()

    def _last_told_epoch(self) -> int:
        told, offset = 0, 0
        while True:
            events, next_offset = read_events(self._run.events_path, offset, {"epoch"})
            told = max([told, *(int(event["epoch"]) for event in events)])
            if next_offset == offset:
                return told
            offset = next_offset

    def _on_epoch_start(self, trainer: CharacterTraining) -> None:
        self._batch = self._images = self._told_images = 0
        self._paused_s = 0.0
        self._epoch_began = self._told = time.monotonic()

    def _on_batch_end(self, trainer: CharacterTraining) -> None:
        self._batch += 1
        self._images += min(trainer.batch_size, len(trainer.train_loader.dataset) - self._images)
        now = time.monotonic()
        if now - self._told >= _BATCH_EVENTS_EVERY_S:
            self._log.write(
                "batch",
                epoch=trainer.epoch + 1,
                batch=self._batch,
                batches=len(trainer.train_loader),
                losses={name: round(float(value), 5) for name, value in trainer.tloss.items()},
                memory_mb=_memory_mb(trainer.device),
                images_per_s=round((self._images - self._told_images) / (now - self._told), 1),
            )
            self._told, self._told_images = now, self._images
        self.obey()

    def _on_epoch_end(self, trainer: CharacterTraining) -> None:
        metrics = trainer.metrics
        loss = validation_loss(metrics)
        is_last = trainer.epoch + 1 >= trainer.epochs
        if self._early_stop.update(loss) and not is_last:
            trainer.stop = True
            self.reason = "early-stop"
        self.obey()
        if self._stop_after_epoch and not is_last:
            trainer.stop = True
            self.reason = "stopped"
        seconds = time.monotonic() - self._epoch_began - self._paused_s
        self._epoch_times = [*self._epoch_times[-9:], seconds]
        left = 0 if trainer.stop else trainer.epochs - trainer.epoch - 1
        event = {
            "epoch": trainer.epoch + 1,
            "epochs": trainer.epochs,
            "train": {name: round(float(value), 5) for name, value in trainer.tloss.items()},
            **_told(metrics),
            "lr": float(trainer.lr.get("lr/pg0", 0.0)),
            "epoch_s": round(seconds, 3),
            "left_s": round(left * sum(self._epoch_times) / len(self._epoch_times), 1),
            "memory_mb": _memory_mb(trainer.device),
            "best": bool(trainer.best_fitness == trainer.fitness),
        }
        trainer.save_state({"early_stop": [self._early_stop.best, self._early_stop.waited], "epoch_event": event})
        self._log.write("epoch", **event)


def _told(metrics: Mapping[str, float]) -> dict[str, Any]:
    """Losses and measures of a validation, as events have them."""
    return {
        "val": {name.removeprefix("val/"): float(value) for name, value in metrics.items() if name.startswith("val/")},
        "val_loss": round(validation_loss(metrics), 5),
        "metrics": {
            **{short: float(metrics[name]) for short, name in _METRICS.items() if name in metrics},
            **{short: int(metrics[name]) for short, name in _COUNTS.items() if name in metrics},
        },
    }


def _memory_mb(device: torch.device) -> int:
    """What the training holds: on a GPU its memory there, else that of the process."""
    if device.type == "cuda":
        return torch.cuda.memory_reserved(device) >> 20
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() >> 20
    return int(psutil.Process().memory_info().rss >> 20)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
