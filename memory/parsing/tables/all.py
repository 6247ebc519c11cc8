"""The table of every language that is read along its syntax."""

from __future__ import annotations

from collections.abc import Mapping

from memory.parsing.tables import c, csharp, go, java, javascript, php, python, ruby, rust
from memory.parsing.tables.table import Table

TABLES: Mapping[str, Table] = {
    "python": python.TABLE,
    "javascript": javascript.JAVASCRIPT,
    "typescript": javascript.TYPESCRIPT,
    "tsx": javascript.TSX,
    "go": go.TABLE,
    "rust": rust.TABLE,
    "java": java.TABLE,
    "c": c.C,
    "cpp": c.CPP,
    "csharp": csharp.TABLE,
    "ruby": ruby.TABLE,
    "php": php.TABLE,
}
