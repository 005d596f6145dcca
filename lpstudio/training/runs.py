"""Runs: one folder a training, numbered, never overwritten, with all that is needed to repeat, follow and resume it.

``runs/NAME-N/``: ``run.json`` (settings, groups, matrix, counts), ``data.yaml``, the frozen lists of
:mod:`lpstudio.training.frozen`, ``events.jsonl``, ``commands.jsonl``, ``lock.json`` (the process at work), ``state.pt``
(to resume from), ``batch.json`` (where memory was too small for the batch), ``mlflow.json`` (its run in MLflow),
``scores.json`` (what val says of the best weights), ``worker.log`` and what Ultralytics writes: ``args.yaml``,
``results.csv``, ``weights/``.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.atomic import append_line_durable, write_bytes_atomic, write_error
from lpstudio.dataset.labels import format_label_text
from lpstudio.dataset.types import CropContent
from lpstudio.errors import LpStudioError
from lpstudio.similarity import Similarity
from lpstudio.training.commands import CommandReader
from lpstudio.training.events import last_event, read_events
from lpstudio.training.frozen import SPLITS, FrozenCrop, read_frozen, write_frozen
from lpstudio.training.locks import Owner
from lpstudio.training.selection import set_aside
from lpstudio.training.settings import TrainSettings

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.training_set import TrainingSet

COMMANDS = ("pause", "resume", "stop_after_epoch", "stop")


class RunStatus(StrEnum):
    """What a run is doing. STOPPED, FAILED and DIED ones can be resumed."""

    QUEUED = "queued"  # waits for another training on the same device
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"
    DIED = "died"  # its process is gone without a word

    @property
    def is_live(self) -> bool:
        """Whether a process is at work."""
        return self in {RunStatus.QUEUED, RunStatus.STARTING, RunStatus.RUNNING, RunStatus.PAUSED}


@dataclass(frozen=True)
class Run:
    """One training: its folder and what stands in it."""

    dir: Path
    record: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Run:
        """Read a run's folder. Raises LpStudioError when it is none."""
        path = Path(folder) / "run.json"
        try:
            record = json.loads(path.read_bytes())
        except OSError as error:
            raise LpStudioError("this folder holds no run", path=folder, remedy="Name a folder in runs/.") from error
        except ValueError as error:
            raise LpStudioError("the run's description is broken", path=path) from error
        if not isinstance(record, dict) or not {"settings", "names", "similarity"} <= record.keys():
            raise LpStudioError("the run's description is broken", path=path)
        return cls(Path(folder).resolve(), record)

    @property
    def name(self) -> str:
        return self.dir.name

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return float(self.record.get("created", 0.0))

    @cached_property
    def settings(self) -> TrainSettings:
        return TrainSettings.from_dict(self.record["settings"])

    @cached_property
    def alphabet(self) -> Alphabet:
        return Alphabet(tuple(self.record["names"]))

    @cached_property
    def similarity(self) -> Similarity:
        return Similarity.from_dict(self.record["similarity"])

    @property
    def matrix(self) -> NDArray[np.float32]:
        """S over the run's classes, shape (nc, nc)."""
        return class_matrix(self.similarity, self.alphabet)

    @property
    def counts(self) -> Mapping[str, Any]:
        """Numbers in ``crops`` and ``characters`` (by split), ``left_out`` (by reason); lists ``rare``, ``absent``."""
        counts: Mapping[str, Any] = self.record.get("counts", {})
        return counts

    @property
    def events_path(self) -> Path:
        return self.dir / "events.jsonl"

    @property
    def commands_path(self) -> Path:
        return self.dir / "commands.jsonl"

    @property
    def lock_path(self) -> Path:
        return self.dir / "lock.json"

    @property
    def log_path(self) -> Path:
        return self.dir / "worker.log"

    @property
    def state_path(self) -> Path:
        return self.dir / "state.pt"

    @property
    def results_path(self) -> Path:
        return self.dir / "results.csv"

    @property
    def best_weights(self) -> Path | None:
        """The weights of the best epoch so far, or None."""
        path = self.dir / "weights" / "best.pt"
        return path if path.is_file() else None

    @property
    def last_weights(self) -> Path | None:
        path = self.dir / "weights" / "last.pt"
        return path if path.is_file() else None

    def crops(self, split: str) -> list[FrozenCrop]:
        """The frozen crops of ``train``, ``selection`` or ``val``; none of a part that this run does not have."""
        known = self.record.get("label_hashes")
        if known is not None and split not in known:
            return []
        return read_frozen(self.dir, split, (known or {}).get(split))

    @property
    def chooser(self) -> str:
        """The part that chooses weights, the end and probabilities: ``selection``, else ``val``, else ``train``."""
        crops = self.counts.get("crops", {})
        return next((split for split in ("selection", "val") if crops.get(split)), "train")

    @property
    def batch(self) -> int:
        """Crops per step: as set, or fewer since memory ran out."""
        try:
            return min(self.settings.batch, int(json.loads(self._batch_path.read_bytes())["batch"]))
        except (OSError, ValueError, KeyError, TypeError):
            return self.settings.batch

    def lower_batch(self, batch: int) -> None:
        """From now on use smaller batches than set. Raises LpStudioError."""
        write_bytes_atomic(self._batch_path, json.dumps({"batch": batch, "set": self.settings.batch}).encode())

    @property
    def _batch_path(self) -> Path:
        return self.dir / "batch.json"

    def events(
        self, after: int = 0, kinds: Collection[str] | None = None, max_bytes: int = 4 << 20
    ) -> tuple[list[dict[str, Any]], int]:
        """The events behind a byte offset and the offset to ask with next time."""
        return read_events(self.events_path, after, kinds, max_bytes)

    def owner(self) -> Owner | None:
        """The process that trains or last trained this run."""
        return Owner.read(self.lock_path)

    def status(self) -> RunStatus:
        """What the run is doing, by its newest event and whether its process lives."""
        owner = self.owner()
        if owner is None:
            return RunStatus.STOPPED
        event = last_event(self.events_path, owner.events_offset) or {}
        kind = event.get("type")
        if kind == "finished":
            return RunStatus.STOPPED if event.get("reason") == "stopped" else RunStatus.FINISHED
        if kind == "failed":
            return RunStatus.FAILED
        if not owner.is_alive():
            return RunStatus.DIED
        if kind is None:
            return RunStatus.STARTING
        return {"queued": RunStatus.QUEUED, "paused": RunStatus.PAUSED}.get(kind, RunStatus.RUNNING)

    @property
    def can_resume(self) -> bool:
        """Whether starting it again goes on with it."""
        return self.status() in {RunStatus.STOPPED, RunStatus.FAILED, RunStatus.DIED}

    def send(self, command: str) -> None:
        """Give the training a command: pause, resume, stop_after_epoch or stop. Raises LpStudioError when none runs."""
        if command not in COMMANDS:
            raise ValueError(f"unknown command {command!r}")
        if not self.status().is_live:
            raise LpStudioError(f"the run is not running ({self.status()})", path=self.dir)
        append_line_durable(self.commands_path, json.dumps({"t": round(time.time(), 3), "command": command}))

    @property
    def was_asked_to_stop(self) -> bool:
        """Whether the process that trains or last trained it was told to stop, at once or after its epoch."""
        return not {"stop", "stop_after_epoch"}.isdisjoint(CommandReader(self.commands_path).poll())

    def forget_commands(self) -> None:
        """Drop the commands of an earlier start; called before the process starts."""
        self.commands_path.unlink(missing_ok=True)


