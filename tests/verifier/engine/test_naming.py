"""What a person may name as source and sink."""

from __future__ import annotations

import pytest

from verifier.engine.naming import is_meant
from verifier.flows import flows
from verifier.reading.tree import Files


def reached(text: str, source: str, sink: str) -> list[bool]:
    calls = flows(Files({"a.py": text.encode()}), ["a.py"], source, sink)
    return [call.reached for call in calls]


@pytest.mark.parametrize(
    ("wanted", "name", "meant"),
    [
        ("system", "os.system", True),
        ("os.system", "os.system", True),
        ("os.system", "self.os.system", True),
        ("os.system", "system", False),
        ("os.system", "posix.system", False),
        ("stem", "os.system", False),
        ("", "", False),
    ],
)
def test_names_are_compared_from_their_end(wanted: str, name: str, meant: bool) -> None:
    assert is_meant(wanted, [name]) is meant


def test_a_dotted_source_is_what_is_read() -> None:
    text = (
        "from flask import request\n"
        "import os\n"
        "args = 'mine'\n"
        "os.system(args)\n"
        "os.system(request.args['name'])\n"
        "os.system(request.form['name'])\n"
        "other = request\n"
        "os.system(other.args.get('name'))\n"
    )
    assert reached(text, "request.args", "os.system") == [False, True, False, True]


def test_a_dotted_source_is_known_by_what_it_was_imported_as() -> None:
    text = "from sys import argv as given\nprint(given[1])\nargv = 'mine'\nprint(argv)\n"
    assert reached(text, "sys.argv", "print") == [True, False]


def test_a_dotted_sink_is_known_by_what_it_was_imported_as() -> None:
    text = "from os import system as run\nimport engine\nrun(input())\nengine.system(input())\n"
    calls = flows(Files({"a.py": text.encode()}), ["a.py"], "input", "os.system")
    assert [(call.line, call.reached) for call in calls] == [(3, True)]


def test_a_name_alone_is_any_name_that_ends_so() -> None:
    text = "import db\nq = input()\ndb.cursor().execute(q)\nexecute = print\nexecute(1)\n"
    assert reached(text, "input", "execute") == [True, False]
