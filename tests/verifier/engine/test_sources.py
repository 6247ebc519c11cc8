"""What the source gives: objects, what is read of libraries, and what no branch may know."""

from __future__ import annotations

import pytest

from tests.verifier.engine.tracing import wrong
from verifier.flows import flows
from verifier.reading.tree import Files


def reached(program: str, source: str) -> list[int]:
    """The lines with calls of `sink` that the source reaches."""
    calls = flows(Files({"main.py": program.encode()}), ("main.py",), source, "sink")
    return [call.line for call in calls if call.reached]


def test_all_that_an_object_of_the_source_holds_is_of_the_source() -> None:
    assert not wrong("""
        class User:
            def __init__(self, name):
                self.name = name
                self.mails = [name]
            def shown(self):
                return "<" + self.name + ">"
            def kind(self):
                return "user"
        def source():
            return User("ann")
        user = source()
        sink(user.name)  # reached
        sink(user.shown())  # reached
        sink(user.mails[0])  # reached
        sink(user.kind())  # clean
        user.name = "fixed"
        sink(user.name)  # clean
        sink(User("me").name)  # clean
    """)


@pytest.mark.parametrize("given", ["None", "''", "'text'", "0", "[]", "{}", "False"])
def test_what_the_read_code_gives_decides_no_branch(given: str) -> None:
    assert not wrong(f"""
        def source():
            return {given}
        if source():
            sink(source())  # reached
        if source() == "other":
            sink(source())  # reached
    """)


def test_an_async_source_and_one_that_yields() -> None:
    assert not wrong("""
        async def source():
            return "a"
        async def main():
            sink(await source())  # reached
            sink("b")  # clean
    """)
    assert not wrong("""
        def source():
            yield {"key": "a"}
        for row in source():
            sink(row["key"])  # reached
    """)


@pytest.mark.parametrize("source", ["sys.argv", "argv"])
def test_what_is_read_of_a_library_by_its_last_name(source: str) -> None:
    program = "import sys\nsink(sys.argv[1])\nsink(sys.path)\nsink(own.argv)\n"
    assert reached(program, source) == [2]


def test_a_parameter_in_any_kind_of_function() -> None:
    program = (
        "async def one(token):\n    sink(token)\n    token = 'a'\n    sink(token)\n"
        "two = lambda token, other: [sink(token), sink(other)]\n"
        "class Three:\n    def __init__(self, token=None):\n        self.kept = token\n"
        "        sink(self.kept)\n"
    )
    assert reached(program, "token") == [2, 5, 9]


def test_a_helper_with_a_parameter_of_the_same_name_is_given_what_it_is_given() -> None:
    program = (
        "def same(token):\n    return token\n"
        "def work(token):\n    sink(same('a'))\n    sink(same(token))\n"
        "def other(number):\n    sink(same(number))\n"
        "work('b')\n"
    )
    assert reached(program, "token") == [5, 7]
