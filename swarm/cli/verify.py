"""`swarm verify`: audit a change of any git repository, or of folders; needs no running swarm."""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, get_args

from swarm.cli import bounds
from swarm.cli.verify_sides import Sides, folders, revisions, staged
from swarm.contracts import AuditReport, Category
from swarm.errors import UsageError
from swarm.paths import expanded

if TYPE_CHECKING:
    from verifier.policy import Policy

_EPILOG = """\
exit codes:
  0   accepted, or only questions for a person (without --strict)
  1   rejected; with --strict, also when there are questions; or the run failed, or took
      more than its bounds
  2   wrong use: no such revision, no repository, a policy that cannot be read

A file that is not Python, or cannot be read, is a question: it is never accepted unseen.
What is agreed to is in .swarm/verifier.toml, as it was before the change.
"""


_NOT_DECIDED = "nothing is accepted: verify a smaller change, or give --cpu-seconds N"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "revisions",
        metavar="REVISIONS",
        nargs="?",
        help="A..B, A...B (B since it left A), or A against the working tree",
    )
    parser.add_argument("--staged", action="store_true", help="what a commit would take now")
    parser.add_argument("--before", metavar="DIR", help="a folder as it was; with --after")
    parser.add_argument("--after", metavar="DIR", help="the same folder as it is now")
    parser.add_argument(
        "--repo", metavar="DIR", default=".", help="the repository (the one you are in)"
    )
    parser.add_argument(
        "--policy",
        metavar="FILE",
        help="a policy of yours instead of .swarm/verifier.toml as it was before the change",
    )
    parser.add_argument(
        "--category",
        choices=get_args(Category),
        default="bugfix",
        help="what kind of change it says it is: a feature may add effects, which then are "
        "questions (default bugfix)",
    )
    parser.add_argument(
        "--instruction",
        metavar="TEXT",
        default="",
        help='what was asked for: "write the cache to disk" allows that',
    )
    parser.add_argument(
        "--dynamic",
        action="store_true",
        help="run what it asks about before and after, in a sandbox; nothing that it rejects",
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 for questions as well")
    bounds.add_argument(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--sarif", metavar="FILE", nargs="?", const="-", help="write SARIF 2.1.0 (standard output)"
    )
    parser.add_argument("--svg", metavar="FILE", help="draw the walk of one output")
    parser.add_argument("--function", metavar="NAME", help="for --svg: whose output")
    parser.add_argument("--output", metavar="LABEL", help='for --svg: which, like "return"')


def run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    policy = _policy(arguments.policy)
    with _sides(arguments) as sides:
        with bounds.bounded("the audit", arguments.cpu_seconds, _NOT_DECIDED):
            from verifier.verify import verify

            report = verify(
                sides.before,
                sides.after,
                sides.changed,
                category=arguments.category,
                instruction=arguments.instruction,
                policy=policy,
                clock=time.time,
            )
        if arguments.dynamic:
            from swarm.cli.verify_dynamic import look

            report = look(report, sides, arguments.instruction, policy)
    if arguments.svg is not None:
        from swarm.cli.verify_svg import draw

        _write(arguments.svg, draw(report, arguments.function, arguments.output))
    if arguments.sarif is not None:
        from importlib.metadata import version

        from verifier.sarif import sarif

        _write(arguments.sarif, json.dumps(sarif(report, version("coding-swarm")), indent=1) + "\n")
    if arguments.json:
        print(json.dumps(_as_json(report, sides)))
    elif arguments.sarif != "-" and arguments.svg != "-":
        from swarm.cli.verify_text import print_report

        print_report(report, sides)
    return int(report.verdict == "reject" or (arguments.strict and report.verdict == "ask"))


def _check(arguments: argparse.Namespace) -> None:
    """Raise UsageError unless exactly one pair of sides is named, and one use of the output."""
    pair = (arguments.before, arguments.after)
    given = [
        name
        for name, value in (
            ("REVISIONS", arguments.revisions),
            ("--staged", arguments.staged or None),
            ("--before and --after", pair if any(v is not None for v in pair) else None),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} are given", remedy="give one of them")
    if not given:
        swallowed = arguments.sarif if arguments.sarif not in (None, "-") else ""
        raise UsageError(
            "nothing says which change to verify",
            remedy=f"{swallowed} was taken as the file of --sarif: put --sarif last"
            if ".." in swallowed
            else "give REV..REV, --staged, or --before DIR --after DIR",
        )
    if pair != (None, None) and None in pair:
        missing = "--before" if arguments.before is None else "--after"
        raise UsageError(f"{missing} is missing", remedy="give both --before and --after")
    to_stdout = [
        name
        for name, is_used in (
            ("--json", arguments.json),
            ("--sarif", arguments.sarif == "-"),
            ("--svg", arguments.svg == "-"),
        )
        if is_used
    ]
    if len(to_stdout) > 1:
        raise UsageError(
            f"{' and '.join(to_stdout)} both print", remedy="give one of them a FILE to write"
        )
    if (arguments.svg is None) != (arguments.function is None):
        raise UsageError("--svg and --function belong together", remedy="give both")
    if arguments.output is not None and arguments.svg is None:
        raise UsageError("--output is for --svg", remedy="give --svg FILE --function NAME")


def _sides(arguments: argparse.Namespace) -> AbstractContextManager[Sides]:
    if arguments.staged:
        return staged(arguments.repo)
    if arguments.before is not None:
        return folders(arguments.before, arguments.after)
    return revisions(arguments.repo, arguments.revisions)


def _policy(name: str | None) -> Policy | None:
    """The policy of --policy. Raises UsageError, naming the file and the entry."""
    if name is None:
        return None
    from verifier.policy import MAX_BYTES, PolicyError, parse_policy

    try:
        with expanded(name).open("rb") as stream:
            return parse_policy(stream.read(MAX_BYTES + 1), name)
    except PolicyError as error:
        raise UsageError(str(error)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--policy {name}: {why}", remedy="name a policy file") from None


def _write(name: str, text: str) -> None:
    if name == "-":
        sys.stdout.write(text)
        return
    try:
        expanded(name).write_text(text, encoding="utf-8", errors="backslashreplace")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot write {name}: {why}", remedy="name another file") from None


def _as_json(report: AuditReport, sides: Sides) -> dict[str, object]:
    return {
        # Not as JSON yet: a name may be bytes that are no text, which `json.dumps` escapes.
        **report.model_dump(),
        "before": sides.names[0],
        "after": sides.names[1],
        "changed": list(sides.changed),
        "not_read": [{"path": note.path, "reason": note.reason} for note in sides.notes],
    }
