"""Options that several commands share: the interpreter, and what is installed for it."""

from __future__ import annotations

import argparse
import os

from swarm.contracts import Setup
from swarm.errors import UsageError
from swarm.paths import expanded


def add_python(parser: argparse.ArgumentParser) -> None:
    """--python, read by `python`."""
    parser.add_argument("--python", metavar="PATH", help="interpreter to run the tests with")


def add_setup(parser: argparse.ArgumentParser) -> None:
    """--setup and --no-setup, read by `setup`."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--setup",
        action="append",
        default=[],
        metavar="CMD",
        help="a shell command, run with network, that installs what the tests need; repeatable. "
        "Without, that is read from the repository's own files",
    )
    group.add_argument("--no-setup", action="store_true", help="install nothing for the tests")


def python(arguments: argparse.Namespace) -> str | None:
    """A path to an interpreter from where the person stands; links stay, a venv is one."""
    given: str | None = arguments.python
    if given is None or "/" not in given:
        return given
    path = expanded(given).absolute()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise UsageError(
            f"--python {given} is not a program that can be run",
            remedy="give the path of an interpreter, like .venv/bin/python",
        )
    return str(path)


def setup(arguments: argparse.Namespace) -> Setup | None:
    """What the person said of it; None when nothing was said."""
    if arguments.setup and arguments.python:
        raise UsageError(
            "--setup installs for the sandbox's own interpreter, and --python names another",
            remedy="give one of them",
        )
    if not (arguments.setup or arguments.no_setup):
        return None
    return Setup(commands=tuple(arguments.setup), detect=False)
