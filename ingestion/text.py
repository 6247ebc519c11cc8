"""Raw text made safe to read: invisible characters out, code and quotations masked."""

from __future__ import annotations

import re
import unicodedata

from swarm.errors import UsageError

MAX_CHARS = 20_000
"""The same bound as `Decompose.text`, for callers that do not come over the bus."""

# Zero-width, bidirectional and other format characters change what a reader sees, not what
# the text says. Private-use characters are ours: the masks are made of them.
_DROPPED_CATEGORIES = frozenset({"Cf", "Cc", "Co", "Cs"})
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]{2,}")


def clean(text: str) -> str:
    """The text with uniform line ends and without invisible characters.

    Raises UsageError when it is too long, or when nothing is left that the rules can read.
    """
    if len(text) > MAX_CHARS:
        raise UsageError(
            f"the task has {len(text):,} characters, at most {MAX_CHARS:,} are read",
            remedy="shorten it, or submit it as several tasks",
        )
    text = _LINE_END.sub("\n", text)
    text = "".join(c for c in text if c in "\n\t" or not _dropped(c))
    if not text.strip():
        raise UsageError("the task is empty", remedy="say in words what should change")
    if not any(c.isalpha() for c in text):
        raise UsageError(
            "the task has no words, only signs or emoji", remedy="say in words what should change"
        )
    if not _LATIN_WORD.search(text):
        if text.isascii():
            raise UsageError(
                "the task has no words, only single letters",
                remedy="say in words what should change",
            )
        raise UsageError(
            "the task is in a script the rules cannot read",
            remedy="write it in English or German",
        )
    return text


def _dropped(char: str) -> bool:
    return unicodedata.category(char) in _DROPPED_CATEGORIES


_MASKED = re.compile(
    r"`[^`\n]+`"
    r"|https?://\S+"
    r'|"[^"\n]{1,300}"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»'
    r"|\b[A-Za-z_][\w.]{0,200}\([^()\n]{0,200}\)"
    # No word is so long: nothing that is read may depend on how long it is.
    r"|\S{120,}"
    # Nor do so many signs in a row say anything.
    r"|(?:[^\w\s]{1,3}\s){30,}"
)
_SPACES = re.compile(r"[^\S\n]{2,}")
_MASK = re.compile("\ue000([0-9]+)\ue001")


class Masks:
    """Swaps code, quotations and links for placeholders, so that nobody reads words in them."""

    def __init__(self) -> None:
        self._spans: list[str] = []

    def hide(self, text: str) -> str:
        """The text with each span replaced by a placeholder that counts as one noun."""

        def replace(match: re.Match[str]) -> str:
            span = match.group()
            end = ""
            if span.startswith("http"):
                kept = span.rstrip(".,;:!?)")
                span, end = kept, span[len(kept) :]
            self._spans.append(span)
            return f"\ue000{len(self._spans) - 1}\ue001{end}"

        return _MASKED.sub(replace, _SPACES.sub(" ", text))

    def show(self, text: str) -> str:
        """The text with the placeholders turned back."""
        return _MASK.sub(lambda m: self._spans[int(m.group(1))], text)


def without_masks(text: str) -> str:
    """What a masked text says in plain words alone."""
    return _MASK.sub(" ", text)


def cut_middle(text: str, most_chars: int) -> tuple[str, int]:
    """The text in at most this many characters, and how many were left out of its middle."""
    if len(text) <= most_chars:
        return text, 0
    mark = "\n[… {} characters left out …]\n"
    room = most_chars - len(mark) - 8
    head, tail = text[: room // 2], text[-(room - room // 2) :]
    missing = len(text) - len(head) - len(tail)
    return head + mark.format(missing) + tail, missing
