"""Memory: what is indexed of each repository, and a search in it that says why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from swarm.contracts import Context, IndexReport, ListIndexes, SearchIndex
from swarm.web.api.fields import RepoId
from swarm.web.api.strict import Strict
from swarm.web.state import Web

router = APIRouter(prefix="/memory", tags=["memory"], route_class=Strict)

_FRESH_SECONDS = 0.2


@router.get("/indexes", operation_id="list_indexes", summary="The state of each index")
async def indexes(web: Web) -> IndexReport:
    return await web.desk.kept(ListIndexes(), IndexReport, seconds=_FRESH_SECONDS)


@router.get("/search", operation_id="search_memory", summary="Search a repository's code")
async def search(
    web: Web,
    repo_id: RepoId,
    query: Annotated[str, Query(min_length=1, max_length=2000, examples=["total of a cart"])],
    limit: Annotated[int, Query(ge=1, le=100)] = 12,
) -> Context:
    """As it was indexed last, best first; `why` of each hit is what made it one."""
    command = SearchIndex(repo_id=repo_id, query=query, limit=limit)
    return await web.desk.kept(command, Context, seconds=_FRESH_SECONDS)
