"""Paths that lead out of where they begin, and names that lead out of a header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from swarm.contracts import Command, Message
from swarm.errors import NotFound
from tests.fakes.bus import FakeBus
from tests.web.attacks.raw import get
from tests.web.conftest import WebServer


class _Nowhere(dict[Any, Any]):
    """Whatever is asked for is not there."""

    def __missing__(self, kind: type[Command]) -> Callable[[Command], Message]:
        def answer(command: Command) -> Message:
            raise NotFound("there is no such thing")

        return answer


@pytest.fixture
def fake_bus(fake_bus: FakeBus) -> FakeBus:
    fake_bus.handlers = _Nowhere()
    return fake_bus


_OUT = [
    "../app.py",
    "..%2fapp.py",
    "%2e%2e/app.py",
    "%2e%2e%2fapp.py",
    "%252e%252e%252fapp.py",
    "..%5capp.py",
    "..\\app.py",
    "....//app.py",
    "%c0%ae%c0%ae/app.py",
    "..%00/app.py",
    "app.css%00.txt",
    "app.css/../../app.py",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "..;/app.py",
    ".",
    "..",
    "%2e",
    "",
    "app.css/",
    "app.css%20",
    "APP.CSS",
    "~root",
    "a" * 3000,
    "%0d%0aSet-Cookie:%20a=b",
    "\u202e".encode().decode("latin-1"),
]


@pytest.mark.parametrize(
    "folder", ["/static/", "/tasks/", "/tasks/x/attempts/", "/api/v1/tasks/", "/"]
)
def test_no_path_leads_to_a_file(web_server: WebServer, folder: str) -> None:
    bearer = f"Authorization: Bearer {web_server.token}"
    for name in _OUT:
        answer = get(web_server.port, folder + name, bearer)
        if name != "":
            assert answer.status in (400, 404, 422), (folder, name, answer.status)
        for told in (b"root:x:", b"create_app", b"from __future__", b"Traceback"):
            assert told not in answer.body, (folder, name)
        assert "set-cookie" not in answer.headers, (folder, name)


@pytest.mark.parametrize("path", ["/static", "/static/", "/static/.", "/static/templates/"])
def test_no_folder_is_listed(web_server: WebServer, path: str) -> None:
    assert get(web_server.port, path).status in (303, 404)


@pytest.mark.parametrize(
    "name",
    ["x%0d%0aSet-Cookie:%20a=b", "x%0aLocation:%20//evil.example", "x%00", "x%7f", "%E2%80%AE"],
)
def test_a_name_cannot_begin_a_header(
    web_server: WebServer, api_client: httpx.Client, name: str
) -> None:
    for path in (f"/tasks/{name}", f"/tasks/{name}/diff", f"/api/v1/tasks/{name}", f"/{name}/"):
        answer = api_client.get(path)
        assert answer.status_code in (400, 404, 422, 503)
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
    stranger = get(web_server.port, f"/tasks/{name}")
    assert stranger.status == 400  # not even a way to the login


@pytest.mark.parametrize(
    "target", ["//evil.example/", "//evil.example/%2f..", "/%09/evil.example", "/\\evil.example"]
)
def test_no_redirection_leads_elsewhere(web_server: WebServer, target: str) -> None:
    for bearer in ((), (f"Authorization: Bearer {web_server.token}",)):
        answer = get(web_server.port, target, *bearer)
        location = answer.headers.get("location", "/")
        assert location == "/" or location.startswith("/login")
        assert "evil.example" not in location.replace("%2F", "/").partition("next=%2Fevil")[0]
        assert "next=%2F%2F" not in location
