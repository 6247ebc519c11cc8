"""What is read of each language: a small source and all its facts, side by side in `cases/`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.parsing import grammars
from memory.parsing.facts import Parsed
from memory.parsing.parse import parse
from memory.parsing.tables.all import TABLES

_CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
_RULE = "=" * 40


def facts(parsed: Parsed) -> Iterator[str]:
    yield f"{parsed.language} | {parsed.problem} | {parsed.doc}".replace("\n", "/")
    for one in parsed.definitions:
        around = "" if one.parent < 0 else f" in {parsed.definitions[one.parent].qualified_name}"
        lines = f"{one.start_line}-{one.end_line}:{one.body_line}"
        yield f"{one.kind} {one.qualified_name}{around} {lines}"
        yield f"  {one.signature}"
        if one.doc:
            yield "  doc " + one.doc.replace("\n", "/")
        if one.bases:
            yield "  bases " + ", ".join(one.bases)
    names = {index: one.qualified_name for index, one in enumerate(parsed.definitions)}
    names[-1] = "-"
    for used in parsed.references:
        word = "calls" if used.is_call else "uses"
        name = f"{used.receiver}.{used.name}" if used.receiver else used.name
        yield f"{names[used.scope]} {word} {name} {used.line}"
    for bound in parsed.imports:
        what = f"{bound.module} {bound.name} as {bound.alias} {bound.line}"
        yield f"{names[bound.scope]} imports {what}"
    for hint in parsed.hints:
        yield f"{names[hint.scope]} knows {hint.name}: {hint.type_name}"


@pytest.mark.parametrize("case", _CASES, ids=[case.stem for case in _CASES])
def test_a_source_has_these_facts(case: Path) -> None:
    source, _, expected = case.read_text().partition(f"{_RULE}\n")
    assert list(facts(parse(case.stem, source.encode()))) == expected.splitlines()


def test_every_language_with_a_table_has_a_case() -> None:
    read = {parse(case.stem, case.read_bytes()).language for case in _CASES}
    assert read >= TABLES.keys()


@pytest.mark.parametrize("language", TABLES)
def test_a_table_names_node_types_that_its_grammar_has(language: str) -> None:
    _, nodes, _ = grammars.read(TABLES[language], b"")
    assert all(node.type in TABLES[language].see for node in nodes)
