"""Footage in Review: a real H.264 video with B-frames is opened, stepped, sought, read, and cut into the project."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import CropState
from lpstudio.studio import theme
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.review.items import ItemState
from lpstudio.studio.review.workspace import ReviewWorkspace
from tests.gui.review_support import FRAME, number_in, plate_box, shared_weights, write_footage

COUNT = 60
LONG = 90_000  # ms; the reader loads torch first


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_weights(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def plate() -> NDArray[np.uint8]:
    """A crop with seven dark characters on a light ground, 240 × 80, RGB."""
    picture = np.full((80, 240, 3), 205, np.uint8)
    for position in range(7):
        left = 12 + 32 * position
        picture[18:62, left : left + 24] = 40
        picture[26:54, left + 7 : left + 17] = 205
    return picture


@pytest.fixture(scope="session")
def video(plate: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_footage(tmp_path_factory.mktemp("video") / "gate.mp4", plate, COUNT)


def pixels(image: QImage) -> NDArray[np.uint8]:
    """An RGB array of what a picture shows."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : rgb.width() * 3].reshape(rgb.height(), rgb.width(), 3).copy()


def number_shown(review: ReviewWorkspace) -> int:
    """The number coded into the frame on the canvas, -1 while there is none."""
    picture = review.canvas.picture
    return -1 if picture is None or picture.width() != FRAME[0] else number_in(pixels(picture))


def press(widget: QWidget, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key, held)


CTRL = Qt.KeyboardModifier.ControlModifier


def open_video(studio: MainWindow, path: Path) -> ReviewWorkspace:
    press(studio, Qt.Key.Key_4, CTRL)
    review = studio.workspace("review")
    assert isinstance(review, ReviewWorkspace) and review.drop([path])
    return review


@pytest.fixture
def footage(studio: MainWindow, qtbot: QtBot, video: Path) -> ReviewWorkspace:
    """Review with the video open, frame 0 on the screen."""
    review = open_video(studio, video)
    qtbot.waitUntil(lambda: number_shown(review) == 0, timeout=20000)
    review.canvas.setFocus()
    return review


def draw_rectangle(review: ReviewWorkspace, box: tuple[int, int, int, int]) -> None:
    """Draw a rectangle on the canvas with the mouse; ``box`` in pixels of the frame."""
    press(review.window(), Qt.Key.Key_B, CTRL)
    start = review.canvas.to_widget(box[0], box[1]).toPoint()
    end = review.canvas.to_widget(box[2], box[3]).toPoint()
    QTest.mousePress(review.canvas, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(
            review.canvas,
            QPoint(*(round(a + (b - a) * share) for a, b in zip(start.toTuple(), end.toTuple(), strict=True))),
        )
    QTest.mouseRelease(review.canvas, Qt.MouseButton.LeftButton, pos=end)


def test_a_video_opens_with_its_figures_and_its_first_frame(footage: ReviewWorkspace) -> None:
    bar = footage.player_bar
    assert bar.isVisible() and bar.of_frames.text() == "of 60"
    assert bar.of_time.text() == "of 0:02.400"
    assert bar.frame.value() == 0 and bar.slider.maximum() == 59
    assert footage.canvas.picture_size == FRAME


def test_stepping_shows_each_frame_exactly_forwards_and_back(footage: ReviewWorkspace, qtbot: QtBot) -> None:
    for expected in (1, 2, 3):
        press(footage.canvas, Qt.Key.Key_Period)
        qtbot.waitUntil(lambda expected=expected: number_shown(footage) == expected)
    press(footage.canvas, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: number_shown(footage) == 4)
    press(footage.canvas, Qt.Key.Key_Left)
    press(footage.canvas, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: number_shown(footage) == 2)
    assert footage.player_bar.frame.value() == 2 and footage.player_bar.time.text() == "0:00.080"


def test_any_frame_is_reached_exactly_by_slider_number_and_time(footage: ReviewWorkspace, qtbot: QtBot) -> None:
    bar = footage.player_bar
    for frame in (50, 7, 23, 24, 59):  # before, on and after key frames, forwards and back
        place = QPointF(bar.slider.x_of(frame), bar.slider.height() / 2).toPoint()
        QTest.mouseClick(bar.slider, Qt.MouseButton.LeftButton, pos=place)
        qtbot.waitUntil(lambda frame=frame: number_shown(footage) == frame)
        assert bar.frame.value() == frame
    bar.frame.setFocus()
    bar.frame.selectAll()
    QTest.keyClicks(bar.frame, "31")
    press(bar.frame, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: number_shown(footage) == 31)
    bar.time.setFocus()
    bar.time.selectAll()
    QTest.keyClicks(bar.time, "0:01.05")  # frame 26 is shown from 1.04 to 1.08 s
    press(bar.time, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: number_shown(footage) == 26)
    assert bar.slider.value() == 26


def test_playing_goes_on_by_itself_and_space_stops_it(footage: ReviewWorkspace, qtbot: QtBot) -> None:
    seen: list[int] = []
    footage.controller.player.frame_shown.connect(lambda number, _image, _seconds: seen.append(number))
    press(footage.canvas, Qt.Key.Key_Space)
    assert footage.controller.player.playing
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] >= 12, timeout=20000)
    press(footage.canvas, Qt.Key.Key_Space)
    assert not footage.controller.player.playing
    assert seen == sorted(seen) and len(set(seen)) >= 3
    shown = footage.controller.player.shown
    qtbot.waitUntil(lambda: number_shown(footage) == footage.controller.player.shown)
    assert shown is not None and shown < COUNT - 1


