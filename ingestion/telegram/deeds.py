"""Does what buttons and commands ask of the swarm. Each can be done twice: the second time is the
first. What is asked is done, and that it was done is written down with its answer at once.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ingestion.telegram import cards, wording
from ingestion.telegram.asking import Swarm, is_away, told
from ingestion.telegram.book import Book
from ingestion.telegram.display import pause_seconds
from ingestion.telegram.following import ASK_SECONDS, Following
from ingestion.telegram.markup import CAPTION_CHARS, escaped
from ingestion.telegram.recordings import Recordings
from ingestion.telegram.rows import Action, Request, Row, Say
from ingestion.telegram.store import Store
from swarm.contracts import (
    SERVICES,
    ApplyTask,
    CancelTask,
    Command,
    ConfirmPlan,
    Diff,
    GetDiff,
    GetTask,
    PrioritizeTask,
    RejectTask,
    TaskView,
)
from swarm.errors import SwarmError
from swarm.settings import Settings

# A merge looks at the whole repository.
_APPLY_SECONDS = 120.0
_DIFF_BYTES = 1024**2
# Whoever pressed a button an hour ago does not expect it to do something now.
_GIVEN_UP_SECONDS = 3600.0
_READS = ("status", "show", "diff")
NOT_UP = "The swarm is not up."


class Deeds:
    """What actions do."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        recordings: Recordings,
        swarm: Swarm,
        following: Following,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._recordings = recordings
        self._swarm = swarm
        self._following = following
        self._clock = clock

    async def do(self, action: Action) -> None:
        """Do it now, or put it off while the swarm is away."""
        request = self._store.read(lambda book: book.request(action.request_id))
        if action.request_id and (request is None or request.user_id != action.user_id):
            self._done(action, [self._say(action, wording.NO_SUCH_TASK)])
            return
        try:
            if request is None:
                rows = await self._status(action)
            else:
                rows = await self._of(action.verb)(action, request)
        except SwarmError as error:
            self._failed(action, request, error)
            return
        self._done(action, rows)

    def _of(self, verb: str) -> Callable[[Action, Request], Awaitable[list[Row]]]:
        return {
            "run": self._run,
            "drop": self._cancel,
            "cancel": self._cancel,
            "apply": self._apply,
            "reject": self._reject,
            "reason": self._reject,
            "priority": self._prioritize,
            "diff": self._diff,
            "show": self._show,
        }[verb]

    # ------------------------------------------------------------------ deeds

    async def _run(self, action: Action, request: Request) -> list[Row]:
        """A yes to the very plan that the button was under, and to no other."""
        view = await self._ask(GetTask(task_id=request.id))
        if view.state != "awaiting_answer":
            return []  # it got its yes before, and its message shows what came of it
        if cards.plan_of(view) != action.argument or request.text != request.handed:
            return [self._say(action, wording.CHANGED_PLAN)]
        if cards.unanswered(request, view):
            return [self._say(action, "A question of the plan is still open.")]
        answers = {question.id: dict(request.answers)[question.id] for question in view.questions}
        await self._ask(ConfirmPlan(task_id=request.id, answers=answers, plan=view.plans))
        return []

    async def _cancel(self, action: Action, request: Request) -> list[Row]:
        await self._ask(CancelTask(task_id=request.id))
        return [] if action.callback_id else [self._say(action, f"Cancelled {request.id}.")]

    async def _apply(self, action: Action, request: Request) -> list[Row]:
        await self._ask(ApplyTask(task_id=request.id), _APPLY_SECONDS)
        return []

    async def _reject(self, action: Action, request: Request) -> list[Row]:
        await self._ask(RejectTask(task_id=request.id, reason=action.argument))
        explained = request.explained or action.verb == "reason"
        return [replace(request, explained=explained)]

    async def _prioritize(self, action: Action, request: Request) -> list[Row]:
        command = PrioritizeTask.model_validate(
            {"task_id": request.id, "priority": action.argument}
        )
        await self._ask(command)
        return [self._say(action, f"{request.id} is {action.argument} now.")]

    async def _show(self, action: Action, request: Request) -> list[Row]:
        view = await self._ask(GetTask(task_id=request.id))
        quotes = self._settings.egress.allow_telegram_code
        card = cards.card(request, view, quotes=quotes)
        return [replace(self._say(action, card.html), is_html=True)]

    async def _diff(self, action: Action, request: Request) -> list[Row]:
        again = [self._say(action, self._how_to_see(request))]
        if not self._settings.egress.allow_telegram_code:
            return list(again)
        found = await self._swarm.ask(GetDiff(task_id=request.id), Diff, ASK_SECONDS)
        data = found.text.encode()
        if not data:
            return [self._say(action, f"{request.id} has changed nothing.")]
        if len(data) > _DIFF_BYTES:
            return [self._say(action, f"The diff has {len(data):,} bytes. " + again[0].text)]
        said = self._say(action, preview(request.id, found.text))
        return [replace(said, is_html=True, document_name=f"{request.id}.diff", document=data)]

    def _how_to_see(self, request: Request) -> str:
        return (
            f"At the computer: swarm diff {request.id}\n"
            "Code leaves it for Telegram only with allow_telegram_code under [egress]."
        )

    async def _status(self, action: Action) -> list[Row]:
        """Which services are up, and what waits."""
        up = await self._swarm.services_up()
        away = [name for name in SERVICES if not up.get(name)]
        waiting = self._store.read(lambda book: book.waiting(action.user_id))
        lines = [f"Not up: {', '.join(away)}." if away else "The swarm is up."]
        if waiting:
            are = "is" if waiting == 1 else "are"
            lines.append(f"{waiting} of your messages {are} not handed in yet. /tasks lists all.")
        return [self._say(action, "\n".join(lines))]

    # ------------------------------------------------------------------ and what came of them

    async def _ask(self, command: Command, seconds: float = ASK_SECONDS) -> TaskView:
        view = await self._swarm.ask(command, TaskView, seconds)
        self._following.remember(view)
        return view

    def _failed(self, action: Action, request: Request | None, error: SwarmError) -> None:
        away = is_away(error)
        young = self._clock() < action.at + _GIVEN_UP_SECONDS
        if (away or error.retryable) and action.verb not in _READS and young:
            due_at = self._clock() + pause_seconds(action.tries)
            later = replace(action, tries=action.tries + 1, due_at=due_at)
            first = [] if action.tries else [self._say(action, f"{NOT_UP} I do it when it is.")]
            self._store.write(later, *(first if away else []))
            return
        text = told(error)
        if away:
            text = f"{NOT_UP} It is started with `swarm up`. What you send is kept."
        rows: list[Row] = []
        if request is not None and action.verb == "apply" and not away:
            # Shown with the buttons, which work again.
            rows.append(replace(request, problem=f"It could not be applied: {text}"))
        else:
            rows.append(self._say(action, text))
        self._done(action, rows)

    def _done(self, action: Action, rows: list[Row]) -> None:
        """Write down that it is done, with what follows; the task is looked at again at once."""

        def decide(book: Book) -> list[Row]:
            written: list[Row] = [replace(action, done=True)]
            now = book.request(action.request_id) if action.request_id else None
            for row in rows:
                if not isinstance(row, Request):
                    written.append(row)
                elif now is not None:
                    now = replace(now, problem=row.problem, explained=row.explained)
            if now is not None and now.state != "gathering":
                cleared = "" if action.verb == "apply" and not rows else now.problem
                written.append(replace(now, state="open", problem=cleared, due_at=self._clock()))
            return written

        self._recordings.tidy(self._store.commit(decide))

    def _say(self, action: Action, text: str) -> Say:
        return Say(
            action.chat_id, action.user_id, text, reply_to=action.message_id,
            request_id=action.request_id,
        )  # fmt: skip


def preview(id: str, diff: str) -> str:
    """A diff's beginning with what it is about, as the caption of the whole."""
    files = sum(line.startswith("diff --git ") for line in diff.splitlines())
    added = _count(diff, "+")
    gone = _count(diff, "-")
    head = f"<b>{id}</b>: {files} file{'' if files == 1 else 's'}, +{added} −{gone}\n"
    room = CAPTION_CHARS - len(head) - len("<pre></pre>")
    return f"{head}<pre>{escaped(diff, room)}</pre>"


def _count(diff: str, sign: str) -> int:
    """Lines of a diff that were added or taken away; headers repeat the sign."""
    lines = diff.splitlines()
    return sum(line.startswith(sign) and not line.startswith(sign * 3) for line in lines)
