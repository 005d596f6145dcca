"""How much the character loss costs: its share of a training step, and its speed beside a loop over samples."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lpstudio.similarity import create_similarity_matrix
from lpstudio.training.loss import SimilarityAwareTopKLoss
from lpstudio.training.settings import LossSettings


class PerSampleLoss(nn.Module):
    """The reference: one sample after the other, as the loss was first written."""

    similarity_matrix: Tensor

    def __init__(
        self, matrix: Any, k: int = 2, temperature: float = 1.0, base_weight: float = 0.7, topk_weight: float = 0.3
    ) -> None:
        super().__init__()
        self.k, self.temperature, self.base_weight, self.topk_weight = k, temperature, base_weight, topk_weight
        self.register_buffer("similarity_matrix", torch.as_tensor(matrix))

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        rows = logits.size(0)
        ce_loss = nn.functional.cross_entropy(logits, targets, reduction="none")
        probs = nn.functional.softmax(logits / self.temperature, dim=1)
        topk_probs, topk_indices = torch.topk(probs, self.k, dim=1)
        sim_loss = torch.zeros(rows, device=logits.device, dtype=logits.dtype)
        for i in range(rows):
            t = targets[i].item()
            penalties = 1.0 - self.similarity_matrix[t][topk_indices[i]]
            sim_loss[i] = (topk_probs[i] * penalties).sum()
        return (self.base_weight * ce_loss + self.topk_weight * sim_loss).mean()


def _least_s(work: Callable[[], object], repeats: int, device: torch.device) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return min(times)  # what the machine does beside it only ever adds


def against_loop(anchors: int = 4096, device: str = "cpu") -> dict[str, float]:
    """Milliseconds of value and gradient for the loss and for the loop, and how many times faster the loss is."""
    where = torch.device(device)
    generator = torch.Generator().manual_seed(0)
    logits = (torch.randn(anchors, 36, generator=generator) * 4).to(where)
    targets = torch.randint(0, 36, (anchors,), generator=generator).to(where)

    def work(loss: nn.Module) -> None:
        loss(logits.clone().requires_grad_(), targets).backward()

    matrix = create_similarity_matrix()
    fast, slow = SimilarityAwareTopKLoss(36, matrix).to(where), PerSampleLoss(matrix).to(where)
    work(fast)
    fast_s = _least_s(lambda: work(fast), 40, where)
    slow_s = _least_s(lambda: work(slow), 3, where)
    return {"loss_ms": fast_s * 1e3, "loop_ms": slow_s * 1e3, "times_faster": slow_s / fast_s}


def share_of_step(batch: int = 16, side: int = 224, characters: int = 7, device: str = "cpu") -> dict[str, float]:
    """The loss's part of a whole step of YOLO11n-seg (forward, loss, backward, SGD): milliseconds and percent."""
    from ultralytics.nn.tasks import SegmentationModel
    from ultralytics.utils import DEFAULT_CFG

    from lpstudio.training.criterion import CharacterSegmentationLoss

    where = torch.device(device)
    torch.manual_seed(0)
    model = SegmentationModel("yolo11n-seg.yaml", nc=36, verbose=False).to(where).train()
    model.args = copy.copy(DEFAULT_CFG)
    criterion = CharacterSegmentationLoss(model, LossSettings(), create_similarity_matrix())
    model.criterion = criterion
    x = (torch.arange(characters) + 0.5) / characters
    boxes = torch.stack([x, torch.full_like(x, 0.5), torch.full_like(x, 0.11), torch.full_like(x, 0.3)], 1)
    masks = torch.zeros(batch, side // 4, side // 4)
    for number, (cx, cy, w, h) in enumerate((boxes * side / 4).tolist()):
        masks[:, int(cy - h / 2) : int(cy + h / 2), int(cx - w / 2) : int(cx + w / 2)] = number + 1
    data = {
        "img": torch.rand(batch, 3, side, side),
        "batch_idx": torch.arange(batch).repeat_interleave(characters).float(),
        "cls": torch.randint(0, 36, (batch * characters, 1)).float(),
        "bboxes": boxes.repeat(batch, 1),
        "masks": masks,
    }
    data = {name: value.to(where) for name, value in data.items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.937, nesterov=True)
    seen: list[tuple[Tensor, Tensor, Tensor]] = []
    term = criterion._character_term

    def remembered(scores: Tensor, labels: Tensor, foreground: Tensor) -> Tensor:
        seen[:] = [(scores, labels, foreground)]
        return term(scores, labels, foreground)

    criterion._character_term = remembered  # type: ignore[method-assign]

    def step() -> None:
        model(data)[0].sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    step()
    step_s = _least_s(step, 5, where)
    scores, labels, foreground = seen[0]
    leaf = scores.detach().clone().requires_grad_()

    def alone() -> None:
        leaf.grad = None
        term(leaf, labels, foreground).backward()

    alone()
    term_s = _least_s(alone, 50, where)
    return {
        "step_ms": step_s * 1e3,
        "loss_ms": term_s * 1e3,
        "percent": 100 * term_s / step_s,
        "anchors": float(foreground.sum()),
    }


if __name__ == "__main__":
    found = "cuda" if torch.cuda.is_available() else "cpu"
    for name, values in (("against loop", against_loop(device=found)), ("share of step", share_of_step(device=found))):
        print(name, {key: round(value, 3) for key, value in values.items()})
