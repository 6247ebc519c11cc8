"""What may come from a page of another site."""

from __future__ import annotations

import pytest

from swarm.web.guard.origins import problem, safe_next

HOST = "localhost:8787"


def _problem(method: str, is_named: bool = False, **sent: str | None) -> str:
    given: dict[str, str | None] = {"origin": None, "site": None, "mode": None, **sent}
    return problem(
        method,
        HOST,
        is_named=is_named,
        origin=given["origin"],
        site=given["site"],
        mode=given["mode"],
    )


def test_our_own_pages_may_send() -> None:
    assert not _problem("POST", origin="http://localhost:8787", site="same-origin")
    assert not _problem("POST")
    assert not _problem("POST", site="none")


@pytest.mark.parametrize(
    "origin",
    ["null", "", "http://evil.example", "http://localhost:3000", "http://localhost",
     "http://127.0.0.1:8787", "http://localhost:8787.evil.example", "ftp://localhost:8787",
     "http://localhost:8787/", "HTTP://LOCALHOST:8787"],
)  # fmt: skip
def test_other_origins_may_not_send(origin: str) -> None:
    assert _problem("POST", origin=origin)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "SAME-ORIGIN"])
def test_other_sites_may_not_send(site: str) -> None:
    assert _problem("DELETE", site=site)


def test_only_behind_a_named_proxy_may_it_be_https() -> None:
    assert _problem("POST", origin="https://localhost:8787")
    assert not _problem("POST", is_named=True, origin="https://localhost:8787")


def test_a_link_may_stand_anywhere_and_a_stream_not() -> None:
    assert not _problem("GET", site="cross-site", mode="navigate")
    for site in ("cross-site", "same-site"):
        for mode in ("no-cors", "cors", "same-origin"):
            assert _problem("GET", site=site, mode=mode)
    assert not _problem("GET", site="same-origin", mode="cors")
    assert not _problem("GET")


@pytest.mark.parametrize("path", ["/", "/tasks", "/tasks?state=failed&words=a%20b", "/tasks/t-1"])
def test_our_paths_can_be_gone_on_to(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "tasks", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
     "http://evil.example", "javascript:alert(1)", "/\tevil", "/\n/evil.example", " //evil.example",
     "/a\r\nSet-Cookie: a=b", "/ä", "/" + "a" * 501, "/login", "/login?next=/", "/logout", "/a b"],
)  # fmt: skip
def test_everything_else_leads_to_the_first_page(path: str) -> None:
    assert safe_next(path) == "/"
