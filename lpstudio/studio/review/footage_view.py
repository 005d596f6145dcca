"""Footage on Review's canvas: frames, the player bar, the rectangle."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage

from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon
from lpstudio.studio.review.canvas import ReviewCanvas
from lpstudio.studio.review.controller import ReviewController
from lpstudio.studio.review.footage import VideoInfo
from lpstudio.studio.review.player_bar import PlayerBar
from lpstudio.studio.widgets.canvas_view import CanvasMode


class FootageView(QObject):
    """Joins player, canvas and bar. ``frame_changed``: another frame is on the canvas."""

    frame_changed = Signal()

    def __init__(
        self, controller: ReviewController, canvas: ReviewCanvas, bar: PlayerBar, commands: CommandTable
    ) -> None:
        super().__init__(bar)
        self._controller = controller
        self._player = controller.player
        self._canvas = canvas
        self._bar = bar
        self._commands = commands
        self._player.opened.connect(self._show_video)
        self._player.frame_shown.connect(self._show_frame)
        self._player.playing_changed.connect(self._show_playing)
        controller.rectangle_changed.connect(self._show_rectangle)
        canvas.rectangle_drawn.connect(self._rectangle_drawn)
        canvas.space_tapped.connect(self._space_tapped)
        bar.seek_wanted.connect(self._player.seek)
        bar.time_wanted.connect(self._player.seek_time)

    def wait_for(self, title: str) -> None:
        """A video is being opened."""
        self._bar.show_video(None)
        self._canvas.set_message(f"Opening {title}", "Counting its frames")

    def play(self, playing: bool) -> None:
        if playing:
            self._player.play()
        else:
            self._player.pause()

    def draw_rectangle(self, drawing: bool) -> None:
        """Switch the left button of the canvas between drawing a rectangle and choosing a character."""
        self._player.pause()
        self._canvas.set_mode(CanvasMode.RECTANGLE if drawing else CanvasMode.SELECT)
        self._commands.action("review.rectangle").setChecked(drawing)

    def set_range_end(self, *, first: bool) -> None:
        """The range to read begins, or ends, at the frame on the screen."""
        field = self._bar.first if first else self._bar.last
        field.setValue(self._player.shown or 0)

    def read_range(self) -> None:
        self._controller.read_range(*self._bar.range)

    def _show_video(self, info: VideoInfo) -> None:
        self._bar.show_video(info)
        self._bar.show_rectangle(None)
        self._commands.refresh()

    def _show_frame(self, number: int, image: QImage, seconds: float) -> None:
        info = self._player.info
        if info is None:
            return
        first = self._canvas.picture_size is None
        self._canvas.set_picture(image, (float(info.width), float(info.height)), keep_view=not first)
        self._bar.show_frame(number, seconds)
        ratio = self._canvas.devicePixelRatioF()
        self._player.max_side = round(max(self._canvas.width(), self._canvas.height()) * ratio)
        self.frame_changed.emit()

    def _show_playing(self, playing: bool) -> None:
        action = self._commands.action("review.play")
        action.setChecked(playing)
        action.setIcon(icon("pause" if playing else "play"))

    def _space_tapped(self) -> None:
        if self._player.info is not None:
            self._player.toggle()

    def _rectangle_drawn(self, drawn: QRectF) -> None:
        self._controller.set_rectangle((drawn.left(), drawn.top(), drawn.right(), drawn.bottom()))
        self.draw_rectangle(False)
        self._controller.read_frame()

    def _show_rectangle(self) -> None:
        rectangle = self._controller.rectangle
        self._bar.show_rectangle(rectangle)
        if rectangle is None:
            self._canvas.set_rectangle(None)
        else:
            x1, y1, x2, y2 = rectangle
            self._canvas.set_rectangle(QRectF(x1, y1, x2 - x1, y2 - y1))
        self._commands.refresh()
