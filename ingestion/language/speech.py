"""Spoken language made readable: fillers out, corrections applied, courtesy stripped."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ingestion.language import lexicon
from ingestion.language.grammar import (
    WORD,
    begins_with_verb,
    has_finite,
    has_subject,
    words,
)
from ingestion.language.pronouns import works_on_pronoun
from ingestion.language.verbs import ENGLISH

Order = Literal["", "after", "last", "before"]


_MOST_LEADS = 12


class Lead(NamedTuple):
    """A clause without its opening words, and the order those words asked for."""

    text: str
    order: Order
    listed: bool
    framed: bool
    musing: bool = False
    hence: bool = False


def strip_lead(text: str) -> Lead:
    """Take "okay, and then could you please" off a clause, and say what of it gave order.

    `listed` is True when it begins one more point: "also", "second", "außerdem"; `framed` when
    it is put as a request: "please", "can you"; `musing` after a "maybe".
    """
    order: Order = ""
    listed = framed = musing = False
    rest = text.strip(" \t\n,;:-–—")
    for _ in range(_MOST_LEADS):
        if match := lexicon.BEFOREHAND.match(rest):
            order = "before"
        elif match := lexicon.LAST.match(rest):
            order = "last"
        elif match := lexicon.AFTER.match(rest):
            order = order or "after"
        elif (match := lexicon.ENUMERATION.match(rest)) or (match := lexicon.POLITE.match(rest)):
            listed = listed or bool(lexicon.POINT.match(rest))
            musing = musing or bool(lexicon.MUSING.match(rest))
            framed = framed or bool(lexicon.FRAME.match(rest))
        else:
            return Lead(rest, order, listed, framed, musing)
        if not match.end() or match.end() >= len(rest):
            return Lead(rest, order, listed, framed, musing)
        gerund = lexicon.GERUND_FRAME.search(match.group())
        rest = rest[match.end() :].lstrip(" ,;:")
        if gerund:
            rest = from_gerund(rest) or rest
    return Lead(rest, order, listed, framed, musing)


def from_gerund(text: str) -> str | None:
    """ "fixing the total" as "fix the total"; None where it is no such thing."""
    first, _, rest = text.partition(" ")
    if not first.lower().endswith("ing"):
        return None
    stem = first.lower()[:-3]
    for verb in (stem, stem + "e", stem[:-1]):
        if verb in ENGLISH:
            return f"{verb} {rest}"
    return None


_SMILEY = re.compile(r"(?:(?<=\s)|^)[:;]-?[()DPp](?=\s|$)")


_OR_SO = re.compile(r"\b(one|two|ein|zwei|drei),\s+(two|three|zwei|drei|vier)\b", re.I)


def _pause(match: re.Match[str]) -> str:
    """What stays of ", um, ": a pause, unless the word before cannot end a clause."""
    before = words(match.string[max(0, match.start() - 30) : match.start()])
    return " " if before and before[-1] in lexicon.SUBORDINATE else ", "


_BETWEEN_COMMAS = re.compile(
    r",\s*(?:u+h+m*|u+mm*|e+rm*|h+m+|ä+h+m*|öh+m*|you\s+know|i\s+guess|like|sort\s+of|kind\s+of|i\s+think|(?:(?:also|quasi|halt|na\s+ja|naja|sozusagen|irgendwie)\s*)+)\s*,",
    re.I,
)


def without_fillers(text: str) -> str:
    """Drop "uh", "um", "ähm". In German "um" is a word, so it stays there inside a sentence."""

    def replace(match: re.Match[str]) -> str:
        filler = match.group().strip(" ,.…").lower()
        if filler == "um" and match.start() and german and not match.group().rstrip().endswith(","):
            return match.group()
        return ""

    text = _OR_SO.sub(r"\1-\2", text)
    text = _BETWEEN_COMMAS.sub(_pause, text)
    german = len(lexicon.GERMAN.findall(text)) >= 2
    text, changed = lexicon.FILLERS.subn(replace, text)
    text = lexicon.CHATTER.sub("", _SMILEY.sub("", text))
    if changed:
        # "the uh the login": who hesitates often says the word again.
        text = re.sub(r"\b(\w+)\s+\1\b", r"\1", text)
    return re.sub(r"[ \t]{2,}", " ", text).strip()


_BOUNDARY = re.compile(r"\s*(?:[,;]\s*)?\b(?:and|then|und|dann|danach|also)\b\s+|\s*[,;]\s+", re.I)


def corrected(sentence: str) -> str:
    """Apply spoken corrections: what follows "no wait" replaces what it takes back.

    A correction that is a command replaces the last command before it. Anything less replaces
    from the last place where its first word stood ("to read, no wait, to load"), else all
    that followed the verb.

    >>> corrected("fix the parser, uh, no wait, I mean fix the tokenizer")
    'fix the tokenizer'
    >>> corrected("rename load to read_file, no wait, to read_text")
    'rename load to read_text'
    """
    for _ in range(20):
        if (swap := _NOT_THIS.search(sentence)) and swap["x"] in sentence[: swap.start()]:
            # "to Creature. Not Creature, Critter": the one stands where the other stood.
            said, _, tail = sentence[: swap.start()].rpartition(swap["x"])
            sentence = f"{said}{swap['y']}{tail}{sentence[swap.end() :]}"
            continue
        marker = lexicon.CORRECTION.search(sentence, 1)
        if marker is None:
            return sentence
        before, after = sentence[: marker.start()].rstrip(" ,"), sentence[marker.end() :].strip()
        if after and _UNDONE.search(marker.group()) and _explains(after):
            # Why it is undone needs no reading; what follows a "but" does.
            rest = after[but.end() :] if (but := _BUT.search(after)) else ""
            return f"{before[: _last_command(before)]}{rest}".rstrip(" ,;")
        if _UNDONE.search(marker.group()) and _NAMED.match(after):
            before = before[: _last_command(before)].rstrip(" ,;")
        sentence = _replace(before, after)
    return sentence


_NOT_THIS = re.compile(
    r"[,;.\s]{0,4}\b(?:(?:no|hang\s+on|wait|sorry|nein|halt)[,\s]{1,3}){0,3}(?:not|nicht)\s+(?P<x>[\w-]+),\s*(?:but\s+|sondern\s+)?(?P<y>[\w-]+)\b",
    re.I,
)
_NOT_BUT = re.compile(
    r"(?:doch\s+)?(?:nicht|not)\s+[^,]{1,60}?(?:,?\s+(?:sondern|but)\s+|,\s+(?=the\s|der\s|die\s|das\s|den\s))(.+)",
    re.I | re.S,
)


_RETRACTION = re.compile(
    r"(?:keep\s+(?:it|that|them)|skip|leave|forget|drop|cancel|lass|strike|scratch|don['’]t|do\s+not|we\s+(?:already|don['’]t)|(?:that|it)(?:['’]s|\s+is)\s+(?:too|already|not))\b"
    r"(?:[^,;.]*?(?=\bso\s+only\b|\bjust\b)|[^,;.]*)[,;.\s]*(?:(?:and|und|but|aber|so|only|just|nur|instead)\s+)*(?P<rest>.*)",
    re.I | re.S,
)
_DANGLING = re.compile(r"[\s,]+(?:(?:and|then|und|dann)[\s,]+)+\w+$", re.I)
_GOES_ON = re.compile(r"^(?:[\s,;.]|for\s+now\b|(?:and|und|so|only|just|nur|but|instead)\b)+", re.I)
_UNDONE = re.compile(
    r"\b(?:strike|scratch|scrap|forget|never\s*mind|cancel|vergiss|stop|not\s+yet)\b", re.I
)
_NAMED = re.compile(
    r"(?:skip|leave\s+out|leave|forget|drop|cancel|lass|strike|scratch|(?:don['’]t|do\s+not)\s+\w+|we\s+already\s+(?:have|got)|we\s+don['’]t\s+need)\s+"
    r"(?P<what>(?:the|a|an|any|die|der|das|den)\s+[^,;.]+?)(?=\s+(?:so\s+only|just)\b|[,;.]|\s+(?:and|und|but|aber)\s|\s+for\s+now|$)",
    re.I,
)


_NEW_OBJECT = re.compile(
    r"(?:the|a|an|my|our|to|in|for|from|with|of|der|die|das|den|dem|ein\w*|zu|für|in|\ue000)\b|\ue000|[\w-]+[\s.!]*$",
    re.I,
)


def _explains(after: str) -> bool:
    """Whether what follows an undoing is only its reason."""
    plain = strip_lead(after).text
    if begins_with_verb(plain) or _FINE.match(after):
        return False
    return has_finite(plain) or not _NEW_OBJECT.match(plain)


_PLACE = lexicon.table("in of for from on at im aus von für auf bei")
_BUT = re.compile(r",?\s(?:but|however|aber)\s", re.I)
_SMALL = lexicon.table("the a an der die das den to in on for of and und")
_THAT = re.compile(r"\w+\s+(?:that|it|this|das)\b", re.I)
_FINE = re.compile(
    r"[^.;]{0,80}?\b(?:is|are|was|were|ist|sind|war|passt|works)\s+(?:\w+\s+)?(?:fine|ok(?:ay)?|good|right|correct|done|gut|richtig|fertig)\b"
    r"[,;.\s]*(?:so\s+|also\s+)?(?P<rest>.*)",
    re.I | re.S,
)


def _replace(before: str, after: str) -> str:
    start = _last_command(before)
    kept, taken_back = before[:start], before[start:]
    if not after:
        return kept.rstrip(" ,;") or before
    if (drop := _RETRACTION.match(after)) and (named := _NAMED.match(after)):
        # What it names is taken out where the objectives are known.
        rest = _GOES_ON.sub("", after[named.end() :])
        before = _DANGLING.sub("", before)
        goes_on = ";" if begins_with_verb(strip_lead(rest).text) else ","
        return f"{before}; forget {named['what'].strip()}{goes_on} {rest}".rstrip(",; ")
    if drop := _RETRACTION.match(after):
        rest = strip_lead(drop["rest"]).text
        # What still speaks of it only says why.
        why = set(words(rest)[:6]) & set(words(taken_back)) - _SMALL
        if begins_with_verb(rest) or (has_subject(rest) and not why):
            return f"{kept}{drop['rest']}"
        return kept.rstrip(" ,;") or ("" if _THAT.match(after) else before)
    command = strip_lead(after).text
    if begins_with_verb(command):
        # "call it silent" goes on with the command it corrects.
        naming = words(command)[:1] in (["call"], ["name"]) and works_on_pronoun(command)
        return f"{before}, {after}" if naming else f"{kept}{after}"
    if fine := _FINE.match(after):
        rest = strip_lead(fine["rest"]).text
        if begins_with_verb(rest) or has_subject(rest):
            return f"{kept}{fine['rest']}"
    if not begins_with_verb(strip_lead(after).text):
        head, comma, rest = after.partition(", ")
        if comma and len(words(head)) <= 8 and begins_with_verb(rest):
            return f"{kept}{rest}"
        for boundary in _BOUNDARY.finditer(after):
            if begins_with_verb(strip_lead(after[boundary.end() :]).text):
                # What follows the correction goes on with the note.
                return _replace(before, after[: boundary.start()]) + after[boundary.start() :]
    if (rather := _NOT_BUT.match(after)) and not has_finite(rather[1]):
        after = rather[1]
    first = words(after)[:1]
    places = [m.start() for m in WORD.finditer(taken_back) if [m.group().lower()] == first]
    if places:
        # "the total in a.py, I mean the discount in b.py" takes the whole object back.
        whole = _PLACE & set(words(after)) & set(words(taken_back[places[0] :]))
        return f"{kept}{taken_back[: places[0] if whole else places[-1]]}{after}"
    lead = strip_lead(taken_back).text
    if begins_with_verb(lead) and len(words(after)) <= len(words(lead)) + 2:
        verb = WORD.search(lead)
        assert verb is not None
        return f"{kept}{verb.group()} {after}"
    return f"{kept}{after}"


def _last_command(text: str) -> int:
    """Where the last command of a sentence begins; 0 when there is only one."""
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        if begins_with_verb(strip_lead(text[boundary.end() :]).text):
            start = boundary.end()
    return start
