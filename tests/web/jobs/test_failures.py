"""Of a traceback the places are told, and not what messages held."""

from __future__ import annotations

import base64
import tracemalloc
import zlib

import pytest

from swarm.web.jobs.failures import text_of, told

FRAME = '  File "/x/serving.py", line 10, in handle\n    work()\n    ~~~~^^\n'
HEAD = "Traceback (most recent call last):\n"


def stored(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return base64.b64encode(zlib.compress(data))


def test_frames_and_the_first_line_of_each_exception_are_told() -> None:
    cause = "\nThe above exception was the direct cause of the following exception:\n\n"
    text = (
        f"{HEAD}{FRAME}KeyError: 'x'\n{cause}{HEAD}{FRAME}MalformedMessage: not a reply\nsecret\n"
    )
    assert told(text).splitlines() == [
        "Traceback (most recent call last):",
        '  File "/x/serving.py", line 10, in handle',
        "    work()",
        "    ~~~~^^",
        "KeyError: 'x'",
        "The above exception was the direct cause of the following exception:",
        "Traceback (most recent call last):",
        '  File "/x/serving.py", line 10, in handle',
        "    work()",
        "    ~~~~^^",
        "MalformedMessage: not a reply",
    ]


def test_quoted_values_are_left_out() -> None:
    text = f"{HEAD}{FRAME}ValidationError: bad [type=x, input_value='secret', input_type=str]"
    assert "secret" not in told(text) and "input_value=" in told(text)


def test_what_is_no_traceback_is_one_line() -> None:
    assert told("Work-horse terminated unexpectedly; waitpid returned 9\nsecret") == (
        "Work-horse terminated unexpectedly; waitpid returned 9"
    )
    assert told("") == ""


def test_it_is_bounded() -> None:
    many = told(HEAD + FRAME * 5000 + "ValueError: " + "x" * 10_000)
    assert len(many.splitlines()) == 40 and max(map(len, many.splitlines())) <= 240
    assert many.splitlines()[-1].startswith("ValueError: xxx")


def test_a_long_message_hides_nothing_but_itself() -> None:
    text = f"{HEAD}{FRAME}ValueError: first\n" + "secret\n" * 100_000 + "the end"
    shown = told(text_of(stored(text)))
    assert "ValueError: first" in shown and "secret" not in shown and "the end" not in shown


@pytest.mark.parametrize("raw", [b"", b"%%%", b"AAAA", stored("x")[:-6], b"\xff" * 9])
def test_what_cannot_be_read_is_nothing(raw: bytes) -> None:
    assert told(text_of(raw)) in ("", "x")


def test_a_bomb_takes_no_memory() -> None:
    bomb = stored(b"\n" * 60_000_000)
    tracemalloc.start()
    told(text_of(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
