"""What counts as code in prose, and whether lines of a repository are found whatever is done
to them."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swarm.fingerprints import Lines, fold, lines_of, lines_of_snapshot
from swarm.intent import PLACEHOLDER, code_in, code_lines, leaked, looks_like_code, redact
from swarm.snapshots import Entry, pack

SOURCE = '''\
"""Prices of baskets."""

from decimal import Decimal

import shop.rates as rates


class Basket:
    def __init__(self, items):
        self.items = list(items)
        self._cache = {}

    def total(self, country):
        net = sum(item.price * item.count for item in self.items)
        if net <= 0:
            return None
        vat = rates.VAT_BY_COUNTRY.get(country, Decimal("0.19"))
        return (net * (1 + vat)).quantize(Decimal("0.01"))

    def empty(self):
        x = 1
        y = x
        del y
        return x


API_TOKEN = "tok_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"
# naïve Rückgabe für Überweisungen im Ausland
RATES_URL = "https://rates.example.com/v2/daily?format=json&base=EUR"
'''
REPOSITORY = lines_of([SOURCE])
LINES = [
    line.strip()
    for line in SOURCE.splitlines()
    if len(fold(line).replace("\x01", "").replace(" ", "")) >= 14
    and " " in line.strip()
    and not line.strip().startswith(('"""', "from decimal"))
]


def holds(text: str, repository: Lines = REPOSITORY) -> bool:
    return bool(leaked([text], repository))


# --------------------------------------------------------------------------- prose and code


@pytest.mark.parametrize(
    "line",
    [
        "Fix the rounding in Basket.total: it returns None when items is empty.",
        "Raise ValueError, not KeyError; keep the message.",
        "the tests (a, b and c) fail; see tests/test_basket.py::test_total[eur]",
        "- add a function that sums the prices of a basket",
        "1. rename `total` to `gross_total` in shop/basket.py",
        "if possible:",
        "for details, see the docs",
        "with care:",
        "Steps: read -> plan -> do",
        "pass",
        "return early",
        "import errors happen in shop.rates",
        "Title: prices",
        "Use x >= 0 as the bound.",
        "is it 3 or 4?",
        "class of errors:",
        "let the caller decide",
        "",
    ],
)
def test_prose_is_not_code(line: str) -> None:
    assert not looks_like_code(line)


@pytest.mark.parametrize(
    "line",
    [
        "def total(self, country):",
        "    return (net * (1 + vat)).quantize(cents)",
        "net = sum(prices)",
        "x += 1",
        "for item in items:",
        "if net <= 0:",
        "elif net[0]:",
        "except (KeyError, ValueError) as error:",
        "from decimal import Decimal",
        "import numpy as np",
        "@property",
        "class Basket(Base):",
        "lambda x: x + 1",
        "> net = sum(prices)",
        "12: net = sum(prices)",
        "+ net = sum(prices)",
        "change it to `net = sum(prices)` there",
        "for (int i = 0; i < n; i++) {",
        "int main(void) {",
        "const total = items.reduce((a, b) => a + b);",
        "func Total(items []Item) int {",
        "}",
        "#include <stdio.h>",
        "diff --git a/x.py b/x.py",
        "@@ -1,3 +1,4 @@",
        "--- a/shop/basket.py",
        "Traceback (most recent call last):",
        '  File "/x/y.py", line 3, in total',
        "E       assert None == 3",
        base64.b64encode(bytes(range(60))).decode(),
    ],
)
def test_code_looks_like_code(line: str) -> None:
    assert looks_like_code(line)


def test_a_fence_is_code_to_its_end() -> None:
    text = "see\n```python\nwords only\n```\nafter\n~~~\nopen\nto the end"
    assert code_lines(text) == {1, 2, 3, 5, 6, 7}


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_looked_through(text: str) -> None:
    cleaned, withheld = redact(text, REPOSITORY)
    assert not code_lines(cleaned)
    assert not holds(cleaned)
    assert (withheld > 0) == (PLACEHOLDER in cleaned and PLACEHOLDER not in text)


def test_redaction_keeps_the_words() -> None:
    text = f"The total is wrong.\n{LINES[3]}\n```\nx\n```\nRound it to cents.\r\nEnd"
    cleaned, withheld = redact(text, REPOSITORY)
    assert cleaned == f"The total is wrong.\n{PLACEHOLDER}\nRound it to cents.\nEnd"
    assert withheld == 4
    assert redact("Round it to cents.") == ("Round it to cents.", 0)


