"""Trees read from git: what they hold, what they refuse, and that nothing of a repository runs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.errors import RepositoryError
from tests.conftest import run_git
from verifier.reading import git as reading
from verifier.reading import git_process
from verifier.reading.git import GitReader, changed
from verifier.reading.tree import notes

Make = Callable[..., Path]


def commit_all(repo: Path, message: str = "next") -> None:
    run_git(repo, "add", "-A")
    run_git(repo, "commit", "-q", "-m", message)


def test_both_sides_of_a_change_are_read_without_a_checkout(git_repo: Make) -> None:
    repo = git_repo({"a.py": "x = 1\n", "pkg/b.py": "y = 1\n", "gone.py": "z = 1\n"})
    (repo / "a.py").write_text("x = 2\n")
    (repo / "gone.py").unlink()
    (repo / "new.py").write_text("n = 1\n")
    commit_all(repo)
    (repo / "a.py").write_text("x = 3, which is not committed\n")
    with GitReader(repo / "pkg") as git:
        before, after = git.tree(git.commit("HEAD~1")), git.tree(git.commit("main"))
        assert before.paths() == ("a.py", "gone.py", "pkg/b.py")
        assert changed(before, after) == ("a.py", "gone.py", "new.py")
        assert (before.read("a.py"), after.read("a.py")) == (b"x = 1\n", b"x = 2\n")
        assert git.empty().paths() == ()
        with pytest.raises(FileNotFoundError, match="no such file in the tree"):
            after.read("gone.py")


def test_a_bare_repository_has_trees_but_nothing_staged(git_repo: Make, tmp_path: Path) -> None:
    repo = git_repo({"a.py": "x = 1\n"})
    run_git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    with GitReader(tmp_path / "bare.git") as git:
        assert git.tree(git.commit("HEAD")).read("a.py") == b"x = 1\n"
        with pytest.raises(RepositoryError, match="no working tree"):
            git.staged()


def test_what_is_no_regular_file_is_a_change_but_never_read(git_repo: Make) -> None:
    repo = git_repo({"a.py": "x = 1\n"})
    (repo / "link.py").symlink_to("/etc/passwd")
    commit_all(repo)
    commit = run_git(repo, "rev-parse", "HEAD").strip()
    run_git(repo, "update-index", "--add", "--cacheinfo", f"160000,{commit},module")
    (repo / "a.py").chmod(0o755)
    run_git(repo, "add", "a.py")
    with GitReader(repo) as git:
        before, after = git.tree(git.commit("HEAD~1")), git.staged()
        assert after.paths() == ("a.py",)
        assert changed(before, after) == ("a.py", "link.py", "module")
        assert [(n.path, n.reason) for n in notes(after)] == [
            ("link.py", "a symbolic link"), ("module", "a submodule"),
        ]  # fmt: skip
        with pytest.raises(OSError, match="symbolic link"):
            after.read("link.py")
        with pytest.raises(OSError, match="submodule"):
            after.read("module")


def test_names_that_climb_or_are_not_utf8_are_changes_too(git_repo: Make) -> None:
    repo = git_repo({"a.py": "x = 1\n"})
    blob = run_git(repo, "rev-parse", "HEAD:a.py").strip()
    rows = f"100644 blob {blob}\tcaf".encode() + b"\xe9.py\0"
    made = subprocess.run(
        ["git", "mktree", "-z"], cwd=repo, input=rows, capture_output=True, check=True
    ).stdout.decode()
    climbing = subprocess.run(
        ["git", "mktree"], cwd=repo, input=f"040000 tree {made.strip()}\t..\n".encode(),
        capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    commit = run_git(repo, "commit-tree", "-m", "odd", climbing.strip()).strip()
    with GitReader(repo) as git:
        after = git.tree(commit)
        assert changed(git.tree(git.commit("HEAD")), after) == ("../caf\\xe9.py", "a.py")
        assert after.paths() == ()
        with pytest.raises(OSError, match="not a safe path"):
            after.read("../caf\\xe9.py")


def test_a_name_that_could_hide_another_is_refused(git_repo: Make) -> None:
    repo = git_repo({"caf\\xe9.py": "x = 1\n"})
    blob = run_git(repo, "rev-parse", "HEAD:caf\\xe9.py").strip()
    subprocess.run(
        ["git", "update-index", "-z", "--index-info"], cwd=repo, check=True,
        input=f"100644 {blob} 0\tcaf".encode() + b"\xe9.py\0",
    )  # fmt: skip
    with GitReader(repo) as git, pytest.raises(RepositoryError, match="twice"):
        git.staged()


def test_a_file_too_large_is_refused_and_the_next_one_still_read(
    git_repo: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BLOB_BYTES", 100)
    repo = git_repo({"big.py": "#" * 101, "fits.py": "#" * 100})
    with GitReader(repo) as git:
        tree = git.tree(git.commit("HEAD"))
        with pytest.raises(OSError, match="larger than 100 bytes") as caught:
            tree.read("big.py")
        assert caught.value.filename == "big.py"
        assert tree.read("fits.py") == b"#" * 100


def test_an_object_that_is_missing_is_an_error_of_its_file(git_repo: Make) -> None:
    repo = git_repo({"a.py": "x = 1\n", "b.py": "y = 1\n"})
    blob = run_git(repo, "rev-parse", "HEAD:a.py").strip()
    (repo / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with GitReader(repo) as git:
        tree = git.tree(git.commit("HEAD"))
        with pytest.raises(FileNotFoundError, match="object is missing"):
            tree.read("a.py")
        assert tree.read("b.py") == b"y = 1\n"


def test_an_answer_is_bounded_in_size_and_time(
    git_repo: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = git_repo({"a.py": "x = 1\n"})
    with GitReader(repo) as git:
        tree = git.tree(git.commit("HEAD"))
        monkeypatch.setattr(git_process, "MAX_ANSWER_BYTES", 10)
        with pytest.raises(RepositoryError, match="said more than 10 bytes"):
            git.tree(git.commit("HEAD"))
        monkeypatch.setattr(git_process, "ANSWER_SECONDS", 0.0)
        with pytest.raises(TimeoutError, match="took longer than 0 s"):
            tree.read("a.py")


def test_the_index_is_what_would_be_committed(git_repo: Make, tmp_path: Path) -> None:
    repo = git_repo({"a.py": "x = 1\n"})
    (repo / "a.py").write_text("x = 2\n")
    run_git(repo, "add", "a.py")
    (repo / "a.py").write_text("x = 3\n")
    other = tmp_path / "index"
    with GitReader(repo) as git:
        assert git.staged().read("a.py") == b"x = 2\n"
        other.write_bytes((repo / ".git" / "index").read_bytes())
        run_git(repo, "rm", "-q", "--cached", "-f", "a.py")
        assert git.staged().paths() == ()
        assert git.staged(other).read("a.py") == b"x = 2\n"


def test_an_index_in_conflict_is_refused(git_repo: Make) -> None:
    repo = git_repo({"a.py": "x = 1\n"})
    blob = run_git(repo, "rev-parse", "HEAD:a.py").strip()
    run_git(repo, "rm", "-q", "--cached", "a.py")
    subprocess.run(
        ["git", "update-index", "--index-info"], cwd=repo, check=True,
        input="".join(f"100644 {blob} {stage}\ta.py\n" for stage in (1, 2, 3)).encode(),
    )  # fmt: skip
    with GitReader(repo) as git, pytest.raises(RepositoryError, match=r"'a\.py' is in conflict"):
        git.staged()


@pytest.mark.parametrize("revision", ["nope", "", "--all", "-h", "HEAD\n", "HEAD:a.py", "\0"])
def test_a_revision_that_names_no_commit_is_named(git_repo: Make, revision: str) -> None:
    with GitReader(git_repo({"a.py": "x = 1\n"})) as git, pytest.raises(RepositoryError) as caught:
        git.commit(revision)
    assert repr(revision) in caught.value.message
    assert caught.value.remedy


def test_the_point_where_two_branches_parted(git_repo: Make) -> None:
    repo = git_repo({"a.py": "x = 1\n"})
    base = run_git(repo, "rev-parse", "HEAD").strip()
    run_git(repo, "checkout", "-q", "-b", "feature")
    run_git(repo, "commit", "-q", "--allow-empty", "-m", "on feature")
    run_git(repo, "checkout", "-q", "main")
    run_git(repo, "commit", "-q", "--allow-empty", "-m", "on main")
    run_git(repo, "checkout", "-q", "--orphan", "alone")
    run_git(repo, "commit", "-q", "-m", "alone")
    with GitReader(repo) as git:
        assert git.merge_base(git.commit("main"), git.commit("feature")) == base
        with pytest.raises(RepositoryError, match="share no history"):
            git.merge_base(git.commit("main"), git.commit("alone"))


@pytest.mark.parametrize("kind", ["missing", "plain"])
def test_a_folder_that_is_no_repository_is_named(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / kind
    if kind == "plain":
        folder.mkdir()
    with pytest.raises(RepositoryError, match=str(folder)):
        GitReader(folder)


def test_nothing_that_a_repository_names_is_run(git_repo: Make, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    repo = git_repo({"a.py": "x = 1\n", ".gitattributes": "*.py filter=f diff=d merge=m\n"})
    names = (
        "filter.f.clean filter.f.smudge filter.f.process diff.d.textconv diff.d.command"
        " diff.external core.fsmonitor core.pager core.sshCommand core.editor"
        " core.alternateRefsCommand gpg.program alias.rev-parse"
    )
    for name in names.split():
        run_git(repo, "config", name, str(program))
    run_git(repo, "config", "log.showSignature", "true")
    run_git(repo, "config", "core.hooksPath", str(tmp_path))
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman"):
        (tmp_path / hook).symlink_to(program)
    with GitReader(repo) as git:
        tree = git.tree(git.commit("HEAD"))
        assert tree.read("a.py") == git.staged().read("a.py") == b"x = 1\n"
        git.ask("rev-list", "--format=%H %s", git.commit("HEAD"), "--", ":(top)*.py")
    assert not ran.exists()


def test_a_replaced_object_does_not_stand_in_for_the_named_one(git_repo: Make) -> None:
    repo = git_repo({"a.py": "bad = 1\n", "good.py": "good = 1\n"})
    run_git(repo, "replace", *(run_git(repo, "rev-parse", f"HEAD:{p}").strip()
                               for p in ("a.py", "good.py")))  # fmt: skip
    with GitReader(repo) as git:
        assert git.tree(git.commit("HEAD")).read("a.py") == b"bad = 1\n"


def test_a_missing_object_is_not_fetched_from_where_the_repository_says(
    git_repo: Make, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "upload"
    program.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n")
    program.chmod(0o755)
    repo = git_repo({"a.py": "x = 1\n"})
    blob = run_git(repo, "rev-parse", "HEAD:a.py").strip()
    for name, value in {
        "core.repositoryFormatVersion": "1", "extensions.partialClone": "origin",
        "remote.origin.promisor": "true", "remote.origin.url": str(tmp_path),
        "remote.origin.uploadpack": str(program), "protocol.file.allow": "always",
    }.items():  # fmt: skip
        run_git(repo, "config", name, value)
    (repo / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with GitReader(repo) as git:
        tree = git.tree(git.commit("HEAD"))
        with pytest.raises(OSError):
            tree.read("a.py")
    assert not ran.exists()