def test_playing_ends_with_the_last_frame(footage: ReviewWorkspace, qtbot: QtBot) -> None:
    footage.controller.player.seek(50)
    qtbot.waitUntil(lambda: number_shown(footage) == 50)
    QTest.mouseClick(footage.player_bar.play_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: footage.controller.player.shown == COUNT - 1, timeout=20000)
    qtbot.waitUntil(lambda: not footage.controller.player.playing)
    qtbot.waitUntil(lambda: number_shown(footage) == COUNT - 1)
    assert not footage.player_bar.play_button.isChecked()


def test_a_rectangle_drawn_around_a_plate_is_read_and_joins_the_project_as_a_draft(
    footage: ReviewWorkspace, qtbot: QtBot, studio: MainWindow, weights: Path, video: Path, plate: NDArray[np.uint8]
) -> None:
    session = studio.session
    assert session is not None
    footage.use_weights(weights)
    footage.controller.player.seek(20)
    qtbot.waitUntil(lambda: number_shown(footage) == 20)
    x1, y1, x2, y2 = plate_box(20, plate)
    draw_rectangle(footage, (x1 - 4, y1 - 4, x2 + 4, y2 + 4))
    drawn = footage.controller.rectangle
    assert drawn is not None and drawn == pytest.approx((x1 - 4, y1 - 4, x2 + 4, y2 + 4), abs=1.5)

    corner = footage.canvas.to_widget(drawn[0], (drawn[1] + drawn[3]) / 2).toPoint()
    edge = footage.canvas.grab().toImage().copy(corner.x() - 3, corner.y(), 7, 1)
    assert theme.color("accent").rgb() in {edge.pixel(x, 0) for x in range(7)}

    qtbot.waitUntil(lambda: footage.controller.current is not None, timeout=LONG)
    item = footage.controller.current
    assert item is not None and item.frame == 20 and item.state is ItemState.READ, item.error if item else ""
    assert len(item.marks) == 7
    for shape in footage.canvas.shapes:  # in place, on the frame
        assert drawn[0] - 1 <= shape.box[0] and shape.box[2] <= drawn[2] + 1
        assert drawn[1] - 1 <= shape.box[1] and shape.box[3] <= drawn[3] + 1
    qtbot.waitUntil(lambda: footage.list_panel.model.rowCount() == 1)
    assert "frame 20" in footage.list_panel.model.index(0).data()

    on_screen = pixels(footage.canvas.picture or QImage())
    press(footage.window(), Qt.Key.Key_I, CTRL)
    qtbot.waitUntil(lambda: bool(item.added))
    target = item.added[0]
    qtbot.waitUntil(lambda: session.state(target.key) is CropState.DRAFT)
    origin = session.project.origin(target.key)
    assert origin is not None and origin.source == str(video) and origin.frame == 20
    assert origin.time_s == pytest.approx(0.8) and origin.rectangle is not None
    left, top, right, bottom = (round(value) for value in origin.rectangle)
    crop = np.asarray(Image.open(session.project.image_path(target.key)).convert("RGB"))
    assert np.array_equal(crop, on_screen[top:bottom, left:right])
    draft = session.project.load(target.key).characters
    assert "".join(c.char for c in draft) == item.text and len(draft[0].candidates) >= 2
    assert draft[0].polygon[0] == pytest.approx(
        (footage.canvas.shapes[0].points[0, 0] - left, footage.canvas.shapes[0].points[0, 1] - top), abs=0.01
    )
    assert not session.project.label_path(target.key).exists()

    # What is accepted on the frame from now on is written to that crop.
    press(footage.strip, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: session.project.label_path(target.key).exists())
    assert session.state(target.key) is CropState.VERIFIED
    assert "".join(c.char for c in session.project.load(target.key).characters) == item.text


