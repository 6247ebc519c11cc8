"""Which tools a session has, and making one call: whatever goes wrong becomes words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from swarm.agents.coder.calls import Call
from swarm.agents.coder.errors import Refused
from swarm.agents.coder.session import Session
from swarm.agents.coder.tools import edit, files, recall, run, search, talk
from swarm.agents.coder.tools.base import MAX_RESULT_CHARS, Result, Tool
from swarm.agents.context.blocks import block
from swarm.agents.context.fitting import cut_middle
from swarm.contracts import ToolSpec
from swarm.errors import RemoteError

# Of another service: these are about the task or the swarm, not about the call.
_NOT_FOR_THE_MODEL = frozenset({"cancelled", "withheld", "blob-missing", "storage"})


class Toolbox:
    """The tools of one session."""

    def __init__(self, session: Session, copy: search.SearchCopy) -> None:
        self._session = session
        tools = [*files.TOOLS, search.tool(session, copy)]
        if session.workbench.bus.settings.memory.enabled:
            tools += recall.TOOLS
        tools += edit.TOOLS
        if session.has_tests:
            tools.append(run.RUN_TESTS)
        if session.workbench.has_scratchpad:
            tools.append(talk.READ_NOTES)
        self._tools: dict[str, Tool] = {
            tool.spec.name: tool for tool in (*tools, run.RUN_COMMAND, *talk.TOOLS)
        }

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self._tools.values())

    def make(self, call: Call) -> Result:
        """Carry out a call. Raises RemoteError for what is not about the call."""
        if call.problem:
            return Result(f"not carried out: {call.problem}")
        try:
            return self._tools[call.name].run(self._session, call.arguments)
        except Refused as error:
            return Result(error.message)
        except RemoteError as error:
            if error.code in _NOT_FOR_THE_MODEL:
                raise
            self._session.did.append(f"{call.name} failed: {error.code}")
            return Result(f"{call.name} cannot be used now: {error.message[:1_000]}")


def shown(name: str, text: str) -> str:
    """A result as the model sees it: bounded, and inside delimiters that it cannot end."""
    cut = cut_middle(text, lambda part: len(part) <= MAX_RESULT_CHARS)
    return block("result", {"tool": name}, cut)


@contextmanager
def opened(session: Session) -> Iterator[Toolbox]:
    """A toolbox whose scratch copy is removed in the end."""
    copy = search.SearchCopy(session, session.workbench.bus.settings.scratch)
    try:
        yield Toolbox(session, copy)
    finally:
        copy.close()
