"""The character loss in YOLO11-seg: what it adds, where, and that it adds nothing else."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from ultralytics.nn.tasks import SegmentationModel
from ultralytics.utils import DEFAULT_CFG
from ultralytics.utils.loss import v8SegmentationLoss

from lpstudio.similarity import create_similarity_matrix
from lpstudio.training.criterion import CharacterSegmentationLoss
from lpstudio.training.loss import SimilarityAwareTopKLoss
from lpstudio.training.settings import LossSettings

S = create_similarity_matrix()


@pytest.fixture(scope="module")
def model() -> SegmentationModel:
    torch.manual_seed(0)
    model = SegmentationModel("yolo11n-seg.yaml", nc=36, verbose=False)
    model.args = copy.copy(DEFAULT_CFG)
    return model.train()


def _batch(characters: int = 5, images: int = 2, side: int = 96) -> dict[str, Any]:
    """Pictures with boxes in a row; the masks are those boxes."""
    generator = torch.Generator().manual_seed(3)
    count = images * characters
    x = (torch.arange(characters) + 0.5) / max(characters, 1)
    boxes = torch.stack([x, torch.full_like(x, 0.5), torch.full_like(x, 0.15), torch.full_like(x, 0.5)], 1)
    masks = torch.zeros(images, side // 4, side // 4)
    for number, (cx, cy, w, h) in enumerate((boxes * side / 4).tolist()):
        masks[:, int(cy - h / 2) : int(cy + h / 2), int(cx - w / 2) : int(cx + w / 2) + 1] = number + 1
    return {
        "img": torch.rand(images, 3, side, side, generator=generator),
        "batch_idx": torch.arange(images).repeat_interleave(characters).float(),
        "cls": torch.randint(0, 36, (count, 1), generator=generator).float(),
        "bboxes": boxes.repeat(images, 1),
        "masks": masks,
    }


def _predictions(model: SegmentationModel, batch: dict[str, Any]) -> dict[str, Any]:
    """What the model says, its class logits a leaf whose gradient can be looked at."""
    torch.manual_seed(1)
    with torch.no_grad():
        predictions = model(batch["img"])
    predictions = {key: value.clone() if isinstance(value, Tensor) else value for key, value in predictions.items()}
    predictions["scores"] = torch.randn(predictions["scores"].shape, requires_grad=True)
    return predictions


def _gradient(criterion: v8SegmentationLoss, predictions: dict[str, Any], batch: dict[str, Any]) -> Tensor:
    predictions["scores"].grad = None
    criterion(predictions, batch)[0].sum().backward()
    gradient = predictions["scores"].grad
    assert gradient is not None
    return gradient.clone()


def _positives(model: SegmentationModel, predictions: dict[str, Any], batch: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """Foreground (batch, anchors) and the true class of each anchor, rebuilt from the stock criterion's answers."""
    stock = v8SegmentationLoss(model)
    (foreground, index, *_), _, _ = stock.get_assigned_targets_and_loss(predictions, batch)
    side = batch["img"].shape[-1]
    targets = torch.cat((batch["batch_idx"].view(-1, 1), batch["cls"], batch["bboxes"]), 1)
    labels = stock.preprocess(targets, len(batch["img"]), torch.full((4,), float(side)))[..., 0]
    return foreground, labels.gather(1, index).long()


def test_the_gradient_at_the_class_logits_changes_by_exactly_the_term(model: SegmentationModel) -> None:
    batch = _batch()
    predictions = _predictions(model, batch)
    settings = LossSettings()
    with_term = _gradient(CharacterSegmentationLoss(model, settings, S), predictions, batch)
    stock = _gradient(v8SegmentationLoss(model), predictions, batch)

    foreground, labels = _positives(model, predictions, batch)
    assert foreground.sum() > 20
    logits = predictions["scores"].detach().clone().requires_grad_()
    rows = logits.permute(0, 2, 1)[foreground]
    term = settings.gain * SimilarityAwareTopKLoss(36, S)(rows, labels[foreground])
    (len(batch["img"]) * term).backward()
    assert logits.grad is not None
    torch.testing.assert_close(with_term - stock, logits.grad, rtol=1e-4, atol=1e-6)
    background = ~foreground.unsqueeze(1).expand_as(with_term)
    assert torch.equal(with_term[background], stock[background])
    assert not torch.equal(with_term[~background], stock[~background])


def test_the_logged_item_is_gain_times_the_loss_and_stock_items_stay(model: SegmentationModel) -> None:
    batch = _batch()
    predictions = _predictions(model, batch)
    foreground, labels = _positives(model, predictions, batch)
    rows = predictions["scores"].detach().permute(0, 2, 1)[foreground]
    for gain in (0.5, 2.0):
        loss, items = CharacterSegmentationLoss(model, LossSettings(gain=gain), S)(predictions, batch)
        stock_loss, stock_items = v8SegmentationLoss(model)(predictions, batch)
        assert list(items) == [*stock_items, "char_loss"]
        assert all(torch.equal(items[name], stock_items[name]) for name in stock_items)
        wanted = gain * SimilarityAwareTopKLoss(36, S)(rows, labels[foreground])
        torch.testing.assert_close(items["char_loss"], wanted)
        assert torch.equal(loss[:-1], stock_loss)
        torch.testing.assert_close(loss[-1], wanted * 2)


