"""Packs: one folder with all that a reader needs. Made whole or not at all, and checked before anything in it is used.

``manifest.json`` names every other file with its size and SHA-256: ``weights.pt``, ``weights.onnx``,
``calibration.json``, ``alphabet.json``, ``similarity.json`` (groups, cells, matrix), ``formats.json`` and
``preprocessing.json``. Files that it does not name are not looked at.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio import __version__
from lpstudio.alphabet import Alphabet
from lpstudio.dataset.atomic import TEMPORARY, sync_folder, write_bytes_atomic, write_error
from lpstudio.errors import LpStudioError, UsageError, one_line
from lpstudio.plates.formats import FormatSet
from lpstudio.reading.posterior import Posterior, calibration_path, read_calibration, sha256_of
from lpstudio.reading.weights import MANIFEST, ONNX, RUNTIMES, TORCH, Weights, load_model, load_weights
from lpstudio.similarity import Similarity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KIND = "lpstudio pack"
VERSION = 1
_WEIGHTS, _ONNX, _CALIBRATION = "weights.pt", "weights.onnx", "calibration.json"
_ALPHABET, _SIMILARITY, _FORMATS, _PREPROCESSING = (
    "alphabet.json", "similarity.json", "formats.json", "preprocessing.json",
)  # fmt: skip
_NEEDED = frozenset({_WEIGHTS, _ALPHABET, _SIMILARITY, _FORMATS, _PREPROCESSING})
_KNOWN = _NEEDED | {_ONNX, _CALIBRATION}
_LONGEST_MANIFEST = 1 << 20
_LONGEST_NAME = 200
_ROUNDING = 1e-3  # of the largest number in an output: how far two runtimes may differ
_AGAIN = "Copy the pack again, or make it anew"
# What is done to a picture besides scaling it to ``side``: for other programs to read, and to refuse what is not done.
_STEPS: Mapping[str, Any] = {
    "placement": "longer side scaled to the side, centred on the least rectangle of whole strides",
    "interpolation": "bilinear",
    "padding": 114,
    "colour": "RGB",
    "divided_by": 255,
    "layout": "NCHW float32",
    "stride": 32,
    "suppression": "class-agnostic",
}


@dataclass(frozen=True)
class Pack:
    """A pack whose manifest was checked. ``files``: the content of every file that it names."""

    folder: Path
    name: str
    files: Mapping[str, bytes]

    @cached_property
    def alphabet(self) -> Alphabet:
        names = self._json(_ALPHABET).get("names")
        try:
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise ValueError("its names are no list of texts")
            return Alphabet.from_names(names)
        except ValueError as error:
            raise self._broken(_ALPHABET, error) from None

    @cached_property
    def similarity(self) -> Similarity:
        """The groups and cells that the weights were trained with."""
        try:
            return Similarity.from_dict(self._json(_SIMILARITY))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._broken(_SIMILARITY, error) from None

    @cached_property
    def formats(self) -> FormatSet:
        return FormatSet.from_dict(self._json(_FORMATS), self.folder / _FORMATS)

    @cached_property
    def calibration(self) -> Posterior | None:
        if _CALIBRATION not in self.files:
            return None
        try:
            return Posterior.from_dict(self._json(_CALIBRATION))
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken(_CALIBRATION, error) from None

    @cached_property
    def side(self) -> int:
        """Pixels of the square that the model sees. Raises LpStudioError when pictures are prepared otherwise here."""
        data = self._json(_PREPROCESSING)
        side = data.get("side")
        if not isinstance(side, int) or not 32 <= side <= 8192 or side % 32:
            raise self._broken(_PREPROCESSING, ValueError(f"the side {side!r} is no multiple of 32"))
        for key, value in _STEPS.items():
            if data.get(key) != value:
                raise self._broken(_PREPROCESSING, ValueError(f"{key} {data.get(key)!r} is not known here"))
        return side

    def weights(self, device: str | None = None, runtime: str = TORCH) -> Weights:
        """The model, ready to read. Raises LpStudioError, also for a runtime that is not installed."""
        if runtime not in RUNTIMES:
            raise UsageError(f"there is no runtime {runtime!r}", remedy=f"Known: {', '.join(RUNTIMES)}")
        alphabet, side, calibration = self.alphabet, self.side, self.calibration
        if runtime == ONNX:
            return self._onnx_weights(device)
        weights = load_model(self.folder / _WEIGHTS, device, self.name, calibration)
        if weights.alphabet != alphabet or weights.side != side:
            raise LpStudioError("the parts of this pack do not belong together", path=self.folder, remedy=_AGAIN)
        return weights

    def _onnx_weights(self, device: str | None) -> Weights:
        if device not in (None, "cpu", "auto"):
            raise UsageError("ONNX Runtime reads on the CPU here", remedy="Leave --device out, or take --runtime torch")
        if _ONNX not in self.files:
            raise LpStudioError(
                "this pack holds no ONNX model", path=self.folder, remedy="Read it with --runtime torch"
            )
        from lpstudio.reading.runtime_onnx import OnnxModel

        path = self.folder / _ONNX
        model = OnnxModel(self.files[_ONNX], path, len(self.alphabet))
        found = self.calibration
        return Weights(
            model, path, self.name, self.alphabet, self.side, "cpu", found or Posterior(), found is not None, ONNX,
        )  # fmt: skip

    def _json(self, name: str) -> dict[str, Any]:
        try:
            data = json.loads(self.files[name])
        except (ValueError, RecursionError) as error:
            raise self._broken(name, error) from None
        if not isinstance(data, dict):
            raise self._broken(name, ValueError("it holds no object"))
        return data

    def _broken(self, name: str, error: BaseException) -> LpStudioError:
        said = one_line(str(error) or type(error).__name__)
        return LpStudioError(f"this part of the pack is of no use ({said})", path=self.folder / name, remedy=_AGAIN)


def open_pack(folder: Path) -> Pack:
    """Open a pack and check every file in it against the manifest. Raises LpStudioError that names what is wrong."""
    folder = Path(folder)
    manifest = _manifest(folder / MANIFEST)
    listed = manifest["files"]
    files = {}
    for name in sorted(listed):
        path = folder / name
        try:
            if path.is_symlink() or not path.is_file():
                raise LpStudioError("this file of the pack is missing", path=path, remedy=_AGAIN)
            if path.stat().st_size != listed[name]["bytes"]:
                raise LpStudioError("this file of the pack is not as it was packed", path=path, remedy=_AGAIN)
            files[name] = path.read_bytes()
        except OSError as error:
            raise LpStudioError(f"it cannot be read ({error.strerror})", path=path) from None
        if sha256_of(files[name]) != listed[name]["sha256"]:
            raise LpStudioError("this file of the pack is not as it was packed", path=path, remedy=_AGAIN)
    return Pack(folder, one_line(manifest["name"]), files)


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest, of the right form and naming only files that packs have."""
    try:
        if path.stat().st_size > _LONGEST_MANIFEST:
            raise ValueError("it is too long")
        data = json.loads(path.read_bytes())
        if not isinstance(data, dict) or data.get("kind") != KIND:
            raise ValueError("it is none of a pack")
        if data.get("v") != VERSION:
            raise LpStudioError(
                f"this pack has version {one_line(repr(data.get('v')))}, {VERSION} is known here",
                path=path,
                remedy="Read it with the program that made it, or make it anew",
            )
        name, files = data["name"], data["files"]
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            raise ValueError("the pack has no proper name")
        if not isinstance(files, dict):
            raise ValueError("it lists no files")
        foreign = sorted(files.keys() - _KNOWN)
        if foreign:
            raise ValueError(f"it names {foreign[0]!r}, which is no file of a pack")
        missing = sorted(_NEEDED - files.keys())
        if missing:
            raise ValueError(f"it does not name {missing[0]}")
        for entry in files.values():
            if not isinstance(entry, dict) or not isinstance(entry.get("bytes"), int):
                raise ValueError("a file has no size")
            if not isinstance(entry.get("sha256"), str):
                raise ValueError("a file has no SHA-256")
    except OSError as error:
        why = error.strerror or str(error)
        raise LpStudioError(f"this is no pack: its manifest cannot be read ({why})", path=path) from None
    except (ValueError, KeyError, RecursionError) as error:
        said = one_line(str(error) or type(error).__name__)
        raise LpStudioError(f"the manifest of this pack is of no use ({said})", path=path, remedy=_AGAIN) from None
    return data


