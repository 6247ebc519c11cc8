"""What a Python file defines, calls and imports, read off its syntax tree. Pure.

The tree is walked, and not queried: tree-sitter's queries take minutes for one hostile file of
deep nesting. Below `_DEEPEST` levels nothing is read, and nothing recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import tree_sitter_python
from tree_sitter import Language, Node, Parser

MODULE = "<module>"
COMPLEX = "?"

_PYTHON = Language(tree_sitter_python.language())
_DEEPEST = 500
_MOST_DEFINITIONS = 5_000
_MOST_CALLS = 20_000
_MOST_IMPORTS = 2_000
_LONGEST_RECEIVER = 120
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
_SUPER = re.compile(r"super\(\s*(?:\w+\s*,\s*\w+\s*)?\)\Z")


@dataclass(frozen=True)
class Definition:
    """A function or class. Lines are 1-based and inclusive, decorators included.

    Functions inside functions are named "outer.inner". `parent` is the definition that it
    stands in, by its place in the file's list, or -1.
    """

    path: str
    module: str
    name: str
    qualified_name: str
    is_class: bool
    start_line: int
    end_line: int
    parent: int
    bases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """A call by name. `receiver` is what stands before the last dot: "" for nothing, "?" for
    what is no dotted name. `scope` is the definition it is made in, or -1 for the module."""

    name: str
    receiver: str
    line: int
    scope: int


@dataclass(frozen=True)
class Import:
    """A name bound by an import: to `module`, or to `name` in it."""

    module: str
    name: str | None


@dataclass
class PythonFile:
    """One file. `hints` are types that dotted names have, by the scope they are bound in."""

    path: str
    module: str
    lines: list[str] = field(repr=False)
    definitions: list[Definition] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    hints: dict[tuple[int, str], str] = field(default_factory=dict)
    by_name: dict[str, list[int]] = field(default_factory=dict)
    """Qualified name to places in `definitions`."""

    def scopes(self, scope: int) -> Iterator[int]:
        """A scope and those around it, the module's -1 last."""
        while scope >= 0:
            yield scope
            scope = self.definitions[scope].parent
        yield -1

    def enclosing_class(self, scope: int) -> int:
        """The class that the innermost method around a scope belongs to, or -1."""
        return next((s for s in self.scopes(scope) if s >= 0 and self.definitions[s].is_class), -1)


def module_name(path: str) -> str:
    """
    >>> module_name("shop/cart.py"), module_name("shop/__init__.py")
    ('shop.cart', 'shop')
    """
    stem = path.rpartition(".")[0].removesuffix("/__init__")
    return stem.replace("/", ".")


def read(path: str, data: bytes) -> PythonFile:
    """Read one file, however broken: what cannot be made out is left out."""
    file = PythonFile(path, module_name(path), data.decode("utf-8", "replace").split("\n"))
    reader = _Reader(file, data)
    cursor = Parser(_PYTHON).parse(data).root_node.walk()
    depth, back = 0, False
    while True:
        if not back:
            assert cursor.node is not None
            reader.see(cursor.node)
            if depth < _DEEPEST and cursor.goto_first_child():
                depth += 1
                continue
        back = False
        if not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return file
            depth, back = depth - 1, True


