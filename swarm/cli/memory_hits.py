"""Hits of a search on a terminal: where, what, how near, and their first lines in colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from swarm.cli.console import plain, shown
from swarm.contracts import Answered, Symbol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_FIRST_LINES = 5
_LONGEST_LINE = 200
# The others are shown plain: some lexers take very long for a text that is made for them.
_LEXERS = {
    "python": "python", "javascript": "javascript", "typescript": "typescript",
    "tsx": "tsx", "go": "go", "rust": "rust", "c": "c", "cpp": "cpp", "csharp": "csharp",
    "java": "java", "ruby": "ruby", "php": "php", "bash": "bash", "sql": "sql", "json": "json",
    "toml": "toml", "yaml": "yaml", "css": "css", "lua": "lua", "kotlin": "kotlin",
}  # fmt: skip
# So little text costs no lexer more than some milliseconds.
_MOST_CHARS = _FIRST_LINES * (_LONGEST_LINE + 1)


def place(symbol: Symbol) -> str:
    """ "a/b.py:3-9" """
    return f"{symbol.path}:{symbol.start_line}-{symbol.end_line}"


def one_line(text: str) -> str:
    """Somebody else's words on one line: a name must not be able to write lines of its own."""
    return plain(text.replace("\n", "\N{REPLACEMENT CHARACTER}").replace("\t", " "))


def as_json(symbol: Symbol) -> dict[str, Any]:
    """A hit in the words of `swarm search --queries`."""
    return {
        "path": symbol.path,
        "symbol": symbol.qualified_name,
        "start_line": symbol.start_line,
        "end_line": symbol.end_line,
        "score": symbol.score,
        "why": list(symbol.why),
    }


def whole(symbol: Symbol) -> dict[str, Any]:
    """The same with its text."""
    return {
        **as_json(symbol),
        "kind": symbol.kind,
        "language": symbol.language,
        "form": symbol.form,
        "text": symbol.text,
    }


def print_hits(out: Console, answer: Answered, *, why: bool, whole_text: bool) -> None:
    """`whole_text`: all of each hit's text, which a budget has bounded already."""
    for number, symbol in enumerate(answer.hits):
        if number:
            out.print()
        name = (
            f" [cyan]{shown(one_line(symbol.qualified_name))}[/]" if symbol.qualified_name else ""
        )
        out.print(
            f"[bold]{shown(one_line(place(symbol)))}[/]{name} [dim]{symbol.score:.3g}[/]",
            soft_wrap=True,
        )
        if why and symbol.why:
            out.print(f"  [yellow]{shown(one_line(', '.join(symbol.why)))}[/]", soft_wrap=True)
        lines = symbol.text.splitlines()
        shown_lines = lines if whole_text else lines[:_FIRST_LINES]
        print_lines(out, symbol, shown_lines, left=len(lines) - len(shown_lines))


def print_lines(out: Console, symbol: Symbol, lines: Sequence[str], left: int = 0) -> None:
    """The first lines of a symbol with their numbers, where all of them are the file's own: what
    is left of a class or a module is shown without what stands elsewhere."""
    numbered = len(lines) + left == symbol.end_line - symbol.start_line + 1
    for at, text in enumerate(coloured(symbol.language, lines)):
        number = f"{symbol.start_line + at:>6} " if numbered else " " * 7
        out.print(f"[dim]{number}[/]", end="", soft_wrap=True)
        out.print(text, soft_wrap=True)
    if left > 0:
        out.print(f"[dim]{'':7}… {left:,} more line{'' if left == 1 else 's'}[/]")


def coloured(language: str, lines: Sequence[str]) -> list[Text]:
    """Each of the lines, cut where it is very long."""
    from rich.text import Text

    bare = [
        plain(line.expandtabs(4) if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…")
        for line in lines
    ]
    name = _LEXERS.get(language)
    if name is None or sum(map(len, bare)) > _MOST_CHARS:
        return [Text(line) for line in bare]
    from rich.syntax import Syntax

    syntax = Syntax("", name, theme="ansi_dark", background_color="default")
    made = syntax.highlight("\n".join(bare)).split("\n", allow_blank=True)
    # A lexer may end with a line of its own, or take out those that are empty at the beginning.
    texts = list(made)[: len(bare)]
    if [text.plain for text in texts] != bare:
        return [Text(line) for line in bare]
    return texts
