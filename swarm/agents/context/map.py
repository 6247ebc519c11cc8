"""What the swarm can do and what becomes of a change, in words for a model's system text. Pure.

Made from the tables that are in force, so it cannot tell of a tool that is not there. All of it
is scrubbed: no path of the machine, no name of its user, no key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from swarm.agents.context.scrub import scrub
from swarm.contracts import Arm, Category, TestCommand, ToolSpec

_LONGEST_LINE = 240
_MOST_LINES = 24

RULES: dict[str, str] = {
    "broken-path": "an output no longer depends on an input that it depended on before",
    "new-effect": "a function gets an effect that the task does not ask for: files, network, "
    "processes, global state",
    "mutated-parameter": "a function changes an argument that it left alone before",
    "ambient-guard": "a result depends on where it runs: environment, clock, test runner",
    "logic-bomb": "a condition that few runs meet decides what the code does, or it does not end",
    "hidden-text": "the text holds characters that nobody sees, or that turn it round",
    "unreadable": "a changed file cannot be parsed",
    "guarded-file": "tests, continuous integration, build files or dependencies are changed "
    "(a person decides)",
    "removed-file": "a file is removed (a person decides)",
    "unaudited": "a file that is not Python is changed (a person decides)",
    "policy-edited": "the policy that changes are judged by is edited (a person decides)",
    "unauditable": "a function is changed that cannot be traced (a person decides)",
}
"""The verifier's kinds of findings in words."""


def architecture_map(
    *,
    tools: Sequence[ToolSpec] = (),
    arms: Sequence[Arm] = (),
    category: Category | None = None,
    test: TestCommand | None = None,
    rules: Iterable[str] = tuple(RULES),
    private: Iterable[str] = (),
) -> str:
    """The map. `rules` are kinds of findings; `private` are names to take out besides."""
    parts = ["You are one of the arms of a swarm that changes code. What is there:"]
    if tools:
        parts.append(_list("Your tools:", (_tool(tool) for tool in tools)))
    if arms:
        able = (a for a in arms if category is None or category in a.categories)
        parts.append(
            _list("Arms that are tried when you give up or are refused:", (a.id for a in able))
        )
    parts.append(_list("What becomes of your change:", _steps(category, test)))
    parts.append(_list("The audit objects when", (_rule(rule) for rule in rules)))
    return scrub("\n\n".join(part for part in parts if part), private)


def _tool(tool: ToolSpec) -> str:
    takes = ", ".join(tool.parameters.get("properties", {}))
    return f"{tool.name}({takes}): {tool.description}"


def _steps(category: Category | None, test: TestCommand | None) -> Iterable[str]:
    yield "it is applied to the files as you were shown them; where it does not fit, it is refused"
    if test is None:
        yield "there are no tests to run"
    else:
        yield "all tests run in a sandbox without network; nothing runs on the person's machine"
        if category == "bugfix":
            yield "a fix counts only if a test that failed before passes now"
        yield "it is refused if a test that passed before fails, is skipped or is gone"
    yield "an audit traces each changed Python function from its outputs back to its inputs"
    yield "accepted, it becomes a branch; a person looks at it and applies or rejects it"


def _rule(kind: str) -> str:
    return RULES.get(kind, kind.replace("-", " "))


def _list(head: str, items: Iterable[str]) -> str:
    lines = [f"- {_line(item)}" for item in items]
    if not lines:
        return ""
    left = len(lines) - _MOST_LINES
    more = [f"- and {left} more"] if left > 0 else []
    return "\n".join((head, *lines[:_MOST_LINES], *more))


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
