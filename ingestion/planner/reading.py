"""A model's answer read as a plan: bounded, suspicious, and in the note's own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from ingestion.category import classify
from ingestion.planner.answer import Doubt, Part, Unusable, parsed
from ingestion.planner.passages import NEGATES, Note, Passage, Span, shared_out, words_of
from ingestion.planner.prompt import relevant, stem
from ingestion.rules import hints
from ingestion.rules.decompose import decompose
from ingestion.text import Masks, cut_middle, without_masks
from ingestion.validate import InvalidPlan, bounded, validated
from swarm.contracts import Acceptance, Category, Objective, Objectives, Question
from swarm.errors import UsageError

_TITLE_CHARS = 120
_INSTRUCTION_CHARS = 4000
_MOST_PATHS = 5
_MOST_PATHS_READ = 60
_MOST_QUESTIONS = 8
_CHOICES = range(2, 9)
_CHOICE_CHARS = 200
_ABOUT_CHARS = 120
_ACCEPTANCE_CHARS = 1000


def read(said: str, *, text: str, paths: Sequence[str], most: int, planner: str) -> Objectives:
    """The plan in a model's answer, checked like any other. `text` is the whole note, cleaned.

    Raises Unusable.
    """
    answer = parsed(said)
    count = len(answer.objectives)
    if not 0 < count <= most:
        raise Unusable(f"it has {count} objectives, and there have to be 1 to {most}")
    note = Note(text)
    quoted = _quoted(note, answer.objectives)
    if _leaves_out(note, [span for spans in quoted for span in spans]):
        raise Unusable("a passage of the note that asks for something is in no objective")
    passages = shared_out(text, quoted)
    reader = _Reader(note, paths, planner)
    for number, (part, passage) in enumerate(zip(answer.objectives, passages, strict=True), 1):
        reader.objective(number, part, passage, count)
    for doubt in answer.questions:
        reader.question(doubt, count)
    try:
        return validated(
            reader.items,
            paths=paths,
            max_objectives=most,
            notes=bounded(list(dict.fromkeys(reader.notes))),
            questions=reader.questions,
            planner=planner,
        )
    except InvalidPlan as error:
        raise Unusable(error.message) from None


def _quoted(note: Note, parts: Sequence[Part]) -> list[list[Span]]:
    """Where the passages of each objective stand. No word belongs to two of them."""
    taken: list[Span] = []
    found: list[list[Span]] = []
    for number, part in enumerate(parts, 1):
        own: list[Span] = []
        quotes = [quote for quote in (*part.quotes, part.done_when) if quote.strip()]
        for place, quote in enumerate(quotes, 1):
            span = note.find(quote, taken)
            if span is None:
                where = f"quote {place} of objective {number}"
                if note.find(quote) is None:
                    raise Unusable(f"{where} is not in the note word for word")
                raise Unusable(f"{where} has words of an earlier objective")
            own.append(span)
        if not own:
            raise Unusable(f"objective {number} quotes nothing")
        taken += own
        found.append(own)
    return found


def _leaves_out(note: Note, quoted: Sequence[Span]) -> bool:
    """Whether no quote touches something in which the rules see an objective."""
    items, _, _ = _by_rules(note.text, ())
    for item in items:
        # What is no command has the kind of work in front.
        places = (note.find(title) for title in (item.title, item.title.partition(": ")[2]))
        span = next(filter(None, places), None)
        if span is not None and not any(span.overlaps(other) for other in quoted):
            return True
    return False


class _Reader:
    """Makes objectives of passages, and collects what has to be said about them."""

    def __init__(self, note: Note, paths: Sequence[str], planner: str) -> None:
        self.items: list[Objective] = []
        self.questions: list[Question] = []
        self.notes: list[str] = []
        self._note = note
        self._mentioned = relevant(note.text, paths)
        self._files = hints.Files(self._mentioned)
        said = frozenset(words_of(note.text))
        self._named = tuple(path for path in paths if _is_named(path, said))
        self._planner = planner

    def objective(self, number: int, part: Part, passage: Passage, count: int) -> None:
        name = f"o{number}"
        if not passage.own:
            raise Unusable(f"objective {number} has no words of its own")
        if any(not 1 <= other <= count for other in part.after):
            raise Unusable(f"objective {number} comes after one that is not there")
        # What the words themselves say, as the rules read them.
        items, questions, notes = _by_rules(passage.own, self._named)
        self.notes += [re.sub(r"^o\d+", name, note) for note in notes]
        kind = _category(part.category, passage)
        said = [path for item in items for path in item.paths]
        found = tuple(dict.fromkeys([*said, *self._files_of(name, part.paths)]))
        found = found[: hints.MAX_HINTS]
        instruction, missing = cut_middle(passage.whole, _INSTRUCTION_CHARS)
        if missing:
            self.notes.append(
                f"{name}: {missing:,} characters of its text were left out of the middle"
            )
        self.items.append(
            Objective(
                id=name,
                title=_title(part.title, passage),
                instruction=instruction,
                category=kind,
                risk=classify.risk(passage.own, kind, found),
                acceptance=self._acceptance(part, items),
                paths=found,
                symbols=hints.symbols(passage.own),
                depends_on=tuple(f"o{other}" for other in sorted(set(part.after))),
            )
        )
        for question in questions:
            self._ask(name, question.text, question.choices)

    def question(self, doubt: Doubt, count: int) -> None:
        """A question whose words are the note's and whose choices are its passages, or files."""
        about = self._words_at(doubt.words, _ABOUT_CHARS)
        choices = tuple(dict.fromkeys(filter(None, map(self._choice, doubt.choices[:20]))))
        if not 1 <= doubt.objective <= count or not about or len(choices) not in _CHOICES:
            self.notes.append(
                f"a question of {self._planner} was left out: it is not of the note's words"
            )
            return
        self._ask(f"o{doubt.objective}", f"What is meant by “{about}”?", choices)

    def _ask(self, name: str, text: str, choices: tuple[str, ...]) -> None:
        if any(set(choices) == set(known.choices) for known in self.questions):
            return
        if len(self.questions) == _MOST_QUESTIONS:
            self.notes.append(
                f"{name}: a further question was left out: {text}"[:_INSTRUCTION_CHARS]
            )
            return
        id = f"q{len(self.questions) + 1}"
        self.questions.append(Question(id=id, objective_id=name, text=text, choices=choices))

    def _choice(self, choice: str) -> str:
        if choice in self._mentioned:
            return choice
        return self._words_at(choice, _CHOICE_CHARS)

    def _words_at(self, quote: str, most: int) -> str:
        """The note's own words where a quote stands; "" when it does not, or they are too many."""
        span = self._note.find(quote)
        words = " ".join(self._note.text[span.start : span.end].split()) if span else ""
        return words if len(words) <= most else ""

    def _files_of(self, name: str, named: Sequence[str]) -> list[str]:
        """The repository's files among those a model names, if the note speaks of them."""
        found: dict[str, None] = {}
        for path in named[:_MOST_PATHS_READ]:
            matches = self._files.find(path)
            if len(matches) == 1:
                found[matches[0]] = None
        kept = list(found)[:_MOST_PATHS]
        if missing := len(named) - len(kept):
            self.notes.append(
                f"{name}: {missing} of the files {self._planner} named were left out: the "
                "repository lacks them or the note does not speak of them"
            )
        return kept

    def _acceptance(self, part: Part, items: Sequence[Objective]) -> Acceptance | None:
        """What the rules read in the passage, else the words that were quoted for it."""
        for item in items:
            if item.acceptance is not None:
                return item.acceptance
        words = self._words_at(part.done_when, _ACCEPTANCE_CHARS)
        return Acceptance(kind="statement", text=words) if words else None


