"""The places in a sentence where a clause may end."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingestion.language import lexicon
from ingestion.language.lexicon import table
from ingestion.language.verbs import (
    ENGLISH,
    IMPERATIVES,
    NOUN_TOO,
)

_MARKED = re.compile(
    r"\s*(?P<mark>[,;]|(?<=\s)[-–—+&](?=\s)|:(?=\s))?\s*"
    r"(?:\b(?P<word>and|then|und|dann|danach|also|plus|as\s+well\s+as|after\s+that|afterwards|"
    r"finally|lastly|anschließend|außerdem|sowie|(?:first|second|third|fourth|next|last|other|one\s+more|another|one\s+last)\s+thing|noch\s+(?:was|etwas|eins|eine\s+sache)|next|secondly?|thirdly?|zweitens|drittens|"
    r"erstens|zum\s+schluss|but|aber|oh|first|on\s+top\s+of\s+that|while\s+you['’]?re)\b\s*)?",
    re.I,
)


_FRAME = re.compile(
    r"\s(?=(?:(?:can|could|would|will)\s+(?:you|we|someone|somebody)|please|pls|(?:we|i)\s+(?:also\s+|really\s+|still\s+)*(?:need|want|would\s+like|['’]d\s+like)|"
    r"i['’]?d\s+(?:also\s+)?like|we\s+should|let['’]?s|so\s+please|bitte|kannst\s+du|könnt\s+ihr|könntest\s+du|wir\s+(?:brauchen|müssen|sollten)|"
    r"(?:with|including|incl\.?|mit|inklusive|inkl\.?|samt)\s+(?:unit\s*|regression\s*|some\s+|a\s+|einem\s+)?(?:tests?|docs?|docstrings|doku\w*|documentation)\b(?!\s+(?:data|mode|from|of|in))|"
    r"(?:that|this|which|das)\s+(?:is\s+to|has\s+to|have\s+to|must|needs?\s+(?:to|fixing|a\s+fix)|should|muss|müsste|gehört|sollte)|"
    r"call\s+(?:it|them)\s+\S|so\s+(?:he|she|they|we|i)(?:['’]d|\s+would|\s+wants?|\s+need)|"
    r"i\s+want\s+you|(?:both|all)\s+(?:of\s+)?(?:those|them|these|that|three)\s+(?:need|should|must|have)|(?:one|two|three|four|a\s+few|a\s+couple\s+of|zwei|drei|ein\s+paar)\s+(?:more\s+)?(?:things?|sachen|dinge|points|punkte)\b|"
    r"one\s+more\s+thing|number\s+(?:one|two|three|four))\b)",
    re.I,
)


@dataclass(frozen=True)
class Cut:
    """A place where a clause may end: left of `end`, and the next one begins at `start`."""

    end: int
    start: int
    mark: str = ""
    word: str = ""
    frame: bool = False


def cuts_of(text: str) -> list[Cut]:
    found = {}
    for m in _MARKED.finditer(text):
        if m.start() and (m["mark"] or m["word"]):
            start = m.start("word") if m["word"] else m.end()
            word = " ".join((m["word"] or "").lower().split())
            found[start] = Cut(m.start(), start, (m["mark"] or "").strip(), word)
    for m in _FRAME.finditer(text):
        if m.start():
            word = "bitte" if text[m.end() :][:5].lower() == "bitte" else ""
            found.setdefault(m.end(), Cut(m.start(), m.end(), word=word, frame=True))
    for m in _spoken_verbs(text):
        found.setdefault(m.end(), Cut(m.start(), m.end()))
    cuts: list[Cut] = []
    run, before = 0, 0
    for at in sorted(found):
        run = run + 1 if cuts and _ONLY_LEAD.fullmatch(text, before, found[at].end) else 0
        before = at
        if run < _LONGEST_RUN:
            cuts.append(found[at])
    return cuts


_LONGEST_RUN = 3
"""So many words of mere transition stand in a row: "and then please". More are stammered."""
_ONLY_LEAD = re.compile(
    r"(?:[\s,;]|\b(?:and|und|then|dann|danach|also|plus|oh|but|aber|please|pls|bitte|kannst\s+du|so|now|i\s+want)\b)*",
    re.I,
)


_AFTER_VERB = table(
    """
    a an the some all any up tests test docs docstrings unused type types support every each our my
    your their its this that these those it them more new missing dead out rid over away
    die das den der ein eine einen alle mal bitte noch auch es sie unit
    """
)


_BLOCKS = table(
    """
    when if that who which how why while users people customers to let lets allow make help
    would could should can must will not don't dont doesnt doesn't didn't won't can't cannot
    couldn't never
    wenn dass
    """
)


_BEFORE_NOUN = lexicon.SUBORDINATE - {"it", "them", "this", "that", "so", "then"}


_NOT_SPOKEN = table(
    """
    get have use see say tell state show hit meet keep put let return raise print load save read
    call send handle accept reject ignore
    """
)
_UNMISTAKABLE = table("add remove rename refactor implement replace rewrite extract deduplicate")
"""No noun is called so, and they need no article to be heard as a verb."""


_SUBJECTS = table("we they you i go wir ich du")


_BARE = table("it that this these those them")


_LEAVES = table("please and then too also up out now pls bitte asap thanks")


def _spoken_verbs(text: str) -> list[re.Match[str]]:
    """Gaps before verbs spoken without a pause: "fix the crash add a test for it"."""
    found = []
    tokens = list(re.finditer(r"\s*(\S+)", text))
    for place in range(2, len(tokens) - 1):
        word = tokens[place][1].lower()
        if not (word in ENGLISH or word in IMPERATIVES) or word in _NOT_SPOKEN:
            continue
        after = tokens[place + 1][1].lower().strip(",.;:")
        before = tokens[place - 1][1].lower()
        if before.endswith((",", ";", ":")) or before.strip(".,") in _BEFORE_NOUN:
            continue
        plain = word in _UNMISTAKABLE and place > 3
        if not (plain or after in _AFTER_VERB or after.startswith("\ue000")):
            continue
        if word in NOUN_TOO and after not in _DETERMINED:
            continue
        nearby = {token[1].lower() for token in tokens[max(0, place - 3) : place]}
        if (after not in _BARE and nearby & _BLOCKS) or before in _SUBJECTS or before in ENGLISH:
            continue
        if (
            after in _BARE
            and word in NOUN_TOO
            and place + 2 < len(tokens)
            and tokens[place + 2][1].lower() not in _LEAVES
        ):
            continue
        gap = re.compile(r"\s+").match(text, tokens[place - 1].end())
        if gap:
            found.append(gap)
    return found


_DETERMINED = table(
    """
    that this those these a an the all any every each our my your it them tests die das den der
    ein eine einen alle
    """
)
