"""The project process: faults, import and export apart from the window."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character
from tests.gui.conftest import TEXTS, write_project
from tests.worker.client import Worker


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker("lpstudio.worker.project")
    yield worker
    worker.process.stdin.close()  # type: ignore[union-attr]
    worker.process.wait(20)


def test_faults_import_undo_and_export_go_through_one_process(worker: Worker, tmp_path: Path) -> None:
    root = write_project(tmp_path / "plates")
    label = root / "labels/train/p0.txt"
    label.write_text(label.read_text() + "0 0.1 0.2 0.3 0.8 0.3 0.2 0.1 0.8\n")
    (root / "plates.csv").write_text("file,text\np1.png,XXX0000\np2.png,ABC1234\n")
    with Project.open(root) as project:
        draft = [Character(((x, 9.0), (x + 9.0, 9.0), (x + 9.0, 50.0)), "Z") for x in (10.0, 30.0)]
        project.set_draft("images/train/p2.png", draft)

    results, last = worker.until_end(worker.send("faults", project=str(root)))
    assert last["type"] == "done"
    rows = [row for result in results for row in result["faults"]]
    assert ["images/train/p0.png", "self-crossing", 7, 8, "its outline crosses itself", False] in rows
    assert sorted(key for result in results for key in result["disagreeing"]) == [
        "images/train/p1.png",
        "images/train/p2.png",
    ]

    out = tmp_path / "out.zip"
    fields = {"project": str(root), "format": "voc", "states": ["labelled"]}
    (preview,), _ = worker.until_end(worker.send("export_preview", **fields))
    assert preview["report"]["lost"]["outlines"] == 3
    assert not out.exists()
    (done,), _ = worker.until_end(worker.send("export", out=str(out), **fields))
    assert done["report"]["counts"] == preview["report"]["counts"] and out.is_file()

    (found,), _ = worker.until_end(worker.send("recognise", source=str(out)))
    assert found["format"] == "voc" and found["pictures"] == 3
    target = write_project(tmp_path / "other")
    for path in (target / "labels").rglob("*.txt"):
        path.unlink()
    (came,), _ = worker.until_end(worker.send("import", source=str(out), project=str(target)))
    assert came["undo"] and came["report"]["counts"]["crops filled in"] == 3
    (back,), _ = worker.until_end(worker.send("undo_import", project=str(target / "data.yaml")))
    assert back["report"]["counts"] == {"crops as before": 3} and back["source"] == str(out)
    assert not list((target / "labels").rglob("*.txt"))


def test_a_cancelled_import_leaves_nothing_behind_and_a_hostile_file_only_an_error(
    worker: Worker, tmp_path: Path
) -> None:
    source = tmp_path / "theirs.zip"
    with zipfile.ZipFile(source, "w") as archive:
        picture = (write_project(tmp_path / "a") / "images/train/p0.png").read_bytes()
        for number in range(400):
            shape = {"label": "X", "points": [[10, 10], [20, 10], [20, 40]], "shape_type": "polygon"}
            data = {"shapes": [shape], "imagePath": f"n{number}.png", "imageWidth": 240, "imageHeight": 80}
            archive.writestr(f"n{number}.png", picture)
            archive.writestr(f"n{number}.json", json.dumps({"version": "5", "imageData": None, "flags": {}, **data}))
    root = tmp_path / "a"
    before = sorted(path.name for path in (root / "images").rglob("*"))
    request = worker.send("import", source=str(source), project=str(root))
    while (message := worker.next())["type"] != "progress" or message["done"] < 5:
        assert message["id"] == request
    worker.cancel(request)
    assert worker.until_end(request)[1]["type"] == "cancelled"
    assert sorted(path.name for path in (root / "images").rglob("*")) == before
    assert len(TEXTS) == 6 and not list((root / "labels").rglob("n*.txt"))

    hostile = tmp_path / "deep.json"
    hostile.write_text("[" * 100_000)
    assert worker.until_end(worker.send("import", source=str(hostile), project=str(root)))[1]["type"] == "error"
    assert worker.until_end(worker.send("recognise", source=str(source)))[1]["type"] == "done"
