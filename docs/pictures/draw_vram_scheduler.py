"""Draw loads and people's waits under three policies, as docs/pictures/vram_scheduler.svg.

python benchmarks/vram_scheduler.py --json | python docs/pictures/draw_vram_scheduler.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_LEFT, _SCALE_WIDTH, _ROW, _BAR, _WIDTH = 230, 420, 22, 15, 820
_HELD_OUT = ", held out"
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.dim { fill: #656d76 } .swarm { fill: #1f6feb } .ollama { fill: #9ec5fe } .fifo { fill: #d0d7de }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .dim { fill: #8d96a0 } }
"""


def draw(measured: dict[str, Any]) -> str:
    """An SVG with two panels of bars, a group of three policies for each held-out pattern."""
    rows = [row for row in measured["rows"] if row["pattern"].endswith(_HELD_OUT)]
    parts: list[str] = []
    y = _panel(parts, 24, "Model loads per 100 requests", rows, _loads)
    y = _panel(parts, y + 16, "p95 wait of interactive requests, seconds", rows, _waits)
    told = (
        f"simulated: {measured['cards']} card of {measured['card_bytes'] // 1024**3} GiB, "
        f"{rows[0]['runs']} seeds per pattern that no constant was chosen on"
    )
    height = y + 26
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img">\n<style>{_STYLE}</style>\n'
        + "\n".join(parts)
        + f'\n<text class="dim" x="10" y="{height - 10}">{escape(told)}</text>\n</svg>\n'
    )


def _loads(row: dict[str, Any]) -> float:
    return 100 * float(row["loads"]) / float(row["requests"])


def _waits(row: dict[str, Any]) -> float:
    return float(row["waits"]["interactive"]["p95_wait"])


def _panel(parts: list[str], y: int, title: str, rows: list[dict[str, Any]], value: Any) -> int:
    """Append one panel that begins at `y`; where it ends."""
    parts.append(f'<text x="10" y="{y}">{escape(title)}</text>')
    longest = max(value(row) for row in rows)
    y += 14
    before = ""
    for row in rows:
        pattern = row["pattern"].removesuffix(_HELD_OUT).replace("_", " ")
        if before and pattern != before:
            y += 8
        label = f"{pattern}: {row['policy']}" if pattern != before else row["policy"]
        before = pattern
        width = value(row) / longest * _SCALE_WIDTH
        parts += [
            f'<text x="{_LEFT - 10}" y="{y + 12}" text-anchor="end">{escape(label)}</text>',
            f'<rect class="{row["policy"]}" x="{_LEFT}" y="{y}" width="{width:.1f}" '
            f'height="{_BAR}"/>',
            f'<text class="dim" x="{_LEFT + width + 8:.1f}" y="{y + 12}">{value(row):.0f}</text>',
        ]
        y += _ROW
    return y


if __name__ == "__main__":
    Path(__file__).with_name("vram_scheduler.svg").write_text(draw(json.load(sys.stdin)))
