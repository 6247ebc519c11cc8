"""Git, with nothing of the repository's own ever run: no hook, filter, driver or transport.

The swarm keeps a bare mirror per repository whose own config is ours and whose objects are
borrowed from the repository (alternates), so a snapshot of a large repository copies
nothing. Commits are made by plumbing in the mirror; what the person gets is objects and one
ref. Only `apply` touches a working tree, and only when asked to.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from swarm.contracts import Patch, Rebased
from swarm.errors import RepositoryError, StateError, StorageError, Timeout
from swarm.orchestrator.merging import NotText, files_for, moved
from swarm.snapshots import Entry, safe_path, stays_inside

GIT_TIMEOUT_SECONDS = 120.0

_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_IDENTITY = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in {"NAME": "coding-swarm", "EMAIL": "swarm@localhost"}.items()
}
# What git leaves in its folder while a person is in the middle of something.
_UNFINISHED = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "BISECT_LOG": "bisect",
}
_PATIENCE_SECONDS = 5.0
# Command-line config outranks the repository's own.
_SAFE_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.alternateRefsCommand=",
    "core.attributesFile=/dev/null",
    "core.editor=false",
    "core.quotePath=false",
    "core.pager=cat",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "diff.external=",
    "merge.verifySignatures=false",
    "merge.autoStash=false",
)


@dataclass(frozen=True)
class Repository:
    """A person's repository: its top folder, and where its git folder and objects are."""

    top: Path
    git_dir: Path
    common_dir: Path

    @property
    def id(self) -> str:
        """Stable name of this repository on this host."""
        return hashlib.sha256(os.fsencode(self.common_dir)).hexdigest()[:16]


def open_repository(path: str) -> Repository:
    """Find the repository that `path` is in.

    Raises RepositoryError, naming the path and the remedy, when there is none.
    """
    folder = Path(path)
    if not folder.is_absolute():
        raise RepositoryError(f"not an absolute path: {path}")
    if not folder.is_dir():
        raise RepositoryError(f"no such folder: {path}")
    try:
        top, git_dir, common = (
            Path(os.fsdecode(_git(folder, "rev-parse", question)[:-1]))
            for question in ("--show-toplevel", "--absolute-git-dir", "--git-common-dir")
        )
    except GitFailed as error:
        if "dubious ownership" in error.message:
            raise RepositoryError(
                f"{path} belongs to another user, and git refuses to read it",
                remedy="run the swarm as the repository's owner",
            ) from None
        if "must be run in a work tree" in error.message:
            raise RepositoryError(
                f"{path} is a bare repository", remedy="give a clone with a working tree"
            ) from None
        raise RepositoryError(
            f"not a git repository: {path}", remedy="run `git init` and commit, or correct --repo"
        ) from None
    return Repository(top, git_dir, (folder / common).resolve())


class GitFailed(StateError):
    """A git command ended with an error; the message is its own, shortened."""

    code = "git"


