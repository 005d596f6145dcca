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


def test_reading_uses_the_processors_it_may_and_passes_no_limit_on(
    weights_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    done = subprocess.run([sys.executable, "-c", _CODE, str(weights_file)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(usable_threads()), "None"]


def test_the_user_says_how_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert usable_threads() == 5
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert 1 <= usable_threads() <= (os.cpu_count() or 1)
