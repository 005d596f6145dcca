"""Settings written without Qt are what Qt reads."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QSettings

from lpstudio.studio.ini import ini_text, same
from lpstudio.studio.shared_ini import merged

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(
    ["@Invalid()", "@@a", " a ", "a;b=c,d", 'say "x"', "\\x41b", "Ñ车👍", "/home/a b/ünï", "\x00\n\t1f"]
)
KEYS = st.lists(
    st.text(st.characters(exclude_characters="/\\\x00", exclude_categories=("Cs",)), min_size=1), min_size=1
)


def read(values: dict[str, Any]) -> QSettings:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ini"
        path.write_bytes(ini_text(values).encode())
        settings = QSettings(str(path), QSettings.Format.IniFormat)
        settings.sync()
        return settings


@given(KEYS.map("/".join), TEXTS)
def test_any_text_under_any_key_comes_back(key: str, text: str) -> None:
    settings = read({key: text})
    assert settings.allKeys() == [key]
    assert settings.value(key) == text


@given(st.binary(max_size=60))
def test_any_bytes_come_back(data: bytes) -> None:
    assert bytes(read({"window/geometry": QByteArray(data)}).value("window/geometry").data()) == data


@given(st.lists(TEXTS, min_size=2, max_size=5))
def test_lists_come_back(texts: list[str]) -> None:
    assert read({"projects/recent": texts}).value("projects/recent") == texts


def test_numbers_truths_and_nothing_come_back_as_qt_tells_them() -> None:
    values = {"a/on": True, "a/off": False, "a/count": 12, "a/share": 0.5, "a/none": [], "alone": "x"}
    settings = read(values)
    assert sorted(settings.allKeys()) == sorted(values)
    assert settings.value("a/on", None, bool) is True and settings.value("a/off", None, bool) is False
    assert settings.value("a/count", 0, int) == 12 and settings.value("a/share", 0.0, float) == 0.5
    assert not settings.value("a/none") and settings.value("alone") == "x"


def test_a_value_that_no_setting_can_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="settings hold no set"):
        ini_text({"a": {1}})


@given(TEXTS | st.booleans() | st.integers() | st.lists(TEXTS, max_size=3) | st.binary(max_size=9).map(QByteArray))
def test_a_value_is_the_same_when_it_comes_back(value: object) -> None:
    assert same(value, read({"a": value}).value("a"))
    assert not same(value, "something else")


def test_of_two_who_change_the_settings_each_gets_its_own_and_the_other_ones() -> None:
    before = {"kept": 1, "ours": 1, "theirs": 1, "gone here": 1, "gone there": 1, "both": 1, "list": ["a", "b"]}
    ours = {"kept": 1, "ours": 2, "theirs": 1, "gone there": 1, "both": 2, "new here": 1, "list": ["c", "a"]}
    theirs = {"kept": "1", "ours": 1, "theirs": 3, "gone here": 1, "both": 3, "new there": 1, "list": ["d", "a", "b"]}
    assert merged(before, ours, theirs, ["list"]) == {
        "kept": "1",
        "ours": 2,
        "theirs": 3,
        "both": 2,
        "new here": 1,
        "new there": 1,
        "list": ["c", "a", "d"],
    }
    assert merged({}, {"list": ["a"]}, {"list": "b"}, ["list"]) == {"list": ["a", "b"]}
    assert merged({"list": "a"}, {}, {"list": ["a", "b"]}, ["list"]) == {}
