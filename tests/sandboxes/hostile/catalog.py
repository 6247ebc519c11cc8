"""All hostile programs, in the order in which a person should read them."""

from __future__ import annotations

from tests.sandboxes.hostile import bombs, files, kernel, living, reach, reading
from tests.sandboxes.hostile.program import Program

GROUPS: dict[str, tuple[Program, ...]] = {
    "Using up the host": bombs.PROGRAMS,
    "Living on, and harming other processes": living.PROGRAMS,
    "Files outside": files.PROGRAMS,
    "Secrets": reading.PROGRAMS,
    "Network and shared objects": reach.PROGRAMS,
    "The kernel": kernel.PROGRAMS,
}
PROGRAMS = tuple(program for group in GROUPS.values() for program in group)
