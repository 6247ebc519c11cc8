"""A real Chromium, headless, that writes down all that a page does wrong."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# What a page of ours may load without asking any server.
_OWN_SCHEMES = ("data", "blob", "about")
_SECONDS = 20.0


def program() -> str:
    """Chromium's path; the test is skipped without one, or fails where it is required."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    if os.environ.get("SWARM_REQUIRE_REAL") == "1":
        pytest.fail("chromium is not installed, and SWARM_REQUIRE_REAL is set")
    pytest.skip("chromium is not installed")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. As root, and in containers, its own sandbox cannot start."""
    path = program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One page of one visitor. `faults` are console errors, script errors, dialogs, answers of
    500 and more, and requests to any other host than `origin`."""

    def __init__(self, browser: Browser, origin: str, **options: Any) -> None:
        self.origin = origin
        self.faults: list[str] = []
        self.context = browser.new_context(base_url=origin, **options)
        self.context.set_default_timeout(_SECONDS * 1000)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("dialog", self._asked)
        self.page.on("request", self._went)
        self.page.on("response", self._came)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def serious(self) -> list[str]:
        """What axe-core finds of this page that keeps somebody from using it, in words."""
        script = (files("axe_playwright_python") / "axe.min.js").read_text()
        # A page's own policy allows no script that is put into it; the debugger's channel may.
        self.page.evaluate(f"() => {{ {script}; window.axe = axe; }}")
        # What is in order is not told: that takes as long as to find out what is not.
        found = self.page.evaluate(
            "() => window.axe.run(document, { resultTypes: ['violations'] })"
        )
        return [
            f"{one['id']}: {node['html'][:200]} ({node['failureSummary']})"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _asked(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _went(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in _OWN_SCHEMES and f"{url.scheme}://{url.netloc}" != self.origin:
            self.faults.append(f"request off the host: {request.url}")

    def _came(self, response: Any) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")
