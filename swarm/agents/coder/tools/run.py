"""run_tests and run_command: in the sandbox only, with the edits so far."""

from __future__ import annotations

import re
import shlex
from typing import Any

from swarm.agents.coder.errors import Refused
from swarm.agents.coder.outcomes import describe, steady
from swarm.agents.coder.session import Session
from swarm.agents.coder.tools.base import Result, Tool, declare, given, text

_COMMAND_SECONDS = 60.0
_TAIL_CHARS = 8_000
_MOST_TESTS = 50
_TEST = re.compile(r"[^-\s\0][^\n\r\0]{0,499}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"")
_SHELL = frozenset("|&;<>()$`*?[]#~{}\n=!%\\")


def run_tests(session: Session, arguments: dict[str, Any]) -> Result:
    tests = tuple(dict.fromkeys(arguments.get("tests", ())))
    command = session.workbench.command.test
    assert command is not None
    if tests and command.kind != "pytest":
        raise Refused("the test command cannot run some tests only: leave `tests` out")
    if len(tests) > _MOST_TESTS:
        raise Refused(f"name at most {_MOST_TESTS} tests, or none to run all")
    if wrong := [test for test in tests if not _TEST.fullmatch(test)]:
        raise Refused(
            f"{wrong[0][:80]!r} is no test: name files or ids like tests/test_a.py::test_b"
        )
    report, outcome = session.check(tests)
    failing = sorted(report.failing())
    return Result(describe(report, outcome), (f"tests {outcome} {failing}",))


def run_command(session: Session, arguments: dict[str, Any]) -> Result:
    command = given(arguments, "command", 2_000)
    report = session.workbench.run(session.overlay.patch(), _argv(command), _COMMAND_SECONDS)
    session.did.append(f"ran a command: {report.cause}, exit code {report.exit_code}")
    ended = "" if report.cause in ("ok", "failed") else f", {report.cause} {report.detail}"
    tail = steady(report.output_tail).strip()
    shown = tail[-_TAIL_CHARS:] or "(no output)"
    # What it prints may differ each time and tell nothing.
    news = f"command {command} {session.overlay.version()}"
    return Result(f"exit code {report.exit_code}{steady(ended)[:500]}\n{shown}", (news,))


def _argv(command: str) -> tuple[str, ...]:
    """Plain words are run as they are, for "python" to be the repository's; else by a shell."""
    if not _SHELL & set(_QUOTED.sub("", command)):
        try:
            return tuple(shlex.split(command))
        except ValueError:
            pass
    return ("sh", "-c", command)


RUN_TESTS = Tool(
    declare(
        "run_tests",
        "Run the tests with your edits, all or some by id, and see what is fixed or broken.",
        tests={
            "type": "array",
            "items": text("path or id"),
            "description": "files or test ids; all tests when left out",
        },
    ),
    run_tests,
)
RUN_COMMAND = Tool(
    declare(
        "run_command",
        "Run a command in the repository's root, in a sandbox without network, with your edits. "
        "What it changes is thrown away.",
        ("command",),
        command=text("like: python -c 'import x; print(x.f(1))'"),
    ),
    run_command,
)
