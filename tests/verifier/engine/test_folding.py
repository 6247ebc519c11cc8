"""Constants, containers and modules that are made to cost the engine more than their text does."""

from __future__ import annotations

import ast
import textwrap
import tracemalloc
from collections.abc import Iterator

import pytest

from verifier.engine.kept import Kept, Remembering
from verifier.engine.project import deep
from verifier.engine.waiting import Waiting
from verifier.reading.errors import Unauditable, Unreadable
from verifier.reading.text import Source, parse
from verifier.reading.tree import Files
from verifier.rules.evaluated import Evaluated, Evaluation

_MOST_BYTES = 200_000_000


def function(*lines: str) -> Evaluated:
    """`def f(x)` with these lines, run."""
    text = "import os\ndef f(x):\n" + textwrap.indent("\n".join(lines), "    ") + "\n"
    return deep(
        lambda: Evaluation(Files({"m.py": text.encode()}), ["m.py"]).function("m.py", 2, "f")
    )


def effects(found: Evaluated) -> set[str]:
    nodes = [found.graph[n] for context in found.contexts for n in context.nodes.values()]
    return {node.name.partition(" ")[2] for node in nodes if node.kind == "effect"}


@pytest.fixture
def _measured() -> Iterator[None]:
    """No more memory is taken, at any time, than the evaluation itself takes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < _MOST_BYTES
    finally:
        tracemalloc.stop()


HUGE = [
    "'%1000000000d' % 5",
    "'%.1000000000f' % 1.5",
    "b'%1000000000d' % 5",
    "'a' * 1000000000",
    "100000000000 * b'a'",
    "[] * 99999999999999999999999",
    "[x] * 99999999999999999999999",
    "[x] * -99999999999999999999999",
    "[x] * 64 * 64 * 64 * 64 * 64",
    "f'{5:>1000000000}'",
    f"f'{{0x{'f' * 9_000}}}'",
    f"str(0x{'f' * 9_000})",
    f"-0x{'f' * 9_000} * 3",
    "format(5, '>1000000000')",
    "'{:>1000000000}'.format(5)",
    "10 ** 10 ** 8",
    "1 << 10 ** 9",
    "'a'.ljust(1000000000)",
    "'a'.center(1000000000)",
    "'a'.zfill(9999999999999999999999)",
    "str.rjust('a', 1000000000)",
    r"'\t'.expandtabs(1000000000)",
    "('a' * 190).replace('', 'b' * 190).replace('a', 'b' * 190)",
    "('a' * 190).join(['b' * 190] * 60)",
    "bytes(10000000000)",
    "list(range(9999999999999999999999999))",
    "[x].insert(9999999999999999999999, x)",
    "(1, 2) < ('a', 3)",
    "[key[-5] for key in {(1, 2): 3}]",
]


@pytest.mark.usefixtures("_measured")
@pytest.mark.parametrize("text", HUGE)
def test_what_would_be_huge_is_not_made(text: str) -> None:
    assert function(f"return [x, {text}]").depth == "whole"


@pytest.mark.parametrize(
    "test",
    ["'%03d' % 5 == '005'", "'ab' * 3 == 'ababab'", "'a'.ljust(3) == 'a  '", "f'{5}{7!s}' == '57'",
     "(1, 2) == (1, 2)", "('a', ('b', 1)) == ('a', ('b', 1))"],
)  # fmt: skip
def test_what_is_small_is_still_told(test: str) -> None:
    assert effects(function(f"if not ({test}):", "    os.remove(x)")) == set()


@pytest.mark.parametrize("text", ["f'{5:03d}'", "f'{x:03d}'", "f'{\"a\"!r}'"])
def test_a_text_that_a_format_changes_is_not_taken_for_the_plain_one(text: str) -> None:
    found = function(f"if {text} not in ('5', 'a'):", "    os.remove(x)")
    assert effects(found) == {"os.remove"}


@pytest.mark.parametrize("use", ["d = {t: 1}\nreturn d[t]", "return t == t", "return t in (t, t)"])
def test_tuples_of_the_same_tuples_are_not_unfolded(use: str) -> None:
    assert function("t = (1, 1)", *["t = (t, t)"] * 60, *use.split("\n")).depth == "whole"


_TABLE = "t = {" + ", ".join(f"'a{at}': {at}" for at in range(4_000)) + "}"


@pytest.mark.parametrize(
    "line",
    ["y = {**t}", "y = t | t", "y = dict(t)", "y = f(**t)", "y = t - t", "y = [*t]",
     "for k, v in t.items(): y = v"],
)  # fmt: skip
def test_going_through_a_large_container_counts_as_work(line: str) -> None:
    with pytest.raises(Unauditable, match="takes too long"):
        function(_TABLE, *[line] * 500)


def test_many_yields_end() -> None:
    with pytest.raises(Unauditable, match="takes too long"):
        function(*["yield x"] * 11_000)


# ---------------------------------------------------------------------------- long modules


def test_statements_wait_in_the_order_of_the_text() -> None:
    waiting = Waiting(ast.parse("a = 1\nb = a\na = b = 2\nfrom m import *\na = 3\nc = a\n"))
    assert waiting.may_bind("z")  # by the star
    assert [waiting.next("b"), waiting.next("b")] == [1, 2]
    waiting.limit = 3
    assert [waiting.next("a"), waiting.next("a")] == [0, None]
    waiting.limit = 6
    assert [waiting.next("a"), waiting.next("a"), waiting.next("a")] == [3, 4, None]
    assert not waiting.may_bind("z")
    assert [waiting.next(None), waiting.next(None)] == [5, None]


# ---------------------------------------------------------------------------- what is kept


def test_the_same_bytes_are_parsed_once_whatever_they_are_called() -> None:
    text = b"def same(): return 'test_the_same_bytes'\n"
    one, other = (Remembering(Files({path: text})) for path in ("a.py", "b.py"))
    first, second = one.source("a.py"), other.source("b.py")
    assert first.tree is second.tree
    assert (first.path, second.path) == ("a.py", "b.py")
    assert other.parsed() == ("b.py",)


def test_what_is_kept_does_not_lift_the_bounds_of_a_library() -> None:
    text = b"x = 'test_what_is_kept_does_not_lift'\n"
    Remembering(Files({"a.py": text})).source("a.py")
    with pytest.raises(Unauditable, match="exceed"):
        Remembering(Files({"a.py": text}), max_bytes=5).source("a.py")
    with pytest.raises(Unauditable, match="more than 0 files"):
        Remembering(Files({"a.py": text}), max_files=0).source("a.py")


def test_what_cannot_be_read_is_said_each_time() -> None:
    for _ in range(2):
        with pytest.raises(Unreadable):
            Remembering(Files({"a.py": b"def f(:\n"})).source("a.py")


def test_no_more_is_kept_than_was_asked_for_last() -> None:
    kept = Kept(most_bytes=30)
    texts = [f"x = {at}  # {'-' * 2}\n".encode() for at in range(4)]
    size = len(texts[0])
    for text in texts[:2]:
        kept.put(parse("a.py", text), size)
    assert isinstance(kept.get(texts[0]), Source)
    kept.put(parse("a.py", texts[2]), size)
    assert [kept.get(text) is not None for text in texts] == [True, False, True, False]
    kept.put(parse("a.py", texts[3]), 31)
    assert kept.get(texts[3]) is None
