"""Files made to do harm: refused or bounded with a message, and what is sound beside them comes over."""

from __future__ import annotations

import json
import os
import random
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from lpstudio.dataset.exchange import limits
from lpstudio.dataset.exchange.formats import FORMATS
from lpstudio.dataset.exchange.importing import import_dataset, import_into
from lpstudio.dataset.exchange.model import ExchangedCrop
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.tree import open_source
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropState
from lpstudio.errors import LpStudioError
from tests.dataset.exchange.mutations import mutated
from tests.dataset.exchange.support import PLACE, SIZE, header_png, make_project, png, read, readable, square, written

TRIANGLE = [[10, 10], [20, 10], [20, 30]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "target" / "project", {"train/a": None, "train/b": None})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def labelme(points: object = TRIANGLE, picture: str = "a.png") -> str:
    shape = {"label": "A", "points": points, "shape_type": "polygon", "flags": {}}
    return json.dumps({"version": "5", "flags": {}, "shapes": [shape], "imagePath": picture})


def outside(root: Path, inside: Path) -> dict[str, int]:
    """Everything below ``root`` but not below ``inside``."""
    return {str(p): p.lstat().st_size for p in root.rglob("*") if not p.is_relative_to(inside) and not p.is_dir()}


# --- zips ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../../evil.png", "/evil.png", "C:/evil.png", "\\\\server\\evil.png", "x/../../evil.png", "a\nb.png"]
)
def test_names_that_lead_out_of_a_zip_are_refused_and_the_rest_comes_over(
    name: str, project: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as packed:
        packed.writestr(name, png(shade=9))
        packed.writestr("a.json", labelme())
    before = outside(tmp_path, project)
    with Project.open(project) as opened:
        report = import_dataset(tmp_path / "slip.zip", opened)
        assert report.lost["files"] == 1 and report.losses[0].reason.startswith("refused")
        assert report.counts["characters"] == 1 and len(opened.index) == 2
    assert outside(tmp_path, project) == before


def test_links_and_zips_in_a_zip_and_other_packings_are_refused(project: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as packed:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("inner.zip", b"PK")
        packed.writestr("bz.json", labelme(), zipfile.ZIP_BZIP2)
        packed.writestr("a.json", labelme())
    with Project.open(project) as opened:
        report = import_dataset(tmp_path / "odd.zip", opened)
        assert [loss.reason[:12] for loss in report.losses] == ["refused: it ", "a zip in a z", "it is packed"]
        assert report.counts["characters"] == 1


def test_zip_bombs_are_refused_before_they_unpack(project: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open("bomb.png", "w") as file:
            for _ in range(40):
                file.write(bytes(1 << 20))
        packed.writestr("a.json", labelme())
    with Project.open(project) as opened:
        report = import_dataset(tmp_path / "bomb.zip", opened)
        assert "200 times its size" in report.losses[0].reason and report.counts["characters"] == 1
    with zipfile.ZipFile(tmp_path / "many.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(10):
            with packed.open(f"{number}.png", "w") as file:
                for _ in range(30):
                    file.write(bytes(1 << 20))
    with pytest.raises(LpStudioError, match="refused: it would unpack to 300 MB"):
        import_into(tmp_path / "many.zip", project)


def test_a_zip_that_lies_about_its_sizes_is_cut_off(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "lie.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("b.json", bytes(5_000_000))
        packed.writestr("a.json", labelme())
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 50)))
    with Project.open(project) as opened:
        report = import_dataset(path, opened, format_name="labelme")
        assert "damaged in the zip" in report.losses[0].reason and report.counts["characters"] == 1


def test_damaged_zips_never_crash(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.json", labelme())
        packed.writestr("a.png", png())
    sound = path.read_bytes()
    rng = random.Random(5)
    for number in range(300):
        damaged = bytearray(sound)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(bytes(damaged) if number % 3 else bytes(damaged[: rng.randrange(len(damaged))]))
        report = Report()
        try:
            with open_source(path, report) as tree:
                list(FORMATS["labelme"].read(tree, report))
                for name in tree.pictures:
                    tree.picture_size(name)
        except LpStudioError as error:
            assert readable(error)


# --- XML and JSON ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cvat", "voc"])
@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://localhost:1/evil.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    ],
)
def test_document_types_and_entities_are_refused(name: str, head: str, project: Path, source: Path) -> None:
    files, _ = written(
        FORMATS[name], [ExchangedCrop("train/a.png", PLACE, (square(),), CropState.LABELLED, SIZE)], False
    )
    sound = next(data for file, data in files.items() if file.endswith(".xml")).decode()
    body = sound.removeprefix('<?xml version="1.0" encoding="utf-8"?>')
    (source / "evil.xml").write_text(head + body.replace("<name>A", "<name>&lol2;").replace('label="A"', 'label="&e;"'))
    (source / "sound.xml").write_text(sound)
    with Project.open(project) as opened:
        report = import_dataset(source, opened, format_name=name)
        assert any("document type" in loss.reason and loss.line == 1 for loss in report.losses)
        assert report.counts["characters"] == 1


def test_deep_xml_and_unknown_encodings_are_refused(project: Path, source: Path) -> None:
    (source / "deep.xml").write_text("<annotation>" + "<a>" * 100_000)
    (source / "odd.xml").write_bytes(b'<?xml version="1.0" encoding="klingon"?><annotation/>')
    (source / "a.xml").write_text("<annotation><filename>a.png</filename></annotation>")
    with Project.open(project) as opened:
        report = import_dataset(source, opened, format_name="voc")
        assert sorted(loss.reason for loss in report.losses) == [
            "broken XML: unknown encoding: klingon",
            "refused: nested too deeply",
        ]


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"shapes":['])
def test_json_a_hundred_thousand_levels_deep_is_refused(opening: str, project: Path, source: Path) -> None:
    (source / "deep.json").write_text(opening * 100_000)
    (source / "a.json").write_text(labelme())
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert "nested too deeply" in report.losses[0].reason and report.counts["characters"] == 1
    (source / "deep.json").write_text('{"shapes":' + "[" * 1000 + "]" * 1000 + "}")
    with Project.open(project) as opened:
        import_dataset(source, opened)


def test_nan_infinity_and_numbers_without_bounds_are_no_coordinates(project: Path, source: Path) -> None:
    for number, value in enumerate(("NaN", "Infinity", "-Infinity", "1e999", "1e300", "9" * 5000, '"1_0"', "true")):
        text = labelme().replace("[10, 10]", f"[{value}, 10]", 1)
        (source / f"{number}.json").write_text(text)
    (source / "z.json").write_text(labelme(picture="b.png"))
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        # The first of them takes the picture; all but the one of thousands of digits are read as far.
        assert report.total_lost == 8 + 6
        assert report.counts["characters"] == 1
        assert opened.load("images/train/a.png").characters == ()


def test_an_outline_of_a_million_points_is_refused(project: Path, source: Path) -> None:
    points = [[n % 100, n % 50] for n in range(1_000_000)]
    (source / "a.json").write_text(labelme(points))
    (source / "b.json").write_text(labelme(picture="b.png"))
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert f"1000000 points; an outline may have {limits.MAX_POINTS}" in report.losses[0].reason
        assert report.counts["characters"] == 1


def test_a_hundred_thousand_characters_on_a_crop_are_bounded(project: Path, source: Path) -> None:
    data = json.loads(labelme())
    data["shapes"] *= 100_000
    (source / "a.json").write_text(json.dumps(data))
    crops, report = read(FORMATS["labelme"], {"a.json": json.dumps(data).encode()})
    assert len(crops[0].characters) == limits.MAX_CHARACTERS
    assert crops[0].incomplete and report.lost["characters"] == 1


# --- names and pictures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../../evil.png", "/etc/evil.png", "..\\..\\evil.png", "con.png", "a\u0000b.png", "\ud800.png", "x" * 3000]
)
def test_picture_names_never_lead_out_of_the_project(name: str, project: Path, source: Path, tmp_path: Path) -> None:
    import base64

    data = json.loads(labelme(picture=name))
    data["imageData"] = base64.b64encode(png(shade=44)).decode()
    (source / "n.json").write_text(json.dumps(data))
    before = outside(tmp_path, project)
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert report.counts["new crops"] == 1
    assert outside(tmp_path, project) == before
    assert len(list((project / "images/train").iterdir())) == 3


def test_paths_of_a_yaml_that_lead_out_are_refused(source: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "s.png").write_bytes(png(shade=3))
    (source / "data.yaml").write_text(f"train: {secret}\nval: ../secret\ntest: ../../..\nnames: [A, B]\n")
    (source / "list.txt").write_text("../secret/s.png\n")
    report = import_into(source, tmp_path / "new")
    assert report.lost["splits"] == 3 and not report.counts["new crops"]


@pytest.mark.parametrize(
    "text", ["names: " + "[" * 50_000, "a: &a [x]\n" + "b: *a\n" * 9 + "names: {0: *a}", "names: 7"]
)
def test_odd_yaml_is_refused(text: str, source: Path, tmp_path: Path) -> None:
    (source / "data.yaml").write_text(text)
    with pytest.raises(LpStudioError, match="yaml"):
        import_into(source, tmp_path / "new")


def test_picture_bombs_are_refused_by_their_header(project: Path, source: Path) -> None:
    (source / "bomb.png").write_bytes(header_png((100_000, 100_000)))
    (source / "bomb.json").write_text(labelme(picture="bomb.png"))
    mask = zlib.compress(bytes(1000))
    huge = b"\x89PNG\r\n\x1a\n" + header_png((50_000, 50_000))[8:33] + mask
    import base64

    shape = {"label": "A", "points": [[1, 1], [5, 5]], "shape_type": "mask", "mask": base64.b64encode(huge).decode()}
    (source / "a.json").write_text(json.dumps({"shapes": [shape], "imagePath": "a.png"}))
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert len(opened.index) == 2
        reasons = [loss.reason for loss in report.losses]
        assert any("million pixels" in reason or "cannot be used" in reason for reason in reasons)
        assert any("mask" in reason for reason in reasons)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_links_in_circles_do_not_hold_an_import_up(project: Path, source: Path) -> None:
    os.mkfifo(source / "pipe.json")
    (source / "loop").symlink_to(source)
    (source / "self.json").symlink_to(source / "self.json")
    (source / "a.json").write_text(labelme())
    assert import_into(source, project).counts["characters"] == 1


# --- the corpus ------------------------------------------------------------------------------------------------------

PER_FORMAT = 260  # files; eight kinds of source give more than 2,000
WITH_PICTURE = 50  # of them are of a picture of their own, and go the whole way into the project


def _bases(name: str) -> tuple[str, bytes]:
    """The ending and the content of a sound annotation file of two crops (one where a file has one)."""
    crops = [
        ExchangedCrop(f"train/{n}.png", PLACE, (square(), square("0", 30.0, unreadable=True)), CropState.VERIFIED, SIZE)
        for n in "ab"
    ]
    files, _ = written(FORMATS[name], crops, pictures=False)
    ending = {"cvat": ".xml", "voc": ".xml"}.get(name, ".json")
    file = next(file for file in sorted(files) if file.endswith(ending))
    return ending, files[file]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["labelme", "x-anylabeling", "coco", "coco-rle", "cvat", "label-studio", "voc"])
def test_no_damaged_file_crashes_or_costs_a_sound_one(name: str, project: Path, source: Path, tmp_path: Path) -> None:
    ending, sound = _bases(name)
    rng = random.Random(f"corpus {name}")
    for number in range(PER_FORMAT):
        own = sound.replace(b"a.png", b"m%03d.png" % number) if number < WITH_PICTURE else sound
        (source / f"m{number:03}{ending}").write_bytes(mutated(own, rng))
    for number in range(WITH_PICTURE):
        (project / "images/train" / f"m{number:03}.png").write_bytes(png())
    _import_beside(name, ending, sound, project, source, tmp_path)


@pytest.mark.timeout(120)
def test_no_damaged_label_file_crashes_or_costs_a_sound_one(source: Path, tmp_path: Path) -> None:
    rng = random.Random("corpus yolo")
    sound = b"0 0.1 0.2 0.2 0.2 0.2 0.8\n1 0.5 0.5 0.1 0.2\n2 0.1 0.2 0.2 0.2 0.2 0.8 0.9\n"
    (source / "labels").mkdir()
    names = {f"train/m{n:03}": None for n in range(WITH_PICTURE)} | {"train/sound": None}
    project = make_project(tmp_path / "target" / "project", names)
    for number in range(PER_FORMAT):
        (source / "labels" / f"m{number:03}.txt").write_bytes(mutated(sound, rng))
    (source / "labels/sound.txt").write_bytes(sound)
    (source / "data.yaml").write_text("names: [A, B, C]\n")
    record = {"key": "images/sound.png", "text": "ABC123", "unreadable": [{"at": 1e999, "polygon": [[0, 0]] * 3}]}
    (source / "crops.jsonl").write_bytes(
        b"\n".join(mutated(json.dumps(record).encode(), rng).replace(b"\n", b" ") for _ in range(200))
    )
    before = outside(tmp_path, project)
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert all("\n" not in loss.message for loss in report.losses)
        assert len(opened.load("images/train/sound.png").characters) == 3
    assert outside(tmp_path, project) == before


def _import_beside(name: str, ending: str, sound: bytes, project: Path, source: Path, tmp_path: Path) -> None:
    """Import a folder of damaged files with sound ones before and after them."""
    before = outside(tmp_path, project)
    with Project.open(project) as opened:
        report = import_dataset(source, opened, format_name=name)
        assert all("\n" not in loss.message and loss.reason for loss in report.losses)
        json.dumps(report.to_dict())
        assert report.total_lost > PER_FORMAT / 4
    assert outside(tmp_path, project) == before
    again = make_project(tmp_path / "target" / "again", {"train/a": None, "train/b": None})
    (source / f"0sound{ending}").write_bytes(sound)
    with Project.open(again) as opened:
        import_dataset(source, opened, format_name=name)
        assert opened.state("images/train/a.png") is CropState.VERIFIED
        assert [c.char for c in opened.load("images/train/a.png").characters] == ["A", "0"]
