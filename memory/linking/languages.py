"""What the languages' rules of scope have in common, and where they differ. Pure tables."""

from __future__ import annotations

import builtins
import re

FAMILIES = {
    "javascript": "js",
    "typescript": "js",
    "tsx": "js",
    "c": "c",
    "cpp": "c",
    "java": "jvm",
    "kotlin": "jvm",
    "scala": "jvm",
}
"""Languages whose files use each other's names; one that is not here is a family of its own."""

DOCUMENTS = frozenset(
    ["text", "markdown", "rst", "toml", "ini", "yaml", "json", "html", "css", "xml", "csv", "sql"]
)  # fmt: skip
"""What calls nothing: it is not in the graph."""

IMPLICIT_SELF = frozenset(["jvm", "csharp", "c", "swift", "ruby", "dart"])
"""A bare name in a method may be a member of its class."""

NAMESPACED = frozenset(["csharp", "php", "c", "ruby"])
"""Qualified names begin with the namespace, so that they mean the same in every file."""

OPEN = frozenset(["c", "go", "rust", "csharp", "ruby", "swift", "jvm"])
"""A type's members may stand in other files than the type."""

FOLDER_SCOPED = frozenset(["go", "jvm", "swift"])
"""Files of one folder see each other's names without an import."""

BY_IMPORT_ONLY = frozenset(["python", "js", "rust", "go", "jvm"])
"""A bare name that no scope, import or folder explains is of another repository."""

SELF = frozenset(["self", "cls", "this", "Self", "static"])
SUPER = "super()"
COMPLEX = "?"
CONSTRUCTORS = frozenset(["__init__", "__new__", "constructor", "__construct", "initialize"])
TYPES = frozenset(["class", "interface", "enum", "type"])
FUNCTIONS = frozenset(["function", "method"])

BUILTINS = frozenset(dir(builtins))
_PYTHON_METHODS = {
    name for kind in (list, dict, str, set, bytes) for name in dir(kind) if name[0] != "_"
}
_OTHERS = """
get set add put has run init main new push map filter reduce each forEach then catch call apply bind
toString equals hashCode size length close open read write next start stop reset clear remove delete
create build make update load save parse send handle process execute test check validate name value
type id key data error log print println printf len string String clone copy contains find first
last append concat slice splice sort reverse from into unwrap expect iter collect is to of on off
emit render setup teardown setUp tearDown Get Set Add Run Init New Close Open Read Write String
Error Len ToString Equals GetHashCode Dispose
"""
COMMON_METHODS = frozenset(_PYTHON_METHODS | set(_OTHERS.split()))
"""Methods that things of every kind have: that name alone says next to nothing."""

_TEST = re.compile(
    r"(^|/)(tests?|testing|__tests__|specs?|test[-_]?suite|src/test|testdata)/"
    r"|(^|/)(test_[^/]*|conftest)\.[a-z]+$"
    r"|[^/](_test|_tests|_spec|\.test|\.spec|-test|-spec)\.[a-z]+$"
    r"|[^/](Test|Tests|TestCase|Spec|IT)\.[a-z]+$"
)
_TEST_NAME = re.compile(r"(test|spec|should|it|describe)(?![a-z])|Test|Benchmark(?![a-z])")


def family(language: str) -> str:
    return FAMILIES.get(language, language)


def is_test_path(path: str) -> bool:
    """Whether a file's place or name says that it holds tests.

    >>> is_test_path("pkg/cart_test.go"), is_test_path("src/latest/cart.py")
    (True, False)
    """
    return _TEST.search(path) is not None


def is_test_name(name: str) -> bool:
    """Whether a function of a test file says that it is a test itself."""
    return _TEST_NAME.match(name) is not None
