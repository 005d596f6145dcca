"""Mixed precision: a whole step, model and loss, gives a finite loss near to that of full precision."""

from __future__ import annotations

import copy

import pytest
import torch
from ultralytics.nn.tasks import SegmentationModel
from ultralytics.utils import DEFAULT_CFG

from lpstudio.similarity import create_similarity_matrix
from lpstudio.training.criterion import CharacterSegmentationLoss
from lpstudio.training.settings import LossSettings
from tests.training import projects

DEVICES = [("cpu", torch.bfloat16), ("cpu", torch.float16), ("cuda", torch.bfloat16), ("cuda", torch.float16)]


@pytest.mark.parametrize("name", ["similarity", "cross-entropy", "in-place"])
@pytest.mark.parametrize(("device", "dtype"), DEVICES, ids=lambda value: str(value).removeprefix("torch."))
def test_a_step_in_half_precision_is_finite_and_near_to_full_precision(
    device: str, dtype: torch.dtype, name: str
) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA here")
    torch.manual_seed(0)
    model = SegmentationModel(projects.tiny_config(), nc=36, verbose=False).to(device).train()
    model.args = copy.copy(DEFAULT_CFG)
    model.criterion = CharacterSegmentationLoss(model, LossSettings(name=name), create_similarity_matrix())
    batch = {
        "img": torch.rand(4, 3, 64, 128, device=device),
        "batch_idx": torch.arange(4, device=device).repeat_interleave(5).float(),
        "cls": torch.randint(0, 36, (20, 1), device=device).float(),
        "bboxes": torch.tensor([[0.1 + 0.2 * place, 0.5, 0.16, 0.6] for place in range(5)], device=device).repeat(4, 1),
        "masks": torch.randint(0, 6, (4, 16, 32), device=device).float(),
    }
    state = copy.deepcopy(model.state_dict())
    losses = []
    for enabled in (False, True):
        model.load_state_dict(state)
        model.zero_grad()
        with torch.autocast(device, dtype=dtype, enabled=enabled):
            loss, items = model(dict(batch))
        loss.sum().backward()
        losses.append({**{key: float(value) for key, value in items.items()}, "sum": float(loss.detach().sum())})
        assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)
    full, half = losses
    assert full["char_loss"] > 0.1
    # the assigner may choose a few anchors differently: a tolerance for the sum, not for every digit
    assert half == pytest.approx(full, rel=0.1, abs=0.02)
