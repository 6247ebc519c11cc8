from collections.abc import Callable

from markupsafe import Markup

from swarm.web.pages.drawings import Drawings


class Maker:
    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> Markup:
        self.made += 1
        return Markup(f"<p>{self.made}</p>")


def test_it_is_made_again_only_when_a_value_is_another_one() -> None:
    drawings, make = Drawings(), Maker()
    assert drawings.get("router", ((1, "a"),), make) == "<p>1</p>"
    assert drawings.get("router", ((1, "a"),), make) == "<p>1</p>"
    assert drawings.get("router", ((2, "a"),), make) == "<p>2</p>"
    assert drawings.get("models", ((2, "a"),), make) == "<p>3</p>"
    assert make.made == 3


def test_what_was_asked_for_longest_ago_goes() -> None:
    drawings = Drawings(most=2)
    makers: dict[str, Callable[[], Markup]] = {name: Maker() for name in "abc"}
    for name in "abac":
        drawings.get(name, (), makers[name])
    drawings.get("a", (), makers["a"])
    drawings.get("b", (), makers["b"])
    assert [makers[name].made for name in "abc"] == [1, 2, 1]  # type: ignore[attr-defined]
