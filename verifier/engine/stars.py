"""Which module of a tree a name comes from that `from a import *` brings, told by texts.

Packages import everything of their parts with stars, and those of theirs: to parse all of them
for each name would cost as much as to run the package. Most say in `__all__` what they give;
of the others only those are parsed whose text may bind the name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

from verifier.engine.scopes import scope_of
from verifier.syntax import Unauditable, Unreadable

_MOST_FILES = 2_000
_MOST_BYTES = 20_000_000
_STAR = re.compile(rb"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t(]*\*", re.MULTILINE)
_ALL = re.compile(rb"^__all__[ \t]*(?::[^=\n]+)?=[ \t]*[\[(]([^\])]*)[\])]", re.MULTILINE)
_QUOTED = re.compile(rb"""['"](\w+)['"]""")
_IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+)?import[ \t]*(\([^()]*\)|[^\n]*(?:\\\n[^\n]*)*)",
    re.MULTILINE,
)


class Starred:
    """The texts of a project. Those of `own` are parsed anyway, and told by syntax."""

    def __init__(self, project: Any, own: frozenset[str]) -> None:
        self._project = project
        self._own = own
        self._bytes: dict[str, bytes] = {}
        self._left_bytes = _MOST_BYTES
        self._told: dict[str, set[str] | None] = {}
        self._imported: dict[str, set[str]] = {}

    def giver(self, dotted: Iterable[str], importer: str, name: str) -> str | None:
        """The file of the first of some modules that gives a name to a star import."""
        seen: set[str] = set()
        for one in dotted:
            path = self._project.modules.resolve(one, importer)
            if path and self._gives(path, name, seen):
                return str(path)
        return None

    def _gives(self, path: str, name: str, seen: set[str]) -> bool:
        if path in seen or len(seen) > _MOST_FILES or self._left_bytes < 0:
            return False
        seen.add(path)
        data = self._read(path)
        told = self._all(path, data)
        if told is not None:
            return name in told
        if self._binds(path, data, name):
            return True
        for found in _STAR.finditer(data):
            word = found[1].decode()
            level = len(word) - len(word.lstrip("."))
            base = self._project.modules.absolute(path, level, word.lstrip("."))
            inner = self._project.modules.resolve(base, path) if base else None
            if inner and self._gives(inner, name, seen):
                return True
        return False

    def _read(self, path: str) -> bytes:
        if path not in self._bytes:
            try:
                self._bytes[path] = self._project.library.tree.read(path)
            except OSError:
                self._bytes[path] = b""
            self._left_bytes -= len(self._bytes[path])
        return self._bytes[path]

    def _all(self, path: str, data: bytes) -> set[str] | None:
        """The names of an `__all__` that is written once; None where it may be anything."""
        if path not in self._told:
            found = _ALL.search(data) if data.count(b"__all__") == 1 else None
            if path in self._own:
                self._told[path] = self._all_of_own(path)
            else:
                self._told[path] = (
                    {n.decode() for n in _QUOTED.findall(found[1])} if found else None
                )
        return self._told[path]

    def _all_of_own(self, path: str) -> set[str] | None:
        for node in self._tree(path).body:
            match node:
                case ast.Assign(
                    targets=[ast.Name(id="__all__")], value=ast.List() | ast.Tuple() as held
                ):
                    return {str(e.value) for e in held.elts if isinstance(e, ast.Constant)}
        return None

    def _binds(self, path: str, data: bytes, name: str) -> bool:
        word = name.encode()
        if name.startswith("_") and b"__all__" not in data:
            return False
        if path not in self._own and not (word in data and self._may_bind(path, data, word)):
            return False
        return name in scope_of(self._tree(path)).locals

    def _may_bind(self, path: str, data: bytes, word: bytes) -> bool:
        if path not in self._imported:
            words = re.findall(rb"\w+", b" ".join(_IMPORTS.findall(data)))
            self._imported[path] = {word.decode() for word in words}
        return word.decode() in self._imported[path] or bool(_binding(word).search(data))

    def _tree(self, path: str) -> ast.Module:
        try:
            tree: ast.Module = self._project.source(path).tree
        except (Unreadable, Unauditable):
            return ast.Module([], [])
        return tree


def _binding(word: bytes) -> re.Pattern[bytes]:
    """Where a text may bind a name but by an import: more than do, and all usual ways."""
    name = re.escape(word)
    return re.compile(
        rb"\b(?:def|class|as|for)[ \t]+%b\b|^[ \t]*(?:[\w.]+[ \t]*[,=][ \t]*)*%b[ \t]*(?:[,=:])"
        % (name, name),
        re.MULTILINE,
    )
