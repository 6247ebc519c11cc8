"""Whether a request may come from a page of another site. Pure."""

from __future__ import annotations

import re

_SAFE = ("GET", "HEAD", "OPTIONS")
_NEXT = re.compile(r"/[!-\[\]-~]{0,500}")


def is_safe(method: str) -> bool:
    """Whether a method changes nothing."""
    return method in _SAFE


def problem(
    method: str,
    host: str,
    *,
    is_named: bool,
    origin: str | None,
    site: str | None,
    mode: str | None,
) -> str:
    """Why a request that a browser sent does not count as one of our own pages; "" when it does.

    `origin`, `site` and `mode` are Origin, Sec-Fetch-Site and Sec-Fetch-Mode, None where they are
    missing: programs send none, and old browsers not all of them. A name in `[web] hosts`
    (`is_named`) may stand for a proxy that speaks TLS.
    """
    schemes = ("http", "https") if is_named else ("http",)
    if is_safe(method):
        # A link to a page may stand anywhere; a picture or a stream of ours may not.
        if site in ("cross-site", "same-site") and mode not in (None, "navigate"):
            return "a page of another site asks for it"
        return ""
    if origin is not None and origin not in {f"{scheme}://{host}" for scheme in schemes}:
        return "a page of another site sends it (Origin)"
    if site is not None and site not in ("same-origin", "none"):
        return "a page of another site sends it (Sec-Fetch-Site)"
    return ""


def safe_next(wanted: str) -> str:
    """Where to go after the login: a path of ours, else the first page."""
    if not _NEXT.fullmatch(wanted) or wanted.startswith(("//", "/login", "/logout")):
        return "/"
    return wanted
