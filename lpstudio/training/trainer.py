"""The trainer: Ultralytics' segmentation trainer with the character loss, frozen crops and a state to resume from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import ultralytics.engine.trainer as engine
from torch import distributed, nn
from ultralytics.data.build import InfiniteDataLoader
from ultralytics.models.yolo.segment import SegmentationTrainer
from ultralytics.utils import DEFAULT_CFG, LOCAL_RANK, RANK, callbacks, torch_utils
from ultralytics.utils.torch_utils import ModelEMA, strip_optimizer, torch_distributed_zero_first, unwrap_model

from lpstudio.reading.weights import open_checkpoint
from lpstudio.training.batches import EpochBatches, ShapedBatches
from lpstudio.training.criterion import CharacterSegmentationLoss
from lpstudio.training.dataset import FrozenDataset
from lpstudio.training.picture_cache import memory_budget
from lpstudio.training.precision import amp_works
from lpstudio.training.runs import Run
from lpstudio.training.services import Service, wanted_services
from lpstudio.training.start import Start, starting_point
from lpstudio.training.state import as_write_error, load_state, random_state, restore_random_state, save_state
from lpstudio.training.validator import CharacterValidator
from lpstudio.training.watch import LossWatch


class CharacterTraining(SegmentationTrainer):
    """Trains a run. All that Ultralytics has no argument for is found in the run's folder, which is ``save_dir``.

    The name avoids "Trainer": to classes of that name Ultralytics attaches every service whose package is installed.
    ``scores``: what val says of the best weights, known at the end where val did not choose them.
    """

    model: Any
    is_rectangular: bool
    wdir: Path
    last: Path
    best: Path

    def __init__(self, cfg: Any = DEFAULT_CFG, overrides: dict[str, Any] | None = None, _callbacks: Any = None) -> None:
        assert overrides is not None  # a training without a run does not exist
        self.run = Run.open(Path(overrides["save_dir"]))
        self.state = load_state(self.run.state_path)
        self.start: Start | None = None
        self.services: list[Service] = []
        self.scores: dict[str, float] | None = None
        self._memory_left: int | None = None
        self._next_epoch = -1
        self._accumulate = 1
        self._since_step = 0  # batches whose gradients wait for the next step
        self._carries = False  # whether some of them are of an epoch before this process
        self._watch = LossWatch()
        self._files: list[str] = []  # of the batch at hand
        self._batch = 0  # which one of its epoch that is, from 1
        rows = self._kept_results()
        calls = _callbacks or callbacks.get_default_callbacks()
        if RANK in {-1, 0}:
            self.services = wanted_services(self.run.dir.parent)
            for service in self.services:
                service.attach(lambda event, callback: calls[event].append(callback))
        super().__init__(cfg, overrides, calls)
        self.add_callback("on_train_batch_end", CharacterTraining._watch_loss)
        self.add_callback("on_train_epoch_end", lambda trainer: trainer._watch.look())
        if rows:
            self.csv.write_text("".join(rows), encoding="utf-8")

    # --- what is trained on

    def get_dataset(self) -> dict[str, Any]:
        """The run's classes; Ultralytics' own check would look for fonts and folders."""
        names = dict(enumerate(self.run.alphabet.names))
        chooser = self.run.chooser
        return {"path": self.run.dir, "train": "train", "val": chooser, "names": names, "nc": len(names), "channels": 3}

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> FrozenDataset:
        """The frozen crops of a split."""
        crops = self.run.crops(img_path)
        if self._memory_left is None:
            self._memory_left = memory_budget(_processes())
        dataset = FrozenDataset(
            crops,
            erasing=self.run.settings.erasing,
            low_resolution=self.run.settings.low_resolution,
            memory=self._memory_left,
            imgsz=self.args.imgsz,
            batch_size=batch or self.batch_size,
            augment=mode == "train",
            hyp=self.args,
            stride=max(int(unwrap_model(self.model).stride.max()), 32),
            pad=0.0,
            data=self.data,
        )
        self._memory_left -= dataset.cached_bytes
        return dataset

    def get_dataloader(
        self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train"
    ) -> InfiniteDataLoader:
        """Ultralytics' loader with the run's own batches; in training their order follows from seed and epoch.

        Validation sees each crop on the rectangle that reading puts it on; on several GPUs on squares.
        """
        loader = super().get_dataloader(dataset_path, batch_size, rank, mode)
        dataset = loader.dataset
        if mode == "val" and _processes() == 1:
            object.__setattr__(loader, "batch_sampler", ShapedBatches(dataset.shapes, batch_size))
        elif mode == "train":
            self.is_rectangular = self.run.settings.batches == "rectangular" and not dataset.mixes_crops
            batches = EpochBatches(
                len(dataset),
                dataset.shapes if self.is_rectangular else None,
                min(batch_size, len(dataset)),
                self.args.seed,
                max(RANK, 0),
                _processes(),
            )
            object.__setattr__(loader, "batch_sampler", batches)  # torch forbids plain assignment once it is built
        return loader

    def _model_train(self) -> None:
        """Called as an epoch begins: the loader must give that epoch's batches, also when an epoch is done again."""
        super()._model_train()
        self._batch = 0
        self._restore_gradients()
        if self.epoch != self._next_epoch:
            self.train_loader.reset()
            self.train_loader.batch_sampler.first_epoch = self.epoch
        self._next_epoch = self.epoch + 1

    def said_of_pictures(self) -> str:
        """In a sentence, how the pictures come into the batches."""
        cached = [loader.dataset.cached_bytes for loader in (self.train_loader, self.test_loader)]
        kept = (
            f"Pictures are kept in memory ({sum(cached) / 1e6:.0f} MB)."
            if all(cached)
            else "Pictures are decoded anew in every epoch: they would take more than half of the free memory."
        )
        if self.is_rectangular:
            return f"Batches are rectangular. {kept}"
        wanted = self.run.settings.batches == "rectangular"
        return f"Batches are square{', as crops are put together' if wanted else ''}. {kept}"

    # --- what is trained

    def setup_model(self) -> None:
        """Build the model from the starting weights; a resumed run takes its weights from the state later."""
        if isinstance(self.model, nn.Module):
            return
        settings = self.run.settings
        self.start = starting_point("scratch" if self.state else settings.weights, settings.size)
        cfg = self.state["cfg"] if self.state else self.start.cfg
        self.model = self.get_model(cfg=cfg, weights=self.start.model, verbose=False)

    def set_model_attributes(self) -> None:
        """As Ultralytics', and what must be there before the EMA copies the model: layout and criterion."""
        super().set_model_attributes()
        if self.device.type == "cpu":  # Ultralytics does so on CUDA alone; here it spares a tenth of a step
            self.model.to(memory_format=torch.channels_last)
        loss = self.run.settings.loss
        if not loss.is_stock:
            self.model.criterion = CharacterSegmentationLoss(self.model, loss, self.run.matrix)

    def _setup_train(self) -> None:
        with _replaced(engine, "check_amp", amp_works):
            super()._setup_train()

    # --- a step

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """As Ultralytics'; called once a batch, before anything is computed with it."""
        # in the first epoch Ultralytics would halve the batch itself, without a word and behind the run's back
        self._oom_retries = 3
        self._files = batch["im_file"]
        self._batch += 1
        self._since_step += 1
        return super().preprocess_batch(batch)

    def optimizer_step(self) -> None:
        super().optimizer_step()
        self._since_step = 0
        self._carries = False

    @property
    def accumulate(self) -> int:
        """After how many batches the weights change.

        Ultralytics counts them from where its process began. Where gradients were carried over from before, it is told
        to go on waiting, or that it is time, until the first step is done.
        """
        if not self._carries:
            return self._accumulate
        return 1 if self._since_step >= self._accumulate else 1 << 30

    @accumulate.setter
    def accumulate(self, batches: int) -> None:
        self._accumulate = batches

    def _restore_gradients(self) -> None:
        """Once, in the first epoch of a resumed run: the gradients that waited for a step when its state was kept."""
        if self.state is None or not self.state.get("gradients") or self.epoch != self.start_epoch:
            return
        gradients = self.state.pop("gradients")
        for name, parameter in unwrap_model(self.model).named_parameters():
            if name in gradients:
                parameter.grad = gradients[name].to(parameter.device, memory_format=torch.preserve_format)
        # as many crops as then, should the batch have become smaller
        self._since_step = round(self.state["since_step"] * self.state["batch"] / self.batch_size)
        self._carries = True

    def _watch_loss(self) -> None:
        self._watch.add(self.epoch + 1, self._batch, self._files, self.loss)

    def _handle_nan_recovery(self, epoch: int) -> bool:
        """Never: what is no number has ended the training already, with the names of its crops."""
        return False

    def get_validator(self) -> CharacterValidator:
        return self._validator_of(self.test_loader)

    def _validator_of(self, loader: InfiniteDataLoader) -> CharacterValidator:
        args = engine.copy(self.args)
        return CharacterValidator(loader, save_dir=self.save_dir, args=args, _callbacks=self.callbacks)

    # --- what is kept

    def save_model(self) -> bool:
        """As Ultralytics', but no weights file is ever half-written."""
        names = ("wdir", "last", "best")
        kept = {name: getattr(self, name) for name in names}
        partial = self.wdir / ".partial"
        self.wdir, self.last, self.best = partial, partial / "last.pt", partial / "best.pt"
        try:
            saved = super().save_model()
            for path in partial.iterdir():
                path.replace(kept["wdir"] / path.name)
            partial.rmdir()
        except (OSError, RuntimeError) as error:
            told = as_write_error(error, kept["last"])
            shutil.rmtree(partial, ignore_errors=True)
            raise told from error
        finally:
            for name, value in kept.items():
                setattr(self, name, value)
        return bool(saved)

    def save_state(self, extra: dict[str, Any]) -> None:
        """Write all that is needed to go on with the next epoch; ``extra`` comes back in ``self.state["extra"]``."""
        save_state(
            self.run.state_path,
            {
                "epoch": self.epoch,
                "cfg": dict(unwrap_model(self.model).yaml),
                "model": unwrap_model(self.model).state_dict(),
                "ema": self.ema.ema.state_dict(),
                "updates": self.ema.updates,
                "optimizer": self.optimizer.state_dict(),
                "scaler": self.scaler.state_dict(),
                "best_fitness": float(self.best_fitness) if self.best_fitness is not None else None,
                "loss_names": list(self.loss_names),
                "batch": self.batch_size,
                "since_step": self._since_step,
                "gradients": self._gradients(),
                "random": random_state(),
                "extra": extra,
            },
        )

    def _gradients(self) -> dict[str, torch.Tensor]:
        """Those that wait for the next step."""
        if not self._since_step:
            return {}
        parameters = unwrap_model(self.model).named_parameters()
        return {name: parameter.grad for name, parameter in parameters if parameter.grad is not None}

    def resume_training(self, ckpt: dict[str, Any] | None) -> None:
        """Go on after the last whole epoch of the run, where there is one."""
        state = self.state
        if state is None:
            return
        unwrap_model(self.model).load_state_dict(state["model"])
        self.ema = ModelEMA(self.model, updates=state["updates"])
        self.ema.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        if state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        self.best_fitness = state["best_fitness"]
        self.start_epoch = state["epoch"] + 1
        for name in ("model", "ema", "optimizer"):  # as large as the model, each; they are in place now
            del state[name]

    @property
    def is_complete(self) -> bool:
        """Whether the last epoch is done already."""
        return self.state is not None and self.state["epoch"] + 1 >= self.epochs

    def restore_randomness(self) -> None:
        """Go on with the random numbers where the state left them; the batches follow from the epoch."""
        if self.state is not None:
            restore_random_state(self.state["random"])

    def final_eval(self) -> None:
        """Leave ``best.pt`` and ``last.pt`` without optimizer; where val did not choose, it scores the best weights."""
        with torch_distributed_zero_first(LOCAL_RANK):
            if RANK in {-1, 0}:
                strip_weights(self.run)
        best = self.run.best_weights
        if self.run.chooser == "selection" and self.run.crops("val") and best is not None:
            self.scores = self._scored(best)

    def finish(self) -> None:
        """What is left to do of a training whose last epoch is done."""
        self._setup_train()
        assert self.state is not None  # its last epoch is done
        self.epoch = self.start_epoch - 1
        self.loss_names = tuple(self.state.get("loss_names", ()))
        self.loss_items = {name: torch.zeros((), device=self.device) for name in self.loss_names}
        self.final_eval()

    def _scored(self, weights: Path) -> dict[str, float] | None:
        """The losses and measures of weights on val; None in all processes but the first."""
        self.ema.ema.load_state_dict(open_checkpoint(weights)["model"].float().state_dict())
        loader = self.get_dataloader("val", 2 * self.batch_size // max(self.world_size, 1), LOCAL_RANK, "val")
        try:
            return self._validator_of(loader)(self)
        finally:
            loader.close()

    def _kept_results(self) -> list[str]:
        """The rows of ``results.csv`` up to the state's epoch; a fresh trainer would remove them all."""
        if self.state is None or not self.run.results_path.is_file():
            return []
        header, *rows = self.run.results_path.read_text(encoding="utf-8").splitlines(keepends=True) or [""]
        done = self.state["epoch"] + 1
        return [
            header,
            *(row for row in rows if row.split(",")[0].strip().isdigit() and int(row.split(",")[0]) <= done),
        ]


def strip_weights(run: Run) -> None:
    """Take the optimizer out of a run's weights, whole or not at all.

    A resumed run may have come from elsewhere: its weights are opened as safely as any.
    """
    for path in (run.last_weights, run.best_weights):
        if path is not None:
            stripped = path.with_name(f".{path.name}.tmp")
            try:
                with _replaced(torch_utils, "torch_load", lambda file, **_: open_checkpoint(Path(file))):
                    done = bool(strip_optimizer(path, s=str(stripped)))
                if done:
                    stripped.replace(path)
            except (OSError, RuntimeError) as error:
                raise as_write_error(error, path) from error
            finally:
                stripped.unlink(missing_ok=True)


def close_loaders(trainer: CharacterTraining) -> None:
    """End the loading processes of a trainer, however far it came."""
    for name in ("train_loader", "test_loader"):
        loader = getattr(trainer, name, None)
        if loader is not None:
            loader.close()


def _processes() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


@contextmanager
def _replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    old = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, old)
