"""What the tests of the exchange share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk after each of thousands of files is not what these tests are about."""

    def do_not_wait(handle: int) -> None:
        """In place of os.fsync."""

    monkeypatch.setattr(os, "fsync", do_not_wait)
