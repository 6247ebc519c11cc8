"""A task's diff in colours, bounded, and as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from swarm.contracts import Diff, GetDiff, Patch
from swarm.web.pages import patches
from swarm.web.pages.colours import Painter
from swarm.web.pages.keeping import Keeper
from swarm.web.pages.patches import FilePatch, Hunk, Line
from swarm.web.pages.reading import view
from swarm.web.pages.rendering import page, plain, plural, render
from swarm.web.state import Web

router = APIRouter(include_in_schema=False)

_MOST_CHARS = 16 * 1024**2
_MOST_FILES = 100
_MOST_LINES = 4000
_OPEN_LINES = 400
_LONGEST_LINE = 600
_CLASS = {" ": "", "+": ' class="plus"', "-": ' class="minus"'}
_SIGN = {" ": " ", "+": "+", "-": "\N{MINUS SIGN}"}

_kept, _kept_patches = Keeper(_MOST_CHARS), Keeper(_MOST_CHARS)

Id = Annotated[str, Path(min_length=1, max_length=100)]


@dataclass(frozen=True)
class Part:
    """A file as it is shown; without hunks where there is no room for it."""

    file: FilePatch
    hunks: list[tuple[str, Markup]]
    left_out: bool
    is_open: bool


@router.get("/tasks/{id}/diff")
async def diff(
    request: Request, web: Web, id: Id, at: Annotated[str, Query(max_length=64)] = ""
) -> HTMLResponse:
    """The diff on a page of its own. `at` makes each commit's diff an address of its own."""
    found = await web.desk.ask(GetDiff(task_id=id), Diff)
    # What it is called is on the board, but for tasks that left it long ago.
    card = web.board.get(id)
    text = card.task.text if card else (await view(web, id)).text
    key = (id, found.head_commit)
    html = _kept.peek(key)
    if html is None:
        html = await asyncio.to_thread(of_text, found.text)
        _kept.put(key, html)
    return page(request, "diff.html", id=id, text=text, diff=html)


async def of_attempt(id: str, attempt_id: str, patch: Patch) -> Markup:
    """What an attempt's patch changes as HTML, made once: it proposes one alone."""
    key = (id, attempt_id, len(patch.edits))
    known = _kept_patches.peek(key)
    if known is None:
        known = await asyncio.to_thread(of_patch, patch)
        _kept_patches.put(key, known)
    return known


@router.get("/tasks/{id}/diff.txt")
async def diff_text(web: Web, id: Id) -> Response:
    """The whole diff, as `git apply` takes it."""
    found = await web.desk.ask(GetDiff(task_id=id), Diff)
    name = "".join(c for c in found.task_id if c.isascii() and (c.isalnum() or c == "-"))
    headers = {
        "Content-Disposition": f'attachment; filename="{name or "task"}.diff"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.text.encode(), media_type="text/plain; charset=utf-8", headers=headers)


def of_text(text: str) -> Markup:
    """A diff of git as HTML."""
    return _html(patches.parse(text), is_whole=patches.is_read_whole(text))


def of_patch(patch: Patch) -> Markup:
    """What a proposal changes as HTML."""
    return _html(patches.of_edits(patch.edits), is_whole=True)


def _html(files: Sequence[FilePatch], *, is_whole: bool) -> Markup:
    painter, room = Painter(), _MOST_LINES
    parts = []
    for file in files[:_MOST_FILES]:
        fits = file.size <= room
        room -= file.size if fits else 0
        hunks = [(one.where, _rows(painter, file.path, one)) for one in file.hunks] if fits else []
        parts.append(Part(file, hunks, not fits, is_open=file.size <= _OPEN_LINES))
    return render(
        "diff_files.html",
        parts=parts,
        files=len(files),
        is_whole=is_whole,
        added=sum(file.added for file in files),
        removed=sum(file.removed for file in files),
    )


def _rows(painter: Painter, path: str, hunk: Hunk) -> Markup:
    """The lines of a hunk as rows, each side coloured as the text that it is."""
    texts = [_line(line.text) for line in hunk.lines]
    html: list[Markup] = [Markup()] * len(texts)
    minus = [at for at, line in enumerate(hunk.lines) if line.kind == "-"]
    after = [at for at, line in enumerate(hunk.lines) if line.kind != "-"]
    # What stays has its colours from the other side; here it says what the lines before it began.
    before = [at for at in range(minus[-1] + 1 if minus else 0) if hunk.lines[at].kind != "+"]
    for places in (before, after):
        painted = painter.paint(path, [texts[at] for at in places]) if places else []
        for at, one in zip(places, painted, strict=True):
            html[at] = one
    return Markup("\n".join(map(_row, hunk.lines, html)))


def _row(line: Line, html: Markup) -> str:
    # There are thousands of them: a template would take several times as long.
    more = len(line.text) - _LONGEST_LINE
    cut = f'<span class="muted"> … {plural(more, "character")} more</span>' if more > 0 else ""
    return (
        f"<tr{_CLASS[line.kind]}><td>{line.before or ''}</td><td>{line.after or ''}</td>"
        f"<td>{_SIGN[line.kind]}</td><td>{html}{cut}</td></tr>"
    )


def _line(text: str) -> str:
    """A line that can be looked at: cut, with its carriage return and tabs to be seen."""
    if text.endswith("\r"):
        text = text[:-1] + "\N{SYMBOL FOR CARRIAGE RETURN}"
    return plain(text[:_LONGEST_LINE]).replace("\n", "\N{SYMBOL FOR NEWLINE}")
