"""The bar under footage: play, step, seek by slider, frame number or time; the rectangle; reading a range of frames."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.review.command_buttons import command_button
from lpstudio.studio.review.fields import NumberField, TextField
from lpstudio.studio.review.footage import VideoInfo
from lpstudio.studio.review.frame_slider import FrameSlider
from lpstudio.studio.review.items import Rectangle
from lpstudio.studio.review.player import format_timecode, parse_timecode


class PlayerBar(QWidget):
    """Everything that moves through footage. Numbers are frames, counted from 0; times are from the first frame."""

    seek_wanted = Signal(int)
    time_wanted = Signal(float)
    range_changed = Signal()

    def __init__(self, commands: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration = 0.0
        self._words: list[QLabel] = []
        self._is_wide = True
        self._needed = 0  # px from which there is room for words
        self.slider = FrameSlider()
        self.frame = NumberField("Frame number", "Frame number, counted from 0; Enter goes there")
        self.frame.setFixedWidth(64)
        self.of_frames = QLabel()
        self.time = TextField("Time", "Time as m:ss.mmm; Enter goes to the frame shown then")
        self.time.setFixedWidth(80)
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.of_time = QLabel()
        self.rectangle = QLabel()
        self.first = NumberField("First frame to read", "First frame to read")
        self.last = NumberField("Last frame to read", "Last frame to read")
        self.every = NumberField("Step", "Read every so-manieth frame")
        self.every.setRange(1, 9999)
        for field in (self.first, self.last, self.every):
            field.setFixedWidth(48)
        for box in (self.frame, self.time, self.first, self.last, self.every):
            box.setFixedHeight(26)
        for label in (self.of_frames, self.of_time, self.rectangle):
            label.setFont(theme.font("number"))
        self.play_button = command_button(commands, "review.play")
        transport = QHBoxLayout()
        transport.setSpacing(4)
        transport.addWidget(command_button(commands, "review.step_back"))
        transport.addWidget(self.play_button)
        transport.addWidget(command_button(commands, "review.step_forward"))
        transport.addSpacing(8)
        transport.addWidget(self._word("frame"))
        transport.addWidget(self.frame)
        transport.addWidget(self.of_frames)
        transport.addSpacing(12)
        transport.addWidget(self.time)
        transport.addWidget(self.of_time)
        transport.addStretch(1)
        transport.addWidget(self.rectangle)
        transport.addWidget(command_button(commands, "review.rectangle"))
        transport.addWidget(command_button(commands, "review.whole_frame"))
        reading = QHBoxLayout()
        reading.setSpacing(2)
        self._wordy = [
            command_button(commands, f"review.{name}", text=True) for name in ("read_frame", "add", "read_range")
        ]
        reading.addWidget(self._wordy[0])
        reading.addWidget(self._wordy[1])
        reading.addStretch(1)
        reading.addWidget(self._word("from"))
        reading.addWidget(self.first)
        reading.addWidget(command_button(commands, "review.range_first"))
        reading.addWidget(self._word("to"))
        reading.addWidget(self.last)
        reading.addWidget(command_button(commands, "review.range_last"))
        reading.addWidget(self._word("every"))
        reading.addWidget(self.every)
        reading.addWidget(self._wordy[2])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(4)
        layout.addWidget(self.slider)
        layout.addLayout(transport)
        layout.addLayout(reading)
        self.slider.valueChanged.connect(self._slid)
        self.frame.entered.connect(self.seek_wanted)
        self.time.editingFinished.connect(self._time_entered)
        for field in (self.first, self.last, self.every):
            field.valueChanged.connect(self._range_edited)
        self.show_rectangle(None)
        # Narrower than its buttons with their words: those then show their icons alone.
        self.setMinimumWidth(432)

    def _word(self, text: str) -> QLabel:
        label = QLabel(text)
        self._words.append(label)
        return label

    def resizeEvent(self, event: QResizeEvent) -> None:
        layout = self.layout()
        assert layout is not None
        if self._is_wide:
            self._needed = layout.minimumSize().width()
        wide = self.width() >= self._needed
        if wide == self._is_wide:
            return
        self._is_wide = wide
        style = Qt.ToolButtonStyle
        for button in self._wordy:
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if wide else style.ToolButtonIconOnly)
        for label in (*self._words, self.of_time, self.rectangle):
            label.setVisible(wide)

    def show_video(self, info: VideoInfo | None) -> None:
        """Set up for a video; None: nothing can be moved."""
        self.setEnabled(info is not None)
        count = info.frames if info is not None else 1
        self._duration = info.duration_s if info is not None else 0.0
        for widget in (self.slider, self.frame, self.first, self.last):
            widget.blockSignals(True)
        self.slider.set_frames(count)
        for field in (self.frame, self.first, self.last):
            field.setRange(0, count - 1)
        self.first.setValue(0)
        self.last.setValue(count - 1)
        for widget in (self.slider, self.frame, self.first, self.last):
            widget.blockSignals(False)
        self.of_frames.setText(f"of {count:,}".replace(",", " ") if info is not None else "")
        self.of_time.setText(f"of {format_timecode(self._duration)}" if info is not None else "")
        self.slider.set_marks(())
        self._range_edited()
        self.show_frame(0, 0.0)

    def show_frame(self, number: int, seconds: float) -> None:
        """Say which frame is on the screen; a field that is being typed into keeps its text."""
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(number)
            self.slider.blockSignals(False)
        if not self.frame.typing:
            self.frame.blockSignals(True)
            self.frame.setValue(number)
            self.frame.blockSignals(False)
        if not self.time.hasFocus() or not self.time.isModified():
            self.time.setText(format_timecode(seconds))

    def show_rectangle(self, rectangle: Rectangle | None) -> None:
        """Say what part of the frame is read."""
        if rectangle is None:
            self.rectangle.setText("whole frame")
            self.rectangle.setToolTip("Whole frames are read")
        else:
            x1, y1, x2, y2 = (round(value) for value in rectangle)
            self.rectangle.setText(f"{x2 - x1} × {y2 - y1} px")
            self.rectangle.setToolTip(f"The rectangle that is read: {x2 - x1} × {y2 - y1} pixels at {x1}, {y1}")

    @property
    def range(self) -> tuple[int, int, int]:
        """First and last frame to read, and the step."""
        first, last = sorted((self.first.value(), self.last.value()))
        return first, last, self.every.value()

    def _slid(self, value: int) -> None:
        self.seek_wanted.emit(value)

    def _range_edited(self) -> None:
        first, last, _ = self.range
        self.slider.set_range_shown(first, last)
        self.range_changed.emit()

    def _time_entered(self) -> None:
        if not self.time.isModified():
            return
        seconds = parse_timecode(self.time.text())
        self.time.setModified(False)
        if seconds is None:
            self.time.setText("")
            self.time.setPlaceholderText("m:ss.mmm")
            return
        self.time_wanted.emit(min(seconds, self._duration))
