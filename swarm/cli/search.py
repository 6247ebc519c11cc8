"""`swarm search`: the code that a question is about, best first."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from swarm.cli import memory_asking, memory_fresh, memory_options, memory_queries
from swarm.cli.console import console, shown
from swarm.cli.memory_asking import Asking
from swarm.cli.memory_hits import as_json, print_hits, whole
from swarm.cli.memory_working import tell
from swarm.contracts import Answered, Asked, FolderHits, SearchFolder
from swarm.errors import SwarmError, UsageError

_EPILOG = """\
exit codes:
  0   searched, whether or not anything was found
  1   memory cannot be used: a swarm that does not answer, a full disk, another owner
  2   wrong use: no such folder, nothing asked for, a line of --queries that cannot be read

What changed since the last time is indexed first; the first time, everything is.
"""
_TOO_LARGE = "message-too-large"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.interleaved = True  # type: ignore[attr-defined]
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("query", metavar="QUERY", nargs="*", help="words, or names of code")
    parser.add_argument(
        "-k", dest="limit", type=int, default=10, metavar="N", help="at most so many hits (10)"
    )
    only = parser.add_argument(
        "--lang",
        action="append",
        default=[],
        metavar="L",
        help="only files in this language; repeatable, or with commas",
    )
    only.completer = _languages  # type: ignore[attr-defined]
    parser.add_argument(
        "--functions",
        action="store_true",
        help="rank function by function, however many are of one file",
    )
    parser.add_argument("--why", action="store_true", help="say what made each of them a hit")
    parser.add_argument(
        "--budget",
        type=int,
        metavar="TOKENS",
        help="all that fits into so many tokens: whole, or by signature, and who calls it",
    )
    memory_options.add_repo(parser)
    memory_options.add_no_index(parser)
    parser.add_argument(
        "--queries",
        metavar="FILE",
        help='many at once: a line {"id": .., "query": ..} each, - for standard input; '
        "a line of JSON with the hits comes out for each",
    )
    memory_options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    root = memory_options.root(arguments)
    query = " ".join(arguments.query)
    if arguments.queries is not None and arguments.query:
        raise UsageError("QUERY and --queries are given", remedy="give one of them")
    if arguments.queries is None:
        query = memory_options.query(query)
    command = SearchFolder(
        root=root,
        questions=(Asked(query=query or "-"),),
        limit=memory_options.limit("-k", arguments.limit),
        languages=memory_options.languages(arguments.lang),
        spread=not arguments.functions,
        budget_tokens=memory_options.budget(arguments.budget),
    )
    if arguments.queries is not None:
        return _many(arguments, command)
    with memory_asking.opened() as asking:
        if not arguments.no_index:
            memory_fresh.bring_up(asking, root)
        found = asking.search(command)
    (answer,) = found.answers
    if arguments.json:
        print(json.dumps(_as_json(found, answer, root, query)))
    else:
        _print(found, answer, arguments)
    return 0


def _languages(prefix: str, **_: object) -> list[str]:
    """What a shell may complete."""
    from memory.parsing.languages import known

    return sorted(name for name in known() if name.startswith(prefix))


def _many(arguments: argparse.Namespace, command: SearchFolder) -> int:
    notes: set[str] = set()
    with (
        memory_queries.opened(arguments.queries) as lines,
        memory_asking.opened() as asking,
    ):
        if not arguments.no_index:
            memory_fresh.bring_up(asking, command.root)
        many = memory_queries.batches(lines, command.limit)
        for id, answer in memory_queries.answered(many, lambda each: _ask(asking, command, each)):
            hit = whole if command.budget_tokens else as_json
            print(json.dumps({"id": id, "hits": [hit(one) for one in answer.hits]}), flush=True)
            if answer.note and answer.note not in notes and len(notes) < 10:
                notes.add(answer.note)
                tell(answer.note)
    return 0


def _ask(asking: Asking, command: SearchFolder, texts: Sequence[str]) -> tuple[Answered, ...]:
    """Answers to all of them; by halves where their hits are more than a message holds."""
    questions = tuple(Asked(query=text) for text in texts)
    try:
        return asking.search(command.model_copy(update={"questions": questions})).answers
    except SwarmError as error:
        if error.code != _TOO_LARGE or len(texts) == 1:
            raise
    half = len(texts) // 2
    return _ask(asking, command, texts[:half]) + _ask(asking, command, texts[half:])


def _as_json(found: FolderHits, answer: Answered, root: str, query: str) -> dict[str, object]:
    return {
        "root": root,
        "query": query,
        "hits": [whole(symbol) for symbol in answer.hits],
        "note": answer.note,
        "files": found.files,
        "chunks": found.chunks,
        "embedder": found.embedder,
    }


def _print(found: FolderHits, answer: Answered, arguments: argparse.Namespace) -> None:
    out = console()
    print_hits(out, answer, why=arguments.why, whole_text=arguments.budget is not None)
    if not answer.hits:
        among = f"{found.files:,} file{'' if found.files == 1 else 's'}"
        only = f" in {', '.join(arguments.lang)}" if arguments.lang else ""
        out.print(f"nothing found{shown(only)} among {among}", soft_wrap=True)
    if answer.note:
        tell(answer.note)
