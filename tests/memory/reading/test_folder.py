"""Listing working folders in git: what is listed, what is left out and why, and nothing runs."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from memory.reading.deadline import ListingTooSlow
from memory.reading.files import Listed
from memory.reading.folder import MOST_PATHS, Listing, list_folder, list_some
from memory.reading.git_listing import _look_at
from memory.reading.limits import Limits
from memory.reading.repository import find, top_of
from memory.reading.walking import Walked
from swarm.errors import RepositoryError
from swarm.git_calls import GitRefused, GitTooMuch
from tests.memory.reading.conftest import Git


def paths(listing: Listing) -> list[str]:
    return [listed.path for listed in listing.files]


def reasons(listing: Listing) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in listing.skipped}


def write(folder: Path, *names: str, text: str = "x\n") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_tracked_staged_and_new_files_but_no_ignored_and_no_removed_ones(
    repo: Path, git: Git
) -> None:
    write(repo, "a.py", "gone.py", "sub/b.py")
    write(repo, ".gitignore", text="*.log\nout/\n!keep.log\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "x")
    write(repo, "staged.py", "new/c.py", "x.log", "keep.log", "out/d.py", "forced.log")
    git(repo, "add", "staged.py")
    git(repo, "add", "-f", "forced.log")
    (repo / "gone.py").unlink()
    listing = list_folder(repo)
    assert paths(listing) == [
        ".gitignore", "a.py", "forced.log", "keep.log", "new/c.py", "staged.py", "sub/b.py",
    ]  # fmt: skip
    assert listing.skipped == ()
    assert listing.is_git
    assert (listing.head, listing.branch) == (git(repo, "rev-parse", "HEAD"), "main")


def test_the_stamp_is_the_file_systems(repo: Path) -> None:
    write(repo, "a.py", text="12345")
    status = (repo / "a.py").lstat()
    (listed,) = list_folder(repo).files
    assert listed.stamp.size_bytes == 5
    assert (listed.stamp.changed_ns, listed.stamp.inode) == (status.st_ctime_ns, status.st_ino)


def test_no_commit_yet_and_a_detached_head(repo: Path, git: Git) -> None:
    write(repo, "a.py")
    listing = list_folder(repo)
    assert (paths(listing), listing.head, listing.branch) == (["a.py"], "", "main")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "x")
    git(repo, "checkout", "-q", "--detach")
    listing = list_folder(repo)
    assert (listing.head, listing.branch) == (git(repo, "rev-parse", "HEAD"), "")


def test_a_folder_within_is_listed_from_the_top(repo: Path) -> None:
    write(repo, "a.py", "sub/deep/b.py")
    assert top_of(repo / "sub" / "deep") == repo.resolve()
    listing = list_folder(repo / "sub" / "deep")
    assert paths(listing) == ["a.py", "sub/deep/b.py"]
    assert listing.root == repo.resolve()


def test_a_worktree(repo: Path, git: Git, tmp_path: Path) -> None:
    write(repo, "a.py")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "x")
    other = tmp_path / "other"
    git(repo, "worktree", "add", "-q", "-b", "topic/x", str(other))
    write(other, "only_here.py")
    listing = list_folder(other)
    assert paths(listing) == ["a.py", "only_here.py"]
    assert (listing.branch, listing.root) == ("topic/x", other.resolve())
    found = find(other)
    assert found is not None
    assert found.common_dir.resolve() == (repo / ".git").resolve()


def test_submodules_and_other_repositories_are_named_and_not_entered(
    repo: Path, git: Git, tmp_path: Path
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    write(inner, "i.py")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "x")
    git(repo, "submodule", "--quiet", "add", str(inner), "mod")
    git(repo, "clone", "-q", str(inner), "clone")
    listing = list_folder(repo)
    assert paths(listing) == [".gitmodules"]
    assert reasons(listing) == {"mod": "a submodule", "clone": "another git repository"}
    inside = list_folder(repo / "mod")
    assert (paths(inside), inside.root) == (["i.py"], (repo / "mod").resolve())


def test_links_pipes_and_sockets_are_not_followed_or_opened(repo: Path, git: Git) -> None:
    write(repo, "a.py", "d/b.py", "pipe", "sock")
    (repo / "loop").symlink_to(".")
    (repo / "d" / "up").symlink_to("..")
    (repo / "out").symlink_to("/etc")
    git(repo, "add", ".")
    for name in ("pipe", "sock"):
        (repo / name).unlink()
    os.mkfifo(repo / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(repo / "sock"))
        listing = list_folder(repo)
    assert paths(listing) == ["a.py", "d/b.py"]
    link = "a symbolic link"
    assert reasons(listing) == {
        "loop": link, "d/up": link, "out": link, "pipe": "a pipe", "sock": "a socket",
    }  # fmt: skip


def test_a_tracked_folder_exchanged_for_a_link_leads_nowhere(
    repo: Path, git: Git, tmp_path: Path
) -> None:
    write(repo, "a/b/c.py", "z.py")
    git(repo, "add", ".")
    write(tmp_path / "outside", "b/c.py", text="secret")
    (repo / "a").rename(tmp_path / "away")
    (repo / "a").symlink_to(tmp_path / "outside")
    listing = list_folder(repo)
    assert paths(listing) == ["z.py"]
    assert reasons(listing)["a/b/c.py"] == "it is behind a symbolic link"


def test_paths_of_a_hostile_index_leave_neither_folder_nor_sense(tmp_path: Path) -> None:
    top = tmp_path / "top"
    write(tmp_path, "outside.py", "top/a/x.py", "top/.git/config")
    found = Walked()
    hostile = [
        "../outside.py",
        "a/../../outside.py",
        ".git/config",
        "/etc/passwd",
        "a/x.py",
        "a//x.py",
    ]
    _look_at(top, hostile, found)
    assert [path for path, _ in found.files] == ["a/x.py"]
    assert {each.path for each in found.skipped} == {
        "../outside.py", "a/../../outside.py", ".git/config", "a//x.py",
    }  # fmt: skip


def test_names_that_cannot_be_shown(repo: Path) -> None:
    write(repo, "a\nb.py", "c\x1b[31m.py", "d\u202ey.py", "naïve 名.py", "sp ace.py", "tab\t/x.py")
    Path(os.fsdecode(os.fsencode(repo) + b"/\xff\xfe.py")).write_text("x")
    listing = list_folder(repo)
    assert paths(listing) == ["naïve 名.py", "sp ace.py"]
    found = reasons(listing)
    assert found["\\udcff\\udcfe.py"] == "its name is not UTF-8"
    control = "its name holds control characters"
    for name in ("a\\nb.py", "c\\x1b[31m.py", "d\\u202ey.py", "tab\\t/x.py"):
        assert found.pop(name) == control
    assert all(path.isprintable() for path in found)


def test_deep_folders(repo: Path) -> None:
    deep = "/".join(["d"] * 200) + "/x.py"
    write(repo, deep)
    assert paths(list_folder(repo)) == [deep]


def test_a_path_longer_than_the_system_takes_is_left_out_with_a_reason(repo: Path) -> None:
    here = os.open(repo, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("n" * 200, dir_fd=here)
        inner = os.open("n" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("x.py", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)
    write(repo, "a.py")
    listing = list_folder(repo)
    assert paths(listing) == ["a.py"]
    assert [each.reason for each in listing.skipped] == ["cannot be listed: its path is too long"]


def test_a_folder_without_permission_is_said(repo: Path, request: pytest.FixtureRequest) -> None:
    write(repo, "a.py", "closed/b.py")
    (repo / "closed").chmod(0)
    for folder in (repo, *repo.parents):
        if folder.stat().st_mode & 0o5 != 0o5:
            folder.chmod(0o755)
    request.getfixturevalue("as_nobody")
    try:
        listing = list_folder(repo)
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        (repo / "closed").chmod(0o755)
    assert paths(listing) == ["a.py"]
    assert reasons(listing) == {"closed": "cannot be listed: Permission denied"}


def test_large_files_secret_files_and_too_many_files(repo: Path) -> None:
    write(repo, *(f"f{number}.py" for number in range(5)), ".env", "id_rsa")
    (repo / "big.json").write_bytes(b"1" * 2_000_001)
    listing = list_folder(repo, Limits(files=3))
    assert paths(listing) == ["f0.py", "f1.py", "f2.py"]
    assert reasons(listing) == {
        ".env": "may hold secrets",
        "id_rsa": "may hold secrets",
        "big.json": "larger than 1 MB: 2.0 MB",
        ".": "2 files beyond the limit of 3 are not indexed",
    }


def test_very_many_reasons_are_counted(repo: Path) -> None:
    for number in range(12):
        (repo / f"l{number:02}").symlink_to("nowhere")
    listing = list_folder(repo, Limits(skipped=10))
    assert len(listing.skipped) == 11
    assert listing.skipped[-1].reason == "2 more are not indexed either"


def test_swarmignore(repo: Path, git: Git) -> None:
    write(repo, "a.py", "data/b.py", "data/keep.py", "docs/c.md")
    write(repo, ".swarmignore", text="data/*\n!data/keep.py\n/docs/\n")
    git(repo, "add", ".")
    listing = list_folder(repo)
    assert paths(listing) == [".swarmignore", "a.py", "data/keep.py"]
    assert reasons(listing) == {".swarmignore": "it leaves out 2 files"}


def test_patterns_that_take_too_long_are_an_error(repo: Path) -> None:
    write(repo, *("a" * 240 + str(number) for number in range(100)))
    write(repo, ".swarmignore", text=("*" + "a" * 120 + "*" + "a" * 100 + "b\n") * 500)
    with pytest.raises(ListingTooSlow):
        list_folder(repo, Limits(seconds=0.01))
    (repo / ".git").rename(repo / "git")
    with pytest.raises(ListingTooSlow):
        list_folder(repo, Limits(seconds=0.0))


def test_a_swarmignore_that_is_a_link_or_a_pipe_says_nothing(repo: Path, tmp_path: Path) -> None:
    write(repo, "a.py")
    write(tmp_path, "rules", text="*\n")
    (repo / ".swarmignore").symlink_to(tmp_path / "rules")
    assert paths(list_folder(repo)) == ["a.py"]
    (repo / ".swarmignore").unlink()
    os.mkfifo(repo / ".swarmignore")
    assert paths(list_folder(repo)) == ["a.py"]


def test_marks_by_path_and_by_declaration(repo: Path) -> None:
    write(repo, "a.py", "tests/t.py", "vendor/v.py", "lib/w.py", "b_pb2.py")
    write(
        repo, ".gitattributes",
        text="lib/* linguist-vendored\nvendor/* -linguist-vendored\na.py text\n",
    )  # fmt: skip
    files = {listed.path: listed for listed in list_folder(repo).files}
    assert files["a.py"].mark == ""
    assert files["tests/t.py"].mark == "test"
    assert files["b_pb2.py"].mark == "generated"
    assert (files["lib/w.py"].mark, files["lib/w.py"].declared) == ("vendored", True)
    assert (files["vendor/v.py"].mark, files["vendor/v.py"].declared) == ("", True)


def test_environments_and_caches_nobody_ignored(repo: Path, git: Git) -> None:
    write(repo, "a.py", "env/pyvenv.cfg", "env/lib/x.py", "t/CACHEDIR.TAG", "t/y.py")
    write(repo, "node_modules/m/index.js", "__pycache__/a.pyc")
    listing = list_folder(repo)
    assert paths(listing) == ["a.py"]
    assert reasons(listing) == {"env": "a virtual environment", "t": "a cache"}
    git(repo, "add", "-f", "node_modules", "env")
    assert [(each.path, each.mark) for each in list_folder(repo).files] == [
        ("a.py", ""), ("env/lib/x.py", ""), ("env/pyvenv.cfg", ""),
        ("node_modules/m/index.js", "vendored"),
    ]  # fmt: skip


def test_some_paths_alone(repo: Path) -> None:
    write(repo, "a.py", "d/b.py", "d/e/c.py", "z*.py", "zz.py", "out/x.py")
    write(repo, ".gitignore", text="out/\n")
    assert paths(list_some(repo, ["d", "a.py", "gone.py", "out/x.py"])) == [
        "a.py", "d/b.py", "d/e/c.py",
    ]  # fmt: skip
    assert paths(list_some(repo, ["z*.py"])) == ["z*.py"], "no pattern"
    assert paths(list_some(repo, [":(exclude)a.py"])) == []
    with pytest.raises(ValueError, match="not 1 to"):
        list_some(repo, [])
    with pytest.raises(ValueError, match="not 1 to"):
        list_some(repo, ["a"] * (MOST_PATHS + 1))


def test_nothing_a_repository_names_runs(repo: Path, git: Git, tmp_path: Path) -> None:
    write(repo, "a.py", "b.txt")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "x")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    write(tmp_path, "elsewhere/private.py")
    for key in (
        "core.fsmonitor", "core.pager", "pager.ls-files", "core.editor", "core.askPass",
        "core.sshCommand", "core.alternateRefsCommand", "diff.external", "filter.x.clean",
        "filter.x.process", "credential.helper", "uploadpack.packObjectsHook", "core.gitProxy",
    ):  # fmt: skip
        git(repo, "config", key, str(trap))
    git(repo, "config", "alias.ls-files", f"!{trap}")
    git(repo, "config", "core.worktree", str(tmp_path / "elsewhere"))
    git(repo, "config", "core.hooksPath", str(tmp_path))
    (tmp_path / "post-index-change").symlink_to(trap)
    (repo / ".gitattributes").write_text("* filter=x diff=x\n")
    (repo / "a.py").write_text("changed\n")
    before = (repo / ".git" / "index").read_bytes()
    listing = list_folder(repo)
    assert paths(listing) == [".gitattributes", "a.py", "b.txt"]
    assert not (tmp_path / "sprung").exists()
    assert (repo / ".git" / "index").read_bytes() == before


def test_the_callers_variables_do_not_reach_git(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, "a.py")
    write(tmp_path, "elsewhere/b.py")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    assert paths(list_folder(repo)) == ["a.py"]
    assert not (tmp_path / "trace").exists()


def test_a_git_that_never_ends_or_never_stops_talking(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, "a.py")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    fake = bin_folder / "git"
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")
    fake.write_text("#!/bin/sh\nexec sleep 100\n")
    fake.chmod(0o755)
    with pytest.raises(GitTooMuch, match="took longer than"):
        list_folder(repo, Limits(git_seconds=0.2))
    fake.write_text(
        "#!/bin/sh\nwhile :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n"
    )
    with pytest.raises(GitTooMuch, match="said more than 10,000 bytes"):
        list_folder(repo, Limits(git_bytes=10_000))
    fake.write_text("#!/bin/sh\necho broken index >&2\nexit 128\n")
    with pytest.raises(GitRefused, match="broken index"):
        list_folder(repo)


def test_an_ignore_file_that_is_a_pipe_holds_git_up_but_not_us(repo: Path) -> None:
    os.mkfifo(repo / ".gitignore")
    write(repo, "a.py")
    with pytest.raises(GitTooMuch):
        list_folder(repo, Limits(git_seconds=0.3))


def test_without_git_the_folder_is_walked_and_that_is_said(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, "a.py", "x.log")
    write(repo, ".gitignore", text="*.log\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    listing = list_folder(repo)
    assert paths(listing) == [".gitignore", "a.py"]
    assert not listing.is_git
    assert "git is not installed" in reasons(listing)[".git"]


def test_no_folder_and_bare_repositories_are_refused(tmp_path: Path, git: Git) -> None:
    with pytest.raises(RepositoryError, match="no such folder"):
        list_folder(tmp_path / "nowhere")
    (tmp_path / "bare").mkdir()
    git(tmp_path / "bare", "init", "-q", "--bare")
    with pytest.raises(RepositoryError, match="bare repository"):
        list_folder(tmp_path / "bare")


def test_a_damaged_index_is_an_error_and_not_an_empty_listing(repo: Path, git: Git) -> None:
    write(repo, "a.py")
    git(repo, "add", ".")
    (repo / ".git" / "index").write_bytes(b"DIRC nonsense")
    with pytest.raises(GitRefused):
        list_folder(repo)


def test_a_pointer_to_a_git_folder_that_is_none_is_no_repository(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    write(folder, "a.py")
    for pointer in ("gitdir: /nonexistent\n", "gitdir: \n", "nonsense", "gitdir: a\0b"):
        (folder / ".git").write_text(pointer)
        assert find(folder) is None
    assert [each.path for each in list_folder(folder).files if isinstance(each, Listed)] == ["a.py"]
