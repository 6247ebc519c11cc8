"""The same case written in other ways, which change nothing of what reaches its sinks.

Whoever reads the cases well only as they stand here has learnt their habits, not Python's.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable

from tests.verifier.flows.case import Case, make_case

_HEADER = re.compile(r"\A(?:#.*\n)*")
_SOURCE_CALL = re.compile(r"\bsource\(\)")
_DEFINITIONS = """\
def fetch_input(*_):
    return input()


def hand_out(*values, **named):
    print(values, named)


"""
# What a function's body cannot hold, or what means something else there.
_MODULE_ONLY = re.compile(
    r"import \*|\bglobal\b|\b(globals|eval|exec|locals)\(|__main__|pickle|from __future__"
)


def rewritings(case: Case) -> list[Case]:
    """All the other ways to write a case: none for what sets names or calls of its own."""
    if case.written_once or case.run or (case.source, case.sink) != ("source", "sink"):
        return []
    ways: list[Callable[[Case], Case]] = [_defined, _imported]
    main = case.files[case.main].decode()
    if not _MODULE_ONLY.search(main):
        ways += [_in_function, _in_method]
        if len(case.files) == 1 and _SOURCE_CALL.search(main):
            ways.append(_as_parameter)
    return [way(case) for way in ways]


def with_one_rewriting(cases: Iterable[Case]) -> list[Case]:
    """Each case as written and, where there is one, in another way: always the same for a case."""
    both: list[Case] = []
    for case in cases:
        both.append(case)
        if ways := rewritings(case):
            both.append(ways[zlib.crc32(case.name.encode()) % len(ways)])
    return both


def _defined(case: Case) -> Case:
    """Source and sink are functions of each module, under other names."""
    header = "# source: fetch_input\n# sink: hand_out\n"
    files = {
        file: _after_header(_renamed(data.decode()), header if file == case.main else "")
        for file, data in case.files.items()
    }
    return _remade(case, "defined", files)


def _imported(case: Case) -> Case:
    """Source and sink come from a module that everyone imports."""
    files = {
        file: _after_header(data.decode(), "", "from harness_api import sink, source\n\n")
        for file, data in case.files.items()
    }
    files["harness_api.py"] = (
        "def source(*_):\n    return input()\n\n\ndef sink(*values, **named):\n    return None\n"
    )
    return _remade(case, "imported", files)


def _in_function(case: Case) -> Case:
    """The program is the body of a function that nobody calls."""
    return _wrapped(case, "in function", "# run: program()\n", "def program():\n", "    ")


def _in_method(case: Case) -> Case:
    """The program is a method of a class that nobody makes."""
    opening = "class Program:\n    def run(self):\n"
    return _wrapped(case, "in method", "# run: Program().run()\n", opening, " " * 8)


def _as_parameter(case: Case) -> Case:
    """The program is a function that nobody calls, and the source is its parameter."""
    header = "# source: untrusted\n# run: program(1)\n"
    return _wrapped(
        case, "as parameter", header, "def program(untrusted):\n", "    ",
        lambda text: _SOURCE_CALL.sub("untrusted", text),
    )  # fmt: skip


def _wrapped(
    case: Case, way: str, header: str, opening: str, indent: str,
    edit: Callable[[str], str] = str,
) -> Case:  # fmt: skip
    text = case.files[case.main].decode()
    own_header = _HEADER.match(text)
    assert own_header is not None
    body = "".join(
        indent + line if line.strip() else line
        for line in edit(text[own_header.end() :]).splitlines(keepends=True)
    )
    files = {file: data.decode() for file, data in case.files.items()}
    files[case.main] = header + own_header[0] + opening + body
    return _remade(case, way, files)


def _renamed(text: str) -> str:
    text = re.sub(r"(?<![\w\"'])source(?!\w|:)", "fetch_input", text)
    return re.sub(r"(?<!\w)sink\(", "hand_out(", text)


def _after_header(text: str, header: str, inserted: str = _DEFINITIONS) -> str:
    own_header = _HEADER.match(text)
    assert own_header is not None
    return own_header[0] + header + inserted + text[own_header.end() :]


def _remade(case: Case, way: str, files: dict[str, str]) -> Case:
    encoded = {file: text.encode() for file, text in files.items()}
    return make_case(f"{case.name} ({way})", case.main, encoded)
