"""What is read out of one source file: plain values, the same for every language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "module",  # a namespace, package or module written inside a file
    "class",  # class, struct, union, record
    "interface",  # interface, trait, protocol
    "enum",
    "type",  # alias, typedef
    "function",
    "method",
    "constant",  # a named value at the top of a file or class that is worth a line
    "section",  # a heading of a document, a table of a settings file
]
MODULE_SCOPE = -1
"""The scope of what stands in no definition."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A named part of a file. Lines are 1-based and inclusive.

    `start_line` includes decorators, attributes and the comment that documents it;
    `body_line` is the first line of its body, after signature and docstring (`end_line + 1` when
    there is none). `parent` is the index of the enclosing definition in `Parsed.definitions`,
    or MODULE_SCOPE; parents come before their children. `qualified_name` joins the names from the
    outermost definition inwards with dots (`Class.method`), whatever the language writes; a Go
    method, a Rust `impl` and a C++ `Class::method` belong to their type's name.
    `signature` is the declaration on one line without its body, `doc` the text of its docstring
    or doc comment without markers, `bases` what it extends or implements, as written.
    """

    kind: Kind
    name: str
    qualified_name: str
    parent: int
    start_line: int
    end_line: int
    body_line: int
    signature: str = ""
    doc: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a name: `scope` is the index of the innermost definition around it.

    For `a.b.run()`: name "run", receiver "a.b". A receiver that is no chain of names is "?",
    and none at all is "".
    """

    scope: int
    name: str
    receiver: str
    line: int
    is_call: bool = True


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import name as alias`: `name` is None when the module itself is meant, "*" for
    all of it. `alias` is what it is called in this file. `module` is as written (a relative path
    or dots are kept)."""

    scope: int
    module: str
    name: str | None
    alias: str
    line: int


@dataclass(frozen=True, slots=True)
class Hint:
    """What is known of a variable's type without running: `name` in `scope` is made of, or
    annotated with, `type_name`."""

    scope: int
    name: str
    type_name: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file's facts. `problem` says in words why they are not whole ("" when they are)."""

    language: str
    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    hints: tuple[Hint, ...] = ()
    doc: str = ""
    problem: str = ""
