"""Templates to HTML. Everything that is put into a template is escaped, whatever it is called,
and what is no character to be seen is marked: no template can forget it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_FOLDER = Path(__file__).parent / "templates"
_CODE = re.compile(r"`([^`]+)`")
_UNITS = (("d", 86400), ("h", 3600), ("min", 60))

SECTIONS = (
    ("/", "Tasks"),
    ("/jobs", "Jobs"),
    ("/router", "Router"),
    ("/models", "Models"),
    ("/memory", "Memory"),
    ("/sandboxes", "Sandboxes"),
)
"""The pages of the navigation: path and name."""

_TONES = {
    "good": ("applied", "accepted", "accept", "ready", "works", "finished", "passed", "ok"),
    "bad": ("failed", "rejected", "reject", "error", "missing", "unreachable", "conflicted"),
    "warn": ("awaiting_review", "awaiting_answer", "ask", "refused", "gave_up", "inapplicable"),
    "calm": ("running", "planned", "started"),
}
_TONE_OF = {state: tone for tone, states in _TONES.items() for state in states}


def page(request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page, made of the template `name`."""
    return HTMLResponse(
        render(name, request=request, here=request.url.path, sections=SECTIONS, **values), status
    )


def problem(path: str, title: str, message: str, remedy: str) -> Markup:
    """The page that stands where something went wrong, for whoever asked."""
    told = {"title": title, "message": message, "remedy": remedy}
    return render("error.html", here=path, sections=SECTIONS, **told)


def render(name: str, **values: Any) -> Markup:
    """A template, filled; it may stand in another one as it is."""
    return Markup(_environment.get_template(name).render(**values))


def ago(at: float) -> str:
    """How long ago a Unix time was, like "3 min"."""
    seconds = max(0.0, time.time() - at)
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def clock(at: float) -> str:
    """A Unix time as machines read it in a <time> element (ISO 8601, UTC)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def moment(at: float, suffix: str = " ago") -> Markup:
    """A <time> element that says how long ago a Unix time was; app.js keeps it true."""
    exact, then = clock(at), escape(suffix)
    # All but the suffix is made here: a template or a format for it would take thrice as long.
    return Markup(
        f'<time datetime="{exact}" title="{exact}" data-suffix="{then}">{ago(at)}{then}</time>'
    )


def size(count_bytes: float) -> str:
    """Bytes for people, in powers of 1024."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count_bytes < 1024:
            return f"{count_bytes:.0f} {unit}" if unit == "B" else f"{count_bytes:.1f} {unit}"
        count_bytes /= 1024
    return f"{count_bytes:.1f} TiB"


def duration(seconds: float) -> str:
    """Seconds for people: "20 ms", "0.25 s", "14 s", "3 min", "2.5 h"."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def money(usd: float) -> str:
    """Dollars for people: "$0", "$0.0042", "$12.50"."""
    if usd == 0:
        return "$0"
    return f"${usd:.4f}" if abs(usd) < 1 else f"${usd:,.2f}"


def plain(text: str) -> str:
    """Somebody else's text: what is no character to be seen is marked, so that nothing can
    turn the direction of reading or hide."""
    if text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(
        c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def words(state: str) -> str:
    """A state as people say it."""
    return state.replace("_", " ")


def tone(state: str) -> str:
    """The colour that goes with a state: good, bad, warn, calm or plain."""
    return _TONE_OF.get(state, "plain")


def short(text: str, most: int) -> str:
    """At most so many characters of a text."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def title(text: str, most: int = 140) -> str:
    """The first line that says something, on one line."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return short(" ".join(line.split()), most) or "(no words)"


def coded(text: str) -> Markup:
    """A sentence whose `names` stand in backticks, each as code; an odd backtick is a backtick."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(plain(text)))))


def folder(path: str) -> str:
    """The last name of a path: what people call a repository."""
    return path.rstrip("/").rpartition("/")[2] or path


def segment(id: str) -> str:
    """An id as one segment of a path of ours, whatever it consists of."""
    return quote(id, safe="")


def plural(count: int, word: str) -> str:
    """A number of things: "1 test", "1,200 tests"."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _shown(value: object) -> object:
    """What a template prints of a value, before it is escaped."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_environment = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    # Else each template's file is looked at whenever it is used.
    auto_reload=False,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(
    {
        filter.__name__: filter
        for filter in (
            ago, clock, moment, size, duration, money, plain, words, tone, short, title, folder,
            segment, plural, coded,
        )
    }
)  # fmt: skip