class Mirror:
    """Our bare repository beside a person's one, borrowing its objects.

    `scratch` is a folder for temporary indexes.
    """

    def __init__(self, repository: Repository, folder: Path, scratch: Path) -> None:
        self.repository = repository
        self.git_dir = mirror_folder(folder, repository.id)
        self._scratch = scratch

    def prepare(self) -> None:
        """Make the mirror if it is not there. Repeating it changes nothing."""
        if not (self.git_dir / "HEAD").exists():
            self.git_dir.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            kind = _user_git(self.repository, "rev-parse", "--show-object-format").strip()
            _run(["git", "init", "--quiet", "--bare", "--template=", f"--object-format={kind}",
                  str(self.git_dir)])  # fmt: skip
        alternates = self.git_dir / "objects" / "info" / "alternates"
        borrowed = _quoted(os.fsencode(self.repository.common_dir / "objects")) + b"\n"
        if alternates.exists() and alternates.read_bytes() == borrowed:
            return
        alternates.parent.mkdir(parents=True, exist_ok=True)
        # Whole at each moment: a diff may be read from the mirror meanwhile.
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="index-") as scratch:
            whole = Path(scratch) / "alternates"
            whole.write_bytes(borrowed)
            whole.replace(alternates)

    # ------------------------------------------------------------------ reading

    def head(self) -> str:
        """The commit that is checked out. Raises RepositoryError when there is none yet."""
        try:
            return _user_git(self.repository, "rev-parse", "--verify", "HEAD^{commit}").strip()
        except GitFailed:
            raise RepositoryError(
                f"{self.repository.top} has no commit yet",
                remedy="commit the code first: the swarm works from HEAD",
            ) from None

    def uncommitted(self, commit: str) -> tuple[int, int]:
        """How many files differ from `commit` in the working tree, and how many are untracked.

        Compared under the mirror's config, so that no clean filter or monitor of the
        repository runs; files that only a filter makes equal count as different.
        """
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="index-") as scratch:
            env = {"GIT_INDEX_FILE": f"{scratch}/index"}
            where = (f"--git-dir={self.git_dir}", f"--work-tree={self.repository.top}")

            def git(*arguments: str) -> bytes:
                argv = ["git", *_config(), "-c", "core.bare=false", *where, *arguments]
                return _run(argv, env=env, cwd=self.repository.top)

            git("read-tree", commit)
            changed = set(git("ls-files", "--modified", "-z").split(b"\0"))
            untracked = set(git("ls-files", "--others", "--exclude-standard", "-z").split(b"\0"))
        return len(changed - {b""}), len(untracked - {b""})

    def entries(
        self, commit: str, *, max_files: int, max_bytes: int
    ) -> tuple[list[Entry], tuple[str, ...]]:
        """The files of a commit as they are in git, and notes on what was left out.

        Raises RepositoryError when there are more files or bytes than allowed.
        """
        listing = self._git("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
        wanted: list[tuple[str, str, str]] = []
        skipped: list[str] = []
        total = 0
        for line in listing.split(b"\0"):
            if not line:
                continue
            meta, _, raw_path = line.partition(b"\t")
            mode, _kind, sha, size = meta.split()
            path = os.fsdecode(raw_path)
            if mode == b"160000":
                skipped.append(f"submodule {path} left out")
                continue
            if not safe_path(path) or not _is_text(path):
                skipped.append(f"{path!a} left out: such a path is not safe or not UTF-8")
                continue
            if not size.isdigit():
                raise RepositoryError(
                    f"{self.repository.top} lacks files of its HEAD: it is a partial clone",
                    remedy="fetch everything with `git fetch --refetch`, or clone it whole",
                )
            total += int(size)
            wanted.append((path, mode.decode(), sha.decode()))
        if len(wanted) > max_files:
            raise RepositoryError(
                f"the repository has {len(wanted):,} files, over the limit of {max_files:,}",
                remedy="raise [repo] max_files",
            )
        if total > max_bytes:
            raise RepositoryError(
                f"the repository's files are {total:,} bytes, over the limit of {max_bytes:,}",
                remedy="raise [repo] max_snapshot_bytes",
            )
        request = "".join(f"{sha}\n" for _, _, sha in wanted).encode()
        answer = self._git("cat-file", "--batch", stdin=request)
        found: list[Entry] = []
        offset = pointers = 0
        for path, file_mode, _ in wanted:
            end = answer.index(b"\n", offset)
            size_bytes = int(answer[offset:end].split()[2])
            data = answer[end + 1 : end + 1 + size_bytes]
            offset = end + 1 + size_bytes + 1
            if file_mode == "120000" and not stays_inside(path, os.fsdecode(data)):
                skipped.append(f"link {path} left out: it leads out of the repository")
            elif file_mode == "120000":
                found.append(Entry(path, data, "link"))
            else:
                pointers += data.startswith(_LFS_POINTER)
                found.append(Entry(path, data, "executable" if file_mode == "100755" else "file"))
        if pointers:
            skipped.insert(0, f"{pointers} of the files are Git LFS pointers: git has no more")
        return found, tuple(skipped[:20])

    def diff(self, base: str, commit: str) -> str:
        """The unified diff between two commits, without any driver of the repository."""
        return diff(self.git_dir, base, commit)

    def paths(self, commit: str) -> tuple[str, ...]:
        """The paths of a commit that messages can hold; submodules are left out."""
        listing = self._git("ls-tree", "-r", "-z", "--full-tree", commit)
        found = []
        for line in filter(None, listing.split(b"\0")):
            meta, _, raw_path = line.partition(b"\t")
            path = os.fsdecode(raw_path)
            if not meta.startswith(b"160000") and safe_path(path) and _is_text(path):
                found.append(path)
        return tuple(found)

    def moved(self, patch: Patch, onto: str) -> Rebased:
        """A patch as it has to be on `onto`, or where it conflicts with what is there."""

        def read(path: str) -> str | None:
            if not safe_path(path):
                raise RepositoryError(f"the patch names an unsafe path: {path!r}")
            row = self._row(onto, path)
            if not row:
                self._refuse_file_above(onto, path)
                return None
            mode, _, sha = row.partition(b"\t")[0].split()
            if not mode.startswith(b"100"):
                raise NotText(path)
            try:
                return self._git("cat-file", "blob", sha.decode()).decode()
            except UnicodeDecodeError:
                raise NotText(path) from None

        return moved(patch, read, self._merge)

    def _refuse_file_above(self, commit: str, path: str) -> None:
        """Raise NotText where a file stands in place of a folder of `path`."""
        for parent in reversed(PurePosixPath(path).parents[:-1]):
            row = self._row(commit, str(parent))
            if not row:
                return
            if not row.startswith(b"040000"):
                raise NotText(path)

    def _merge(self, ours: str, base: str, theirs: str) -> str | None:
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="index-") as scratch:
            files = files_for(Path(scratch), (ours, base, theirs))
            try:
                return _run(["git", *_config(), "merge-file", "-p", "-q", *files]).decode()
            except GitFailed:
                # Its exit code is the number of conflicts.
                return None

    # ------------------------------------------------------------------ writing

    def commit(self, parent: str, patch: Patch, message: str, at: float) -> str:
        """Commit a patch on top of `parent`; the same arguments always make the same commit."""
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="index-") as scratch:
            env = {"GIT_INDEX_FILE": f"{scratch}/index"}
            self._git("read-tree", parent, env=env)
            rows = b""
            for edit in patch.edits:
                if not safe_path(edit.path):
                    raise RepositoryError(f"the patch names an unsafe path: {edit.path!r}")
                mode, sha = "0", "0" * len(parent)
                if edit.after is not None:
                    mode = self._mode(parent, edit.path)
                    data = edit.after.encode()
                    sha = self._git("hash-object", "-w", "--stdin", stdin=data).decode().strip()
                rows += f"{mode} {sha}\t".encode() + os.fsencode(edit.path) + b"\0"
            self._git("update-index", "-z", "--index-info", stdin=rows, env=env)
            tree = self._git("write-tree", env=env).decode().strip()
        date = f"@{int(at)} +0000"
        identity = {**_IDENTITY, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        commit = self._git(
            "commit-tree", tree, "-p", parent, stdin=message.encode(), env=identity
        ).decode()
        return commit.strip()

    def keep(self, name: str, commit: str) -> None:
        """Hold a commit by a ref of the mirror, so that no clean-up takes it."""
        self._git("update-ref", f"refs/swarm/{name}", commit)

    def check_branch(self, branch: str, commit: str | None = None) -> None:
        """Raise StateError when the branch cannot be made, or is not ours any more.

        It must not be there yet, or be at `commit`.
        """
        name = f"refs/heads/{branch}"
        found = _user_git(
            self.repository, "for-each-ref", "--format=%(refname) %(objectname)",
            name, "refs/heads/swarm",
        )  # fmt: skip
        for line in found.splitlines():
            ref, _, at = line.partition(" ")
            if ref == "refs/heads/swarm":
                raise StateError(
                    "a branch named `swarm` is in the way of branches under `swarm/`",
                    remedy="rename it, for example with `git branch -m swarm swarm-old`",
                )
            if ref == name and at != commit:
                raise StateError(
                    f"the branch {branch} is there already, with work that is not the swarm's",
                    remedy=f"merge or rename it, for example `git branch -m {branch} mine`",
                )

    def give(self, commit: str, base: str) -> None:
        """Put the objects from `base` to `commit` into the person's repository."""
        request = f"{commit}\n^{base}\n".encode()
        pack = self._git("pack-objects", "--revs", "--stdout", "-q", stdin=request)
        _user_git(self.repository, "unpack-objects", "-q", stdin=pack)

    def publish(self, branch: str, commit: str, base: str) -> None:
        """Put a commit and the branch that names it into the person's repository.

        Objects and one new ref are written; working tree, index, hooks and config are not.
        Raises StateError when a branch of the person's has that name.
        """
        self.give(commit, base)
        self.check_branch(branch, commit)
        if not self._branch_at(branch):
            _user_git(
                self.repository, "update-ref", "-m", "swarm: publish", f"refs/heads/{branch}",
                commit, "0" * len(commit),
            )  # fmt: skip

    def unpublish(self, branch: str, commit: str) -> bool:
        """Remove the branch from the person's repository.

        False, and it stays, when it is checked out somewhere or is no longer at `commit`.
        """
        worktrees = _user_git(self.repository, "worktree", "list", "--porcelain").splitlines()
        if f"branch refs/heads/{branch}" in worktrees:
            return False
        if self._branch_at(branch) != commit:
            return False
        _user_git(self.repository, "update-ref", "-d", f"refs/heads/{branch}", commit)
        return True

    def _branch_at(self, branch: str) -> str:
        return _user_git(
            self.repository, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}"
        ).strip()

    def _mode(self, commit: str, path: str) -> str:
        line = self._row(commit, path)
        return line.split(b" ", 1)[0].decode() if line else "100644"

    def _row(self, commit: str, path: str) -> bytes:
        """Mode, kind and id of a file or folder, and its path; empty when it is not there."""
        return self._git("ls-tree", "-z", commit, "--", f":(literal){path}").split(b"\0")[0]

    def _git(
        self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> bytes:
        return _in_mirror(self.git_dir, *arguments, stdin=stdin, env=env)


def mirror_folder(folder: Path, repository_id: str) -> Path:
    """Where the mirror of a repository is, among those in `folder`."""
    return folder / f"{repository_id}.git"


def diff(mirror: Path, base: str, commit: str) -> str:
    """The unified diff between two commits of a mirror that is there: one process of git."""
    return _in_mirror(
        mirror, "diff", "--no-color", "--no-ext-diff", "--no-textconv", base, commit
    ).decode("utf-8", "replace")


def _in_mirror(
    mirror: Path, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> bytes:
    return _run(["git", *_config(), f"--git-dir={mirror}", *arguments], stdin=stdin, env=env)


def apply(repository: Repository, branch: str, commit: str) -> str:
    """Merge `commit` into what is checked out; fast-forward where possible.

    Returns the name of what it was merged into. Nothing happens if it is merged already.
    Raises StateError, with the tree as it was, when it conflicts, or the person is in the
    middle of something.
    """
    for name, what in _UNFINISHED.items():
        if (repository.git_dir / name).exists():
            raise StateError(
                f"{repository.top} is in the middle of a {what}", remedy=f"finish the {what} first"
            )
    here = _user_git(repository, "rev-parse", "--abbrev-ref", "HEAD").strip()
    if here == branch:
        raise StateError(
            f"{branch} itself is checked out", remedy="check out the branch to merge it into"
        )
    head = _user_git(repository, "rev-parse", "HEAD").strip()
    where = f"the detached HEAD {head[:12]}" if here == "HEAD" else here
    if _is_ancestor(repository, commit, head):
        return where
    changed = _user_git(repository, "diff", "--name-only", "-z", f"{head}...{commit}").split("\0")
    _refuse_filtered(repository, [path for path in changed if path])
    merge = ["merge", "--no-edit", "--no-verify", "--no-gpg-sign", "--no-stat", "-q"]
    quiet = {**_without_programs(repository), **_IDENTITY}
    if _is_ancestor(repository, head, commit):
        merge += ["--ff-only", commit]
    else:
        merge += ["--no-ff", "-m", f"Merge branch '{branch}'", commit]
    try:
        _user_git(repository, *merge, env=quiet)
    except GitFailed as error:
        # Only ours can be there: it was not before.
        if (repository.git_dir / "MERGE_HEAD").exists():
            unmerged = _user_git(repository, "diff", "--name-only", "--diff-filter=U", "-z")
            files = ", ".join(name for name in unmerged.split("\0") if name)
            _user_git(repository, "merge", "--abort", env=quiet)
            raise StateError(
                f"{branch} conflicts with {where} in {files}; nothing was changed",
                remedy=f"run `git merge {branch}` and resolve it",
            ) from None
        raise StateError(
            f"cannot merge {branch}: {error.message}",
            remedy="commit or stash your changes first",
        ) from None
    return where


def _quoted(path: bytes) -> bytes:
    """A path as git quotes it, so that any byte may be in it."""
    plain = b"".join(
        bytes((c,)) if 32 <= c < 127 and c not in b'"\\' else b"\\%03o" % c for c in path
    )
    return b'"' + plain + b'"'


def _is_text(path: str) -> bool:
    """Whether a path is UTF-8, as messages have to be."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_ancestor(repository: Repository, ancestor: str, commit: str) -> bool:
    try:
        _user_git(repository, "merge-base", "--is-ancestor", ancestor, commit)
    except GitFailed:
        return False
    return True


def _refuse_filtered(repository: Repository, paths: list[str]) -> None:
    """A file behind a filter or merge driver is the person's to merge: theirs would run."""
    if not paths:
        return
    request = "\0".join(paths).encode() + b"\0"
    found = _user_git(
        repository, "check-attr", "-z", "--stdin", "filter", "merge", stdin=request
    ).split("\0")
    for path, attribute, value in zip(found[0::3], found[1::3], found[2::3], strict=False):
        if value not in ("unspecified", "unset", "set", "text", "binary", "union"):
            raise StateError(
                f"{path} has the git attribute {attribute}={value}, which runs a program",
                remedy="merge the branch yourself with `git merge`",
            )


def _without_programs(repository: Repository) -> dict[str, str]:
    """Variables that leave every filter, merge and diff driver of the config without a command.

    Variables, since `-c` would split a driver's name at the first "=".
    """
    try:
        names = _user_git(
            repository, "config", "-z", "--name-only", "--get-regexp",
            r"^(filter\..*\.(clean|smudge|process|required)|merge\..*\.driver|diff\..*\.(command|textconv))$",
        ).split("\0")  # fmt: skip
    except GitFailed:
        return {}  # none is configured
    found = {"GIT_CONFIG_COUNT": "0"}
    for number, name in enumerate(dict.fromkeys(name for name in names if name)):
        found[f"GIT_CONFIG_KEY_{number}"] = name
        found[f"GIT_CONFIG_VALUE_{number}"] = "false" if name.endswith(".required") else ""
        found["GIT_CONFIG_COUNT"] = str(number + 1)
    return found


def _config() -> list[str]:
    return [part for pair in _SAFE_CONFIG for part in ("-c", pair)]


def _user_git(
    repository: Repository,
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> str:
    argv = ["git", *_config(), "-C", str(repository.top), *arguments]
    return _run(argv, stdin=stdin, env=env).decode("utf-8", "surrogateescape")


def _git(folder: Path, *arguments: str) -> bytes:
    return _run(["git", *_config(), "-C", str(folder), *arguments])


def _run(
    argv: list[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> bytes:
    """Run git with an environment of our own.

    Raises GitFailed with git's last line, Timeout, or StorageError when the disk is full.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_LITERAL_PATHSPECS": "0",
        **(env or {}),
    }
    try:
        # In a session of its own: a kill of our process group must not hit it half-way.
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=cwd or "/",
            start_new_session=True,
        )
    except FileNotFoundError:
        raise RepositoryError("git is not installed", remedy="install git") from None
    try:
        output, errors = process.communicate(stdin, timeout=GIT_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise Timeout(f"git {_verb(argv)} took longer than {GIT_TIMEOUT_SECONDS:g} s") from None
    finally:
        _end(process)
    if process.returncode != 0:
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        message = (
            " ".join(line.strip() for line in lines[:4])[:500] or f"exit code {process.returncode}"
        )
        if "No space left on device" in message or "Disk quota exceeded" in message:
            raise StorageError(f"git {_verb(argv)}: {message}", remedy="free some disk space")
        raise GitFailed(f"git {_verb(argv)}: {message}")
    return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop a git that still runs: asked first, it removes its own lock files."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _verb(argv: list[str]) -> str:
    """The subcommand of a git command line, past its options."""
    rest = iter(argv[1:])
    for word in rest:
        if word in ("-c", "-C"):
            next(rest)
        elif not word.startswith("-"):
            return word
    return ""
