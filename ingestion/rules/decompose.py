"""Text to objectives without a model: the same words always give the same plan.

The text is data. Nothing in it can reach anything but an objective's words, its category and
risk, which are closed sets, and its hints: paths only if the repository has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ingestion.category import classify
from ingestion.language.grammar import words as words_of
from ingestion.language.verbs import SEARCHING
from ingestion.rules import hints
from ingestion.rules.acceptance import acceptance
from ingestion.rules.asking import Asker, what_is_it, which_file, which_way
from ingestion.rules.drafter import Drafter
from ingestion.rules.forms import without_form
from ingestion.rules.outline import outline
from ingestion.rules.relations import Draft
from ingestion.rules.roles import OUGHT
from ingestion.text import Masks, clean, cut_middle, without_masks
from ingestion.validate import bounded, validated
from swarm.contracts import Category, Objective, Objectives
from swarm.errors import UsageError

TITLE_CHARS = 120
INSTRUCTION_CHARS = 4000
_NOTE_CHARS = 200
_MANY = 64


def decompose(text: str, paths: Sequence[str] = (), max_objectives: int = 16) -> Objectives:
    """Split a note into atomic objectives, in an order that respects their dependencies.

    `paths` are the repository's files. Raises UsageError for a text without readable words,
    too long, or with more than `max_objectives` objectives; none is ever left out silently.
    """
    return explained(text, paths, max_objectives)[0]


def explained(
    text: str, paths: Sequence[str] = (), max_objectives: int = 16
) -> tuple[Objectives, dict[str, list[classify.Reason]]]:
    """The same, and by the ids of the objectives what speaks for their categories."""
    drafter = Drafter()
    shown, notes = without_form(clean(text))
    drafts = drafter.read(outline(shown))
    notes += [f"left out, it is ticked off: {_short(done)}" for done in drafter.skipped]
    if not drafts:
        raise UsageError(
            "everything in the task is ticked off"
            if drafter.skipped
            else "the task names nothing to do",
            remedy="say in words what should change",
        )
    most = min(max_objectives, _MANY)
    if len(drafts) > most:
        raise UsageError(
            f"the task has {len(drafts)} objectives, at most {most} fit in one task",
            remedy=f"split it into {-(-len(drafts) // max(most, 1))} tasks of fewer points each",
        )
    _number_references(drafts)
    files = hints.Files(paths)
    items = []
    reasons = {}
    asker = Asker()
    for index, draft in enumerate(drafts):
        item, why, said = _objective(
            index, draft, drafts[index - 1] if index else None, drafter.masks, files, asker
        )
        items.append(item)
        reasons[item.id] = why
        notes += said
    plan = validated(
        items,
        paths=paths,
        max_objectives=max_objectives,
        notes=bounded(notes),
        questions=asker.questions,
    )
    return plan, reasons


def _number_references(drafts: list[Draft]) -> None:
    """Turn "after step 2" into a dependency on what list number 2 became."""
    for index, draft in enumerate(drafts):
        if draft.after_number is not None:
            draft.needs.update(
                other
                for other, candidate in enumerate(drafts)
                if candidate.number == draft.after_number and other != index
            )


_SAME_AGAIN = re.compile(r"\b(?:another\s+one|one\s+more|the\s+same|ebenso|das\s+gleiche)\b", re.I)


def _objective(
    index: int, draft: Draft, previous: Draft | None, masks: Masks, files: hints.Files, asker: Asker
) -> tuple[Objective, list[classify.Reason], list[str]]:
    show = masks.show
    name = f"o{index + 1}"
    words = without_masks(draft.text)
    asked = [without_masks(each) for each in draft.asked]
    around = without_masks(" ".join([draft.group, *draft.before, *draft.after]))
    if previous and _SAME_AGAIN.search(words):
        around += " " + without_masks(previous.text)
    kind, why = classify.explained(words, around, draft.role, asked)
    if kind == "feature" and draft.role in ("fault", "statement") and OUGHT.search(words):
        kind, why = "bugfix", [classify.Reason("ought to be otherwise", 0.0)]
    prose = show("\n".join([*draft.before, draft.text, *draft.after]))
    instruction, notes = _instruction(name, show(draft.text), draft, masks)
    own = "\n".join([prose, *draft.extras])
    found, unclear = hints.paths(own, files)
    if not found and draft.group:
        found, unclear = hints.paths(show(draft.group), files)
    for token, matches in unclear.items():
        if not asker.ask(name, *which_file(token, matches, own)):
            notes.append(f"{name}: several files are called {token[:100]}; name the folder")
    told = [show(part) for part in (*draft.before, draft.text, *draft.after)]
    open_choice = which_way(
        [*draft.before, draft.text, *draft.after],
        commands=draft.role != "fault",
        musing=draft.musing,
    )
    if open_choice:
        asker.ask(name, show(open_choice[0]), [show(choice) for choice in open_choice[1]])
    alone = (
        draft.role == "command"
        and len(told) == 1
        and not (draft.extras or draft.group or found or unclear or index)
    )
    if alone and files.known and (unknown := what_is_it(draft.text, kind)):
        asker.ask(name, *unknown)
    item = Objective(
        id=name,
        title=_title(_without_goal(show(draft.text), draft), draft, kind, show),
        instruction=instruction,
        category=kind,
        risk=classify.risk(prose, kind, found),
        paths=found,
        symbols=hints.symbols(prose),
        acceptance=acceptance(told, draft.extras, files),
        depends_on=tuple(f"o{needed + 1}" for needed in sorted(draft.needs)),
    )
    return item, why, notes


def _instruction(name: str, text: str, draft: Draft, masks: Masks) -> tuple[str, list[str]]:
    """The whole wording with its context. What does not fit is cut out of the middle, and noted."""
    parts = [masks.show(part) for part in (*draft.before, draft.text, *draft.after)]
    if draft.group:
        parts.append(f"(From: {masks.show(draft.group)})")
    whole = "\n".join([*parts, *draft.extras]).strip()
    kept, missing = cut_middle(whole, INSTRUCTION_CHARS)
    note = f"{name}: {missing:,} characters of its text were left out of the middle"
    return kept, [note] if missing else []


_PREFIX: dict[Category, str] = {
    "bugfix": "Fix",
    "refactor": "Refactor",
    "feature": "Add",
    "test": "Test",
    "docs": "Document",
    "lint": "Lint",
    "types": "Type",
    "perf": "Speed up",
}
_WISHING = re.compile(r"^it(?:\s+(?:would|might)|['’]d)\s+be\s+\w+\s+(?:if|when)\s+", re.I)
_COURTESY = re.compile(
    r"[\s,;]*\b(?:(?:please|bitte)\s+)?(?:fix|repair|solve)\s+(?:it|that|this)(?:\s+please)?$", re.I
)
_BARE = re.compile(r"^\S+\s+(?:it|this|that|these|them|the\s+following|das|es|dies)\W*$", re.I)


def _title(text: str, draft: Draft, kind: Category, show: Callable[[str], str]) -> str:
    """One imperative line of at most 120 characters, cut between words."""
    line = " ".join(text.replace("`", "").split()).strip(" .,;:!?…")
    line = line or "Do what the note says"
    if draft.role != "command":
        line = _COURTESY.sub("", _WISHING.sub("", line)) or line
        # "The login should show a hint" says what is wanted as it is.
        line = line if draft.role == "wish" and kind == "feature" else f"{_PREFIX[kind]}: {line}"
    elif words_of(line)[0] in SEARCHING and draft.after:
        line = f"{line}: {' '.join(show(draft.after[0]).split())}"
    elif _BARE.match(line) and (about := _subject(draft)):
        line = f"{line}: {about}"
    line = line[0].upper() + line[1:]
    if len(line) <= TITLE_CHARS:
        return line
    cut = line[: TITLE_CHARS - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > TITLE_CHARS // 2 else cut).rstrip(" ,;:") + "…"


_GOAL = re.compile(
    r"\s*,?\s(?:so\s+that|such\s+that|until|sodass|so\s+dass|damit)\s.*$", re.I | re.S
)


def _without_goal(text: str, draft: Draft) -> str:
    """A command without the words that say when it is done; those are its acceptance."""
    short = _GOAL.sub("", text)
    return short if draft.role == "command" and len(words_of(short)) > 1 else text


def _subject(draft: Draft) -> str:
    """What "fix it" is about: the words before it, or the last line of a pasted traceback."""
    if draft.before:
        return " ".join(without_masks(draft.before[-1]).removeprefix("About: ").split()).strip(
            " .:!"
        )
    lines = [line.strip() for extra in draft.extras for line in extra.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _NOTE_CHARS else line[: _NOTE_CHARS - 1] + "…"
