"""Packs: one folder that reads like the weights it was made of, with both runtimes; a bad one is refused in a line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from shapely import LinearRing

from lpstudio.cli.app import run_command_line
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.plates.formats import formats_from
from lpstudio.reading.pack import PlateReader, open_pack, write_pack
from lpstudio.reading.posterior import sha256_of
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.sources import find_items
from lpstudio.reading.stream import ReadingRun
from lpstudio.reading.weights import ONNX, find_weights, load_weights
from lpstudio.similarity import Group, Similarity
from lpstudio.synthesis.dataset import write_dataset

from .models import save_weights

README = Path(__file__).resolve().parents[2] / "README.md"
SIMILARITY = Similarity(groups=(Group.of("O0"), Group.of("8B")), base=0.7).with_cell("A", "4", 0.3)


def _lively(path: Path) -> Path:
    """Weights whose layers pass on what they see, so that characters depend on the picture."""
    import torch

    checkpoint = torch.load(save_weights(path, imgsz=160), weights_only=False)
    generator = torch.Generator().manual_seed(3)
    model = checkpoint["model"]
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        model.train()(torch.rand((4, 3, 160, 160), generator=generator))  # the statistics of its norms
        model.eval()
        for name, spread in (("cv3", 0.012), ("cv2", 0.02), ("cv4", 0.02)):
            for branch in getattr(model.model[-1], name):
                branch[-1].weight.normal_(0, spread, generator=generator)
                branch[-1].bias.fill_(-2 if name == "cv3" else 0.5)
    torch.save(checkpoint, path)
    return path


def _pictures() -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    generator = np.random.default_rng(5)
    sizes = ((50, 120), (90, 90), (30, 160), (200, 61), (180, 220))
    noise = [generator.integers(0, 255, (h // 4, w // 4, 3), np.uint8) for h, w in sizes]
    return [cv2.resize(one, (w, h), interpolation=cv2.INTER_CUBIC) for one, (h, w) in zip(noise, sizes, strict=True)]


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Path:
    weights = _lively(tmp_path_factory.mktemp("lively") / "lively.pt")
    calibration = {"temperature": 1.7, "weights_sha256": sha256_of(weights.read_bytes())}
    weights.with_name("lively.calibration.json").write_text(json.dumps(calibration))
    return weights


@pytest.fixture(scope="module")
def whole_pack(lively: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    folder = tmp_path_factory.mktemp("packs") / "plates.pack"
    write_pack(lively, folder, SIMILARITY, formats_from("LLL DDDD"))
    return folder


@pytest.fixture
def pack(whole_pack: Path, tmp_path: Path) -> Path:
    """A copy, to be damaged."""
    copy = tmp_path / "plates.pack"
    shutil.copytree(whole_pack, copy)
    return copy


def test_onnx_runtime_reads_the_same_characters_as_torch(whole_pack: Path, lively: Path) -> None:
    torch_reader = CharacterReader(load_weights(lively, "cpu"), confidence=0.3)
    onnx_reader = CharacterReader(load_weights(whole_pack, runtime=ONNX), confidence=0.3)
    pictures = _pictures()
    seen = 0
    for ours, theirs in zip(torch_reader.read(pictures), onnx_reader.read(pictures), strict=True):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            seen += 1
            assert [c.char for c in one.candidates] == [c.char for c in other.candidates]
            assert np.allclose(
                [c.probability for c in one.candidates], [c.probability for c in other.candidates], atol=1e-3
            )
            # one vertex more or less, where simplifying just so keeps it, is the same outline
            assert LinearRing(one.polygon).hausdorff_distance(LinearRing(other.polygon)) < 0.5
    assert seen > 50


def test_onnx_runtime_reads_real_crops_as_torch_does(whole_pack: Path, real_crops: Path) -> None:
    from lpstudio.reading.pictures import load_image

    pictures = [load_image(path) for path in sorted((real_crops / "images" / "val").iterdir())[:16]]
    ours, theirs = (
        CharacterReader(load_weights(whole_pack, "cpu", runtime), confidence=0.3).read(pictures)
        for runtime in ("torch", ONNX)
    )
    assert [[c.char for c in found] for found in ours] == [[c.char for c in found] for found in theirs]
    outlines = [np.concatenate([c.polygon for found in read for c in found]) for read in (ours, theirs)]
    assert np.abs(outlines[0] - outlines[1]).max() < 0.5


@pytest.fixture(scope="module")
def starter_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    folder = tmp_path_factory.mktemp("packs") / "starter.pack"
    write_pack(find_weights(None), folder, Similarity(), formats_from("ph"))
    return folder


def test_the_shipped_weights_read_plates_the_same_with_both_runtimes(starter_pack: Path, tmp_path: Path) -> None:
    write_dataset(tmp_path / "made", 16, seed=3, jobs=1)
    items = find_items([str(tmp_path / "made" / "images")])
    ours, theirs = (
        list(
            ReadingRun(
                items,
                CharacterReader(load_weights(starter_pack, "cpu", runtime)),
                formats_from("ph"),
                Similarity(),
            )
        )
        for runtime in ("torch", ONNX)
    )
    assert [line["source"] for line in ours] == [line["source"] for line in theirs]
    characters = 0
    for one, other in zip(ours, theirs, strict=True):
        assert one["error"] is None and [p["text"] for p in one["plates"]] == [p["text"] for p in other["plates"]]
        for a, b in zip(one["plates"], other["plates"], strict=True):
            for c, d in zip(a["characters"], b["characters"], strict=True):
                characters += 1
                assert [x["char"] for x in c["candidates"]] == [x["char"] for x in d["candidates"]]
                assert LinearRing(c["polygon"]).hausdorff_distance(LinearRing(d["polygon"])) < 0.5
    assert characters > 40


def test_a_pack_holds_all_that_a_reader_needs(whole_pack: Path, lively: Path) -> None:
    assert sorted(path.name for path in whole_pack.iterdir()) == [
        "alphabet.json", "calibration.json", "formats.json", "manifest.json", "preprocessing.json", "similarity.json",
        "weights.onnx", "weights.pt",
    ]  # fmt: skip
    assert (whole_pack / "weights.pt").read_bytes() == lively.read_bytes()
    opened = open_pack(whole_pack)
    assert opened.name == "lively" and opened.side == 160 and len(opened.alphabet) == 36
    assert opened.similarity == SIMILARITY
    assert np.array(json.loads(opened.files["similarity.json"])["matrix"]).shape == (36, 36)
    assert opened.formats == formats_from("LLL DDDD")
    for runtime in ("torch", ONNX):
        weights = opened.weights("cpu", runtime)
        assert (weights.temperature, weights.calibrated, weights.name) == (1.7, True, "lively")
    assert str(lively.parent).encode() not in (whole_pack / "weights.onnx").read_bytes()


@pytest.mark.parametrize("choice", ["ph", "none", "ph, LLL DDDD"])
def test_formats_come_back_from_a_pack_as_they_went_in(choice: str, tmp_path: Path) -> None:
    formats = formats_from(choice)
    data = json.loads(json.dumps(formats.to_dict()))
    assert type(formats).from_dict(data, tmp_path) == formats


def test_the_same_weights_make_the_same_pack_and_nothing_is_left_beside_it(
    whole_pack: Path, lively: Path, tmp_path: Path
) -> None:
    again = tmp_path / "deeper" / "again.pack"
    write_pack(lively, again, SIMILARITY, formats_from("LLL DDDD"))
    for path in whole_pack.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()
    assert list(again.parent.iterdir()) == [again]


def test_nothing_is_overwritten(lively: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(LpStudioError, match="nothing is overwritten"):
        write_pack(lively, tmp_path / "there", SIMILARITY, formats_from("ph"))
    assert list((tmp_path / "there").iterdir()) == []


def test_a_pack_without_onnx_reads_with_torch_alone(lively: Path, tmp_path: Path) -> None:
    write_pack(lively, tmp_path / "small.pack", SIMILARITY, formats_from("ph"), onnx=False)
    assert load_weights(tmp_path / "small.pack", "cpu").calibrated
    with pytest.raises(LpStudioError, match=r"holds no ONNX model\. Read it with --runtime torch"):
        load_weights(tmp_path / "small.pack", runtime=ONNX)


def test_a_failed_pack_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "no.pt").write_bytes(b"no weights at all")
    with pytest.raises(LpStudioError, match="no weights file"):
        write_pack(tmp_path / "no.pt", tmp_path / "out" / "p", SIMILARITY, formats_from("ph"))
    assert not (tmp_path / "out").exists()


# -- damaged and hostile packs


def _manifest(pack: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = pack / "manifest.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def _replace(pack: Path, name: str, data: bytes) -> None:
    """Another content with a fitting manifest."""
    (pack / name).write_bytes(data)
    _manifest(pack, lambda m: m["files"].__setitem__(name, {"bytes": len(data), "sha256": sha256_of(data)}))


def _flip(pack: Path, name: str) -> None:
    data = bytearray((pack / name).read_bytes())
    data[len(data) // 2] ^= 1
    (pack / name).write_bytes(data)


def _link_out(pack: Path) -> None:
    outside = pack.parent / "outside.json"
    (pack / "alphabet.json").rename(outside)
    (pack / "alphabet.json").symlink_to(outside)


BAD: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a changed file": (lambda p: _flip(p, "weights.pt"), r"weights\.pt: this file of the pack is not as it was packed"),
    "a cut file": (lambda p: (p / "formats.json").write_bytes(b"{"), r"formats\.json: .* not as it was packed"),
    "a missing file": (lambda p: (p / "weights.onnx").unlink(), r"weights\.onnx: this file of the pack is missing"),
    "a link": (_link_out, r"alphabet\.json: this file of the pack is missing"),
    "a path upwards": (
        lambda p: _manifest(p, lambda m: m["files"].update({"../x.pt": {"bytes": 1, "sha256": ""}})),
        r"manifest\.json: .*it names '\.\./x\.pt', which is no file of a pack",
    ),
    "an absolute path": (
        lambda p: _manifest(p, lambda m: m["files"].update({"/etc/hostname": {"bytes": 1, "sha256": ""}})),
        "no file of a pack",
    ),
    "no weights": (lambda p: _manifest(p, lambda m: m["files"].pop("weights.pt")), r"does not name weights\.pt"),
    "a newer version": (lambda p: _manifest(p, lambda m: m.update(v=2)), "has version 2, 1 is known here"),
    "no JSON": (lambda p: (p / "manifest.json").write_bytes(b"\xff{"), "manifest of this pack is of no use"),
    "deep JSON": (lambda p: (p / "manifest.json").write_text("[" * 100_000), "manifest of this pack is of no use"),
    "another JSON": (lambda p: (p / "manifest.json").write_text("[1]"), "it is none of a pack"),
    "sizes that are none": (lambda p: _manifest(p, lambda m: m["files"].update({"weights.pt": 3})), "has no size"),
    "an endless manifest": (lambda p: (p / "manifest.json").write_bytes(b" " * (2 << 20)), "too long"),
    "other preprocessing": (
        lambda p: _replace(p, "preprocessing.json", json.dumps({"side": 160, "colour": "BGR"}).encode()),
        r"preprocessing\.json: .* of no use",
    ),
    "a broken calibration": (lambda p: _replace(p, "calibration.json", b'{"temperature": 0}'), "above 0"),
    "broken groups": (lambda p: _replace(p, "similarity.json", b'{"groups": [3]}'), r"similarity\.json"),
    "another alphabet": (
        lambda p: _replace(p, "alphabet.json", b'{"names": ["A", "B"]}'),
        "do not belong together|not made by lpstudio pack for these classes",
    ),
    "a hostile pickle": (lambda p: _replace(p, "weights.pt", b"\x80\x04cos\nsystem\n(S'x'\ntR."), r"weights\.pt: "),
    "an ONNX model that is none": (lambda p: _replace(p, "weights.onnx", b"\x08\x01hello"), r"weights\.onnx: "),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_damaged_or_hostile_pack_is_refused_in_one_line(kind: str, pack: Path) -> None:
    damage, said = BAD[kind]
    damage(pack)
    runtime = ONNX if "ONNX" in kind else "torch"
    with pytest.raises(LpStudioError, match=said) as raised:
        opened = open_pack(pack)
        assert opened.formats and opened.similarity
        opened.weights("cpu", runtime)
    assert "\n" not in raised.value.message and str(pack) in raised.value.message


def test_files_that_the_manifest_does_not_name_are_not_looked_at(pack: Path) -> None:
    _manifest(pack, lambda m: m["files"].pop("calibration.json"))
    (pack / "weights.calibration.json").write_text('{"temperature": 9}')
    assert not load_weights(pack, "cpu").calibrated


def test_a_name_that_plays_with_the_terminal_is_printed_harmlessly(pack: Path) -> None:
    _manifest(pack, lambda m: m.update(name="good\x1b[2J\nbad"))
    assert open_pack(pack).name == "good\\x1b[2J\\nbad"


def test_packs_are_no_weights_to_train_on_and_weights_no_packs(pack: Path, lively: Path) -> None:
    with pytest.raises(LpStudioError, match="this is a pack to read with"):
        find_weights(pack)
    with pytest.raises(UsageError, match="reads packs, not weights files"):
        load_weights(lively, "cpu", ONNX)
    with pytest.raises(UsageError, match="on the CPU"):
        load_weights(pack, "cuda:0", ONNX)


def test_without_the_packages_it_is_said_how_to_install_them(
    pack: Path, lively: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(LpStudioError, match=r"pip install 'lpstudio\[onnx\]'"):
        load_weights(pack, runtime=ONNX)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(LpStudioError, match=r"pip install 'lpstudio\[onnx\]'"):
        write_pack(lively, tmp_path / "new.pack", SIMILARITY, formats_from("ph"))
    assert not (tmp_path / "new.pack").exists()


# -- the command line, and Python


@pytest.fixture
def crop(tmp_path: Path) -> Path:
    path = tmp_path / "crop.png"
    cv2.imwrite(str(path), _pictures()[0])
    return path


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_read_takes_weights_groups_and_formats_from_a_pack(
    runtime: str, pack: Path, crop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "reads.jsonl"
    call = ["read", str(crop), "--weights", str(pack), "--runtime", runtime, "--json", str(out), "--device", "cpu"]
    assert run_command_line(call) == 0
    reading = json.loads(out.read_text())
    assert (reading["weights"], reading["calibrated"], reading["error"]) == ("lively", True, None)
    assert reading == json.loads(json.dumps(PlateReader(pack, runtime).read(crop)))
    assert ("on ONNX Runtime" if runtime == "onnx" else "on cpu") in capsys.readouterr().err


def test_reading_with_a_damaged_pack_exits_1_with_one_line(
    pack: Path, crop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _flip(pack, "weights.onnx")
    assert run_command_line(["read", str(crop), "--weights", str(pack)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert run_command_line(["read", str(crop), "--weights", str(pack), "--runtime", "tflite"]) == 2


def test_the_program_in_the_readme_reads_plates(pack: Path, crop: Path) -> None:
    section = README.read_text(encoding="utf-8").partition("## Read plates from Python")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None and len(found[1].splitlines()) <= 12
    program = pack.parent / "program.py"
    # With ONNX Runtime torch is not even loaded, which takes longer than reading a hundred crops.
    program.write_text(found[1] + "import sys\n\nassert not {'torch', 'ultralytics'} & set(sys.modules)\n")
    done = subprocess.run(
        [sys.executable, str(program), crop.name], cwd=pack.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    plates = PlateReader(pack, "onnx").read(crop)["plates"]
    assert plates and all(plate["text"] in done.stdout for plate in plates)
