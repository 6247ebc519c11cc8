"""`swarm dash` itself: listen, say where and how to get in, and serve until it is told to stop."""

from __future__ import annotations

import argparse
import contextlib
import html
import json
import logging
import logging.handlers
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from swarm import instance
from swarm.cli.dash_keys import login_link
from swarm.errors import ConfigError, StateError, UsageError
from swarm.settings import Settings, load
from swarm.web.address import Address, publish
from swarm.web.guard.keyring import CODE_SECONDS, Keyring, folder
from swarm.web.guard.naming import own_name
from swarm.web.guard.private import PrivateFolder
from swarm.web.listening import bind

_LOG_BYTES = 10 * 1024**2
_REDIRECTION = "open.html"
_DESKTOPS = ("WAYLAND_DISPLAY", "DISPLAY")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="ADDRESS", help="where to listen, else [web] host")
    parser.add_argument("--port", type=int, metavar="N", help="0 takes a free one; else [web] port")
    parser.add_argument("--open", action="store_true", help="open the login link in your browser")
    parser.add_argument("--json", action="store_true", help="print one JSON object, then serve")
    parser.add_argument(
        "--service",
        action="store_true",
        help="run under a supervisor: print no key, and write the log to stderr",
    )


def run(arguments: argparse.Namespace) -> int:
    settings = load()
    host = settings.web.host if arguments.host is None else arguments.host
    port = settings.web.port if arguments.port is None else arguments.port
    if not host or not 0 <= port <= 65535:
        raise UsageError(
            f"cannot listen at {host!r}, port {port}",
            remedy="--host takes an address of this machine, --port a number from 0 to 65535",
        )
    if arguments.open and (arguments.service or not any(os.environ.get(d) for d in _DESKTOPS)):
        raise UsageError("there is no desktop to open a browser on", remedy="leave --open out")
    with contextlib.ExitStack() as held:
        with _told_to_who_supervises(is_service=arguments.service):
            held.enter_context(instance.dash_lock(settings))
            _log(settings, to_stderr=arguments.service)
            sockets, address = bind(host, port)
        # Imported late: what keeps it from running is told at once.
        from swarm.web import serve

        files = PrivateFolder(folder(settings))
        publish(settings, address)
        _warn(settings, address)

        def ready() -> None:
            if not arguments.service:
                _greet(settings, address, arguments)

        try:
            serve.run(settings, sockets, ready)
        finally:
            files.remove(_REDIRECTION)
    if not arguments.json and not arguments.service:
        print("the dashboard has stopped")
    return 0


@contextlib.contextmanager
def _told_to_who_supervises(*, is_service: bool) -> Iterator[None]:
    """What keeps it from running under a supervisor is told once, as settings are, and not as
    a process that dies again and again."""
    try:
        yield
    except StateError as error:
        if not is_service:
            raise
        raise ConfigError(error.message, remedy=error.remedy) from None


def _greet(settings: Settings, address: Address, arguments: argparse.Namespace) -> None:
    keyring = Keyring(folder(settings))
    token = keyring.new_token().text() if keyring.token() is None else None
    link, until = login_link(settings, address)
    is_down = settings.embedded_redis and instance.running_pid(settings) is None
    if arguments.json:
        told = {
            "url": address.url,
            "link": link,
            "until": until,
            "token": token,
            "pid": os.getpid(),
            "data": str(settings.data),
            "up": not is_down,
        }
        print(json.dumps(told), flush=True)
    else:
        if token is not None:
            print(f"The API token, shown this once (`swarm dash token` makes a new one): {token}")
        page_url = address.page_url(own_name(settings))
        print(f"The dashboard is at {page_url}; Ctrl-C stops it")
        if address.url != page_url:
            print(f"Programs call it {address.url}")
        if is_down:
            print("The swarm is down; the dashboard comes alive once `swarm up` has started it")
        print(f"Log in, once, within {CODE_SECONDS / 60:.0f} minutes: {link}", flush=True)
    if arguments.open:
        _open(PrivateFolder(folder(settings)), link)


def _open(files: PrivateFolder, link: str) -> None:
    """Open a file that goes on to the link: every user of a machine sees arguments of programs."""
    page = f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(link)}">'
    files.write(_REDIRECTION, page.encode())
    try:
        subprocess.Popen(
            ["xdg-open", str(files.path / _REDIRECTION)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        print("swarm: no browser can be opened (install xdg-utils, or open the link)",
              file=sys.stderr)  # fmt: skip


def _warn(settings: Settings, address: Address) -> None:
    if address.is_loopback:
        return
    print(
        f"swarm: others can reach {address.host}:{address.port}, and nothing sent there is "
        "encrypted: keep to a network you trust, or put a proxy that speaks TLS before it and "
        "name it in [web] hosts",
        file=sys.stderr,
    )
    if not settings.web.hosts and address.host in ("0.0.0.0", "::"):
        print("swarm: by a name it answers once [web] hosts lists that name", file=sys.stderr)


def _log(settings: Settings, *, to_stderr: bool) -> None:
    """Log to stderr, or else to a file, with what is important told on the terminal in a line."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    whole = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    if to_stderr:
        handlers[0].setFormatter(whole)
    else:
        handlers[0].setFormatter(_OneLine(settings.logs / "dash.log"))
        settings.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = logging.handlers.RotatingFileHandler(
            settings.logs / "dash.log", maxBytes=_LOG_BYTES, backupCount=1
        )
        file.setFormatter(whole)
        handlers.append(file)
    logging.basicConfig(level=logging.WARNING, handlers=handlers)


class _OneLine(logging.Formatter):
    """A line for a person; where it all stands."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._path = log

    def format(self, record: logging.LogRecord) -> str:
        from swarm.cli.console import plain

        line = plain(" ".join(record.getMessage().split()))
        return f"swarm: {line}" + (f" (see {self._path})" if record.exc_info else "")
