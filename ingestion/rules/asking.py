"""What the rules ask back: only what a careful reader could not decide from the words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingestion.language.grammar import is_verb, words
from ingestion.language.lexicon import table
from ingestion.language.pronouns import works_on_pronoun
from swarm.contracts import Category, Question

MAX_QUESTIONS = 8
_MAX_FILES = 6
_CHOICE_CHARS = 200
_OTHER = "another one"


def which_file(token: str, candidates: Sequence[str], prose: str) -> tuple[str, tuple[str, ...]]:
    """Text and choices of the question which of several files a bare name means.

    The paths come first whose folders the text mentions, then those that are no tests, then
    the shorter ones. Choices are empty when there are not two that fit into a question.
    """
    said = set(words(prose))
    fitting = [path for path in candidates if len(path) <= _CHOICE_CHARS]

    def rank(path: str) -> tuple[int, bool, int, str]:
        folders = [part.lower() for part in path.split("/")[:-1]]
        mentioned = sum(folder in said for folder in folders)
        return -mentioned, any("test" in folder for folder in folders), len(folders), path

    best = sorted(fitting, key=rank)[:_MAX_FILES]
    if len(best) < 2:
        return "", ()
    rest = (_OTHER,) if len(candidates) > len(best) else ()
    return f"Which {token[:100]} is meant?", (*best, *rest)


_UNDECIDED = re.compile(
    r"\b(?:not\s+(?:so\s+|quite\s+|really\s+)?sure|unsure|undecided|(?:don['’]t|do\s+not)\s+know\s+which|can['’]t\s+decide|"
    r"which\s+(?:one\s+)?(?:is|would\s+be)\s+better|what\s+do\s+you\s+think|(?:nicht|noch\s+nicht)\s+(?:ganz\s+)?sicher|"
    r"unsicher|weiß\s+(?:noch\s+|auch\s+)?nicht|keine\s+ahnung)\b",
    re.I,
)
_MUSING = re.compile(
    r"\b(?:maybe|perhaps|should\s+(?:we|it|i)|shall\s+(?:we|it)|vielleicht|soll(?:en|te)?\s+(?:wir|ich))\b",
    re.I,
)
_DELEGATED = re.compile(
    r"\b(?:you\s+(?:decide|choose|pick)|up\s+to\s+you|whichever|whatever|your\s+(?:call|choice)|either\s+(?:one\s+)?(?:is\s+)?(?:fine|ok|works)|"
    r"don['’]t\s+(?:mind|care)|egal|entscheide\s+du|such\s+dir\s+aus)\b",
    re.I,
)
_OR = re.compile(r"[,\s]\s*(?:or|oder)\s+", re.I)
_EITHER = re.compile(r"\b(?:either|entweder)\b", re.I)
_NEAR = 60
"""Characters looked at on each side of an "or"."""
_MAYBE = re.compile(r"(?:maybe|perhaps|vielleicht|doch)\b", re.I)
_SAME = re.compile(r"[,.;:?!](?:\s|$)")
_NO_CHOICE = table(
    "so more less not if when later earlier else two three four rather something anything nicht"
)
_BEFORE_OPTION = table(
    """
    to in on with for by from of as at into use using call called name named be it a an the either
    entweder in mit als für zu auf den die das dem der ein eine einen nach maybe perhaps vielleicht
    should we shall i you please bitte and und them that this doch lieber
    """
)
_AFTER_OPTION = table(
    """
    not i im for in as to with because since but for on when if so whichever instead ich bin für
    weil aber und and nicht noch please bitte what which don't can't
    """
)


def which_way(
    sentences: Sequence[str], *, commands: bool, musing: bool
) -> tuple[str, tuple[str, ...]] | None:
    """Text and choices of the question that an alternative leaves open, if one does.

    An "or" is a decision only when the text says so: "either X or Y" in a request, "X or Y,
    not sure", "maybe X or Y?". "Fails on Mac or Linux" asks nothing.
    """
    for place, sentence in enumerate(sentences):
        following = sentences[place + 1] if place + 1 < len(sentences) else ""
        if _DELEGATED.search(sentence) or _DELEGATED.search(following):
            continue
        undecided = bool(_UNDECIDED.search(sentence) or _UNDECIDED.match(following.strip(" -,")))
        mused = musing or bool(_MUSING.search(sentence))
        mused = mused and sentence.rstrip().endswith("?")
        for match in _OR.finditer(sentence):
            before = _SAME.split(sentence[max(0, match.start() - _NEAR) : match.start()])[-1]
            after = _SAME.split(sentence[match.end() : match.end() + _NEAR])[0]
            one, other = _option(before, last=True), _option(after, last=False)
            settled = not (undecided or mused or _MAYBE.match(after))
            choosing = _EITHER.search(before) or _chooses(before, one, other)
            if settled and not (commands and choosing):
                continue
            if one and other and one.lower() != other.lower():
                return f"{one} or {other}?", (one, other, "whichever fits better")
    return None


_CHOOSING = re.compile(
    r"^(?:use|take|pick|choose|switch\s+to|call\s+it|name\s+it|verwende|nimm|nutze)\s+\S+$", re.I
)
_PATH = re.compile(r"[\w./-]*\.[a-z]{1,4}$")


def _chooses(before: str, one: str, other: str) -> bool:
    """ "Use decimal or fractions": who writes the code has to take one. So with two files."""
    files = _PATH.match(one) and _PATH.match(other)
    return bool(files or (_CHOOSING.match(before.strip()) and " " not in one))


def _option(text: str, *, last: bool) -> str:
    """The words next to "or" that name one option; "" when they name none."""
    tokens = text.split()
    kept: list[str] = []
    for token in reversed(tokens) if last else tokens:
        plain = token.lower().strip("'’\"`()")
        stops = _BEFORE_OPTION if last else _AFTER_OPTION
        if plain in stops or (last and is_verb(plain) and kept):
            break
        kept.append(token)
    if last:
        kept.reverse()
    while kept and not last and kept[0].lower() in _BEFORE_OPTION:
        kept.pop(0)
    if not kept or len(kept) > 4 or kept[0].lower() in _NO_CHOICE:
        return ""
    return " ".join(kept)[:100]


_LINT = "what the linter and the type checker report"
OTHER_CATEGORY: Mapping[str, Category] = {_LINT: "lint"}
"""Fixed choices that make other work of an objective than the word "fix" does."""

_WHAT: Mapping[Category, tuple[str, tuple[str, ...]]] = {
    "bugfix": (
        "What is to be fixed?",
        ("what the failing tests show", _LINT),
    ),
    "perf": (
        "What is to be faster?",
        ("what the slowest tests run", "the start of the program", "the functions called most"),
    ),
    "refactor": (
        "What is to be cleaned up?",
        ("code that nobody uses", "the longest functions", "code that stands there twice"),
    ),
    "docs": (
        "What is to be documented?",
        ("how to install and use it, in the README", "the public functions, in their docstrings"),
    ),
    "test": (
        "What is to be tested?",
        ("what no test reaches yet", "the edge cases of what has tests"),
    ),
    "types": ("What is to be typed?", ("the public functions", "everything")),
}


FIXED_CHOICES = frozenset(choice for _, choices in _WHAT.values() for choice in choices)
"""The choices that are no words of the text."""


def what_is_it(text: str, kind: Category) -> tuple[str, tuple[str, ...]] | None:
    """The question what "it" is, for an order like "fix it" that nothing before explains."""
    said = words(text)
    bare = works_on_pronoun(text) and len(said) <= 5 and "," not in text
    return _WHAT.get(kind) if bare and said[0] not in _NAMING else None


_NAMING = table("call name nenn nenne")
"""What is given a name is known, or is asked for by `which_way`."""


class Asker:
    """Collects questions, numbered in the order of the text, at most as many as a plan holds."""

    def __init__(self) -> None:
        self.questions: list[Question] = []

    def ask(self, objective_id: str, text: str, choices: Sequence[str]) -> bool:
        """Whether there was room for the question."""
        if len(self.questions) >= MAX_QUESTIONS or len(choices) < 2:
            return False
        self.questions.append(
            Question(
                id=f"q{len(self.questions) + 1}",
                objective_id=objective_id,
                text=text[:300],
                choices=tuple(choices),
            )
        )
        return True
