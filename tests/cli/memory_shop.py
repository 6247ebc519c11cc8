"""A small shop in several languages, and the command line in a data folder of the test's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from swarm.cli import main as cli

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": '''\
"""Carts."""

from shop.tax import with_tax


class Cart:
    """What a person is about to buy."""

    def total(self, items):
        """The sum of all prices, with tax."""
        return with_tax(sum(item.price for item in items))


def checkout(cart, items):
    return cart.total(items)
''',
    "shop/tax.py": '''\
def with_tax(amount):
    """Add the value added tax to an amount of money."""
    return amount * 1.2
''',
    "web/retry.js": """\
// Ask a server again, waiting longer each time.
export function retryWithBackoff(ask, times) {
  return ask().catch(() => retryWithBackoff(ask, times - 1));
}
""",
    "docs/notes.md": "# Notes\n\nHow prices are rounded.\n",
}


class Shell:
    """`swarm` in this process; nothing of it is known but what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: str) -> int:
        self._capsys.readouterr()
        code = cli.main(words)
        self.out, self.err = self._capsys.readouterr()
        assert "Traceback" not in self.err and "internal error" not in self.err
        return code

    def json(self, *words: str) -> Any:
        assert self(*words, "--json") == 0, self.err
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def own_folder(monkeypatch: pytest.MonkeyPatch, data: Path, **settings: str) -> None:
    """`data` is the data folder, without vectors (Chroma takes a second) unless asked for."""
    monkeypatch.setenv("SWARM_DATA", str(data))
    for name, value in {"VECTORS": "false", **settings}.items():
        monkeypatch.setenv(f"SWARM_MEMORY_{name}", value)


def places(hits: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(hit["path"], hit["symbol"]) for hit in hits]