def write_pack(
    weights_file: Path, out: Path, similarity: Similarity, formats: FormatSet, *, onnx: bool = True
) -> tuple[Pack, Weights]:
    """Make a pack of a weights file and the calibration beside it. ``out`` must not be there yet.

    Everything is written to a folder beside ``out``, opened and tried with both runtimes, and then renamed. Raises
    LpStudioError; nothing is left then.
    """
    out = Path(out)
    if out.exists() or out.is_symlink():
        raise LpStudioError("this is there already, and nothing is overwritten", path=out, remedy="Choose another name")
    weights = load_weights(weights_file, "cpu")
    files = {
        _WEIGHTS: weights.path.read_bytes(),
        _ALPHABET: _bytes({"names": list(weights.alphabet.names)}),
        _SIMILARITY: _bytes({**similarity.to_dict(), "matrix": _matrix(similarity, weights.alphabet)}),
        _FORMATS: _bytes(formats.to_dict()),
        _PREPROCESSING: _bytes({"side": weights.side, **_STEPS}),
    }
    if read_calibration(weights.path) is not None:
        files[_CALIBRATION] = calibration_path(weights.path).read_bytes()
    if onnx:
        from lpstudio.reading.runtime_onnx import export_onnx

        files[_ONNX] = export_onnx(weights.path, weights.side)
    manifest = {
        "kind": KIND,
        "v": VERSION,
        "name": weights.name[:_LONGEST_NAME],
        "program": f"lpstudio {__version__}",
        "files": {name: {"bytes": len(data), "sha256": sha256_of(data)} for name, data in sorted(files.items())},
    }
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY}pack-", dir=out.absolute().parent))
    except OSError as error:
        raise write_error(error, out) from error
    try:
        for name, data in files.items():
            write_bytes_atomic(folder / name, data)
        write_bytes_atomic(folder / MANIFEST, _bytes(manifest))
        written = open_pack(folder)
        loaded = written.weights("cpu")
        if onnx:
            _must_agree(loaded, written.weights("cpu", ONNX), out)
        if os.name == "posix":
            folder.chmod(0o755)
        if out.exists():
            raise LpStudioError("this is there already, and nothing is overwritten", path=out)
        folder.rename(out)
        sync_folder(out.absolute().parent)
    except OSError as error:
        raise write_error(error, out) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return open_pack(out), weights


