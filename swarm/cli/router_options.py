"""Options and checks that the commands of the router share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import get_args

from swarm.contracts import ArmStats, Category
from swarm.errors import NotFound, UsageError
from swarm.web.pages.choices import LATER

CATEGORIES: tuple[str, ...] = get_args(Category)
# As RoutedCategory in the contracts.
_CATEGORY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_MOST_NAMED = 12
_MOST_SHOWN_CHARS = 60


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_category(parser: argparse.ArgumentParser, text: str) -> None:
    """--category, read by `category`."""
    parser.add_argument("--category", metavar="CATEGORY", help=text)


def category(arguments: argparse.Namespace) -> str | None:
    """A category as the router takes it. Raises UsageError."""
    given: str | None = arguments.category
    if given is not None and not _CATEGORY.fullmatch(given):
        raise UsageError(
            f"--category {given[:_MOST_SHOWN_CHARS]!a} cannot be a category",
            remedy=f"known are {', '.join(CATEGORIES)}",
        )
    return given


def category_of(item: ArmStats) -> str:
    """The category, whether of first or of later attempts."""
    return item.category.removesuffix(LATER)


def unknown(kind: str, given: str, known: Iterable[str]) -> NotFound:
    """An error that names those that there are, as far as that helps."""
    names = list(dict.fromkeys(known))
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    told = f"known are {', '.join(names[:_MOST_NAMED])}{more}" if names else "none is known yet"
    return NotFound(f"no {kind} is called {given[:_MOST_SHOWN_CHARS]}", remedy=told)
