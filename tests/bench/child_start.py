"""A studio that tells when its window was first painted and how much memory it holds, then closes."""

from __future__ import annotations

import sys
from typing import Any

from PySide6.QtWidgets import QApplication

from lpstudio.__main__ import main
from tests.bench.processes import tell
from tests.bench.starting import watch_start


def finish(told: dict[str, Any]) -> None:
    tell(told)
    QApplication.closeAllWindows()


if __name__ == "__main__":
    watch = watch_start(finish)
    sys.argv = ["lpstudio"]
    main()
