"""Training settings: the notebook's defaults, and faults that name their field."""

from __future__ import annotations

import math

import pytest

from lpstudio.training.early_stop import EarlyStop, validation_loss
from lpstudio.training.settings import LossSettings, SettingsError, TrainSettings


def test_the_defaults_are_the_notebooks() -> None:
    settings = TrainSettings()
    wanted = {
        "epochs": 300, "batch": 16, "imgsz": 224, "optimizer": "SGD", "lr0": 0.01, "lrf": 0.01, "momentum": 0.937,
        "weight_decay": 5e-4, "warmup_epochs": 3.0, "warmup_momentum": 0.8, "warmup_bias_lr": 0.1, "hsv_h": 0.015,
        "hsv_s": 0.7, "hsv_v": 0.4, "erasing": 0.4, "fliplr": 0.0, "flipud": 0.0, "mosaic": 0.0, "mixup": 0.0,
        "copy_paste": 0.0, "translate": 0.1, "scale": 0.5, "amp": True, "seed": 42, "deterministic": True,
        "save_period": 10, "early_stop_epochs": 50, "early_stop_percent": 1.0, "schedule": "cosine",
    }  # fmt: skip
    assert {name: getattr(settings, name) for name in wanted} == wanted
    assert settings.loss == LossSettings("similarity", 2, 1.0, 0.7, 0.3, 0.5)


def test_every_setting_has_a_title_and_a_word_on_what_it_does() -> None:
    infos = TrainSettings.infos()
    assert len({info.name for info in infos}) == len(infos) > 30
    for info in infos:
        assert info.title and info.help.endswith((".", ")")), info.name
        assert info.group
        assert TrainSettings().with_value(info.name, info.default) == TrainSettings()


def test_settings_come_back_from_plain_data() -> None:
    settings = TrainSettings().with_value("loss.k", 3).with_value("epochs", 5).with_value("lr0", 1)
    assert TrainSettings.from_dict(settings.to_dict()) == settings
    assert TrainSettings.from_dict({"loss": {"gain": 1}}).loss.gain == 1.0


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"epochs": 0}, "epochs", "at least 1"),
        ({"epochs": "many"}, "epochs", "whole number"),
        ({"epochs": True}, "epochs", "whole number"),
        ({"batch": 2.5}, "batch", "whole number"),
        ({"lr0": math.nan}, "lr0", "a number"),
        ({"imgsz": 100}, "imgsz", "multiple of 32"),
        ({"amp": 1}, "amp", "true or false"),
        ({"size": "q"}, "size", "n, s, m, l, x"),
        ({"name": "../x"}, "name", "folder"),
        ({"loss": {"name": "magic"}}, "loss.name", "similarity, cross-entropy, in-place, stock"),
        ({"loss": {"k": 0}}, "loss.k", "at least 1"),
        ({"loss": {"topk": 1}}, "loss.topk", "unknown"),
        ({"loss": 3}, "loss", "group"),
        ({"epoch": 3}, "epoch", "'epochs'"),
    ],
)
def test_a_faulty_setting_is_named(data: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TrainSettings.from_dict(data)
    assert caught.value.field == field
    assert words in caught.value.message and field in caught.value.message


def test_the_cross_entropy_loss_has_no_top_k_weight() -> None:
    assert LossSettings(name="cross-entropy").weights == (0.7, 0.0)
    assert LossSettings().weights == (0.7, 0.3)


def test_training_stops_when_the_validation_loss_has_not_improved_by_a_hundredth() -> None:
    stop = EarlyStop(epochs=3, percent=1.0)
    assert not stop.update(10.0)
    assert not stop.update(9.95)  # half a percent: no improvement
    assert not stop.update(9.91)
    assert not stop.update(9.89)  # more than one percent of 10: counts, and the waiting starts anew
    assert [stop.update(value) for value in (9.89, math.nan, 9.85)] == [False, False, True]


def test_no_early_stop_when_it_is_switched_off() -> None:
    stop = EarlyStop(epochs=0, percent=1.0)
    assert not any(stop.update(1.0) for _ in range(500))


def test_the_validation_loss_sums_all_items_the_similarity_term_included() -> None:
    metrics = {"val/box_loss": 1.0, "val/seg_loss": 2.0, "val/char_loss": 0.5, "metrics/mAP50(B)": 0.9}
    assert validation_loss(metrics) == pytest.approx(3.5)
