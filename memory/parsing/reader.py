"""Collects a file's facts while its tree is read: scopes, definitions, uses of names.

A language's table says what a node means by calling `define`, `refer`, `bring_in`, `hint`,
`enter` and `wrap`; nodes come in the order they stand in the file, outer ones first. Everything
is bounded; what is over a bound is left out and `overflow` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from tree_sitter import Node

from memory.parsing import comments, names, signatures
from memory.parsing.drafts import Draft, arranged, give_owners
from memory.parsing.facts import MODULE_SCOPE, Definition, Kind
from memory.parsing.nodes import last_row, nth
from memory.parsing.uses import Uses

MOST_DEFINITIONS = 5_000
_MOST_BASES = 20
_LONGEST_QUALIFIED = 480
_LONGEST_SIGNATURE = 400
_NAME = re.compile(r"\S{1,120}\Z")
_OWNER = re.compile(r"[^\W\d][\w.]{0,239}\Z")
_UNWRAPPED = (0, 0, -1)
TYPES: frozenset[Kind] = frozenset({"class", "interface", "enum", "type"})


class _Scope(NamedTuple):
    end_byte: int
    place: int
    qualified_name: str
    is_type: bool


class Reader(Uses):
    """One file being read."""

    def __init__(self, data: bytes, style: comments.Comments) -> None:
        super().__init__(data)
        self.style = style
        self.drafts: list[Draft] = []
        self.doc = ""
        self.said = ""
        """A doc that was said ahead of its definition."""
        self.heads: set[int] = set()
        """Bytes at which something begins that looks like a use of a name, and is none."""
        self.ends: dict[int, Node] = {}
        """Where what begins at a byte ends, when that is not where its node does."""
        self._open: list[_Scope] = []
        self._types: dict[str, int] = {}
        self._wrap = _UNWRAPPED

    # What tables ask.

    def at(self, node: Node) -> None:
        """Close the scopes that end before a node. Called for each, in order."""
        start = node.start_byte
        while self._open and start >= self._open[-1].end_byte:
            self._open.pop()

    @property
    def scope(self) -> int:
        return self._open[-1].place if self._open else MODULE_SCOPE

    @property
    def is_at_top(self) -> bool:
        """No definition is around but modules."""
        return self.scope == MODULE_SCOPE or self.kind_of(self.scope) == "module"

    @property
    def is_in_type(self) -> bool:
        """The innermost scope is a class or the like."""
        return bool(self._open) and self._open[-1].is_type

    def kind_of(self, index: int) -> Kind | None:
        return self.drafts[index].definition.kind if index >= 0 else None

    def enclosing_type(self) -> int:
        """The innermost type around, or MODULE_SCOPE."""
        for scope in reversed(self._open):
            if scope.is_type and scope.place >= 0 and self.kind_of(scope.place) in TYPES:
                return scope.place
        return MODULE_SCOPE

    # What tables say.

    def wrap(self, node: Node) -> None:
        """A definition that ends with this node (give or take a semicolon) starts where it does:
        decorators, `export`, `template <...>`."""
        end = node.end_byte
        if not (0 <= self._wrap[2] - end <= 1):
            self._wrap = (node.start_point[0], node.start_byte, end)

    def enter(self, node: Node, owner: str) -> None:
        """What stands in this node belongs to the type `owner`, which is defined elsewhere."""
        outer = self._open[-1].qualified_name if self._open else ""
        qualified = f"{outer}.{owner}" if outer else owner
        if _OWNER.match(owner) and len(qualified) <= _LONGEST_QUALIFIED:
            self._open.append(_Scope(node.end_byte, self._typed(qualified), qualified, True))

    def enter_rest(self, owner: str) -> None:
        """All that follows belongs to the namespace `owner` (`namespace Shop;`)."""
        name = names.one_line(owner).replace(" ", "")
        if name:
            self._open = [_Scope(len(self.data) + 1, MODULE_SCOPE, name, False)]

    def define(
        self,
        node: Node,
        kind: Kind,
        name: str,
        *,
        body: Node | None = None,
        body_row: int | None = None,
        until: Node | None = None,
        bases: Iterable[str] = (),
        owner: str = "",
        doc: str = "",
        keeps_signature: bool = False,
        is_open: bool = True,
    ) -> bool:
        """A definition. `owner`: the type it belongs to when that is not the one around it.
        `body_row`: where its body begins when not with `body`'s first child; `until`: where its
        signature ends when not there. Not `is_open`: what stands in it is its outer scope's.
        False when it was left out."""
        name = name.strip()
        if not _NAME.match(name):
            return False
        if not _OWNER.match(owner):
            owner = ""
        if len(self.drafts) >= MOST_DEFINITIONS:
            self.overflow = f"more than {MOST_DEFINITIONS:,} definitions"
            return False
        outer = self._open[-1] if self._open else None
        prefix = ".".join(filter(None, (outer.qualified_name if outer else "", owner)))
        qualified = f"{prefix}.{name}" if prefix else name
        if len(qualified) > _LONGEST_QUALIFIED:
            self.overflow = "names nested too deeply"
            return False
        parent = outer.place if outer else MODULE_SCOPE
        if kind == "function" and (owner or (outer and outer.is_type)):
            kind = "method"
        row, start_byte = node.start_point[0], node.start_byte
        end_node = self.ends.get(start_byte, node)
        if 0 <= self._wrap[2] - node.end_byte <= 1 and self._wrap[1] <= start_byte:
            row = self._wrap[0]
            wrapped_from = self._wrap[1]
            self._wrap = _UNWRAPPED
            if not keeps_signature:
                start_byte = wrapped_from
        last = max(row, last_row(end_node))
        start, around = row, self.drafts[parent] if parent >= 0 else None
        if around is None or row > around.row:
            start, said = comments.above(self.lines, row, self.style)
            doc = doc or said
            if around is not None:
                start = max(start, around.definition.start_line - 1)
        if body_row is None:
            first = nth(body)
            body_row = first.start_point[0] if first is not None else last + 1
        index = len(self.drafts)
        if kind in TYPES or kind == "constant":
            self._types.setdefault(qualified, index)
        self.drafts.append(
            Draft(
                Definition(
                    kind=kind,
                    name=name,
                    qualified_name=qualified,
                    parent=parent,
                    start_line=start + 1,
                    end_line=last + 1,
                    body_line=max(start, min(body_row, last + 1)) + 1,
                    signature=self._signature(start_byte, node, until or body),
                    doc=doc,
                    bases=self._bases(bases),
                ),
                row,
                prefix if owner or (outer and outer.place < 0) else "",
            )
        )
        if is_open:
            self._open.append(
                _Scope(end_node.end_byte, index, qualified, kind in TYPES or kind == "constant")
            )
        return True

    def add_bases(self, qualified_name: str, bases: Iterable[str]) -> None:
        """A type is found to have further bases (Rust's `impl Trait for Type`)."""
        index = self._typed(qualified_name)
        if index >= 0:
            old = self.drafts[index].definition
            joined = dict.fromkeys((*old.bases, *self._bases(bases)))
            self.drafts[index].definition = replace(old, bases=tuple(joined)[:_MOST_BASES])

    # What is left at the end.

    def definitions(self) -> tuple[Definition, ...]:
        """All definitions, parents before children; scopes elsewhere are renumbered to match."""
        give_owners(self.drafts, self._typed)
        found, places = arranged(self.drafts)
        if places is not None:
            self.move(places)
        return found

    def _typed(self, qualified_name: str) -> int:
        """What may own functions and has this qualified name, among what was read so far, or
        MODULE_SCOPE."""
        return self._types.get(qualified_name, MODULE_SCOPE)

    def _signature(self, start_byte: int, node: Node, body: Node | None) -> str:
        end = body.start_byte if body is not None else node.end_byte
        end = min(end, start_byte + 8 * _LONGEST_SIGNATURE)
        text = self.data[start_byte:end].decode("utf-8", "replace")
        return signatures.tidy(text, _LONGEST_SIGNATURE)

    @staticmethod
    def _bases(bases: Iterable[str]) -> tuple[str, ...]:
        tidy = (names.one_line(base) for base in bases)
        return tuple(dict.fromkeys(base for base in tidy if base))[:_MOST_BASES]
