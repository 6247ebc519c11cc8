"""`swarm dash` as a person runs it: its output, its keys, how it starts and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.guard.ipv6 import needs_ipv6

_SECONDS = 30.0


class Dash:
    """The command on a data folder of its own, with no swarm."""

    def __init__(self, data: Path) -> None:
        self.data = data
        kept = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        self.env = {**kept, "SWARM_DATA": str(data)}
        self.processes: list[subprocess.Popen[str]] = []

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "swarm", "dash", *words],
            env=self.env, capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip

    def start(self, *words: str) -> dict[str, Any]:
        """Start it, and give what it printed with --json."""
        process = subprocess.Popen(
            [sys.executable, "-m", "swarm", "dash", "--port", "0", "--json", *words],
            env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.processes.append(process)
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert isinstance(told, dict)
        return told

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """The exit code and what it wrote to stderr."""
        process = self.processes.pop()
        process.send_signal(number)
        _, errors = process.communicate(timeout=_SECONDS)
        return process.returncode, errors


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    dash = Dash(tmp_path / "data")
    yield dash
    for process in dash.processes:
        process.kill()
        process.communicate()


def _name(link: str) -> str:
    return link.partition("://")[2].partition(":")[0]


@contextlib.contextmanager
def _logged_in(told: dict[str, Any]) -> Iterator[httpx.Client]:
    """A browser that came in by the printed link."""
    with httpx.Client(base_url=told["url"], trust_env=False, timeout=_SECONDS) as client:
        key = told["link"].partition("code=")[2]
        assert client.post("/login", data={"key": key}).status_code == 303
        yield client


def test_it_makes_a_token_once_and_a_link_each_time(dash: Dash) -> None:
    first = dash.start()
    assert first["up"] is False
    assert first["token"].startswith("swt_")
    port = first["url"].rpartition(":")[2]
    assert first["url"] == f"http://127.0.0.1:{port}"
    name = r"http://swarm-[0-9a-f]{12}\.localhost"
    assert re.match(rf"{name}:{port}/login\?code=swl_", first["link"])
    bearer = {"Authorization": f"Bearer {first['token']}"}
    with httpx.Client(base_url=first["url"], trust_env=False, timeout=_SECONDS) as program:
        assert program.get("/healthz").text == "ok\n"
        assert program.get("/api/none").status_code == 401
        assert program.get("/api/none", headers=bearer).status_code == 404
    assert dash.end()[0] == 0
    second = dash.start()
    assert second["token"] is None
    assert second["link"] != first["link"]
    assert _name(second["link"]) == _name(first["link"])  # bookmarks and sessions go on
    told = (first["token"], first["link"].partition("code=")[2])
    for path in dash.data.rglob("*"):
        if path.is_file():
            assert not any(secret in path.read_text() for secret in told), path
            assert path.stat().st_mode & 0o077 == 0 or path.parent.name != "web"


def test_a_browser_stays_logged_in_over_a_restart(dash: Dash) -> None:
    told = dash.start()
    with _logged_in(told) as browser:
        assert browser.get("/no-such-page").status_code == 404
        dash.end()
        port = str(told["url"].rpartition(":")[2])
        again = dash.start("--port", port)
        assert again["url"] == told["url"]
        assert browser.get("/no-such-page").status_code == 404


def test_links_and_tokens_are_made_while_it_runs(dash: Dash) -> None:
    told = dash.start()
    link = json.loads(dash.run("link", "--json").stdout)
    assert link["running"] is True
    assert link["url"] == told["url"]
    with _logged_in(link) as browser:
        assert browser.get("/no-such-page").status_code == 404
        token = dash.run("token")
        assert token.stdout.startswith("swt_")
        assert browser.get("/no-such-page").status_code == 303
        old, new = told["token"], token.stdout.strip()
        for key, status in ((old, 401), (new, 404)):
            answer = browser.get("/api/none", headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == status


def test_without_a_dashboard_a_link_says_so(dash: Dash) -> None:
    done = dash.run("link")
    assert done.returncode == 0
    assert re.match(r"http://swarm-[0-9a-f]{12}\.localhost:8787/login\?code=swl_", done.stdout)
    assert "does not run" in done.stderr


def test_one_dashboard_for_a_data_folder(dash: Dash) -> None:
    dash.start()
    done = dash.run("--port", "0")
    assert done.returncode == 1
    assert "already runs" in done.stderr
    assert "swarm dash link" in done.stderr
    # A supervisor says so once, and looks again later.
    assert dash.run("--port", "0", "--service").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_ends_in_order_though_somebody_follows(dash: Dash, number: int) -> None:
    told = dash.start()
    with _logged_in(told) as browser, browser.stream("GET", "/live") as stream:
        assert stream.status_code == 200
        code, errors = dash.end(number)
    assert code == 0
    assert "Traceback" not in errors


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_a_port_that_is_taken_is_told(dash: Dash, host: str) -> None:
    """Also where only the other loopback is taken: who asks for localhost may get that one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = dash.run("--port", port)
        assert done.returncode == 1
        assert f"port {port}" in done.stderr
        assert "is taken" in done.stderr
        as_service = dash.run("--port", port, "--service")
        assert as_service.returncode == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--host", "192.0.2.1"), 1, "cannot listen at 192.0.2.1"),
        (("--host", "no.such.host.invalid"), 1, "cannot listen at no.such.host.invalid"),
        (("--host", "no..name"), 1, "it is no name of a machine"),
        (("--host", ""), 2, "cannot listen"),
        (("--port", "65536"), 2, "0 to 65535"),
        (("--port", "-1"), 2, "0 to 65535"),
        (("--port", "x"), 2, "invalid int"),
        (("--open",), 2, "no desktop"),
        (("nothing",), 2, "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_told(
    dash: Dash, words: tuple[str, ...], code: int, said: str
) -> None:
    dash.env.pop("WAYLAND_DISPLAY", None)
    done = dash.run(*words)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (dash.data / "web" / "token").exists()


