"""Import and export as commands of the window, and what it does with dropped annotations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.studio.commands import Command
from lpstudio.studio.workspace import Notice, Severity

if TYPE_CHECKING:
    from lpstudio.studio.exchange.import_dialog import ImportDialog
    from lpstudio.studio.exchange.work import ExchangeWork
    from lpstudio.studio.main_window import MainWindow

ANNOTATION_SUFFIXES = frozenset({".zip", ".json", ".jsonl", ".xml"})
_TASK = "exchange"


class Exchange:
    """One of each window; its process starts with the first use."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._work: ExchangeWork | None = None
        self._register()

    @property
    def work(self) -> ExchangeWork:
        """The work, made with the first use."""
        if self._work is None:
            from lpstudio.studio.exchange.work import ExchangeWork

            work = self._work = ExchangeWork(self._window)
            window = self._window
            self._words = ""

            def started(words: str) -> None:
                self._words = words
                window.set_task(_TASK, words, None, "file.cancel_exchange")
                window.commands.refresh()

            def progressed(done: int, total: int) -> None:
                share = done / total if total else None
                count = f" {done:,} of {total:,}" if total else ""
                window.set_task(_TASK, f"{self._words}{count}", share, "file.cancel_exchange")

            def ended() -> None:
                window.end_task(_TASK)
                window.commands.refresh()

            work.started.connect(started)
            work.progressed.connect(progressed)
            work.ended.connect(ended)
            work.project_changed.connect(self._project_changed)
        return self._work

    def _register(self) -> None:
        window, add = self._window, self._window.commands.register

        def can_write() -> bool:
            return window.session is not None and not window.session.project.read_only

        def idle() -> bool:
            return self._work is None or not self._work.busy

        add(
            Command(
                "file.import",
                "&Import…",
                "File",
                ("Ctrl+Alt+I",),
                "download",
                "Bring in YOLO, labelme, COCO, CVAT, Label Studio, VOC or X-AnyLabeling",
                separator_before=True,
            ),
            lambda: self.open_import(),
            available=lambda: window.session is None or can_write(),
        )
        add(
            Command("file.export", "E&xport…", "File", ("Ctrl+Alt+X",), "package", "Write for other programs"),
            self.open_export,
            available=lambda: window.session is not None,
        )
        add(
            Command("file.undo_import", "Undo the last import", "File", (), "undo-2", "Bring back what stood there"),
            self.undo_import,
            available=lambda: can_write() and idle(),
        )
        add(
            Command("file.cancel_exchange", "Cancel import or export", "File", (), "circle-stop"),
            lambda: self.work.cancel(),
            available=lambda: not idle(),
        )

    def open_import(self, source: Path | None = None) -> ImportDialog:
        """Open the page, or bring the open one to the front."""
        from lpstudio.studio.exchange.import_dialog import ImportDialog

        window = self._window
        dialog = window.findChild(ImportDialog, "import_dialog")
        if dialog is None:
            dialog = ImportDialog(self.work, window.session, window)
            dialog.made.connect(window.open_project)
            dialog.undo_wanted.connect(self.undo_import)
        dialog.show()
        dialog.raise_()
        if source is not None:
            dialog.set_source(source)
        return dialog

    def open_export(self) -> None:
        """Open the page, or bring the open one to the front."""
        from lpstudio.studio.exchange.export_dialog import ExportDialog

        window = self._window
        if window.session is None:
            return
        dialog = window.findChild(ExportDialog) or ExportDialog(self.work, window.session, window)
        dialog.show()
        dialog.raise_()

    def undo_import(self) -> None:
        """Take the last import into the open project back."""
        from lpstudio.studio.exchange.import_dialog import ImportDialog

        window, session = self._window, self._window.session
        if session is None:
            return

        def done(payload: dict[str, Any]) -> None:
            report = payload["report"]
            dialog = window.findChild(ImportDialog, "import_dialog")
            if dialog is not None:
                dialog.show_undone(payload)
            counts = ", ".join(f"{number:,} {what}" for what, number in report["counts"].items())
            stayed = sum(report["lost"].values())
            more = f"; {stayed:,} worked on since stay" if stayed else ""
            window.notify(Notice(f"The import of {Path(payload['source']).name} is undone: {counts}{more}"))

        fields = {"project": str(session.project.yaml_path)}
        words = "undoing the import"
        self.work.run(
            "undo_import", fields, words, done, lambda text: window.notify(Notice(text, Severity.WARNING)), session
        )

    def _project_changed(self) -> None:
        if self._window.session is not None:
            self._window.session.note_restored()

    def close_dialogs(self) -> None:
        """Another project is open, or none: what the pages say does not hold for it."""
        from PySide6.QtWidgets import QDialog

        if self._work is not None:
            self._work.cancel()
        for name in ("import_dialog", "export_dialog"):
            dialog = self._window.findChild(QDialog, name)
            if dialog is not None:
                dialog.hide()
                dialog.setParent(None)
                dialog.deleteLater()

    def close(self) -> None:
        """The window closes."""
        if self._work is not None:
            self._work.close()


def looks_like_annotations(path: Path) -> bool:
    """Whether a dropped file or folder may hold another program's annotations. Looks at names alone."""
    if path.is_dir():
        places = [path, *(entry for entry in _entries(path) if entry.is_dir())]
        return any(entry.suffix.lower() in (".json", ".xml") for place in places for entry in _entries(place))
    return path.suffix.lower() in ANNOTATION_SUFFIXES


def _entries(folder: Path) -> list[Path]:
    """The first entries of a folder; one that cannot be read has none."""
    from itertools import islice

    try:
        return list(islice(folder.iterdir(), 200))
    except OSError:
        return []
