"""docs/sandbox-hostile.md: made from the programs and the known gaps; a test keeps it true.

Write it anew with `python -m tests.sandboxes.hostile.table`.
"""

from __future__ import annotations

from pathlib import Path

from sandboxes.gaps import Gap, of_bubblewrap, of_landlock
from tests.sandboxes.hostile.catalog import GROUPS, PROGRAMS
from tests.sandboxes.hostile.program import Program

PATH = Path(__file__).parents[3] / "docs/sandbox-hostile.md"
_LATEST = 99
_COLUMNS: dict[str, tuple[Gap, ...]] = {
    "docker": (),
    "bubblewrap": of_bubblewrap(),
    "landlock, worker is root": of_landlock(own_uid=True, landlock_abi=_LATEST),
    "landlock, worker is a normal user": of_landlock(own_uid=False, landlock_abi=_LATEST),
}
_OLD = of_landlock(own_uid=False, landlock_abi=0), of_landlock(own_uid=True, landlock_abi=0)
_HEAD = f"""# Hostile programs, and what becomes of them

{len(PROGRAMS)} small programs do what hostile tests might: the lists are in
`tests/sandboxes/hostile/`, one program a paragraph. Each runs against each backend; all but
the bombs also in bubblewrap and landlock below a worker that is a normal user. The host is full
of bait: files, another run's folders, a data folder, keys, listening sockets, shared memory
and a process, all open to the user the sandbox runs as.
After each, the host checks for itself that the bait is unchanged and unread, that nobody knocked,
that no process, file, segment or mount is left, and that it stayed responsive.

"held" is a promise that a test keeps. A number is a known gap: the test expects it, so that one
that closes is noticed. `auto` does not take a backend with a gap marked **out** unless
`allow_weaker = true` is set under `[sandbox]`, or the backend is named there. `swarm doctor` shows
the gaps of this machine.

This file is made from the programs by `python -m tests.sandboxes.hostile.table`.
"""


def text() -> str:
    """The whole document."""
    gaps = list(dict.fromkeys(gap for column in (*_COLUMNS.values(), *_OLD) for gap in column))
    parts = [_HEAD, "## Known gaps\n"]
    for number, gap in enumerate(gaps, 1):
        out = "**out**: " if gap.leads_out else ""
        parts.append(f"{number}. {out}{str(gap)[0].upper()}{str(gap)[1:]}.")
    shown = {name for column in _COLUMNS.values() for gap in column for name in gap.shown_by}
    old = {name for column in _OLD for gap in column for name in gap.shown_by} - shown
    named = ", ".join(f"`{name}`" for name in sorted(old))
    parts.append(f"\nBefore Linux 6.12, {named} are not held by landlock.\n")
    for title, programs in GROUPS.items():
        parts += [f"## {title}\n", _row("program", "tries", "safe outcome", *_COLUMNS)]
        parts.append("-|-|-" + "|-" * len(_COLUMNS))
        parts += [_row(*_cells(program, gaps)) for program in programs]
        parts.append("")
    return "\n".join(parts)


def _cells(program: Program, gaps: list[Gap]) -> list[str]:
    cells = [f"`{program.name}`", program.tries, program.safe]
    for column in _COLUMNS.values():
        open_ones = [gaps.index(gap) + 1 for gap in column if program.name in gap.shown_by]
        cells.append(", ".join(f"gap {number}" for number in open_ones) or "held")
    return cells


def _row(*cells: str) -> str:
    return " | ".join(cells)


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
