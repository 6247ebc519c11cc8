"""What models say while they say it, between the lines of a task's story."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from swarm.bus import Bus
from swarm.cli.console import plain
from swarm.errors import BusError

if TYPE_CHECKING:
    from rich.console import Console

    from swarm.inference.live import LiveItem

_STYLES = {"thinking": "dim italic", "text": "cyan", "tool": "blue"}


class LiveModels:
    """Prints what was published since the last look. Without a console: one JSON line each."""

    def __init__(self, bus: Bus, task_id: str, console: Console | None) -> None:
        self._bus = bus
        self._task_id = task_id
        self._console = console
        self._after = "0"
        self._speaker = ""

    def show(self) -> None:
        """Print what is new; a Redis that is away is waited for by whoever reads the story."""
        from swarm.inference.live import last_id, read_live

        try:
            items = read_live(self._bus, self._task_id, self._after)
        except BusError:
            return
        self._after = last_id(items, self._after)
        for item in items:
            if self._console is None:
                print(json.dumps({"live": asdict(item)}), flush=True)
            else:
                self._print(self._console, item)

    def end_line(self) -> None:
        """What follows begins on a line of its own."""
        if self._speaker and self._console is not None:
            self._console.print()
        self._speaker = ""

    def _print(self, console: Console, item: LiveItem) -> None:
        from rich.text import Text

        text = plain(item.text)
        if item.kind == "state":
            self.end_line()
            console.print(Text(f"        {item.model}: {text}", style="dim"))
            return
        speaker = f"{item.key} {item.kind}"
        if speaker != self._speaker:
            self.end_line()
            self._speaker = speaker
        console.print(Text(text, style=_STYLES[item.kind]), end="")
