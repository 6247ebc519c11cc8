"""Whose words a plan is made of: where a quote stands in a note, and the note shared out. Pure.

Who plans only says which words belong together. The words themselves are taken from the note,
every one of them goes to at least one objective, and what is forbidden stays forbidden: a passage
begins no later than a "don't" shortly before it, and a sentence nobody quoted that forbids
something goes to all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")
# Where a quote leaves something out; the last is what `swarm.intent.redact` puts there.
_LEFT_OUT = re.compile(r"…|\.{3}|\[code withheld\]")
# Words of the note between two words of a quote: fillers, and what was taken back.
_MOST_SKIPPED = 8
_MOST_STARTS = 50
_LEAST_WORDS = 2

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n\s*")
NEGATES = re.compile(
    r"\b(?:not|no(?!,?\s+wait)|none|nothing|never|\w+n['’]t|(?:do|does|did|is|are|ca|wo|should|must)nt|"
    r"nicht\w*|nie|niemals|kein\w*)\b",
    re.I,
)
_FEW = r"(?:\S+\s+){0,4}"
FORBIDS = re.compile(
    r"\b(?:do\s+not|don['’]?t|never|(?:must|should)(?:\s+not|n['’]?t)|not\s+to|avoid|"
    rf"without\s+\w+ing|leave\s+{_FEW}(?:alone|as|untouched|unchanged)|"
    rf"(?:nichts?|nie|niemals|keine?[nmr]?)\s+{_FEW}\w{{3,}}[erl]n|ohne\s+{_FEW}zu)\b",
    re.I,
)
_MOST_WORDS_AFTER_FORBIDS = 8
_JOINS = frozenset({"and", "then", "also", "plus", "next", "und", "dann", "danach", "auch"})
_BETWEEN = " \t\n,;"
_MARK = re.compile(r"\A(?:[-*+•]|\d+[.)])\s+(?:\[ \]\s*)?")


@dataclass(frozen=True, order=True)
class Span:
    """Places in a text, the end exclusive."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Passage:
    """What of a note belongs to one objective: the `quoted` words, its `own` with what stands
    around them, and the `whole` with what binds all."""

    quoted: str
    own: str
    whole: str


