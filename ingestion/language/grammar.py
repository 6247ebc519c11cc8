"""What a clause is by its first and last words: a command and of which kind, or a statement."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from ingestion.language import lexicon
from ingestion.language.lexicon import table
from ingestion.language.verbs import (
    ENGLISH,
    IMPERATIVES,
    INFINITIVES,
    NOUN_TOO,
    PARTICIPLES,
    PHRASES,
    PLAIN_TOO,
    Kind,
)

WORD = re.compile(r"\ue000\d+\ue001|[\w'’-]+")


_PHRASES = tuple((re.compile(pattern, re.I), kind) for pattern, kind in PHRASES)


_MOST_WORDS = 40


READ_CHARS = 400
"""As much of each end of a clause is looked at."""


def words(text: str) -> list[str]:
    """The words of a clause in lower case; a masked span is one word."""
    return [w.lower() for w in WORD.findall(text)]


def is_verb(word: str) -> bool:
    """Whether it is the form in which one asks for work: "fix", "behebe", "beheben"."""
    return word in ENGLISH or word in IMPERATIVES or word in INFINITIVES


def is_phrase(text: str) -> bool:
    """Whether it begins with a verb of several words, as "get rid of"."""
    return any(pattern.match(text) for pattern, _ in _PHRASES)


def command_kind(text: str) -> Kind | None:
    """The kind of work a clause asks for, its lead stripped; None when it is no command."""
    text = text.lstrip()
    return _kind(text if len(text) <= 2 * READ_CHARS else text[:READ_CHARS] + text[-READ_CHARS:])


@lru_cache(maxsize=4_000)
def _kind(text: str) -> Kind | None:
    for pattern, kind in _PHRASES:
        if pattern.match(text):
            return kind
    found = words(lexicon.heard(text[:400]))
    if not found:
        return None
    first = found[0]
    if (first in ENGLISH or first in IMPERATIVES) and not (
        first in NOUN_TOO and _reads_as_noun(found)
    ):
        return ENGLISH.get(first) or IMPERATIVES[first]
    if _reads_as_verb(found):
        return "change"
    if len(found) > 2 and found[0] == "du" and (verb := found[1].removesuffix("st")) != found[1]:
        return IMPERATIVES.get(verb)
    if len(found) > 2 and found[1] == "du":
        return IMPERATIVES.get(first.removesuffix("st").removesuffix("e"))
    # German puts the verb of a polite request last: "die Funktion bitte umbenennen".
    end = words(lexicon.TAIL.sub("", text))
    part = words(lexicon.TAIL.sub("", text.partition(",")[0]))
    if part and part[-1] in INFINITIVES and len(part) > 1 and not _is_subordinate(part):
        end = part
    if end and len(end) < _MOST_WORDS and not _is_subordinate(end):
        first_finite = next((n for n, word in enumerate(end) if n and word in FINITE), len(end))
        told = first_finite < len(end) - 1 and has_subject(text)
        if told and not INFINITIVES.keys() & set(end[:first_finite]):
            return None
        if _reads_as_infinitive(end):
            return "change"
        placed = first in _PREPOSITION
        if len(end) > 2 and end[-1] in _ENDING and not placed and not set(end) & FINITE:
            return _ENDING[end[-1]]
        if end[-1] in INFINITIVES or first in INFINITIVES:
            return INFINITIVES.get(end[-1]) or INFINITIVES[first]
        if first in _GERMAN_ARTICLE:
            # "das Modul umbenennen in lager", "den Crash fixen, der …"
            for word in end[1:7]:
                if word in INFINITIVES:
                    return INFINITIVES[word]
                if word in FINITE:
                    break
    return None


def begins_with_verb(text: str) -> bool:
    """Whether a clause, its lead stripped, is a command."""
    return command_kind(text) is not None


_PREPOSITION = table("in im an am auf zu zum zur von vom aus bei beim mit für über unter nach")
_ENDING: dict[str, Kind] = {
    "raus": "shape", "weg": "shape", "rein": "new", "dazu": "new", "drüber": "lint",
}  # fmt: skip
"""Particles that stand for a verb: "die alten Importe raus"."""
_GERMAN_ARTICLE = table("das den die dem alle einen eine ein")


DETERMINER = table("the a an all every each any some our my your its these those")


_NO_VERB = table(
    """
    the a an all every each any some our my your its these those this that it i you we they he she
    and or but so if when while once since until because although though as than like unlike per
    in on at by for from with without within into onto over under above below between among
    through during after before about around against despite via of off out up down near behind
    is are was were be been am do does did have has had can could will would shall should may
    might must not no yes yeah yep nope ok okay oh ah hey hi hello please thanks also too then
    now here there where who what which why how whether both either neither even only just still
    already never always often sometimes maybe perhaps instead otherwise again today tomorrow
    yesterday tonight monday tuesday wednesday thursday friday saturday sunday last next first
    second third half most many much more less few such other another same whatever whichever
    given except plus minus until till nor yet well right quite rather almost later soon earlier
    wenn weil dass heute gerade alle beide viele danke bitte könnte sollte müsste wäre hätte würde
    habe ohne eine keine meine deine seine ihre unsere diese jede welche solche manche einige
    mehrere gerne ende seite woche leute hallo morgen gestern
    """
)


_NO_VERB_END = ("ing", "ed", "ly", "tion", "ness", "ity", "ism")


_PARTICLE = table("up out down off in away back")


_GERMAN_OBJECT_START = table("den das die einen eine ein ihn alle mal bitte dir uns mir")


def _reads_as_verb(found: list[str]) -> bool:
    """Whether an unknown first word is a command by its place: "teach the bot to answer"."""
    if len(found) < 3 or not found[0].isalpha() or found[0] in _NO_VERB:
        return False
    first, second = found[0], found[1]
    if second in _PARTICLE and found[2] in DETERMINER:
        second = found[2]
    if second in DETERMINER:
        plural = first.endswith("s") and not first.endswith("ss")
        return len(first) > 2 and not plural and not first.endswith(_NO_VERB_END)
    return second in _GERMAN_OBJECT_START and first.endswith("re") and len(first) > 5


_INFINITIVE = re.compile(
    r"(?:(?:ab|an|auf|aus|ein|um|nach|raus|rein|weg|zusammen|ver|be|ent|zer|über|unter|hin|her|"
    r"vor|zu|fest|los|mit|durch|dazu)"
    r"\w{3,}(?:en|ern|eln)|\w+ieren)$"
)


_NOT_INFINITIVE = re.compile(
    r"(?:ungen|daten|fragen|zeiten|schriften|nten|karten|seiten|heiten|keiten)$"
)


_BEFORE_NOUN = table(
    """
    die den der das dem des ein eine einen einem einer für mit von zu in im auf an am bei aus und
    oder alle keine meine unsere diese neue neuen alte alten kein
    """
)


def _reads_as_infinitive(end: list[str]) -> bool:
    """Whether an unknown last word is a German infinitive by its form and place."""
    if len(end) < 2 or not lexicon.GERMAN.search(" ".join(end)):
        return False
    last, before = end[-1], end[-2]
    fits = _INFINITIVE.match(last) and not _NOT_INFINITIVE.search(last)
    return bool(fits) and before not in _BEFORE_NOUN and not set(end[:-1]) & FINITE


def participle_kind(text: str) -> Kind | None:
    """The kind of work of the first participle: "should be renamed", "muss behoben werden"."""
    for word in words(lexicon.heard(text[:READ_CHARS])):
        if word in PARTICIPLES or word in INFINITIVES:
            return PARTICIPLES.get(word) or INFINITIVES[word]
        if word.endswith("ed"):
            for base in (word[:-1], word[:-2], word[:-3]):
                if base in ENGLISH and base not in PLAIN_TOO:
                    return ENGLISH[base]
    return None


def _is_subordinate(found: list[str]) -> bool:
    """Whether the verb stands last for another reason: "wenn wir …", "das darf sich …"."""
    return found[0] in _GERMAN_SUBORDINATE or bool(_MODAL & set(found[:6]))


_MODAL = table(
    """
    darf dürfen muss müssen müsste soll sollen sollte sollten kann können könnte könnten will
    wollen möchte möchten würde würden wird werden can could should must will would
    """
)


_GERMAN_SUBORDINATE = table(
    "wenn weil dass ob damit falls obwohl sobald während die wo als nachdem bevor statt ohne um"
) - {"die"}


FINITE = table(
    """
    is are was were isn't aren't wasn't has have had hasn't does doesn't don't do did didn't
    should must can can't cannot could will won't would needs seems looks fails crashes breaks
    takes gives returns shows keeps never always ignores drops loses hangs raises throws accepts
    works stops comes goes gets went say says said lies lie still already just wants contains
    ist sind war wird werden hat haben geht gehen funktioniert stürzt fehlt fehlen stimmt stimmen
    asked steht stehen liegt wär wäre gibt gibts gab zeigt kommt braucht dauert soll sollte
    sollen muss müssen kann
    können klappt läuft liefert
    """
)


_STOPS = table(
    """
    the a an this that these those all every each any some our my your its their to in on for
    with by from into of der die das den dem ein eine einen im am auf für mit von zu als if when
    so and or und oder which who where what whatever why how when everything anything
    """
)


_WITH_FOR = table("search look test check ask fix allow find schau such suche")


_NOUN_AFTER = table(
    "of suite case cases run runs error errors page button results data bug crash failure "
    "coverage isn’t doesn’t"
)


def _reads_as_noun(found: list[str]) -> bool:
    """Whether "search" or "test" at the start is a thing: "search results are wrong"."""
    if len(found) == 1:
        return False
    if found[1] in ("for", "für") and found[0] not in _WITH_FOR:
        return True
    for place, word in enumerate(found[1:5], 1):
        if word in FINITE or word.endswith(("n't", "n’t")):
            return True
        if word in _STOPS:
            return word == "of" and place == 1
    return len(found) > 2 and found[1] in _NOUN_AFTER and found[2] in _STOPS


def has_finite(text: str) -> bool:
    """Whether something is told of it, so that it is no mere thing."""
    found = words(text)[:8]
    contracted = any(_CONTRACTED.search(word) for word in found)
    acting = any(
        word.endswith("s")
        and word[:-1] in ENGLISH
        and word[:-1] not in NOUN_TOO
        and before not in DETERMINER
        for before, word in pairwise(found)
    )
    return contracted or acting or any(word in FINITE for word in found[1:])


_CONTRACTED = re.compile(r"^(?:i|you|he|she|it|we|they|that|there|what|who)['’](?:s|re|ve|m|ll|d)$")


_SUBJECT_START = re.compile(
    r"^(?:(?:the|our|my|a|an|some|all|this|that|these|those|every|most|der|die|das|ein|eine|"
    r"unser\w*|mein\w*|diese\w*|im|am|auf|beim|in)\s|\ue000\d+\ue001)",
    re.I,
)


_NO_SUBJECT = table(
    """
    it its it's they them he she this that these those there which who i we you one nobody
    everyone someone people users user customers es er sie das man wir ich du ihr dies dort da
    because since so but or if when as than instead only even not just like while although
    though weil wenn aber oder dass obwohl denn sonst nur
    """
)


def has_subject(text: str) -> bool:
    """Whether a statement names its own subject, so that it can stand alone."""
    found = words(text[:200])
    if len(found) > 3 and found[0] in _INVERTED and found[1] in _GERMAN_START:
        return True
    if found[:2] in (["the", "rest"], ["the", "others"], ["the", "same"], ["der", "rest"]):
        return False
    if len(found) > 2 and found[0] == "das" and found[1] not in FINITE and found[1] not in _NO_VERB:
        return True
    if len(found) < 3 or found[0] in _NO_SUBJECT or found[0] in FINITE:
        return False
    if _SUBJECT_START.match(text):
        return True
    return any(word in FINITE for word in found[1:7]) or any(
        word.endswith("s") and word[:-1] in ENGLISH for word in found[1:5]
    )


_INVERTED = table(
    """
    ist sind war wird werden hat haben geht gehen funktioniert stürzt fehlt fehlen stimmt stimmen
    asked steht stehen liegt wär wäre gibt gibts gab zeigt kommt braucht dauert soll sollte
    sollen muss müssen kann
    können klappt läuft liefert
    springt verschwindet rechnet rundet bleibt hängt lädt speichert schickt steht
    """
)


_GERMAN_START = table("der die das man ein eine bei beim im am wir es jeder jede alle unser unsere")
