"""The similarity-aware top-k loss: hesitating between characters that look alike costs little."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional

from lpstudio.similarity import create_similarity_matrix


class SimilarityAwareTopKLoss(nn.Module):
    """``mean over rows of (base_weight · CE(z, t) + topk_weight · Σ_{j in top-k of p} p_j · (1 − S[t, j]))``.

    ``p = softmax(z / temperature)``. ``similarity_matrix``: S, shape (num_classes, num_classes), anything numpy or
    torch understands; by default the one of the 36 standard classes. More than ``num_classes`` candidates cannot be
    looked at, so k is at most that.
    """

    similarity_matrix: Tensor

    def __init__(
        self,
        num_classes: int = 36,
        similarity_matrix: ArrayLike | Tensor | None = None,
        k: int = 2,
        temperature: float = 1.0,
        base_weight: float = 0.7,
        topk_weight: float = 0.3,
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.k = min(k, num_classes)
        self.temperature = temperature
        self.base_weight = base_weight
        self.topk_weight = topk_weight
        if similarity_matrix is None:
            similarity_matrix = create_similarity_matrix(num_classes)
        matrix = (
            similarity_matrix.detach().clone()
            if isinstance(similarity_matrix, Tensor)
            else torch.from_numpy(np.array(similarity_matrix))
        )
        if tuple(matrix.shape) != (num_classes, num_classes):
            raise ValueError(f"the similarity matrix must be {num_classes}×{num_classes}, not {tuple(matrix.shape)}")
        self.register_buffer("similarity_matrix", matrix)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss of ``logits`` (n, num_classes) against class numbers ``targets`` (n,): a scalar.

        At least float32, whatever the logits are. Without rows it is 0, attached to the graph.
        """
        if logits.shape[0] == 0:
            return logits.sum() if logits.dtype == torch.float64 else logits.sum().float()
        with torch.autocast(logits.device.type, enabled=False):
            z = logits if logits.dtype in (torch.float32, torch.float64) else logits.float()
            log_p = functional.log_softmax(z, dim=1)
            loss = functional.nll_loss(log_p, targets) * self.base_weight
            if self.topk_weight == 0:
                return loss
            soft = log_p if self.temperature == 1 else functional.log_softmax(z / self.temperature, dim=1)
            best, classes = soft.topk(self.k, dim=1)
            penalties = 1 - self.similarity_matrix.to(z.dtype)[targets.unsqueeze(1), classes]
            return loss + (best.exp() * penalties).sum(1).mean() * self.topk_weight