def create_run(
    project: Project, settings: TrainSettings, training_set: TrainingSet, similarity: Similarity | None = None
) -> Run:
    """Freeze what a training needs into a new numbered folder of ``runs/``, a part of train set aside to choose with.

    ``similarity``: groups and cells for the loss, those of the project when left out. Raises LpStudioError when no crop
    takes part or the folder cannot be made.
    """
    settings.check()
    if settings.weights.lower().endswith(".pt") and Path(settings.weights).expanduser().is_file():
        settings = replace(settings, weights=str(Path(settings.weights).expanduser().resolve()))
    similarity = similarity or project.settings.similarity
    given = training_set.splits
    parts = set_aside(project, given.get("train", ()), settings.selection_share, settings.seed)
    training_set = replace(training_set, splits={**given, "train": list(parts.train), "selection": list(parts.chosen)})
    crops = {split: _frozen_crops(training_set, split, project.alphabet) for split in SPLITS}
    if not crops["train"]:
        raise LpStudioError(
            "no crop takes part in the training: the train split has no "
            + ("verified crop" if settings.verified_only else "labelled or verified crop"),
            path=project.yaml_path,
            remedy="Draw characters on some crops of the train split first.",
        )
    if not any(crop.label for crop in crops["train"]):
        raise LpStudioError(
            "no crop of the train split has a character", path=project.yaml_path, remedy="Draw characters first."
        )
    folder = new_folder(project.root / "runs", settings.name or "train")
    hashes = {split: write_frozen(folder, split, crops[split]) for split in SPLITS}
    names = list(project.alphabet.names)
    _write_data_yaml(folder, names)
    record = {
        "v": 1,
        "created": round(time.time(), 3),
        "project": str(project.root),
        "settings": settings.to_dict(),
        "names": names,
        "similarity": similarity.to_dict(),
        "matrix": [[round(float(value), 6) for value in row] for row in class_matrix(similarity, project.alphabet)],
        "counts": _counts(training_set),
        "selection": {
            "share": settings.selection_share,
            "seed": settings.seed,
            "plates": parts.plates,
            "why_none": parts.why_none,
        },
        "label_hashes": hashes,
    }
    write_bytes_atomic(folder / "run.json", json.dumps(record, ensure_ascii=False, indent=1).encode())
    return Run.open(folder)


