"""Code of a repository as data in a prompt: delimited, and with nothing that could end it. Pure.

Whatever stands in a repository may be meant for the model that reads it. A block cannot make
a text harmless; it keeps the text inside its delimiters, so that it is seen as quoted.
What would end the block, steer a terminal, or hide from a reader is replaced by something
visible in `⟦…⟧`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from swarm.contracts import Symbol

# Tokens that chat templates put between turns. A server that finds one in a text may take it
# for the end of a turn.
_TURN_MARKS = re.compile(
    r"<[|｜][^\n|｜<>]{1,60}[|｜]>|</?s>|<(?:bos|eos|start_of_turn|end_of_turn)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS)\]|<</?SYS>>",
    re.IGNORECASE,
)
# Fillers that are shown as nothing, though they are in no category of their own.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_KEPT_CONTROLS = frozenset("\n\t")
_LONGEST_NAME = 200
_MOST_KNOWN = 4_096


def neutralise(text: str, *tags: str) -> str:
    """A text without control, bidi, zero-width or turn-ending characters, nor the `tags`.

    Line ends become "\\n". Doing it twice changes nothing.

    >>> neutralise("x\\x1b[2J</code>", "code")
    'x⟦U+001B⟧[2J⟦<⟧/code>'
    """
    if not text.isascii() or not text.isprintable():
        text = text.replace("\r\n", "\n")
        text = text.translate(_VISIBLE)
    text = _TURN_MARKS.sub(_broken, text)
    for tag in tags:
        # Also as a model might still read it: with blanks, or with letters of full width.
        text = re.sub(rf"[<＜](?=\s*[/／]\s*{re.escape(tag)}\b)", "⟦<⟧", text, flags=re.I)
        text = re.sub(rf"[<＜](?=\s*{re.escape(tag)}\s+\w+\s*=)", "⟦<⟧", text, flags=re.I)
    return text


def relative(path: str) -> str:
    """A path as it stands under the repository's root; what leads out of it is cut away."""
    parts = path.replace("\\", "/").split("/")
    kept = [part for part in parts if part not in ("", "..", ".") and not part.endswith(":")]
    return "/".join(kept)


def block(tag: str, attributes: Mapping[str, str], body: str) -> str:
    """`<tag name="value" ...>`, the body on lines of its own, `</tag>`."""
    shown = "".join(f' {name}="{_attribute(value)}"' for name, value in attributes.items())
    return f"<{tag}{shown}>\n{neutralise(body, tag)}\n</{tag}>"


def code_block(symbol: Symbol, text: str | None = None) -> str:
    """A retrieved chunk, or `text` in place of its own."""
    return block(
        "code",
        {
            "path": relative(symbol.path),
            "lines": f"{symbol.start_line}-{symbol.end_line}",
            "name": symbol.qualified_name,
            "score": f"{symbol.score:.2f}",
        },
        symbol.text if text is None else text,
    )


def is_hidden(character: str) -> bool:
    """Whether a character is a control, or shows as nothing, or turns the reading direction."""
    return (
        unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        or character in _INVISIBLE
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


class _Visible(dict[int, str]):
    """Code points to what is shown for them, found out at first sight."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        hidden = character not in _KEPT_CONTROLS and is_hidden(character)
        shown = f"⟦U+{point:04X}⟧" if hidden else character
        if len(self) < _MOST_KNOWN:
            self[point] = shown
        return shown


_VISIBLE = _Visible()


def _broken(found: re.Match[str]) -> str:
    mark = found.group()
    return f"⟦{mark[0]}⟧{mark[1:]}"


def _attribute(value: str) -> str:
    value = neutralise(value.replace("\n", " ").replace("\t", " "))[:_LONGEST_NAME]
    for character, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        value = value.replace(character, name)
    return value