def test_with_gain_zero_gradients_and_parameters_after_a_step_equal_stock(model: SegmentationModel) -> None:
    batch = _batch()

    def step(criterion: Any) -> tuple[list[Tensor], list[Tensor]]:
        own = copy.deepcopy(model)
        own.criterion = criterion(own)
        optimizer = torch.optim.SGD(own.parameters(), lr=0.01, momentum=0.9)
        torch.manual_seed(7)
        own(batch)[0].sum().backward()
        gradients = [parameter.grad.clone() for parameter in own.parameters() if parameter.grad is not None]
        optimizer.step()
        return gradients, [parameter.detach() for parameter in own.parameters()]

    gradients, parameters = step(lambda own: CharacterSegmentationLoss(own, LossSettings(gain=0.0), S))
    stock_gradients, stock_parameters = step(v8SegmentationLoss)
    assert len(gradients) == len(stock_gradients) > 100
    assert all(torch.equal(a, b) for a, b in zip(gradients, stock_gradients, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(parameters, stock_parameters, strict=True))


def test_a_batch_without_characters_costs_no_character_loss(model: SegmentationModel) -> None:
    batch = _batch(characters=0)
    predictions = _predictions(model, batch)
    loss, items = CharacterSegmentationLoss(model, LossSettings(), S)(predictions, batch)
    loss.sum().backward()
    assert items["char_loss"].item() == 0
    assert torch.isfinite(predictions["scores"].grad).all()


def test_the_cross_entropy_loss_leaves_the_similarity_out(model: SegmentationModel) -> None:
    batch = _batch()
    predictions = _predictions(model, batch)
    foreground, labels = _positives(model, predictions, batch)
    rows = predictions["scores"].detach().permute(0, 2, 1)[foreground]
    _, items = CharacterSegmentationLoss(model, LossSettings(name="cross-entropy"), S)(predictions, batch)
    wanted = 0.5 * 0.7 * nn.functional.cross_entropy(rows, labels[foreground])
    torch.testing.assert_close(items["char_loss"], wanted)


def test_in_place_the_positives_keep_one_bce_on_their_confidence(model: SegmentationModel) -> None:
    batch = _batch()
    predictions = _predictions(model, batch)
    remembered: list[Tensor] = []
    stock = v8SegmentationLoss(model)
    stock.assigner.register_forward_hook(lambda module, inputs, output: remembered.append(output[2]))
    stock(predictions, batch)
    scores = remembered[0]
    foreground, _ = _positives(model, predictions, batch)

    logits = predictions["scores"].detach().permute(0, 2, 1)
    background = nn.functional.binary_cross_entropy_with_logits(
        logits[~foreground], scores[~foreground], reduction="sum"
    )
    confidence = nn.functional.binary_cross_entropy_with_logits(
        logits[foreground].logsumexp(1), scores[foreground].sum(1), reduction="sum"
    )
    wanted = model.args.cls * (background + confidence) / scores.sum().clamp(min=1)
    _, items = CharacterSegmentationLoss(model, LossSettings(name="in-place"), S)(predictions, batch)
    torch.testing.assert_close(items["cls_loss"], wanted)
    assert items["char_loss"] > 0


def test_in_place_shifting_all_logits_of_a_positive_still_matters(model: SegmentationModel) -> None:
    batch = _batch()
    predictions = _predictions(model, batch)
    gradient = _gradient(CharacterSegmentationLoss(model, LossSettings(name="in-place"), S), predictions, batch)
    foreground, _ = _positives(model, predictions, batch)
    shift = gradient.permute(0, 2, 1)[foreground].sum(1)
    assert (shift.abs() > 1e-6).all()


def test_the_criterion_is_copied_with_the_model_and_stands_alone(model: SegmentationModel) -> None:
    own = copy.deepcopy(model)
    own.criterion = CharacterSegmentationLoss(own, LossSettings(name="in-place"), S)
    own(_batch())[0].sum().backward()
    ema = copy.deepcopy(own)
    assert ema.criterion.bce.assigner is ema.criterion.assigner
    assert ema.criterion.assigner is not own.criterion.assigner
    assert not any("similarity" in name for name in own.state_dict())


def test_under_mixed_precision_the_term_is_computed_in_full(model: SegmentationModel) -> None:
    batch = _batch()
    predictions = _predictions(model, batch)
    criterion = CharacterSegmentationLoss(model, LossSettings(), S)
    wanted = criterion(predictions, batch)[1]["char_loss"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = criterion(predictions, batch)[1]["char_loss"]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted, rtol=0.05, atol=0)


def test_the_matrix_must_fit_the_model(model: SegmentationModel) -> None:
    with pytest.raises(ValueError, match="36×36"):
        CharacterSegmentationLoss(model, LossSettings(), np.eye(5))
