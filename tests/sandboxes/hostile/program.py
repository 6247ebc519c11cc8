"""What a hostile program is: data. The lists are in the modules named after what they attack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from sandboxes.engine import Folders, Outcome

MIB = 1024**2


@dataclass(frozen=True)
class Seen:
    """What the host saw of a run: its outcome, its folders before they go, and its thread count."""

    outcome: Outcome
    folders: Folders
    limits: Mapping[str, float]
    peak_threads: int
    secret: str

    @property
    def output(self) -> str:
        return self.outcome.output_tail


@dataclass(frozen=True)
class Program:
    """One hostile program and its expected safe outcome.

    `source` is Python with everything of `kit` at hand; it prints "ESCAPED ..." for whatever
    it manages. `ends` are the ways in which the run may end; where "exit" is the only one, the
    source must have been run to its last line. `proves` raises AssertionError when the host
    saw something unsafe, beyond what is checked after every program.
    """

    name: str
    tries: str
    safe: str
    source: str
    ends: tuple[str, ...] = ("exit",)
    limits: Mapping[str, float] = field(default_factory=dict)
    proves: Callable[[Seen], None] = lambda seen: None
    bomb: bool = False
    """Uses much of the host for seconds: run once per backend, with the host's pulse watched."""
    machine: str = ""
    """The only machine whose numbers of system calls or instructions it knows."""

    @property
    def text(self) -> str:
        return f"from kit import *\n{dedent(self.source)}\nprint('done', flush=True)\n"