class PlateReader:
    """Reads plates with a pack, from Python.

    ``runtime``: "torch" or "onnx". Groups and formats are those of the pack. ``twice``: look at every picture a second
    time, larger, which is slow and helps with clear plates. Raises LpStudioError.
    """

    def __init__(
        self, pack: Path | str, runtime: str = TORCH, device: str | None = None, *, twice: bool = False
    ) -> None:
        from lpstudio.reading.reader import CharacterReader

        opened = open_pack(Path(pack))
        self.formats, self.similarity = opened.formats, opened.similarity
        self._reader = CharacterReader(opened.weights(device, runtime), twice=twice)

    def read(self, path: Path | str) -> dict[str, Any]:
        """What ``lpstudio read --json`` says of a picture file. Raises LpStudioError when it cannot be read."""
        from lpstudio.reading.pictures import load_picture
        from lpstudio.reading.plate import line

        picture = load_picture(Path(path))
        weights = self._reader.weights
        return line(
            str(path),
            width=picture.width,
            height=picture.height,
            weights=weights.name,
            calibrated=weights.calibrated,
            plates=self._plates(picture.pixels, picture.scale),
        )

    def read_pixels(self, pixels: NDArray[np.uint8]) -> list[dict[str, Any]]:
        """The plates on a picture in memory: (height, width, 3) BGR, as OpenCV has it."""
        return self._plates(pixels, (1.0, 1.0))

    def _plates(self, pixels: NDArray[np.uint8], scale: tuple[float, float]) -> list[dict[str, Any]]:
        from lpstudio.reading.job import read_seen, scaled
        from lpstudio.reading.plate import plates_of

        seen = [scaled(one, scale) for one in read_seen(self._reader, [pixels])[0]]
        return plates_of(seen, self.formats, self.similarity)


def _bytes(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, indent=1, allow_nan=False) + "\n").encode()


def _matrix(similarity: Similarity, alphabet: Alphabet) -> list[list[float]]:
    from lpstudio.training.runs import class_matrix

    return [[round(float(value), 6) for value in row] for row in class_matrix(similarity, alphabet)]


def _must_agree(torch_weights: Weights, onnx_weights: Weights, out: Path) -> None:
    """Refuse an export that does not say what the weights say. Raises LpStudioError."""
    import numpy as np

    side = torch_weights.side
    for shape in ((1, 3, side, side), (2, 3, 2 * side, side + 32)):
        batch = np.random.default_rng(1).random(shape, np.float32)
        one, other = (weights.model(batch) for weights in (torch_weights, onnx_weights))
        for a, b in ((one.decoded, other.decoded), (one.logits, other.logits), (one.protos, other.protos)):
            if a is None or b is None or a.shape != b.shape or np.abs(a - b).max() > _ROUNDING * np.abs(a).max():
                raise LpStudioError("the ONNX model does not read as the weights do", path=out)
