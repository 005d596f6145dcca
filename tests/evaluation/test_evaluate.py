"""Evaluation compares with labels and texts, and its report is one file with its pictures inside."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.evaluate import evaluate, polygon_iou
from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.evaluation.report import render_report, write_report
from lpstudio.evaluation.report_charts import grouped_order
from lpstudio.evaluation.results import CropResult
from lpstudio.plates.formats import formats_from
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.weights import load_weights
from lpstudio.similarity import Similarity
from tests.reading.models import save_weights

NONE = formats_from("none")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> CharacterReader:
    # Boxes of 28 cells over pictures of 7: one character, the whole picture, read as O, then 0.
    path = save_weights(tmp_path_factory.mktemp("weights") / "steady.pt", {"O": 2.0, "0": 1.5}, reach=14.5)
    return CharacterReader(load_weights(path, "cpu"), confidence=0.25)


def _whole(class_number: int) -> str:
    return f"{class_number} 0 0 1 0 1 1 0 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Crops that say O, 0, X (each labelled whole), one unlabelled with a text, one ignored, one torn."""
    images, labels = tmp_path / "images" / "val", tmp_path / "labels" / "val"
    images.mkdir(parents=True)
    labels.mkdir(parents=True)
    rows = ["file,text"]
    for number, (name, label, text) in enumerate(
        [
            ("o", "0", "O"),
            ("zero", "1", "0"),
            ("x", "2", ""),
            ("unlabelled", "", "O"),
            ("ignored", "0", "X"),
            ("torn", "0", ""),
        ]
    ):
        noise = np.random.default_rng(number).integers(0, 255, (80, 160, 3), np.uint8)
        Image.fromarray(noise).save(images / f"{name}.png")
        if label:
            (labels / f"{name}.txt").write_text(_whole(int(label)))
        if text:
            rows.append(f"{name}.png,{text}")
    (images / "torn.png").write_bytes((images / "torn.png").read_bytes()[:900])
    (tmp_path / "plates.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "data.yaml").write_text(
        "train: images/val\nval: images/val\nnames: [O, '0', X]\n".replace("train", "test")
    )
    with Project.open(tmp_path) as opened:
        opened.scan()
        opened.set_state("images/val/ignored.png", CropState.IGNORED)
        yield opened


def test_characters_and_plates_are_counted_as_defined(reader: CharacterReader, project: Project) -> None:
    result = evaluate(project, reader, NONE)
    by_name = {Path(crop.key).stem: crop for crop in result.crops}
    assert sorted(by_name) == ["o", "unlabelled", "x", "zero"]
    assert by_name["o"].counts.top1 == 1 and by_name["zero"].counts.top1 == 0 and by_name["zero"].counts.top2 == 1
    assert by_name["x"].counts.top2 == 0 and by_name["unlabelled"].true is None
    assert (result.counts.characters, result.counts.top1, result.counts.top2, result.counts.missed) == (3, 1, 2, 0)
    assert [(c.true, c.read, c.count, c.similar) for c in result.confusions] == [
        ("0", "O", 1, True),
        ("X", "O", 1, False),
    ]
    assert result.wrong_within_groups == 0.5
    assert result.texts_known == 3 and by_name["o"].plate_right is (by_name["o"].said == "O")
    assert [key for key, _ in result.faults] == ["images/val/torn.png"]
    assert result.left_out == {"ignored": 1}


def test_a_format_mends_the_plate_but_not_the_characters(reader: CharacterReader, project: Project) -> None:
    digits = evaluate(project, reader, formats_from("D"))
    zero = next(crop for crop in digits.crops if crop.key.endswith("zero.png"))
    assert zero.counts.top1 == 0 and zero.said in ("0", "00", "000")


def test_what_a_person_marked_unreadable_is_neither_right_nor_extra(reader: CharacterReader, project: Project) -> None:
    key = "images/val/x.png"
    square = ((0.0, 0.0), (160.0, 0.0), (160.0, 80.0), (0.0, 80.0))
    before = next(c for c in evaluate(project, reader, NONE).crops if c.key == key).counts
    project.save(key, CropContent((Character(square, "", unreadable=True),)), CropState.VERIFIED)
    after = next(c for c in evaluate(project, reader, NONE).crops if c.key == key).counts
    assert (before.characters, after.characters, after.missed) == (1, 0, 0)
    assert after.extra == before.extra


def test_likelihoods_come_from_the_whole_posterior(reader: CharacterReader, project: Project) -> None:
    result = evaluate(project, reader, NONE)
    likelihood = {crop.key: crop.readings[0].likelihood for crop in result.crops if crop.readings}
    first, second, last = (likelihood[f"images/val/{name}.png"] for name in ("o", "zero", "x"))
    assert first is not None and second is not None and last is not None
    assert first > second > last > 0
    # Logits 2.0, 1.5 and 34 times -9: X is no candidate, but its probability is known.
    assert last / first == pytest.approx(math.exp(-9.0 - 2.0), rel=0.02)
    assert result.figures.nll is not None
    assert result.figures.nll.value == pytest.approx(-sum(map(math.log, (first, second, last))) / 3)


