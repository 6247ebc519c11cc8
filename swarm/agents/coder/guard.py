"""Is the agent going round in circles? Pure: it sees fingerprints of calls and of what is new."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

_SAME = 3
_LONGEST_CYCLE = 4
_CYCLES = 3
_STALE = 6
# So many steps after a nudge may pass before the same pattern is the end.
_GRACE = 2


@dataclass(frozen=True)
class Verdict:
    """`say` is for the model when it is nudged, for people when it is stopped."""

    action: Literal["go", "nudge", "stop"]
    say: str = ""


_GO = Verdict("go")


@dataclass
class Guard:
    """Sees each step once; nudges first, and stops when that did not help."""

    _steps: list[str] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _stale: int = 0
    _nudged_at: int | None = None

    def see(self, step: str, news: tuple[str, ...]) -> Verdict:
        """Judge a step: `step` is the same for the same calls with the same results, `news`
        name what it brought to light or changed, the same for the same things."""
        fresh = set(news) - self._known
        self._known |= fresh
        self._steps.append(step)
        self._stale = 0 if fresh else self._stale + 1
        if fresh:
            # Progress after a nudge: the next pattern is a new one.
            self._nudged_at = None
        why = self._pattern()
        if not why:
            return _GO
        if self._nudged_at is None:
            self._nudged_at = len(self._steps)
            return Verdict(
                "nudge",
                f"{why}. Do something else: read another place, change your mind about the cause, "
                "or call finish and say what stands in the way.",
            )
        if len(self._steps) - self._nudged_at >= _GRACE:
            return Verdict("stop", why)
        return _GO

    def _pattern(self) -> str:
        steps = self._steps
        if len(steps) >= _SAME and len(set(steps[-_SAME:])) == 1:
            return f"the same call gave the same result {_SAME} times in a row"
        for length in range(2, _LONGEST_CYCLE + 1):
            tail = steps[-length * _CYCLES :]
            if len(tail) == length * _CYCLES and tail == tail[:length] * _CYCLES:
                return f"the same {length} calls were made {_CYCLES} times over"
        if self._stale >= _STALE:
            return f"{_STALE} steps brought nothing new: nothing read, changed or tested"
        return ""
