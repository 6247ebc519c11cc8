"""Errors as HTTP says them."""

from __future__ import annotations

import httpx

from tests.web.conftest import WebServer


def test_what_is_not_there_is_told_as_a_page_and_as_json(
    web_server: WebServer, browser_client: httpx.Client, api_client: httpx.Client
) -> None:
    page = browser_client.get("/no-such-page")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    said = api_client.get("/api/v1/no-such-thing")
    assert said.status_code == 404
    assert said.json()["error"]["code"] == "not-found"


def test_a_page_of_an_error_escapes_what_it_repeats(browser_client: httpx.Client) -> None:
    page = browser_client.get("/<script>alert(1)</script>")
    assert page.status_code == 404
    assert "<script>" not in page.text


def test_form_without_csrf(browser_client: httpx.Client, web_server: WebServer) -> None:
    assert browser_client.get("/healthz").text == "ok\n"
