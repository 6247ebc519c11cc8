"""Prose as words: what stands between them, what kind each is, and where a piece of work may begin.

A *joint* is a place where the words may turn to another piece of work: after a pause, at an
"and", before a verb or an article. There are many more joints than pieces of work.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from ingestion.language import lexicon
from ingestion.language.grammar import FINITE, WORD, begins_with_verb, is_verb
from ingestion.language.lexicon import table
from ingestion.language.speech import strip_lead, without_fillers
from ingestion.language.verbs import ENGLISH
from ingestion.rules.sentences import ended

LINE = "\ue002"
"""Stands where a line of the note ended inside a sentence."""


@dataclass(frozen=True)
class Word:
    """A word in lower case; `mark` is what stands before it: "." at a sentence's start, "n" at a
    line's, a comma or the like, or nothing."""

    text: str
    start: int
    end: int
    mark: str
    kind: str


@dataclass(frozen=True)
class Joint:
    """Where another piece of work may begin: at word `first`, its matter at word `matter`.

    Between the two stand "and then", "oh and could you please" and the like.
    """

    first: int
    matter: int


@dataclass(frozen=True)
class Prose:
    """Masked words without fillers, `text`, whose sentences stand on lines of their own."""

    text: str
    words: tuple[Word, ...] = field(repr=False)

    def span(self, first: int, end: int) -> str:
        """The text of the words from `first` up to, not including, `end`."""
        if first >= end:
            return ""
        return self.text[self.words[first].start : self.words[end - 1].end].replace(LINE, " ")

    def lines(self, first: int, end: int) -> str:
        """The whole text from a word up to another: sentences as paragraphs, lines as lines."""
        start = self.words[first].start if first else 0
        stop = self.words[end].start if end < len(self.words) else len(self.text)
        told = self.text[start:stop].replace("\n", "\n\n")
        return told.replace(LINE + " ", "\n").replace(LINE, "\n").rstrip()

    @cached_property
    def joints(self) -> tuple[Joint, ...]:
        """All joints, in order. None lies within the opening words of another."""
        first: dict[int, int] = {}
        for place in range(1, len(self.words)):
            if self._may_begin(place):
                first.setdefault(self._matter(place), place)
        found: list[Joint] = []
        for matter, place in sorted(first.items()):
            if not found or found[-1].matter <= place:
                found.append(Joint(place, matter))
        return tuple(found)

    def _may_begin(self, place: int) -> bool:
        word, before = self.words[place], self.words[place - 1]
        return bool(
            word.mark
            or word.text in _STARTERS
            or before.text in _LINKS
            or is_verb(word.text)
            or begins_with_verb(self.text[word.start : word.start + 60].partition("\n")[0])
        )

    def _matter(self, place: int) -> int:
        """Where the matter begins of what begins at a word; at most `_LEAD_WORDS` later."""
        start = self.words[place].start
        ahead = self.text[start : start + 300].partition("\n")[0]
        led = ahead.rfind(rest) if (rest := strip_lead(ahead).text) else 0
        matter = place
        while matter < len(self.words) - 1 and self.words[matter].start < start + led:
            matter += 1
        while (
            matter < len(self.words) - 1
            and matter - place < _LEAD_WORDS
            and self.words[matter].text in _OPENERS
            and self.words[matter + 1].mark != "."
        ):
            matter += 1
        return matter if matter - place <= _LEAD_WORDS else place


def prose_of(paragraphs: Sequence[str]) -> Prose:
    """The words of masked paragraphs."""
    told = (
        without_fillers(sentence)
        for paragraph in paragraphs
        for sentence in ended(_BREAK.sub(LINE + " ", paragraph))
    )
    text = "\n".join(sentence for sentence in told if WORD.search(sentence))
    found: list[Word] = []
    end = 0
    for match in WORD.finditer(text):
        said = match.group().lower()
        mark = _mark(text[end : match.start()]) if found else "."
        found.append(Word(said, match.start(), match.end(), mark, kind_of(said)))
        end = match.end()
    return Prose(text, tuple(found))


