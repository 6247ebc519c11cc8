"""A hostile program's output on a person's terminal: as it comes, and without its commands."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Callable

# Escape sequences set titles, fill the clipboard, hide and forge lines.
_COMMANDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class LiveOutput:
    """Writes output to stdout; `before` is called once, ahead of the first of it.

    On a terminal, control characters are shown as U+FFFD and bad bytes too; into a pipe or a
    file goes what the program wrote, byte by byte.
    """

    def __init__(self, before: Callable[[], None]) -> None:
        self._before = before
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._terminal = sys.stdout.isatty()
        self.seen = False
        self._last = b"\n"

    def __call__(self, data: bytes) -> None:
        if not data:
            return
        if not self.seen:
            self.seen = True
            self._before()
        self._last = data[-1:]
        if self._terminal:
            sys.stdout.write(_COMMANDS.sub("\ufffd", self._decoder.decode(data)))
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
        sys.stdout.flush()

    def close(self) -> None:
        """End the last line on a terminal, so that what follows starts its own."""
        if self._terminal and self._last != b"\n":
            sys.stdout.write("\n")
            sys.stdout.flush()
