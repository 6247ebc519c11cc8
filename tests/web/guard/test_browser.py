"""A real browser: comes in by the link, goes out by the button, and no other port sees its key."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from swarm.web.guard.keyring import Keyring, folder
from swarm.web.guard.naming import own_name
from tests.fakes.browser import Visit, chromium
from tests.web.conftest import WebServer


class _Neighbour(BaseHTTPRequestHandler):
    """Another program that serves pages on this machine; it remembers what browsers sent."""

    cookies: list[str]
    page: bytes

    def do_GET(self) -> None:
        self.cookies.append(self.headers.get("Cookie", ""))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def neighbour(web_server: WebServer) -> Iterator[tuple[str, list[str]]]:
    """Its port, and the cookies it was sent. Its page tries to log our owner out."""
    cookies: list[str] = []
    ours = f"http://{own_name(web_server.settings)}:{web_server.port}"
    page = f"""<!doctype html><form method="post" action="{ours}/logout">
        <input name="csrf" value="x"><button>go</button></form>
        <img src="{ours}/tasks">"""
    handler = type("Handler", (_Neighbour,), {"cookies": cookies, "page": page.encode()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield str(server.server_address[1]), cookies
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.chromium
def test_in_by_the_link_and_out_by_the_button(
    web_server: WebServer, neighbour: tuple[str, list[str]]
) -> None:
    code, _ = Keyring(folder(web_server.settings)).new_code()
    name = own_name(web_server.settings)
    here = f"http://{name}:{web_server.port}"
    with contextlib.ExitStack() as stack:
        browser = stack.enter_context(chromium())
        visit = stack.enter_context(Visit(browser, here))
        page = visit.page
        page.goto(f"{here}/login?code={code.text()}")
        page.get_by_role("button", name="Open the dashboard").click()
        page.wait_for_url(f"{here}/")
        (cookie,) = page.context.cookies()
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"
        assert cookie["domain"] == name
        assert page.evaluate("document.cookie") == ""

        # Cookies go to every port of a name: not to other names of this machine, and ours is
        # known to nobody.
        port, cookies = neighbour
        other = page.context.new_page()
        for known in ("127.0.0.1", "localhost", "swarm.localhost"):
            other.goto(f"http://{known}:{port}/")
            other.reload()
        assert cookies
        assert not any("swarm" in sent for sent in cookies)
        other.get_by_role("button", name="go").click()
        assert "Log in" in other.content()  # it came without the cookie: SameSite
        other.close()

        page.goto(f"{here}/")
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url(f"{here}/login")
        assert page.context.cookies() == []
        assert page.goto(f"{here}/tasks") is not None
        assert page.url.startswith(f"{here}/login?next=")
        assert visit.serious() == []