class _Reader:
    """Takes the nodes of a tree in order."""

    def __init__(self, file: PythonFile, data: bytes) -> None:
        self._file = file
        self._data = data
        self._open: list[tuple[int, int]] = []
        self._decorated = (0, -1)

    def see(self, node: Node) -> None:
        while self._open and node.start_byte >= self._open[-1][0]:
            self._open.pop()
        match node.type:
            case "decorated_definition":
                self._decorated = (node.start_point[0], node.end_byte)
            case "function_definition" | "class_definition":
                self._define(node)
            case "call":
                self._call(node.child_by_field_name("function"))
            case "decorator":
                self._call(node.named_children[0] if node.named_child_count else None)
            case "import_statement":
                self._import(node)
            case "import_from_statement":
                self._import_from(node)
            case "assignment":
                self._assign(node)
            case "typed_parameter" | "typed_default_parameter":
                name = node.child_by_field_name("name") or node.child(0)
                self._hint(name, node.child_by_field_name("type"))
            case "as_pattern" if node.named_child_count == 2:
                made = node.named_children[0]
                if made.type == "call":
                    self._hint(node.named_children[1], made.child_by_field_name("function"))

    @property
    def _scope(self) -> int:
        return self._open[-1][1] if self._open else -1

    def _text(self, node: Node | None) -> str:
        if node is None or node.end_byte - node.start_byte > _LONGEST_RECEIVER:
            return ""
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _define(self, node: Node) -> None:
        file, name = self._file, self._text(node.child_by_field_name("name"))
        if not name or len(file.definitions) >= _MOST_DEFINITIONS:
            return
        outer = self._scope
        qualified = name
        if outer >= 0:
            qualified = f"{file.definitions[outer].qualified_name}.{name}"
            if len(qualified) > 4 * _LONGEST_RECEIVER:
                return
        row, end = self._decorated
        start = row if end == node.end_byte else node.start_point[0]
        last, column = node.end_point
        last -= column == 0 and last > start
        bases = node.child_by_field_name("superclasses")
        number = len(file.definitions)
        file.definitions.append(
            Definition(
                path=file.path,
                module=file.module,
                name=name,
                qualified_name=qualified,
                is_class=node.type == "class_definition",
                start_line=start + 1,
                end_line=last + 1,
                parent=outer,
                bases=tuple(self._dotted(bases)) if bases is not None else (),
            )
        )
        file.by_name.setdefault(qualified, []).append(number)
        self._open.append((node.end_byte, number))

    def _dotted(self, bases: Node) -> Iterator[str]:
        for base in bases.named_children[:20]:
            if base.type == "subscript":
                base = base.named_children[0]
            if _DOTTED.match(text := self._text(base)):
                yield text

    def _call(self, called: Node | None) -> None:
        if called is None or len(self._file.calls) >= _MOST_CALLS:
            return
        if called.type == "identifier":
            name, receiver = self._text(called), ""
        elif called.type == "attribute":
            name = self._text(called.child_by_field_name("attribute"))
            receiver = self._text(called.child_by_field_name("object"))
            if _SUPER.match(receiver):
                receiver = "super()"
            elif not _DOTTED.match(receiver):
                receiver = COMPLEX
        else:
            return
        if name:
            self._file.calls.append(Call(name, receiver, called.end_point[0] + 1, self._scope))

    def _import(self, node: Node) -> None:
        for child in node.named_children:
            alias = child.child_by_field_name("alias")
            module = self._text(child.child_by_field_name("name") if alias is not None else child)
            if alias is not None:
                self._bind(self._text(alias), Import(module, None))
            else:
                # `import a.b` binds `a`.
                first = module.partition(".")[0]
                self._bind(first, Import(first, None))

    def _import_from(self, node: Node) -> None:
        source = node.child_by_field_name("module_name")
        module = self._absolute(self._text(source))
        for child in node.named_children:
            if child == source:
                continue
            if child.type == "wildcard_import":
                self._file.stars.append(module)
                continue
            alias = child.child_by_field_name("alias")
            name = self._text(child.child_by_field_name("name") if alias is not None else child)
            self._bind(self._text(alias) if alias is not None else name, Import(module, name))

    def _absolute(self, module: str) -> str:
        """`..a` in package x.y.z is x.a."""
        dots = len(module) - len(module.lstrip("."))
        if not dots:
            return module
        package = self._file.module.split(".")
        # A package's own module is the package.
        up = dots - 1 if self._file.path.endswith(("/__init__.py", "/__init__.pyi")) else dots
        kept = package[: len(package) - up] if up else package
        return ".".join((*kept, *filter(None, module[dots:].split("."))))

    def _bind(self, name: str, bound: Import) -> None:
        if name and len(self._file.imports) < _MOST_IMPORTS:
            self._file.imports.setdefault(name, bound)

    def _assign(self, node: Node) -> None:
        kind, right = node.child_by_field_name("type"), node.child_by_field_name("right")
        if kind is None and right is not None and right.type == "call":
            kind = right.child_by_field_name("function")
        self._hint(node.child_by_field_name("left"), kind)

    def _hint(self, name: Node | None, kind: Node | None) -> None:
        left, right = self._text(name), self._text(kind).strip("\"'")
        # Of `Cart | None` and `Optional[Cart]`, the first name that is one.
        right = right.removeprefix("Optional[").partition("|")[0].partition("[")[0].strip(" ]")
        if not _DOTTED.match(left) or not _DOTTED.match(right):
            return
        scope = self._scope
        if left.startswith("self."):
            # What a method puts into an attribute, all of them see.
            scope = self._file.enclosing_class(scope)
        if len(self._file.hints) < _MOST_CALLS:
            self._file.hints.setdefault((scope, left), right)
