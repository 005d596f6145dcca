"""lpstudio.toml: readable, and nothing in it is lost."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.alphabet import CHARACTERS
from lpstudio.dataset.settings import ProjectSettings
from lpstudio.errors import LpStudioError
from lpstudio.similarity import Group, Similarity


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lpstudio.toml"


def test_a_project_without_settings_has_the_nine_groups(path: Path) -> None:
    loaded = ProjectSettings.load(path)
    assert len(loaded.similarity.groups) == 9
    assert loaded.similarity.base == 0.6
    assert loaded.formats == ["ph"]
    assert not path.exists()


def test_settings_come_back(path: Path) -> None:
    value = ProjectSettings(
        Similarity().with_cell("O", "X", 0.25).with_group(Group.of("EF", "bars")).with_base(0.5),
        {"epochs": 30, "loss": {"name": "similarity", "k": 2}, "device": "cpu", "lr0": 0.01},
        ["ph", "LLL DDDD"],
        {"seed": 7, "val": 0.25},
    )
    value.save(path)
    assert ProjectSettings.load(path) == value


def test_comments_and_unknown_keys_stay(path: Path) -> None:
    path.write_text(
        "# ours\nowner = 'gate 3'   # who\n\n"
        "[similarity]\n# measured in May\nbase = 0.6\n\n"
        "[[similarity.groups]]\nname = 'round' # the round ones\nchars = 'O 0 Q'\nnote = 'keep me'\n\n"
        "[other.tool]\nx = [1, 2] # two\n\n"
        "[training]\nepochs = 300 # long\n"
    )
    value = ProjectSettings.load(path)
    value.similarity = value.similarity.with_base(0.7).with_group(Group.of("S5"))
    value.training["epochs"] = 30
    value.save(path)
    text = path.read_text()
    for part in (
        "# ours",
        "owner = 'gate 3'   # who",
        "# measured in May",
        "# the round ones",
        "note = 'keep me'",
        "x = [1, 2] # two",
        "# long",
    ):
        assert part in text
    assert ProjectSettings.load(path) == value
    before = path.stat().st_mtime_ns
    value.save(path)
    assert path.stat().st_mtime_ns == before  # nothing changed, nothing written


def test_a_group_written_inline_is_read_and_replaced(path: Path) -> None:
    path.write_text('[similarity]\ngroups = [{name = "x", chars = "O 0"}]\n')
    value = ProjectSettings.load(path)
    assert value.similarity.groups == (Group.of("O0", "x"),)
    value.similarity = value.similarity.with_group(Group.of("S5"))
    value.save(path)
    assert ProjectSettings.load(path) == value


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("[similarity\nbase = 1\n", 1, "broken TOML"),
        ("a = 1\nb = \n", 2, "broken TOML"),
        ("a = 1\na = 2\n", 2, "broken TOML"),
        ('a = """', 1, "broken TOML"),
        ("\n[similarity]\nbase = 7\n", 2, "similarity: base similarity must be a number from 0 to 1"),
        ("[similarity]\n[[similarity.groups]]\nname = 'x'\n", 1, "similarity: 'chars' is missing"),
        ("[[similarity.cells]]\npair = 'A'\nvalue = 1\n", 1, "a cell needs two characters"),
        ("similarity = 3\n", 1, "similarity"),
        ("training = 3\n", 1, "training: a table is needed"),
        ("formats = 'ph'\n", 1, "formats: a list of texts is needed"),
    ],
)
def test_a_broken_file_is_told_with_its_line_and_never_lost(path: Path, text: str, line: int, what: str) -> None:
    path.write_text(text)
    with pytest.raises(LpStudioError) as caught:
        ProjectSettings.load(path)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert what in caught.value.what
    ProjectSettings().save(path)
    assert ProjectSettings.load(path) == ProjectSettings()
    assert path.with_name("lpstudio.toml.broken-1").read_text() == text


def test_a_file_that_is_no_utf8_is_told_with_its_line(path: Path) -> None:
    path.write_bytes(b"a = 1\n# \xe9\n")
    with pytest.raises(LpStudioError, match=r"lpstudio\.toml:2: not written in UTF-8"):
        ProjectSettings.load(path)


similarities = st.builds(
    lambda groups, base, cells: Similarity(
        tuple(groups), base, {tuple(sorted(pair)): value for pair, value in cells if pair[0] != pair[1]}
    ),
    st.lists(
        st.builds(
            Group.of,
            st.lists(st.sampled_from(CHARACTERS), min_size=1, max_size=4),
            st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8),
        ),
        max_size=5,
    ),
    st.floats(0, 1),
    st.lists(
        st.tuples(st.tuples(st.sampled_from(CHARACTERS), st.sampled_from(CHARACTERS)), st.floats(0, 1)), max_size=4
    ),
)
names = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=8)
values = st.recursive(
    st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False)
    | st.text(st.characters(blacklist_categories=("Cs",)), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
project_settings = st.builds(
    ProjectSettings,
    similarities,
    st.dictionaries(names, values, max_size=4),
    st.lists(st.sampled_from(["ph", "LLL DDDD", "DD-LL"]), max_size=3),
    st.dictionaries(st.sampled_from(["seed", "val"]), st.integers(0, 9), max_size=2),
)


@given(project_settings, project_settings)
@settings(max_examples=40, deadline=None)
def test_any_settings_written_over_any_others_come_back(first: ProjectSettings, second: ProjectSettings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lpstudio.toml"
        path.write_text("# mine\n[elsewhere]\nkeep = 1 # this\n")
        for value in (first, second, first):
            value.save(path)
            assert ProjectSettings.load(path) == value
            data: dict[str, Any] = tomllib.loads(path.read_text())
            assert data["elsewhere"] == {"keep": 1}
        assert "# mine" in path.read_text()
        assert "# this" in path.read_text()
