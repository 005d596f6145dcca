"""The commands of the window itself, and what it does with dropped files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from lpstudio.dataset.images import IMAGE_SUFFIXES, is_image_name
from lpstudio.studio import theme
from lpstudio.studio.commands import Command
from lpstudio.studio.exchange.commands import looks_like_annotations
from lpstudio.studio.places import log_file
from lpstudio.studio.safety import commands as safety_commands
from lpstudio.studio.synthesis import desk as synthetic
from lpstudio.studio.workspace import Notice, Severity, Workspace

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow

WEIGHT_SUFFIXES = frozenset({".pt", ".onnx"})
YAML_SUFFIXES = frozenset({".yaml", ".yml"})


def register(window: MainWindow) -> None:
    """Register everything that belongs to no workspace."""
    from lpstudio.studio.workspaces import WORKSPACES

    table = window.commands

    def has_project() -> bool:
        return window.session is not None

    def cannot_save() -> bool:
        return window.session is not None and window.session.has_failed

    add = table.register
    add(
        Command("file.open", "&Open project…", "File", ("Ctrl+O",), "folder-open", "Open a data.yaml"),
        lambda: _choose_project(window),
    )
    add(
        Command("file.open_folder", "Open project &folder…", "File", ("Ctrl+Shift+O",), "folder"),
        lambda: _choose_folder(window),
    )
    add(
        Command("file.new", "&New project from crops…", "File", ("Ctrl+N",), "folder-plus"),
        lambda: _new_project(window),
    )
    add(
        Command("file.demo", "Try the &demo", "File", (), "sparkles", "Make a small synthetic project and open it"),
        lambda: window.door.demo(),
    )
    synthetic.register(window)
    add(
        Command(
            "file.add_images",
            "&Add crops…",
            "File",
            ("Ctrl+Shift+A",),
            "image-plus",
            "Copy pictures into the project",
            separator_before=True,
        ),
        lambda: _add_images(window),
        available=has_project,
    )
    add(
        Command(
            "file.save",
            "&Save now",
            "File",
            ("Ctrl+S",),
            "save",
            "Write at once what the writer still holds, and try again what failed",
        ),
        lambda: _save_now(window),
        available=has_project,
    )
    add(
        Command("view.rescan", "Look for new files", "File", ("F5",), "refresh-cw", "List the crops again"),
        lambda: window.session.scan() if window.session else None,
        available=has_project,
    )
    add(
        Command("file.close_project", "&Close project", "File", ("Ctrl+W",), "x", separator_before=True),
        lambda: window.close_project(),
        available=has_project,
    )
    add(
        Command(
            "file.abandon",
            "Close project without what cannot be saved",
            "File",
            (),
            "trash-2",
            "What is in the journal is written at the next opening",
        ),
        lambda: window.abandon_project(),
        available=cannot_save,
    )
    safety_commands.register(window)
    add(Command("file.quit", "&Quit", "File", ("Ctrl+Q",), "log-out"), lambda: window.close())

    for number, entry in enumerate(WORKSPACES, start=1):
        add(
            Command(f"go.{entry.id}", entry.title, "View", (f"Ctrl+{number}",), entry.icon, entry.tip, checkable=True),
            lambda _checked, entry=entry: window.go(entry.id),
        )
    add(
        Command(
            "view.palette",
            "Command &palette…",
            "View",
            ("Ctrl+Shift+P",),
            "command",
            "Search all commands",
            separator_before=True,
        ),
        lambda: _show_palette(window),
    )
    add(
        Command(
            "view.activity",
            "&Activity and logs…",
            "View",
            ("Ctrl+Shift+L",),
            "activity",
            "Running work, what is not saved, the logs of the worker processes",
        ),
        lambda: _show_activity(window),
    )
    add(
        Command("view.full_screen", "&Full screen", "View", ("F11",), "maximize", checkable=True),
        lambda checked: window.showFullScreen() if checked else window.showNormal(),
    )
    for mode, name in (("system", "monitor"), ("light", "sun"), ("dark", "moon")):
        add(
            Command(f"view.theme_{mode}", f"Theme: {mode}", "View", (), name, separator_before=mode == "system"),
            lambda mode=mode: choose_theme(window, mode),
        )
    add(
        Command("view.shortcuts", "C&hange shortcuts…", "View", (), "keyboard", "Give commands other keys"),
        lambda: _show_settings(window, "keys"),
    )
    add(
        Command("view.settings", "&Settings…", "View", ("Ctrl+,",), "settings", "Settings", separator_before=True),
        lambda: _show_settings(window),
    )

    add(Command("help.open", "&Help", "Help", ("F1",), "circle-question-mark", "Help"), lambda: _show_help(window, ""))
    add(
        Command(
            "help.shortcuts", "&Keyboard shortcuts", "Help", ("?", "Shift+F1"), "keyboard", "All keys of this place"
        ),
        lambda: _show_cheat_sheet(window),
    )
    add(
        Command("view.log", "Show the &log file", "Help", (), "file", "Open the folder of the log"),
        lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file().parent))),
    )
    add(
        Command("help.about", "&About LP Studio", "Help", (), "info", separator_before=True),
        lambda: _show_help(window, "about"),
    )


def choose_theme(window: MainWindow, mode: str) -> None:
    """Switch the colours and remember the choice."""
    window.settings.setValue("view/theme", mode)
    theme.set_mode(mode)


def _choose_project(window: MainWindow) -> None:
    start = str(window.settings.value("projects/folder", str(Path.home())))
    name, _ = QFileDialog.getOpenFileName(window, "Open project", start, "Dataset (*.yaml *.yml);;All files (*)")
    if name:
        window.settings.setValue("projects/folder", str(Path(name).parent.parent))
        window.open_project(Path(name))


def _choose_folder(window: MainWindow) -> None:
    start = str(window.settings.value("projects/folder", str(Path.home())))
    name = QFileDialog.getExistingDirectory(window, "Open project folder", start)
    if name:
        window.settings.setValue("projects/folder", str(Path(name).parent))
        window.open_project(Path(name))


def _new_project(window: MainWindow, source: Path | None = None) -> None:
    from lpstudio.studio.new_project_dialog import NewProjectDialog

    dialog = NewProjectDialog(window, source)
    dialog.wanted.connect(window.door.create)
    dialog.open()


def _add_images(window: MainWindow) -> None:
    patterns = " ".join(f"*.{suffix}" for suffix in sorted(IMAGE_SUFFIXES))
    names, _ = QFileDialog.getOpenFileNames(window, "Add crops", "", f"Pictures ({patterns});;All files (*)")
    if names:
        add_images(window, [Path(name) for name in names])


def add_images(window: MainWindow, paths: list[Path]) -> None:
    """Copy pictures into the open project."""
    if window.session is not None:
        window.set_task("add", f"adding {len(paths)} crops", None)
        window.session.add_images(paths)


def _save_now(window: MainWindow) -> None:
    session = window.session
    if session is not None:
        session.retry()


def _show_palette(window: MainWindow) -> None:
    from lpstudio.studio.palette import CommandPalette

    CommandPalette.show_over(window)


def _show_activity(window: MainWindow) -> None:
    from lpstudio.studio.activity_dialog import ActivityDialog

    ActivityDialog.show_for(window)


def _show_settings(window: MainWindow, page: str = "") -> None:
    from lpstudio.studio.settings_dialog import SettingsDialog

    SettingsDialog.show_for(window, page)


def _show_cheat_sheet(window: MainWindow) -> None:
    from lpstudio.studio.shortcuts.sheet import CheatSheet

    CheatSheet.show_over(window)


def _show_help(window: MainWindow, page: str) -> None:
    from lpstudio.studio.help_dialog import HelpDialog

    HelpDialog.show_for(window, page or window.current_workspace)


def take_dropped(window: MainWindow, paths: list[Path]) -> None:
    """Do with dropped files what is usual: the workspace first, then project, weights, pictures."""
    current = window.stack.currentWidget()
    if isinstance(current, Workspace) and current.drop(paths):
        return
    for path in paths:
        if path.is_dir():
            _take_folder(window, path)
            return
        if looks_like_annotations(path):
            window.exchange.open_import(path)
            return
        if path.suffix.lower() in YAML_SUFFIXES:
            window.open_project(path)
            return
        if path.suffix.lower() in WEIGHT_SUFFIXES:
            window.review_weights(path)
            return
    pictures = [path for path in paths if is_image_name(path.name)]
    if pictures and window.session is not None:
        add_images(window, pictures)
    elif pictures:
        window.notify(
            Notice(
                "Open a project before adding pictures, or make one from their folder",
                Severity.WARNING,
                "file.new",
                "New project…",
            )
        )
    else:
        names = ", ".join(path.name for path in paths[:3])
        window.notify(Notice(f"{names}: neither a project nor pictures, annotations or weights", Severity.WARNING))


def _take_folder(window: MainWindow, folder: Path) -> None:
    """A folder is a project when it has a data.yaml, else the crops of a new one."""
    if any(folder.glob("*.yaml")) or any(folder.glob("*.yml")):
        window.open_project(folder)
    elif looks_like_annotations(folder):
        window.exchange.open_import(folder)
    else:
        _new_project(window, folder)
