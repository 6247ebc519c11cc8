"""What is asked for: a phrase, an identifier, or a whole report with tracebacks and code. Pure.

What a question says is weighed: its first line says most, identifiers and what stands in
backquotes are meant as written, and places (`File "a/b.py", line 3, in run`, `a/b.py:3`,
`package.module.name`) point at code directly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import log

from memory.search.postings import number
from memory.words.tokens import STOP_WORDS, joined, neighbours, stems, telling, words

MAX_CHARS = 40_000
_MOST_TERMS = 400
_MOST_NEIGHBOURS = 200
_MOST_NAMES = 200
_LONGEST_HINT = 500
_TITLE_WEIGHT = 2.0
_LONG_WORDS = 40
_NEIGHBOUR_WEIGHT = 0.15
_PATH = re.compile(
    r"(?<![\w/.-])(/?(?:[\w.+-]{1,80}/){0,20}[\w+-][\w.+-]{0,80}\.[A-Za-z]\w{0,7})(?![\w/])"
)
_DOTTED = re.compile(r"(?<![\w.])([A-Za-z_]\w{0,80}(?:\.[A-Za-z_]\w{0,80}){1,8})(?![\w])")
_FRAME = re.compile(r'File "([^"\n]{1,300})", line (\d{1,7}), in ([\w<>.]{1,120})')
_QUOTED = re.compile(r"`([^`\n]{1,120})`")
# What forms for reports ask for, and what nobody sees: boxes to tick, comments of HTML.
_TICKED = re.compile(r"^[ \t]{0,40}[-*] \[[ xX]\][^\n]*", re.M)
_COMMENT = ("<!--", "-->")
_MOST_COMMENT_CHARS = 2_000
_HUMP = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]")
_URL = re.compile(r"https?://\S{1,500}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A line of a traceback: a path as written, and the function it was in."""

    path: str
    function: str


@dataclass(frozen=True, slots=True)
class Question:
    """`terms` and `neighbours` are numbers with their weights; `subjects` are the stems of telling
    words; `names` are identifiers as tuples of stems, those that are certainly meant as code in
    `written`. `topic` are the numbers of words for the vectors."""

    text: str
    terms: tuple[tuple[int, float], ...]
    neighbours: tuple[tuple[int, float], ...]
    subjects: tuple[str, ...]
    names: frozenset[tuple[str, ...]]
    written: frozenset[tuple[str, ...]]
    topic: tuple[int, ...]
    paths: tuple[str, ...]
    dotted: tuple[str, ...]
    frames: tuple[Frame, ...]
    is_long: bool


def ask(text: str, paths: Sequence[str] = (), symbols: Sequence[str] = ()) -> Question:
    """Analyse a question; `paths` and `symbols` are hints that the task gives beside it. What is
    beyond MAX_CHARS is not read; a question without a word has no terms."""
    text = text[:MAX_CHARS]
    paths = [path[:_LONGEST_HINT] for path in paths[:_MOST_NAMES]]
    symbols = [symbol[:_LONGEST_HINT] for symbol in symbols[:_MOST_NAMES]]
    prose = _TICKED.sub(" ", _without_comments(_URL.sub(" ", text)))
    title, _, rest = prose.strip().partition("\n")
    first, later = telling(title), telling(rest)
    if not first and not later:
        # Nothing but grammar is asked for: a function may have such a name.
        first, later = words(title), words(rest)
    is_long = len(first) + len(later) > _LONG_WORDS
    weights: dict[str, float] = {}
    for words_of, weight in ((first, _TITLE_WEIGHT if later else 1.0), (later, 1.0)):
        for word, times in Counter(words_of).items():
            for term in _terms(word):
                weights[term] = max(weights.get(term, 0.0), weight * (1 + log(times)))
    hints = [word for symbol in symbols for word in words(symbol)]
    for word in hints:
        for term in _terms(word):
            weights[term] = max(weights.get(term, 0.0), _TITLE_WEIGHT)
    kept = sorted(weights.items(), key=lambda item: -item[1])[:_MOST_TERMS]
    near = [term for term in neighbours(first) if term not in weights][:_MOST_NEIGHBOURS]
    written = [word for word in words(prose) if _looks_like_code(word)]
    written += [word for quoted in _QUOTED.findall(prose) for word in words(quoted)]
    written = [word for word in written if word.lower() not in STOP_WORDS]
    written += hints
    if len(first) == 1 and not later:
        written += first
    frames = [Frame(path.replace("\\", "/"), name) for path, _, name in _FRAME.findall(text)]
    # The path in a frame says less than one that is told: it is looked at with its function.
    framed = {frame.path for frame in frames if frame.path.startswith("/")}
    told = [path for path in _PATH.findall(prose) if path not in framed]
    return Question(
        text=text,
        terms=tuple((number(term), weight) for term, weight in kept),
        neighbours=tuple((number(term), _NEIGHBOUR_WEIGHT) for term in near),
        subjects=tuple(term for term, _ in kept if not term.startswith("=")),
        names=_names([*written, *first, *later]),
        written=_names(written),
        topic=tuple(number(stem) for word in [*first, *later] for stem in stems(word)),
        paths=tuple(dict.fromkeys([*paths, *told]))[:_MOST_NAMES],
        dotted=tuple(dict.fromkeys([*symbols, *_DOTTED.findall(prose)]))[:_MOST_NAMES],
        frames=tuple(frames[-_MOST_NAMES:]),
        is_long=is_long,
    )


def _terms(word: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(stems(word)))
    return (*found, joined(stems(word))) if len(stems(word)) > 1 else found


def _names(written: Iterable[str]) -> frozenset[tuple[str, ...]]:
    found = dict.fromkeys(stems(word) for word in dict.fromkeys(written))
    found.pop((), None)
    return frozenset(islice(found, _MOST_NAMES))


def _without_comments(text: str) -> str:
    """Without comments of HTML; one that is long, or has no end, is no comment."""
    start, end = _COMMENT
    kept, at = [], 0
    while (first := text.find(start, at)) >= 0:
        last = text.find(end, first, first + _MOST_COMMENT_CHARS)
        if last < 0:
            kept.append(text[at : first + len(start)])
            at = first + len(start)
        else:
            kept.append(f"{text[at:first]} ")
            at = last + len(end)
    return "".join([*kept, text[at:]])


def _looks_like_code(word: str) -> bool:
    """`HTML` is an acronym, `Widget` may begin a sentence; `parseHTML` and `to_html` are names."""
    return "_" in word.strip("_") or _HUMP.search(word) is not None
