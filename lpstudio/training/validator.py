"""Validation during training: Ultralytics' own, and the accuracy of characters as in reading."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed
from ultralytics.models.yolo.detect import DetectionValidator
from ultralytics.models.yolo.segment import SegmentationValidator
from ultralytics.utils import RANK

from lpstudio.evaluation.measures import CharacterCounts, count_characters
from lpstudio.reading.detect import Kept, keep
from lpstudio.reading.runtime_torch import output_of


class CharacterValidator(SegmentationValidator):
    """Counts characters on the very outputs that mAP is computed from; the model runs once."""

    def init_metrics(self, model: torch.nn.Module) -> None:
        super().init_metrics(model)
        self.characters = CharacterCounts()
        self._kept: list[Kept] = []

    def postprocess(self, preds: Any) -> list[dict[str, Tensor]]:
        self._kept = keep(output_of(preds), self.nc)
        return super().postprocess(preds)

    def update_metrics(self, preds: list[dict[str, Tensor]], batch: dict[str, Any]) -> None:
        super().update_metrics(preds, batch)
        for index, kept in enumerate(self._kept):
            truth = DetectionValidator._prepare_batch(self, index, batch)  # without masks
            ranked = np.argsort(-kept.logits, axis=1, kind="stable")[:, :2]
            self.characters += count_characters(
                truth["bboxes"].cpu().numpy(),
                truth["cls"].long().cpu().tolist(),
                kept.boxes,
                ranked.tolist(),
            )

    def gather_stats(self) -> None:
        super().gather_stats()
        if RANK < 0:
            return
        gathered: list[Any] = [None] * distributed.get_world_size()
        distributed.all_gather_object(gathered, self.characters)
        self.characters = sum(gathered, CharacterCounts())

    def get_stats(self) -> dict[str, Any]:
        """Ultralytics' metrics and the character measures, all of which stand in ``results.csv``."""
        return {
            **super().get_stats(),
            "metrics/char_top1": self.characters.top1_accuracy,
            "metrics/char_top2": self.characters.top2_accuracy,
            "metrics/char_missed": self.characters.missed,
            "metrics/char_extra": self.characters.extra,
            "metrics/char_count": self.characters.characters,
        }
