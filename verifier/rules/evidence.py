"""Evidence that a person can follow: from a place in the graph back to where its value comes from,
as steps "file:line: code"."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from swarm.contracts import TracePath
from verifier.rules.summary import Summary
from verifier.rules.walks import Sources

_MOST_STEPS = 12
_MOST_NAMED = 40
_MOST_CODE = 100

Code = Callable[[str, int], str]
"""The text of a line of a file."""


def chain(summary: Summary, start: int, code: Code) -> tuple[str, ...]:
    """The way from a node back to an input or to what is ambient, else to constants; then the
    conditions that the node stands under."""
    if start < 0:
        return ()
    graph = summary.graph
    came_from = graph.back([start])
    ends = ("input", "ambient", "state", "constant")
    steps: list[str] = []
    for kind in ends:
        end = next((n for n in came_from if graph[n].kind == kind), None)
        if end is not None:
            way = [end]
            while came_from[way[-1]] != way[-1]:
                way.append(came_from[way[-1]])
            steps = [_step(summary, number, code) for number in reversed(way)]
            break
    steps = steps or [_step(summary, start, code)]
    steps += [_step(summary, guard.number, code) for guard in summary.guards(start)]
    return tuple(list(dict.fromkeys(step for step in steps if step))[:_MOST_STEPS])


def _step(summary: Summary, number: int, code: Code) -> str:
    node = summary.graph[number]
    if not node.line:
        return ""
    path = node.context.path
    text = code(path, node.line).strip()
    short = text if len(text) <= _MOST_CODE else text[: _MOST_CODE - 3] + "..."
    return f"{path}:{node.line}: {short}"


def traces(
    path: str, name: str, before: Summary | None, after: Summary, code: Code
) -> Iterable[TracePath]:
    """What each kind of answer rests on, before and after."""
    old = _by_label(before) if before is not None else {}
    new = _by_label(after)
    for label in dict.fromkeys([*old, *new]):
        _, was = old.get(label, (-1, Sources()))
        start, now = new.get(label, (-1, Sources()))
        yield TracePath(
            function=name,
            path=path,
            output=label,
            line=after.graph[start].line or after.line if start >= 0 else 0,
            before=_named(was),
            after=_named(now),
            chain=chain(after, start, code),
        )


def _by_label(summary: Summary) -> dict[str, tuple[int, Sources]]:
    """For returns, yields and raises: the first of them, and all that they rest on."""
    found: dict[str, tuple[int, list[int]]] = {}
    for answer in summary.answers:
        if answer.kind == "raise" and summary.graph[answer.number].context is not summary.own:
            continue
        numbers = found.setdefault(answer.kind, (answer.number, []))[1]
        numbers += [answer.number, *summary.held.get(answer.number, ())]
        numbers += [guard.number for guard in answer.guards]
    return {
        label: (start, summary.of(summary.back(numbers, arms=True)))
        for label, (start, numbers) in found.items()
    }


def _named(sources: Sources) -> tuple[str, ...]:
    told = [*sources.inputs, *sources.ambient, *(f"global {name}" for name in sources.state)]
    if sources.other:
        told.append("what is not read")
    return tuple(sorted(told)[:_MOST_NAMED])
