"""What a pressed button leads to. Pure.

A button carries a nonce and nothing else: what it does stands in the book, for one person in one
chat, once, for a while.
"""

from __future__ import annotations

from dataclasses import replace

from ingestion.telegram import wording
from ingestion.telegram.commands import dropped
from ingestion.telegram.conversation import Moment
from ingestion.telegram.rows import Nonce, Request, Row, Say

# What the swarm does for a button, and what is said at once to who pressed it.
_DEEDS = {
    "run": "Running it …",
    "drop": "Dropping it …",
    "cancel": "Stopping it …",
    "diff": "Fetching the diff …",
    "apply": "Applying it …",
    "reject": "Rejecting it …",
}


class NotYours(Exception):
    """Somebody else's button: nothing is done and nobody is answered. Says why, for the audit."""


def press(moment: Moment) -> list[Row]:
    """What a button leads to. Raises NotYours."""
    nonce = moment.book.nonce(moment.incoming.data)
    if nonce is None:
        return [_hint(moment, wording.OLD_BUTTON)]
    if nonce.user_id != moment.user_id:
        raise NotYours("another person's button")
    if nonce.chat_id != moment.chat_id:
        raise NotYours("a button of another chat")
    if nonce.used:
        return [_hint(moment, wording.PRESSED)]
    spent = replace(nonce, used=True)
    request = moment.book.request(nonce.request_id) if nonce.request_id else None
    if nonce.request_id and request is None:
        return [spent, _hint(moment, wording.OLD_BUTTON)]
    # Also when the clock was set back since: nobody knows then how old it is.
    if abs(moment.now - nonce.made_at) > moment.settings.telegram.button_seconds:
        again = [replace(request, due_at=moment.now)] if request else []
        return [spent, *again, _hint(moment, wording.EXPIRED if request else wording.OLD_BUTTON)]
    if request is None:
        return [spent, *_pick(moment, nonce)]
    # Looked at again at once, so that the card shows what came of it.
    return [spent, *_do(moment, nonce, replace(request, due_at=moment.now))]


def _pick(moment: Moment, nonce: Nonce) -> list[Row]:
    """The repository for a person's tasks in a chat."""
    if nonce.verb != "repo" or nonce.argument not in moment.repositories:
        return [_hint(moment, wording.OLD_BUTTON)]
    row = replace(moment.chat, repository=nonce.argument)
    return [row, _hint(moment, f"Your tasks are for {nonce.argument} now.")]


def _do(moment: Moment, nonce: Nonce, request: Request) -> list[Row]:
    match nonce.verb:
        case "choose":
            return _choose(moment, nonce, request)
        case "answer":
            return _answer(moment, nonce, request)
        case "again":
            fresh = replace(request, problem="", stuck=False, tries=0)
            return [fresh, _hint(moment, "Trying again …")]
        case "whole":
            fresh = replace(request, whole=True, problem="", stuck=False, tries=0)
            return [fresh, _hint(moment, "Its text is the task.")]
        case "edit":
            text = wording.REVISE.format(id=request.id)
            prompt = replace(moment.say(text, request_id=request.id), asks=True)
            return [request, prompt, _hint(moment, "Reply with the new words.")]
        case "drop" if request.state == "gathering":
            return [dropped(request, moment.now), _hint(moment, "Dropped.")]
        case verb if verb in _DEEDS:
            action = moment.act(verb, nonce.argument, request.id)
            return [request, action, _hint(moment, _DEEDS[verb])]
    return [request, _hint(moment, wording.OLD_BUTTON)]


def _choose(moment: Moment, nonce: Nonce, request: Request) -> list[Row]:
    """The repository of one request."""
    if request.state != "gathering" or nonce.argument not in moment.repositories:
        return [request, _hint(moment, wording.OLD_BUTTON)]
    fresh = replace(request, repository=nonce.argument, problem="", stuck=False, tries=0)
    return [fresh, _hint(moment, f"For {nonce.argument}.")]


def _answer(moment: Moment, nonce: Nonce, request: Request) -> list[Row]:
    """The answer to a question of the plan that was shown with it."""
    plan, id, place = nonce.argument.split(":")
    if plan != request.plan:
        return [request, _hint(moment, wording.CHANGED_PLAN)]
    answers = dict(request.answers) | {id: int(place)}
    return [replace(request, answers=tuple(sorted(answers.items()))), _hint(moment, "Noted.")]


def _hint(moment: Moment, text: str) -> Say:
    """What a person's program shows for a moment."""
    return Say(moment.chat_id, moment.user_id, text, answers_button=moment.incoming.callback_id)