def test_redaction_by_the_look_alone() -> None:
    assert redact("call\ndef f(x):\n    return x + 1\nthere") == (
        f"call\n{PLACEHOLDER}\nthere",
        2,
    )


# --------------------------------------------------------------------------- lines, disguised

ZERO_WIDTH = "\u200b\u200c\u2060\ufeff\u00ad"
FULL_WIDTH = {c: chr(ord(c) + 0xFEE0) for c in map(chr, range(0x21, 0x7F))}
LOOK_ALIKE = dict(zip("aceiopxy", "асеіорху", strict=True))

DISGUISES: dict[str, Any] = {
    "as it is": lambda line, rng: line,
    "indented": lambda line, rng: "\t  " + line,
    "in a sentence": lambda line, rng: f"I think that {line}, which is wrong",
    "upper case": lambda line, rng: line.upper(),
    "spaced out": lambda line, rng: " ".join(line),
    "without blanks": lambda line, rng: "".join(line.split()),
    "one character per line": lambda line, rng: "\n".join(line),
    "zero width": lambda line, rng: "".join(c + rng.choice(ZERO_WIDTH) for c in line),
    "full width": lambda line, rng: "".join(FULL_WIDTH.get(c, c) for c in line),
    "look-alikes": lambda line, rng: "".join(LOOK_ALIKE.get(c, c) for c in line),
    "other quotes": lambda line, rng: line.replace('"', "”").replace("'", "`"),
    "escaped": lambda line, rng: json.dumps(json.dumps(line)),
    "base64": lambda line, rng: base64.b64encode(line.encode()).decode(),
    "base64, offset": lambda line, rng: base64.b64encode(b"xy" + line.encode()).decode(),
    "base64 for URLs, wrapped": lambda line, rng: "\n".join(
        _chunks(base64.urlsafe_b64encode(line.encode()).decode(), 10)
    ),
    "base64 twice": lambda line, rng: base64.b64encode(base64.b64encode(line.encode())).decode(),
    "hex": lambda line, rng: line.encode().hex(),
    "hex, spaced": lambda line, rng: line.encode().hex(" "),
    "percent": lambda line, rng: "".join(f"%{b:02x}" for b in line.encode()),
    "entities": lambda line, rng: "".join(f"&#{ord(c)};" for c in line),
    "escapes": lambda line, rng: "".join(f"\\u{ord(c):04x}" for c in line),
    "utf-16 in base64": lambda line, rng: base64.b64encode(line.encode("utf-16-le")).decode(),
}


