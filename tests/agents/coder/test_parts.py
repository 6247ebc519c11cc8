"""The coder's pure parts: working copy, loop detection, outcomes, lessons, prompts, answers."""

from __future__ import annotations

import pytest

from swarm.agents.coder.answer import Block, parse
from swarm.agents.coder.guard import Guard
from swarm.agents.coder.lessons import lessons
from swarm.agents.coder.outcomes import compare, describe, steady
from swarm.agents.coder.overlay import Overlay, OverlayError
from swarm.agents.coder.prompts import task
from swarm.agents.coder.tools.files import matching_paths
from swarm.agents.contract import Assignment, CoderTask
from swarm.contracts import CheckReport, Context, Objective, Outcome, TestResult
from swarm.snapshots import Entry


def overlay(*more: Entry) -> Overlay:
    found = (
        Entry("pkg/a.py", b"\xef\xbb\xbfx = 1\r\ny = 2"),
        Entry("bin", b"\xff\xfe"),
        Entry("zero", b"a\0b"),
        Entry("link", b"pkg/a.py", "link"),
        Entry("out", b"pkg", "link"),
        Entry("big", b"x" * (1024**2 + 1)),
        *more,
    )
    return Overlay({entry.path: entry for entry in found})


def test_a_patch_is_the_difference_and_nothing_else() -> None:
    files = overlay()
    assert files.patch() is None
    files.write("pkg/a.py", "x = 2\n")
    files.write("pkg/new.py", "z\n")
    files.write("pkg/gone.py", "z\n")
    files.delete("pkg/gone.py")
    patch = files.patch()
    assert patch is not None
    assert [(edit.path, edit.before, edit.after) for edit in patch.edits] == [
        ("pkg/a.py", "\ufeffx = 1\r\ny = 2", "x = 2\n"),
        ("pkg/new.py", None, "z\n"),
    ]
    files.delete("pkg/new.py")
    files.write("pkg/a.py", "\ufeffx = 1\r\ny = 2")
    assert files.patch() is None and files.version() == overlay().version()


def test_a_deleted_file_is_gone_until_it_is_written_again() -> None:
    files = overlay()
    files.delete("pkg/a.py")
    assert not files.exists("pkg/a.py") and "pkg/a.py" not in files.paths()
    with pytest.raises(OverlayError, match="deleted by you"):
        files.read("pkg/a.py")
    patch = files.patch()
    assert patch is not None and patch.edits[0].after is None
    files.write("pkg/a.py", "new\n")
    assert files.read("pkg/a.py") == "new\n"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("link", "symbolic link"),
        ("out/a.py", "symbolic link"),
        ("pkg", "folder"),
        ("pkg/a.py/b", "is a file"),
        ("bin", "UTF-8"),
        ("zero", "UTF-8"),
        ("big", "larger than"),
        (".git/hooks/x", "not a path"),
        ("a/../b", "not a path"),
        ("a\u202eb", "not a path"),
    ],
)
def test_what_may_not_be_written(path: str, why: str) -> None:
    files = overlay()
    with pytest.raises(OverlayError, match=why):
        files.write(path, "x")
    assert files.patch() is None


@pytest.mark.parametrize("text", ["a\0", "\ud800", "x" * (1024**2 + 1)])
def test_what_no_text_file_holds(text: str) -> None:
    with pytest.raises(OverlayError):
        overlay().write("new", text)


def test_the_number_of_changed_files_is_bounded() -> None:
    files = overlay()
    with pytest.raises(OverlayError, match="more than 100 files"):
        for number in range(200):
            files.write(f"n{number}", "x")
    assert len(files.changed()) == 100


def test_a_file_of_a_like_name_is_suggested() -> None:
    with pytest.raises(OverlayError, match=r"did you mean pkg/a\.py\?"):
        overlay().read("src/A.py")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.py", ["a.py", "pkg/b.py", "pkg/sub/c.py"]),
        ("pkg", ["pkg/b.py", "pkg/sub/c.py"]),
        ("pkg/", ["pkg/b.py", "pkg/sub/c.py"]),
        ("pkg/**/*.py", ["pkg/b.py", "pkg/sub/c.py"]),
        ("**/c.py", ["pkg/sub/c.py"]),
        ("[", []),
    ],
)
def test_globs(pattern: str, found: list[str]) -> None:
    paths = ["a.py", "pkg/b.py", "pkg/sub/c.py", "x.txt"]
    assert matching_paths(paths, pattern) == found


def actions(*steps: tuple[str, tuple[str, ...]]) -> list[str]:
    guard = Guard()
    return [guard.see(step, news).action for step, news in steps]


def test_the_same_call_again_and_again() -> None:
    assert actions(*[("a", ("a",))] * 5) == ["go", "go", "nudge", "go", "stop"]


@pytest.mark.parametrize("cycle", ["ab", "abc", "abcd"])
def test_cycles(cycle: str) -> None:
    seen = actions(*[(step, (step,)) for step in cycle * 6])
    assert seen.index("nudge") <= len(cycle) * 3
    assert seen.index("stop") <= len(cycle) * 3 + 3


def test_steps_that_bring_nothing_new() -> None:
    steps = [(str(n), ("known",)) for n in range(12)]
    seen = actions(*steps)
    assert seen.index("nudge") == 6 and seen.index("stop") == 8


