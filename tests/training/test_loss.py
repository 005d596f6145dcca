"""The similarity-aware top-k loss against the definition it comes from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lpstudio.alphabet import CHARACTERS
from lpstudio.similarity import Similarity, create_similarity_matrix
from lpstudio.training.loss import SimilarityAwareTopKLoss
from lpstudio.training.loss_terms import confusion_logits, explain_confusion, explain_loss
from lpstudio.training.settings import LossSettings
from tests.training.loss_bench import PerSampleLoss, against_loop

NAMES = tuple(CHARACTERS)
S = create_similarity_matrix()


def _random(rows: int, dtype: torch.dtype, seed: int = 0, scale: float = 4.0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, 36, generator=generator, dtype=dtype) * scale
    return logits, torch.randint(0, 36, (rows,), generator=generator)


def _value_and_gradient(loss: nn.Module, logits: torch.Tensor, targets: torch.Tensor):
    leaf = logits.clone().requires_grad_()
    value = loss(leaf, targets)
    value.backward()
    return value.detach(), leaf.grad


@pytest.mark.parametrize(
    "options",
    [{}, {"k": 1}, {"k": 5}, {"temperature": 2.5}, {"temperature": 0.5, "base_weight": 1.0, "topk_weight": 2.0}],
)
@pytest.mark.parametrize("rows", [1, 7, 300])
def test_the_loss_equals_the_per_sample_loop_in_value_and_gradient(rows: int, options: dict[str, float]) -> None:
    for dtype, tolerance in ((torch.float64, {"rtol": 0, "atol": 1e-9}), (torch.float32, {"rtol": 1e-5, "atol": 1e-8})):
        logits, targets = _random(rows, dtype, seed=rows)
        value, gradient = _value_and_gradient(SimilarityAwareTopKLoss(36, S, **options), logits, targets)
        wanted, wanted_gradient = _value_and_gradient(PerSampleLoss(S, **options), logits, targets)
        torch.testing.assert_close(value, wanted, **tolerance)
        torch.testing.assert_close(gradient, wanted_gradient, **tolerance)


def test_mistaking_o_for_0_costs_less_than_mistaking_it_for_x() -> None:
    loss = SimilarityAwareTopKLoss()
    target = torch.tensor([NAMES.index("O")])
    values = {}
    for predicted in "0X":
        logits = torch.zeros(1, 36)
        logits[0, NAMES.index(predicted)] = 5.0
        values[predicted] = loss(logits, target).item()
    assert values["0"] < values["X"]


def test_the_constructor_takes_a_tensor_and_defaults_to_the_standard_matrix() -> None:
    logits, targets = _random(20, torch.float32)
    assert torch.equal(
        SimilarityAwareTopKLoss()(logits, targets),
        SimilarityAwareTopKLoss(similarity_matrix=torch.from_numpy(S))(logits, targets),
    )
    with pytest.raises(ValueError, match="36×36"):
        SimilarityAwareTopKLoss(similarity_matrix=np.eye(4))


def test_more_candidates_than_classes_are_all_classes() -> None:
    logits = torch.randn(5, 3)
    targets = torch.tensor([0, 1, 2, 0, 1])
    few = SimilarityAwareTopKLoss(3, np.eye(3), k=3)(logits, targets)
    assert torch.equal(SimilarityAwareTopKLoss(3, np.eye(3), k=10)(logits, targets), few)


def test_without_positives_the_loss_is_zero_and_in_the_graph() -> None:
    logits = torch.randn(4, 36, requires_grad=True)
    value = SimilarityAwareTopKLoss()(logits[:0], torch.zeros(0, dtype=torch.long))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None and not logits.grad.any()


def test_half_precision_logits_are_computed_in_full_precision_under_autocast() -> None:
    logits, targets = _random(64, torch.float32)
    half = logits.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = SimilarityAwareTopKLoss()(half, targets)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, SimilarityAwareTopKLoss()(half.float(), targets), rtol=0, atol=0)


def test_enormous_logits_give_finite_values_and_gradients() -> None:
    logits, targets = _random(16, torch.float32, scale=1e4)
    value, gradient = _value_and_gradient(SimilarityAwareTopKLoss(), logits, targets)
    assert torch.isfinite(value) and torch.isfinite(gradient).all()


def test_the_loss_is_fifty_times_faster_than_the_loop_at_4096_anchors() -> None:
    assert against_loop(4096)["times_faster"] >= 50


@pytest.mark.parametrize("name", ["similarity", "cross-entropy"])
@pytest.mark.parametrize(("k", "temperature"), [(1, 1.0), (2, 1.0), (4, 3.0), (36, 0.5)])
def test_the_terms_shown_are_those_of_training(name: str, k: int, temperature: float) -> None:
    settings = LossSettings(name=name, k=k, temperature=temperature)
    base_weight, topk_weight = settings.weights
    loss = SimilarityAwareTopKLoss(36, S, k, temperature, base_weight, topk_weight)
    logits, targets = _random(30, torch.float64, seed=k)
    for row, target in zip(logits, targets.tolist(), strict=True):
        terms = explain_loss(row.numpy(), NAMES[target], S, NAMES, settings)
        trained = loss(row[None], torch.tensor([target])).item()
        assert terms.total == pytest.approx(trained, abs=1e-9)
        assert terms.logged == pytest.approx(0.5 * trained, abs=1e-9)
        assert len(terms.topk_terms) == k


def test_a_confusion_between_look_alikes_is_shown_with_its_similarity() -> None:
    alike = explain_confusion("O", "0", 5.0, S, NAMES)
    different = explain_confusion("O", "X", 5.0, S, NAMES)
    assert [term.char for term in alike.topk_terms] == ["0", "O"]
    assert alike.topk_terms[0].similarity == pytest.approx(0.6)
    assert different.topk_terms[0].similarity == 0.0
    assert alike.cross_entropy == pytest.approx(different.cross_entropy)
    assert alike.total < different.total
    logits = torch.from_numpy(confusion_logits("O", "0", 5.0, NAMES))[None]
    trained = SimilarityAwareTopKLoss()(logits, torch.tensor([NAMES.index("O")])).item()
    assert alike.total == pytest.approx(trained, abs=1e-9)


def test_classes_in_another_order_are_matched_by_name() -> None:
    reordered = ("0", "x", "O", "A")
    matrix = Similarity().matrix(reordered)
    terms = explain_loss([3.0, 0.5, 1.0, 0.0], "o", matrix, reordered)
    assert [(term.char, round(term.similarity, 6)) for term in terms.topk_terms] == [("0", 0.6), ("O", 1.0)]


def test_a_character_that_is_no_class_is_named() -> None:
    with pytest.raises(ValueError, match="'B'"):
        explain_loss([0.0, 1.0], "B", np.eye(2), ("A", "C"))
