"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lpstudio.dataset.atomic import append_line_durable, create_file, write_bytes_atomic
from lpstudio.errors import LpStudioError

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions and links")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    write_bytes_atomic(path, b"one")
    write_bytes_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert names(path.parent) == ["a.txt"]


@posix
def test_the_moment_of_replacing_can_be_watched_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ini"
    path.write_bytes(b"old")
    seen: list[bytes] = []

    @contextmanager
    def replacing(*, refused: bool) -> Iterator[None]:
        assert len(list(tmp_path.iterdir())) == 2  # the new one is there, and whole
        seen.append(path.read_bytes())
        if refused:
            raise KeyError("a newer one is there")
        yield
        seen.append(path.read_bytes())

    with pytest.raises(KeyError, match="a newer one"):
        write_bytes_atomic(path, b"new", replacing=replacing(refused=True))
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
    write_bytes_atomic(path, b"new", replacing=replacing(refused=False))
    assert seen == [b"old", b"old", b"new"] and list(tmp_path.iterdir()) == [path]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_bytes_atomic(path, b"one")
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600
    path.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    write_bytes_atomic(link, b"two")
    assert link.is_symlink()
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_full_disk_leaves_the_old_file_whole(small_disk: Path) -> None:
    path = small_disk / "a.txt"
    write_bytes_atomic(path, b"old")
    with pytest.raises(LpStudioError) as caught:
        write_bytes_atomic(path, b"x" * 2_000_000)
    assert caught.value.path == path
    assert "the disk is full" in caught.value.what
    assert "Free some space" in caught.value.remedy
    assert path.read_bytes() == b"old"
    assert names(small_disk) == ["a.txt"]


@posix
def test_a_file_that_may_not_grow_leaves_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from lpstudio.dataset.atomic import write_bytes_atomic\n"
        "from lpstudio.errors import LpStudioError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    write_bytes_atomic(Path(sys.argv[1]), b'x' * 5000)\n"
        "except LpStudioError as error:\n    print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert "not saved: the file is larger than allowed" in done.stdout
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, lock_folder: Callable[[Path], None]) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"old")
    lock_folder(folder)
    with pytest.raises(LpStudioError, match=r"a\.txt: not saved: (it cannot be written|the disk is read-only)"):
        write_bytes_atomic(folder / "a.txt", b"new")
    assert (folder / "a.txt").read_bytes() == b"old"


def test_things_in_the_way_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LpStudioError, match="a file stands where its folder should be"):
        write_bytes_atomic(tmp_path / "file" / "a.txt", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(LpStudioError, match="not saved"):
        write_bytes_atomic(tmp_path / "folder", b"")
    assert names(tmp_path) == ["file", "folder"]


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    create_file(tmp_path, "a.png", b"one")
    with pytest.raises(FileExistsError):
        create_file(tmp_path, "a.png", b"two")
    assert (tmp_path / "a.png").read_bytes() == b"one"
    assert names(tmp_path) == ["a.png"]


def test_long_names_in_any_script_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("ñ" * 120 + ".txt")
    write_bytes_atomic(path, b"x")
    create_file(tmp_path, "車" * 80 + ".txt", b"x")
    assert len(names(tmp_path)) == 2


def test_lines_are_appended_and_a_torn_one_is_closed_first(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "events.jsonl"
    append_line_durable(path, "one")
    append_line_durable(path, "zwö")
    with path.open("ab") as file:
        file.write(b"torn")
    append_line_durable(path, "three")
    assert path.read_text(encoding="utf-8") == "one\nzwö\ntorn\nthree\n"
    with pytest.raises(ValueError, match="line break"):
        append_line_durable(path, "a\nb")
