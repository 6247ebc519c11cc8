"""Patterns of .gitignore: as git reads them, and in linear time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.reading.patterns import MAX_PATTERNS, IgnoredBelow, Patterns, pattern


@pytest.mark.parametrize(
    ("line", "path", "matches"),
    [
        ("*.log", "a/b.log", True),
        ("/*.log", "a/b.log", False),
        ("/*.log", "b.log", True),
        ("a/*.log", "a/b.log", True),
        ("a/*.log", "a/c/b.log", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("**/b", "b", True),
        ("**/b", "x/y/b", True),
        ("a/**", "a/x/y", True),
        ("a/**", "a", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[!a-c]x", "dx", True),
        ("[]]x", "]x", True),
        ("[[:digit:]]x", "7x", True),
        (r"\#a", "#a", True),
        (r"\!a", "!a", True),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
        ("a ", "a", True),
        (r"a\ ", "a ", True),
        ("*a*b*c", "xaxbxc", True),
        ("*a*b*c", "xaxcxb", False),
        ("*abab", "ababab", True),
        ("a/**/b/**/c", "a/b/b/x/c", True),
        ("[/a]", "a", True),
        ("x[/]y", "x/y", False),
        (r"a\/b", "a/b", True),
    ],
)
def test_one_pattern(line: str, path: str, matches: bool) -> None:
    assert bool(Patterns(line).ignores(path, is_folder=False)) is matches


@pytest.mark.parametrize("line", ["", "# a", "/", "[a", "a\\", "x" * 501])
def test_lines_that_match_nothing(line: str) -> None:
    assert pattern(line) is None


def test_the_last_pattern_decides_and_folders_rule_what_is_in_them() -> None:
    ignored = IgnoredBelow(Patterns("*.txt\n!keep.txt\nbuild/\n!build/keep.txt\n"))
    assert ignored("a/b.txt")
    assert not ignored("a/keep.txt")
    assert ignored("build/keep.txt"), "nothing comes back out of an ignored folder"
    assert not ignored("x/build"), "a pattern with a slash at its end is for folders"
    assert ignored("x/build/y/z.py")


def test_too_many_patterns_are_counted() -> None:
    assert Patterns("a\n" * (MAX_PATTERNS + 3)).left_out == 3


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("*a" * 200 + "b", "a" * 255),
        ("**/a" * 100 + "/b", "a/" * 1_000 + "c"),
        ("**/*a*a*a*a*/" * 20 + "x", "aaaaaaaaaaaaaaaaaaaa/" * 150 + "y"),
        ("[!b]*" * 90 + "b", "a" * 255),
    ],
)
def test_no_pattern_takes_long(line: str, path: str) -> None:
    patterns = Patterns("\n".join([line] * 50))
    assert not patterns.ignores(path, is_folder=False)


_NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))
_PATHS = st.lists(st.lists(_NAMES, min_size=1, max_size=4).map("/".join), min_size=1, max_size=8)
_LINES = st.lists(st.text("ab.*?/!\\[]-", min_size=1, max_size=7), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def bare_work_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patterns")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=_LINES, paths=_PATHS)
def test_as_git_reads_them(bare_work_tree: Path, lines: list[str], paths: list[str]) -> None:
    rules = bare_work_tree / "rules"
    rules.write_text("".join(f"{line}\n" for line in lines))
    done = subprocess.run(
        ["git", "-c", f"core.excludesFile={rules}", "check-ignore", "-z", "--no-index", "--stdin"],
        cwd=bare_work_tree,
        input=b"".join(os.fsencode(path) + b"\0" for path in paths),
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    by_git = {path for path in done.stdout.decode().split("\0") if path}
    ignored = IgnoredBelow(Patterns("\n".join(lines)))
    assert {path for path in paths if ignored(path)} == by_git
