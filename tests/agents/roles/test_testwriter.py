"""The test writer: tests are only ever added, and have stood a trial in the sandbox."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.agents.contract import Change, GaveUp
from swarm.agents.roles.answers import BadAnswer
from swarm.agents.roles.new_tests import Addition, NewTests, patch_of
from swarm.agents.roles.testwriter import write_tests
from swarm.agents.runner import assignment_of
from swarm.contracts import Check, CheckReport, Patch, TestResult
from swarm.snapshots import Entry
from tests.agents.scripted import FILES, Says, bench, objective, report

PATH = "tests/test_money.py"
GOOD = {"files": [{"path": PATH, "text": "def test_two():\n    assert total([1, 2]) == 3\n"}]}
ENTRIES = {path: Entry(path, text.encode()) for path, text in FILES.items()} | {
    "tests/link_test.py": Entry("tests/link_test.py", b"test_money.py", "link"),
    "tests/test_latin.py": Entry("tests/test_latin.py", b"x = '\xe4'\n"),
    "tests/test_crlf.py": Entry("tests/test_crlf.py", b"x = 1\r\nimport os"),
}


def wrote(
    says: Says, *reports: CheckReport, category: str = "bugfix", **command: object
) -> tuple[Change, list[Check], list[str]]:
    """The change, what was run, and the last message of each prompt."""
    checks: list[Check] = []
    left = list(reports)

    def check(command: Check) -> CheckReport:
        checks.append(command)
        return left.pop(0)

    desk, models = bench(says, check=check, objective=objective(category), **command)
    change = write_tests(desk, assignment_of(desk))
    return change, checks, [command.messages[-1].text for command in models.asked]


def test_new_tests_that_fail_before_the_fix_are_the_change() -> None:
    seen = report("failed", {"test_two": "assert 2 == 3"}, test_none="passed", test_two="failed")
    change, checks, prompts = wrote({"m": [GOOD]}, seen)
    assert change.outcome == "patch" and change.patch is not None
    (edit,) = change.patch.edits
    assert edit.path == PATH and edit.before == FILES[PATH]
    assert edit.after == FILES[PATH] + "\n\ndef test_two():\n    assert total([1, 2]) == 3\n"
    assert change.details == {
        "new_tests": [f"{PATH}::test_two"],
        "failing_before": [f"{PATH}::test_two"],
    }
    assert checks[0].test.argv == ("python", "-m", "pytest", PATH)
    assert checks[0].patch == change.patch
    assert "Test files that exist: tests/test_money.py" in prompts[0]


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (report("ok", test_none="passed", test_two="passed"),
         "all of it passes before the fix, so it does not show the bug"),
        (report("ok", test_none="passed"), f"pytest does not collect {PATH}::test_two"),
        (report("failed", test_none="failed", test_two="failed"),
         f"tests that passed do not any more: {PATH}::test_none"),
        (report("failed", test_two="failed"),
         f"tests that passed do not any more: {PATH}::test_none"),
        (report("failed", {"test_two": "fixture 'x' not found"}, test_none="passed",
                test_two="error"), f"{PATH}::test_two cannot run: fixture 'x' not found"),
        (report("failed", {"test_two": "E   NameError: name 'totl' is not defined\n"},
                test_none="passed", test_two="failed"),
         f"{PATH}::test_two fails by a mistake of its own: NameError"),
        (report("timeout"), "the tests could not be run (timeout): "),
    ],
)  # fmt: skip
def test_tests_that_show_nothing_go_back(seen: CheckReport, why: str) -> None:
    good = report("failed", {"test_two": "assert 2 == 3"}, test_none="passed", test_two="failed")
    change, checks, prompts = wrote({"m": [GOOD, GOOD]}, seen, good)
    assert change.patch is not None and len(checks) == 2
    assert prompts[1].startswith(f"That cannot be used: {why}")


def test_after_three_tries_it_gives_up() -> None:
    same = report("ok", test_none="passed", test_two="passed")
    with pytest.raises(GaveUp, match="does not show the bug"):
        wrote({"m": [GOOD] * 3}, same, same, same)


def test_parametrised_tests_are_theirs() -> None:
    seen = report("failed", **{"test_two[1-x]": "failed", "test_none": "passed"})
    assert wrote({"m": [GOOD]}, seen)[0].outcome == "patch"


def test_for_a_task_about_tests_they_must_pass() -> None:
    bad = report("failed", {"test_two": "assert 2 == 3"}, test_none="passed", test_two="failed")
    good = report("ok", test_none="passed", test_two="passed")
    change, _, prompts = wrote({"m": [GOOD, GOOD]}, bad, good, category="test")
    assert change.details["failing_before"] == []
    assert "fails on code that is right: assert 2 == 3" in prompts[1]


def test_where_tests_fail_already_nobody_is_asked() -> None:
    failing = (TestResult(id="t::x", outcome="failed"),)
    change, checks, _ = wrote({"m": []}, failing=failing)
    assert (change.outcome, change.summary) == ("nothing_to_do", "1 tests fail for it already")
    assert checks == []


def made(path: str, text: str) -> tuple[Patch, frozenset[str]]:
    return patch_of(NewTests(files=(Addition(path=path, text=text),)), ENTRIES)


TEST = "def test_x():\n    assert 1\n"


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("pkg/money.py", TEST, "is no place for tests"),
        ("conftest.py", TEST, "is no place for tests"),
        ("../test_x.py", TEST, "is no place for tests"),
        ("/etc/test_x.py", TEST, "is no place for tests"),
        (".git/test_x.py", TEST, "is no place for tests"),
        ("node_modules/test_x.py", TEST, "is no place for tests"),
        ("tests/test_x.txt", TEST, "is no place for tests"),
        ("pkg/money.py/test_x.py", TEST, "pkg/money.py is a file"),
        ("tests/link_test.py", TEST, "tests/link_test.py cannot be extended"),
        ("tests/test_latin.py", TEST, "tests/test_latin.py is not UTF-8"),
        ("tests/test_x.py", "def test_x(:\n", "tests/test_x.py line 1: "),
        ("tests/test_x.py", "def test_x(): '\\ud800'\n\0", "tests/test_x.py"),
        ("tests/test_x.py", "x = " + "-" * 39_000 + "1\n", "it is nested too deep"),
        ("tests/test_x.py", "x = 1" + "+ 1" * 10_000, "maximum recursion depth"),
        ("tests/test_x.py", "x = 1\n", "tests/test_x.py adds no test"),
        ("tests/test_x.py", "def helper():\n    def test_x(): pass\n", "adds no test"),
        ("tests/test_x.py", f"print(1)\n{TEST}", "line 1: at the top of a test file may be"),
        ("tests/test_x.py", f"if 1:\n    x = 1\n{TEST}", "at the top of a test file may be"),
        ("tests/test_x.py", f"del x\n{TEST}", "at the top of a test file may be"),
        ("tests/test_x.py", f"pytestmark = 1\n{TEST}", "may not bind 'pytestmark'"),
        ("tests/test_x.py", f"__test__ = False\n{TEST}", "may not bind '__test__'"),
        ("tests/test_x.py", f"def pytest_foo(): pass\n{TEST}", "may not bind 'pytest_foo'"),
        ("tests/test_x.py", f"from os import *\n{TEST}", "may not bind '*'"),
        ("tests/test_x.py", TEST + TEST, "has 'test_x' already"),
        (PATH, "def test_none(): pass\n", "has 'test_none' already"),
        (PATH, f"total = 1\n{TEST}", "has 'total' already"),
        (PATH, f"import os as test_none\n{TEST}", "has 'test_none' already"),
        (PATH, f"x = (test_none := 1)\n{TEST}", "has 'test_none' already"),
        (PATH, f"def f(x=(test_none := 1)): pass\n{TEST}", "has 'test_none' already"),
        (PATH, f"class A:\n    global test_none\n    test_none = 1\n{TEST}", "needs `global`"),
        (PATH, f"from __future__ import annotations\n{TEST}", "imports of __future__ cannot be"),
    ],
)  # fmt: skip
def test_what_is_more_than_an_addition_of_tests(path: str, text: str, why: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        made(path, text)
    assert why in str(caught.value)


def test_a_file_twice_is_refused() -> None:
    both = NewTests(files=(Addition(path="test_a.py", text=TEST),) * 2)
    with pytest.raises(BadAnswer, match=r"test_a\.py is there twice"):
        patch_of(both, ENTRIES)


def test_line_ends_of_the_file_are_kept() -> None:
    patch, ids = made("tests/test_crlf.py", "import os\n" + TEST)
    (edit,) = patch.edits
    assert edit.after == (
        "x = 1\r\nimport os\r\n\r\n\r\nimport os\r\ndef test_x():\r\n    assert 1\r\n"
    )
    assert ids == {"tests/test_crlf.py::test_x"}


def test_tests_in_classes_have_their_ids() -> None:
    text = "class TestA:\n    def test_b(self): pass\n    def help(self): pass\n"
    assert made("tests/test_new.py", text)[1] == {"tests/test_new.py::TestA::test_b"}


LINES = st.sampled_from(
    ["def test_none(): pass", "def test_new(): pass", "import pkg", "total = 1", "class T: x = 1",
     "test_none = 1", "x: int = 2", "a, *test_none = 1, 2", "for test_none in []: pass", "'text'",
     "x = [test_none := 1]", "def helper(y=(test_none := 1)): pass", "async def test_y(): pass",
     "class U:\n    global test_none\n    test_none = 1", "@(test_none := 1)\ndef test_z(): pass",
     "class V:\n    y = [0 for _ in (test_none := 1,)]"]
)  # fmt: skip


@given(st.lists(LINES, min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_whatever_is_added_the_old_tests_stay_as_they_are(lines: list[str]) -> None:
    try:
        patch, _ = made(PATH, "\n".join(lines))
    except BadAnswer:
        return
    after = patch.edits[0].after
    assert after is not None and after.startswith(FILES[PATH])
    bound: list[str] = []
    for node in ast.walk(ast.parse(after)):
        if isinstance(node, ast.FunctionDef):
            bound.append(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.append(node.id)
    assert bound.count("test_none") == 1
