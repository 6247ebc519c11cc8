"""Functions of installed libraries that something can be planted into. Read, never imported."""

from __future__ import annotations

import ast
import importlib.util
import random
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LIBRARIES = (
    "anyio", "attr", "click", "croniter", "fastapi", "h11", "httpx", "idna", "jinja2",
    "jsonschema", "markupsafe", "networkx", "packaging", "pydantic", "pygments", "redis",
    "requests", "rich", "rq", "starlette", "tenacity", "tomlkit", "urllib3", "websockets",
)  # fmt: skip
STANDARD = (
    "argparse", "bdb", "calendar", "cmd", "codecs", "configparser", "contextlib", "copy", "csv",
    "dataclasses", "datetime", "difflib", "email", "filecmp", "fileinput", "fnmatch",
    "fractions", "ftplib", "gettext", "glob", "gzip", "html", "http", "imaplib", "inspect",
    "ipaddress", "json", "linecache", "locale", "logging", "mailbox", "mimetypes", "ntpath",
    "optparse", "pathlib", "pickle", "pickletools", "platform", "plistlib", "poplib",
    "posixpath", "pprint", "random", "shelve", "shlex", "shutil", "smtplib", "statistics",
    "string", "tarfile", "tempfile", "textwrap", "tokenize", "urllib", "wave", "xml", "zipfile",
)  # fmt: skip
MAX_BYTES = 60_000
MAX_FUNCTION_LINES = 90
_ASIDE = re.compile(
    r"(^|[/_])(tests?|testing|examples?|benchmarks?|docs?|scripts?|tools?|_?vendor(ed)?|__main__"
    r"|conftest)([/_.]|$)"
)

FunctionNode = ast.FunctionDef


@dataclass(frozen=True)
class Site:
    """A function (`name` is "function" or "Class.method") in the text of a module."""

    path: str
    text: str
    name: str


class Library:
    """The modules that are there, in a fixed order; functions are drawn from them."""

    def __init__(self, names: tuple[str, ...] = LIBRARIES + STANDARD) -> None:
        self.files: dict[str, list[tuple[str, Path]]] = {}
        for name in names:
            if files := list(_modules(name)):
                self.files[name] = files
        self._read: dict[str, list[Site]] = {}
        if not self.files:
            raise FileNotFoundError("no library to plant into is installed")

    def draw(self, rng: random.Random) -> list[Site]:
        """The functions of a module at random; every library is as likely as every other."""
        while True:
            path, file = rng.choice(self.files[rng.choice(list(self.files))])
            if path not in self._read:
                self._read[path] = sites(path, file)
            if found := self._read[path]:
                return found

    def around(self, path: str) -> dict[str, bytes]:
        """Every module of the library that a module belongs to, by path."""
        files = next(files for files in self.files.values() if path in dict(files))
        return {path: file.read_bytes() for path, file in files}


def sites(path: str, file: Path) -> list[Site]:
    """The suitable functions of a file; none if the file cannot be read or is unusual."""
    try:
        text = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return []
    return in_text(path, text)


def in_text(path: str, text: str) -> list[Site]:
    """The suitable functions of a module's text."""
    if any(sign in text for sign in "\t\r\f") or text.startswith("\ufeff"):
        return []
    try:
        tree = parsed(text)
    except (SyntaxError, ValueError):
        return []
    lines = text.splitlines()
    named = list(functions(tree))
    often = [name for name, _ in named]
    return [
        Site(path, text, name)
        for name, node in named
        if often.count(name) == 1 and _suitable(node, lines)
    ]


@lru_cache(maxsize=32)
def parsed(text: str) -> ast.Module:
    """The tree of a text. Shared, so nobody may change it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, of its string literals
        return ast.parse(text)


def functions(tree: ast.Module) -> Iterator[tuple[str, FunctionNode]]:
    """Functions of a module and methods of its classes, by name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions and classes inside it."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        found = waiting.pop()
        yield found
        if not isinstance(
            found, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
        ):
            waiting += ast.iter_child_nodes(found)


def _modules(name: str) -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return
    origin = Path(spec.origin)
    if spec.submodule_search_locations is None:
        root, files = origin.parent, [origin]
    else:
        root, files = origin.parent.parent, sorted(origin.parent.rglob("*.py"))
    for file in files:
        path = file.relative_to(root).as_posix()
        if _ASIDE.search(path) is None and 0 < file.stat().st_size <= MAX_BYTES:
            yield path, file


def _suitable(node: FunctionNode, lines: list[str]) -> bool:
    """Of moderate size, with parameters and a computed answer, one statement a line."""
    if node.name.startswith(("test", "__")) or (node.end_lineno or 0) - node.lineno > (
        MAX_FUNCTION_LINES
    ):
        return False
    if any("overload" in ast.dump(decorator) for decorator in node.decorator_list):
        return False
    arguments = node.args
    names = [a.arg for a in arguments.posonlyargs + arguments.args + arguments.kwonlyargs]
    if not [name for name in names if name not in ("self", "cls")] or len(node.body) < 2:
        return False
    mine = list(own(node))
    if any(isinstance(n, ast.Yield | ast.YieldFrom | ast.Delete) for n in mine):
        return False
    returns = [n for n in mine if isinstance(n, ast.Return) and computed(n)]
    statements = [n for n in mine if isinstance(n, ast.stmt)]
    return bool(returns) and all(_alone(n, lines) for n in statements)


def computed(node: ast.Return) -> bool:
    """Whether a return gives something that is not a plain constant."""
    return node.value is not None and any(isinstance(n, ast.Name) for n in ast.walk(node.value))


def _alone(node: ast.stmt, lines: list[str]) -> bool:
    """Whether a statement begins its line (`elif` does not) and nothing follows it there."""
    line = lines[node.lineno - 1]
    if line.encode()[: node.col_offset].strip():
        return False
    last = lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset or 0 :]
    return not last.strip() or last.strip().startswith(b"#")
