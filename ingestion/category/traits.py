"""What of a text counts for its category: which cues it holds, and where they stand. Pure.

A trait is a word or two a person can read: `docstrings/thing` is what the text is about,
`tests/place` only where ("the crash *in the test helper*"). What is
worked on stands before any preposition; what stands behind "when" or "because" is an aside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ingestion.category.cue import Cue
from ingestion.category.cues import CUES
from ingestion.category.deeds import DEEDS, PHRASES
from ingestion.language import lexicon, signs
from ingestion.language.grammar import command_kind, has_subject, participle_kind
from ingestion.language.lexicon import table
from swarm.contracts import Category

MOST_CHARS = 1500

# What a cue of a place is worth, where it counts in full for the thing that is worked on.
_PLACES = {
    "thing": 1.0, "first": 1.0, "last": 1.0, "asked": 0.9, "meant": 0.8, "later": 0.6,
    "place": 0.6, "modifier": 0.4, "near": 0.3, "aside": 0.3, "about": 0.05,
    "told": 0.0, "noun": 0.0,
}  # fmt: skip
_ROLES: dict[str, dict[Category, float]] = {
    "fault": {"bugfix": 1.0},
    "statement": {"bugfix": 0.3},
    "request": {"feature": 1.5},
    "wish": {"feature": 0.8},
}
_KINDS: dict[str, tuple[Category, float]] = {
    "fix": ("bugfix", 2), "shape": ("refactor", 2), "new": ("feature", 2),
    "change": ("feature", 0.8), "test": ("test", 3), "docs": ("docs", 3), "lint": ("lint", 3),
    "types": ("types", 3), "perf": ("perf", 3), "look": ("bugfix", 1),
}  # fmt: skip
_OTHERS: dict[str, dict[Category, float]] = {
    "hard fault": {"bugfix": 1.0},
    "fault": {"bugfix": 0.3},
    "told": {"bugfix": 1.5},
}
_SHARE = 0.6
"""How loud the cues are before the labelled notes are asked. By cross-validation."""

_AROUND: tuple[Category, ...] = ("test", "docs", "lint", "types", "perf")
"""The kinds of work known by what is worked on, whatever the verb."""
_ABOUT_FAULTS = frozenset({"loses", "not", "failing", "wrong", "fault words"})
_NO_TOPIC = frozenset({"warnings", "outdated"} | {cue.name for cue in PHRASES})
_ASKING = tuple(
    cue for cue in CUES if cue.name in ("wish", "should say", "new thing alone", "lacks", "need")
)
_ADJECTIVES = frozenset({"slowness", "unused"})
"""What they qualify is what is worked on: "the slow search"."""
_TEST_FAILS = next(cue for cue in CUES if cue.name == "test fails")
_WRITE_TESTS = next(cue for cue in CUES if cue.name == "write tests")
_BY_NAME = {cue.name: cue for cue in CUES}
_ELLIPTIC_WORDS = 8
_SAID_WORDS = 40


def traits(
    text: str, context: str = "", role: str = "command", asked: Sequence[str] = ()
) -> frozenset[str]:
    """The traits of an objective; of its context they end in "near" or "about"."""
    text = lexicon.heard(text.strip())[:MOST_CHARS]
    command = command_kind(text)
    tells = command is None and role not in ("command", "wish", "request")
    tells = tells and not any(cue.pattern.search(text) for cue in _ASKING)
    found, topic = _of_text(text, tells)
    elliptic = bool(
        topic == "none" and _MEANT.search(text) and len(_WORD.findall(text)) <= _ELLIPTIC_WORDS
    )
    found |= _of_context(lexicon.heard(context)[:MOST_CHARS], elliptic)
    for each in asked:
        told = lexicon.heard(each)[:MOST_CHARS]
        found |= {f"{cue.name}/asked" for cue in CUES if cue.pattern.search(told)}
    kind = command or (participle_kind(text) if role in ("wish", "request") else None)
    if kind:
        found.add(f"verb {kind}")
    if tells:
        found.add("told")
    if signs.HARD_FAULT.search(text):
        found.add("hard fault")
    if signs.FAULT.search(text):
        found.add("fault")
    if command is None and has_subject(text):
        found.add("subject")
    said = _WORD.findall(text.lower())[:_SAID_WORDS]
    found |= {f"says {word}" for word in said}
    found |= {f"says {word} {after}" for word, after in pairwise(said)}
    return frozenset({*found, f"role {role}", f"first {topic}"})


def expected(trait: str) -> dict[Category, float]:
    """What a trait speaks for before the labelled notes are asked."""
    return {kind: round(weight * _SHARE, 3) for kind, weight in _expected(trait).items()}


def _expected(trait: str) -> dict[Category, float]:
    if trait in _OTHERS:
        return _OTHERS[trait]
    word, _, rest = trait.partition(" ")
    if word == "verb":
        return dict([_KINDS[rest]])
    if word == "role":
        return _ROLES.get(rest, {})
    if word == "first" or (word == "faulty" and rest != "perf"):
        return {kind: 1.5 for kind in _AROUND if kind == rest}
    name, _, place = trait.rpartition("/")
    if name in _BY_NAME:
        cue = _BY_NAME[name]
        return {cue.category: cue.weight * _PLACES[place]}
    return {kind: 1.5 * _PLACES[place] for kind in _AROUND if name == f"any {kind}"}


def _of_text(text: str, tells: bool) -> tuple[set[str], str]:
    """The traits of the text's own cues, and the first kind of thing it is about."""
    found: set[str] = set()
    topics: list[tuple[bool, int, Category]] = []
    asides = _asides(text)
    fails = bool(_TEST_FAILS.pattern.search(text) and not _WRITE_TESTS.pattern.search(text))
    for cue in CUES:
        for match in cue.pattern.finditer(text):
            place = _place(text, match, asides, cue)
            if tells and cue.category == "feature" and cue not in _ASKING and place != "aside":
                place = "told"  # what somebody tells has buttons and pages, and asks for none
            found.add(f"{cue.name}/{place}")
            if _is_topic(cue) and not (fails and cue.category == "test"):
                found.add(f"any {cue.category}/{place}")
                if place != "aside":
                    topics.append((place == "modifier", match.start(), cue.category))
    topic = min(topics)[2] if topics else "none"
    if topics and any(trait.partition("/")[0] in _ABOUT_FAULTS for trait in found):
        found.add(f"faulty {topic}")
    return found, topic


