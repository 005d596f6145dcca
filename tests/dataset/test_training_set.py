"""Which crops enter a training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import NO_READABLE_LINE, PICTURE_FAULT, collect
from lpstudio.dataset.types import Character, CropContent, CropState

from .conftest import MakeDataset

GOOD = "0 0.1 0.2 0.2 0.2 0.2 0.8"


def test_only_labelled_and_verified_crops_take_part(
    make_dataset: MakeDataset, square: Callable[..., Character]
) -> None:
    names = [
        "labelled",
        "verified",
        "progress",
        "draft",
        "ignored",
        "unlabelled",
        "background",
        "badline",
        "allbad",
        "nopicture",
    ]
    crops: dict[str, str | None] = {f"train/{name}": f"{GOOD}\n" for name in names}
    crops |= {"train/draft": None, "train/unlabelled": None, "train/progress": None, "train/background": ""}
    crops |= {"train/badline": f"{GOOD}\nnonsense\n", "train/allbad": "nonsense\n", "val/v": f"{GOOD}\n1{GOOD[1:]}\n"}
    root = make_dataset(crops)
    (root / "images/train/nopicture.png").write_bytes(b"no")
    with Project.open(root) as project:
        project.scan()
        index = project.index
        key = "images/train/{}.png".format
        project.save(key("verified"), CropContent((square("Q"), square("O", unreadable=True))), CropState.VERIFIED)
        project.save(key("progress"), CropContent((square("Q"),)))
        project.set_draft(key("draft"), (square("Q"),))
        project.set_state(key("ignored"), CropState.IGNORED)
        told: list[tuple[int, int]] = []
        found = collect(project, progress=lambda *step: told.append(step))
        assert [crop.key for crop in found.splits["train"]] == [
            key(name) for name in ("background", "badline", "labelled", "verified")
        ]
        assert found.counts("train")["A"] == 2
        assert found.counts("train")["Q"] == 1
        assert found.counts("train")["O"] == 0  # unreadable ones are not trained on
        assert found.counts("val") | {"A": 0, "B": 0} == dict.fromkeys(project.alphabet.names, 0)
        assert found.rare("train") == [("A", 2), ("Q", 1)]
        assert len(found.absent("train")) == 34
        assert found.left_out_counts == {
            "in progress": 1,
            "draft": 1,
            "ignored": 1,
            "unlabelled": 1,
            NO_READABLE_LINE: 1,
            PICTURE_FAULT: 1,
        }
        assert (found.unread_lines, found.empty_crops, found.total("val")) == (1, 1, 1)
        assert "allbad.txt:1" in next(e.message for e in found.left_out if e.reason == NO_READABLE_LINE)
        assert found.splits["train"][3].size == (100, 50)
        assert told[-1] == (11, 11)
        # Looking does not take the list away from whoever works with it.
        assert project.index is index
        only = collect(project, verified_only=True)
        assert [crop.key for crop in only.splits["train"]] == [key("verified")]
        assert only.left_out_counts["labelled"] == 6


def test_the_real_crops_take_part_with_all_their_characters(real_crops: Path) -> None:
    with Project.open(real_crops) as project:
        found = collect(project)
    assert found.total("train") + found.total("val") == 493
    assert sum(found.counts("train").values()) + sum(found.counts("val").values()) == 3451
    assert found.left_out_counts == {"unlabelled": 62}
