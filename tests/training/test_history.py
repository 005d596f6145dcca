"""Events of a run fold into curves, progress and log."""

from __future__ import annotations

import math

from lpstudio.studio.train.curve_lines import nearest, plots_for
from lpstudio.studio.train.wording import duration, memory
from lpstudio.training.history import RunHistory


def epoch(number: int, loss: float, **more: object) -> dict[str, object]:
    losses = {"box_loss": loss, "seg_loss": 2 * loss, "cls_loss": loss, "dfl_loss": loss, "char_loss": loss / 10}
    return {
        "v": 1, "t": 1000.0 + number, "type": "epoch", "epoch": number, "epochs": 10, "train": losses,
        "val": {name: value * 1.5 for name, value in losses.items()},
        "metrics": {"mask_map": number / 10, "char_top1": number / 20}, "lr": 0.01, "epoch_s": 2.0,
        "left_s": 2.0 * (10 - number), "memory_mb": 500, "best": True, **more,
    }  # fmt: skip


def test_every_epoch_is_one_point_of_every_curve() -> None:
    history = RunHistory().extended([epoch(1, 3.0), epoch(2, 2.0)])
    assert history.epochs == (1, 2)
    assert history.values("train", "char_loss") == (0.3, 0.2)
    assert history.values("val", "box_loss") == (4.5, 3.0)
    assert history.values("metrics", "mask_map") == (0.1, 0.2)


def test_the_validation_loss_is_the_sum_of_all_its_terms_the_similarity_term_included() -> None:
    history = RunHistory().extended([epoch(1, 2.0)])
    assert math.isclose(history.total("val")[0], 1.5 * (2 + 4 + 2 + 2 + 0.2))


def test_an_epoch_run_again_after_a_resume_replaces_the_one_before() -> None:
    history = RunHistory().extended([epoch(1, 3.0), epoch(2, 2.0), epoch(3, 9.0)])
    history = history.extended([{"type": "start", "epochs": 10, "batches": 4}, epoch(2, 1.0)])
    assert history.epochs == (1, 2)
    assert history.values("train", "box_loss") == (3.0, 1.0)


def test_a_term_that_comes_later_leaves_a_gap_not_a_shift() -> None:
    first = epoch(1, 3.0)
    later = epoch(2, 2.0)
    later["train"] = {**later["train"], "sem_loss": 0.5}  # type: ignore[dict-item]
    history = RunHistory().extended([first, later])
    values = history.values("train", "sem_loss")
    assert math.isnan(values[0])
    assert values[1] == 0.5
    assert [plot.id for plot in plots_for([history])][5] == "sem_loss"


def test_progress_is_counted_in_batches_within_the_epoch() -> None:
    history = RunHistory().extended(
        [
            {"type": "start", "epochs": 10, "batches": 4, "device": "cpu", "weights": "scratch"},
            epoch(1, 3.0),
            {"type": "batch", "epoch": 2, "batch": 2, "batches": 4, "images_per_s": 31.0, "memory_mb": 700},
        ]
    )
    assert history.progress.fraction == 0.15
    assert history.progress.images_per_s == 31.0
    assert history.progress.left_s == 18.0


def test_a_run_that_was_resumed_still_says_what_it_started_from() -> None:
    start = {"type": "start", "epochs": 10, "batches": 4, "weights": "best.pt"}
    history = RunHistory().extended([start, {**start, "weights": "resumed"}])
    assert history.weights == "best.pt"


def test_missing_and_odd_values_do_not_break_the_curves() -> None:
    odd = epoch(1, 1.0, left_s=None, memory_mb=None)
    odd["val"] = {"box_loss": None, "seg_loss": "x"}
    history = RunHistory().extended([odd, {"type": "unheard-of"}, {}])
    assert math.isnan(history.values("val", "box_loss")[0])
    assert history.last("val", "box_loss") is None


def test_the_log_keeps_levels_and_says_what_happened() -> None:
    history = RunHistory().extended(
        [
            {"type": "log", "t": 5.0, "level": "warning", "text": "slow disk"},
            {"type": "paused", "t": 6.0},
            {"type": "failed", "t": 7.0, "message": "disk full", "path": "/data/last.pt"},
        ]
    )
    assert [(line.level, line.text) for line in history.log] == [
        ("warning", "slow disk"),
        ("info", "Paused"),
        ("error", "disk full"),
    ]
    assert history.failure == "disk full"
    assert history.failure_path == "/data/last.pt"


def test_hovering_reads_the_epoch_next_to_the_pointer() -> None:
    epochs = (1, 2, 5, 9)
    assert [epochs[nearest(epochs, x) or 0] for x in (-3.0, 1.4, 1.6, 3.4, 3.6, 20.0)] == [1, 1, 2, 2, 5, 9]
    assert nearest((), 3.0) is None


def test_times_and_memory_say_their_unit() -> None:
    assert [duration(41), duration(725), duration(11050), duration(None)] == ["0:41", "12:05", "3:04:10", "–"]
    assert [memory(812), memory(3482), memory(None)] == ["812 MB", "3.4 GB", "–"]
