"""Colours that everybody can tell apart and read."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import lpstudio.studio
from lpstudio.resources import resource
from lpstudio.similarity import Group, Similarity
from lpstudio.studio import theme
from lpstudio.studio.icons import icon

THEMES = {"dark": theme.DARK, "light": theme.LIGHT}
SURFACES = ("field", "window", "panel", "raised")
TEXTS = (
    "text", "text_dim", "accent_text", "warning", "error",
    "unlabelled", "in_progress", "labelled", "draft", "verified", "fault",
)  # fmt: skip
LINES = ("line", "icon", "accent", "bar", "ungrouped", "ignored")


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("surface", SURFACES)
def test_text_has_a_contrast_of_at_least_four_and_a_half_on_every_surface(name: str, surface: str) -> None:
    tokens = THEMES[name]
    for text in TEXTS:
        ratio = theme.contrast(getattr(tokens, text), getattr(tokens, surface))
        assert ratio >= 4.5, f"{text} on {surface}: {ratio:.2f}"


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("surface", SURFACES)
def test_lines_and_icons_have_a_contrast_of_at_least_three(name: str, surface: str) -> None:
    tokens = THEMES[name]
    for line in LINES:
        ratio = theme.contrast(getattr(tokens, line), getattr(tokens, surface))
        assert ratio >= 3.0, f"{line} on {surface}: {ratio:.2f}"


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read_on_coloured_grounds(name: str) -> None:
    tokens = THEMES[name]
    assert theme.contrast(tokens.text_on_accent, tokens.accent_fill) >= 4.5
    for ground in (tokens.accent_soft, tokens.hover, tokens.info_soft, tokens.warning_soft, tokens.error_soft):
        assert theme.contrast(tokens.text, ground) >= 4.5
    assert theme.contrast(tokens.text_dim, tokens.hover) >= 4.5
    for ink, ground in ((tokens.warning, tokens.warning_soft), (tokens.error, tokens.error_soft)):
        assert theme.contrast(ink, ground) >= 3.0


def test_contrast_is_the_one_of_wcag() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def _oklab(colour: QColor, matrix: tuple[tuple[float, ...], ...] | None = None) -> tuple[float, float, float]:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    rgb = [linear(value) for value in (colour.redF(), colour.greenF(), colour.blueF())]
    if matrix is not None:
        rgb = [min(1.0, max(0.0, sum(w * c for w, c in zip(row, rgb, strict=True)))) for row in matrix]
    r, g, b = rgb
    cone_l = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    cone_m = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    cone_s = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * cone_l + 0.7936177850 * cone_m - 0.0040720468 * cone_s,
        1.9779984951 * cone_l - 2.4285922050 * cone_m + 0.4505937099 * cone_s,
        0.0259040371 * cone_l + 0.7827717662 * cone_m - 0.8086757660 * cone_s,
    )


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("sight", "least"), [(None, 0.08), (DEUTERANOPIA, 0.04), (PROTANOPIA, 0.04)])
def test_the_groups_of_a_new_project_are_told_apart_also_with_red_green_blindness(
    application: QApplication, name: str, sight: tuple[tuple[float, ...], ...] | None, least: float
) -> None:
    theme.set_mode(name)
    similarity = Similarity()
    hues = {theme.group_hue(chars[0], similarity).name(): chars for chars in theme.connected_groups(similarity)}
    assert len(hues) == 8
    for one, other in itertools.combinations(hues, 2):
        distance = math.dist(_oklab(QColor(one), sight), _oklab(QColor(other), sight))
        assert distance >= least, f"{hues[one]} {one} and {hues[other]} {other}: {distance:.3f}"


@pytest.mark.parametrize("name", THEMES)
def test_states_differ_in_more_than_red_and_green(application: QApplication, name: str) -> None:
    tokens = THEMES[name]
    for one, other in (("draft", "verified"), ("fault", "verified"), ("draft", "fault")):
        first, second = QColor(getattr(tokens, one)), QColor(getattr(tokens, other))
        assert math.dist(_oklab(first, DEUTERANOPIA), _oklab(second, DEUTERANOPIA)) >= 0.04


def test_characters_joined_by_overlapping_groups_share_a_hue(application: QApplication) -> None:
    similarity = Similarity()
    assert len({theme.group_hue(char, similarity).name() for char in "O0QD"}) == 1
    assert theme.group_hue("X", similarity) == theme.color("ungrouped")
    assert theme.group_hue("O", similarity) != theme.group_hue("I", similarity)


def test_a_group_keeps_its_hue_when_others_come_and_go(application: QApplication) -> None:
    before = Similarity()
    hue = theme.group_hue("B", before)
    fewer = before.without_group(0)
    more = before.with_group(Group.of("MW")).with_group(Group.of("KX"))
    assert theme.group_hue("8", fewer) == hue
    assert theme.group_hue("8", more) == hue


def test_every_one_of_eighteen_groups_gets_a_hue(application: QApplication) -> None:
    chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    similarity = Similarity(tuple(Group.of(chars[at : at + 2]) for at in range(0, 36, 2)))
    for char in chars:
        assert theme.group_hue(char, similarity) != theme.color("ungrouped")


def test_dark_and_light_change_the_whole_application(qtbot: QtBot, application: QApplication) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    button = QPushButton("", window)
    button.setProperty("primary", True)
    button.resize(60, 30)
    window.show()
    for mode, tokens in (("light", theme.LIGHT), ("dark", theme.DARK)):
        theme.set_mode(mode)
        assert application.palette().window().color() == QColor(tokens.panel)
        assert button.grab().toImage().pixelColor(30, 15) == QColor(tokens.accent_fill)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_icons_are_drawn_for_the_pixels_of_the_screen(application: QApplication, ratio: float) -> None:
    pixmap = icon("save").pixmap(QSize(16, 16), ratio)
    assert pixmap.width() == round(16 * ratio)
    assert pixmap.devicePixelRatio() == ratio
    image = pixmap.toImage()
    inks = {image.pixelColor(x, y).alpha() for x in range(image.width()) for y in range(image.height())}
    assert max(inks) > 200


def test_icons_take_the_colour_of_the_theme_and_of_their_state(application: QApplication) -> None:
    def ink(mode: QIcon.Mode, state: QIcon.State = QIcon.State.Off) -> str:
        image = icon("square").pixmap(QSize(32, 32), 1.0, mode, state).toImage()
        pixels = [image.pixelColor(x, y) for x in range(32) for y in range(32)]
        return max(pixels, key=QColor.alpha).name()

    assert ink(QIcon.Mode.Normal) == theme.DARK.icon
    assert ink(QIcon.Mode.Disabled) == theme.DARK.text_disabled
    assert ink(QIcon.Mode.Normal, QIcon.State.On) == theme.DARK.accent_text
    theme.set_mode("light")
    assert ink(QIcon.Mode.Normal) == theme.LIGHT.icon


def test_a_missing_icon_is_an_error_in_the_log_and_an_empty_picture(
    application: QApplication, allow_log_errors: list[str]
) -> None:
    assert icon("no-such-icon").isNull()
    assert any("no-such-icon" in text for text in allow_log_errors)


def test_every_icon_asked_for_in_the_code_is_shipped_and_none_is_shipped_for_nothing() -> None:
    package = Path(lpstudio.studio.__file__).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    asked = set(re.findall(r"\b(?:icon\(|draw_icon\(painter, )\"([a-z0-9-]+)\"", code))
    words = set(re.findall(r"\"([a-z0-9][a-z0-9-]*)\"", code))
    shipped = {path.stem for path in resource("icons").glob("*.svg")}
    assert asked <= shipped, f"missing: {sorted(asked - shipped)}"
    assert shipped <= words, f"not used: {sorted(shipped - words)}"


def test_the_licence_of_the_icons_lies_beside_them() -> None:
    assert "ISC License" in resource("icons", "LICENSE").read_text(encoding="utf-8")
