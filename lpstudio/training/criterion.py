"""The way of the character loss into YOLO11-seg: a criterion that sees the class logits of the positive anchors.

Ultralytics' criterion drops what its assigner says of every anchor; here the assigner is asked through a wrapper that
remembers it, so nothing is computed twice.
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from ultralytics.utils.loss import v8SegmentationLoss

from lpstudio.training.loss import SimilarityAwareTopKLoss
from lpstudio.training.settings import LossSettings

LOSS_NAME = "char_loss"


class CharacterSegmentationLoss(v8SegmentationLoss):
    """YOLO11-seg's loss and, as one more item, ``gain · char`` over the positive anchors.

    The last item of the loss vector is the character loss, times batch size like all others. ``matrix``: S over the
    model's classes, shape (nc, nc).
    """

    def __init__(self, model: nn.Module, settings: LossSettings, matrix: NDArray[Any]) -> None:
        super().__init__(model)
        base_weight, topk_weight = settings.weights
        self.gain = settings.gain
        self.character_loss = SimilarityAwareTopKLoss(
            self.nc, matrix, settings.k, settings.temperature, base_weight, topk_weight
        ).to(self.device)
        remembering = _RememberingAssigner(self.assigner)
        self.assigner: Any = remembering
        if settings.name == "in-place":
            self.bce = _PositivesByCharacter(remembering)
        self._term: Tensor | None = None

    def get_assigned_targets_and_loss(
        self, preds: dict[str, Tensor], batch: dict[str, Any], **assign_kwargs: Any
    ) -> tuple:
        """As Ultralytics', and the character term of the same assignment kept for :meth:`loss`."""
        result = super().get_assigned_targets_and_loss(preds, batch, **assign_kwargs)
        labels, foreground = self.assigner.forget()
        self._term = self._character_term(preds["scores"], labels, foreground)
        return result

    def loss(self, preds: dict[str, Tensor], batch: dict[str, Any]) -> tuple[Tensor, dict[str, Tensor]]:
        """The stock items and, last, the character loss; each times batch size. The logged items are not."""
        loss, items = super().loss(preds, batch)
        term, self._term = self._term, None
        assert term is not None
        batch_size = preds["scores"].shape[0]
        return torch.cat((loss, (term * batch_size).view(1))), {**items, LOSS_NAME: term.detach()}

    def _character_term(self, scores: Tensor, labels: Tensor, foreground: Tensor) -> Tensor:
        """``gain · char``; ``scores`` are class logits (batch, nc, anchors), the others (batch, anchors)."""
        if self.gain == 0:
            return torch.zeros((), device=self.device)
        image, anchor = foreground.nonzero(as_tuple=True)
        return self.character_loss(scores[image, :, anchor], labels[image, anchor].long()) * self.gain


class _RememberingAssigner(nn.Module):
    """An assigner that keeps what it said last, until asked."""

    def __init__(self, assigner: nn.Module) -> None:
        super().__init__()
        self.assigner = assigner
        self.labels: Tensor | None = None
        self.foreground: Tensor | None = None

    def forward(self, *args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
        result = self.assigner(*args, **kwargs)
        self.labels, self.foreground = result[0], result[3]
        return result

    def forget(self) -> tuple[Tensor, Tensor]:
        """(class number, foreground) of every anchor, each of shape (batch, anchors); kept no longer."""
        labels, foreground = self.labels, self.foreground
        assert labels is not None and foreground is not None
        self.labels = self.foreground = None
        return labels, foreground


class _PositivesByCharacter(nn.Module):
    """Class BCE for the background; positives are left to the character loss but for their confidence.

    Cross-entropy does not care about shifts of the logits, so each positive keeps one BCE, on logsumexp(z) against the
    assigner's score. It stands in the row's first column: only the sum counts.
    """

    def __init__(self, assigner: _RememberingAssigner) -> None:
        super().__init__()
        self.assigner = assigner

    def forward(self, logits: Tensor, scores: Tensor) -> Tensor:
        """``logits``, ``scores``: (batch, anchors, nc); returns the terms in the same shape."""
        foreground = self.assigner.foreground
        assert foreground is not None
        terms = functional.binary_cross_entropy_with_logits(logits, scores, reduction="none")
        terms = terms.masked_fill(foreground.unsqueeze(-1), 0.0)
        with torch.autocast(logits.device.type, enabled=False):
            confidence = functional.binary_cross_entropy_with_logits(
                logits.float().logsumexp(-1), scores.float().sum(-1), reduction="none"
            )
        first = functional.pad((confidence * foreground).unsqueeze(-1), (0, logits.shape[-1] - 1))
        return terms + first
