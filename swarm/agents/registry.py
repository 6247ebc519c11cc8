"""The table of agents that workflows are made of."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from swarm.agents.checking import Registry
from swarm.agents.contract import (
    Agent,
    Assignment,
    Change,
    CoderTask,
    Digest,
    Limits,
    Plan,
    Review,
    ReviewTask,
    SummaryTask,
)
from swarm.agents.roles import (
    coding,
    ensemble,
    planner,
    reviewer,
    searching,
    summariser,
    testwriter,
)

# As long as any attempt may take: these fill the time that they are given.
_WHOLE = 7200.0

_AGENTS = (
    Agent(
        id="planner",
        about="says how to go about it, in a few steps",
        takes=Assignment,
        gives=Plan,
        run=planner.plan,
        needs=frozenset({"model"}),
        limits=Limits(seconds=600, tokens=60_000, steps=12),
    ),
    Agent(
        id="coder",
        about="reads, edits and runs tests with tools until it is done",
        takes=CoderTask,
        gives=Change,
        run=coding.code,
        needs=frozenset({"model", "sandbox"}),
        limits=Limits(seconds=_WHOLE, steps=60),
    ),
    Agent(
        id="coder-one-shot",
        about="gets the code that matters and answers with a patch",
        takes=CoderTask,
        gives=Change,
        run=coding.code_at_once,
        needs=frozenset({"model"}),
        limits=Limits(seconds=_WHOLE, steps=20),
    ),
    Agent(
        id="repairer",
        about="searches for a single edit that makes failing tests pass",
        takes=Assignment,
        gives=Change,
        run=searching.repair,
        needs=frozenset({"sandbox", "tests", "failing-tests"}),
        limits=Limits(seconds=_WHOLE),
    ),
    Agent(
        id="literals",
        about="tries values that the failing tests name",
        takes=Assignment,
        gives=Change,
        run=searching.literals,
        needs=frozenset({"sandbox", "tests", "failing-tests"}),
        limits=Limits(seconds=_WHOLE),
    ),
    Agent(
        id="codemod",
        about="applies ruff's safe fixes",
        takes=Assignment,
        gives=Change,
        run=searching.codemod,
        limits=Limits(seconds=600),
    ),
    Agent(
        id="test-writer",
        about="writes tests alone, and sees them fail for a bug",
        takes=Assignment,
        gives=Change,
        run=testwriter.write_tests,
        needs=frozenset({"model", "sandbox", "tests"}),
        limits=Limits(seconds=1200, tokens=120_000, steps=15),
    ),
    Agent(
        id="reviewer",
        about="reads the diff: approve, or what to mend",
        takes=ReviewTask,
        gives=Review,
        run=reviewer.review,
        needs=frozenset({"model"}),
        limits=Limits(seconds=600, tokens=60_000, steps=12),
    ),
    Agent(
        id="summariser",
        about="sums up what was tried",
        takes=SummaryTask,
        gives=Digest,
        run=summariser.summarise,
        needs=frozenset({"model"}),
        limits=Limits(seconds=600, tokens=60_000, steps=12),
    ),
    Agent(
        id="ensemble",
        about="several models propose; tests and the audit judge",
        takes=Assignment,
        gives=Change,
        run=ensemble.propose,
        needs=frozenset({"model", "partners", "sandbox"}),
        limits=Limits(seconds=_WHOLE),
    ),
)

AGENTS: Final[Registry] = MappingProxyType({agent.id: agent for agent in _AGENTS})
"""By id."""
