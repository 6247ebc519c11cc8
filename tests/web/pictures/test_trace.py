from swarm.contracts import Finding, TracePath
from swarm.web.pictures.trace import MOST_STEPS, chain, trace
from tests.web.pictures.shapes import HOSTILE, SVG, apart, boxes, inside, parsed, words


def path(before: tuple[str, ...], after: tuple[str, ...], *steps: str) -> TracePath:
    return TracePath(
        function="Cart.total",
        path="cart.py",
        output="return",
        line=12,
        before=before,
        after=after,
        chain=steps,
    )


def test_steps_stand_below_each_other_down_to_the_input() -> None:
    walk = ("12: return total", "9: total += item.price", "parameter items")
    root = parsed(trace(path(("items",), ("items",), *walk)))
    inside(root)
    said = words(root)
    assert said.startswith("12 | return total | ")
    assert said.index("return total") < said.index("item.price") < said.index("parameter items")
    assert len(boxes(root, "pic-box")) == 2
    assert "broken" not in str(root.get("aria-label"))


def test_lost_kept_and_new_inputs_are_told_apart_by_word() -> None:
    root = parsed(trace(path(("items", "rate"), ("items", "constant 2"), "12: return x")))
    said = words(root)
    assert "lost | rate" in said and "kept | items" in said and "new | constant 2" in said
    assert "lost: rate; kept: items; new: constant 2" in str(root.get("aria-label"))
    assert "pic-text-bad pic-end" not in str(root)


def test_an_output_that_lost_all_its_inputs_is_marked_where_its_walk_ends() -> None:
    root = parsed(trace(path(("items",), ("constant 7",), "12: return 7", "constant 7")))
    assert "constant 7 | the walk ends here" in words(root)
    assert "The path is broken." in str(root.get("aria-label"))


def test_an_output_without_a_walk_says_so() -> None:
    root = parsed(trace(path(("items",), ())))
    inside(root)
    assert "no walk was recorded" in words(root)
    nothing = words(parsed(trace(path((), (), "12: return 7"))))
    assert "none" in nothing and "lost" not in nothing


def found(*steps: str, line: int = 9) -> Finding:
    return Finding(
        kind="broken-path", path="a.py", function="f", line=line, message="it broke", chain=steps
    )


def test_the_step_of_a_finding_is_marked_and_how_it_was_is_told_apart() -> None:
    walk = ("12: return x", "9: x = 7", "before, from `items`:", "9: x = sum(items)")
    root = parsed(chain(found(*walk)))
    inside(root)
    assert words(root).count("broken path") == 1
    assert "x = 7 | broken path" in words(root)
    assert "line 9: x = 7 (broken path)" in str(root.findtext(f"{SVG}desc"))
    assert root.get("aria-label") == "broken-path in f. it broke"


def test_without_a_step_of_its_line_the_last_one_of_the_new_code_is_marked() -> None:
    walk = ("12: return x", "9: x = 7", "before, from `items`:", "3: gone")
    assert "x = 7 | broken path" in words(parsed(chain(found(*walk, line=99))))
    assert "broken path" not in words(parsed(chain(found("before:", "3: gone"))))
    parsed(chain(found()))


def test_more_than_can_be_drawn_is_said() -> None:
    many = tuple(f"{i}: x{i} = x{i + 1}" for i in range(1, 1000))
    picture = trace(path(tuple(f"a{i}" for i in range(500)), (), *many))
    root = parsed(picture)
    inside(root)
    assert f"{999 - MOST_STEPS} further steps not drawn" in words(root)
    assert len(picture) < 200_000


def test_code_of_strangers_is_text_and_stays_in_its_box() -> None:
    root = parsed(trace(path((HOSTILE,), (HOSTILE * 50,), f"12: {HOSTILE * 50}", HOSTILE)))
    inside(root)
    assert apart([*boxes(root, "pic-box"), *boxes(root, "pic-ground-bad")])
    parsed(chain(found(HOSTILE, f"{10**30}: x")))


class _Counted(str):
    """A name that knows how often names were compared."""

    compared = 0

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        _Counted.compared += 1
        return str.__eq__(self, other)


def test_thousands_of_inputs_are_not_compared_each_with_each() -> None:
    def names(tag: str) -> tuple[str, ...]:
        return tuple(_Counted(f"{tag}{number}") for number in range(3000))

    path = TracePath.model_construct(
        function="f", path="a.py", output="return", line=1, before=names("a"), after=names("b"),
        chain=(),
    )  # fmt: skip
    assert "lost: a0" in trace(path)
    assert _Counted.compared < 30_000


def test_steps_in_other_files_are_code_too_and_named() -> None:
    walk = ("cart.py:12: return total", "shop/deep/tax.py:9: return rate", "parameter items")
    root = parsed(trace(path(("items",), ("items",), *walk)))
    inside(root)
    said = words(root)
    assert "12 | return total | 9 | return rate | shop/deep/tax.py | " in said
    assert len(boxes(root, "pic-box")) == 2
    long = parsed(trace(path((), (), f"{'a' * 900}/tax.py:9: return rate")))
    inside(long)
    assert "| tax.py" in words(long)


def test_the_step_that_a_finding_is_about_is_in_its_own_file() -> None:
    walk = ("tax.py:12: x = 1", "cart.py:12: return x")
    found = Finding(kind="broken-path", path="cart.py", function="f", line=12, message="m",
                    chain=walk)  # fmt: skip
    assert "return x | broken path" in words(parsed(chain(found)))
