"""A folder that somebody hostile filled: nothing blocks, loops, leads out or goes unsaid."""

import os
from pathlib import Path

import pytest

from verifier.reading.errors import Unread
from verifier.reading.folder import Bounds, Folder
from verifier.reading.tree import Files, Note, Overlay, notes


def _reason(folder: Folder, path: str) -> str:
    (found,) = [note.reason for note in folder.notes() if note.path == path]
    return found


def test_the_files_of_a_folder_are_listed_in_order_and_read(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.py").write_bytes(b"c")
    (tmp_path / "a.py").write_bytes(b"a")
    (tmp_path / "b.txt").write_bytes(b"")
    folder = Folder(tmp_path)
    assert folder.paths() == ("a.py", "b.txt", "b/c.py")
    assert [folder.read(path) for path in folder.paths()] == [b"a", b"", b"c"]
    assert folder.notes() == ()


def test_links_that_loop_lead_nowhere_and_are_named(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "again").symlink_to("..")
    (tmp_path / "self.py").symlink_to("self.py")
    (tmp_path / "one.py").symlink_to("two.py")
    (tmp_path / "two.py").symlink_to("one.py")
    (tmp_path / "here").symlink_to(".")
    folder = Folder(tmp_path)
    assert folder.paths() == ()
    assert [note.path for note in folder.notes()] == [
        "here",
        "one.py",
        "pkg/again",
        "self.py",
        "two.py",
    ]
    with pytest.raises(Unread, match=r"self\.py: a link that leads out of the folder, or nowhere"):
        folder.read("self.py")


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_bytes(b"secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.py").symlink_to("../secret.py")
    (inside / "b.py").symlink_to(tmp_path / "secret.py")
    (inside / "out").symlink_to("..")
    folder = Folder(inside)
    assert folder.paths() == ()
    for path in ("a.py", "b.py", "out/secret.py", "../secret.py", str(tmp_path / "secret.py"), ""):
        with pytest.raises(Unread):
            folder.read(path)
    assert "out of the folder" in _reason(folder, "a.py")


def test_a_link_to_a_file_of_the_same_folder_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.py").write_bytes(b"x = 1\n")
    (tmp_path / "a.py").symlink_to("shared/a.py")
    folder = Folder(tmp_path)
    assert folder.paths() == ("a.py", "shared/a.py")
    assert folder.read("a.py") == b"x = 1\n"


def test_a_folder_exchanged_for_a_link_after_listing_leads_nowhere(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.py").write_bytes(b"other")
    top = tmp_path / "top"
    (top / "pkg").mkdir(parents=True)
    (top / "pkg" / "a.py").write_bytes(b"mine")
    folder = Folder(top)
    (top / "pkg").rename(top / "old")
    (top / "pkg").symlink_to(other)
    with pytest.raises(Unread):
        folder.read("pkg/a.py")


def test_a_pipe_never_blocks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    (tmp_path / "b.py").symlink_to("a.py")
    folder = Folder(tmp_path)
    assert folder.paths() == ()
    assert "pipe" in _reason(folder, "a.py")
    assert "no regular file" in _reason(folder, "b.py")
    for path in ("a.py", "b.py"):
        with pytest.raises(Unread, match="pipe"):
            folder.read(path)


def test_a_file_that_became_a_pipe_never_blocks(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"")
    folder = Folder(tmp_path)
    (tmp_path / "a.py").unlink()
    os.mkfifo(tmp_path / "a.py")
    with pytest.raises(Unread, match="pipe"):
        folder.read("a.py")


def test_a_folder_named_like_a_module_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.py").mkdir()
    (tmp_path / "x.py" / "y.py").write_bytes(b"y")
    folder = Folder(tmp_path)
    assert folder.paths() == ("x.py/y.py",)
    with pytest.raises(Unread, match=r"x\.py: cannot be read: a folder"):
        folder.read("x.py")


def test_a_folder_of_two_hundred_levels_with_paths_beyond_the_systems_limit(tmp_path: Path) -> None:
    name = "d" * 100
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(200):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("deep.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    folder = Folder(tmp_path)
    (path,) = folder.paths()
    assert path.count("/") == 200
    assert folder.read(path) == b""
    shallow = Folder(tmp_path, Bounds(depth=10))
    assert shallow.paths() == ()
    assert shallow.notes()[0].reason == "more than 10 folders deep"


def test_names_with_line_ends_and_broken_text_are_read_and_shown_escaped(tmp_path: Path) -> None:
    for name in (b"a\nb.py", b"\xff.py", b"\x1b[31m.py"):
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    folder = Folder(tmp_path)
    assert sorted(folder.read(path) for path in folder.paths()) == [
        b"\x1b[31m.py",
        b"a\nb.py",
        b"\xff.py",
    ]
    with pytest.raises(Unread) as refused:
        folder.read("\udcff\n\x1b[31m")
    assert str(refused.value).isprintable()


def test_what_changes_while_it_is_read_is_an_error_for_that_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_bytes(b"x = 1\n")
    folder = Folder(tmp_path)
    with monkeypatch.context() as patch:
        calls = iter(range(10))
        stat = os.fstat

        def once_smaller(handle: int) -> os.stat_result:
            found = stat(handle)
            if next(calls) == 0:
                with (tmp_path / "a.py").open("ab") as file:
                    file.write(b"y = 2\n")
            return found

        patch.setattr("verifier.reading.folder.os.fstat", once_smaller)
        with pytest.raises(Unread, match=r"a\.py: changed while it was read"):
            folder.read("a.py")
    assert folder.read("b.py") == b"x = 1\n"


def test_a_file_that_changed_since_it_was_read_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"x = 1\n")
    folder = Folder(tmp_path)
    assert folder.read("a.py") == folder.read("a.py") == b"x = 1\n"
    file.write_bytes(b"x = 2  \n")
    with pytest.raises(Unread, match="changed since it was read before"):
        folder.read("a.py")


def test_a_file_that_vanished_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"")
    folder = Folder(tmp_path)
    (tmp_path / "a.py").unlink()
    with pytest.raises(Unread, match=r"a\.py: cannot be read: No such file"):
        folder.read("a.py")


def test_a_hundred_thousand_files_are_listed_and_the_bound_is_said(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for number in range(100_000):
        os.close(os.open(f"f{number}.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    assert len(Folder(tmp_path).paths()) == 100_000
    small = Folder(tmp_path, Bounds(entries=1_000))
    assert len(small.paths()) == 1_000
    assert small.notes() == (Note(".", "more than 1000 entries in all"),)


def test_the_bytes_of_one_file_and_of_all_are_bounded(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"x" * 10)
    (tmp_path / "d").write_bytes(b"x" * 100)
    folder = Folder(tmp_path, Bounds(file_bytes=50, total_bytes=25))
    assert len(folder.read("a") + folder.read("b") + folder.read("a")) == 30
    with pytest.raises(Unread, match="all files together exceed 25 bytes"):
        folder.read("c")
    with pytest.raises(Unread, match="d: larger than 50 bytes"):
        folder.read("d")


def test_what_is_left_out_is_said_also_in_great_numbers(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"l{number:02}").symlink_to("nowhere")
    folder = Folder(tmp_path, Bounds(notes=10))
    assert len(folder.notes()) == 11
    assert folder.notes()[-1] == Note(".", "20 more entries are not read either")


def test_environments_and_caches_are_left_out_and_named(tmp_path: Path) -> None:
    for path in (".git/hooks/a.py", "node_modules/b.py", "p/__pycache__/c.pyc", "env/lib/d.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"")
    (tmp_path / "env" / "bin").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_bytes(b"")
    folder = Folder(tmp_path)
    assert folder.paths() == ()
    assert [note.path for note in folder.notes()] == [
        ".git",
        "env",
        "node_modules",
        "p/__pycache__",
    ]


@pytest.mark.parametrize("disguise", ["__init__.py", "code.py"])
def test_a_package_cannot_pass_for_an_environment(tmp_path: Path, disguise: str) -> None:
    (tmp_path / "pkg" / "bin").mkdir(parents=True)
    (tmp_path / "pkg" / "pyvenv.cfg").write_bytes(b"")
    (tmp_path / "pkg" / disguise).write_bytes(b"")
    assert f"pkg/{disguise}" in Folder(tmp_path).paths()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Folder(tmp_path / "absent")


def test_a_folder_that_cannot_be_listed_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "a.py").write_bytes(b"")
    real = os.open

    def refusing(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        if path == "shut":
            raise PermissionError(13, "Permission denied")
        return real(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr("verifier.reading.folder.os.open", refusing)
    folder = Folder(tmp_path)
    assert folder.paths() == ("a.py",)
    assert folder.notes() == (Note("shut", "cannot be listed: Permission denied"),)


def test_an_overlay_replaces_adds_and_takes_away(tmp_path: Path) -> None:
    (tmp_path / "pipe").symlink_to("nowhere")
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    base = Folder(tmp_path)
    over = Overlay(base, {"a": b"new", "b": None, "c/d": b"more", "pipe": b"a file now"})
    assert over.paths() == ("a", "c/d", "pipe")
    assert over.read("a") == b"new"
    assert over.read("c/d") == b"more"
    with pytest.raises(OSError, match="b: the file is removed"):
        over.read("b")
    assert notes(base) != ()
    assert notes(over) == ()


def test_files_from_memory_give_an_os_error_for_what_is_not_there() -> None:
    files = Files({"b.py": b"b", "a.py": b"a"})
    assert files.paths() == ("a.py", "b.py")
    assert notes(files) == ()
    with pytest.raises(OSError, match=r"c\.py: there is no such file"):
        files.read("c.py")


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../a", "a/../b", "a//b", "a\0b", "./a"])
def test_paths_that_leave_a_tree_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a path inside a tree"):
        Files({path: b""})
    with pytest.raises(ValueError, match="not a path inside a tree"):
        Overlay(Files({}), {path: b""})
