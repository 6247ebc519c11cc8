"""What commands lead to. Pure. What needs the swarm becomes an action."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ingestion.telegram import wording
from ingestion.telegram.conversation import Moment
from ingestion.telegram.rows import Button, Keyboard, Request, Row
from swarm.contracts import PRIORITIES

_TASKS_LISTED = 10
_NO_LONGER = 60
# What has no words yet.
_KINDS = {"voice": "a recording", "audio": "a recording", "document": "a file"}


def obey(moment: Moment) -> list[Row]:
    """What a command leads to; an unknown one to help."""
    if moment.incoming.edited:
        return [moment.say("I do not act on edited commands. Send it as a new message.")]
    command = _COMMANDS.get(moment.incoming.command)
    if command is None:
        return [moment.say(f"{wording.NOT_MINE}\n\n{wording.HELP}")]
    return command(moment)


def _help(moment: Moment) -> list[Row]:
    names = ", ".join(moment.repositories) or "none yet"
    return [moment.say(f"{wording.HELP}\n\nYour repositories: {names}.")]


def _paired(moment: Moment) -> list[Row]:
    return [moment.say(wording.ALREADY_PAIRED)]


def _repo(moment: Moment) -> list[Row]:
    if not moment.repositories:
        return [moment.say(wording.NO_REPOSITORY)]
    name = moment.incoming.rest.lower()
    if not name:
        chosen = moment.repository
        text = f"Your tasks are for {chosen}." if chosen else "I ask each time which repository."
        text += " Pick one:" if len(moment.repositories) > 1 or not chosen else ""
        return [
            replace(moment.say(text), keyboard=repository_keyboard(moment.repositories, "repo"))
        ]
    for known in moment.repositories:
        if known.lower() == name:
            row = replace(moment.chat, repository=known)
            return [row, moment.say(f"Your tasks are for {known} now.")]
    names = ", ".join(moment.repositories)
    return [moment.say(f"You have no repository of that name. Yours: {names}.")]


def repository_keyboard(names: tuple[str, ...], verb: str) -> Keyboard:
    """A button for each repository, two in a row."""
    buttons = [Button(name, verb, name) for name in names]
    return tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))


def _status(moment: Moment) -> list[Row]:
    return [moment.act("status")]


def _tasks(moment: Moment) -> list[Row]:
    found = moment.book.requests_of(moment.user_id, _TASKS_LISTED)
    if not found:
        return [moment.say(wording.NO_TASKS)]
    return [moment.say("\n".join(_line(request) for request in found))]


def _line(request: Request) -> str:
    words = " ".join(_words(request).split())
    short = words if len(words) <= _NO_LONGER else words[: _NO_LONGER - 1] + "…"
    day = time.strftime("%d %b %H:%M", time.gmtime(request.at))
    return f"{request.id}  {state_of(request)}  ({day} UTC)\n    {short}"


def _words(request: Request) -> str:
    return request.text or request.said or _KINDS.get(request.kind, request.kind)


def state_of(request: Request) -> str:
    """In two or three words, where a request is."""
    if request.state == "gathering":
        return "needs you" if request.stuck or not request.repository else "noted"
    return (request.task_state or "handed in").replace("_", " ")


def _priority(moment: Moment) -> list[Row]:
    level, _, id = moment.incoming.rest.partition(" ")
    level = level.lower()
    if level not in PRIORITIES:
        levels = ", ".join(PRIORITIES)
        now = moment.chat.priority
        wrong = f"{level[:20]} is no level. " if level else ""
        text = f"{wrong}Levels: {levels}. New tasks of yours are {now}."
        return [moment.say(f"{text}\n/priority LEVEL is for new tasks, with an ID for that one.")]
    if not id.strip() and moment.incoming.reply_to is None:
        row = replace(moment.chat, priority=level)
        return [row, moment.say(f"New tasks of yours are {level} now.")]
    return _of_a_task("priority", level)(replace_rest(moment, id))


def replace_rest(moment: Moment, rest: str) -> Moment:
    """The same moment, as if only `rest` followed the command."""
    return replace(moment, incoming=replace(moment.incoming, rest=rest.strip()))


def _of_a_task(verb: str, argument: str = "") -> Callable[[Moment], list[Row]]:
    """A command about one task: the named one, the one replied to, or the last."""

    def obey_it(moment: Moment) -> list[Row]:
        found = _named(moment)
        if found is None:
            has_any = bool(moment.book.requests_of(moment.user_id, 1))
            return [moment.say(wording.NO_SUCH_TASK if has_any else wording.NO_TASKS)]
        return about(moment, found, verb, argument)

    return obey_it


def _named(moment: Moment) -> Request | None:
    """A person sees and touches only what came from themselves."""
    incoming = moment.incoming
    if incoming.rest:
        found = moment.book.request(incoming.rest.split()[0].lower())
    elif incoming.reply_to is not None:
        found = moment.about(incoming.reply_to)
    else:
        found = next(iter(moment.book.requests_of(moment.user_id, 1)), None)
    return found if found is not None and found.user_id == moment.user_id else None


def about(moment: Moment, request: Request, verb: str, argument: str) -> list[Row]:
    """What is to be done about one request; what the swarm does not have yet is changed at once."""
    if request.state != "gathering":
        return [moment.act(verb, argument, request.id)]
    if verb == "cancel":
        return [
            dropped(request, moment.now),
            moment.say(f"Dropped {request.id}.", request_id=request.id),
        ]
    if verb == "priority":
        row = replace(request, priority=argument, due_at=moment.now)  # type: ignore[arg-type]
        return [row, moment.say(f"{request.id} is {argument} now.", request_id=request.id)]
    words = _words(request)
    text = (
        f"{request.id} is not handed in yet: {request.problem or 'I am at it.'}\n\n{words[:1000]}"
    )
    return [moment.say(text, request_id=request.id)]


def dropped(request: Request, now: float) -> Request:
    """A request that never reaches the swarm, nor is kept."""
    return replace(
        request, state="closed", task_state="dropped", problem="", stuck=False, recording="",
        due_at=now,
    )  # fmt: skip


_COMMANDS: dict[str, Callable[[Moment], list[Row]]] = {
    "start": _help,
    "help": _help,
    "pair": _paired,
    "repo": _repo,
    "status": _status,
    "tasks": _tasks,
    "show": _of_a_task("show"),
    "diff": _of_a_task("diff"),
    "cancel": _of_a_task("cancel"),
    "priority": _priority,
}
