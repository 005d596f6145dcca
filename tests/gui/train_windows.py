"""A process that opens real windows in Train and reports what they show, one after the other, for tests that kill them.

Every line on its input makes it fork a window of its own (everything is imported by then, so that a window is there
soon); the line says "start" when that window is to start a training. It answers with the pid; the window itself writes
a line of JSON whenever what it shows has changed: its pid, the run's state, its epochs, the points of its curve.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    import lpstudio.studio.annotate.workspace
    import lpstudio.studio.main_window
    import lpstudio.studio.session
    import lpstudio.studio.train.workspace  # noqa: F401 - what every window needs

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # killed windows leave no zombies
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            os.setpgid(0, 0)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            show_window(Path(sys.argv[1]), start=line.strip() == "start")
        say({"forked": pid})


def say(data: dict[str, object]) -> None:
    os.write(1, json.dumps(data).encode() + b"\n")


def show_window(project: Path, *, start: bool) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from lpstudio.studio import theme
    from lpstudio.studio.main_window import MainWindow
    from lpstudio.studio.places import open_settings

    application = QApplication([])
    theme.install(application, "dark")
    window = MainWindow(open_settings())
    window.show()
    window.open_project(project)
    state: dict[str, object] = {"begun": not start, "said": None}

    def look() -> None:
        if window.session is None:
            return
        if window.current_workspace != "train":
            window.run_command("go.train")
            return
        workspace = window.workspace("train")
        if workspace is None or not workspace.isVisible():
            return
        if not state["begun"]:
            if window.commands.action("train.start").isEnabled():
                state["begun"] = True
                window.run_command("train.start")
            return
        page = workspace.view.page  # type: ignore[attr-defined]
        followed = page.followed
        if followed is None or not page.isVisible():
            return
        plot = page.grid.plots.get("total")
        points = plot.points["val"] if plot is not None else 0
        shown = (followed.name, str(followed.status), followed.history.epochs, points)
        if shown != state["said"]:
            state["said"] = shown
            name, status, epochs, _points = shown
            say({"pid": os.getpid(), "name": name, "status": status, "epochs": epochs, "points": points})

    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(20)
    application.exec()
    os._exit(0)


if __name__ == "__main__":
    main()
