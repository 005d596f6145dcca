"""Shows pictures as a person wants to see them: computed in a thread, remembered per project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QImage

from lpstudio.studio.annotate.display import Display, displayed
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.jobs import Jobs

if TYPE_CHECKING:
    from lpstudio.studio.annotate.command_set import Register


class PictureDisplay(QObject):
    """:meth:`show` a picture; ``shown`` gives it as it is displayed, at once where nothing is changed in it.

    ``shown`` comes again for the same picture when the display is changed. ``said``: how it is displayed now.
    """

    shown = Signal(str, QImage)
    said = Signal(str)

    def __init__(self, settings: QSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self._place = ""
        self._jobs = Jobs(self, threads=1)
        self._job = 0
        self._picture: tuple[str, QImage] | None = None
        self._commands: CommandTable | None = None
        self.display = Display()

    def set_project(self, name: str) -> None:
        """Another project (its yaml file), empty for none: display as it was displayed the last time."""
        self.forget()
        self._place = f"annotate/display/{name.replace('/', '|')}" if name else ""
        self.display = Display.from_text(str(self._settings.value(self._place, ""))) if self._place else Display()
        self._check_commands()

    def show(self, key: str, image: QImage) -> None:
        """Display this picture from now on."""
        self._picture = (key, image)
        self._show()

    def forget(self) -> None:
        """Another picture is on its way."""
        self._jobs.forget(self._job)
        self._picture = None

    def _show(self) -> None:
        self._jobs.forget(self._job)
        if self._picture is None:
            return
        (key, image), display = self._picture, self.display
        if display.is_plain:
            self.shown.emit(key, image)
        else:
            self._job = self._jobs.run(lambda: _changed(image, display), lambda result: self.shown.emit(key, result))

    def _set(self, display: Display) -> None:
        if display != self.display:
            self.display = display
            if self._place:
                self._settings.setValue(self._place, display.to_text())
            self._show()
        self._check_commands()
        self.said.emit(f"The picture is shown {display}")

    def close(self) -> None:
        """The window closes."""
        self.forget()
        self._jobs.close()

    # -- commands -----------------------------------------------------------------------------------------------

    def register(self, add: Register, commands: CommandTable) -> None:
        """The commands of the View menu."""
        self._commands = commands

        def change(edit: Callable[[Display], Display]) -> Callable[[], None]:
            return lambda: self._set(edit(self.display))

        add(
            "stretch",
            "Stretch &contrast",
            lambda checked: self._set(replace(self.display, stretch=bool(checked))),
            menu="View",
            keys=("F6",),
            icon="contrast",
            tip="Show the picture with its full contrast; the file stays as it is",
            checkable=True,
            separated=True,
        )
        add(
            "equalise",
            "&Local contrast",
            lambda checked: self._set(replace(self.display, equalise=bool(checked))),
            menu="View",
            keys=("Shift+F7",),
            icon="scan-eye",
            tip="Show each part of the picture with its own contrast (CLAHE); the file stays as it is",
            checkable=True,
        )
        add(
            "sharpen",
            "Shar&pen picture",
            lambda checked: self._set(replace(self.display, sharpen=bool(checked))),
            menu="View",
            keys=("Shift+F8",),
            icon="sparkles",
            tip="Show edges more clearly; the file stays as it is",
            checkable=True,
        )
        add(
            "channel",
            "Single &channel",
            change(lambda display: display.next_channel()),
            menu="View",
            keys=("Shift+F9",),
            icon="layers",
            tip="Show lightness, red, green or blue alone, one after the other, then all colours again",
        )
        add(
            "gamma_up",
            "Lighten dark parts",
            change(lambda display: display.brighter(1)),
            menu="View",
            keys=("F8",),
            icon="sun-medium",
            tip="Show dark parts lighter (gamma up)",
        )
        add(
            "gamma_down",
            "Darken light parts",
            change(lambda display: display.brighter(-1)),
            menu="View",
            keys=("F7",),
            icon="sun-dim",
            tip="Show light parts darker (gamma down)",
        )
        add(
            "invert",
            "In&vert picture",
            lambda checked: self._set(replace(self.display, invert=bool(checked))),
            menu="View",
            keys=("F9",),
            icon="moon",
            tip="Show light as dark; the file stays as it is",
            checkable=True,
        )
        add(
            "display_plain",
            "Picture as it is",
            change(lambda _display: Display()),
            menu="View",
            keys=("Shift+F6",),
            icon="image",
            tip="No change of contrast, gamma, sharpness or colours",
        )

    def _check_commands(self) -> None:
        if self._commands is not None:
            self._commands.action("annotate.stretch").setChecked(self.display.stretch)
            self._commands.action("annotate.invert").setChecked(self.display.invert)
            self._commands.action("annotate.equalise").setChecked(self.display.equalise)
            self._commands.action("annotate.sharpen").setChecked(self.display.sharpen)


def _changed(image: QImage, display: Display) -> QImage:
    """A copy of the image as it is displayed; what is transparent stays so."""
    source = image.convertToFormat(QImage.Format.Format_RGBA8888)
    height, width = source.height(), source.width()
    pixels = np.frombuffer(source.constBits(), np.uint8).reshape(height, source.bytesPerLine())[:, : 4 * width]
    rgba = pixels.reshape(height, width, 4).copy()
    rgba[..., :3] = displayed(rgba[..., :3], display)
    result = QImage(rgba.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return result.convertToFormat(QImage.Format.Format_RGB32) if not image.hasAlphaChannel() else result.copy()
