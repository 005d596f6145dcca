"""Choosing a backup, seeing what it would change, and bringing it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
)

from lpstudio.errors import one_line
from lpstudio.studio import theme
from lpstudio.studio.jobs import Jobs, plain_message

if TYPE_CHECKING:
    from lpstudio.dataset.backup import Backup
    from lpstudio.dataset.backup_restore import Difference
    from lpstudio.studio.main_window import MainWindow

_NAMED = 2000  # crops listed by name


class RestoreDialog(QDialog):
    """Backups on the left, newest first; on the right what restoring the chosen one would change."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)  # nothing is drawn while crops are brought back
        self.setWindowTitle("Restore a backup")
        self._window = window
        self._jobs = Jobs(self, threads=1)
        self._asked = 0
        self.list = QListWidget(self)
        self.list.setMinimumWidth(232)
        self.list.setAccessibleName("Backups, newest first")
        self.list.currentItemChanged.connect(lambda _now, _before: self._compare())
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.crops = QPlainTextEdit(self)
        self.crops.setReadOnly(True)
        self.crops.setFont(theme.font("mono"))
        self.crops.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.crops.setAccessibleName("Crops that would change")
        self.note = QLabel(
            "A backup of how things stand now is made first, so a restore can be undone. Pictures, runs and "
            "lpstudio.toml are not touched.",
            self,
        )
        self.note.setWordWrap(True)
        self.note.setFont(theme.font("small"))
        self.now_button = QPushButton("Back up now", self)
        self.now_button.setAutoDefault(False)
        self.now_button.clicked.connect(self._back_up)
        self.restore_button = QPushButton("Restore", self)
        self.restore_button.setEnabled(False)
        self.restore_button.clicked.connect(self._restore)
        close = QPushButton("Close", self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        self._lay_out(close)
        self.resize(760, 480)
        self._read()

    def _lay_out(self, close: QPushButton) -> None:
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.summary)
        right.addWidget(self.crops, 1)
        right.addWidget(self.note)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.list)
        middle.addLayout(right, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.now_button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.restore_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(middle, 1)
        layout.addLayout(buttons)

    @classmethod
    def show_for(cls, window: MainWindow) -> RestoreDialog:
        """Open the dialog."""
        dialog = cls(window)
        dialog.show()
        return dialog

    # -- the list ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        session = self._window.session
        if session is None:
            self.close()
            return
        project = session.project

        def work() -> list[Backup]:
            from lpstudio.dataset.backup import list_backups

            return list_backups(project)

        self.summary.setText("Looking for backups…")
        self._jobs.run(work, self._show_list, self._fail)

    def _show_list(self, backups: list[Backup]) -> None:
        self.list.clear()
        for backup in backups:
            words = {"daily": "", "before restore": "\nbefore a restore", "by hand": "\nby hand"}
            item = QListWidgetItem(f"{backup.made:%A, %d %B %Y, %H:%M}{words.get(backup.why, '')}")
            item.setData(Qt.ItemDataRole.UserRole, backup)
            item.setToolTip(f"{backup.path}\n{backup.labels:,} label files, {_size(backup.bytes)}")
            self.list.addItem(item)
        if backups:
            self.list.setCurrentRow(0)
            self.list.setFocus()
        else:
            self.summary.setText("There is no backup yet. One is made every day the project is open.")

    def chosen(self) -> Backup | None:
        """The backup that is selected."""
        item = self.list.currentItem()
        backup: Backup | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return backup

    # -- what would change ---------------------------------------------------------------------------------------------

    def _compare(self) -> None:
        backup, session = self.chosen(), self._window.session
        self.restore_button.setEnabled(False)
        self.crops.clear()
        if backup is None or session is None:
            return
        project = session.project
        self._jobs.forget(self._asked)
        self.summary.setText("Comparing with how things stand now…")

        def work() -> Difference:
            from lpstudio.dataset.backup_restore import compare

            return compare(project, backup.path)

        self._asked = self._jobs.run(work, self._show_difference, self._fail)

    def _show_difference(self, difference: Difference) -> None:
        crops = difference.crops
        if not crops:
            self.summary.setText("Nothing differs: everything stands as it did then.")
            return
        files = [
            f"{len(keys):,} {words}"
            for keys, words in (
                (difference.changed, "to change"),
                (difference.back, "to come back"),
                (difference.gone, "to go away"),
            )
            if keys
        ]
        text = f"{len(crops):,} crop{' differs' if len(crops) == 1 else 's differ'}."
        if files:
            text += f" Label files: {', '.join(files)}."
        if difference.records:
            text += f" States, texts or drafts: {len(difference.records):,} to change."
        self.summary.setText(text)
        lines = [f"{_what(key, difference):<14} {one_line(key)}" for key in crops[:_NAMED]]
        if len(crops) > _NAMED:
            lines.append(f"and {len(crops) - _NAMED:,} more")
        self.crops.setPlainText("\n".join(lines))
        self.restore_button.setEnabled(True)

    def _fail(self, error: BaseException) -> None:
        self.summary.setText(plain_message(error))
        self._busy(False)

    # -- doing it ------------------------------------------------------------------------------------------------------

    def _busy(self, busy: bool) -> None:
        self.list.setEnabled(not busy)
        self.now_button.setEnabled(not busy)
        if busy:
            self.restore_button.setEnabled(False)

    def _back_up(self) -> None:
        session = self._window.session
        if session is None:
            return
        project = session.project
        self._busy(True)
        self.summary.setText("Backing up…")

        def work() -> None:
            from lpstudio.dataset.backup import back_up

            back_up(project)

        def done(_: object) -> None:
            self._busy(False)
            self._read()

        session.when_written(lambda _written: self._jobs.run(work, done, self._fail))

    def _restore(self) -> None:
        from lpstudio.studio.safety.restoring import restore_backup

        backup = self.chosen()
        if backup is None:
            return
        self._busy(True)
        self.summary.setText("Restoring…")
        restore_backup(self._window, backup.path, self._restored)

    def _restored(self, failure: str) -> None:
        if failure:
            self.summary.setText(failure)
            self._busy(False)
        else:
            self.close()

    def done(self, result: int) -> None:
        self._jobs.close()
        super().done(result)


def _what(key: str, difference: Difference) -> str:
    if key in difference.changed:
        return "changes"
    if key in difference.back:
        return "comes back"
    return "goes away" if key in difference.gone else "state or text"


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.0f} kB"
