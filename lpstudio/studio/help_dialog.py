"""Help: pages of ``resources/help``, and the sheet of shortcuts made from the command table."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QTextBlockFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QTextBrowser

from lpstudio import __version__
from lpstudio.resources import resource
from lpstudio.studio import theme
from lpstudio.studio.commands import shown
from lpstudio.studio.palette import plain_title
from lpstudio.studio.shortcuts.words import page_with_keys

if TYPE_CHECKING:
    from lpstudio.studio.commands import CommandTable
    from lpstudio.studio.main_window import MainWindow

PAGES = (
    ("start", "First steps"),
    ("annotate", "Annotate"),
    ("similarity", "Similarity"),
    ("train", "Train"),
    ("review", "Review"),
    ("synthetic", "Synthetic plates"),
    ("files", "Files of a project"),
    ("command-line", "Command line"),
    ("glossary", "Words"),
    ("architecture", "How it is built"),
    ("shortcuts", "Keyboard shortcuts"),
    ("about", "About"),
)


class HelpDialog(QDialog):
    """A list of pages and the page."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Help")
        self._window = window
        self.pages = QListWidget(self)
        self.pages.setFixedWidth(176)
        for name, title in PAGES:
            item = QListWidgetItem(title, self.pages)
            item.setData(Qt.ItemDataRole.UserRole, name)
        self.browser = QTextBrowser(self)
        self.browser.setOpenExternalLinks(True)
        self.browser.document().setDocumentMargin(16)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.pages)
        layout.addWidget(self.browser, 1)
        self.resize(860, 600)
        self.pages.currentItemChanged.connect(lambda item, _before: self._show(item))
        self._soon = QTimer(self)  # many commands come in at once when a workspace is built
        self._soon.setSingleShot(True)
        self._soon.setInterval(60)
        self._soon.timeout.connect(self._show_again)
        window.commands.changed.connect(self._soon.start)
        window.commands.keys_changed.connect(self._soon.start)

    @classmethod
    def show_for(cls, window: MainWindow, page: str) -> HelpDialog:
        """Open the help at a page ("annotate", "shortcuts"…)."""
        window.build_all()  # the sheet of shortcuts is to be whole
        dialog = window.findChild(cls) or cls(window)
        dialog.show_page(page)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def show_page(self, page: str) -> None:
        names = [name for name, _ in PAGES]
        self.pages.setCurrentRow(names.index(page) if page in names else 0)

    def _show_again(self) -> None:
        """Commands came in, or have other keys: the same page, at the same place."""
        bar = self.browser.verticalScrollBar()
        place = bar.value()
        self._show(self.pages.currentItem())
        bar.setValue(place)

    def _show(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        name = str(item.data(Qt.ItemDataRole.UserRole))
        if name == "shortcuts":
            self.browser.setHtml(shortcut_sheet(self._window.commands))
        elif name == "about":
            self._show_markdown(_about())
        else:
            self._show_markdown(page_with_keys(_page(resource("help", f"{name}.md"))))

    def _show_markdown(self, text: str) -> None:
        """Show a page with room between its paragraphs, which Qt's reader of Markdown leaves out."""
        self.browser.setMarkdown(text)
        document = self.browser.document()
        cursor = QTextCursor(document)
        block = document.begin()
        while block.isValid():
            layout = block.blockFormat()
            layout.setBottomMargin(4 if block.textList() is not None else 8)
            layout.setTopMargin(12 if layout.headingLevel() > 1 else 0)
            layout.setLineHeight(125, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            cursor.setPosition(block.position())
            if cursor.currentTable() is None and not layout.nonBreakableLines():
                cursor.setBlockFormat(layout)
            block = block.next()
        self.browser.moveCursor(QTextCursor.MoveOperation.Start)


def _page(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        return f"This page cannot be read: {error}"


def shortcut_sheet(table: CommandTable) -> str:
    """All shortcuts as HTML, a table for each menu."""
    places: dict[str, list[str]] = {}
    for command in table:
        given = table.keys(command.id)
        if not given:
            continue
        keys = " &nbsp; ".join(f"<b>{html.escape(shown(key))}</b>" for key in given)
        title = html.escape(plain_title(command).rstrip("…"))
        place = command.workspace.capitalize() or command.menu or "Other"
        places.setdefault(place, []).append(f"<tr><td width='200'>{keys}</td><td>{title}</td></tr>")
    parts = [f"<h3>{place}</h3><table cellpadding='3'>{''.join(rows)}</table>" for place, rows in places.items()]
    lead = f"<p style='color:{theme.tokens().text_dim}'>Letters and digits alone label the selected character.</p>"
    return f"<h2>Keyboard shortcuts</h2>{lead}{''.join(parts)}"


def _about() -> str:
    from PySide6.QtCore import qVersion

    return (
        f"# LP Studio {__version__}\n\n"
        "Build licence-plate readers that know which characters look alike.\n\n"
        "Licence: AGPL-3.0-or-later. Icons: Lucide (ISC licence), their licence lies beside them.\n\n"
        f"Qt {qVersion()}\n"
    )
