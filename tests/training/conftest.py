"""Fixtures for tests that train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lpstudio.training.runs import Run
from tests.training import projects


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    """Eight crops to train on and four to validate with; classes A B O 0."""
    return projects.write_project(tmp_path / "plates")


@pytest.fixture
def make_run(project_folder: Path) -> Callable[..., Run]:
    """Make a run of a few seconds on the CPU; settings may be given."""
    return lambda **settings: projects.make_run(project_folder, **settings)


@pytest.fixture(autouse=True)
def _own_locks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of tests wait for none outside them."""
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path_factory.mktemp("locks")))
