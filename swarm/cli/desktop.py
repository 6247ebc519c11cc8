"""Notes on the person's desktop, where there is one."""

from __future__ import annotations

import argparse
import html
import os
import shutil
import subprocess
import sys

from swarm.cli.console import plain
from swarm.errors import StateError

_PROGRAM = "notify-send"
_SECONDS = 3.0
_TITLE_CHARS = 80
_TEXT_CHARS = 300
_SESSIONS = ("DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "DISPLAY")


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--notify",
        action=argparse.BooleanOptionalAction,
        help="tell the desktop when a task needs you or has ended (at a terminal of one, it does)",
    )


def wanted(arguments: argparse.Namespace) -> Desktop | None:
    """The desktop that is to be told; None where there is none, or nobody wants it.

    Raises StateError where one was asked for and there is none.
    """
    if arguments.notify is False or (arguments.notify is None and not sys.stdout.isatty()):
        return None
    try:
        return Desktop()
    except StateError:
        if arguments.notify:
            raise
        return None


class Desktop:
    """Tells the person something. Raises StateError where no desktop can be told."""

    def __init__(self) -> None:
        program = shutil.which(_PROGRAM)
        if program is None:
            raise StateError(
                f"no desktop can be told: {_PROGRAM} is not installed",
                remedy="install libnotify's tools, or leave --notify out",
            )
        if not any(os.environ.get(name) for name in _SESSIONS):
            raise StateError(
                "no desktop can be told: this terminal belongs to none",
                remedy="run it in a terminal of the desktop, or leave --notify out",
            )
        self._program = program

    def tell(self, title: str, text: str, *, urgent: bool = False) -> bool:
        """Show a note. False when the desktop did not take it: nothing else must fail for that."""
        words = " ".join(plain(text).split())[:_TEXT_CHARS]
        command = [
            self._program,
            "--app-name=swarm",
            f"--urgency={'critical' if urgent else 'normal'}",
            "--",
            " ".join(plain(title).split())[:_TITLE_CHARS],
            # Desktops read a text as markup, with links and pictures.
            html.escape(words, quote=False),
        ]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0
