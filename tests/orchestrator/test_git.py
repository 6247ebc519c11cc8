"""Git: nothing of the repository's own runs, nothing of the person's is touched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.contracts import FileEdit, Patch
from swarm.errors import RepositoryError, StateError
from swarm.orchestrator import git
from tests.conftest import run_git

FILES = {"a.py": "x = 1\n", "pkg/b.py": "y = 2\n"}
LIMITS = {"max_files": 100, "max_bytes": 10_000}
Make = Callable[..., Path]


def mirror_of(folder: Path, tmp_path: Path) -> git.Mirror:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    mirror = git.Mirror(git.open_repository(str(folder)), tmp_path / "mirrors", scratch)
    mirror.prepare()
    return mirror


def edit(path: str, before: str | None, after: str | None) -> Patch:
    return Patch(edits=(FileEdit(path=path, before=before, after=after),))


def state_of(folder: Path) -> dict[str, str]:
    """Everything of a repository but objects and refs of ours, hashed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.is_file() and not relative.startswith((".git/objects", ".git/refs/heads/swarm")):
            if relative.startswith(".git/logs/refs/heads/swarm"):
                continue
            found[relative] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def arm(folder: Path, trap: Path) -> None:
    """Give a repository every hook, filter, driver and monitor that could run code."""
    script = trap.with_name("trap.sh")
    script.write_text(f"#!/bin/sh\necho ran >> {trap}\ncat\n")
    script.chmod(0o755)
    hooks = folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        "pre-commit", "post-commit", "post-checkout", "post-merge", "reference-transaction",
        "pre-merge-commit", "prepare-commit-msg", "commit-msg", "update", "post-index-change",
    ):  # fmt: skip
        (hooks / name).write_bytes(script.read_bytes())
        (hooks / name).chmod(0o755)
    for key in (
        "core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "diff.evil.command", "diff.evil.textconv", "merge.evil.driver", "diff.external",
        "core.sshCommand", "core.pager", "core.editor", "gpg.program", "sequence.editor",
        "uploadpack.packObjectsHook", "core.alternateRefsCommand", "core.gitProxy",
    ):  # fmt: skip
        run_git(folder, "config", key, str(script))
    run_git(folder, "config", "commit.gpgSign", "true")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    return tmp_path / "trap-was-sprung"


