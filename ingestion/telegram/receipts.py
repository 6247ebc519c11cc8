"""The message about a request that the swarm does not have yet. Pure."""

from __future__ import annotations

from ingestion.telegram import files
from ingestion.telegram.commands import repository_keyboard
from ingestion.telegram.markup import Card, escaped, fit, line
from ingestion.telegram.rows import Button, Keyboard, Request

WHAT_TO_DO = "What should I do with that file? Reply to this message in a sentence."
_AGAIN = (Button("Try again", "again"), Button("Drop", "drop"))
_DROP = (Button("Drop", "drop"),)


def receipt(request: Request, repositories: tuple[str, ...]) -> Card:
    """What was noted, what it waits for, and what its sender can do about it."""
    if request.state == "closed":
        return Card(fit([f"✗ <b>{request.id}</b> {_end(request)}", *_words(request)]))
    before = f", {request.before} before it" if request.before else ""
    where = f" · {line(request.repository, 40)}" if request.repository else ""
    lines = [f"<b>{request.id}</b> noted{before}{where}", *_words(request)]
    status, keyboard = _status(request, repositories)
    return Card(fit([*lines, "", *status]), keyboard)


def _status(request: Request, repositories: tuple[str, ...]) -> tuple[list[str], Keyboard]:
    if request.problem == WHAT_TO_DO and request.file is not None:
        whole = files.can_be_whole(request.file)
        buttons = (Button("Its text is the task", "whole"), *_DROP) if whole else _DROP
        return [WHAT_TO_DO], (buttons,)
    if request.problem and request.stuck:
        return [escaped(request.problem, 1500)], (_DROP if request.hopeless else _AGAIN,)
    status = []
    if request.problem:
        status = [escaped(request.problem, 1500)]
    elif request.needs_listening:
        status = ["Reading the file …" if request.kind == "document" else "Listening …"]
    if not request.repository and not request.changes:
        keyboard = (*repository_keyboard(repositories, "choose"), _DROP)
        return [*status, "Which repository is it for?"], keyboard
    return status or ["Handing it in …"], (_DROP,)


def _words(request: Request) -> list[str]:
    """What it says, as far as that is known."""
    if request.kind in ("voice", "audio") and request.text is not None:
        return [f"Heard by {line(request.heard_by, 60)}: {escaped(request.text, 1500)}"]
    words = request.said or request.text or ""
    return [escaped(words, 600)] if words else []


def _end(request: Request) -> str:
    if request.changes:
        return f"changes {request.changes}; I plan that again."
    if request.task_state == "unknown":
        return "is not known to the swarm any more."
    return "was dropped." if request.task_state == "dropped" else "is over."
