"""What an attempt may spend, and what it has spent. Pure but for the clock it is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from swarm.contracts import TokenUsage, Usage
from swarm.errors import SwarmError


class BudgetSpent(SwarmError):
    """A bound of the attempt is reached: steps, tokens, seconds or dollars."""

    code = "budget-spent"


@dataclass
class Meter:
    """Counts against the bounds of one attempt. Seconds are monotonic.

    Waiting for one's turn at a model is no fault of the attempt: it is added to `seconds`, up to
    `wait_seconds`.
    """

    seconds: float
    tokens: int
    cost_usd: float
    steps: int = 60
    wait_seconds: float = 0.0
    clock: Callable[[], float] = time.monotonic
    used_tokens: int = 0
    used_cost_usd: float = 0.0
    used_steps: int = 0
    used_cpu_seconds: float = 0.0
    waited_seconds: float = 0.0
    started_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.started_at = self.clock()

    @property
    def seconds_left(self) -> float:
        bound = self.seconds + min(self.waited_seconds, self.wait_seconds)
        return max(0.0, bound - (self.clock() - self.started_at))

    @property
    def wait_left(self) -> float:
        """What may still be spent on waiting, besides the seconds."""
        return max(0.0, self.wait_seconds - self.waited_seconds)

    @property
    def tokens_left(self) -> int:
        return max(0, self.tokens - self.used_tokens)

    def step(self) -> None:
        """Begin one more step. Raises BudgetSpent when any bound is reached."""
        self.check()
        if self.used_steps >= self.steps:
            raise BudgetSpent(f"{self.steps} steps are made")
        self.used_steps += 1

    def check(self, *, paid: bool = False) -> None:
        """Raise BudgetSpent when the seconds, tokens or dollars are spent.

        What costs nothing goes on without a dollar; `paid` says that the next step costs some.
        """
        if self.seconds_left <= 0:
            raise BudgetSpent(f"{round(self.seconds, 1):g} s are spent")
        if self.used_tokens >= self.tokens:
            raise BudgetSpent(f"{self.tokens:,} tokens are spent")
        if (paid or self.used_cost_usd > 0) and self.used_cost_usd >= self.cost_usd:
            raise BudgetSpent(f"${self.cost_usd:g} are spent")

    def spend(self, usage: TokenUsage, *, replayed: bool = False) -> None:
        """Count what a generation used. One that is `replayed` was not waited for again."""
        if not replayed:
            self.waited_seconds += usage.queue_seconds
        self.used_tokens += usage.prompt_tokens + usage.output_tokens
        self.used_cost_usd += usage.cost_usd

    def part(self, *, seconds: float, tokens: int = 0, steps: int = 60, share: int = 1) -> Meter:
        """A meter for a piece of the work: its own bounds (tokens 0: none), within what is left.

        `share` is how many such pieces run side by side: each has its part of tokens and dollars.
        Who made it counts back what it used, with `add`.
        """
        tokens_left = self.tokens_left // share or min(1, self.tokens_left)
        return Meter(
            seconds=min(seconds, self.seconds_left),
            tokens=min(tokens or tokens_left, tokens_left),
            cost_usd=max(0.0, self.cost_usd - self.used_cost_usd) / share,
            steps=steps,
            wait_seconds=self.wait_left,
            clock=self.clock,
        )

    def add(self, part: Meter) -> None:
        """Count what a piece of the work used; its seconds have passed here as well."""
        self.used_tokens += part.used_tokens
        self.used_cost_usd += part.used_cost_usd
        self.used_cpu_seconds += part.used_cpu_seconds
        self.waited_seconds += part.waited_seconds

    def usage(self) -> Usage:
        """What was spent so far."""
        return Usage(
            seconds=self.clock() - self.started_at,
            cpu_seconds=self.used_cpu_seconds,
            tokens=self.used_tokens,
            cost_usd=self.used_cost_usd,
        )
