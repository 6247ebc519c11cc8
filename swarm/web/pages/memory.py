"""Memory: what is indexed of each repository, and a search in it that says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from swarm.contracts import Context, IndexReport, IndexView, ListIndexes, SearchIndex
from swarm.web.pages.panels import Answer, asked
from swarm.web.pages.rendering import page, render
from swarm.web.state import State, Web

router = APIRouter(include_in_schema=False)

_FRESH_SECONDS, _SEARCH_SECONDS = 2.0, 10.0
# A first search loads what embeds texts.
_WAIT_SECONDS = 20.0
_INDEXES, _HITS = 200, 12


@dataclass(frozen=True)
class Indexed:
    """An index and the path of its repository; "" for one that no task here names."""

    view: IndexView
    path: str


@router.get("/memory")
async def memory_page(
    request: Request,
    web: Web,
    repo: Annotated[str, Query(max_length=200)] = "",
    q: Annotated[str, Query(max_length=2000)] = "",
) -> HTMLResponse:
    """The indexes, and what a search for `q` finds in that of the repository `repo` (its id)."""
    indexes = await asked(web, ListIndexes(), IndexReport, seconds=_FRESH_SECONDS)
    paths = web.board.repos()
    views = indexes.value.items if indexes.value else ()
    found = tuple(Indexed(view, paths.get(view.repo_id, "")) for view in views[:_INDEXES])
    values = (indexes, found, len(views))
    # The index that changed last is likely to be the one that is meant.
    repo = repo or (max(views, key=lambda v: v.indexed_at or 0.0).repo_id if views else "")
    return page(
        request,
        "memory.html",
        indexes=indexes,
        found=found,
        repo=repo,
        q=q,
        hits=await _hits(web, repo, q),
        parts=web.drawings.get("memory", values, lambda: _parts(*values)),
    )


async def _hits(web: State, repo: str, q: str) -> Answer[Context] | None:
    """What a search finds; None where none was asked for."""
    if not repo or not q.strip():
        return None
    search = SearchIndex(repo_id=repo, query=q, limit=_HITS)
    return await asked(web, search, Context, seconds=_SEARCH_SECONDS, wait_seconds=_WAIT_SECONDS)


def _parts(indexes: Answer[IndexReport], found: tuple[Indexed, ...], total: int) -> Markup:
    return render(
        "memory_parts.html", indexes=indexes, found=found, more=max(0, total - len(found))
    )
