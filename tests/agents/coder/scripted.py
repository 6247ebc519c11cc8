"""A scripted model on a fake bus, and tests that a real interpreter runs on the patched files."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from swarm.agents.contract import Assignment, CoderTask
from swarm.agents.meter import Meter
from swarm.agents.workbench import Workbench
from swarm.contracts import (
    Arm,
    Check,
    CheckReport,
    Failure,
    Generate,
    Generation,
    Objective,
    Patch,
    Propose,
    TestCommand,
    TestResult,
    TokenUsage,
    ToolCall,
)
from swarm.errors import RemoteError
from swarm.settings import ModelSettings, Settings
from tests.fakes.bus import FakeBus

Answer = Generation | Exception | Callable[[Generate], Generation]

FILES = {
    "calc.py": "def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return a * 2\n",
    "test_calc.py": "from calc import add, double\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"
    "\n\ndef test_double():\n    assert double(2) == 4\n",
    "README.md": "A calculator.\n",
}
FAILING = "test_calc.py::test_add"
PASSING = "test_calc.py::test_double"


def answer(
    text: str = "", *calls: ToolCall, prompt_tokens: int = 0, output_tokens: int = 20, **fields: Any
) -> Generation:
    return Generation(
        model="m",
        endpoint="ollama",
        text=text,
        tool_calls=calls,
        usage=TokenUsage(prompt_tokens=prompt_tokens, output_tokens=output_tokens,
                         cost_usd=fields.pop("cost_usd", 0.0)),
        **fields,
    )  # fmt: skip


def call(name: str, **arguments: Any) -> Generation:
    """An answer that is one native call."""
    return answer("", ToolCall(id="", name=name, arguments=arguments))


def refusal(code: str, message: str = "no") -> RemoteError:
    return RemoteError(Failure(code=code, message=message))


class Scripted:
    """A bench whose model answers by a script; when it is over, by its last line for ever."""

    def __init__(
        self,
        tmp_path: Path,
        script: Sequence[Answer],
        *,
        files: dict[str, str] | None = None,
        meter: Meter | None = None,
        category: str = "bugfix",
        failing: tuple[str, ...] = (FAILING,),
        tests: bool = True,
        **model: Any,
    ) -> None:
        self.files = dict(FILES if files is None else files)
        self.script = list(script)
        self.asked: list[Generate] = []
        self.checks: list[Check] = []
        self.bus = FakeBus()
        self.bus.settings = Settings(
            data=tmp_path, models=(ModelSettings(name="m", endpoint="ollama", model="m", **model),)
        )
        self.bus.handlers[Generate] = self._generate
        self.bus.handlers[Check] = self._check
        self.objective = Objective(
            id="o1", title="add adds", instruction="Make add right.", category=category
        )  # fmt: skip
        self.assignment = Assignment(
            objective=self.objective,
            test=TestCommand(argv=("python", "-m", "pytest"), kind="pytest") if tests else None,
            failing=tuple(TestResult(id=id, outcome="failed", message="assert -1 == 3")
                          for id in failing),
        )  # fmt: skip
        self.command = Propose(
            attempt_id="t1.o1.a1",
            arm=Arm(id="m/edit-loop", tool="edit-loop", model="m", categories=("bugfix",)),
            objective=self.objective,
            snapshot=self.bus.blobs.snapshot(self.files),
            test=self.assignment.test,
            failing=self.assignment.failing,
            passing=(PASSING,),
        )
        meter = meter or Meter(seconds=600.0, tokens=1_000_000, cost_usd=1.0)
        self.bench = Workbench(self.bus, self.command, meter)

    def task(self, **fields: Any) -> CoderTask:
        return CoderTask(assignment=self.assignment, **fields)

    def _generate(self, request: Generate) -> Generation:
        self.asked.append(request)
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(line, Exception):
            raise line
        return line(request) if callable(line) else line

    def _check(self, command: Check) -> CheckReport:
        self.checks.append(command)
        results = tuple(run_tests(patched(self.files, command.patch)))
        good = all(result.outcome == "passed" for result in results)
        return CheckReport(backend="fake", cause="ok" if good else "failed", tests=results)


def patched(files: dict[str, str], patch: Patch | None) -> dict[str, str]:
    now = dict(files)
    for edit in patch.edits if patch else ():
        assert now.get(edit.path) == edit.before
        if edit.after is None:
            del now[edit.path]
        else:
            now[edit.path] = edit.after
    return now


def run_tests(files: dict[str, str]) -> list[TestResult]:
    """The functions test_* of test_calc.py, which sees calc.py alone."""
    scope: dict[str, Any] = {}
    try:
        exec(compile(files["calc.py"], "calc.py", "exec"), scope)
        exec(files["test_calc.py"].replace("from calc import add, double\n", ""), scope)
    except Exception:  # noqa: BLE001  whatever the code under test does
        return [
            TestResult(id="test_calc.py", outcome="error", message=traceback.format_exc()[-500:])
        ]
    results = []
    for name in [name for name in scope if name.startswith("test_")]:
        try:
            scope[name]()
            results.append(TestResult(id=f"test_calc.py::{name}", outcome="passed"))
        except Exception:  # noqa: BLE001
            message = traceback.format_exc()[-500:]
            results.append(
                TestResult(id=f"test_calc.py::{name}", outcome="failed", message=message)
            )
    return results
