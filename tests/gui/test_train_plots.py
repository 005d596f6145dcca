"""A plot names its values in full and shows no value that cannot be."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.studio import theme
from lpstudio.studio.train.plot_canvas import PlotCanvas, PlotLine


def _canvas(qtbot: QtBot, *values: float, as_percent: bool = False) -> PlotCanvas:
    canvas = PlotCanvas(as_percent=as_percent)
    qtbot.addWidget(canvas)
    canvas.resize(180, 140)
    canvas.set_lines([PlotLine(range(1, len(values) + 1), values, QColor("white"))], len(values))
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


@pytest.mark.parametrize("scale", [1e-4, 1.0, 2e5])
def test_the_texts_of_the_axis_have_the_room_they_need(application: QApplication, qtbot: QtBot, scale: float) -> None:
    canvas = _canvas(qtbot, 0.0, 0.5 * scale, scale)
    metrics = QFontMetrics(theme.font("small"))
    widest = max(metrics.horizontalAdvance(text) for _value, text in canvas.value_ticks())
    assert canvas.x_of(1) - 5 >= widest


@pytest.mark.parametrize("as_percent", [True, False])
def test_an_axis_of_losses_or_shares_does_not_go_below_zero(
    application: QApplication, qtbot: QtBot, as_percent: bool
) -> None:
    for values in ((0.0, 0.0, 0.0), (0.01, 0.5, 0.9)):
        canvas = _canvas(qtbot, *values, as_percent=as_percent)
        assert all(value >= 0 for value, _text in canvas.value_ticks())
        assert canvas.value_ticks()
