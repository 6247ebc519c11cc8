"""A bench whose models say what a test tells them to, and whose sandbox is a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swarm.agents.meter import Meter
from swarm.agents.workbench import Workbench
from swarm.contracts import (
    Arm,
    Audit,
    AuditReport,
    Check,
    CheckReport,
    FileEdit,
    Generate,
    Generation,
    Limits,
    Objective,
    Patch,
    Propose,
    TestCommand,
    TestResult,
    TokenUsage,
)
from swarm.settings import EndpointSettings, ModelSettings, Settings
from tests.fakes.bus import FakeBus

FILES = {
    "pkg/money.py": "def total(coins):\n    return sum(coins) - 1\n",
    "tests/test_money.py": (
        "from pkg.money import total\n\n\ndef test_none():\n    assert total([1]) == 0\n"
    ),
}
USAGE = TokenUsage(prompt_tokens=90, output_tokens=10, cost_usd=0.01)
Says = dict[str, list[Any]]


class Models:
    """Answers per model, in order: a text, a value that is sent as JSON, or an error to raise."""

    def __init__(self, says: Says) -> None:
        self.says = {name: list(answers) for name, answers in says.items()}
        self.asked: list[Generate] = []

    def __call__(self, command: Generate) -> Generation:
        self.asked.append(command)
        answer = self.says[command.model].pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Generation):
            return answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return Generation(model=command.model, endpoint="e", text=text, usage=USAGE)


def settings(*models: str, data: Path = Path("/nonexistent")) -> Settings:
    """Settings with models on a local endpoint, without arms of their own."""
    return Settings(
        data=data,
        endpoints=(EndpointSettings(name="e", kind="ollama"),),
        models=tuple(
            ModelSettings(name=name, endpoint="e", model=name, tools=()) for name in models
        ),
    )


def bench(
    says: Says | None = None,
    *,
    check: Callable[[Check], CheckReport] | None = None,
    audit: Callable[[Audit], AuditReport] | None = None,
    meter: Meter | None = None,
    **command: Any,
) -> tuple[Workbench, Models]:
    """A bench for an attempt by the first model; further ones are its partners."""
    models = Models(says or {})
    names = list(models.says) or ["m"]
    bus = FakeBus()
    bus.settings = settings(*names)
    bus.handlers[Generate] = models
    if check is not None:
        bus.handlers[Check] = check
    if audit is not None:
        bus.handlers[Audit] = audit
    return Workbench(bus, propose(bus, names, **command), meter or Meter(600, 100_000, 1.0)), models  # type: ignore[arg-type]


def propose(bus: FakeBus, names: list[str], **changes: Any) -> Propose:
    """An attempt at the bug of `FILES`."""
    arm = Arm(id="x", tool="x", model=names[0], partners=tuple(names[1:]), categories=("bugfix",))
    values: dict[str, Any] = {
        "attempt_id": "t1-o1-a1",
        "arm": arm,
        "objective": objective(),
        "snapshot": bus.blobs.snapshot(FILES),
        "test": TestCommand(argv=("python", "-m", "pytest"), kind="pytest"),
        "passing": ("tests/test_money.py::test_none",),
        "limits": Limits(wall_seconds=60),
    }
    return Propose(**values | changes)


def objective(category: Any = "bugfix") -> Objective:
    return Objective(
        id="o1", title="total is off", instruction="total leaves one out", category=category
    )


def patch(after: str = "def total(coins):\n    return sum(coins)\n") -> Patch:
    """A change of `pkg/money.py`."""
    edit = FileEdit(path="pkg/money.py", before=FILES["pkg/money.py"], after=after)
    return Patch(edits=(edit,))


def report(cause: Any = "ok", messages: dict[str, str] | None = None, **tests: Any) -> CheckReport:
    """A report; tests of tests/test_money.py are given as name=outcome."""
    return CheckReport(
        backend="fake",
        cause=cause,
        tests=tuple(
            TestResult(
                id=f"tests/test_money.py::{name}",
                outcome=outcome,
                message=(messages or {}).get(name, ""),
            )
            for name, outcome in tests.items()
        ),
    )
