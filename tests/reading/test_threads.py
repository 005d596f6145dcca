"""Reading keeps the threads it may use, although Ultralytics leaves torch and all child processes one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lpstudio.reading.threads import usable_threads

_CODE = """
import os, sys
from pathlib import Path
from lpstudio.reading.weights import load_weights
model = load_weights(Path(sys.argv[1]), "cpu").model
print(model.threads, os.environ.get("OMP_NUM_THREADS"))
"""
_TORCH_ALONE = "import torch; print(torch.get_num_threads())"


def _said(code: str, *arguments: str) -> list[str]:
    """The words that another interpreter prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_reading_uses_as_many_threads_as_torch_alone_would_and_passes_no_limit_on(
    weights_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert _said(_CODE, str(weights_file)) == [*_said(_TORCH_ALONE), "None"]


def test_the_user_says_how_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert usable_threads() == 5
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert 1 <= usable_threads() <= (os.cpu_count() or 1)