def _plate(chosen: str, *places: str, text: str | None) -> CropResult:
    found = [
        {"chosen": one, "candidates": [{"char": c, "probability": 0.5} for c in place], "place": number}
        for number, (one, place) in enumerate(zip(chosen, places, strict=True))
    ]
    characters = [one for one in found if one["chosen"] != "-"]
    left_out = [{**one, "chosen": None} for one in found if one["chosen"] == "-"]
    plate = {
        "text": chosen.replace("-", ""),
        "probability": 0.9,
        "hypotheses": [],
        "characters": characters,
        "left_out": left_out,
    }
    return CropResult("a.png", Path("a.png"), 9, 9, (plate,), None, text, CharacterCounts())


@pytest.mark.parametrize(
    ("chosen", "places", "text", "among_two"),
    [
        ("AB1", ("AX", "B8", "1I"), "ABI", True),
        ("AB1", ("AX", "B8Z", "1I"), "AZI", False),  # the third candidate does not count
        ("AB1", ("AX", "B8", "1I"), "1BA", False),  # in reading order
        ("AB1", ("AX", "B8", "1I"), "AB", False),  # one too many, and the first hypothesis has it
        ("A-1", ("AX", "B8", "1I"), "X1", True),  # the first hypothesis left it out as well
        ("AB", ("AX", "B8"), "AB1", False),  # a character that was never found is no candidate
        ("AB1", ("AX", "B8", "1I"), None, False),
    ],
)
def test_a_plate_is_right_within_the_two_best_when_each_character_is(
    chosen: str, places: tuple[str, ...], text: str | None, among_two: bool
) -> None:
    assert _plate(chosen, *places, text=text).plate_among_two is among_two


def test_look_alikes_stand_side_by_side_in_the_matrix() -> None:
    order = grouped_order(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), Similarity())
    assert sorted(order) == sorted("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    text = "".join(order)
    assert set(text[:4]) == set("0ODQ") and "8B" in text and "UV" in text and text.endswith("WXY")


def test_a_missing_or_empty_split_is_an_error(reader: CharacterReader, project: Project) -> None:
    with pytest.raises(LpStudioError, match="no split 'train'"):
        evaluate(project, reader, NONE, "train")
    shutil.rmtree(project.root / "labels")
    (project.root / "plates.csv").unlink()
    with (
        Project.open(project.root) as fresh,
        pytest.raises(LpStudioError, match="neither labelled crops nor known plate texts"),
    ):
        evaluate(fresh, reader, NONE)


def test_the_figures_are_plain_json(reader: CharacterReader, project: Project) -> None:
    data = evaluate(project, reader, NONE).to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    figures = data["figures"]
    assert figures["character_top1"]["value"] == data["characters"]["top1"] and figures["character_top1"]["count"] == 3
    assert figures["severity"]["value"] == pytest.approx((0.4 + 1.0) / 2)  # 0 read as its look-alike O, X as O
    assert data["errors"] == {"within_groups": 1, "across_groups": 1}
    assert data["characters"]["top1"] == pytest.approx(1 / 3, abs=1e-6)
    assert data["characters"]["top2"] == pytest.approx(2 / 3, abs=1e-6)
    assert {crop["source"] for crop in data["crops"]} >= {"images/val/o.png"}


def test_the_report_is_one_file_with_pictures_candidates_and_confusions(
    reader: CharacterReader, project: Project, tmp_path: Path
) -> None:
    result = evaluate(project, reader, NONE)
    path = write_report(result, tmp_path / "new" / "folder")
    page = path.read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") >= 3
    assert not re.search(r"(src|href)=['\"](?!data:)", page) and "http" not in page
    assert "images/val/zero.png" in page and "torn.png" in page and "33.3%" in page
    assert page.count("<svg") >= 4 and "0 read as O: 1× (S 0.6)" in page and "X read as O: 1×<" in page
    assert "Are the probabilities right?" in page and "What the second candidate adds" in page
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["report.html"]


def test_names_in_the_report_cannot_be_markup(reader: CharacterReader, project: Project) -> None:
    odd = project.root / "images" / "val" / "<b>&'.png"
    shutil.copy(project.root / "images" / "val" / "zero.png", odd)
    (project.root / "labels" / "val" / "<b>&'.txt").write_text(_whole(1))
    page = render_report(evaluate(project, reader, NONE))
    assert "<b>&'" not in page and "&lt;b&gt;&amp;&#x27;.png" in page


def test_the_overlap_of_outlines_is_that_of_their_areas() -> None:
    square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    half = [(0, 0), (5, 0), (5, 10), (0, 10)]
    assert polygon_iou(square, square) == 1.0
    assert polygon_iou(square, half) == pytest.approx(0.5, abs=0.03)
    assert polygon_iou(square, [(20, 20), (30, 20), (30, 30)]) == 0.0
    assert polygon_iou([(0, 0), (0, 0), (0, 0)], [(9, 9), (9, 9), (9, 9)]) == 0.0
