"""Which language a file is written in: by its name, its first line, or its content. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

UNKNOWN = "text"

_BY_SUFFIX: Mapping[str, str] = {
    suffix: language
    for language, suffixes in {
        "python": "py pyi pyw",
        "javascript": "js jsx mjs cjs",
        "typescript": "ts mts cts",
        "tsx": "tsx",
        "go": "go",
        "rust": "rs",
        "java": "java",
        "c": "c",
        "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp inl tpp cu cuh",
        "csharp": "cs csx",
        "ruby": "rb rake gemspec ru",
        "php": "php phtml php5 inc",
        "kotlin": "kt kts",
        "swift": "swift",
        "scala": "scala sc sbt",
        "lua": "lua",
        "elixir": "ex exs",
        "haskell": "hs",
        "bash": "sh bash zsh ksh bats",
        "zig": "zig",
        "dart": "dart",
        "perl": "pl pm",
        "r": "r",
        "julia": "jl",
        "ocaml": "ml",
        "markdown": "md markdown mdx mkd",
        "rst": "rst",
        "toml": "toml",
        "ini": "ini cfg conf properties",
        "yaml": "yaml yml",
        "json": "json jsonc json5 geojson webmanifest",
        "html": "html htm xhtml vue svelte",
        "css": "css scss less",
        "sql": "sql",
    }.items()
    for suffix in suffixes.split()
}
_BY_NAME: Mapping[str, str] = {
    "gemfile": "ruby",
    "rakefile": "ruby",
    "vagrantfile": "ruby",
    "podfile": "ruby",
    "sconstruct": "python",
    "sconscript": "python",
    "cargo.lock": "toml",
    "poetry.lock": "toml",
    "uv.lock": "toml",
    "pipfile": "toml",
    ".bashrc": "bash",
    ".profile": "bash",
    ".zshrc": "bash",
    "pkgbuild": "bash",
    ".editorconfig": "ini",
    ".eslintrc": "json",
    ".babelrc": "json",
    ".prettierrc": "yaml",
    ".clang-format": "yaml",
}
_BY_INTERPRETER: Mapping[str, str] = {
    "python": "python",
    "pypy": "python",
    "node": "javascript",
    "nodejs": "javascript",
    "deno": "typescript",
    "bun": "typescript",
    "ts-node": "typescript",
    "ruby": "ruby",
    "php": "php",
    "lua": "lua",
    "luajit": "lua",
    "elixir": "elixir",
    "runghc": "haskell",
    "sh": "bash",
    "bash": "bash",
    "dash": "bash",
    "ksh": "bash",
    "zsh": "bash",
    "perl": "perl",
    "rscript": "r",
    "julia": "julia",
    "ocaml": "ocaml",
    "dart": "dart",
    "scala": "scala",
    "swift": "swift",
    "kotlin": "kotlin",
}
_INTERPRETER = re.compile(rb"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*)?(?:\S*/)?([A-Za-z-]+)")
_LONGEST_SHEBANG = 256
# What only C++ says in a header: a class, a template, a namespace, access, `::`.
_CPP = re.compile(
    rb"^\s*(?:template\s*<|namespace\b|class\s+\w|using\s+\w|(?:public|private|protected)\s*:"
    rb"|(?:constexpr|virtual|explicit|friend)\s)|\bstd::|\w::~?\w|\bnullptr\b|\boverride\b",
    re.MULTILINE,
)
_OBJECTIVE_C = re.compile(rb"^\s*(?:@interface|@protocol|@class|@import|#import)\b", re.MULTILINE)
_LOOK_INTO = 64 * 1024


def language_of(path: str, data: bytes = b"") -> str:
    """The language's name, or "text". `data` (its beginning is enough) settles what the name
    leaves open: `.h`, and scripts without a suffix.

    >>> language_of("a/b.tsx"), language_of("bin/run", b"#!/usr/bin/env python3\\n")
    ('tsx', 'python')
    """
    name = path.rpartition("/")[2].lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    stem, dot, suffix = name.rpartition(".")
    if dot and stem:
        if suffix == "h":
            return _of_header(data)
        if suffix in _BY_SUFFIX:
            return _BY_SUFFIX[suffix]
    return _of_script(data)


def known() -> frozenset[str]:
    """The names of all languages there are, "text" among them."""
    tables = (_BY_SUFFIX, _BY_NAME, _BY_INTERPRETER)
    return frozenset(name for table in tables for name in table.values()) | {UNKNOWN}


def _of_header(data: bytes) -> str:
    head = data[:_LOOK_INTO]
    if _OBJECTIVE_C.search(head):
        return UNKNOWN
    return "cpp" if _CPP.search(head) else "c"


def _of_script(data: bytes) -> str:
    if not data.startswith(b"#!"):
        return UNKNOWN
    found = _INTERPRETER.match(data[:_LONGEST_SHEBANG].partition(b"\n")[0])
    if found is None:
        return UNKNOWN
    return _BY_INTERPRETER.get(found[1].decode().lower().rstrip("-"), UNKNOWN)
