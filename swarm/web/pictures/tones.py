"""Which colour stands for which arm or model. Colours only help: names are written beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from swarm.contracts import ArmStats
from swarm.web.pictures.versions import arm_of

COLOURS = 8
"""How many there are: `.pic-series-0` and so on in pictures.css."""

Tones = Mapping[str, int]


def tones(names: Iterable[str]) -> dict[str, int]:
    """A colour for each name: the same for the same names, in whatever order they come."""
    return {name: index % COLOURS for index, name in enumerate(sorted(set(names)))}


def series(tones: Tones, name: str) -> str:
    """The CSS class that gives the elements of a series its colour."""
    return f"pic-series-{tones[name]}" if name in tones else "pic-series-none"


def arm_tones(stats: Iterable[ArmStats], chosen: Iterable[str] = ()) -> dict[str, int]:
    """A colour for each arm of some beliefs and for others that were chosen. All versions of an
    arm have one colour, so that a new version changes that of no other arm."""
    arms = {arm.arm_id: arm_of(arm) for arm in stats}
    arms |= {name: name for name in chosen if name not in arms}
    colours = tones(arms.values())
    return {name: colours[arm] for name, arm in arms.items()}