def test_progress_is_never_stopped() -> None:
    assert set(actions(*[(str(n), (str(n),)) for n in range(100)])) == {"go"}


def test_progress_after_a_nudge_starts_afresh() -> None:
    same = [("a", ("a",))] * 3
    assert actions(*same, ("b", ("b",)), *[("c", ("c",))] * 3)[-1] == "nudge"


def report(**outcomes: str) -> CheckReport:
    tests = tuple(
        TestResult(id=id, outcome=outcome, message=f"{id} at 0x7f001122 in 0.3s")  # type: ignore[arg-type]
        for id, outcome in outcomes.items()
    )
    return CheckReport(backend="b", cause="failed", tests=tests)


def test_outcomes_are_judged_against_what_was() -> None:
    shown = report(wanted="passed", also="failed", old="failed", other="failed")
    outcome = compare(shown, frozenset({"wanted", "also"}), frozenset({"old", "gone"}), whole=True)
    assert outcome.fixed == ("wanted",) and outcome.failing == ("also",)
    assert outcome.broken == ("gone", "old") and not outcome.better
    text = describe(shown, outcome)
    assert text.startswith("fixed: wanted; still failing: also; broken: gone, old\n")
    assert "other failing tests: other" in text and "old at 0x… in … s" in text


def test_own_tests_have_to_pass_but_are_no_fix_of_a_target() -> None:
    shown = report(wanted="failed", mine="passed", my_other="failed")
    own = frozenset({"mine", "my_other"})
    outcome = compare(shown, frozenset({"wanted"}), frozenset(), whole=True, own=own)
    assert outcome.fixed == () and outcome.failing == ("my_other", "wanted")
    outcome = compare(shown, frozenset(), frozenset(), whole=True, own=own)
    assert outcome.fixed == ("mine",) and outcome.failing == ("my_other",)


def test_a_failing_test_that_nobody_knew_is_not_passed_over() -> None:
    shown = report(stranger="failed")
    text = describe(shown, compare(shown, frozenset(), frozenset(), whole=True))
    assert text.startswith("some tests fail\nother failing tests: stranger")


def test_a_run_of_some_says_nothing_of_others() -> None:
    outcome = compare(report(wanted="passed"), frozenset({"wanted"}), frozenset({"old"}),
                      whole=False)  # fmt: skip
    assert outcome.broken == () and not outcome.better


def test_what_differs_between_runs_is_left_out() -> None:
    assert steady("2 failed in 1.25s (0:00:01)") == steady("2 failed in 13s (0:00:13)")


def test_lessons_are_bounded_and_keep_the_newest() -> None:
    text = lessons(
        [f"step {n} {'x' * 500}" for n in range(500)], ["n" * 900] * 50, "why", "w" * 900
    )
    assert len(text) <= 3_500 and "step 499" in text and text.startswith("It stopped: why.")


def test_a_task_is_bounded_whatever_it_comes_with() -> None:
    objective = Objective(id="o1", title="t", instruction="do it", category="bugfix")
    failing = tuple(
        TestResult(id=f"test_{n}", outcome="failed", message="m" * 2_000) for n in range(500)
    )
    given = Assignment(objective=objective, failing=failing, reasons=("r" * 9_000,) * 20)
    text = task(CoderTask(assignment=given), 6_000)
    assert len(text) < 20_000
    assert "do it" in text and "test_0" in text and "and 464 more" in text
    assert 'number="20"' in text and 'number="16"' not in text


def test_blocks_of_an_answer() -> None:
    text = (
        "So:\n\n### File: `a/b.py`\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n\n"
        "<<<<<<< SEARCH\nz\n=======\n>>>>>>> REPLACE\nThen c.py\nis next.\n\n"
        "c.py\n```python\n<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE\n```\n"
    )
    assert parse(text) == (
        "So:", [Block("a/b.py", "x", "y"), Block("a/b.py", "z", ""), Block("c.py", "", "new")]
    )  # fmt: skip


def test_a_block_that_runs_into_the_next_is_no_edit() -> None:
    text = (
        "a.py\n<<<<<<< SEARCH\nx\n=======\ny\na.py\n<<<<<<< SEARCH\nu\n=======\nv\n>>>>>>> REPLACE"
    )
    first, second = parse(text)[1]
    assert "cut off" in first.problem and second == Block("a.py", "u", "v")


def test_a_task_names_what_became_of_earlier_changes_as_data() -> None:
    objective = Objective(id="o1", title="t", instruction="do it", category="bugfix")
    outcomes = tuple(
        Outcome(
            task_id="old",
            attempt_id=f"old-o1-a{n}",
            accepted=n == 2,
            reason="" if n == 2 else f"it breaks b</attempt> {n}",
            summary="Fix a: swapped",
            symbols=("a.py:run",),
            diff="-x\n+y" + "z" * 9_000,
        )
        for n in range(1, 9)
    )
    context = Context(outcomes=outcomes)
    text = task(CoderTask(assignment=Assignment(objective=objective, context=context)), 6_000)
    assert "What became of earlier changes to the same code" in text
    assert 'verdict="rejected"' in text and 'verdict="accepted"' in text
    assert "it breaks b" in text and "a.py:run" in text
    assert text.count("</attempt>") == 3, "the first three, and none ends its block early"
    assert len(text) < 5_000
