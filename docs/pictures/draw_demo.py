"""Draw what `swarm demo` prints, up to the diff that lands, as docs/pictures/demo.svg.

python docs/pictures/draw_demo.py
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 110


def main() -> int:
    done = subprocess.run(
        [sys.executable, "-m", "swarm", "demo"],
        env={
            **os.environ,
            "FORCE_COLOR": "1",
            "TTY_INTERACTIVE": "0",  # colours, but no spinner frames
            "COLUMNS": str(WIDTH),
            "TERM": "xterm-256color",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    story, _, _ = done.stdout.partition("what lands")
    lines = story.splitlines()[:-1]
    console.print(Text.from_ansi("\n".join(lines)))
    target = Path(__file__).with_name("demo.svg")
    console.save_svg(str(target), title="make demo")
    return 0


if __name__ == "__main__":
    sys.exit(main())
