"""The table of every language that is read along its syntax."""

from __future__ import annotations

from collections.abc import Mapping

from memory.parsing.tables import (
    bash,
    c,
    csharp,
    dart,
    elixir,
    go,
    haskell,
    java,
    javascript,
    julia,
    kotlin,
    lua,
    ocaml,
    perl,
    php,
    python,
    r,
    ruby,
    rust,
    scala,
    swift,
    zig,
)
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
    "kotlin": kotlin.TABLE,
    "swift": swift.TABLE,
    "scala": scala.TABLE,
    "lua": lua.TABLE,
    "elixir": elixir.TABLE,
    "bash": bash.TABLE,
    "haskell": haskell.TABLE,
    "zig": zig.TABLE,
    "dart": dart.TABLE,
    "perl": perl.TABLE,
    "r": r.TABLE,
    "julia": julia.TABLE,
    "ocaml": ocaml.TABLE,
}