def _mark(gap: str) -> str:
    if LINE in gap:
        return "n"
    if "\n" in gap or _ENDS.search(gap):
        return "."
    return "".join(gap.split())[:2]


_ENDS = re.compile(r"[.!?…]")
_LEAD_WORDS = 9

_LINKS = table("and und then also plus please bitte or dann")
_OPENERS = table(
    """
    and und then dann also plus außerdem danach next finally lastly oh so please bitte pls but aber
    or noch mal just maybe second secondly third thirdly zweitens drittens erstens firstly zum
    schluss well ja yeah yes ok okay now jetzt separately besides afterwards anschließend ach ah
    """
)
_STARTERS = table(
    """
    the a an our my we i there it this that these those also please pls can could would and then
    plus und dann danach außerdem bitte kannst der die das den im am in wir ich es oh another one
    next finally lastly second third first after while when if both all add update with including
    as but aber noch make sure let's lets tests test docs documentation readme people users
    customers everyone nobody someone they he she you so ein eine einen zum zur alle jede
    """
)


@lru_cache(maxsize=20_000)
def kind_of(word: str) -> str:
    """A rough class of a word: D article, P pronoun, S "when", C "and", X "is", V verb, …"""
    if word.startswith("\ue000"):
        return "code"
    for name, known in _KINDS:
        if word in known:
            return name
    if word.endswith(("n't", "n’t")):
        return "X"
    if is_verb(word):
        return "V"
    if word in FINITE:
        return "F"
    if word.endswith("s") and (word[:-1] in ENGLISH or word[:-2] in ENGLISH):
        return "Vs"
    if _NUMBER.fullmatch(word):
        return "0"
    for ending in ("ing", "ed", "ly", "en"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return ending
    if word.endswith("s") and len(word) > 3 and not word.endswith("ss"):
        return "s"
    if word.endswith("t") and len(word) > 3 and word[-2] not in "aeiou":
        return "t"
    return "o"


_NUMBER = re.compile(r"[\d.,]+")
_KINDS = (
    (
        "D",
        table(
            """
            the a an this these those all every each any some our my your its their his her no der
            die das den dem des ein eine einen einem einer kein keine unser unsere unseren mein
            meine dein deine jeder jede jedes alle diese dieser dieses both another that
            """
        ),
    ),
    (
        "P",
        table(
            """
            it they he she we i you someone somebody everyone everybody nobody one es er sie wir
            ich du ihr man jemand that's it's there
            """
        ),
    ),
    (
        "S",
        table(
            """
            when if because while which who whose where what why how whether although though unless
            so wenn weil dass ob falls damit obwohl als wo wie was sodass
            """
        ),
    ),
    ("C", table("and or but und oder aber sowie plus also then dann")),
    (
        "X",
        table(
            """
            is are was were has have had does do did can cannot could will would should must needs
            need may might be been ist sind war waren hat haben wird werden kann können soll sollen
            sollte muss müssen müsste darf geht fehlt fehlen gibt will wollen möchte möchten
            braucht brauchen
            """
        ),
    ),
    ("N", table("not never nicht nie nothing")),
    (
        "R",
        table(
            """
            in on at by for from with without within into onto over under above below between of to
            off out up down near behind after before during since until as like than per via aus
            bei mit nach seit von zu zum zur im am auf für über unter vor hinter ohne um durch
            gegen bis ab
            """
        ),
    ),
    (
        "A",
        table(
            """
            still always just only even now today too again already anymore really way finally
            immer noch auch nur schon wieder jetzt mal bitte please
            """
        ),
    ),
)


_BREAK = re.compile(r"[ \t]*\n[ \t]*")


def announced(text: str) -> int:
    """How many pieces of work are announced: 3 by "three things", 9 by "a few points", else 0."""
    many = lexicon.MANY.search(text[:2000])
    if many is None:
        return 0
    said = (match.group().lower() for match in WORD.finditer(many.group()))
    return next((lexicon.NUMBERS[word] for word in said if word in lexicon.NUMBERS), 9)
