"""Plate formats and looks are data: the shipped file is complete, another country is a file, bad files are told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lpstudio.errors import LpStudioError, UsageError
from lpstudio.plates.formats import formats_from, load_formats
from lpstudio.resources import resource
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.country import load_country
from lpstudio.synthesis.crops import make_plate

ELSEWHERE = """
name = "Elsewhere"
[variety]
odd_colours = 0.0
odd_fonts = 0.0
odd_heights = 0.0
[colours]
sea = "#003366"
[[style]]
id = "boat"
size = [600, 100]
colours = [[1.0, "sea", "#ffffff"]]
fonts = ["mine.ttf"]
[[format]]
id = "boat"
pattern = "LL DD"
"""


def test_the_shipped_file_has_every_format_size_colour_and_two_line_layout() -> None:
    country = load_country()
    assert tuple(one.id for one in country.formats) == tuple(
        one.id for one in load_formats(resource("plates", "ph.toml")).formats
    )
    looks = country.styles
    assert looks["ph-2018-car"].size == looks["ph-2014-car"].size == looks["ph-1981-car"].size == (390, 140)
    bike = looks["ph-2018-motorcycle"]
    assert bike.size == (225, 105) and bike.two_lines_size == (235, 135) and bike.two_lines > 0.5
    assert looks["ph-2018-motorcycle-letter-first"].two_lines > 0.5
    grounds = {(ground, ink) for style in looks.values() for _, ground, ink in style.colours}
    assert len(grounds) == 6  # private, for hire, government, diplomatic, vintage, green on white
    ((_, white, blue),) = looks["ph-2014-diplomatic"].colours
    assert min(white) > 0.85 and blue[0] > 2 * blue[2]
    assert not looks["ph-temporary"].embossed


def test_brazil_is_shipped_as_such_a_file() -> None:
    path = resource("plates", "br.toml")
    assert [one.pattern for one in load_country(path).formats] == ["LLL DDDD", "LLL DLDD"]
    crops = [make_plate(5, number, 1, Wishes(difficulty=0.0, country=path))[0] for number in range(6)]
    assert all(formats_from("br").of(crop.text) for crop in crops)
    assert {crop.format for crop in crops} <= {"br-1990-car", "br-2018-mercosul"}


def test_another_country_is_a_file_with_its_own_fonts(tmp_path: Path) -> None:
    shutil.copy(resource("fonts", "OSP-DIN.ttf"), tmp_path / "mine.ttf")
    path = tmp_path / "elsewhere.toml"
    path.write_text(ELSEWHERE)
    country = load_country(path)
    assert country.name == "Elsewhere"
    assert country.styles["boat"].fonts == (str(tmp_path / "mine.ttf"),)
    (crop,) = make_plate(1, 1, 1, Wishes(difficulty=0.0, country=path))
    assert crop.format == "boat"
    assert crop.text[:2].isalpha() and crop.text[2:].isdigit()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("[[style]]", "[[style]", 9, "no TOML"),
        ("size = [600, 100]", "size = [600]", 11, "two numbers"),
        ("size = [600, 100]", "size = [600, -4]", 11, "-4"),
        ("size = [600, 100]", "size = [600, 20]", 11, "times as long"),
        ('"sea", "#ffffff"', '"lagoon", "#ffffff"', 12, "lagoon"),
        ('"mine.ttf"', '"Comic"', 13, "Comic"),
        ('"mine.ttf"', '"gone.ttf"', 13, "gone.ttf"),
        ('"mine.ttf"', '"broken.ttf"', 13, "broken.ttf"),
        ("odd_fonts", "odd_fnts", 5, "odd_fnts"),
        ("odd_heights = 0.0", "odd_heights = 3", 6, "0 to 1"),
        ('pattern = "LL DD"', 'pattern = "LL ??"', 16, "LL ??"),
        ('pattern = "LL DD"', 'style = "car"\npattern = "LL DD"', 16, "no style 'car'"),
        ('sea = "#003366"', 'sea = "blueish"', 8, "blueish"),
        ('fonts = ["mine.ttf"]', 'fonts = ["mine.ttf"]\ncaptions = ["Ñ"]', 14, "Ñ"),
        ('fonts = ["mine.ttf"]', 'fonts = ["mine.ttf"]\ncap = [0.6, 0.5]', 14, "backwards"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    shutil.copy(resource("fonts", "OSP-DIN.ttf"), tmp_path / "mine.ttf")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    assert old in ELSEWHERE
    path = tmp_path / "elsewhere.toml"
    path.write_text(ELSEWHERE.replace(old, new))
    with pytest.raises(LpStudioError) as caught:
        load_country(path)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert said in caught.value.what


def test_a_missing_file_and_an_unknown_format_are_told(tmp_path: Path) -> None:
    with pytest.raises(LpStudioError, match="cannot be read"):
        load_country(tmp_path / "nowhere.toml")
    with pytest.raises(UsageError, match=r"no plate format 'ph-9999'.*ph-2018-car"):
        load_country().choose(["ph-9999"])


def test_a_file_that_was_changed_is_read_anew(tmp_path: Path) -> None:
    shutil.copy(resource("fonts", "OSP-DIN.ttf"), tmp_path / "mine.ttf")
    path = tmp_path / "elsewhere.toml"
    path.write_text(ELSEWHERE)
    assert load_country(path).styles["boat"].size == (600, 100)
    path.write_text(ELSEWHERE.replace("[600, 100]", "[600, 120.5]"))
    assert load_country(path).styles["boat"].size == (600, 120.5)