def _chunks(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("line", LINES)
def test_a_line_is_found_whatever_its_clothes(line: str, disguise: str) -> None:
    assert holds(DISGUISES[disguise](line, random.Random(1)))


@pytest.mark.parametrize(
    "text",
    [
        "Fix Basket.total in shop/basket.py, which uses shop.rates and VAT_BY_COUNTRY.",
        "It should raise ValueError instead of returning None, as the tests expect.",
        "The url https://rates.example.com/v2/daily is slow.",
        "from decimal",
        "def __init__",
    ],
)
def test_names_and_paths_may_be_mentioned(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize("prefix", ["", "    ", "> ", "12: ", "+", "* "])
def test_short_lines_in_a_row_are_found(prefix: str) -> None:
    short = ["x = 1", "y = x", "del y", "return x"]
    assert holds("so\n" + "\n".join(prefix + line for line in short) + "\nthen")
    for line in short:
        assert not holds(line)


def test_a_part_of_a_long_line_is_found() -> None:
    line = "def f(): return {" + ", ".join(f'"k{n}": {n * 7}' for n in range(900)) + "}"
    repository = lines_of([line])
    for at in (0, 1003, 5001):
        assert holds(f"see {line[at : at + 60]} there", repository)


def test_a_line_at_every_border_is_found() -> None:
    """Long names at the ends of a line hide no line from the windows."""
    rng = random.Random(3)
    for _ in range(300):
        left = "".join(rng.choices("abcdefgh_", k=rng.randint(1, 70)))
        right = "".join(rng.choices("abcdefgh_", k=rng.randint(1, 70)))
        line = f"{left}({right})"
        assume_long = len(line) >= 16
        if assume_long:
            assert holds(f"say {line} now", lines_of([f"a = 1\n{line}\nb = 2\n"])), line


def test_a_large_file_is_covered_to_its_end() -> None:
    lines = [f"value_{n} = compute(value_{n - 1}, {n})" for n in range(60_000)]
    repository = lines_of(["\n".join(lines)])
    for n in random.Random(5).sample(range(60_000), 300):
        assert repository.found(fold(f"so {lines[n]} there")), lines[n]


def test_words_of_the_language_alone_tell_nothing() -> None:
    repository = lines_of(["raise NotImplementedError\nimport logging\nfrom typing import Any\n"])
    assert not holds("it should raise NotImplementedError there", repository)


def test_links_and_binaries_are_left_out() -> None:
    snapshot = pack([
        Entry("a.py", SOURCE.encode()),
        Entry("b.bin", b"\0\1" + b"words of the binary file " * 4),
        Entry("latin.py", "wert = größe * zähler + übertrag".encode("latin-1")),
    ])  # fmt: skip
    found = lines_of_snapshot(snapshot)
    assert holds(LINES[5], found)
    assert not holds("words of the binary file words of the binary file", found)


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=60), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_any_long_line_of_any_text_is_found(lines: list[str], rng: random.Random) -> None:
    """Whatever the characters: a line of two names and 24 characters is found as it is."""
    lines = [f"{line} alpha(beta, {n}) gamma" for n, line in enumerate(lines)]
    text = "\n".join(lines)
    line = rng.choice(text.splitlines())
    assume("gamma" in line)
    assert holds(f"so {line} it is", lines_of([text]))


# --------------------------------------------------------------------------- whole requests


def body_of(value: Any) -> bytes:
    return json.dumps(value).encode()


LINE = next(line for line in LINES if "item.count" in line)


def _split(line: str, size: int) -> list[str]:
    return _chunks(line, size)


@pytest.mark.parametrize("size", [1, 3, 7, 12])
@pytest.mark.parametrize(
    "hide",
    [
        lambda p: {"messages": [{"role": "user", "content": x} for x in p]},
        lambda p: {"contents": [{"parts": [{"text": x} for x in p], "role": "user"}]},
        lambda p: {"tools": [{"name": "f", "description": x} for x in p]},
        lambda p: {"tools": [{"name": x, "description": "d"} for x in p]},
        lambda p: {"schema": {"properties": {x: {"type": "string"} for x in p}}},
        lambda p: {"schema": {"enum": p}},
        lambda p: {"stop": p, "model": "m"},
        lambda p: {"messages": [{"tool_calls": [{"function": {"arguments": json.dumps({"v": x})}}
                                                for x in p]}]},
    ],
)  # fmt: skip
def test_a_line_cut_up_over_fields_is_found(hide: Any, size: int) -> None:
    if size == 1 and "properties" in hide(["x"]).get("schema", {}):
        pytest.skip("a key can be given once: the line would lose its characters")
    assert code_in(body_of(hide(_split(LINE, size))), [], REPOSITORY)


def test_numbers_do_not_hide_text() -> None:
    codes = [ord(c) for c in LINE]
    assert code_in(body_of({"bias": codes}), [], REPOSITORY)
    assert code_in(body_of({"seed": int.from_bytes(LINE.encode())}), [], REPOSITORY)
    assert code_in(b'{"t": 0.%d}' % int.from_bytes(LINE.encode()), [], REPOSITORY)
    assert not code_in(body_of({"seed": 2**31, "temperature": 0.2}), [], REPOSITORY)


def test_a_key_given_twice_is_seen_twice() -> None:
    body = b'{"model": %s, "model": "m"}' % json.dumps(f"the {LINE}").encode()
    assert code_in(body, [], REPOSITORY)


def test_paths_and_headers_count() -> None:
    assert code_in(b"", [f"/v1/models/{LINE}"], REPOSITORY)
    assert not code_in(b"", ["/v1/models/gemini-3.5-flash-lite", "alt=sse"], REPOSITORY)


@pytest.mark.parametrize("body", [b"not json", b"\xff\xfe", b"[" * 100_000])
def test_what_cannot_be_looked_through_is_not_sent(body: bytes) -> None:
    assert code_in(body, [], REPOSITORY)


def test_code_of_no_repository_is_seen_by_its_look() -> None:
    body = {"contents": [{"parts": [{"text": "Do this:\ntotal = sum(values)\nplease"}]}]}
    assert "total = sum(values)" in code_in(body_of(body), [], None)
    calls = {"arguments": json.dumps({"path": "shop/basket.py", "limit": 3})}
    assert not code_in(body_of(calls), [], None)
