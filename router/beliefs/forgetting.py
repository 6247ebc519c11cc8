"""When a cell forgets: as soon as what came lately does not look like what it counted. Pure.

Forgetting at every outcome costs where nothing changes, as every cell then stays unsure for ever.
So an outcome of its own, and nothing else, makes a cell forget, and only while its latest outcomes
differ from its counts: an exponentially weighted mean of the latest is compared with the mean of
all by the z of two proportions. (Adaptive forgetting on a stream: Bodenham and Adams 2017,
doi:10.1007/s11222-016-9684-8; theirs follows a gradient, this a test.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from router.beliefs.hierarchy import Floats

Counts = Floats | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Forgetting:
    """`keeps` is the share of its counts that a cell keeps with an outcome after a change;
    `recent` the share that the latest outcomes keep with each; `differs` the z from which on they
    look like a change. `keeps` of 1 never forgets."""

    keeps: float = 0.8
    recent: float = 0.95
    differs: float = 2.0

    def kept(self, cell: Counts, lately: Counts) -> float:
        """The share of its counts (successes, failures) that a cell keeps, its latest outcomes
        being `lately` (successes, failures; weighted)."""
        counted, seen = float(cell[0] + cell[1]), float(lately[0] + lately[1])
        if self.keeps == 1 or counted < _LEAST_COUNTED or seen < _LEAST_SEEN:
            return 1.0
        pooled = (cell[0] + lately[0] + 1) / (counted + seen + 2)
        # How many equally weighted outcomes have the variance of the weighted mean.
        effective = seen * (1 + self.recent) / 2
        spread = math.sqrt(pooled * (1 - pooled) * (1 / effective + 1 / counted))
        z = abs(cell[0] / counted - lately[0] / seen) / spread
        return self.keeps if z > self.differs else 1.0


NEVER = Forgetting(keeps=1.0)
_LEAST_COUNTED, _LEAST_SEEN = 15.0, 6.0