@pytest.mark.slow
def test_every_third_frame_of_a_range_is_read_and_listed_and_leads_back_to_its_frame(
    footage: ReviewWorkspace, qtbot: QtBot, studio: MainWindow, weights: Path
) -> None:
    footage.use_weights(weights)
    bar = footage.player_bar
    for field, text in ((bar.first, "3"), (bar.last, "12"), (bar.every, "3")):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        press(field, Qt.Key.Key_Return)
    studio.run_command("review.read_range")
    qtbot.waitUntil(lambda: footage.controller.desk.active)
    qtbot.waitUntil(lambda: not footage.controller.desk.active, timeout=LONG)
    model = footage.list_panel.model
    qtbot.waitUntil(lambda: model.rowCount() == 4)
    assert [model.item(row).frame for row in range(4)] == [3, 6, 9, 12]
    assert all(model.item(row).state is ItemState.READ for row in range(4))
    row = footage.list_panel.view.visualRect(model.index(2))
    QTest.mouseClick(footage.list_panel.view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    qtbot.waitUntil(lambda: number_shown(footage) == 9)
    assert footage.controller.current is model.item(2) and len(footage.canvas.shapes) == len(model.item(2).marks)
    press(footage.canvas, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: number_shown(footage) == 10)
    assert footage.controller.current is None and not footage.canvas.shapes


@pytest.mark.slow
def test_a_range_can_be_stopped(footage: ReviewWorkspace, qtbot: QtBot, studio: MainWindow, weights: Path) -> None:
    footage.use_weights(weights)
    studio.run_command("review.read_range")
    qtbot.waitUntil(lambda: len(footage.controller.items.items) >= 2, timeout=LONG)
    press(studio, Qt.Key.Key_Period, CTRL)
    count = len(footage.controller.items.items)
    qtbot.wait(300)
    assert 2 <= count == len(footage.controller.items.items) < COUNT


def test_a_file_that_is_no_video_is_said_and_another_one_can_be_opened(
    studio: MainWindow, qtbot: QtBot, tmp_path: Path, video: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video" * 50)
    review = open_video(studio, broken)
    qtbot.waitUntil(review.guide.isVisible)
    assert "broken.mp4" in review.guide.title.text() and "cannot be opened" in review.guide.detail.text()
    assert review.drop([video])
    qtbot.waitUntil(lambda: number_shown(review) == 0)


def test_a_video_that_ends_early_says_so_and_plays_what_there_is(
    studio: MainWindow, qtbot: QtBot, tmp_path: Path, video: Path
) -> None:
    import av

    # A file whose index stands at its front keeps it when the end is cut off.
    whole = tmp_path / "whole.mp4"
    with av.open(str(video)) as source, av.open(str(whole), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    review = open_video(studio, cut)
    qtbot.waitUntil(lambda: any("ends early" in notice.text for notice in studio.notice_bar.notices))
    qtbot.waitUntil(lambda: number_shown(review) == 0)
    info = review.controller.player.info
    assert info is not None and info.frames > 5
    review.controller.player.seek(20)
    qtbot.waitUntil(lambda: number_shown(review) == 20)


def test_a_killed_tools_process_is_survived(footage: ReviewWorkspace, qtbot: QtBot, studio: MainWindow) -> None:
    os.kill(studio.workers.tools.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not studio.workers.tools.running)
    press(footage.canvas, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: number_shown(footage) == 1, timeout=20000)


def test_the_window_answers_while_footage_plays(footage: ReviewWorkspace, qtbot: QtBot) -> None:
    """No event of the GUI thread takes long while frames come: its own processor time is counted, not the machine's."""
    footage.controller.player.play()
    longest = 0.0
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        began = time.thread_time()
        QTest.qWait(5)
        longest = max(longest, time.thread_time() - began)
    footage.controller.player.pause()
    assert longest < 0.1
