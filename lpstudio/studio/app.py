"""The studio as a program: application, log, settings, the one window."""

from __future__ import annotations

import logging
import logging.handlers
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QSettings,
    QSocketNotifier,
    Qt,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from lpstudio import __version__
from lpstudio.studio import theme
from lpstudio.studio.garbage import GarbageCollection
from lpstudio.studio.icons import icon
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import log_file, open_settings
from lpstudio.studio.workspace import Notice, Severity

_log = logging.getLogger(__name__)

LOG_BYTES = 1_000_000
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def start_logging() -> Path | None:
    """Log to a rotating file; None when it cannot be written (then the log goes to stderr only)."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    qInstallMessageHandler(_log_qt)
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=LOG_BYTES, backupCount=3, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler()
        path = None  # type: ignore[assignment]
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    return path


def _log_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    logging.getLogger("qt").log(_QT_LEVELS.get(kind, logging.INFO), "%s", message)


class FaultCatcher(QObject):
    """Keeps the window alive when something unforeseen fails: it goes to the log, and a notice says so."""

    caught = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before: Callable[[type[BaseException], BaseException, TracebackType | None], object] = sys.excepthook
        self._before_thread = threading.excepthook

    def install(self) -> None:
        """Take the hooks of the process."""
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread

    def uninstall(self) -> None:
        """Give the hooks back."""
        sys.excepthook = self._before
        threading.excepthook = self._before_thread

    def _take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        _log.critical("unforeseen failure\n%s", "".join(traceback.format_exception(kind, error, trace)))
        try:
            self.caught.emit(f"Something unforeseen failed ({kind.__name__}: {error}); the work goes on")
        except RuntimeError:  # the window is gone already
            self._before(kind, error, trace)

    def _take_from_thread(self, what: threading.ExceptHookArgs) -> None:
        if what.exc_value is not None:
            self._take(what.exc_type, what.exc_value, what.exc_traceback)


def make_application(arguments: list[str]) -> QApplication:
    """The QApplication with names, icon and attributes set (or the one that is there already)."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    sys.setswitchinterval(0.001)  # the window must not wait longer than this for a thread that computes
    QApplication.setApplicationName("lpstudio")
    QApplication.setApplicationDisplayName("LP Studio")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("lpstudio")
    return QApplication([*arguments[:1]] or ["lpstudio"])


def open_window(project: Path | None, settings: QSettings) -> MainWindow:
    """Show the window, and begin to open a project."""
    window = MainWindow(settings)
    window.show()
    if project is None and settings.value("start/reopen", False, type=bool):
        last = str(settings.value("projects/last", ""))
        project = Path(last) if last and Path(last).exists() else None
    if project is not None:
        window.open_project(project)
    return window


def close_on_signals(window: MainWindow) -> None:
    """Ctrl+C in the terminal and the end of the login session close the window as a person would: work is saved."""
    if sys.platform == "win32":  # there the system asks windows to close by itself
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told)
    notifier = QSocketNotifier(heard, QSocketNotifier.Type.Read, window)
    notifier.activated.connect(lambda *_: os.read(heard, 16))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: window.close())


def look_after_garbage(window: MainWindow) -> GarbageCollection:
    """Search for garbage on the GUI thread alone; while somebody works, not through what the window is built of."""
    garbage = GarbageCollection(window)
    garbage.install()
    window.first_painted.connect(garbage.keep)
    window.shelf.built.connect(garbage.keep)
    window.shelf.furnished.connect(garbage.keep)

    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication)

    def nobody_waits() -> bool:
        return window.session is None or application.applicationState() is not Qt.ApplicationState.ApplicationActive

    def search_all_while_nobody_waits() -> None:
        if nobody_waits():
            garbage.collect_all_soon(nobody_waits)

    window.session_changed.connect(search_all_while_nobody_waits)
    window.door.opening.connect(garbage.not_now)
    window.door.failed.connect(search_all_while_nobody_waits)
    application.applicationStateChanged.connect(search_all_while_nobody_waits)
    return garbage


def run_studio(project: Path | None, *, debug: bool = False) -> int:
    """Open the studio and stay until its window is closed; returns the exit code.

    ``debug``: moments in which the window did not answer go to the log.
    """
    application = make_application(sys.argv)
    start_logging()
    settings = open_settings()
    theme.install(application, str(settings.value("view/theme", "system")))
    application.setWindowIcon(icon("scan-eye", "accent"))
    faults = FaultCatcher(application)
    faults.install()
    window = open_window(project, settings)
    faults.caught.connect(lambda text: window.notify(Notice(text, Severity.ERROR, "view.log", "Show the log")))
    close_on_signals(window)
    garbage = look_after_garbage(window)
    if debug:
        from lpstudio.studio.watchdog import LoggingWatchdog

        watchdog = LoggingWatchdog(window)
        application.aboutToQuit.connect(watchdog.stop)
        window.first_painted.connect(watchdog.start)
    window.first_painted.connect(lambda: _log.info("LP Studio %s is open", __version__))
    try:
        return application.exec()
    finally:
        garbage.uninstall()
        faults.uninstall()
