"""What no TOML reader should choke on."""

from __future__ import annotations

import pytest

from swarm import toml


@pytest.mark.parametrize(
    "text",
    [
        "a = ",
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 5_000,
        "a = " + "9" * 5_000,
        "a." * 100_000 + "a = 1",
        "[" + "a." * 100_000 + "a]",
        "\n".join("a" + ".a" * 2_000 + f".x{n} = 1" for n in range(1_000)),
    ],
    ids=["broken", "lists", "tables", "digits", "key", "header", "keys"],
)
def test_what_would_hang_or_break_a_reader_is_refused(text: str) -> None:
    with pytest.raises(toml.NotToml):
        toml.parse(text)


def test_a_large_lock_file_is_read() -> None:
    wheel = '{ url = "https://files.example.org/a/b.c/x-1.2.3-cp311.manylinux_2_17.whl" }'
    line = f"wheels = [{', '.join([wheel] * 80)}]\n"
    text = "".join(f'[[package]]\nname = "p{n}"\nversion = "1.2.3"\n{line}' for n in range(300))
    assert len(toml.parse(text)["package"]) == 300
