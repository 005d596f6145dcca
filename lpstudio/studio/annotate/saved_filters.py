"""Filters of the crop list that a person keeps under a name: in the search field's menu, and as commands."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QToolButton, QWidget, QWidgetAction

from lpstudio.studio.annotate.crop_list import CropList
from lpstudio.studio.annotate.filters import CropFilter
from lpstudio.studio.commands import Command, CommandTable
from lpstudio.studio.icons import icon
from lpstudio.studio.session import ProjectSession

_PREFIX = "annotate.filter:"


class SavedFilters(QObject):
    """Keeps them in ``lpstudio.toml``, so that they go with the project."""

    def __init__(self, crops: CropList, commands: CommandTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._crops = crops
        self._commands = commands
        self._session: ProjectSession | None = None
        self.filters: dict[str, str] = {}
        self.button = QToolButton(crops.query)
        self.button.setObjectName("saved_filters")
        self.button.setIcon(icon("bookmark"))
        self.button.setIconSize(QSize(16, 16))
        self.button.setToolTip("Saved filters (Ctrl+Alt+K)")
        self.button.setAccessibleName("Saved filters")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.open_menu)
        crops.add_query_button(self.button)

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project, or none."""
        for name in self.filters:
            self._commands.unregister(_PREFIX + name)
        self._session = session
        self.filters = {}
        if session is not None:
            for name, query in session.project.settings.filters.items():
                self._add(name, query)

    def _add(self, name: str, query: str) -> None:
        self._commands.unregister(_PREFIX + name)
        self.filters[name] = query
        title = f"Filter: {name}".replace("&", "&&")
        command = Command(_PREFIX + name, title, "", (), "bookmark", query, "annotate")
        self._commands.register(command, lambda: self.use(name), available=lambda: self._session is not None)

    def use(self, name: str) -> None:
        """Show the crops of a saved filter: all of it stands in the search field, to be read and changed."""
        self._crops.show_page(None)
        self._crops.choose_filter(CropFilter(words=self.filters[name]))

    def save(self, name: str) -> None:
        """Keep what the list shows now under a name; a filter of that name is replaced."""
        name = " ".join(name.split())[:60]
        query = self._crops.filter.as_query()
        if name and query:
            self._add(name, query)
            self._keep()

    def rename(self, old: str, new: str) -> None:
        """Give a filter another name."""
        new = " ".join(new.split())[:60]
        if not new or new == old or old not in self.filters:
            return
        self._commands.unregister(_PREFIX + old)
        self._add(new, self.filters.pop(old))
        self._keep()

    def delete(self, name: str) -> None:
        """Forget a filter."""
        if self.filters.pop(name, None) is not None:
            self._commands.unregister(_PREFIX + name)
            self._keep()

    def _keep(self) -> None:
        if self._session is not None:
            self._session.save_filters(self.filters)

    # -- the menu -----------------------------------------------------------------------------------------------

    def open_menu(self) -> None:
        """Choose, save, rename and delete."""
        menu = QMenu(self.button)
        menu.setObjectName("saved_filters_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for name, query in sorted(self.filters.items(), key=lambda one: one[0].lower()):
            action = menu.addAction(icon("bookmark"), name.replace("&", "&&"))
            action.setToolTip(query)
            action.triggered.connect(lambda _checked=False, name=name: self.use(name))
        if self.filters:
            menu.addSeparator()
        query = self._crops.filter.as_query()
        if query and self._crops.is_sound:
            menu.addAction(self._line(menu, "Save as", "a name", "", self.save))
        elif not self.filters:
            nothing = menu.addAction("Choose crops first, then save the filter here")
            nothing.setEnabled(False)
        for name in sorted(self.filters, key=str.lower):
            change = menu.addMenu(icon("settings"), f"Change {name.replace('&', '&&')}")
            renamed = self._line(menu, "Name", name, name, lambda new, name=name: self.rename(name, new))
            change.addAction(renamed)
            gone = change.addAction(icon("trash-2"), "Delete")
            gone.triggered.connect(lambda _checked=False, name=name: self.delete(name))
        menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))
        first = menu.findChild(QLineEdit, "filter_name")
        if first is not None and not self.filters:
            QTimer.singleShot(0, first, first.setFocus)

    def _line(self, menu: QMenu, word: str, hint: str, text: str, then: object) -> QWidgetAction:
        """A line to type in, inside the menu; Enter takes it."""
        holder = QWidget(menu)
        field = QLineEdit(text, holder)
        field.setObjectName("filter_name")
        field.setPlaceholderText(hint)
        field.setMinimumWidth(160)
        field.setAccessibleName(word)

        def take() -> None:
            then(field.text())  # type: ignore[operator]
            menu.close()

        field.returnPressed.connect(take)
        row = QHBoxLayout(holder)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(QLabel(word, holder))
        row.addWidget(field, 1)
        action = QWidgetAction(menu)
        action.setDefaultWidget(holder)
        return action
