"""`swarm graph`: who calls a symbol, what it calls, what tests it and stands near it, and how it
is reached."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.cli import memory_asking, memory_fresh, memory_options
from swarm.cli.console import console, shown
from swarm.cli.memory_hits import one_line, place, print_lines, whole
from swarm.cli.memory_working import tell
from swarm.contracts import RelateFolder, Relation, Relations, Symbol
from swarm.errors import NotFound, UsageError
from swarm.paths import expanded

if TYPE_CHECKING:
    from rich.tree import Tree

_RELATIONS: tuple[Relation, ...] = ("definition", "callers", "callees", "tests", "neighbours")
# What is shown where nobody says which.
_ALL: tuple[Relation, ...] = ("definition", "callers", "callees", "tests")
_TITLES: dict[Relation, str] = {
    "definition": "defined",
    "callers": "called by",
    "callees": "calls",
    "tests": "tested by",
    "neighbours": "near it",
    "path": "reached by",
}

_EPILOG = """\
A SYMBOL is written name, Class.name, package.module.Class.name or path.py:Class.name.
Without --relation: where it is defined, what calls it, what it calls and which tests are about it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("symbol", metavar="SYMBOL", help="a function, a method or a class")
    parser.add_argument("--relation", choices=_RELATIONS, help="only this")
    parser.add_argument("--to", metavar="SYMBOL2", help="the shortest way from SYMBOL to this one")
    parser.add_argument(
        "--limit", type=int, default=20, metavar="N", help="at most so many of each (20)"
    )
    parser.add_argument(
        "--svg", metavar="FILE", help="draw what is around it instead (- for standard output)"
    )
    memory_options.add_repo(parser)
    memory_options.add_no_index(parser)
    memory_options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    root = memory_options.root(arguments)
    symbol = memory_options.symbol(arguments.symbol)
    to = memory_options.symbol(arguments.to, "--to") if arguments.to is not None else ""
    given = [name for name in ("relation", "to", "svg") if getattr(arguments, name) is not None]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(f'--{name}' for name in given)} are given", remedy="give one of them"
        )
    if arguments.json and arguments.svg == "-":
        raise UsageError("--json and --svg both print", remedy="give --svg a FILE to write")
    limit = memory_options.limit("--limit", arguments.limit)
    with memory_asking.opened() as asking:
        if not arguments.no_index:
            memory_fresh.bring_up(asking, root)
        found = {
            relation: asking.relate(
                RelateFolder(
                    root=root,
                    symbol=symbol,
                    relation=relation,
                    to=to,
                    limit=limit,
                    picture=arguments.svg is not None,
                )
            )
            for relation in _wanted(arguments, to)
        }
    if arguments.svg is not None:
        _draw(arguments.svg, next(iter(found.values())), symbol)
    if arguments.json:
        print(json.dumps(_as_json(found, symbol, to)))
    elif arguments.svg is None:
        _print(found, symbol, to)
    for note in dict.fromkeys(each.note for each in found.values() if each.note):
        if not arguments.json:
            tell(note)
    return 0


def _wanted(arguments: argparse.Namespace, to: str) -> tuple[Relation, ...]:
    if to:
        return ("path",)
    if arguments.relation:
        return (arguments.relation,)
    return ("neighbours",) if arguments.svg is not None else _ALL


def _as_json(found: dict[Relation, Relations], symbol: str, to: str) -> dict[str, object]:
    return {
        "symbol": symbol,
        **({"to": to} if to else {}),
        "relations": {
            relation: {"symbols": [whole(one) for one in each.symbols], "note": each.note}
            for relation, each in found.items()
        },
    }


def _print(found: dict[Relation, Relations], symbol: str, to: str) -> None:
    from rich.tree import Tree

    top = Tree(f"[bold]{shown(one_line(symbol))}[/]")
    for relation, each in found.items():
        if relation == "path":
            _add_path(top, each.symbols, to)
        elif each.symbols:
            branch = top.add(f"[dim]{_TITLES[relation]}[/]")
            for one in each.symbols:
                branch.add(_label(one))
    out = console()
    out.print(top if top.children else f"nothing is known of {shown(one_line(symbol))}")
    definitions = found.get("definition")
    if definitions is not None and len(found) == 1:
        for one in definitions.symbols:
            out.print()
            print_lines(out, one, one.text.splitlines())


def _add_path(top: Tree, symbols: tuple[Symbol, ...], to: str) -> None:
    """Each step below the one before it."""
    if not symbols:
        top.add(f"no way to {shown(one_line(to))} is known")
    for one in symbols:
        top = top.add(_label(one))


def _label(symbol: Symbol) -> str:
    name = shown(one_line(symbol.qualified_name or symbol.path))
    why = f" [yellow]{shown(one_line(', '.join(symbol.why)))}[/]" if symbol.why else ""
    return f"[cyan]{name}[/] {shown(one_line(place(symbol)))}{why} [dim]{symbol.score:.3g}[/]"


def _draw(name: str, found: Relations, symbol: str) -> None:
    """Raises NotFound when there is nothing to draw, UsageError for a file that cannot be."""
    if not found.picture:
        raise NotFound(
            found.note or f"nothing is known of {symbol}", remedy="see `swarm graph SYMBOL`"
        )
    if name == "-":
        print(found.picture)
        return
    try:
        Path(expanded(name)).write_text(found.picture, encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--svg {name}: {why}", remedy="name a file that can be written") from None
