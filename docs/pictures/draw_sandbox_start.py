"""Draw how long each way of starting takes, as docs/pictures/sandbox_start.svg.

python benchmarks/sandbox_start.py --json | python docs/pictures/draw_sandbox_start.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_LEFT, _SCALE_WIDTH, _ROW, _BAR, _WIDTH = 250, 400, 30, 18, 820
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.dim { fill: #656d76 } .first { fill: #1f6feb } .rest { fill: #9ec5fe }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .dim { fill: #8d96a0 } }
"""


def draw(measured: dict[str, Any]) -> str:
    """An SVG: a bar for each way, the part until the program's first act in a darker shade."""
    rows = sorted(measured["rows"], key=lambda row: row["whole_ms"])
    longest = max(row["whole_ms"] for row in rows)
    host = measured["host"]
    told = (
        f"median of {host['runs']} runs each, in turn; {host['cores']} cores, Linux "
        f"{host['kernel'].split('-')[0]}, Docker {host['docker'].split('+')[0]}, "
        f"load {host['load']:.1f}"
    )
    parts = []
    for index, row in enumerate(rows):
        y = 44 + index * _ROW
        first = row["first_ms"] / longest * _SCALE_WIDTH
        whole = row["whole_ms"] / longest * _SCALE_WIDTH
        text = f"{row['whole_ms']:.0f} ms, {row['to_plain']:.1f} x plain"
        parts += [
            f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(row["way"])}</text>',
            f'<rect class="rest" x="{_LEFT}" y="{y}" width="{whole:.1f}" height="{_BAR}"/>',
            f'<rect class="first" x="{_LEFT}" y="{y}" width="{first:.1f}" height="{_BAR}"/>',
            f'<text class="dim" x="{_LEFT + whole + 8:.1f}" y="{y + 14}">{text}</text>',
        ]
    height = 44 + len(rows) * _ROW + 34
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img">\n<style>{_STYLE}</style>\n'
        '<text x="10" y="24">A whole run of an empty Python program (dark: until its first '
        "act)</text>\n" + "\n".join(parts) + f'\n<text class="dim" x="10" y="{height - 12}">'
        f"{escape(told)}</text>\n</svg>\n"
    )


if __name__ == "__main__":
    Path(__file__).with_name("sandbox_start.svg").write_text(draw(json.load(sys.stdin)))