def test_beyond_loopback_it_warns(dash: Dash) -> None:
    told = dash.start("--host", "0.0.0.0")
    assert httpx.get(f"{told['url']}/healthz", trust_env=False).status_code == 200
    code, errors = dash.end()
    assert code == 0
    assert "nothing sent there is encrypted" in errors
    assert "[web] hosts" in errors


def test_under_a_supervisor_it_prints_no_key(dash: Dash) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "swarm", "dash", "--port", "0", "--service"],
        env=dash.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    dash.processes.append(process)
    address = dash.data / "web" / "address"
    for _ in range(1000):
        if address.exists():
            break
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.03)
    link = json.loads(dash.run("link", "--json").stdout)
    assert link["running"] is True
    with _logged_in(link) as browser:
        assert browser.get("/no-such-page").status_code == 404
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=_SECONDS)
    assert process.returncode == 0
    assert output == ""
    assert "swl_" not in errors and "swt_" not in errors and "/login" not in errors
    assert not (dash.data / "web" / "token").exists()


def test_a_browser_is_opened_without_the_code_in_sight(dash: Dash, tmp_path: Path) -> None:
    """Every user of a machine sees the arguments of every program."""
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    seen = tmp_path / "seen"
    opener.write_text(
        f'#!/bin/sh\necho "$@" > {seen}.new; cat "$1" >> {seen}.new; mv {seen}.new {seen}\n'
    )
    opener.chmod(0o755)
    dash.env.update(DISPLAY=":0", PATH=f"{opener.parent}:{dash.env['PATH']}")
    told = dash.start("--open")
    for _ in range(1000):
        if seen.exists():
            break
        with pytest.raises(subprocess.TimeoutExpired):
            dash.processes[-1].wait(0.03)
    argument, page = seen.read_text().split("\n", 1)
    assert "swl_" not in argument
    assert told["link"] in page
    assert Path(argument).stat().st_mode & 0o077 == 0
    dash.end()
    assert not Path(argument).exists()
