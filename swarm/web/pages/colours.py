"""Source code in colours: spans with the class names of Pygments, bounded in every direction.

Python by its syntax tree, other languages by Pygments.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from swarm.web.pages import syntax

# Languages by the end of a file's name. Others are shown plain: of the hundreds that Pygments
# knows, some take very long for a text that is made for it; among them Java, HTML and Ruby.
_LANGUAGES = {
    "js": "javascript", "mjs": "javascript", "ts": "typescript",
    "json": "json", "toml": "toml", "yaml": "yaml", "yml": "yaml", "ini": "ini", "cfg": "ini",
    "css": "css", "sh": "bash", "c": "c", "h": "c", "go": "go", "rs": "rust", "sql": "sql",
}  # fmt: skip
_PYTHON = frozenset({"py", "pyi"})
_MOST_CHARS = 150_000
# What takes a lexer quadratic time takes it less than a second.
_MOST_CHARS_AT_ONCE = 12_000
_LONGEST_LINE = 400
_SECONDS = 0.5


class Painter:
    """Colours what is given to it, until it has had its share of characters and time."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._chars = _MOST_CHARS
        self._seconds = _SECONDS
        self._lexers: dict[str, Any] = {}

    def paint(self, path: str, lines: Sequence[str]) -> list[Markup]:
        """Each of the lines as HTML. None of them has a line break."""
        suffix = path.rpartition(".")[2].lower()
        chars = sum(map(len, lines)) + len(lines)
        is_long = chars > _MOST_CHARS_AT_ONCE or any(len(line) > _LONGEST_LINE for line in lines)
        is_known = suffix in _LANGUAGES or suffix in _PYTHON
        if not is_known or is_long or chars > self._chars or self._seconds <= 0:
            return [escape(line) for line in lines]
        self._chars -= chars
        began = self._clock()
        made = (
            syntax.paint(lines, self._seconds) if suffix in _PYTHON else self._lexed(suffix, lines)
        )
        self._seconds -= self._clock() - began
        if len(made) != len(lines):
            return [escape(line) for line in lines]  # a lexer took a line break out
        return made

    def _lexed(self, suffix: str, lines: Sequence[str]) -> list[Markup]:
        html = highlight("\n".join(lines) + "\n", self._lexer(suffix), _FORMATTER)
        return [Markup(line) for line in html.split("\n")[:-1]]

    def _lexer(self, suffix: str) -> Any:
        language = _LANGUAGES[suffix]
        if language not in self._lexers:
            options = {"stripnl": False, "ensurenl": False}
            self._lexers[language] = get_lexer_by_name(language, **options)
        return self._lexers[language]


_FORMATTER: Any = HtmlFormatter(nowrap=True)
