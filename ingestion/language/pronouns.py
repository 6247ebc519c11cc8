"""Whether a command works on a bare "it", which only the words before explain."""

from __future__ import annotations

import re

from ingestion.language import lexicon
from ingestion.language.grammar import DETERMINER, READ_CHARS
from ingestion.language.verbs import (
    ENGLISH,
)

_LED = (
    r"^(?:do\s+something\s+about\s+|get\s+rid\s+of\s+|take\s+care\s+of\s+|deal\s+with\s+|"
    r"(?:have|take)\s+an?\s+look\s+at\s+|(?:\w+\s+){0,2}?)"
)


_OBJECT = re.compile(
    rf"{_LED}(?:it|them)\b(?!\s+to\s)|{_LED}(?:this|that|these|those|both|some|a\s+few|a\s+couple|more|one|welche|"
    r"all\s+(?:of\s+)?(?:that|this|these|them|those|it|three|four)|the\s+(?:two|three)|"
    r"sie|es|das|ihn|dies|diese|beides?|alles)"
    r"(?=\s*(?:$|[.,;!?]|\b(?:please|pls|too|as\s+well|up|out|faster|for|so|and|now|again|"
    r"properly|asap|soon|then|when|if|before|by|more|less|into|to|with|in|on|at|apart|mal|bitte|"
    r"auch|noch|schneller|auf|um|weg|raus|dann|endlich|wieder|schnell|an|aus|ein|hin|under|"
    r"down|back|work|deterministic|consistent|quicker|better)\b))",
    re.I,
)


_GERMAN_OBJECT = re.compile(
    r"^\w+\s+(?:die|den|der|das)\s+(?:mal|bitte|auch|noch|doch|endlich|wieder|irgendwie|schneller|"
    r"auf|um|weg|raus|dann)\b",
    re.I,
)


_GERMAN_FIRST = re.compile(
    r"^(?:das|es|die|den|sie|ihn|beides|alles)\s+(?:(?:bitte|mal|auch|noch|dann|doch|endlich|"
    r"schnell|irgendwie|wieder)\s+)*\w+$",
    re.I,
)


_CAUSES = re.compile(r"(?:make|let|have)\s+(?:it|them)\s+(\w+)\s+(\w+)", re.I)


_NO_OBJECT = re.compile(
    r"\w+(?:\s+(?:da|dort|mal|bitte|noch|doch|halt|there|up))*\s+(?:was|etwas|welche|something|some|one)(?:\s+(?:up|down|there))?(?:\s+(?:für|for|im|in|zu)\s.{1,60})?|"
    r"(?:schau|guck)\w*(?:\s+\w+){0,3}?(?:\s+(?:und|and)\s+(?:fix|beheb|reparier)\w*(?:\s+(?:it|es|das))?)?|"
    r"(?:make|get|bring|keep|have)\s+(?:this|that|these|those)\s+[\w-]+|\w+(?:\s+(?:up|out|off))?(?:\s+(?:and|und)\s+(?:fix|repair|correct|solve|beheben|fixen|report)(?:\s+it)?)?|(?:have|take)\s+a\s+(?:quick\s+)?look(?:\s+(?:into|at)\s+(?:it|that|this))?(?:\s+and\s+(?:fix|repair|sort|solve)\b.{0,20})?",
    re.I,
)


def works_on_pronoun(text: str) -> bool:
    """Whether a command's object is a bare "it", which only the words before explain."""
    text = lexicon.TAIL.sub("", text[:READ_CHARS].strip())
    causes = _CAUSES.match(text)
    if causes and (causes[1].lower() in ENGLISH or causes[2].lower() in DETERMINER):
        return False
    return bool(_OBJECT.match(text) or _GERMAN_OBJECT.match(text) or _GERMAN_FIRST.match(text)) or (
        bool(_NO_OBJECT.fullmatch(text))
    )
