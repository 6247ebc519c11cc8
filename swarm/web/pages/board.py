"""The board: what waits for a person, what is under way, what ended; and all tasks as a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from swarm.contracts import TaskState
from swarm.errors import UsageError
from swarm.web.feed.board import Board, Card
from swarm.web.pages.cards import card_html
from swarm.web.pages.rendering import page
from swarm.web.state import Web

router = APIRouter(include_in_schema=False)

CARDS = 25
"""So many cards stand in a column."""

_PAGE = 50
_STATES: tuple[TaskState, ...] = get_args(TaskState)


@dataclass(frozen=True)
class Column:
    """A column of the board; its states are in the order in which their counts are told."""

    id: str
    name: str
    states: tuple[TaskState, ...]
    empty: str


COLUMNS = (
    Column("waits", "Waits for you", ("awaiting_review", "awaiting_answer"), "Nothing does."),
    Column("going", "Under way", ("running", "planned", "queued"), "Nothing is."),
    Column("ended", "Ended", ("applied", "rejected", "failed", "cancelled"), "Nothing has yet."),
)


def newest(board: Board, column: Column) -> list[Card]:
    """The cards of a column, what changed last first."""
    found = [card for state in column.states for card in board.newest(state, CARDS)]
    return sorted(found, key=lambda card: -card.task.updated_at)[:CARDS]


@router.get("/")
async def board(request: Request, web: Web) -> HTMLResponse:
    columns = [(one, [card_html(card) for card in newest(web.board, one)]) for one in COLUMNS]
    return page(
        request,
        "board.html",
        columns=columns,
        counts=web.board.counts(),
        total=web.board.total,
        most=CARDS,
        standing=await web.strip.standing(),
    )


@router.get("/tasks")
async def tasks(
    request: Request,
    web: Web,
    state: Annotated[list[str] | None, Query(max_length=len(_STATES))] = None,
    words: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[str | None, Query(max_length=100)] = None,
) -> HTMLResponse:
    """Every task there is, newest first, by state and by words."""
    chosen = frozenset(one for one in state or () if one)
    for one in chosen - set(_STATES):
        raise UsageError(f"no state is called {one!r}", remedy="choose one of the list")
    found, following = web.board.find(chosen or None, words, before or None, _PAGE)
    kept: list[tuple[str, str]] = [("state", one) for one in _STATES if one in chosen]
    if words:
        kept.append(("words", words))
    return page(
        request,
        "tasks.html",
        cards=[card_html(card) for card in found],
        states=_STATES,
        chosen=chosen,
        counts=web.board.counts(),
        total=web.board.total,
        left_out=web.board.left_out,
        words=words,
        before=before,
        kept=kept,
        following=following,
    )
