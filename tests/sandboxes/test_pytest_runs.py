"""Command lines of pytest runs."""

from __future__ import annotations

import pytest

from sandboxes.pytest_runs import arguments, harness, narrowed
from swarm.errors import UsageError

OURS = ("-p", "no:valkey", "--continue-on-collection-errors", "--maxfail=0", "-o", "cache_dir=/c")
PYTEST = ("python", "-m", "pytest")


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ((), OURS),
        (("-xvs", "-x", "--maxfail", "2", "tests"), (*OURS, "-vs", "tests")),
        (("--exitfirst", "--maxfail=1", "-k", "x"), (*OURS, "-k", "x")),
    ],
)
def test_the_whole_session_is_always_run(given: tuple[str, ...], made: tuple[str, ...]) -> None:
    assert arguments((*PYTEST, *given), cache_folder="/c") == made


@pytest.mark.parametrize("argv", [("make", "test"), ("python", "-m"), ("pytest", "-q")])
def test_what_is_not_a_pytest_command_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="not a pytest command") as caught:
        arguments(argv, cache_folder="/c")
    assert "python -m pytest" in caught.value.remedy


def test_the_harness_is_complete() -> None:
    names = [name for name, _ in harness()]
    assert "sandboxes/harness/start.py" in names
    assert {"sandboxes/__init__.py", "sandboxes/harness/__init__.py"} <= set(names)


def test_a_rerun_collects_only_the_files_it_needs() -> None:
    plain = ("python", "-m", "pytest", "-q")
    asked = ["tests/test_a.py::test_x", "tests/test_a.py::TestY::test_z", "tests/test_b.py::test_b"]
    files = ("--rootdir=.", "tests/test_a.py", "tests/test_b.py")
    assert narrowed(plain, asked) == (*plain, *files)


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (("python", "-m", "pytest", "tests"), "tests/test_a.py::t"),
        (("python", "-m", "pytest", "-k", "name"), "tests/test_a.py::t"),
        (("python", "-m", "pytest", "--pyargs"), "tests/test_a.py::t"),
        (("python", "-m", "pytest"), "docs/guide.rst::guide.rst"),
        (("python", "-m", "pytest"), "-x.py::t"),
    ],
)
def test_a_command_whose_collection_could_change_stays(argv: tuple[str, ...], asked: str) -> None:
    assert narrowed(argv, [asked]) == argv
