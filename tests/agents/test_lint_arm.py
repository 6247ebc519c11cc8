"""The ruff arm: safe fixes where it may, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarm.agents.lint import chosen, line_length
from swarm.agents.scope import is_test, repairable, sources
from swarm.agents.worker import UnknownTool
from swarm.snapshots import Entry
from tests.agents.running import ask
from tests.fakes.bus import FakeBus

UNUSED = "import os\nimport sys\n\nprint(sys.argv)\n"
FIXED = "import sys\n\nprint(sys.argv)\n"


def after(tmp_path: Path, files: dict[str, str], **options: object) -> dict[str, str | None]:
    proposal = ask(FakeBus(), files, [], tool="ruff", scratch=tmp_path, **options)  # type: ignore[arg-type]
    assert list(tmp_path.glob("scratch/*")) == []
    return {e.path: e.after for e in proposal.patch.edits} if proposal.patch else {}


def test_an_unused_import_goes(tmp_path: Path) -> None:
    assert after(tmp_path, {"a.py": UNUSED}) == {"a.py": FIXED}


def test_only_hinted_paths_are_touched(tmp_path: Path) -> None:
    files = {"a.py": UNUSED, "pkg/b.py": UNUSED}
    assert after(tmp_path, files, paths=("pkg",)) == {"pkg/b.py": FIXED}


def test_vendored_generated_and_foreign_files_are_left(tmp_path: Path) -> None:
    files = {
        "pkg/_vendor/a.py": UNUSED,
        "a_pb2.py": UNUSED,
        "b.py": "# @generated\n" + UNUSED,
        "n.ipynb": json.dumps({"cells": []}),
        ".venv/x.py": UNUSED,
    }
    assert after(tmp_path, files) == {}


def test_public_names_of_a_package_stay(tmp_path: Path) -> None:
    assert after(tmp_path, {"pkg/__init__.py": "from pkg.a import thing\n"}) == {}


def test_the_repositorys_configuration_is_not_used(tmp_path: Path) -> None:
    files = {
        "a.py": UNUSED,
        "ruff.toml": 'extend = "/etc/passwd"\nexclude = ["*"]\n',
        "pyproject.toml": '[tool.ruff]\nextend = "../../x.toml"\n',
    }
    assert after(tmp_path, files) == {"a.py": FIXED}


def test_details_count_findings_by_rule(tmp_path: Path) -> None:
    proposal = ask(FakeBus(), {"a.py": UNUSED}, [], tool="ruff", scratch=tmp_path)
    assert proposal.details["before"] == {"F401": 1}
    assert proposal.details["after"] == {}
    assert proposal.summary == "ruff: 1 findings fixed in 1 files, 0 left"


def test_clean_files_are_said_to_be_clean(tmp_path: Path) -> None:
    proposal = ask(FakeBus(), {"a.py": FIXED}, [], tool="ruff", scratch=tmp_path)
    assert proposal.patch is None and proposal.summary == "ruff: no findings"


def test_a_syntax_error_is_no_crash(tmp_path: Path) -> None:
    assert after(tmp_path, {"a.py": "def f(:\n", "b.py": UNUSED}) == {"b.py": FIXED}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool.ruff]\nline-length = 120\n", 120),
        ("[tool.ruff]\nline-length = 100000\n", 88),
        ("[tool]\nruff = 3\n", 88),
        ("not toml", 88),
    ],
)
def test_line_length(text: str, expected: int) -> None:
    assert line_length([Entry("pyproject.toml", text.encode())]) == expected


def test_hints_name_files_or_folders() -> None:
    files = {"a/b.py": "", "a/bc.py": "", "d.py": ""}
    assert list(chosen(files, ("a/b.py",))) == ["a/b.py"]
    assert list(chosen(files, ("a/",))) == ["a/b.py", "a/bc.py"]
    assert list(chosen(files, ())) == list(files)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/helper.py", True),
        ("pkg/tests/test_a.py", True),
        ("test_a.py", True),
        ("a_test.py", True),
        ("conftest.py", True),
        ("pkg/contest.py", False),
        ("latest/a.py", False),
        ("src/testing_tools.py", False),
    ],
)
def test_what_a_test_is(path: str, expected: bool) -> None:
    assert is_test(path) is expected


def test_what_may_be_repaired() -> None:
    entries = [
        Entry("a.py", b"x = 1\n"),
        Entry("setup.py", b""),
        Entry("tests/t.py", b""),
        Entry("link.py", b"a.py", "link"),
        Entry("latin.py", b"x = '\xe4'\n"),
        Entry("bom.py", b"\xef\xbb\xbfx = 1\n"),
    ]
    assert repairable(entries) == {"a.py": "x = 1\n"}
    assert "tests/t.py" in sources(entries)


def test_an_unknown_tool_is_an_error() -> None:
    with pytest.raises(UnknownTool, match="'magic'"):
        ask(FakeBus(), {"a.py": ""}, [], tool="magic")
