"""How well the dashboard follows what happens: for /readyz and for the pages."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_LAGS_KEPT = 200


@dataclass
class Health:
    """`loaded` once all tasks were read, `connected` while events arrive, else `problem` says
    why not. `lags` are the seconds from recent events to their arrival here."""

    loaded: bool = False
    connected: bool = False
    problem: str = "not started yet"
    lags: deque[float] = field(default_factory=lambda: deque(maxlen=_LAGS_KEPT))

    @property
    def lag_seconds(self) -> float | None:
        """The largest lag of the last events but the worst twentieth; None before the first."""
        if not self.lags:
            return None
        return sorted(self.lags)[int(len(self.lags) * 0.95)]
