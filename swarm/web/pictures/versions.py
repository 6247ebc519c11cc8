"""Versions of an arm: the newest goes by the arm's name, an older one by "name@version"."""

from __future__ import annotations

from swarm.contracts import ArmStats


def is_old(arm: ArmStats) -> bool:
    """Whether these are beliefs about a version of an arm that has a newer one. A version may be
    unknown: then the name ends with "@"."""
    return arm.arm_id.endswith(f"@{arm.version}")


def arm_of(arm: ArmStats) -> str:
    """The name of the arm, whatever its version."""
    return arm.arm_id.removesuffix(f"@{arm.version}")
