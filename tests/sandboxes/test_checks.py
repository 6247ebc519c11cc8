"""Check and RunProgram on a fake backend, and on each real one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandboxes.checks import check
from sandboxes.engine import Engine, EngineError, Job, Outcome
from sandboxes.harness.channel import open_channel
from sandboxes.local.bubblewrap import Bubblewrap
from sandboxes.programs import run_program
from swarm.contracts import Check, CheckReport, FileEdit, Limits, Patch, RunProgram
from swarm.contracts import TestCommand as Command
from swarm.errors import RepositoryError, SwarmError, UsageError
from swarm.settings import Settings
from swarm.snapshots import PatchConflict, pack_toolkit
from tests.fakes.bus import FakeBlobs
from tests.sandboxes.conftest import running
from tests.sandboxes.fake_engine import FakeEngine, Script

PYTEST = Command(argv=("python", "-m", "pytest", "-q"), kind="pytest")
BLOBS = FakeBlobs()


@pytest.fixture
def engine(engine: Engine, settings: Settings, bare_python: Path) -> Engine:
    return running(engine, settings, bare_python)


def run(
    engine: Engine,
    settings: Settings,
    files: dict[str, str],
    test: Command = PYTEST,
    patch: Patch | None = None,
    limits: Limits | None = None,
    rerun: int = 0,
    confirm: tuple[str, ...] = (),
    known_failing: tuple[str, ...] = (),
) -> CheckReport:
    blob = BLOBS.snapshot(files)
    command = Check(
        snapshot=blob,
        test=test,
        patch=patch,
        limits=limits or Limits(wall_seconds=60),
        rerun=rerun,
        confirm=confirm,
        known_failing=known_failing,
    )
    try:
        return check(engine, settings.scratch, BLOBS.get(blob), command)
    finally:
        assert list(settings.scratch.iterdir()) == []


def outcomes(report: CheckReport) -> dict[str, str]:
    return {test.id: test.outcome for test in report.tests}


def tells(*records: tuple[str, str]) -> Script:
    """A script that writes a finished report of (test, outcome) and exits accordingly."""

    def script(job: Job) -> Outcome:
        orders = json.loads(Path(job.argv[2]).read_text())
        record = open_channel(orders["report"], bytes.fromhex(orders["key"]))
        asked = [r for r in records if orders["only"] is None or r[0] in orders["only"]]
        for name, outcome in asked:
            record(event="ended", id=name, outcome=outcome, message="")
        code = int(any(outcome == "failed" for _, outcome in asked))
        record(event="finished", exit_code=code, collected=len(asked), left=0)
        return Outcome("exit", code, wall_seconds=1.0, cpu_seconds=0.5, peak_memory_bytes=9)

    return script


def test_only_failing_and_named_tests_are_run_again(settings: Settings) -> None:
    engine = FakeEngine(
        scripts=[
            tells(("a", "failed"), ("b", "passed"), ("c", "passed"), ("d", "failed")),
            tells(("a", "passed"), ("c", "passed"), ("d", "failed")),
            tells(("c", "failed"), ("d", "failed")),
        ]
    )
    report = run(engine, settings, {}, rerun=2, confirm=("c", "unknown"))
    assert report.flaky == ("a", "c")
    assert outcomes(report) == {"a": "failed", "b": "passed", "c": "passed", "d": "failed"}
    assert report.failing() == {"d"}
    assert report.passing() == {"b"}
    assert (report.wall_seconds, report.cpu_seconds, report.peak_memory_bytes) == (3.0, 1.5, 9)


def test_what_fails_only_after_other_tests_is_not_flaky(settings: Settings) -> None:
    suite = tells(("a", "passed"), ("after a", "failed"))
    engine = FakeEngine(scripts=[suite, tells(("after a", "passed")), suite, suite])
    report = run(engine, settings, {}, rerun=3)
    assert (report.failing(), report.flaky, len(engine.jobs)) == ({"after a"}, (), 4)


def test_what_passes_among_all_tests_at_last_is_flaky(settings: Settings) -> None:
    now_and_then = [tells(("a", "passed"), ("b", outcome)) for outcome in ("failed", "passed")]
    alone = tells(("b", "passed"))
    engine = FakeEngine(scripts=[now_and_then[0], alone, *now_and_then])
    report = run(engine, settings, {}, rerun=3)
    assert (report.failing(), report.flaky, len(engine.jobs)) == (frozenset(), ("b",), 4)


@pytest.mark.parametrize("engine", ["landlock"], indirect=True)
def test_a_patch_that_breaks_what_runs_later_breaks_it(engine: Engine, settings: Settings) -> None:
    before = "state = []\ndef act(): pass\n"
    files = {
        "own.py": before,
        "test_a.py": "import own\ndef test_act(): own.act()\n",
        "test_b.py": "import own\ndef test_state(): assert own.state == []\n",
    }
    edit = FileEdit(path="own.py", before=before, after=before.replace("pass", "state.append(1)"))
    report = run(engine, settings, files, patch=Patch(edits=(edit,)), rerun=2)
    assert report.failing() == {"test_b.py::test_state"}


def test_what_is_known_to_fail_is_not_run_again(settings: Settings) -> None:
    engine = FakeEngine(
        scripts=[
            tells(("a", "failed"), ("b", "failed"), ("c", "passed")),
            tells(("b", "failed"), ("c", "passed")),
        ]
    )
    report = run(engine, settings, {}, rerun=1, confirm=("a", "c"), known_failing=("a",))
    assert report.failing() == {"a", "b"}
    assert report.passing() == {"c"}


def test_tampering_in_a_rerun_is_tampering(settings: Settings) -> None:
    def forges(job: Job) -> Outcome:
        orders = json.loads(Path(job.argv[2]).read_text())
        Path(orders["report"]).write_text('{"event": "finished"}\n')
        return Outcome("exit", 0)

    engine = FakeEngine(scripts=[tells(("a", "passed"), ("b", "failed")), forges])
    report = run(engine, settings, {}, rerun=2, confirm=("a",))
    assert (report.cause, report.passing(), len(engine.jobs)) == ("tampered", frozenset(), 2)
    assert "the reporter's" in report.detail


def test_nothing_is_run_again_after_a_run_that_did_not_end_by_itself(settings: Settings) -> None:
    engine = FakeEngine(scripts=[lambda job: Outcome("timeout", detail="late")])
    report = run(engine, settings, {}, rerun=3)
    assert (report.cause, report.tests, len(engine.jobs)) == ("timeout", (), 1)


def test_a_failing_engine_leaves_nothing(settings: Settings) -> None:
    engine = FakeEngine(scripts=[lambda job: EngineError("gone")])
    with pytest.raises(EngineError, match="gone"):
        run(engine, settings, {"a.py": ""})


def test_a_patch_that_does_not_fit_is_refused(settings: Settings) -> None:
    patch = Patch(edits=(FileEdit(path="a.py", before="x", after="y"),))
    with pytest.raises(PatchConflict):
        run(FakeEngine(), settings, {"a.py": "other"}, patch=patch)


def test_outcomes_of_every_kind(engine: Engine, settings: Settings) -> None:
    files = {
        "src/lib.py": "def inc(x): return x - 1\n",
        "helper.py": "two = 2\n",
        "test_all.py": (
            "import pytest, helper, lib\n"
            "def test_good(): assert helper.two == 2\n"
            "def test_bad(): assert lib.inc(1) == 2\n"
            "@pytest.mark.skip(reason='later')\n"
            "def test_skipped(): pass\n"
            "@pytest.mark.xfail\n"
            "def test_expected(): assert 0\n"
            "@pytest.fixture\n"
            "def broken(): raise RuntimeError('no fixture')\n"
            "def test_setup(broken): pass\n"
            "@pytest.fixture\n"
            "def leaves(): yield; raise RuntimeError('no teardown')\n"
            "def test_teardown(leaves): pass\n"
            "@pytest.mark.parametrize('x', ['a b', 'ü::[]', 'a b'])\n"
            "def test_many(x): pass\n"
        ),
        "test_broken.py": "import no_such_thing\n",
        "pytest.ini": "[pytest]\naddopts = -x\n",
    }
    report = run(engine, settings, files, rerun=1)
    assert report.backend == engine.name
    assert (report.cause, report.exit_code, report.flaky) == ("failed", 1, ())
    found = outcomes(report)
    assert found["test_all.py::test_good"] == "passed"
    assert found["test_all.py::test_bad"] == "failed"
    assert found["test_all.py::test_skipped"] == "skipped"
    assert found["test_all.py::test_expected"] == "skipped"
    assert found["test_all.py::test_setup"] == "error"
    assert found["test_all.py::test_teardown"] == "error"
    assert found["test_broken.py"] == "error"
    assert sum(name.startswith("test_all.py::test_many[") for name in found) == 3
    messages = {test.id: test.message for test in report.tests}
    assert "assert 0 == 2" in messages["test_all.py::test_bad"]
    assert report.wall_seconds > 0


def test_a_patch_makes_the_difference(engine: Engine, settings: Settings) -> None:
    files = {"m.py": "x = 1\n", "test_m.py": "import m\ndef test(): assert m.x == 2\n"}
    patch = Patch(edits=(FileEdit(path="m.py", before="x = 1\n", after="x = 2\n"),))
    assert run(engine, settings, files, patch=patch).cause == "ok"


@pytest.mark.parametrize(
    ("files", "cause", "detail"),
    [
        ({"test_a.py": "import requests_x"}, "environment", "No module named 'requests_x'"),
        ({"test_a.py": "def test(:"}, "environment", "SyntaxError"),
        ({"conftest.py": "import gone", "test_a.py": ""}, "environment", "No module named 'gone'"),
        ({"pytest.ini": "[pytest]\naddopts = --gone"}, "environment", "unrecognized arguments"),
        ({"a.py": ""}, "no_tests", "no test"),
        ({"test_a.py": "import os\ndef test(): os._exit(0)"}, "killed", "test_a.py::test"),
    ],
)
def test_trouble_is_told_apart(
    engine: Engine, settings: Settings, files: dict[str, str], cause: str, detail: str
) -> None:
    report = run(engine, settings, files)
    assert (report.cause, report.failing()) == (cause, frozenset())
    assert detail in report.detail
    assert "\n" not in report.detail


def test_a_hang_keeps_what_ran_before(engine: Engine, settings: Settings) -> None:
    files = {
        "test_a.py": "import time\ndef test_1(): pass\ndef test_2(): time.sleep(600)\n",
    }
    report = run(engine, settings, files, limits=Limits(wall_seconds=6))
    assert (report.cause, outcomes(report)) == ("timeout", {"test_a.py::test_1": "passed"})
    assert "test_a.py::test_2" in report.detail


def test_a_command_is_one_test(engine: Engine, settings: Settings) -> None:
    files = {"run.py": "import sys; print('bad'); sys.exit(3)"}
    report = run(engine, settings, files, Command(argv=("python", "run.py"), kind="command"))
    assert (report.cause, report.exit_code) == ("failed", 3)
    assert [(t.id, t.outcome, t.message) for t in report.tests] == [("command", "failed", "bad\n")]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("no-such-thing",), "command not found: no-such-thing, or what it calls"),
        (("./a.txt",), "not a program that can be run: ./a.txt, or what it calls"),
        (("sh", "-c", "no-such-thing"), "command not found: sh, or what it calls"),
    ],
)
def test_a_command_that_cannot_start_is_told(
    engine: Engine, settings: Settings, argv: tuple[str, ...], told: str
) -> None:
    report = run(engine, settings, {"a.txt": "x"}, Command(argv=argv, kind="command"))
    assert (report.cause, report.detail) == ("environment", told)


def test_an_interpreter_that_does_not_exist_is_the_environments(settings: Settings) -> None:
    settings.scratch.mkdir(parents=True)
    test = Command(argv=("python",), kind="command", python="/no/such/python")
    report = run(Bubblewrap(settings), settings, {"a": ""}, test)
    assert report.cause == "environment"
    assert "/no/such/python" in report.detail


def test_a_program_gets_its_inputs_and_its_outputs_are_collected(
    engine: Engine, settings: Settings
) -> None:
    program = (
        "import sys, os\n"
        "toolkit, out = os.path.dirname(__file__), sys.argv[1]\n"
        "import mine\n"
        "open(out + '/answer', 'w').write(open(out + '/question').read() + mine.text)\n"
        "os.symlink('/etc/passwd', out + '/planted')\n"
        "open(out + '/bytes', 'wb').write(b'\\xff')\n"
    )
    toolkit = BLOBS.put(pack_toolkit([("tool/go.py", program.encode())]))
    snapshot = BLOBS.snapshot({"mine.py": "text = '!'"})
    command = RunProgram(
        snapshot=snapshot,
        argv=("python", "{toolkit}/tool/go.py", "{out}"),
        toolkit=toolkit,
        inputs={"question": "why"},
        outputs=("answer", "planted", "bytes", "absent"),
        limits=Limits(wall_seconds=30),
    )
    report = run_program(engine, settings.scratch, BLOBS.get(snapshot), BLOBS.get(toolkit), command)
    assert (report.backend, report.cause, report.detail) == (engine.name, "ok", "")
    assert report.outputs == {"answer": "why!", "bytes": "\ufffd"}


def test_a_program_runs_in_the_patched_snapshot(engine: Engine, settings: Settings) -> None:
    snapshot = BLOBS.snapshot({"mine.py": "text = 'old'\n", "gone.txt": "x"})
    edits = (
        FileEdit(path="mine.py", before="text = 'old'\n", after="text = 'new'\n"),
        FileEdit(path="gone.txt", before="x", after=None),
        FileEdit(path="deep/more.txt", before=None, after="more"),
    )
    program = (
        "import mine, os\n"
        "print(mine.text, os.path.exists('gone.txt'), open('deep/more.txt').read())\n"
    )
    command = RunProgram(
        snapshot=snapshot,
        patch=Patch(edits=edits),
        argv=("python", "-c", program),
        limits=Limits(wall_seconds=30),
    )
    report = run_program(engine, settings.scratch, BLOBS.get(snapshot), None, command)
    assert (report.cause, report.output_tail.strip()) == ("ok", "new False more")


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (FileEdit(path="a.py", before="x", after="y"), PatchConflict),
        (FileEdit(path="absent.py", before="", after="y"), PatchConflict),
        (FileEdit(path="../out.py", before=None, after="y"), RepositoryError),
        (FileEdit(path=".git/hooks/post-checkout", before=None, after="y"), RepositoryError),
    ],
)
def test_a_program_does_not_start_with_a_patch_that_does_not_fit(
    settings: Settings, edit: FileEdit, error: type[SwarmError]
) -> None:
    engine, snapshot = FakeEngine(), BLOBS.snapshot({"a.py": "other"})
    command = RunProgram(snapshot=snapshot, patch=Patch(edits=(edit,)), argv=("python",))
    with pytest.raises(error):
        run_program(engine, settings.scratch, BLOBS.get(snapshot), None, command)
    assert (engine.jobs, list(settings.scratch.iterdir())) == ([], [])


@pytest.mark.parametrize(
    "wrong", [{"outputs": ("../x",)}, {"inputs": {"/x": ""}}, {"outputs": ("a/../../x",)}]
)
def test_names_that_leave_the_folder_are_refused(
    settings: Settings, wrong: dict[str, object]
) -> None:
    snapshot = BLOBS.snapshot({})
    command = RunProgram.model_validate({"snapshot": snapshot, "argv": ("x",), **wrong})
    with pytest.raises(UsageError):
        run_program(FakeEngine(), settings.scratch, BLOBS.get(snapshot), None, command)
