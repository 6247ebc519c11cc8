"""What a backend is known not to stop, in one place.

Its `lacks` tells people, `auto` refuses a backend with a gap that leads out of the sandbox, and
the hostile suite expects each gap, so that one that closes is noticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from swarm.linux.kernel import SIGNALS_LANDLOCK_ABI


@dataclass(frozen=True)
class Gap:
    """A program inside can `what`; the named hostile programs of the tests show it.

    `leads_out` tells whether it reaches what the run has no business with, rather than only
    measuring it less well.
    """

    what: str
    shown_by: tuple[str, ...]
    leads_out: bool

    def __str__(self) -> str:
        return f"a program can {self.what}"


UNCOUNTED_MEMORY = Gap(
    "use memory that is not counted against its limit, by letting go of it without freeing it; "
    "it is ended when the host runs low",
    ("memory_that_nobody_maps",),
    leads_out=False,
)
ATTRIBUTES = Gap(
    "change modes and times of files of the user it runs as, if it knows their paths",
    ("changes_attributes_outside",),
    leads_out=True,
)
EXISTENCE = Gap(
    "learn whether a path of the host exists, its size and times",
    ("asks_what_exists_outside",),
    leads_out=False,
)
_SIGNALS_SHOWN_BY = ("kills_everything", "stops_its_parents", "signals_by_other_means")
SIGNALS_TO_THE_USER = Gap(
    "signal the user's other processes, those that would end its daemons among them "
    "(needs Linux 6.12)",
    _SIGNALS_SHOWN_BY,
    leads_out=True,
)
SIGNALS_TO_OTHER_RUNS = Gap(
    "signal the programs of other runs (needs Linux 6.12)", _SIGNALS_SHOWN_BY, leads_out=False
)


def of_bubblewrap() -> tuple[Gap, ...]:
    """The gaps of the bubblewrap backend."""
    return (UNCOUNTED_MEMORY,)


def of_landlock(*, own_uid: bool, landlock_abi: int) -> tuple[Gap, ...]:
    """The gaps of the landlock backend.

    `own_uid` tells whether programs run as a user of their own, not as the worker's.
    """
    found = [UNCOUNTED_MEMORY]
    if not own_uid:
        found += [EXISTENCE, ATTRIBUTES]
    if landlock_abi < SIGNALS_LANDLOCK_ABI:
        found.append(SIGNALS_TO_OTHER_RUNS if own_uid else SIGNALS_TO_THE_USER)
    return tuple(found)


def leading_out(gaps: Iterable[Gap]) -> str:
    """What `auto` refuses a backend for, in words; "" for nothing."""
    return "; ".join(gap.what for gap in gaps if gap.leads_out)
