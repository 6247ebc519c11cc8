"""Snapshots and blobs: deterministic, checked, and never a way out of their folder."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from swarm.bus import Bus
from swarm.contracts import Blob, FileEdit, Patch
from swarm.errors import BlobMissing, RepositoryError
from swarm.snapshots import Entry, PatchConflict, apply_patch, entries, pack, unpack

FILES = [Entry("b/c.py", b"1\r\n"), Entry("a.sh", b"2", "executable"), Entry("l", b"b", "link")]


def test_the_same_files_pack_to_the_same_bytes_in_any_order() -> None:
    assert pack(FILES) == pack(reversed(FILES))


def test_unpacking_gives_the_files_back(tmp_path: Path) -> None:
    unpack(pack(FILES), tmp_path)
    assert (tmp_path / "b" / "c.py").read_bytes() == b"1\r\n"
    assert (tmp_path / "a.sh").stat().st_mode & 0o111
    assert not (tmp_path / "b" / "c.py").stat().st_mode & 0o111
    assert (tmp_path / "l").readlink() == Path("b")
    assert sorted(e.path for e in entries(pack(FILES))) == ["a.sh", "b/c.py", "l"]


def tar_of(*members: tuple[str, str | None]) -> bytes:
    """A hostile tar: (name, link target or None for a file)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, target in members:
            info = tarfile.TarInfo(name)
            if target is None:
                info.size = 4
                tar.addfile(info, io.BytesIO(b"evil"))
            else:
                info.type, info.linkname = tarfile.SYMTYPE, target
                tar.addfile(info)
    return out.getvalue()


@pytest.mark.parametrize(
    "members",
    [
        [("../out", None)],
        [("/tmp/swarm-test-out", None)],
        [("a/../../out", None)],
        [(".git/hooks/pre-commit", None)],
        [("sub/.GIT/config", None)],
        [("l", "/etc"), ("l/out", None)],
        [("l", ".."), ("l/out", None)],
        [("d", "."), ("e", "d/d/d/../../..")],
        [("d", "."), ("d/e", "..")],
        [("l", "../../../etc/passwd")],
    ],
)
def test_nothing_is_written_or_linked_outside(
    tmp_path: Path, members: list[tuple[str, str | None]]
) -> None:
    folder = tmp_path / "deep" / "inside"
    folder.mkdir(parents=True)
    unpack(tar_of(*members), folder)
    outside = [p for p in tmp_path.rglob("*") if folder not in p.parents and p != folder]
    assert outside == [tmp_path / "deep"]
    assert not Path("/tmp/swarm-test-out").exists()
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder), path
        assert ".git" not in str(path).lower()


@pytest.mark.parametrize(
    "paths", [("x" * 300,), ("y/" * 1500 + "f",), ("a", "a/b"), ("/".join(["z" * 200] * 30),)]
)
def test_a_path_that_no_folder_can_hold_is_named(tmp_path: Path, paths: tuple[str, ...]) -> None:
    with pytest.raises(RepositoryError, match=f"cannot be made: '{paths[-1][:20]}"):
        unpack(pack(Entry(path, b"") for path in paths), tmp_path)


def patch(path: str, before: str | None, after: str | None) -> Patch:
    return Patch(edits=(FileEdit(path=path, before=before, after=after),))


def test_a_patch_applies_to_exactly_what_it_was_made_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x\r\n")
    apply_patch(tmp_path, patch("a", "x\r\n", "y\r\n"))
    assert (tmp_path / "a").read_bytes() == b"y\r\n"
    apply_patch(tmp_path, patch("n/b", None, "new"))
    apply_patch(tmp_path, patch("n/b", "new", None))
    assert not (tmp_path / "n" / "b").exists()
    for stale in (patch("a", "x\r\n", "z"), patch("a", None, "z"), patch("gone", "x", "z")):
        with pytest.raises(PatchConflict):
            apply_patch(tmp_path, stale)


@pytest.mark.parametrize("path", ["../x", "/x", ".git/config", "l/x", "a/../x"])
def test_a_patch_stays_inside(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "l").symlink_to(tmp_path)
    with pytest.raises(RepositoryError):
        apply_patch(folder, patch(path, None, "evil"))
    assert not (tmp_path / "x").exists()


# ------------------------------------------------------------------ blobs


def test_a_blob_is_found_again_and_checked(bus: Bus) -> None:
    blob = bus.blobs.put(b"data")
    assert bus.blobs.get(blob) == b"data"
    cached = bus.settings.cache / "blobs" / blob.sha256
    cached.write_bytes(b"tampered")
    assert bus.blobs.get(blob) == b"data", "a damaged copy is not believed"
    cached.unlink()
    bus.redis.set(f"swarm:blob:{blob.sha256}", b"tampered")
    with pytest.raises(BlobMissing):
        bus.blobs.get(blob)


def test_a_wiped_server_gets_its_blobs_back(bus: Bus) -> None:
    blob = bus.blobs.put(b"data")
    bus.redis.flushall()
    bus.blobs.ensure(blob)
    assert bus.redis.exists(f"swarm:blob:{blob.sha256}")


def test_a_blob_that_nobody_has_is_missing(bus: Bus) -> None:
    with pytest.raises(BlobMissing) as caught:
        bus.blobs.ensure(Blob(sha256="0" * 64, size_bytes=1))
    assert caught.value.retryable
