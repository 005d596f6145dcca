"""Footage on the screen: frames come from the tools process through a mapped file and are copied off this thread."""

from __future__ import annotations

import mmap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.review.player import PlayClock
from lpstudio.studio.workers import WorkerClient


@dataclass(frozen=True)
class VideoInfo:
    """What is known of an open video. ``fault``: it can be played, but something is wrong (it ends early)."""

    path: Path
    frames: int
    fps: float
    width: int
    height: int
    duration_s: float
    codec: str
    variable_rate: bool
    fault: str

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> VideoInfo:
        return cls(
            path=Path(payload["path"]),
            frames=int(payload["frames"]),
            fps=float(payload["fps"]) or 25.0,
            width=int(payload["width"]),
            height=int(payload["height"]),
            duration_s=float(payload.get("duration_s") or 0.0),
            codec=str(payload.get("codec") or ""),
            variable_rate=bool(payload.get("variable_rate")),
            fault=str(payload.get("fault") or ""),
        )


def image_from_file(path: str, width: int, height: int) -> QImage:
    """The RGB pixels of a mapped file as a picture of its own. Runs in any thread. Raises OSError."""
    with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pixels:
        view = memoryview(pixels)
        try:
            shown = QImage(view[: 3 * width * height], width, height, 3 * width, QImage.Format.Format_RGB888)
            copy = shown.convertToFormat(QImage.Format.Format_RGB32)
            del shown
        finally:
            view.release()
    return copy


class FootagePlayer(QObject):
    """Opens a video, shows any frame of it exactly, plays it without ever falling behind.

    Only one frame is asked for at a time; while it is on its way newer wishes replace older ones. While playing, frames
    come no larger than ``max_side`` pixels; the frame on which it stops comes whole.
    """

    opened = Signal(object)  # VideoInfo
    open_progressed = Signal(float)
    open_failed = Signal(str)
    frame_shown = Signal(int, QImage, float)  # number, picture, seconds from the first frame
    frame_failed = Signal(int, str)
    playing_changed = Signal(bool)

    def __init__(self, client: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._jobs = Jobs(self, threads=1)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._clock: PlayClock | None = None
        self._request: int | None = None
        self._asked: int | None = None
        self._wanted: int | None = None
        self._generation = 0
        self._complained = False
        self.info: VideoInfo | None = None
        self.shown: int | None = None
        self.time_s = 0.0
        self.max_side: int | None = None
        self._reduced = False  # the frame on the screen is smaller than the video's

    # -- open and close

    def open(self, path: Path) -> None:
        """Open a video instead of the present one; then ``opened`` and the first frame, or ``open_failed``."""
        self.close()
        generation = self._generation

        def done(payload: dict[str, Any]) -> None:
            if generation != self._generation:
                return
            self.info = VideoInfo.from_payload(payload)
            self._clock = PlayClock(self.info.fps, self.info.frames)
            self.opened.emit(self.info)
            self.seek(0)

        def failed(message: str) -> None:
            if generation == self._generation:
                self.open_failed.emit(message)

        def progressed(done_share: float, total: float | None, _text: str) -> None:
            if generation == self._generation:
                self.open_progressed.emit(done_share / total if total else 0.0)

        self._client.request("video_open", {"path": str(path)}, on_result=done, on_error=failed, on_progress=progressed)

    def close(self) -> None:
        """Let the video go."""
        self.pause()
        self._generation += 1
        if self._request is not None:
            self._client.cancel(self._request)
        if self.info is not None and self._client.running:
            self._client.request("video_close", {"path": str(self.info.path)})
        self._request = self._asked = self._wanted = None
        self.info = self._clock = self.shown = None

    def shut_down(self) -> None:
        """Stop timer and thread."""
        self.close()
        self._jobs.close()

    # -- seeking and playing

    def seek(self, frame: int) -> None:
        """Show exactly this frame (held within the video); playing goes on from there."""
        if self.info is None:
            return
        frame = max(0, min(self.info.frames - 1, frame))
        if self._clock is not None and self._clock.running:
            self._clock.start(frame, time.monotonic())
        self._want(frame)

    def seek_time(self, seconds: float) -> None:
        """Show the frame that is on the screen so many seconds after the first one, whatever the frame rate does."""
        if self.info is None:
            return
        generation = self._generation

        def found(payload: dict[str, Any]) -> None:
            if generation == self._generation:
                self.seek(int(payload["frame"]))

        self._client.request("video_find", {"path": str(self.info.path), "time_s": seconds}, on_result=found)

    def step(self, frames: int) -> None:
        """Pause and go some frames on (or back), counted from the one asked for last."""
        self.pause()
        if self.info is not None:
            here = self._wanted if self._wanted is not None else self._asked
            self.seek((here if here is not None else self.shown or 0) + frames)

    @property
    def playing(self) -> bool:
        return self._clock is not None and self._clock.running

    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        if self.info is None or self._clock is None or self.playing:
            return
        self._complained = False
        self._clock.start(self.shown or 0, time.monotonic())
        self._timer.start(max(4, round(500 / self.info.fps)))
        self.playing_changed.emit(True)

    def pause(self) -> None:
        self._timer.stop()
        if self._clock is not None and self._clock.running:
            self._clock.stop()
            self._wanted = None
            self.playing_changed.emit(False)
            if self.shown is not None and self._reduced and self._asked is None:
                self._want(self.shown)

    def _tick(self) -> None:
        if self._clock is None:
            return
        now = time.monotonic()
        due = self._clock.due(now)
        if due != self.shown and due != self._asked:
            self._want(due)
        if self._clock.ended(now) and self.shown == due:
            self.pause()

    def _want(self, frame: int) -> None:
        if self._asked is not None:
            self._wanted = frame
            return
        self._wanted = None
        if self.info is None:
            return
        self._asked = frame
        generation = self._generation
        fields: dict[str, Any] = {"path": str(self.info.path), "frame": frame}
        if self.playing and self.max_side:
            fields["max_side"] = self.max_side
        self._request = self._client.request(
            "video_frame",
            fields,
            on_result=lambda payload: self._arrived(generation, payload),
            on_error=lambda message: self._lost(generation, frame, message),
        )

    def _arrived(self, generation: int, payload: dict[str, Any]) -> None:
        if generation != self._generation:
            return
        number, seconds = int(payload["frame"]), float(payload["time_s"])
        path, width, height = str(payload["file"]), int(payload["width"]), int(payload["height"])

        def ready(image: QImage) -> None:
            if generation != self._generation:
                return
            self.shown, self.time_s = number, seconds
            self._reduced = self.info is not None and width < self.info.width
            self.frame_shown.emit(number, image, seconds)
            self._settled()

        self._jobs.run(
            lambda: image_from_file(path, width, height),
            ready,
            lambda error: self._lost(generation, number, plain_message(error)),
        )

    def _lost(self, generation: int, frame: int, message: str) -> None:
        if generation != self._generation:
            return
        if self.playing and self._clock is not None and frame < self._clock.count - 1:
            # The next frames may be whole: the missing one is passed over, and said once while playing.
            said, self._complained = self._complained, True
        else:
            self.pause()
            said = False
        self._settled()
        if not said:
            self.frame_failed.emit(frame, message)

    def _settled(self) -> None:
        """The frame on its way is here or lost: ask for the newest wish."""
        wanted, self._wanted = self._wanted, None
        self._request = self._asked = None
        if wanted is not None and wanted != self.shown:
            self._want(wanted)
        elif self._reduced and not self.playing and self.shown is not None:
            self._want(self.shown)
