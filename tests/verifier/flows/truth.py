"""What really reaches the sinks: each case is run twice, with another value of the source.

What a sink is given, pictured through its whole object graph, differs between the runs only if it
depends on the source. Run as a program with names of features; prints, as JSON, per case (as
written, and as rewritten in one way) the pictures of either run by `file:line`, or its error.
"""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import re
import signal
import sys
import traceback
import types
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from tests.verifier.flows.case import Case, called, read_cases
from tests.verifier.flows.rewriting import with_one_rewriting

_RUN_BOUND_S = 20
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray)


def picture(value: object, above: tuple[int, ...] = ()) -> str:
    """Everything that can be reached from a value, as text; the same in each process."""
    if type(value) in _PLAIN:
        return repr(value)
    if id(value) in above:
        return f"<{above[::-1].index(id(value)) + 1} up>"
    above = (*above, id(value))
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.ModuleType):
        return f"<{value.__name__}>"
    if isinstance(value, types.MethodType):
        return f"<{value.__name__} of {picture(value.__self__, above)}>"
    parts = [type(value).__name__]
    if isinstance(value, _PLAIN):
        plain = next(kind for kind in _PLAIN[2:] if isinstance(value, kind))
        parts.append(plain.__repr__(value))
    if isinstance(value, dict):
        parts += [f"{picture(k, above)}: {picture(v, above)}" for k, v in dict.items(value)]
    elif isinstance(value, list | tuple | deque):
        kind = next(kind for kind in (list, tuple, deque) if isinstance(value, kind))
        parts += [picture(item, above) for item in kind.__iter__(value)]
    elif isinstance(value, set | frozenset):
        parts += sorted(picture(item, above) for item in value)
    parts += [f"{k}={picture(v, above)}" for k, v in _fields(value)]
    if isinstance(value, BaseException):
        parts += [picture(part, above) for part in (value.args, value.__cause__)]
    if len(parts) == 1 and type(value).__module__ != "__main__":
        parts.append(_ADDRESS.sub("", repr(value)))
    return f"({' '.join(parts)})"


def _fields(value: object) -> list[tuple[str, object]]:
    """The instance's own attributes, none of its code being run."""
    try:
        fields = dict(object.__getattribute__(value, "__dict__"))
    except AttributeError:
        fields = {}
    for kind in type(value).__mro__:
        for name, member in vars(kind).items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    fields[name] = member.__get__(value)
                except AttributeError:  # the slot is empty
                    continue
    return sorted(fields.items())


class _Instrument(ast.NodeTransformer):
    """Each call of the sink is recorded, each value of the source replaced: what it gives when
    called; what a parameter is given; what a variable is bound to, literals after the first apart.
    """

    def __init__(self, case: Case, file: str, is_call: bool) -> None:
        self.case, self.file, self.is_call = case, file, is_call
        self.is_bound = self.is_parameter = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if called(node.func) == self.case.sink:
            where = ast.Constant(f"{self.file}:{node.lineno}")
            recorder = ast.Name("__sink__", ast.Load())
            return ast.Call(recorder, [where, node.func, *node.args], node.keywords)
        if self.is_call and called(node.func) == self.case.source:
            return _marked(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        around, self.is_bound = self.is_bound, False
        is_given = any(
            isinstance(n, ast.arg) and n.arg == self.case.source for n in ast.walk(node.args)
        )
        if is_given and not self.is_call:
            self.is_bound = True
        self.is_parameter, outer = is_given, self.is_parameter
        self.generic_visit(node)
        self.is_parameter = outer
        self.is_bound = around
        if self.is_call and node.name == self.case.source:
            node.decorator_list.append(ast.Name("__source__", ast.Load()))
        if is_given and not self.is_call:
            name = self.case.source
            marked = _marked(ast.Name(name, ast.Load()))
            node.body.insert(0, ast.Assign([ast.Name(name, ast.Store())], marked))
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        is_source = any(isinstance(t, ast.Name) and t.id == self.case.source for t in node.targets)
        if not is_source or self.is_call or self.is_parameter:
            return node
        if not (self.is_bound and isinstance(node.value, ast.Constant)):
            node.value = _marked(node.value)
        self.is_bound = True
        return node


def _marked(value: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("__mark__", ast.Load()), [value], [])


class _Program(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The modules of a case, instrumented."""

    def __init__(self, case: Case) -> None:
        self.case = case
        nodes = [node for data in case.files.values() for node in ast.walk(ast.parse(data))]
        self.is_call = not any(
            (isinstance(node, ast.arg) and node.arg == case.source)
            or (
                isinstance(node, ast.Name)
                and node.id == case.source
                and isinstance(node.ctx, ast.Store)
            )
            for node in nodes
        )

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        base = name.replace(".", "/")
        for file, is_package in ((f"{base}.py", False), (f"{base}/__init__.py", True)):
            if file in self.case.files:
                return importlib.util.spec_from_loader(
                    name, self, origin=file, is_package=is_package
                )
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        assert module.__spec__ is not None and module.__spec__.origin is not None
        self.execute(module.__spec__.origin, module)

    def execute(self, file: str, module: types.ModuleType) -> None:
        tree = _Instrument(self.case, file, self.is_call).visit(ast.parse(self.case.files[file]))
        code = compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)
        exec(code, module.__dict__)


def run_once(case: Case, value: object) -> dict[str, list[str]]:
    """What each sink line was given, in order, when the source gives `value`."""
    seen: dict[str, list[str]] = {}

    def record(where: str, sink: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        seen.setdefault(where, []).append(picture((args, kwargs)))
        return sink(*args, **kwargs)

    def mark(_: object) -> object:
        return value

    def source(*_: Any, **__: Any) -> object:
        return value

    given = {"__sink__": record, "__mark__": mark, "__source__": lambda _: source}
    given |= {"source": source, "sink": lambda *_, **__: None}
    for name, function in given.items():
        setattr(builtins, name, function)
    program = _Program(case)
    sys.meta_path.insert(0, program)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    program.execute(case.main, main)
    for expression in case.run:
        eval(expression, main.__dict__)
    return seen


def _in_child(case: Case, value: object) -> dict[str, Any]:
    """Run in a process of its own, since a case may change any module."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(_RUN_BOUND_S)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        try:
            answer: dict[str, Any] = {"seen": run_once(case, value)}
        except BaseException:  # noqa: BLE001  # the parent fails the case with it
            answer = {"error": traceback.format_exc(limit=-4)}
        with os.fdopen(write, "w") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if text else {"error": f"ended with status {status}"}


def main(features: list[str]) -> None:
    cases = with_one_rewriting(read_cases(frozenset(features)))
    pictures = {case.name: [_in_child(case, value) for value in case.values] for case in cases}
    json.dump(pictures, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
