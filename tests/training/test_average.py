"""The mean of several trainings' weights: a model like each of them, of the same characters."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lpstudio.cli.app import run_command_line
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.reading.weights import load_weights, open_model
from lpstudio.training.average import average_weights
from tests.reading.models import save_weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two weights of one start that went different ways."""
    folder = tmp_path_factory.mktemp("trained")
    return save_weights(folder / "one.pt", {"O": 4.0, "0": 1.0}), save_weights(folder / "two.pt", {"O": 1.0, "0": 4.0})


def test_every_weight_is_the_mean_and_the_file_opens_as_weights(trained: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "mean.pt"
    assert run_command_line(["average", str(out), *map(str, trained)]) == 0
    models = [open_model(path)[0].float().state_dict() for path in (*trained, out)]
    for name, mean in models[2].items():
        if mean.is_floating_point():
            assert torch.allclose(mean, (models[0][name] + models[1][name]) / 2, atol=2e-3, rtol=2e-3), name
    assert load_weights(out, "cpu").alphabet.names == load_weights(trained[0], "cpu").alphabet.names


def test_weights_of_other_characters_damaged_ones_and_a_single_one_are_refused(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "mean.pt"
    other = save_weights(tmp_path / "other.pt", names=tuple("ABC"))
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes(trained[0].read_bytes()[:5000])
    with pytest.raises(LpStudioError, match="other characters"):
        average_weights((trained[0], other), out)
    with pytest.raises(LpStudioError, match="damaged"):
        average_weights((trained[0], damaged), out)
    with pytest.raises(UsageError):
        average_weights(trained[:1], out)
    assert not out.exists()
    out.write_bytes(b"mine")
    with pytest.raises(LpStudioError, match="already"):
        average_weights(trained, out)
    assert out.read_bytes() == b"mine"