def class_matrix(similarity: Similarity, alphabet: Alphabet) -> NDArray[np.float32]:
    """S over the classes of an alphabet; classes that are no plate character are similar to themselves alone."""
    matrix = similarity.matrix(alphabet.names)
    for index in range(len(alphabet)):
        if not alphabet.is_character(index):
            matrix[index, :] = matrix[:, index] = 0.0
            matrix[index, index] = 1.0
    return matrix


def list_runs(project_root: Path) -> list[Run]:
    """The runs of a project, the newest first; folders that hold none are passed over."""
    folder = Path(project_root) / "runs"
    if not folder.is_dir():
        return []
    runs = []
    for path in folder.iterdir():
        if (path / "run.json").is_file():
            try:
                runs.append(Run.open(path))
            except LpStudioError:
                continue
    return sorted(runs, key=lambda run: (run.created, run.name), reverse=True)


def export_best(run: Run, folder: Path) -> Path:
    """Copy the best weights to ``folder`` as ``RUN_best.pt``; a different file of that name is kept, and numbers added.

    Raises LpStudioError when the run has none yet or the folder cannot be written.
    """
    source = run.best_weights
    if source is None:
        raise LpStudioError("the run has no best weights yet", path=run.dir, remedy="Let it finish one epoch.")
    data = source.read_bytes()
    folder = Path(folder)
    number = 1
    while True:
        target = folder / (f"{run.name}_best.pt" if number == 1 else f"{run.name}_best-{number}.pt")
        if not target.exists():
            break
        if target.read_bytes() == data:
            return target
        number += 1
    write_bytes_atomic(target, data)
    return target


def delete_run(run: Run) -> None:
    """Remove a run's folder. Raises LpStudioError while it is running."""
    if run.status().is_live:
        raise LpStudioError("the run is still running", path=run.dir, remedy="Stop it first.")
    try:
        shutil.rmtree(run.dir)
    except OSError as error:
        raise LpStudioError(f"the run could not be removed: {error.strerror}", path=run.dir) from error


def _frozen_crops(training_set: TrainingSet, split: str, alphabet: Alphabet) -> list[FrozenCrop]:
    return [
        FrozenCrop(
            crop.key,
            crop.image.resolve(),
            crop.size,
            format_label_text(CropContent(crop.characters), alphabet, crop.size),
        )
        for crop in training_set.splits.get(split, ())
    ]


def _counts(training_set: TrainingSet) -> dict[str, Any]:
    return {
        "crops": {split: training_set.total(split) for split in SPLITS},
        "characters": {split: training_set.counts(split) for split in SPLITS},
        "rare": [name for name, _ in training_set.rare()],
        "absent": training_set.absent(),
        "left_out": training_set.left_out_counts,
    }


def new_folder(runs: Path, name: str) -> Path:
    """Make ``runs/NAME-N`` with the first number above every one used so far."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        pattern = re.compile(re.escape(name) + r"-(\d+)")
        used = [int(match[1]) for path in runs.iterdir() if (match := pattern.fullmatch(path.name))]
        number = max(used, default=0) + 1
        while True:
            folder = runs / f"{name}-{number}"
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                number += 1
    except OSError as error:
        raise write_error(error, runs) from error


def _write_data_yaml(folder: Path, names: list[str]) -> None:
    import yaml

    data = {"train": "train.txt", "val": "val.txt", "names": dict(enumerate(names))}
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    write_bytes_atomic(folder / "data.yaml", text.encode())