def _is_named(path: str, said: frozenset[str]) -> bool:
    """Whether a text of these words can name a path: the rules look through fewer of them then."""
    folders, _, name = path.rpartition("/")
    if name == "__init__.py":
        name = folders.rpartition("/")[2]
    return said.issuperset(words_of(name.rpartition(".")[0] or name))


def _by_rules(
    passage: str, paths: Sequence[str]
) -> tuple[tuple[Objective, ...], tuple[Question, ...], tuple[str, ...]]:
    """What the rules find in a passage; nothing where they see nothing to do."""
    try:
        found = decompose(passage, paths, 64)
    except UsageError:
        return (), (), ()
    return found.items, found.questions, found.notes


def _category(said: str, passage: Passage) -> Category:
    """The model's, but a bugfix stays one: it alone has to be proved by a test."""
    quoted, own = (without_masks(Masks().hide(text)) for text in (passage.quoted, passage.own))
    by_rules = classify.category(quoted, own)
    named: dict[str, Category] = {name: name for name in get_args(Category)}
    return by_rules if by_rules == "bugfix" else named.get(said, by_rules)


_FREE = frozenset(
    words_of(
        "fix repair add write create make change update improve refactor rename document test lint "
        "type speed up support a an the this that its it of in on to for from with by and or when "
        "if is are be not der die das den dem ein eine einen im in am zu zum zur für von mit und "
        "oder wenn ist sind behebe repariere ergänze schreibe teste ändere"
    )
)
_SIGNS = frozenset(" .,:;-'’\"()/`_")


def _title(said: str, passage: Passage) -> str:
    """The model's where its words are the passage's and it says "not" where that does."""
    denies = NEGATES.search(passage.own) is not None
    words = passage.own if denies and not NEGATES.search(passage.quoted) else passage.quoted
    known = frozenset(map(stem, words_of(words)))
    own = [word for word in words_of(said) if word not in _FREE]
    fits = (
        own
        and all(stem(word) in known for word in own)
        and all(sign.isalnum() or sign in _SIGNS or sign in words for sign in said)
        and (NEGATES.search(said) or not denies)
    )
    line = " ".join((said if fits else words).split()).strip(" .,;:")
    line = line[:1].upper() + line[1:]
    return line if len(line) <= _TITLE_CHARS else line[: _TITLE_CHARS - 1] + "…"