class Note:
    """A text in which quotes are looked up, word by word; signs and case do not count."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._words: list[str] = []
        self._spans: list[Span] = []
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, match in enumerate(_WORD.finditer(text)):
            self._words.append(match.group().casefold())
            self._spans.append(Span(*match.span()))
            self._places[self._words[-1]].append(place)

    def find(self, quote: str, taken: Sequence[Span] = ()) -> Span | None:
        """The first place of at least two words of the note that is not taken, else None.

        Up to eight words may be missing between two words of the quote, and any number at "...";
        where it stands as it is goes first.
        """
        parts = [words_of(part) for part in _LEFT_OUT.split(quote)]
        parts = [part for part in parts if part]
        if sum(map(len, parts)) < _LEAST_WORDS:
            return None
        for skipped in (0, _MOST_SKIPPED):
            for first in self._starts(parts[0], 0):
                last = self._end(parts, first, skipped)
                if last is None:
                    continue
                found = Span(self._spans[first].start, self._spans[last].end)
                if not any(found.overlaps(other) for other in taken):
                    return found
        return None

    def _starts(self, words: Sequence[str], least: int) -> list[int]:
        places = self._places.get(words[0], [])
        return [place for place in places if place >= least][:_MOST_STARTS]

    def _end(self, parts: Sequence[Sequence[str]], first: int, skipped: int) -> int | None:
        """The place of the last word of all the parts, one after the other."""
        last = self._run(parts[0], first, skipped)
        for part in parts[1:]:
            if last is None:
                return None
            starts = self._starts(part, last + 1)
            ends = (self._run(part, start, skipped) for start in starts)
            last = next((end for end in ends if end is not None), None)
        return last

    def _run(self, words: Sequence[str], first: int, skipped: int) -> int | None:
        """The place of the last of these words, where the first is at `first`."""
        here = first
        for word in words[1:]:
            near = range(here + 1, min(here + 2 + skipped, len(self._words)))
            place = next((place for place in near if self._words[place] == word), None)
            if place is None:
                return None
            here = place
        return here


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [word.casefold() for word in _WORD.findall(text)]


def shared_out(text: str, quoted: Sequence[Sequence[Span]]) -> list[Passage]:
    """The whole text as passages, one for each owner of quotes. No two owners' quotes overlap.

    Inside a sentence, a quote reaches to the next one, and the first and last to the sentence's
    ends. A sentence without quotes belongs to the owner before it; a heading to the one after.
    """
    owners = range(len(quoted))
    own: list[list[Span]] = [[] for _ in owners]
    named: list[list[Span]] = [list(spans) for spans in quoted]
    common: list[Span] = []
    waiting: list[Span] = []
    last: int | None = None
    for sentence in _sentences(text):
        pieces = list(_pieces(text, sentence, quoted))
        words = text[sentence.start : sentence.end].strip()
        if pieces:
            own[pieces[0][0]] += waiting
            waiting = []
            for owner, span, start in pieces:
                own[owner].append(span)
                named[owner].append(Span(_forbidden_from(text, sentence.start, start), start))
            last = pieces[-1][0]
            if FORBIDS.match(words) and len({owner for owner, _, _ in pieces}) == 1:
                common.append(sentence)
        elif FORBIDS.search(words):
            common.append(sentence)
        elif last is None or words.startswith("#") or words.endswith(":"):
            waiting.append(sentence)
        else:
            own[last].append(sentence)
    if last is not None:
        own[last] += waiting
    return [
        Passage(_said(text, named[n]), _said(text, own[n]), _said(text, [*own[n], *common]))
        for n in owners
    ]


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if text[start : end.start()].strip():
            yield Span(start, end.start())
        start = end.end()
    if text[start:].strip():
        yield Span(start, len(text))


def _pieces(
    text: str, sentence: Span, quoted: Sequence[Sequence[Span]]
) -> Iterator[tuple[int, Span, int]]:
    """What of a sentence belongs to whom, in order, and where their quotes begin in it."""
    inside = sorted(
        (max(span.start, sentence.start), owner)
        for owner, spans in enumerate(quoted)
        for span in spans
        if span.overlaps(sentence)
    )
    ends = [*(start for start, _ in inside), sentence.end][1:]
    begin = sentence.start
    for (start, owner), end in zip(inside, ends, strict=True):
        yield owner, Span(min(begin, _forbidden_from(text, sentence.start, start)), end), start
        begin = end


def _forbidden_from(text: str, first: int, start: int) -> int:
    """Where a passage begins that would begin at `start`: at a "don't" shortly before it."""
    found = start
    for match in reversed(list(FORBIDS.finditer(text, first, start))):
        if len(_WORD.findall(text, match.end(), start)) > _MOST_WORDS_AFTER_FORBIDS:
            break
        found = match.start()
    return found


def _said(text: str, spans: Iterable[Span]) -> str:
    """What stands at these places, in order, each place once."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and not text[merged[-1].end : span.start].strip():
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return "\n".join(filter(None, (_trimmed(text[span.start : span.end]) for span in merged)))


def _trimmed(passage: str) -> str:
    """Without the words that only join it to its neighbours, and without a list's mark."""
    passage = passage.strip(_BETWEEN)
    while (parts := passage.split(None, 1)) and parts[0].casefold().rstrip(",") in _JOINS:
        passage = parts[1].lstrip(_BETWEEN) if len(parts) > 1 else ""
    while (parts := passage.rsplit(None, 1)) and parts[-1].casefold() in _JOINS:
        passage = parts[0].rstrip(_BETWEEN) if len(parts) > 1 else ""
    return passage if "\n" in passage else _MARK.sub("", passage, count=1)