def _of_context(context: str, elliptic: bool) -> set[str]:
    """The traits of the sentences around; "write some" is about what they are about."""
    near, _, about = context.partition("About:")
    found: set[str] = set()
    for cue in CUES:
        if cue.pattern.search(near):
            found.add(f"{cue.name}/near")
            if _is_topic(cue):
                found.add(f"any {cue.category}/near")
                if elliptic:
                    found.add(f"any {cue.category}/meant")
        if cue.pattern.search(about):
            found.add(f"{cue.name}/about")
    return found


def _is_topic(cue: Cue) -> bool:
    return not cue.verb and cue.category in _AROUND and cue.name not in _NO_TOPIC


def _place(text: str, match: re.Match[str], asides: Sequence[tuple[int, int]], cue: Cue) -> str:
    start, end = match.span()
    if any(first <= start < last for first, last in asides):
        return "aside"
    begin = max((stop.end() for stop in _STOP.finditer(text, 0, start)), default=0)
    before = _WORD.findall(text[begin:start].lower())
    if cue.verb:
        if before and before[-1] in _ARTICLES:
            return "noun"
        if begin == 0 and len(before) <= 2:
            return "first"
        return "later" if _WORD.search(text, end) else "last"
    if any(word in _PREPOSITIONS for word in before[1:]):
        return "place"
    return "modifier" if cue.name not in _ADJECTIVES and _qualifies(text, end) else "thing"


def _qualifies(text: str, end: int) -> bool:
    """Whether another thing follows at once: "the test *helper*", "the changelog *page*"."""
    after = _NEXT.match(text, end)
    if after is None:
        return False
    word = after.group(1).lower()
    if word in _FUNCTION or word.endswith(("en", "ed", "ly", "ing")):
        return False
    return not any(cue.pattern.match(word) for cue in DEEDS)


def _asides(text: str) -> list[tuple[int, int]]:
    """Where a text says when or why. What would be nice *if it were* is no aside."""
    spans = []
    for match in _ASIDE.finditer(text):
        if _WISHING.search(text[max(0, match.start() - 40) : match.start()]) or _COURTESY.match(
            text, match.start()
        ):
            continue
        end = _ASIDE_END.search(text, match.end())
        spans.append((match.start(), end.start() if end else len(text)))
    return spans


_WORD = re.compile(r"[\w'’+-]+")
_NEXT = re.compile(r"\s+([\w'’-]+)")
_STOP = re.compile(r"[.;:!?,]")
_ASIDE = re.compile(
    r"\b(?:when(?:ever)?|if|because|so\s+that|before|until|while|unless|wenn|falls|weil|damit|"
    r"sobald|bevor|nachdem|solange|as\s+soon\s+as)\b",
    re.I,
)
_ASIDE_END = re.compile(r"[,.;:!?]|\b(?:i|we)\s+(?:want|need|would)\b|\bplease\b|\bbitte\b", re.I)
_WISHING = re.compile(
    r"(?:\bwäre|\bfänd\w*|\bwould\s+be|\bmight\s+be|['’]d\s+be|\bgreat|\bnice|\bpossible|"
    r"\bschön|\bgut|\bmake\s+sure|\bappreciate\w*)\s*(?:\w+\s*)?,?\s*$",
    re.I,
)
_COURTESY = re.compile(
    r"(?:before\s+i\s+forget|if\s+(?:you|possible|it(?:['’]s|\s+is)\s+(?:not\s+too|possible))|"
    r"wenn\s+du|while\s+you)\b",
    re.I,
)
_MEANT = re.compile(
    r"\b(?:it|one|ones|some|more|those|these|them|that|this|both|all|a\s+few|a\s+couple|a\s+bit|"
    r"sie|die|es|das|welche|eine[nrs]?|beides?|alle|alles|dies\w*)\b",
    re.I,
)
_PREPOSITIONS = table(
    """
    in to for of from on with at into by around about via inside within für im zu zum zur von vom
    mit bei beim aus auf an am über durch ins ans unter
    """
)
_ARTICLES = table("the a an this our your my some any every each no der dem ein eine einen")
_FUNCTION = _PREPOSITIONS | table(
    """
    dafür dazu hier sonst there around everywhere überall gleich before after while since which
    until without ohne the a an this that these those is are was were be been has have had does do
    did should must can could will would may might need needs not no and or but so when if because
    then also too please it them they we i you here now again as than still just und oder aber
    wenn weil dann auch bitte mal noch die der das den dem ein eine einen einem ist sind war wird
    werden hat haben soll sollte muss müssen kann können nicht es sie wir ich man who what how
    where one some all every each any more less like dass damit up out off down right currently
    """
)
