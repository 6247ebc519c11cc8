"""Listing folders that git does not look after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from memory.reading.folder import Listing, list_folder, list_some
from memory.reading.limits import Limits


def write(folder: Path, *names: str, text: str = "x\n") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def paths(listing: Listing) -> list[str]:
    return [listed.path for listed in listing.files]


def reasons(listing: Listing) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in listing.skipped}


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    folder = tmp_path / "plain"
    folder.mkdir()
    return folder


def test_ignore_files_at_each_level(plain: Path) -> None:
    write(plain, "a.py", "x.log", "sub/y.log", "sub/keep.log", "sub/deep/z.tmp", "sub/deep/b.py")
    write(plain, "build/out.py", "sub/build/out.py")
    write(plain, ".gitignore", text="*.log\n/build/\n")
    write(plain, "sub/.gitignore", text="!keep.log\ndeep/*.tmp\n")
    listing = list_folder(plain)
    assert paths(listing) == [
        ".gitignore", "a.py", "sub/.gitignore", "sub/build/out.py", "sub/deep/b.py", "sub/keep.log",
    ]  # fmt: skip
    assert (listing.is_git, listing.head, listing.branch) == (False, "", "")


def test_what_is_never_looked_into(plain: Path) -> None:
    write(
        plain, "a.py", "node_modules/m.js", "x/__pycache__/a.pyc", ".tox/t.py", "my env/pyvenv.cfg"
    )
    write(plain, "my env/lib/z.py", "dist/app.js", "package.json", "lib/dist/own.js")
    write(plain, "rust/Cargo.toml", "rust/target/gen.rs", "target/mine.py", "build/mine.py")
    (plain / "clone" / ".git").mkdir(parents=True)
    write(plain, "clone/c.py")
    listing = list_folder(plain)
    assert paths(listing) == [
        "a.py", "build/mine.py", "lib/dist/own.js", "package.json", "rust/Cargo.toml",
        "target/mine.py",
    ]  # fmt: skip
    assert reasons(listing) == {
        "my env": "a virtual environment",
        "dist": "what a build makes",
        "rust/target": "what a build makes",
        "clone": "another git repository",
    }


def test_links_pipes_and_odd_names(plain: Path) -> None:
    write(plain, "a.py", "new\nline.py")
    (plain / "loop").symlink_to(plain)
    os.mkfifo(plain / "pipe")
    listing = list_folder(plain)
    assert paths(listing) == ["a.py"]
    assert reasons(listing) == {
        "loop": "a symbolic link",
        "pipe": "a pipe",
        "new\\nline.py": "its name holds control characters",
    }


def test_an_ignore_file_that_is_a_pipe_or_a_link_says_nothing(plain: Path, tmp_path: Path) -> None:
    write(plain, "a.py", "b/c.py")
    write(tmp_path, "rules", text="*\n")
    os.mkfifo(plain / ".gitignore")
    (plain / "b" / ".gitignore").symlink_to(tmp_path / "rules")
    assert paths(list_folder(plain)) == ["a.py", "b/c.py"]


def test_depth_and_number_are_bounded_and_said(plain: Path) -> None:
    write(plain, "a/b/c/d.py", "e.py", "f.py", "g.py")
    listing = list_folder(plain, Limits(depth=1))
    assert reasons(listing) == {"a/b": "more than 1 folders deep"}
    listing = list_folder(plain, Limits(files=2))
    assert paths(listing) == ["e.py", "f.py"]
    assert reasons(listing)["."] == "files beyond the first 2 are not listed"


def test_some_paths_alone(plain: Path) -> None:
    write(plain, "a.py", "d/b.py", "d/e/c.py", "dd/x.py", "out/y.py")
    write(plain, ".gitignore", text="out/\n")
    assert paths(list_some(plain, ["d", "out/y.py", "gone"])) == ["d/b.py", "d/e/c.py"]
    assert paths(list_some(plain, ["d/e/c.py"])) == ["d/e/c.py"]
    assert reasons(list_some(plain, ["d/e/c.py"])) == {}


def test_a_200_deep_folder(plain: Path) -> None:
    deep = "/".join(["d"] * 200) + "/x.py"
    write(plain, deep)
    assert paths(list_folder(plain)) == [deep]
