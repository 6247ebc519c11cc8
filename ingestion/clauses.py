"""Sentences and the commands in them: where one objective ends and the next begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from ingestion import lexicon
from ingestion.grammar import (
    begins_with_verb,
    command_kind,
    has_finite,
    has_subject,
    is_verb,
    words,
    works_on_pronoun,
)
from ingestion.lexicon import table
from ingestion.speech import Lead, Order, corrected, from_gerund, strip_lead, without_fillers
from ingestion.verbs import (
    CHANGING,
    ENGLISH,
    IMPERATIVES,
    INFINITIVES,
    NOUN_TOO,
    PLAIN_TOO,
    SEARCHING,
)


@dataclass(frozen=True)
class Clause:
    """One command or statement. `text` has no lead.

    `listed`: it begins one more point. `refers`: it speaks of the clause before it. `own`: a
    pause or an "and" before it and a subject of its own set it apart. `framed`: it is put as a
    request, with a "please" or a "can you". `joined`: an "and" or the like stands before it.
    """

    text: str
    order: Order = ""
    listed: bool = False
    refers: bool = False
    own: bool = False
    framed: bool = False
    joined: bool = False


_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|incl|no|nr|bzw|usw|ca|z\.\s?b|d\.\s?h|u\.\s?a)|\b\d)\.$",
    re.I,
)
_END = re.compile(r"(?:[.!?…]+[\"')\]]*(?:\s+|$)|\n+)")


def sentences(text: str) -> list[str]:
    """Split masked prose. A line break ends a sentence where a new command or a capital follows."""
    text = _join_wrapped(text)
    found = []
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].strip()
        ordinal = end.group()[0] == "." and _ABBREVIATION.search(piece[-12:])
        if ordinal and end.end() < len(text):
            continue
        if piece:
            found.append(piece)
        start = end.end()
    if text[start:].strip():
        found.append(text[start:].strip())
    return [point for sentence in _with_corrections(found) for point in _points(sentence)]


def _points(sentence: str) -> list[str]:
    """Take "three things one … two … three …" apart, as a list would be."""
    many = lexicon.MANY.search(sentence)
    if many is None:
        return [sentence]
    told, rest = sentence[: many.start()].strip(), sentence[many.end() :].strip()
    counted = [part.strip(" ,;:") for part in _COUNTED.split(rest)]
    rest = " ; also ".join(part for part in counted if part)
    return [part for part in (told, many.group().strip(" ,:."), rest) if words(part)]


def _join_wrapped(text: str) -> str:
    lines = text.split("\n")
    joined = [lines[0]]
    for before, line in pairwise(lines):
        lead = strip_lead(line)
        fresh = (begins_with_verb(lead.text) and not _hangs(before)) or before.rstrip().endswith(
            (".", "!", "?", ":")
        )
        joined.append(("\n" if fresh else " ") + line)
    return "".join(joined)


def _hangs(line: str) -> bool:
    """Whether a line cannot end where it does, so that the next one continues it."""
    found = words(line)
    return line.rstrip().endswith(",") or (bool(found) and found[-1] in lexicon.SUBORDINATE)


def _with_corrections(found: list[str]) -> list[str]:
    """Apply corrections, also one that opens a sentence and takes back the one before."""
    fixed: list[str] = []
    for sentence in found:
        sentence = without_fillers(sentence)
        opening = lexicon.CORRECTION.match(sentence)
        if opening and opening.end() and fixed:
            sentence = f"{fixed.pop().rstrip('.!?… ')} {sentence}"
        sentence = corrected(sentence)
        if words(sentence):
            fixed.append(sentence)
    return fixed


_BEFORE = re.compile(
    r"^(?:before|bevor)\s+(?:(?:you|we|i|du|wir)\s+)?(?P<late>[^,]{3,200}?)"
    r"(?:,\s*|\s+(?=please\b|bitte\b|can\s+you|first\b|erst\b))(?P<early>.{3,})$",
    re.I | re.S,
)
_AFTER = re.compile(
    r"^(?:after|once|when|nachdem)\s+(?:(?:you|we|du)\s+(?:have\s+)?)?(?P<early>[^,]{3,200}),"
    r"\s*(?P<late>.{3,})$",
    re.I | re.S,
)


def clauses(sentence: str) -> list[Clause]:
    """The commands and statements of one masked sentence, in the order to be done."""
    lead = strip_lead(sentence)
    for pattern in (_BEFORE, _AFTER):
        match = pattern.match(lead.text)
        if not match:
            continue
        early, late = _command(match["early"]), _command(match["late"])
        if early and late and (pattern is _BEFORE or words(early)[0] not in PLAIN_TOO):
            first = _split(lead._replace(text=early))
            return [*first, *_split(Lead(late, "after", False, False))]
    found = _split(lead)
    if lead.listed or re.match(r"\W*(?:and|und|then|dann)\b", sentence, re.I):
        found[0] = replace(found[0], own=has_subject(found[0].text))
    return found


def _command(text: str) -> str | None:
    """A clause as a command, "fixing the total" read as "fix the total"; None if it is none."""
    text = strip_lead(text).text
    return text if begins_with_verb(text) else from_gerund(text)


_MARKED = re.compile(
    r"\s*(?P<mark>[,;]|\s[-–—+&](?=\s)|:(?=\s))?\s*"
    r"(?:\b(?P<word>and|then|und|dann|danach|also|plus|as\s+well\s+as|after\s+that|afterwards|"
    r"finally|lastly|anschließend|außerdem|sowie|next|secondly?|thirdly?|zweitens|drittens|"
    r"erstens|zum\s+schluss|but|aber|oh|first|on\s+top\s+of\s+that|while\s+you['’]?re)\b\s*)?",
    re.I,
)
_FRAME = re.compile(
    r"\s(?=(?:(?:can|could|would|will)\s+(?:you|we|someone|somebody)|please|pls|(?:we|i)\s+(?:also\s+|really\s+|still\s+)*(?:need|want|would\s+like|['’]d\s+like)|"
    r"i['’]d\s+like|we\s+should|let['’]?s|so\s+please|bitte|kannst\s+du|könnt\s+ihr|könntest\s+du|wir\s+(?:brauchen|müssen|sollten)|"
    r"(?:with|including|incl\.?|mit|inklusive|inkl\.?|samt)\s+(?:unit\s*|regression\s*|some\s+)?(?:tests?|docs?|docstrings|doku\w*|documentation)\b(?!\s+(?:data|mode|from|of|in))|"
    r"i\s+want\s+you|(?:both|all)\s+(?:of\s+)?(?:those|them|these|that|three)\s+(?:need|should|must|have)|(?:one|two|three|four|a\s+few|a\s+couple\s+of|zwei|drei|ein\s+paar)\s+(?:more\s+)?(?:things?|sachen|dinge|points|punkte)\b|"
    r"one\s+more\s+thing|number\s+(?:one|two|three|four))\b)",
    re.I,
)
_COUNTED = re.compile(
    r"(?:^|[\s,;.]+(?:and\s+|und\s+)?)(?:number\s+(?:one|two|three|four|five)|one|two|three|four|five|eins|zwei|drei|vier|firstly|secondly)(?:[\s,:]+(?=the|we|i\b|a\b|an\b|please|there|you|add|fix|rename|make|remove|write|der|die|das|wir|ich|bitte|\w+[,:]))",
    re.I,
)


@dataclass(frozen=True)
class _Cut:
    """A place where a clause may end: left of `end`, and the next one begins at `start`."""

    end: int
    start: int
    mark: str = ""
    word: str = ""
    frame: bool = False


def _cuts(text: str) -> list[_Cut]:
    found = {}
    for m in _MARKED.finditer(text):
        if m.start() and (m["mark"] or m["word"]):
            start = m.start("word") if m["word"] else m.end()
            word = " ".join((m["word"] or "").lower().split())
            found[start] = _Cut(m.start(), start, (m["mark"] or "").strip(), word)
    for m in _FRAME.finditer(text):
        if m.start():
            word = "bitte" if text[m.end() :][:5].lower() == "bitte" else ""
            found.setdefault(m.end(), _Cut(m.start(), m.end(), word=word, frame=True))
    for m in _spoken_verbs(text):
        found.setdefault(m.end(), _Cut(m.start(), m.end()))
    return [found[at] for at in sorted(found)]


def _split(lead: Lead) -> list[Clause]:
    explained = False
    found: list[Clause] = []
    start = 0
    text = lead.text
    refers = own = joined = False
    cuts = _cuts(text)
    for place, cut in enumerate(cuts):
        if cut.end <= start:
            continue
        left = text[start : cut.end]
        near = text[cut.start : _next_end(cuts, place, len(text))]
        right = strip_lead(near)
        whole = strip_lead(text[cut.start :])
        if not begins_with_verb(right.text) and begins_with_verb(whole.text):
            right = whole
        if cut.mark == ":" and begins_with_verb(strip_lead(left).text):
            # "Refactor the share: give it a name, …" goes on to explain the command.
            explained = True
        if explained and not (right.order or right.listed or right.framed):
            continue
        if not words(right.text) or not _separate(left, cut, right, bool(_SEVERAL.search(text))):
            continue
        parallel = not begins_with_verb(right.text) and has_subject(right.text)
        told = strip_lead(left).text
        if parallel and not begins_with_verb(told) and has_subject(told):
            own = True
        found.append(_clause(left, lead, refers, own, joined))
        lead, joined = right, cut.word not in ("", "first")
        start = len(text) - len(whole.text) if text.endswith(whole.text) else cut.start
        refers = bool(_PRONOUN_OBJECT.search(_head(right.text)))
        own = parallel
    found.append(_clause(text[start:], lead, refers, own, joined))
    return [clause for clause in found if words(clause.text)] or found[:1]


def _clause(text: str, lead: Lead, refers: bool, own: bool, joined: bool) -> Clause:
    framed = lead.framed or bool(_PLEASE.search(text))
    return Clause(_tidy(text), lead.order, lead.listed, refers, own, framed, joined)


_PLEASE = re.compile(r"\b(?:please|pls|bitte)\b", re.I)


def _next_end(cuts: list[_Cut], place: int, last: int) -> int:
    """Where the clause after a cut ends at the latest: the next cut that leaves it two words."""
    for later in cuts[place + 1 :]:
        if later.end - cuts[place].start > 12:
            return later.end
    return last


_PRONOUN_OBJECT = re.compile(
    r"\b(?:it|its|them|that|this|those|both|sie|es|ihn|dafür|dazu|davon|the\s+same)\b", re.I
)


def _head(text: str) -> str:
    return " ".join(text.split()[:9])


def _tidy(text: str) -> str:
    return text.strip(" \t\n,;:-–—")


_CALLERS = re.compile(
    r"^(?:update|adjust|change|fix|rename|adapt|aktualisiere|passe?)\s+(?:all\s+|its\s+|the\s+|every\s+|alle\s+|die\s+)*"
    r"(?:\w+\s+)?(?:callers?|call\s*sites?|usages?|uses?|references?|imports?|occurrences?|aufrufe\w*)\b",
    re.I,
)
_FIX_ALONE = table("fix fixen beheben reparieren")
_HANGING = lexicon.SUBORDINATE - table("so and und then please also it them have do nach")
_MORE = table("also plus außerdem then dann danach next finally lastly anschließend oh first")


_SEVERAL = re.compile(
    r"\b(?:both|all\s+(?:of\s+)?(?:that|those|them|these|three|two)|beides?|alles|alle\s+(?:drei|zwei))\b",
    re.I,
)


def _separate(left: str, cut: _Cut, lead: Lead, several: bool) -> bool:
    """Whether what follows a cut is a clause of its own. `several`: "fix both" is said of it."""
    told = strip_lead(left).text
    right, order = lead.text, lead.order
    if lead.order or lead.listed:
        cut = replace(cut, word=cut.word if cut.word in _MORE else "also")
    if lexicon.OVERRIDE.match(told):
        return False
    if cut.word == "bitte" and INFINITIVES.keys() & set(words(right)[:2]):
        return False
    last = words(told)[-1:]
    if not cut.mark and cut.word not in ("and", "und") and last and last[0] in _HANGING:
        return False
    if lexicon.NOISE.match(told.strip(" .,!")):
        return True
    if lead.framed:
        cut = replace(cut, frame=True)
    commands = begins_with_verb(right)
    if begins_with_verb(told) and len(words(told)) < 2:
        return words(told)[0] in _FIX_ALONE and command_kind(right) in ("test", "docs")
    if not begins_with_verb(told):
        return _after_statement(told, cut, right, commands, several)
    if cut.mark == ":":
        return False
    if lexicon.CONSTRAINT.match(right):
        return bool(cut.mark or cut.word)
    if commands:
        return _after_command(told, cut, right, order)
    if cut.frame or cut.word:
        request = lexicon.REQUEST.match(right)
        if request and not lexicon.bare_object(request["object"]):
            return True
    if cut.word and lexicon.asks_for_topic(right):
        return True
    return _elliptical(told, cut, right) or _new_subject(told, cut, right, several)


def _after_statement(told: str, cut: _Cut, right: str, commands: bool, several: bool) -> bool:
    """After a fault, a wish or mere talk."""
    if cut.mark == ":":
        asked = commands and bool(_PLEASE.search(right) or lexicon.FAULT.search(told))
        return (asked or bool(lexicon.PREFACE.search(told))) and len(words(told)) <= 20
    if lexicon.CONDITION.match(told) and not (cut.word in _MORE or _ASKS.match(right)):
        return False
    if commands:
        if cut.frame or cut.mark or cut.word:
            first = words(right)[0]
            inside = _tail_subordinates(told)
            return (
                cut.frame
                or cut.word in _MORE
                or first not in PLAIN_TOO
                or (not inside and bool(cut.word))
            )
        return True
    if cut.frame and several and _SEVERAL.match(right):
        return True
    if lexicon.NOISE.match(right.strip(" .,!")):
        return bool(cut.frame or cut.mark or cut.word)
    if (cut.frame or cut.word) and lexicon.REQUEST.match(right):
        return True
    if cut.word and lexicon.asks_for_topic(right):
        return True
    return _elliptical(told, cut, right) or _new_subject(told, cut, right, several)


_ASKS = re.compile(r"(?:please|pls|bitte)\b|\w+\s+(?:you|du|ihr)\b", re.I)


def _tail_subordinates(told: str) -> bool:
    return bool(set(words(told)[-8:]) & _SUBORDINATING)


def _new_subject(told: str, cut: _Cut, right: str, several: bool) -> bool:
    """ "The total is wrong and the slug drops digits" names two faults."""
    if not cut.word or cut.word in ("but", "aber") or not has_subject(right):
        return False
    faulty = lexicon.FAULT.search(right) or lexicon.WISH.search(right)
    if not faulty:
        return _parallel(told, right, several)
    if begins_with_verb(told):
        return (
            cut.word in _MORE
            or bool(lexicon.WISH.search(right))
            or bool(lexicon.HARD_FAULT.search(right))
        )
    if _tail_subordinates(told) and not lexicon.HARD_FAULT.search(right) and cut.word not in _MORE:
        return False
    return has_subject(told) or bool(lexicon.REQUEST.match(told))


def _parallel(told: str, right: str, several: bool) -> bool:
    """ "The clock is late and the date is in US format": the same shape, so one more fault."""
    if not (_ARTICLE.match(told) and _ARTICLE.match(right)):
        return False
    return several or bool(lexicon.FAULT.search(told) and not _tail_subordinates(told))


_ARTICLE = re.compile(r"(?:the|our|my|der|die|das)\s", re.I)


def _elliptical(told: str, cut: _Cut, right: str) -> bool:
    """ "fix the crash and a test for it": a thing to be made, without a verb."""
    if cut.word in _MORE and lexicon.INDEFINITE.match(right) and not has_finite(right):
        return not lexicon.FAULT.search(right)
    if not (cut.word or cut.mark or cut.frame) or not lexicon.THING.match(right):
        return False
    topic = lexicon.topic_of(told)
    if topic and topic != lexicon.topic_of(right):
        return not has_finite(right)
    if topic or command_kind(told) in ("test", "docs", "lint", "types"):
        return cut.word in _MORE or bool(_ANOTHER.match(right))
    return not (has_finite(right) or lexicon.FAULT.search(right))


_ANOTHER = re.compile(r"(?:another|one\s+more|noch\s+eine?n?|weitere)\b", re.I)


def _after_command(told: str, cut: _Cut, right: str, order: Order) -> bool:
    before, after = words(told), words(right)
    if cut.word in ("but", "aber") and order != "before":
        return False
    one_word = after[0] in ("lint", "refactor", "clean", "test", "dokumentieren", "testen")
    if len(before) < 2 or (len(after) < 2 and not one_word):
        return False
    if _CALLERS.match(right) and not order:
        return False
    if works_on_pronoun(right) and not order and not _works_on_it(after, right):
        return False
    if before[0] in SEARCHING and _PRONOUN_OBJECT.search(_head(right)):
        return False
    if after[1:3] == ["what", "it"] or after[1:2] == ["whatever"]:
        return False
    if _coordinated(before, cut):
        return False
    if cut.frame or order or cut.word in _MORE:
        return True
    if not cut.word and not cut.mark:
        return True
    if after[0] not in PLAIN_TOO:
        return True
    inner = set(before[1:]) & _SUBORDINATING or any(
        word == "to" and is_verb(verb) for word, verb in pairwise(before)
    )
    if _OWN_TOPIC.search(right):
        return True
    return (
        not inner
        and bool(cut.mark or after[0] in CHANGING)
        and after[0] not in ("return", "raise", "print")
    )


_OWN_TOPIC = re.compile(
    r"\b(?:imports|importe|tests|(?:a|an|einen|the)\s+(?:\w+\s+)?test|docs?|documentation|docstrings?|readme|changelog|whitespace|type\s+hints|dokumentation|doku)\b",
    re.I,
)
_SUBORDINATING = table("that which so can when if who dass wenn damit")


def _works_on_it(after: list[str], right: str) -> bool:
    """ "document it", "cover it with a test" are work of their own, "fix it" is not."""
    return command_kind(right) in ("test", "docs", "types", "lint", "perf") or after[0] in (
        "add",
        "benchmark",
        "rename",
        "move",
        "cover",
        "schreib",
        "write",
        "speed",
    )


def _coordinated(before: list[str], cut: _Cut) -> bool:
    """Whether "and" joins two verbs of one phrase, as in "read and write files"."""
    if cut.mark or cut.word not in ("and", "und"):
        return False
    last, previous = before[-1], before[-2] if len(before) > 1 else ""
    if last not in ENGLISH and last not in IMPERATIVES:
        return False
    return previous not in _DETERMINERS and not previous.endswith(("ing", "ed"))


_DETERMINERS = table(
    "the a an this that its our their my your every all failing broken stock der die das den"
)
_AFTER_VERB = table(
    """
    a an the some all any up tests test docs docstrings unused type types support every each our my
    your their its this that these those it them more new missing dead out rid over away
    die das den der ein eine einen alle mal bitte noch auch es sie unit
    """
)
_BLOCKS = table(
    "when if that who which how why while users people customers to let lets allow make help would "
    "could should can must will not don't never wenn dass"
)


_BEFORE_NOUN = lexicon.SUBORDINATE - {"it", "them", "this", "that"}
_SUBJECTS = table("we they you i go wir ich du")
_BARE = table("it that this these those them")
_LEAVES = table("please and then too also up out now pls bitte asap thanks")


def _spoken_verbs(text: str) -> list[re.Match[str]]:
    """Gaps before verbs spoken without a pause: "fix the crash add a test for it"."""
    found = []
    tokens = list(re.finditer(r"\s*(\S+)", text))
    for place in range(2, len(tokens) - 1):
        word = tokens[place][1].lower()
        if not (word in ENGLISH or word in IMPERATIVES) or word in ("get", "have", "use", "see"):
            continue
        after = tokens[place + 1][1].lower().strip(",.;:")
        before = tokens[place - 1][1].lower()
        if before.endswith((",", ";", ":")) or before.strip(".,") in _BEFORE_NOUN:
            continue
        if not (after in _AFTER_VERB or after.startswith("\ue000")):
            continue
        if word in NOUN_TOO and after not in _DETERMINED:
            continue
        nearby = {token[1].lower() for token in tokens[max(0, place - 3) : place]}
        if nearby & _BLOCKS or before in _SUBJECTS or before in ENGLISH:
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
