"""One training in this process, from the first batch to the last event."""

from __future__ import annotations

import contextlib
import gc
import logging
import re
import traceback
from collections.abc import Iterator

import torch
from ultralytics.utils import RANK

from lpstudio.errors import LpStudioError
from lpstudio.training.arguments import ultralytics_arguments
from lpstudio.training.conductor import Conductor, RunStoppedError
from lpstudio.training.events import EventLog
from lpstudio.training.problems import is_out_of_memory, plain_error
from lpstudio.training.runs import Run
from lpstudio.training.trainer import CharacterTraining, close_loaders, strip_weights
from lpstudio.training.watch import NotFiniteError


class BatchLoweredError(Exception):
    """One of several processes ran out of memory; the run's batch is lower now, and all of them must start again."""


def train(run: Run, device: str, conductor: Conductor | None, log: EventLog | None) -> None:
    """Train to the end, or until stopped. Without ``conductor`` and ``log`` (a further GPU) nothing is told.

    Where memory runs out it goes on with half the batch. Raises BatchLoweredError when it is one of several processes.
    """
    with _warnings_to(log):
        try:
            while not _finishes(run, device, conductor):
                gc.collect()
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
                if RANK != -1:
                    raise BatchLoweredError
                if log is not None:
                    tell_lower_batch(run, log)
        except RunStoppedError:
            assert conductor is not None  # only it raises this
            strip_weights(run)
            conductor.tell_end("stopped")
            return
        if conductor is not None and log is not None:
            if conductor.reason != "stopped":
                _calibrate(run, device, log)
            conductor.tell_end()


def tell_failure(run: Run, log: EventLog, error: BaseException) -> None:
    """The last event of a run that went wrong; the whole story goes to its log file, if there is room for it."""
    told = plain_error(error, run)
    crops = {"crops": list(error.crops)} if isinstance(error, NotFiniteError) else {}
    log.write("failed", message=told.message, path=str(told.path or ""), **crops)
    with contextlib.suppress(OSError):
        traceback.print_exception(error)


def tell_lower_batch(run: Run, log: EventLog) -> None:
    """Say that memory ran out and how it goes on."""
    text = f"Out of memory: goes on after the last whole epoch with batches of {run.batch} crops."
    log.write("log", level="warning", text=text)


def _finishes(run: Run, device: str, conductor: Conductor | None) -> bool:
    """Train; False when memory ran out and the run's batch was halved for another go."""
    trainer: CharacterTraining | None = None
    try:
        trainer = CharacterTraining(overrides=ultralytics_arguments(run, device))
        if conductor is not None:
            conductor.attach(trainer)
        if trainer.is_complete:  # it died between its last epoch and its last word
            trainer.finish()
        else:
            trainer.train()
        if conductor is not None and trainer.scores is not None:
            conductor.tell_scores(trainer.scores)
        return True
    except Exception as error:
        least = max(trainer.world_size if trainer is not None else 1, 1)
        if trainer is None or not is_out_of_memory(error) or trainer.batch_size // 2 < least:
            raise
        run.lower_batch(trainer.batch_size // 2)
        return False
    finally:
        if trainer is not None:
            close_loaders(trainer)


def _calibrate(run: Run, device: str, log: EventLog) -> None:
    """Fit the probabilities of the best weights on the part of train that was set aside."""
    if run.chooser != "selection" or run.best_weights is None:
        return
    from lpstudio.reading.calibrate import calibrate_run
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.weights import load_weights

    reader = CharacterReader(load_weights(run.best_weights, device.split(",")[0]), run.settings.imgsz)
    try:
        calibration = calibrate_run(run, reader)
        calibration.save()
    except LpStudioError as error:
        log.write("log", level="warning", text=f"The probabilities are not calibrated: {error.what}.")
        return
    one = calibration.posterior
    text = f"Probabilities are calibrated on the selection part: {one.method}, τ {one.temperature:.3f}."
    log.write("log", level="info", text=text)


@contextlib.contextmanager
def _warnings_to(log: EventLog | None) -> Iterator[None]:
    speaker = logging.getLogger("ultralytics")
    handler = _WarningsToEvents(log) if log is not None else logging.NullHandler()
    speaker.addHandler(handler)
    try:
        yield
    finally:
        speaker.removeHandler(handler)


class _WarningsToEvents(logging.Handler):
    """What Ultralytics warns about is told to the person."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        text = re.sub(r"\x1b\[[0-9;]*m", "", record.getMessage()).strip()
        with contextlib.suppress(OSError):
            self._log.write("log", level=record.levelname.lower(), text=text)
