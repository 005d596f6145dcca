"""The little that a palette cannot say of how controls look; Fusion paints the rest.

``$name`` stands for a colour token, ``@name`` for a small drawing of ``resources/icons/controls``. Windows have the
property ``light`` where the grounds are light.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lpstudio.resources import resource

_SHEET = """
QToolTip { color: $text; background: $raised; border: 1px solid $line; padding: 4px; }
QMainWindow, QDialog { background: $window; }
QMenuBar { background: $window; }
QMenuBar::item { padding: 4px 8px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $separator; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 8px; border-radius: 4px; }
QMenu::item:selected { background: $accent_fill; color: $text_on_accent; }
QMenu::item:disabled { color: $text_disabled; background: transparent; }
QMenu::icon { padding-left: 4px; }
QMenu::separator { height: 1px; background: $separator; margin: 4px 8px; }
QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 4px; background: transparent; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $accent_soft; }
QToolButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; }
QPushButton { background: $raised; border: 1px solid $line; border-radius: 4px; padding: 4px 12px;
              min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $accent_soft; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $text_disabled; border-color: $separator; background: $panel; }
QPushButton[primary="true"] { background: $accent_fill; color: $text_on_accent; border-color: $accent_fill; }
QPushButton[primary="true"]:hover, QPushButton[primary="true"]:focus { border-color: $text; }
QPushButton[primary="true"]:disabled { color: $text_disabled; border-color: $separator; background: $panel; }
QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser { background: $field; border: 1px solid $line;
              border-radius: 4px; padding: 2px 4px; selection-background-color: $accent_fill;
              selection-color: $text_on_accent; }
QLineEdit { min-height: 20px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit:disabled { color: $text_disabled; border-color: $separator; }
QAbstractItemView { background: $field; border: 1px solid $separator; outline: none;
              selection-background-color: $accent_soft; selection-color: $text; }
QAbstractItemView::item:selected { background: $accent_soft; color: $text; }
QComboBox { background: $raised; border: 1px solid $line; border-radius: 4px; padding: 2px 8px; min-height: 20px; }
QComboBox:hover { background: $hover; }
QComboBox:focus { border-color: $accent; }
QComboBox:disabled { color: $text_disabled; border-color: $separator; background: $panel; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url(@chevron-down-dark); width: 14px; height: 14px; }
*[light="true"] QComboBox::down-arrow { image: url(@chevron-down-light); }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; padding: 4px; }
QAbstractSpinBox { background: $field; border: 1px solid $line; border-radius: 4px; padding: 2px 4px;
              min-height: 20px; selection-background-color: $accent_fill; selection-color: $text_on_accent; }
QAbstractSpinBox:focus { border-color: $accent; }
QAbstractSpinBox:disabled { color: $text_disabled; border-color: $separator; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 16px; background: transparent;
              subcontrol-origin: border; }
QAbstractSpinBox::up-button { subcontrol-position: top right; margin-top: 2px; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin-bottom: 2px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url(@chevron-up-dark); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url(@chevron-down-dark); width: 10px; height: 10px; }
*[light="true"] QAbstractSpinBox::up-arrow { image: url(@chevron-up-light); }
*[light="true"] QAbstractSpinBox::down-arrow { image: url(@chevron-down-light); }
QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator { width: 14px; height: 14px;
              border: 1px solid $line; background: $field; border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: $accent_fill;
              border-color: $accent_fill; image: url(@check); }
QRadioButton::indicator:checked { background: $accent_fill; border-color: $accent_fill; image: url(@dot); }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { background: $panel; border-color: $separator; }
QListWidget::item { padding: 4px 8px; }
QPushButton[row="true"] { text-align: left; background: transparent; border-color: transparent; }
QPushButton[row="true"]:hover { background: $hover; }
QPushButton[row="true"]:focus { border-color: $accent; }
QTabWidget::pane { border: none; top: 0; }
QTabBar::tab { background: transparent; color: $text_dim; padding: 4px 12px; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $accent_text; }
QHeaderView::section { background: $panel; color: $text_dim; border: none; padding: 4px 8px;
              border-bottom: 1px solid $separator; }
QSplitter::handle { background: $separator; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QScrollBar:vertical { width: 12px; background: transparent; }
QScrollBar:horizontal { height: 12px; background: transparent; }
QScrollBar::handle { background: $line; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QProgressBar { background: $field; border: 1px solid $line; border-radius: 4px; text-align: center; }
QProgressBar::chunk { background: $accent_fill; border-radius: 3px; }
"""


def stylesheet(places: Mapping[str, str]) -> str:
    """The sheet with every colour token by its place in the palette, as Qt's QPalette.ColorRole names it."""
    drawings = resource("icons", "controls").as_posix()

    def place(found: re.Match[str]) -> str:
        name = places[found.group(1)].replace("ToolTip", "Tooltip")
        return f"palette({re.sub(r'(?<=[a-z])(?=[A-Z])', '-', name).lower()})"

    sheet = re.sub(r"\$([a-z_]+)", place, _SHEET)
    return re.sub(r"@([a-z-]+)", rf'"{drawings}/\1.svg"', sheet)
