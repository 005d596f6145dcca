"""An import can be taken back, also one that was killed, and what was done since is never lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from lpstudio.dataset.exchange.importing import import_into
from lpstudio.dataset.exchange.undoing import last_import, undo_import
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState
from tests.dataset.conftest import NAMES

SQUARE = [[10, 10], [20, 10], [20, 40], [10, 40]]


def picture(path: Path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (100, 50), (shade, 0, 0)).save(path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """a has labels, b a draft and a text, c nothing; train and val are lists."""
    root = tmp_path / "plates"
    for number, name in enumerate("abc"):
        picture(root / f"images/{name}.png", number)
    (root / "labels").mkdir()
    (root / "labels/a.txt").write_text("0 0.1 0.2 0.2 0.2 0.2 0.8\n")
    (root / "train.txt").write_text("./images/a.png\n./images/b.png\n./images/c.png\n")
    (root / "data.yaml").write_text(f"train: train.txt\nval: train.txt\n{NAMES}")
    with Project.open(root) as opened:
        opened.set_draft("images/b.png", [Character(((1, 1), (9, 1), (9, 9)), "B")])
        opened.set_text("images/b.png", "B12")
    return root


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """labelme files for b, c and two new pictures."""
    folder = tmp_path / "theirs"
    for number, name in enumerate("bcde", start=1):
        picture(folder / f"{name}.png", number)
        shapes = [{"label": "X", "points": SQUARE, "shape_type": "polygon"}]
        data = {"version": "5", "shapes": shapes, "imagePath": f"{name}.png", "imageHeight": 50, "imageWidth": 100}
        (folder / f"{name}.json").write_text(json.dumps({**data, "imageData": None, "flags": {}}))
    return folder


def everything(root: Path) -> dict[str, object]:
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".lpstudio" not in path.parts and path.name != "crops.jsonl"
    }
    with Project.open(root, create_store=False) as project:
        crops = {key: (project.state(key), project.text(key), project.load(key)) for key in project.index.keys}
    return {**files, **crops}


def test_an_import_is_taken_back_to_the_byte(project: Path, source: Path) -> None:
    before = everything(project)
    report = import_into(source, project)
    assert report.counts["new crops"] == 2 and report.counts["crops filled in"] == 2
    past = last_import(project)
    assert past is not None and past.ended and past.crops == 4 and past.source == str(source)
    with Project.open(project) as opened:
        assert opened.state("images/b.png") is CropState.LABELLED
        undone = undo_import(opened, past)
    assert undone.total_lost == 0
    assert everything(project) == before
    assert last_import(project) is None
    assert import_into(source, project).counts["new crops"] == 2  # and it can be done again


def test_what_was_worked_on_since_stays(project: Path, source: Path) -> None:
    import_into(source, project)
    past = last_import(project)
    assert past is not None
    with Project.open(project) as opened:
        new = next(key for key in opened.index.keys if key.endswith("/d.png"))
        mine = CropContent((Character(((5.0, 5.0), (30.0, 5.0), (30.0, 30.0)), "M"),))
        opened.save(new, mine, CropState.VERIFIED)
        report = undo_import(opened, past)
        assert [loss.reason for loss in report.losses] == [f"{new} was worked on since: it stays as it is"]
        assert opened.load(new).characters[0].char == "M"
        assert not any(key.endswith("/e.png") for key in opened.index.keys)


def test_an_import_that_was_killed_is_taken_back_as_far_as_it_came(project: Path, source: Path) -> None:
    before = everything(project)

    class Killed(Exception):  # noqa: N818
        pass

    def kill(done: int, _total: int) -> None:
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        import_into(source, project, progress=kill)
    past = last_import(project)
    assert past is not None and not past.ended
    record = past.folder / "record.jsonl"
    record.write_text(record.read_text() + '{"key": "images/')  # the last line is torn
    with Project.open(project) as opened:
        undo_import(opened, past)
    assert everything(project) == before
