"""What an import does to a project, and what it never does."""

from __future__ import annotations

import base64
import json
import zipfile
from pathlib import Path

import pytest

from lpstudio.dataset.exchange.exporting import export_dataset
from lpstudio.dataset.exchange.formats import FORMATS
from lpstudio.dataset.exchange.importing import import_dataset, import_into
from lpstudio.dataset.exchange.model import ExchangedCrop
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Candidate, CropContent, CropState, Origin
from lpstudio.errors import LpStudioError, UsageError
from tests.dataset.exchange.support import PLACE, SIZE, make_project, png, square, written

LINE_A = "0 0.1 0.2 0.2 0.2 0.2 0.8\n"
LINE_B = "1 0.3 0.2 0.4 0.2 0.4 0.8\n"


def labelme(shapes: list[dict[str, object]], picture: str = "a.png", **more: object) -> str:
    data = {"version": "5", "flags": {}, "shapes": shapes, "imagePath": picture, "imageData": None}
    return json.dumps({**data, "imageWidth": SIZE[0], "imageHeight": SIZE[1], **more})


def shape(label: str, points: object, kind: str = "polygon", **more: object) -> dict[str, object]:
    return {"label": label, "points": points, "shape_type": kind, "flags": {}, **more}


TRIANGLE = [[10, 10], [20, 10], [20, 30]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", {"train/a": None, "train/b": LINE_A, "val/c": LINE_B})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def everything(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


# --- out and back --------------------------------------------------------------------------------------------------


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """A project with a crop in every state."""
    root = make_project(tmp_path / "rich", {f"train/{state.name.lower()}": None for state in CropState})
    with Project.open(root) as project:
        for state in (CropState.LABELLED, CropState.IN_PROGRESS, CropState.VERIFIED, CropState.IGNORED):
            key = f"images/train/{state.name.lower()}.png"
            content = CropContent((square("A"), square("", 20.0, unreadable=True), square("0", 30.0)))
            project.save(key, content, state)
            project.set_text(key, "ABC 1234")
        scored = square("O", candidates=(Candidate("O", 0.6), Candidate("0", 0.4)), confidence=0.6)
        project.set_draft("images/train/draft.png", [scored])
        project.store.set_origin("images/train/draft.png", Origin("gate.mp4", 12, 0.5, (1.0, 2.0, 3.0, 4.0)))
    return root


@pytest.mark.parametrize("ending", ["", ".zip"])
@pytest.mark.parametrize("name", ["labelme", "x-anylabeling", "coco"])
def test_a_whole_project_comes_back_as_it_was(name: str, ending: str, rich: Path, tmp_path: Path) -> None:
    before = everything(rich)
    with Project.open(rich) as project:
        report = export_dataset(project, tmp_path / f"out{ending}", name)
        assert not report.losses and report.counts["crops"] == 6
    assert {k: v for k, v in everything(rich).items() if ".lpstudio" not in k} == {
        k: v for k, v in before.items() if ".lpstudio" not in k
    }
    report = import_into(tmp_path / f"out{ending}", tmp_path / "back")
    assert not report.losses and report.counts["new crops"] == 6
    with Project.open(rich) as old, Project.open(tmp_path / "back") as new:
        assert [source.split for source in new.sources] == ["train"]
        assert old.scan().keys == new.scan().keys
        for key in old.index.keys:
            assert old.state(key) is new.state(key)
            assert (old.text(key), old.origin(key)) == (new.text(key), new.origin(key))
            for a, b in zip(old.load(key).characters, new.load(key).characters, strict=True):
                assert (a.char, a.unreadable, a.candidates, a.confidence) == (
                    b.char,
                    b.unreadable,
                    b.candidates,
                    b.confidence,
                )
                for p, q in zip(a.polygon, b.polygon, strict=True):
                    assert p == pytest.approx(q, abs=0.01)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_brings_its_crops_into_a_new_project(name: str, rich: Path, tmp_path: Path) -> None:
    with Project.open(rich) as project:
        lost = export_dataset(project, tmp_path / "out", name)
    report = import_into(tmp_path / "out", tmp_path / "back")
    assert not report.losses
    with Project.open(tmp_path / "back") as back:
        states = {Path(key).stem: back.state(key) for key in back.scan().keys}
        for state in CropState:
            kept = state if state is not CropState.DRAFT or not lost.lost["drafts"] else CropState.UNLABELLED
            assert states[state.name.lower()] is kept


def test_an_export_never_lands_in_a_folder_with_something_in_it(rich: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with Project.open(rich) as project:
        with pytest.raises(LpStudioError, match="not an empty folder"):
            export_dataset(project, tmp_path / "out", "coco")
        with pytest.raises(UsageError, match="among the project's own pictures"):
            export_dataset(project, rich / "images/train/out", "coco")
        with pytest.raises(UsageError, match="no test split"):
            export_dataset(project, tmp_path / "new", "coco", splits=["test"])
        with pytest.raises(UsageError, match="no format"):
            export_dataset(project, tmp_path / "new", "paper")
    assert everything(tmp_path / "out") == {"mine.txt": b"mine"}
    assert not (tmp_path / "new").exists()


def test_only_the_wanted_splits_and_states_go_out(project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened:
        opened.set_state("images/val/c.png", CropState.VERIFIED)
        report = export_dataset(opened, tmp_path / "a", "labelme", states=[CropState.VERIFIED], pictures=False)
        assert report.counts["crops"] == 1
        export_dataset(opened, tmp_path / "b", "labelme", splits=["train"])
        with pytest.raises(LpStudioError, match="no crop of these"):
            export_dataset(opened, tmp_path / "c", "labelme", states=[CropState.DRAFT])
    assert list(everything(tmp_path / "a")) == ["val/c.json"]
    assert list(everything(tmp_path / "b")) == ["train/a.json", "train/a.png", "train/b.json", "train/b.png"]


def test_lines_that_were_never_understood_are_named_by_an_export(project: Path, tmp_path: Path) -> None:
    (project / "labels/train/b.txt").write_text(f"{LINE_A}99 0.1\n")
    with Project.open(project) as opened:
        report = export_dataset(opened, tmp_path / "out", "cvat")
    (loss,) = report.losses
    assert loss.message.startswith(f"{project}/labels/train/b.txt:2: not understood: unknown class 99")


# --- a person's work -----------------------------------------------------------------------------------------------


def test_labels_from_a_server_fill_the_crops_that_nobody_labelled(project: Path, tmp_path: Path) -> None:
    """As CVAT gives them back: an annotations.xml alone, no pictures."""
    crops = [
        ExchangedCrop("train/a.png", PLACE, (square("X"),), CropState.VERIFIED, SIZE, text="ABC1234"),
        ExchangedCrop("train/b.png", PLACE, (square("Y"),), CropState.VERIFIED, SIZE, text="XYZ9999"),
    ]
    files, _ = written(FORMATS["cvat"], crops, pictures=False)
    (tmp_path / "annotations.xml").write_bytes(files["annotations.xml"])
    before = (project / "labels/train/b.txt").read_bytes()
    with Project.open(project) as opened:
        opened.set_text("images/train/b.png", "MINE123")
        report = import_dataset(tmp_path / "annotations.xml", opened)
        assert report.counts["crops filled in"] == 1 and report.counts["crops that were there already"] == 1
        assert dict(report.lost) == {"crops' labels": 1, "plate texts": 1}
        assert "images/train/b.png has labels of its own, which differ" in report.losses[0].message
        assert opened.state("images/train/a.png") is CropState.VERIFIED
        assert [c.char for c in opened.load("images/train/a.png").characters] == ["X"]
        assert (opened.text("images/train/a.png"), opened.text("images/train/b.png")) == ("ABC1234", "MINE123")
    assert (project / "labels/train/b.txt").read_bytes() == before


@pytest.mark.parametrize("state", [CropState.IN_PROGRESS, CropState.VERIFIED, CropState.IGNORED, CropState.LABELLED])
def test_no_state_that_a_person_gave_is_ever_overwritten(state: CropState, project: Path, source: Path) -> None:
    (source / "b.json").write_text(labelme([shape("Z", TRIANGLE, score=0.5)], "b.png"))
    with Project.open(project) as opened:
        opened.set_state("images/train/b.png", state)
        before = everything(project / "labels")
        report = import_dataset(source, opened)
        assert opened.state("images/train/b.png") is state
        assert report.total_lost == 1
    assert everything(project / "labels") == before


def test_an_unreadable_character_that_was_marked_here_keeps_its_crop(project: Path, source: Path) -> None:
    (source / "a.json").write_text(labelme([shape("Z", TRIANGLE)]))
    with Project.open(project) as opened:
        opened.save("images/train/a.png", CropContent((square("", unreadable=True),)), CropState.VERIFIED)
        (project / "labels/train/a.txt").unlink()
        import_dataset(source, opened)
        assert [c.unreadable for c in opened.load("images/train/a.png").characters] == [True]


def test_the_same_labels_confirmed_elsewhere_confirm_them_here(project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened:
        export_dataset(opened, tmp_path / "out", "labelme", splits=["train"])
    path = tmp_path / "out/train/b.json"
    path.write_text(path.read_text().replace('"labelled":true', '"verified":true'))
    with Project.open(project) as opened:
        report = import_dataset(tmp_path / "out", opened)
        assert not report.losses and report.counts["crops confirmed"] == 1
        assert opened.state("images/train/b.png") is CropState.VERIFIED


def test_importing_twice_adds_nothing(source: Path, tmp_path: Path) -> None:
    (source / "a.png").write_bytes(png(shade=9))
    (source / "a.json").write_text(labelme([shape("A", TRIANGLE)]))
    target = make_project(tmp_path / "target", {"train/a": LINE_B})
    assert import_into(source, target).counts["new crops"] == 1
    before = everything(target / "images") | everything(target / "labels")
    assert "train/a-2.png" in before
    report = import_into(source, target)
    assert report.counts["new crops"] == 0 and report.counts["crops that were there already"] == 1
    assert not report.losses
    assert everything(target / "images") | everything(target / "labels") == before


def test_another_picture_of_the_same_name_is_added_with_a_number(project: Path, source: Path) -> None:
    (source / "b.png").write_bytes(png(shade=200))
    (source / "b.json").write_text(labelme([shape("Z", TRIANGLE)], "b.png"))
    with Project.open(project) as opened:
        report = import_dataset(source, opened, split="val")
        assert not report.losses
        assert opened.state("images/val/b.png") is CropState.LABELLED
        (source / "b.png").write_bytes(png(shade=201))
        import_dataset(source, opened, split="val")
        assert opened.state("images/val/b-2.png") is CropState.LABELLED
    assert (project / "labels/train/b.txt").read_text() == LINE_A


def test_new_crops_are_named_in_the_lists_of_a_project_that_has_lists(tmp_path: Path, source: Path) -> None:
    root = make_project(tmp_path / "listed", {"train/a": None})
    yaml = root / "data.yaml"
    yaml.write_text(yaml.read_text().replace("images/train", "train.txt"))
    (root / "train.txt").write_text("./images/train/a.png\n")
    (source / "n.png").write_bytes(png(shade=77))
    (source / "n.json").write_text(labelme([shape("Z", TRIANGLE)], "n.png"))
    import_into(source, root)
    assert (root / "train.txt").read_text() == "./images/train/a.png\n./images/train/n.png\n"


# --- what is lost is named ------------------------------------------------------------------------------------------


def test_a_crop_that_lost_a_character_is_not_trained_on(project: Path, source: Path) -> None:
    shapes = [shape("A", TRIANGLE), shape("B", [[1, 1], [2, 2]]), shape("C", [[1, 1], [2, "x"], [3, 3]])]
    (source / "a.json").write_text(labelme(shapes))
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert [loss.reason for loss in report.losses] == [
            "shape 2: 2 point(s) instead of 3 or more",
            "shape 3: “x” is not a number",
        ]
        assert opened.state("images/train/a.png") is CropState.IN_PROGRESS
        assert [c.char for c in opened.load("images/train/a.png").characters] == ["A"]


def test_blanks_and_small_letters_of_class_names_do_not_matter_and_foreign_classes_are_named(
    project: Path, source: Path
) -> None:
    (source / "a.json").write_text(labelme([shape(" a ", TRIANGLE), shape("plate", TRIANGLE), shape("0\n", TRIANGLE)]))
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        (loss,) = report.losses
        assert "1 of the class “PLATE”, which the project does not have" in loss.message
        assert opened.state("images/train/a.png") is CropState.LABELLED  # it lacks no character
        assert [c.char for c in opened.load("images/train/a.png").characters] == ["A", "0"]


def test_outlines_are_cut_at_the_border_not_pushed_onto_it(project: Path, source: Path) -> None:
    diamond = [[0, 20], [10, 10], [20, 20], [10, 30]]
    left = [[x - 10, y] for x, y in diamond]
    outside = [[x - 100, y] for x, y in diamond]
    (source / "a.json").write_text(
        labelme([shape("A", left), shape("B", outside), shape("C", [[-0.005, 5], *TRIANGLE])])
    )
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert dict(report.lost) == {"parts outside the picture": 1, "characters": 1}
        a, c = opened.load("images/train/a.png").characters
        assert sorted((round(x, 3), round(y, 3)) for x, y in a.polygon) == [(0, 10), (0, 30), (10, 20)]
        assert len(c.polygon) == 4
        assert opened.state("images/train/a.png") is CropState.IN_PROGRESS


def test_labels_drawn_on_another_size_are_not_taken(project: Path, source: Path) -> None:
    (source / "a.json").write_text(labelme([shape("A", TRIANGLE)], imageWidth=SIZE[1], imageHeight=SIZE[0]))
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        (loss,) = report.losses
        assert "drawn on 60 × 120 pixels, the picture has 120 × 60 after the rotation" in loss.reason
        assert opened.state("images/train/a.png") is CropState.UNLABELLED


def test_scores_make_a_draft_and_a_check_makes_it_verified(project: Path, source: Path) -> None:
    (source / "a.json").write_text(labelme([shape("A", TRIANGLE, score=0.9)]))
    with Project.open(project) as opened:
        import_dataset(source, opened)
        assert opened.state("images/train/a.png") is CropState.DRAFT
        assert opened.load("images/train/a.png").characters[0].confidence == 0.9
        (source / "a.json").write_text(labelme([shape("A", TRIANGLE, score=0.9)], checked=True))
        import_dataset(source, opened)
        assert opened.state("images/train/a.png") is CropState.VERIFIED
    assert (project / "labels/train/a.txt").exists()


def test_a_split_that_the_project_lacks_is_said_not_guessed(project: Path, source: Path) -> None:
    (source / "test").mkdir()
    (source / "test/n.png").write_bytes(png(shade=99))
    (source / "test/n.json").write_text(labelme([shape("A", TRIANGLE)], "n.png"))
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert "no test split" in report.losses[0].reason
        assert len(opened.index) == 3
        with pytest.raises(UsageError, match="no test split"):
            import_dataset(source, opened, split="test")
        assert import_dataset(source, opened, split="val").counts["new crops"] == 1


def test_pictures_without_annotation_come_as_crops_to_be_labelled(project: Path, source: Path) -> None:
    (source / "n.png").write_bytes(png(shade=99))
    (source / "a.json").write_text(labelme([]))
    (source / "broken.png").write_bytes(b"no picture")
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert opened.state("images/train/n.png") is CropState.UNLABELLED
        assert [loss.file.rpartition("/")[2] for loss in report.losses] == ["broken.png"]


# --- files as other programs write them ------------------------------------------------------------------------------


def test_a_labelme_file_with_its_picture_inside(project: Path, source: Path) -> None:
    inside = base64.b64encode(png(shade=55)).decode()
    (source / "n.json").write_text(
        labelme([shape("A", [[1, 2], [9, 30]], "rectangle")], "C:\\cam\\n.png", imageData=inside)
    )
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert not report.losses and "boxes became outlines of four points" in report.notes
        assert (project / "images/train/n.png").read_bytes() == png(shade=55)


def test_labelme_finds_pictures_beside_its_folder(tmp_path: Path, source: Path) -> None:
    (source / "images").mkdir()
    (source / "json").mkdir()
    (source / "images/n.png").write_bytes(png(shade=55))
    (source / "json/n.json").write_text(labelme([shape("A", TRIANGLE)], "..\\images\\n.png"))
    report = import_into(source, tmp_path / "new")
    assert report.counts["new crops"] == 1 and report.counts["characters"] == 1


def test_masks_of_labelme_become_outlines(project: Path, source: Path) -> None:
    mask = base64.b64encode(png((4, 6), 255)).decode()
    (source / "a.json").write_text(labelme([shape("A", [[10, 10], [13, 15]], "mask", mask=mask)]))
    with Project.open(project) as opened:
        assert not import_dataset(source, opened).losses
        (character,) = opened.load("images/train/a.png").characters
        xs, ys = zip(*character.polygon, strict=True)
        assert (min(xs), max(xs), min(ys), max(ys)) == pytest.approx((10, 14, 10, 16), abs=0.01)


def test_an_ultralytics_dataset_of_another_machine_with_its_split_above(tmp_path: Path, source: Path) -> None:
    """Exports of servers say ../train/images, those of notebooks /content/…; class numbers go by their names."""
    for split, shade in (("train", 1), ("valid", 2)):
        (source / split / "images").mkdir(parents=True)
        (source / split / "labels").mkdir(parents=True)
        (source / split / "images/p.png").write_bytes(png(shade=shade))
        (source / split / "labels/p.txt").write_text("1 0.1 0.2 0.2 0.2 0.2 0.8\n0 0.5 0.5 0.1 0.2\n")
    (source / "data.yaml").write_text("train: ../train/images\nval: /content/x/valid/images\nnames: [' b', 'A ']\n")
    report = import_into(source, tmp_path / "new")
    assert not report.losses
    with Project.open(tmp_path / "new") as opened:
        assert opened.scan().keys == ["images/train/p.png", "images/val/p.png"]
        assert [c.char for c in opened.load("images/val/p.png").characters] == ["A", "B"]


def test_labels_without_class_names_are_refused(tmp_path: Path, source: Path) -> None:
    (source / "a.png").write_bytes(png())
    (source / "a.txt").write_text(LINE_A)
    with pytest.raises(LpStudioError, match="the class numbers have no names"):
        import_into(source, tmp_path / "new", format_name="yolo-seg")
    assert not (tmp_path / "new/data.yaml").exists()
    (source / "classes.txt").write_text("A\nB\n")
    assert import_into(source, tmp_path / "new").counts["characters"] == 1


def test_predictions_of_yolo_with_confidences_become_drafts(tmp_path: Path, source: Path) -> None:
    (source / "a.png").write_bytes(png())
    (source / "a.txt").write_text("0 0.1 0.2 0.2 0.2 0.2 0.8 0.75\n1 0.5 0.5 0.1 0.2 0.5\n")
    (source / "classes.txt").write_text("A\nB\n")
    import_into(source, tmp_path / "new")
    with Project.open(tmp_path / "new") as opened:
        assert opened.state("images/train/a.png") is CropState.DRAFT
        assert [c.confidence for c in opened.load("images/train/a.png").characters] == [0.75, 0.5]


def test_label_studio_as_the_server_writes_it(project: Path, source: Path) -> None:
    frame = {"original_width": 120, "original_height": 60, "image_rotation": 0}
    value = {"x": 25, "y": 25, "width": 10, "height": 20, "rotation": 0, "rectanglelabels": ["A"]}
    region = {**frame, "id": "r1", "type": "rectanglelabels", "from_name": "label", "value": value}
    brush = {**frame, "id": "r2", "type": "brushlabels", "value": {"format": "rle", "rle": [1], "brushlabels": ["B"]}}
    old = {"id": 1, "result": [], "was_cancelled": False}
    task = {
        "id": 7,
        "data": {"image": "/data/upload/3/0123abcd-a.png"},
        "annotations": [old, {"id": 2, "result": [region, brush]}],
        "predictions": [{"result": [region], "score": 0.3}],
    }
    (source / "export.json").write_text(json.dumps([task]))
    with Project.open(project) as opened:
        opened.flush()
        report = import_dataset(source, opened)
        kinds = dict(report.lost)
        assert kinds.pop("other opinions") == 1
        # The upload's name has a number before it, and there is no picture to tell by.
        assert kinds == {"characters": 1, "crops": 1}
        (source / "0123abcd-a.png").write_bytes(png(shade=0))
        report = import_dataset(source, opened, split="train")
        assert "region 2: a brushlabels region is not read" in [loss.reason for loss in report.losses]


def test_cvat_masks_boxes_and_tracks(project: Path, source: Path) -> None:
    (source / "annotations.xml").write_text(
        """<annotations><version>1.1</version>
        <image id="0" name="a.png" width="120" height="60">
          <mask label="A" source="manual" occluded="0" rle="0, 4, 2, 2" left="10" top="20" width="4" height="2"/>
          <box label="B" xtl="30" ytl="10" xbr="40" ybr="30" rotation="90.0"/>
          <points label="C" points="1,2;3,4"/>
        </image>
        <track id="0" label="A"><box frame="0" xtl="1" ytl="1" xbr="2" ybr="2"/></track></annotations>"""
    )
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert [(loss.line, loss.kind) for loss in report.losses] == [(5, "characters"), (7, "tracks")]
        mask, box = opened.load("images/train/a.png").characters
        xs, ys = zip(*box.polygon, strict=True)
        assert (min(xs), max(xs), min(ys), max(ys)) == pytest.approx((25, 45, 15, 25))
        assert max(x for x, _ in mask.polygon) == pytest.approx(14)
        assert opened.state("images/train/a.png") is CropState.IN_PROGRESS


def test_what_a_model_drew_on_cvat_is_a_draft(project: Path, source: Path) -> None:
    (source / "annotations.xml").write_text(
        '<annotations><image id="0" name="a.png" width="120" height="60">'
        '<polygon label="A" source="auto" points="1,1;9,1;9,9"/></image></annotations>'
    )
    with Project.open(project) as opened:
        import_dataset(source, opened)
        assert opened.state("images/train/a.png") is CropState.DRAFT


def test_voc_as_labelimg_writes_it(project: Path, source: Path) -> None:
    (source / "a.xml").write_text(
        '<annotation verified="yes"><folder>x</folder><filename>a.png</filename><path>/home/x/a.png</path>'
        "<size><width>0</width><height>0</height><depth>3</depth></size>"
        "<object><name>A</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>30</ymax></bndbox></object>"
        "<object><name>B</name><bndbox><xmin>9</xmin><ymin>2</ymin><xmax>9</xmax><ymax>30</ymax></bndbox></object>"
        "</annotation>"
    )
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert [loss.reason for loss in report.losses] == ["a box without area"]
        assert [c.char for c in opened.load("images/train/a.png").characters] == ["A"]


def test_coco_parts_are_tied_and_named(project: Path, source: Path) -> None:
    data = {
        "images": [{"id": 1, "file_name": "a.png", "width": 120, "height": 60}],
        "categories": [{"id": 3, "name": "A"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "segmentation": [[1, 1, 9, 1, 9, 9], [20, 1, 29, 1, 29, 9]]},
            {"id": 2, "image_id": 9, "category_id": 3, "segmentation": []},
            {"id": 3, "image_id": 1, "category_id": 4, "bbox": [1, 1, 5, 5]},
        ],
    }
    (source / "instances.json").write_text(json.dumps(data))
    with Project.open(project) as opened:
        report = import_dataset(source, opened)
        assert [loss.reason for loss in report.losses] == [
            "annotation 2 is of no image that is there",
            "annotation 1: 2 parts were tied into one outline",
            "annotation 3: the class is missing",
        ]
        assert len(opened.load("images/train/a.png").characters[0].polygon) == 8


def test_two_formats_in_one_folder_ask_which(project: Path, source: Path) -> None:
    (source / "a.json").write_text(labelme([shape("A", TRIANGLE)]))
    (source / "a.xml").write_text("<annotation><filename>a.png</filename></annotation>")
    with pytest.raises(LpStudioError, match="more than one format: labelme, voc"):
        import_into(source, project)
    assert import_into(source, project, format_name="labelme").counts["characters"] == 1


def test_nothing_known_is_said_so(project: Path, source: Path) -> None:
    (source / "a.json").write_text("{}")
    with pytest.raises(LpStudioError, match="no known format"):
        import_into(source, project)
    with pytest.raises(UsageError, match="no such file"):
        import_into(source / "nothing", project)
    with pytest.raises(UsageError, match="no annotation file"):
        import_into(project / "images/train/a.png", project)


def test_a_new_project_inside_its_source_is_refused(source: Path) -> None:
    (source / "a.json").write_text(labelme([shape("A", TRIANGLE)]))
    with pytest.raises(UsageError, match="inside what is imported"):
        import_into(source, source / "new")


def test_a_whole_project_is_a_source_as_well(project: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as packed:
        for name, data in everything(project).items():
            packed.writestr(f"plates/{name}", data)
    report = import_into(tmp_path / "p.zip", tmp_path / "new")
    assert isinstance(report, Report) and not report.losses
    with Project.open(tmp_path / "new") as opened:
        assert opened.scan().keys == ["images/train/a.png", "images/train/b.png", "images/val/c.png"]
        assert opened.state("images/val/c.png") is CropState.LABELLED
