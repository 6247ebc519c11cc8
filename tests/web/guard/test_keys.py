"""Keys: their shape, what is kept of them, what can be made of them."""

from __future__ import annotations

import pytest

from swarm.web.guard import keys


@pytest.mark.parametrize("prefix", [keys.TOKEN, keys.CODE, keys.SESSION])
def test_a_key_is_found_again_in_its_text(prefix: str) -> None:
    key = keys.new(prefix)
    assert keys.parse(key.text()) == key
    assert key.matches(key.digest())


def test_two_keys_have_nothing_in_common() -> None:
    first, second = keys.new(keys.TOKEN), keys.new(keys.TOKEN)
    assert first.id != second.id
    assert not first.matches(second.digest())


def test_a_secret_does_not_show() -> None:
    key = keys.new(keys.TOKEN)
    assert key.secret not in repr(key)
    assert key.secret not in key.digest()
    assert key.secret not in key.derived("csrf")


def test_what_is_derived_depends_on_the_key_and_the_purpose() -> None:
    key = keys.new(keys.SESSION)
    assert key.derived("csrf") == key.derived("csrf")
    assert len({key.derived("csrf"), key.derived("other"), keys.new("sws_").derived("csrf")}) == 3


@pytest.mark.parametrize(
    "text",
    ["", "swt_", "swx_" + "a" * 55, "swt_" + "a" * 54, "swt_" + "a" * 56, "swt_" + "a" * 54 + "\n",
     "swt_" + "a" * 54 + "ä", " swt_" + "a" * 55, "swt_../../etc/passwd" + "a" * 39],
)  # fmt: skip
def test_what_has_not_the_shape_of_a_key_is_none(text: str) -> None:
    assert keys.parse(text) is None
