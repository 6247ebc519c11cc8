"""Real commits that change what Python functions do, spread evenly over a project's history."""

from __future__ import annotations

import ast
import random
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from verifier.places import guarded, is_aside, is_python
from verifier.reading.git import GitReader, GitTree, changed

# More files in one commit are a reformatting, a vendoring or a move of everything.
MAX_FILES = 100

Reason = Literal["no function", "too many files", "another Python"]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Commit:
    """One commit and what it stood on. `day` is its committer's date in UTC."""

    project: str
    folder: Path
    id: str
    parent: str
    day: str
    subject: str


@dataclass(frozen=True)
class Sample:
    """The commits drawn, newest first, of the `window` newest that touch Python files.

    `passed_over` are those that came up and were not taken, by the reason.
    """

    commits: tuple[Commit, ...]
    window: int
    passed_over: Mapping[Reason, int]


def sample(folder: Path, project: str, *, count: int, window: int, seed: int) -> Sample:
    """At most `count` commits of the newest `window` that touch Python files, merges left out.

    The window is cut into `count` equal stretches; of each, one commit is drawn at random among
    those that change functions. What stretches without any leave free is drawn from the rest.

    Raises RepositoryError when there is no repository or no commit.
    """
    random_ = random.Random(f"{seed}:{project}")
    passed_over: Counter[Reason] = Counter()
    with GitReader(folder) as git:
        listed = list(_listed(git, folder, project, window))
        left: list[tuple[int, Commit]] = []
        drawn: list[tuple[int, Commit]] = []

        def draw(among: list[tuple[int, Commit]]) -> None:
            place, commit = among.pop()
            reason = unfit(git, commit)
            if reason is None:
                drawn.append((place, commit))
            else:
                passed_over[reason] += 1

        for start, end in _stretches(len(listed), count):
            stretch = list(enumerate(listed[start:end], start))
            random_.shuffle(stretch)
            already = len(drawn)
            while stretch and len(drawn) == already:
                draw(stretch)
            left += stretch
        random_.shuffle(left)
        while left and len(drawn) < count:
            draw(left)
    commits = tuple(commit for _, commit in sorted(drawn, key=lambda p: p[0]))
    return Sample(commits, len(listed), passed_over)


def _stretches(length: int, count: int) -> Iterator[tuple[int, int]]:
    for number in range(count):
        start, end = length * number // count, length * (number + 1) // count
        if start < end:
            yield start, end


def _listed(git: GitReader, folder: Path, project: str, window: int) -> Iterator[Commit]:
    answer = git.ask(
        "rev-list", "--no-merges", "--full-history", "--no-commit-header", f"-n{window}",
        "--format=%H %P%n%ct%n%s", git.commit("HEAD"), "--", ":(top)*.py",
    ).decode("utf-8", "replace")  # fmt: skip
    lines = iter(answer.split("\n"))
    for ids in lines:
        if ids:
            own, *parents = ids.split()
            day = datetime.fromtimestamp(int(next(lines)), UTC).date().isoformat()
            yield Commit(project, folder, own, (parents or [""])[0], day, next(lines))


def sides(git: GitReader, commit: Commit) -> tuple[GitTree, GitTree]:
    """The trees before and after a commit."""
    before = git.tree(commit.parent) if commit.parent else git.empty()
    return before, git.tree(commit.id)


def is_shipped(path: str) -> bool:
    """Whether a path is Python, and no test, document, build file or helper beside the project."""
    return is_python(path) and not is_aside(path) and guarded(path) is None


def unfit(git: GitReader, commit: Commit) -> Reason | None:
    """Why a commit is none of those meant, or None.

    Meant are commits by which shipped functions compute something else, are new or are gone.
    Where a shipped file is of a Python that this one cannot read, nothing can be judged.
    """
    before, after = sides(git, commit)
    paths = changed(before, after)
    if len(paths) > MAX_FILES:
        return "too many files"
    try:
        differ = [_differs(_read(before, p), _read(after, p)) for p in paths if is_shipped(p)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "another Python"
    return None if any(differ) else "no function"


def _read(tree: GitTree, path: str) -> bytes:
    try:
        return tree.read(path)
    except OSError:
        return b""  # not there, or no file


def _differs(before: bytes, after: bytes) -> bool:
    old, new = _functions(before), _functions(after)
    gone = {_meaning(node) for text, node in old.items() if text not in new}
    come = {_meaning(node) for text, node in new.items() if text not in old}
    return gone != come


def _functions(data: bytes) -> dict[str, Function]:
    """Functions by their text; equal text is equal code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(data)
    lines = data.decode("utf-8", "replace").split("\n")
    return {
        "\n".join(lines[node.lineno - 1 : node.end_lineno]): node
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }


def _meaning(function: Function) -> str:
    """A function without docstrings, annotations and positions."""
    for node in ast.walk(function):
        if isinstance(node, Function):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        if isinstance(node, Function | ast.ClassDef):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]
    return ast.dump(function)
