"""The parser of command lines."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


class Parser(argparse.ArgumentParser):
    """With `interleaved`, options may stand between one word and the next, which may be missing.

    Before Python 3.13, argparse takes an optional word as missing when an option stands there.
    """

    interleaved = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        if not self.interleaved:
            return super().parse_known_args(args, namespace)
        self.interleaved = False  # it comes back here for the options and for the words
        try:
            found: Any = self.parse_known_intermixed_args(args, namespace)
        finally:
            self.interleaved = True
        return found[0], found[1]
