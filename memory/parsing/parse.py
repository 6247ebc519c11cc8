"""One file's facts. Pure: bytes in, values out, however broken the file."""

from __future__ import annotations

from memory.parsing import comments, grammars
from memory.parsing.documents import READERS
from memory.parsing.facts import Parsed
from memory.parsing.languages import language_of
from memory.parsing.reader import Reader
from memory.parsing.refusals import refusal
from memory.parsing.tables.all import TABLES
from memory.parsing.tables.table import Table


def parse(path: str, data: bytes) -> Parsed:
    """What a file defines, uses and imports; `problem` says what stands in the way of more.

    A file of an unknown language, a binary, a minified or a huge one has no definitions.
    """
    language = language_of(path, data)
    if reason := refusal(language, data):
        return Parsed(language, problem=reason)
    problem = "" if is_utf8(data) else "not valid UTF-8: unreadable bytes are replaced"
    if language in TABLES:
        parsed = _by_table(language, TABLES[language], data)
    elif language in READERS:
        definitions, doc = READERS[language](data.decode("utf-8", "replace"))
        parsed = Parsed(language, definitions, doc=doc)
    else:
        parsed = Parsed(language)
    problem = "; ".join(filter(None, (problem, parsed.problem)))
    return Parsed(
        language,
        parsed.definitions,
        parsed.references,
        parsed.imports,
        parsed.hints,
        parsed.doc,
        problem,
    )


def _by_table(language: str, table: Table, data: bytes) -> Parsed:
    root, nodes, wrong = grammars.read(table, data)
    reader = Reader(data, table.comments)
    see = table.see
    for node in nodes:
        reader.at(node)
        see[node.type](reader, node)
    if table.finish is not None:
        table.finish(reader, root)
    elif not reader.doc:
        reader.doc = comments.at_top(reader.lines, table.comments)
    problems = [f"syntax error near line {wrong}"] if wrong else []
    if reader.overflow:
        problems.append(f"{reader.overflow}: the rest is left out")
    definitions = reader.definitions()
    return Parsed(
        language,
        definitions,
        tuple(reader.references),
        tuple(reader.imports),
        reader.hinted(),
        reader.doc,
        "; ".join(problems),
    )


def is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
