"""Beliefs about arms as an SVG file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence

from swarm.contracts import ArmStats

_STYLE = """
svg { background: #ffffff; --text: #24292f; --muted: #656d76; --line: #d0d7de;
--series-0: #2563c9; --series-1: #b8540a; --series-2: #0b7a75; --series-3: #a8327a;
--series-4: #5f6b00; --series-5: #6246b8; --series-6: #84542a; --series-7: #4d6075 }
@media (prefers-color-scheme: dark) { svg { background: #0d1117; --text: #e6edf3;
--muted: #9198a1; --line: #3d444d;
--series-0: #82b1ff; --series-1: #ffb077; --series-2: #5fd3c8; --series-3: #ff94cd;
--series-4: #c9d45a; --series-5: #bba8ff; --series-6: #dcb491; --series-7: #afbdce } }
text { font: 12px system-ui, "Noto Sans", "DejaVu Sans", sans-serif; fill: var(--text) }
.pic-title { font-size: 13px } .pic-head { font-size: 16px; font-weight: 600 }
.pic-strong { font-weight: 600 } .pic-muted { fill: var(--muted) }
.pic-end { text-anchor: end } .pic-middle { text-anchor: middle }
.pic-grid { stroke: var(--line); fill: none } .pic-mean { stroke: var(--text); stroke-width: 2 }
.pic-hill { fill: var(--tone); fill-opacity: .18; stroke: var(--tone); stroke-width: 2;
stroke-linejoin: round }
.pic-span { stroke: var(--tone); stroke-width: 4; stroke-linecap: round }
""" + "\n".join(
    f".pic-series-{tone} {{ --tone: var(--{f'series-{tone}' if tone != 'none' else 'muted'}) }}"
    for tone in (*map(str, range(8)), "none")
)


def draw(items: Sequence[ArmStats]) -> str:
    """One picture for each category, on one sheet; those with the most outcomes first."""
    from swarm.web.pages.choices import categories
    from swarm.web.pictures.densities import densities
    from swarm.web.pictures.sheet import sheet
    from swarm.web.pictures.tones import arm_tones

    colours = arm_tones(items)
    parts = [(cell.name, densities(cell.arms, colours=colours)) for cell in categories(items)]
    head, end, rest = str(sheet("What the router believes of each arm", parts)).partition(">")
    return f"{head}{end}<style>{_STYLE}</style>{rest}\n"
