"""Networks run by torch, also as programs for many pictures."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from lpstudio.reading.runtime_torch import TorchModel

CLASSES = 36


@pytest.fixture(scope="module")
def model() -> TorchModel:
    from ultralytics.nn.tasks import SegmentationModel

    torch.manual_seed(1)
    network = SegmentationModel("yolo11n-seg.yaml", nc=CLASSES, verbose=False).eval()
    return TorchModel(network.fuse(verbose=False))  # as weights are opened


def test_a_model_made_for_many_pictures_says_the_same_of_any_number_in_any_shape_and_thread(model: TorchModel) -> None:
    rng = np.random.default_rng(0)
    shapes = ((1, 64, 224), (3, 128, 160), (2, 224, 96))
    batches = [rng.random((n, h, w, 3), np.float32).transpose(0, 3, 1, 2) for n, h, w in shapes]
    faster = model.for_many()
    assert isinstance(faster.network, torch.jit.ScriptModule) and model.for_many() is faster
    expected = [model(batch) for batch in batches]
    lanes = [faster.lane() for _ in batches]
    with faster.lanes_running(), ThreadPoolExecutor(3, initializer=faster.start_lane) as pool:
        for _ in range(3):  # a program is made faster still after its first calls
            for one, other in zip(expected, pool.map(lambda lane, batch: lane(batch), lanes, batches), strict=True):
                assert np.array_equal(one.decoded, other.decoded)
                assert one.logits is not None and np.array_equal(one.logits, other.logits)
                assert one.protos is not None and np.array_equal(one.protos, other.protos)
    assert model(batches[0]).decoded.shape == expected[0].decoded.shape  # it still knows other shapes itself


def test_a_network_that_no_program_can_be_made_of_is_read_with_as_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Network(torch.nn.Module):
        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return torch.zeros(len(batch), 4 + CLASSES, 1)

    model = TorchModel(Network())
    with caplog.at_level(logging.DEBUG, "lpstudio"):
        assert model.for_many() is model and "as it is" in caplog.text
    assert model(np.zeros((2, 3, 32, 32), np.float32)).decoded.shape == (2, 4 + CLASSES, 1)


def test_a_program_says_the_same_in_another_process_which_needs_no_ultralytics(
    model: TorchModel, tmp_path: Path
) -> None:
    batch = np.random.default_rng(0).random((2, 96, 224, 3), np.float32).transpose(0, 3, 1, 2)
    (tmp_path / "model").write_bytes(pickle.dumps((model.for_many(), batch)))
    code = (
        "import pickle, sys, numpy as np, pathlib\n"
        "model, batch = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "model.start_lane()\n"
        "np.save(sys.argv[2], model(batch).logits)\n"
        "assert 'ultralytics' not in sys.modules\n"
    )
    call = [sys.executable, "-c", code, str(tmp_path / "model"), str(tmp_path / "said.npy")]
    subprocess.run(call, check=True, timeout=120, env={**os.environ, "OMP_NUM_THREADS": "1"})
    expected = model(batch).logits
    assert expected is not None and np.array_equal(np.load(tmp_path / "said.npy"), expected)
