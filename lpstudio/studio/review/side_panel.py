"""The panel at the right: plate text, hypotheses, the table of characters, and what to do with them."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from lpstudio.studio.commands import CommandTable
from lpstudio.studio.review.character_table import CharacterTable
from lpstudio.studio.review.command_buttons import CommandButton
from lpstudio.studio.review.items import ReviewItem
from lpstudio.studio.review.plate_panel import PlatePanel


class SidePanel(QWidget):
    """Shows one item; widgets inside emit what a person did."""

    def __init__(self, commands: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plate = PlatePanel()
        self.table = CharacterTable()
        self.accept_all = CommandButton(commands, "review.accept_all", "Accept all", primary=True)
        self.annotate = CommandButton(commands, "review.annotate", "")
        self.add = CommandButton(commands, "review.add", "")
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 8, 8, 8)
        buttons.setSpacing(4)
        for button in (self.accept_all, self.annotate, self.add):
            buttons.addWidget(button, 1 if button is self.accept_all else 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.plate)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)

    def show_item(self, item: ReviewItem | None, plate: int, character: int | None) -> None:
        """Show an item with one plate and one character of it in front."""
        self.plate.show_item(item, plate)
        self.table.show_item(item, character)
