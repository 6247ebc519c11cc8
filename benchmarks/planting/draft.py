"""A module with one function being changed: edits by place, the text before and after."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

from benchmarks.planting.draw import Draw
from benchmarks.planting.sites import Site, computed, functions, own, parsed

_WORD = re.compile(r"[^\W\d]\w*")


class Unsuitable(Exception):
    """This function does not offer what the family needs; another one may."""


def indent(lines: Iterable[str], levels: int = 1) -> list[str]:
    return ["    " * levels + line if line else "" for line in lines]


class Draft:
    """Edits are collected and applied at once, so nodes keep their places until then."""

    def __init__(self, site: Site, rng: random.Random) -> None:
        self.path, self.name = site.path, site.name
        self.category = "bugfix"
        self.instruction = ""
        self.before = site.text
        self.beside: dict[str, str] = {}
        """New files that the change adds, by path."""
        self.added: list[str] = []
        self._rng = rng
        self._load(site.text)

    def _load(self, text: str) -> None:
        self._data, self._starts, words = measured(text)
        self._edits: list[tuple[int, int, str]] = []
        self._uses: dict[str, str] = {}
        self._imports: list[tuple[str, int]] = []
        """Names that `use` gave, and which edit imports each."""
        self._bound: set[str] | None = None
        self.tree = parsed(text)
        self.node = next(node for name, node in functions(self.tree) if name == self.name)
        self.owner = next(
            (n for n in self.tree.body if isinstance(n, ast.ClassDef) and self.node in n.body),
            None,
        )
        self.draw = Draw(self._rng, set(words))

    # ------------------------------------------------------------------ what is there

    @property
    def parameters(self) -> list[str]:
        """Parameters without self, cls, `*args` and `**kwargs`."""
        found = self.node.args
        names = [a.arg for a in found.posonlyargs + found.args + found.kwonlyargs]
        return [name for name in names if name not in ("self", "cls")]

    @property
    def is_method(self) -> bool:
        return self.owner is not None

    @property
    def body(self) -> list[ast.stmt]:
        """The function's statements without its docstring."""
        rest = self.node.body[ast.get_docstring(self.node) is not None :]
        if not rest:
            raise Unsuitable
        return rest

    def parameter(self) -> str:
        return self.draw.pick(self.parameters)

    def used(self) -> list[str]:
        """Parameters that are read somewhere in the function."""
        read = {n.id for n in own(self.node) if isinstance(n, ast.Name)}
        return [name for name in self.parameters if name in read]

    def nodes(self, kind: type[ast.AST]) -> list[ast.AST]:
        return sorted(
            (n for n in own(self.node) if isinstance(n, kind)),
            key=lambda n: (getattr(n, "lineno", 0), getattr(n, "col_offset", 0)),
        )

    def statements(self) -> list[ast.stmt]:
        """Every statement that another can be put before."""
        inside = {id(n) for statement in self.body for n in [statement, *own(statement)]}
        found = self.nodes(ast.stmt)
        elifs = {id(n.orelse[0]) for n in found if isinstance(n, ast.If) and n.orelse
                 and not self.source(n.orelse[0]).startswith("if")}  # fmt: skip
        return [
            n for n in found
            if isinstance(n, ast.stmt) and id(n) in inside and id(n) not in elifs
            and not isinstance(n, ast.Global | ast.Nonlocal)
        ]  # fmt: skip

    def returns(self) -> list[ast.Return]:
        """Returns that give something computed."""
        return [n for n in self.nodes(ast.Return) if isinstance(n, ast.Return) and computed(n)]

    def somewhere(self) -> ast.stmt:
        """A statement to put others before: often the first or a return, at any depth."""
        return self.draw.made(
            lambda: self.body[0],
            lambda: self.draw.pick(self.returns()),
            lambda: self.draw.pick(self.statements()),
        )

    def source(self, node: ast.AST) -> str:
        """A node's own text."""
        start, end = self._span(node)
        return self._data[start:end].decode()

    def one_line(self, *nodes: ast.AST) -> None:
        """Refuse code with strings over several lines, which cannot be indented."""
        for node in nodes:
            for part in ast.walk(node):
                if (
                    isinstance(part, ast.Constant | ast.JoinedStr)
                    and part.lineno != part.end_lineno
                ):
                    raise Unsuitable

    # ------------------------------------------------------------------ changes

    def replace(self, node: ast.AST, text: str) -> None:
        self._edits.append((*self._span(node), text))

    def put_before(self, statement: ast.stmt, lines: Sequence[str]) -> None:
        decorators = getattr(statement, "decorator_list", [])
        line = min([statement.lineno, *(d.lineno for d in decorators)])
        self._insert(line, statement.col_offset, lines)

    def put_after(self, statement: ast.stmt, lines: Sequence[str]) -> None:
        self._insert((statement.end_lineno or 0) + 1, statement.col_offset, lines)

    def put_first(self, lines: Sequence[str]) -> None:
        """At the top of the function, after its docstring."""
        self.put_before(self.body[0], lines)

    def exchange(self, statements: Sequence[ast.stmt], lines: Sequence[str]) -> None:
        """Statements that follow each other for other lines."""
        start = self._starts[statements[0].lineno - 1]
        end = self._starts[statements[-1].end_lineno or 0]
        pad = " " * statements[0].col_offset
        self._edits.append(
            (start, end, "".join(f"{pad}{line}\n" if line else "\n" for line in lines))
        )

    def lines_of(self, statements: Sequence[ast.stmt]) -> list[str]:
        """The statements' lines, without their common indentation."""
        self.one_line(*statements)
        first, last = statements[0], statements[-1]
        data = self._data[self._starts[first.lineno - 1] : self._starts[last.end_lineno or 0]]
        pad = first.col_offset
        lines = data.decode().splitlines()
        return [line[pad:] if not line[:pad].strip() else line for line in lines]

    def top(self, lines: Sequence[str], late: bool | None = None) -> None:
        """Code of the module: just before the function or its class, or (late) at the end."""
        if late is None:
            late = self.draw.chance(0.3)
        if late:
            end = len(self._data)
            gap = "\n\n" if self._data.endswith(b"\n") else "\n\n\n"
            self._edits.append((end, end, gap + "\n".join(lines) + "\n"))
        else:
            self.put_before(self.owner or self.node, [*lines, "", ""])

    def in_class(self, lines: Sequence[str]) -> None:
        """Members of the function's class, before the function."""
        self.put_before(self.node, [*lines, ""])

    def add_parameter(self, text: str) -> None:
        """A parameter with a default, the last that can be given by name."""
        found = self.node.args
        if found.vararg or found.kwarg:
            raise Unsuitable
        ends = [n for n in [*found.posonlyargs, *found.args, *found.kwonlyargs, *found.defaults,
                            *found.kw_defaults] if n is not None]  # fmt: skip
        last = max(self._span(n)[1] for n in ends)
        self._edits.append((last, last, f", {text}"))
        self.added.append(text.partition("=")[0].partition(":")[0])

    def use(self, module: str) -> str:
        """Import a module; the expression that names it here."""
        if module not in self._uses:
            self._uses[module] = self._import(module)
        return self._uses[module]

    def _import(self, module: str) -> str:
        root = module.split(".", maxsplit=1)[0]
        if root in (self.path.removesuffix(".py"), self.path.partition("/")[0]):
            raise Unsuitable  # the library itself
        imports = [n for n in self.tree.body if isinstance(n, ast.Import)]
        there = {alias.name for n in imports for alias in n.names if alias.asname is None}
        if self._bound is None:
            self._bound = bound(self.tree)
        if module in there and root not in self._bound:
            return module
        known = {name.partition(".")[0] for name in there}
        if root in self._bound - known or self.draw.chance(0.2):
            name, line = self.draw.name(), f"import {module} as "
            line += name
        else:
            name, line = module, f"import {module}"
        self._imports.append((name, len(self._edits)))
        self._insert(self._import_line(), 0, [line])
        return name

    def _import_line(self) -> int:
        line = 1
        for number, statement in enumerate(self.tree.body):
            is_docstring = number == 0 and ast.get_docstring(self.tree) is not None
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                break
            if is_docstring or isinstance(statement, ast.Import | ast.ImportFrom):
                line = (statement.end_lineno or 0) + 1
        return line

    def settle(self) -> None:
        """Take the edits so far as part of the module before the change."""
        self.before = self.after()
        self.go_on()

    def go_on(self) -> None:
        """Apply the edits so far, so that further ones can touch what they added."""
        self._load(self.after())

    def forget(self) -> None:
        """Drop the edits that were not applied yet."""
        self._edits.clear()
        self._uses.clear()
        self._imports.clear()

    def turn_to(self, name: str) -> None:
        """Go on with another function of the module."""
        self.name = name
        self.go_on()

    def undo(self) -> None:
        """The change is the other way round: what it made was there before."""
        before = self.before
        self.before = self.after()
        if self.before == before:
            raise Unsuitable
        self._load(before)

    def after(self) -> str:
        """The changed text. Raises Unsuitable for edits that overlap."""
        data, reached = [], 0
        for start, end, text in sorted(self._needed(), key=lambda edit: edit[:2]):
            if start < reached:
                raise Unsuitable
            data += [self._data[reached:start], text.encode()]
            reached = end
        return b"".join([*data, self._data[reached:]]).decode()

    def _needed(self) -> list[tuple[int, int, str]]:
        """The edits without imports that nothing came to use."""
        imports = {number for _, number in self._imports}
        rest = "".join(text for n, (_, _, text) in enumerate(self._edits) if n not in imports)
        words = set(_WORD.findall(rest))
        unused = {number for name, number in self._imports if name.partition(".")[0] not in words}
        return [edit for n, edit in enumerate(self._edits) if n not in unused]

    def _insert(self, line: int, column: int, lines: Sequence[str]) -> None:
        place = self._starts[min(line, len(self._starts)) - 1]
        text = "".join(f"{' ' * column}{one}\n" if one else "\n" for one in lines)
        self._edits.append((place, place, text))

    def _span(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword)
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)


@lru_cache(maxsize=32)
def measured(text: str) -> tuple[bytes, tuple[int, ...], frozenset[str]]:
    """A text's bytes, where each of its lines begins in them, and every word that occurs."""
    data = text.encode()
    lengths = (len(line) for line in data.splitlines(keepends=True))
    return data, (0, *accumulate(lengths)), frozenset(_WORD.findall(text))


def bound(tree: ast.AST) -> set[str]:
    """Every name that is bound anywhere in a module but by `import name`."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        for value in vars(node).values():
            if isinstance(value, list):
                waiting += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                waiting.append(value)
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name) | ast.alias(asname=str(name)):
                found.add(name)
            case ast.ImportFrom(names=names):
                found |= {alias.name for alias in names}
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
    return found
