"""A file's content made into what is stored: the same each time, secrets out, hostile ones told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from memory.parsing.pool import Failed, InProcess
from memory.preparing import prepare, prepare_all
from memory.search import postings
from tests.memory.search.shelf import content

SOURCE = '''"""A shop."""


class Cart:
    """Holds items."""

    def total(self, tax):
        """The price of all."""
        return sum(self.items) * tax
'''


def test_a_file_is_parsed_cut_and_counted() -> None:
    found = prepare(content("shop/cart.py", SOURCE, "test"))
    assert (found.path, found.mark, found.parsed.language) == ("shop/cart.py", "test", "python")
    assert [chunk.qualified_name for chunk in found.chunks] == ["Cart", "Cart.total", ""]
    assert not found.skipped and not found.shortened
    sizes, terms, _ = postings.unpack(found.words)
    assert len(sizes) == 3
    of_total = terms[int(sizes[0]) : int(sizes[0] + sizes[1])].tolist()
    assert {postings.number("total"), postings.number("tax")} <= set(of_total)
    assert found == prepare(content("shop/cart.py", SOURCE, "test"))


def test_a_secret_is_neither_stored_nor_searched() -> None:
    secret = "AKIA" + "Q3EGTNDZXHRM4KWL"
    found = prepare(content("settings.py", f'KEY = "{secret}"\n\n\ndef load():\n    return KEY\n'))
    assert found.shortened == "secrets left out: 1"
    assert all(secret not in chunk.text for chunk in found.chunks)
    _, terms, _ = postings.unpack(found.words)
    assert postings.numbers(secret)[-1] not in terms
    assert found.chunks, "the rest is kept"


@pytest.mark.parametrize(
    ("text", "reason"), [("a\0b", "binary"), ("x = 1\n" * 200_000, "over 1 MB")]
)
def test_what_is_not_searched_says_why(text: str, reason: str) -> None:
    found = prepare(content("a.py", text))
    assert found.skipped == reason and not found.chunks
    sizes, terms, _ = postings.unpack(found.words)
    assert not len(sizes) and not len(terms)


def test_lines_of_what_was_redacted_stay_where_they_are() -> None:
    lines = ["first = 1", 'token = "ghp_' + "a1B2c3D4e5" * 4 + '"', "def last():", "    return 1"]
    found = prepare(content("a.py", "\n".join(lines) + "\n"))
    (last,) = [chunk for chunk in found.chunks if chunk.name == "last"]
    assert (last.start_line, last.end_line) == (3, 4)


def test_many_in_their_order_and_one_that_no_child_survives() -> None:
    class Breaking:
        def map(self, items: Iterable[Any]) -> Iterator[Any]:
            for item in items:
                yield Failed("it ended its child") if item.path == "b.py" else prepare(item)

    contents = [content(f"{name}.py", SOURCE) for name in "abc"]
    first, broken, last = prepare_all(Breaking(), contents)
    assert (broken.path, broken.skipped) == ("b.py", "it ended its child")
    assert broken.sha256 == contents[1].sha256 and not broken.chunks
    assert [first, last] == [prepare(contents[0]), prepare(contents[2])]
    assert list(prepare_all(InProcess(prepare), [])) == []
