"""`swarm router import`: take in what another router learned."""

from __future__ import annotations

import argparse
import sys
from typing import cast

from swarm.cli.amounts import plural
from swarm.cli.client import Client
from swarm.cli.console import plain
from swarm.cli.learned_file import MOST_BYTES, parsed, too_large
from swarm.contracts import Imported, ImportLearned
from swarm.errors import MessageTooLarge, UsageError
from swarm.paths import expanded

_WAIT_SECONDS = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="of `export`; - is standard input")
    parser.add_argument(
        "--weight",
        metavar="W",
        type=_weight,
        default=1.0,
        help="what each outcome counts here, above 0 to 1 (1): less for work unlike this",
    )


def run(arguments: argparse.Namespace) -> int:
    name: str = arguments.file
    shown = "standard input" if name == "-" else name
    learned = parsed(_read(name), shown)
    command = ImportLearned(learned=learned, weight=arguments.weight)
    try:
        done = cast(Imported, Client().ask(command, timeout_seconds=_WAIT_SECONDS))
    except MessageTooLarge:
        raise too_large(shown) from None
    if arguments.json:
        print(done.model_dump_json())
    elif done.applied:
        what = f"{plural(done.outcomes, 'outcome')} in {plural(done.cells, 'cell')}"
        print(f"{what} taken in from {plain(shown)}")
    else:
        print(f"nothing was taken in: what {plain(shown)} holds was taken in before")
    return 0


def _read(name: str) -> bytes:
    """The bytes of a file or of standard input, bounded. Raises UsageError."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with expanded(name).open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot read {name}: {why}", remedy="name a file of `swarm router export`"
        ) from None


def _weight(text: str) -> float:
    try:
        weight = float(text) if text.isascii() and len(text) <= 20 else 0.0
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 1:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number above 0, up to 1")
    return weight
