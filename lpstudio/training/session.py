"""One training in this process, from the first batch to the last event."""

from __future__ import annotations

import contextlib
import logging
import re
import traceback

from lpstudio.training.arguments import ultralytics_arguments
from lpstudio.training.conductor import Conductor, RunStoppedError
from lpstudio.training.events import EventLog
from lpstudio.training.problems import plain_error
from lpstudio.training.runs import Run
from lpstudio.training.trainer import CharacterTraining, close_loaders, strip_weights

NO_VALIDATION_CROPS = (
    "The val split has no labelled crop: validation uses the training crops, so its figures say nothing of new plates."
)


def train(run: Run, device: str, conductor: Conductor | None, log: EventLog | None) -> None:
    """Train to the end, or until stopped. Without ``conductor`` and ``log`` (a further GPU) nothing is told."""
    ultralytics_log = logging.getLogger("ultralytics")
    warnings = _WarningsToEvents(log) if log is not None else logging.NullHandler()
    ultralytics_log.addHandler(warnings)
    trainer: CharacterTraining | None = None
    try:
        if log is not None and not run.counts["crops"].get("val"):
            log.write("log", level="warning", text=NO_VALIDATION_CROPS)
        trainer = CharacterTraining(overrides=ultralytics_arguments(run, device))
        if conductor is not None:
            conductor.attach(trainer)
        if trainer.is_complete:  # it died between its last epoch and its last word
            strip_weights(run)
        else:
            trainer.train()
        if conductor is not None:
            conductor.tell_end()
    except RunStoppedError:
        assert conductor is not None  # only it raises this
        strip_weights(run)
        conductor.tell_end("stopped")
    finally:
        ultralytics_log.removeHandler(warnings)
        if trainer is not None:
            close_loaders(trainer)


def tell_failure(run: Run, log: EventLog, error: BaseException) -> None:
    """The last event of a run that went wrong; the whole story goes to its log file, if there is room for it."""
    told = plain_error(error, run)
    log.write("failed", message=told.message, path=str(told.path or ""))
    with contextlib.suppress(OSError):
        traceback.print_exception(error)


class _WarningsToEvents(logging.Handler):
    """What Ultralytics warns about is told to the person."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        text = re.sub(r"\x1b\[[0-9;]*m", "", record.getMessage()).strip()
        with contextlib.suppress(OSError):
            self._log.write("log", level=record.levelname.lower(), text=text)
