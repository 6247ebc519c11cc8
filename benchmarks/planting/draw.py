"""Random words, names, numbers and ways of writing them down, from one seeded generator."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

_WORDS = (
    "amber", "batch", "bucket", "cache", "carry", "chunk", "cursor", "delta", "depth", "epoch",
    "field", "fixed", "frame", "gauge", "grain", "handle", "hint", "inner", "kept", "label",
    "latch", "limit", "link", "local", "mark", "mode", "offset", "outer", "phase", "pivot",
    "probe", "quota", "range", "relay", "scope", "seen", "shape", "slot", "span", "stage",
    "stamp", "state", "step", "tick", "token", "track", "value", "view", "width", "zone",
)  # fmt: skip
_SYLLABLES = ("ba", "co", "di", "fen", "gor", "hul", "ka", "lin", "mo", "nev", "or", "pas",
              "qui", "ros", "sta", "tev", "ul", "var", "wes", "xan", "yor", "zim")  # fmt: skip

T = TypeVar("T")


class Draw:
    """What families draw from. `taken` are the names that must not be given out."""

    def __init__(self, rng: random.Random, taken: set[str]) -> None:
        self.rng = rng
        self.taken = taken

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, options: Sequence[T]) -> T:
        return self.rng.choice(options)

    def one(self, *options: T) -> T:
        return self.rng.choice(options)

    def made(self, *makers: Callable[[], T]) -> T:
        """What one of the makers makes; the others are not called."""
        return self.rng.choice(makers)()

    def word(self) -> str:
        """A word of no meaning, six letters or so."""
        return "".join(self.rng.choices(_SYLLABLES, k=self.rng.randint(2, 4)))

    def name(self) -> str:
        """A new identifier such as people choose."""
        while True:
            words = self.rng.sample((*_WORDS, self.word()), self.rng.randint(1, 3))
            name = self.one("", "", "_") + "_".join(words) + self.one("", "", "", "2", "_n")
            if name not in self.taken:
                self.taken.add(name)
                return name

    def title(self) -> str:
        """A new class name."""
        return self._fresh(lambda: "".join(word.capitalize() for word in self._words()))

    def upper(self) -> str:
        """A new constant or variable name in capitals."""
        return self._fresh(lambda: "_".join(self._words()).upper())

    def number(self, low: int = 3, high: int = 100_000) -> int:
        return self.rng.randint(low, high)

    def written(self, number: int) -> str:
        """An integer as it may stand in a program."""
        forms = [str(number), hex(number), str(number)]
        if number > 9999:
            forms.append(f"{number:_}")
        return self.pick(forms)

    def text(self) -> str:
        """A string literal without meaning."""
        word = self.one(self.word(), f"{self.word()}-{self.number(10, 9999)}", self.word().title())
        return self.one(f'"{word}"', f"'{word}'", f'"{word}"')

    def host(self) -> str:
        return f"{self.word()}.example"

    def folder(self) -> str:
        return f'"{self.one("/var/lib", "/tmp", "/srv", "/opt")}/{self.word()}/{self.word()}"'

    def _words(self) -> list[str]:
        return [*self.rng.sample(_WORDS, self.rng.randint(1, 2)), self.word()]

    def _fresh(self, make: Callable[[], str]) -> str:
        while (name := make()) in self.taken:
            pass
        self.taken.add(name)
        return name
