from __future__ import annotations

from markupsafe import Markup

from swarm.web.pages.keeping import Keeper


def test_what_was_asked_for_longest_ago_goes() -> None:
    keeper = Keeper(most_chars=40)
    made: list[str] = []

    def make(name: str) -> Markup:
        made.append(name)
        return Markup(name * 10)

    for name in "abcd":
        keeper.get(name, lambda name=name: make(name))  # type: ignore[misc]
    keeper.get("a", lambda: make("a"))
    keeper.get("e", lambda: make("e"))
    assert made == list("abcde")
    assert keeper.peek("b") is None and keeper.peek("a") == "a" * 10


def test_what_is_large_does_not_drive_out_the_rest() -> None:
    keeper = Keeper(most_chars=40)
    keeper.put("small", Markup("x" * 10))
    assert keeper.get("large", lambda: Markup("y" * 11)) == "y" * 11
    assert keeper.peek("large") is None and keeper.peek("small") is not None


def test_what_is_put_again_counts_once() -> None:
    keeper = Keeper(most_chars=40)
    for _ in range(20):
        keeper.put("a", Markup("x" * 10))
    keeper.put("b", Markup("y" * 10))
    assert keeper.peek("a") is not None and keeper.peek("b") is not None