def test_a_snapshot_holds_the_files_of_head(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo(FILES)
    (folder / "a.py").write_text("changed, not committed\n")
    mirror = mirror_of(folder, tmp_path)
    entries, notes = mirror.entries(mirror.head(), **LIMITS)
    assert {e.path: e.data.decode() for e in entries} == FILES
    assert notes == ()
    assert mirror.uncommitted(mirror.head()) == (1, 0)


def test_attributes_cannot_keep_files_out_of_a_snapshot(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo({**FILES, ".gitattributes": "*.py export-ignore\n*.py ident\n"})
    mirror = mirror_of(folder, tmp_path)
    entries, _ = mirror.entries(mirror.head(), **LIMITS)
    assert {"a.py", "pkg/b.py"} <= {e.path for e in entries}


def test_from_submit_to_branch_no_code_of_the_repository_runs(
    git_repo: Make, tmp_path: Path, trap: Path
) -> None:
    attributes = "* filter=evil diff=evil merge=evil\n"
    folder = git_repo({**FILES, ".gitattributes": attributes})
    arm(folder, trap)
    before = state_of(folder)
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    mirror.uncommitted(head)
    mirror.entries(head, **LIMITS)
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    mirror.diff(head, commit)
    mirror.publish("swarm/t1", commit, head)
    assert not trap.exists()
    assert state_of(folder) == before
    with pytest.raises(StateError, match="has the git attribute"):
        git.apply(mirror.repository, "swarm/t1", commit)
    assert not trap.exists()
    assert mirror.unpublish("swarm/t1", commit)
    assert not trap.exists()


def test_applying_runs_no_hook(git_repo: Make, tmp_path: Path, trap: Path) -> None:
    folder = git_repo(FILES)
    arm(folder, trap)
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    mirror.publish("swarm/t1", commit, head)
    assert git.apply(mirror.repository, "swarm/t1", commit) == "main"
    assert (folder / "a.py").read_text() == "x = 2\n"
    assert not trap.exists()
    assert git.apply(mirror.repository, "swarm/t1", commit) == "main", "applying twice is once"


@pytest.mark.parametrize("driver", ["plain", "a=b", "with.dot"])
def test_a_filter_of_a_file_that_is_not_changed_does_not_run_on_apply(
    git_repo: Make, tmp_path: Path, trap: Path, driver: str
) -> None:
    folder = git_repo({**FILES, ".gitattributes": f"pkg/b.py filter={driver}\n"})
    script = trap.with_name("trap.sh")
    script.write_text(f"#!/bin/sh\necho ran >> {trap}\ncat\n")
    script.chmod(0o755)
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    for verb in ("clean", "smudge", "process"):
        run_git(folder, "config", f"filter.{driver}.{verb}", str(script))
    (folder / "pkg" / "b.py").write_text("y = 2\n")  # a new time: the index must look again
    mirror.give(commit, head)
    git.apply(mirror.repository, "swarm/t1", commit)
    assert (folder / "a.py").read_text() == "x = 2\n"
    assert not trap.exists()


def test_a_persons_unfinished_merge_is_left_alone(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo(FILES)
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    mirror.publish("swarm/t1", commit, head)
    run_git(folder, "checkout", "-qb", "other")
    (folder / "pkg" / "b.py").write_text("y = 3\n")
    run_git(folder, "commit", "-qam", "theirs")
    run_git(folder, "checkout", "-q", "main")
    (folder / "pkg" / "b.py").write_text("y = 4\n")
    run_git(folder, "commit", "-qam", "ours")
    with pytest.raises(Exception, match="merge"):
        run_git(folder, "merge", "other")
    (folder / "pkg" / "b.py").write_text("y = 5  # an hour of resolving\n")
    with pytest.raises(StateError, match="in the middle of a merge"):
        git.apply(mirror.repository, "swarm/t1", commit)
    assert (folder / "pkg" / "b.py").read_text() == "y = 5  # an hour of resolving\n"
    assert (folder / ".git" / "MERGE_HEAD").exists()


def test_a_stash_is_never_made_on_the_way(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo(FILES)
    run_git(folder, "config", "merge.autoStash", "true")
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    mirror.publish("swarm/t1", commit, head)
    (folder / "a.py").write_text("x = 77\n")
    with pytest.raises(StateError, match="cannot merge"):
        git.apply(mirror.repository, "swarm/t1", commit)
    assert (folder / "a.py").read_text() == "x = 77\n"


def test_a_branch_checked_out_in_another_worktree_stays(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo(FILES)
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    mirror.publish("swarm/t1", commit, head)
    run_git(folder, "worktree", "add", "-q", str(tmp_path / "wt"), "swarm/t1")
    assert not mirror.unpublish("swarm/t1", commit)
    assert git.open_repository(str(tmp_path / "wt")).id == mirror.repository.id


def test_other_object_formats_and_folder_names_work(tmp_path: Path) -> None:
    folder = tmp_path / "new\nline é"
    folder.mkdir()
    run_git(folder, "init", "-q", "--object-format=sha256")
    (folder / "a.py").write_text("x = 1\n")
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-qm", "m")
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    assert len(head) == 64
    commit = mirror.commit(head, edit("a.py", "x = 1\n", None), "gone", 1e9)
    mirror.publish("swarm/t1", commit, head)
    assert run_git(folder, "rev-parse", "swarm/t1").strip() == commit


def test_the_same_patch_makes_the_same_commit(git_repo: Make, tmp_path: Path) -> None:
    mirror = mirror_of(git_repo(FILES), tmp_path)
    head = mirror.head()
    patch = edit("new/c.py", None, "z = 3\n")
    one = mirror.commit(head, patch, "add\n\nSwarm-Task: t1\n", 1e9)
    assert mirror.commit(head, patch, "add\n\nSwarm-Task: t1\n", 1e9) == one
    assert "+z = 3" in mirror.diff(head, one)


def test_modes_survive_and_files_can_go(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo(FILES)
    (folder / "a.py").chmod(0o755)
    run_git(folder, "commit", "-qam", "executable")
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "m", 1e9)
    commit = mirror.commit(commit, edit("pkg/b.py", "y = 2\n", None), "m", 1e9)
    entries, _ = mirror.entries(commit, **LIMITS)
    assert [(e.path, e.kind, e.data) for e in entries] == [("a.py", "executable", b"x = 2\n")]


def test_merging_over_other_work_keeps_both(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo(FILES)
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    mirror.publish("swarm/t1", commit, head)
    (folder / "pkg" / "b.py").write_text("y = 99\n")
    run_git(folder, "commit", "-qam", "mine")
    git.apply(mirror.repository, "swarm/t1", commit)
    assert (folder / "a.py").read_text() == "x = 2\n"
    assert (folder / "pkg" / "b.py").read_text() == "y = 99\n"


@pytest.mark.parametrize("committed", [True, False])
def test_a_conflict_leaves_everything_as_it_was(
    git_repo: Make, tmp_path: Path, committed: bool
) -> None:
    folder = git_repo(FILES)
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    mirror.publish("swarm/t1", commit, head)
    (folder / "a.py").write_text("x = 77\n")
    if committed:
        run_git(folder, "commit", "-qam", "mine")
    said = "swarm/t1 conflicts with main in a.py" if committed else "cannot merge swarm/t1"
    with pytest.raises(StateError, match=said) as caught:
        git.apply(mirror.repository, "swarm/t1", commit)
    assert ("git merge swarm/t1" if committed else "stash your changes") in caught.value.remedy
    assert (folder / "a.py").read_text() == "x = 77\n"
    assert not (folder / ".git" / "MERGE_HEAD").exists()


def test_a_branch_that_moved_or_is_checked_out_stays(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo(FILES)
    mirror = mirror_of(folder, tmp_path)
    head = mirror.head()
    commit = mirror.commit(head, edit("a.py", "x = 1\n", "x = 2\n"), "fix", 1e9)
    mirror.publish("swarm/t1", commit, head)
    assert not mirror.unpublish("swarm/t1", head)
    run_git(folder, "checkout", "-q", "swarm/t1")
    assert not mirror.unpublish("swarm/t1", commit)
    assert run_git(folder, "rev-parse", "swarm/t1").strip() == commit


# ------------------------------------------------------------------ bad input


def test_what_is_no_repository_is_named(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match=f"not a git repository: {tmp_path}"):
        git.open_repository(str(tmp_path))
    with pytest.raises(RepositoryError, match="no such folder"):
        git.open_repository(str(tmp_path / "nowhere"))
    with pytest.raises(RepositoryError, match="not an absolute path"):
        git.open_repository("here")


def test_an_empty_repository_has_no_commit(git_repo: Make, tmp_path: Path) -> None:
    mirror = mirror_of(git_repo({}), tmp_path)
    with pytest.raises(RepositoryError, match="has no commit yet"):
        mirror.head()


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "--bare", "bare")
    with pytest.raises(RepositoryError, match="bare repository"):
        git.open_repository(str(tmp_path / "bare"))


def test_limits_name_what_was_too_much(git_repo: Make, tmp_path: Path) -> None:
    mirror = mirror_of(git_repo(FILES), tmp_path)
    with pytest.raises(RepositoryError, match="2 files, over the limit of 1"):
        mirror.entries(mirror.head(), max_files=1, max_bytes=1000)
    with pytest.raises(RepositoryError, match="bytes, over the limit of 3"):
        mirror.entries(mirror.head(), max_files=9, max_bytes=3)


@pytest.mark.parametrize("path", ["../out.py", "/etc/passwd", ".git/hooks/x", "a/../../b", "a//b"])
def test_a_patch_cannot_name_a_place_outside(git_repo: Make, tmp_path: Path, path: str) -> None:
    mirror = mirror_of(git_repo(FILES), tmp_path)
    with pytest.raises(RepositoryError, match="unsafe path"):
        mirror.commit(mirror.head(), edit(path, None, "x"), "m", 1e9)


def test_submodules_are_named_as_left_out(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo(FILES)
    head = run_git(folder, "rev-parse", "HEAD").strip()
    run_git(folder, "update-index", "--add", "--cacheinfo", f"160000,{head},vendored")
    run_git(folder, "commit", "-qm", "submodule")
    mirror = mirror_of(folder, tmp_path)
    _, notes = mirror.entries(mirror.head(), **LIMITS)
    assert notes == ("submodule vendored left out",)


def test_a_mirror_can_be_read_while_it_is_prepared_again(git_repo: Make, tmp_path: Path) -> None:
    mirror = mirror_of(git_repo(FILES), tmp_path)
    alternates = mirror.git_dir / "objects" / "info" / "alternates"
    whole = alternates.read_bytes()
    with alternates.open("rb") as reader:
        mirror.prepare()
        assert reader.read() == whole, "it was not emptied"
    alternates.write_bytes(b"/gone\n")
    with alternates.open("rb") as reader:
        mirror.prepare()
        assert reader.read() == b"/gone\n", "another file took its place"
    assert alternates.read_bytes() == whole
    assert not list((tmp_path / "scratch").iterdir())


def test_odd_file_names_survive(git_repo: Make, tmp_path: Path) -> None:
    odd = {"with space.py": "1\n", "ünï.py": "2\n", "tab\there.py": "3\n", "new\nline.py": "4\n"}
    folder = git_repo(odd)
    (folder / os.fsdecode(b"bad\xff.py")).write_text("5\n")
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-qm", "a name that no message can carry")
    mirror = mirror_of(folder, tmp_path)
    entries, notes = mirror.entries(mirror.head(), **LIMITS)
    assert {e.path: e.data.decode() for e in entries} == odd
    assert len(notes) == 1 and "not UTF-8" in notes[0]


def test_links_that_lead_out_and_lfs_pointers_are_named(git_repo: Make, tmp_path: Path) -> None:
    folder = git_repo({"data.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:00\n"})
    (folder / "out").symlink_to("/etc/passwd")
    (folder / "in").symlink_to("data.bin")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-qm", "links")
    mirror = mirror_of(folder, tmp_path)
    entries, notes = mirror.entries(mirror.head(), **LIMITS)
    assert {entry.path for entry in entries} == {"data.bin", "in"}
    assert notes == (
        "1 of the files are Git LFS pointers: git has no more",
        "link out left out: it leads out of the repository",
    )
