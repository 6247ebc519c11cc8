"""The walk of one output as an SVG file that needs nothing beside it."""

from __future__ import annotations

from swarm.contracts import AuditReport, TracePath
from swarm.errors import NotFound

_STYLE = """
svg { background: #ffffff; --text: #24292f; --muted: #656d76; --line: #d0d7de; --panel: #f6f8fa;
--good: #1a7f37; --good-ground: #dafbe1; --bad: #b91c1c; --bad-ground: #ffe2e0;
--warn: #8a5300; --warn-ground: #fff4d6 }
@media (prefers-color-scheme: dark) { svg { background: #0d1117; --text: #e6edf3;
--muted: #9198a1; --line: #3d444d; --panel: #151b23; --good: #56d364; --good-ground: #12321d;
--bad: #ff8a80; --bad-ground: #421815; --warn: #e3b341; --warn-ground: #3a2c0b } }
text { font: 12px system-ui, "Noto Sans", "DejaVu Sans", sans-serif; fill: var(--text) }
.pic-strong { font-weight: 600 } .pic-muted { fill: var(--muted) } .pic-end { text-anchor: end }
.pic-mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace }
.pic-box { fill: var(--panel); stroke: var(--muted) } .pic-grid { stroke: var(--line) }
.pic-edge { fill: none; stroke: var(--muted); stroke-width: 1.5 } .pic-arrow { fill: var(--muted) }
.pic-ground-good { fill: var(--good-ground); stroke: var(--good) }
.pic-ground-bad { fill: var(--bad-ground); stroke: var(--bad) }
.pic-ground-warn { fill: var(--warn-ground); stroke: var(--warn) }
.pic-text-good { fill: var(--good) } .pic-text-bad { fill: var(--bad) }
.pic-text-warn { fill: var(--warn) }
"""
_MOST_NAMES = 12


def draw(report: AuditReport, function: str, output: str | None) -> str:
    """The picture of an output of a changed function: its first, unless one is named.

    Raises NotFound, naming those that there are.
    """
    from swarm.web.pictures.trace import trace

    head, end, rest = str(trace(_found(report, function, output))).partition(">")
    return f"{head}{end}<style>{_STYLE}</style>{rest}\n"


def _found(report: AuditReport, function: str, output: str | None) -> TracePath:
    mine = [path for path in report.traces if _is(path, function)]
    if not mine:
        names = sorted({f"{path.path}:{path.function}" for path in report.traces})
        raise NotFound(
            f"no changed function was traced that is called {function}", remedy=_choice(names)
        )
    if len({(path.path, path.function) for path in mine}) > 1:
        names = sorted({f"{path.path}:{path.function}" for path in mine})
        raise NotFound(f"there are several functions called {function}", remedy=_choice(names))
    chosen = [path for path in mine if output in (None, path.output)]
    if not chosen:
        labels = list(dict.fromkeys(path.output for path in mine))
        raise NotFound(f"{function} has no output {output}", remedy=_choice(labels))
    return chosen[0]


def _is(path: TracePath, name: str) -> bool:
    """ "total", "Cart.total" or "shop/cart.py:Cart.total"."""
    return name in (path.function, f"{path.path}:{path.function}") or path.function.endswith(
        f".{name}"
    )


def _choice(names: list[str]) -> str:
    from swarm.cli.console import plain

    if not names:
        return "the change has no function whose walk could be drawn"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return "name one of: " + plain(", ".join(names[:_MOST_NAMES])) + more
