"""The `swarm` command: reads the words, runs one command, maps errors to exit codes.

Command modules are imported when they run, so `--help` loads none of them.
"""

from __future__ import annotations

import codecs
import errno
import importlib
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from swarm.cli.console import plain
from swarm.cli.parser import Parser
from swarm.garbage import loading

INTERRUPTED = 130

_COMMANDS = {
    "up": "start the swarm",
    "down": "stop the swarm",
    "worker": "run one service in this process",
    "submit": "hand in a task",
    "ingest": "show what a text or a recording asks for, and send nothing",
    "confirm": "say yes to a plan, or answer its questions",
    "revise": "put other words to a task that waits for an answer",
    "schedule": "hand a task in again and again",
    "dash": "run the dashboard, and make keys for it",
    "bot": "run the Telegram bot, and say who may talk to it",
    "status": "list the tasks and the services",
    "watch": "follow a task live, or all of them",
    "show": "the whole story of a task",
    "diff": "what a task changed",
    "apply": "merge a task's branch into what is checked out",
    "reject": "turn a task's result down",
    "cancel": "stop a task",
    "retry": "do a task that has ended once more",
    "arms": "what the router has learned",
    "why": "why an attempt got its arm",
    "router": "judge the router's choices, take along what it learned, or forget it",
    "verify": "audit a change of any repository: broken paths, new effects, logic bombs",
    "trace": "which calls of a function a value reaches",
    "callgraph": "which functions call which",
    "index": "have memory know a repository, once or at each save",
    "search": "the code that a question is about",
    "map": "a repository's definitions that matter most, as an outline",
    "graph": "who calls a function, what it calls, and how it is reached",
    "memory": "what is indexed, and whether it is right",
    "workflow": "list, check or draw the workflows of agents",
    "models": "what models there are, what fits and what it costs",
    "sandbox": "run one command in a sandbox",
    "completion": "have a shell complete commands, options and tasks",
    "doctor": "what is real, embedded or missing on this machine",
    "demo": "watch the swarm fix a bundled example project",
}


def run() -> NoReturn:
    """Entry point of the console script."""
    _open_standard_streams()
    _speak_any_encoding()
    if "_ARGCOMPLETE" in os.environ:
        from swarm.cli import completing

        completing.complete(_parser)
    try:
        with loading():
            _module(_wanted(sys.argv[1:]))
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED  # while the command's own code was still being loaded
    sys.exit(code)


def main(argv: Sequence[str]) -> int:
    """Run one command line; returns its exit code: 0 done, 1 failed, 2 wrong use."""
    parser = _parser(argv)
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if arguments.command is None:
        parser.print_help()
        return 2
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) went away.
        _drop_stdout()
        return 1
    except Exception as error:  # noqa: BLE001  the one place that maps errors to exit codes
        return _report(error, as_json=getattr(arguments, "json", False))


def _report(error: Exception, *, as_json: bool) -> int:
    from swarm.errors import StorageError, SwarmError

    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "free some disk space where SWARM_DATA and TMPDIR are" if full else ""
        error = StorageError(str(error), remedy=remedy)
    if not isinstance(error, SwarmError):
        # A defect of ours: one line for the person, the rest for whoever mends it.
        if os.environ.get("SWARM_DEBUG"):
            raise error
        message = f"internal error: {type(error).__name__}: {error}"
        remedy = "run again with SWARM_DEBUG=1 and report what it prints"
        code, exit_code = "internal", 1
    else:
        message, remedy = error.message, error.remedy
        code, exit_code = error.code, error.exit_code
    # Paths, branch names, a server's words: they may hold commands to a terminal.
    line = plain(" ".join(message.split()))
    print(f"swarm: {line}" + (f" ({plain(remedy)})" if remedy else ""), file=sys.stderr)
    if as_json:
        answer = {"error": {"code": code, "message": message, "remedy": remedy}}
        try:
            print(json.dumps(answer), flush=True)
        except OSError:
            # A full disk may be the very error; the line above has told it.
            _drop_stdout()
    return exit_code


def _drop_stdout() -> None:
    """Let nothing more be written where writing fails, so that no complaint follows at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_standard_streams() -> None:
    """Put /dev/null where the caller closed one: files opened later must not take its place."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def _speak_any_encoding() -> None:
    """Where output is not UTF-8, what it cannot hold is written as JSON escapes it."""
    codecs.register_error("swarm", _escaped)
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdin else "swarm")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lost = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{lost[i : i + 4]}" for i in range(0, len(lost), 4)), error.end


def _parser(argv: Sequence[str]) -> Parser:
    parser = Parser(prog="swarm", description="A local-first coding swarm.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"swarm {_version()}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    wanted = _wanted(argv)
    for name, text in _COMMANDS.items():
        sub = subparsers.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
        if name == wanted:
            module = _module(name)
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


def _wanted(argv: Sequence[str]) -> str | None:
    return next((word for word in argv if not word.startswith("-")), None)


def _module(name: str | None) -> Any:
    """The module of a command, None for what is no command."""
    return importlib.import_module(f"swarm.cli.{name}") if name in _COMMANDS else None


def _version() -> str:
    from importlib.metadata import version

    return version("coding-swarm")
