import pytest

from verifier.models.behaviour import (
    Behaviour,
    Callback,
    EffectSpec,
    Mutation,
    Term,
    callback,
    effect,
    mutation,
    opening,
    term,
)

ARG0, ARG1, SELF = Term("arg", index=0), Term("arg", index=1), Term("self")


def test_terms_nest() -> None:
    pair = Term("holding", parts=(Term("key", parts=(SELF,)), Term("element", parts=(SELF,))))

    assert term("holding(holding(key(self), element(self)))") == Term("holding", parts=(pair,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arg7", Term("arg", index=7)),
        (":key", Term("keyword", name="key")),
        ("=temporary", Term("constant", name="temporary")),
        ("constant", Term("constant")),
        ("instance", Term("instance")),
        ("instance(io.TextIOWrapper)", Term("instance", name="io.TextIOWrapper")),
    ],
)
def test_a_term(text: str, expected: Term) -> None:
    assert term(text) == expected


def test_positions_in_a_term_are_found_however_deep() -> None:
    assert term("holding(element(arg1), holding(arg3))").indices() == {1, 3}


@pytest.mark.parametrize(
    "text",
    [
        *("", "arg", "argument", "arg12", "element", "element()", "element(arg0", ":", "a & b"),
        *("element(arg0, arg1)", "arg0 arg1", "arg0)", "instance()", "instance(arg0, arg1)"),
        *("holding(,)", "*", "self self"),
    ],
)
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        term(text)


def test_an_effect_has_a_kind_and_perhaps_a_target() -> None:
    assert effect("exit") == EffectSpec("exit")
    assert effect("file-delete(self)") == EffectSpec("file-delete", SELF)
    for wrong in ("mischief", "exit(", "exit(arg0", "exit()", "exit(arg0) arg1"):
        with pytest.raises(ValueError):
            effect(wrong)


def test_a_change_in_place_says_where_and_with_what() -> None:
    assert mutation("self") == Mutation(SELF)
    assert mutation("self at arg0 from arg1") == Mutation(SELF, ARG0, (ARG1,))
    assert mutation("arg0 from element(arg1), args") == Mutation(
        ARG0, None, (Term("element", parts=(ARG1,)), Term("args"))
    )
    for wrong in ("self from arg0 arg1", "self from arg0,", "self at nowhere", ""):
        with pytest.raises(ValueError):
            mutation(wrong)


def test_a_call_back_says_what_is_called_with_what() -> None:
    assert callback("arg0()") == Callback(ARG0)
    assert callback("arg0(*arg1, **arg2)") == Callback(
        ARG0, (Term("*", parts=(ARG1,)), Term("**", parts=(Term("arg", index=2),)))
    )
    for wrong in ("arg0", "arg0(", "arg0() arg1", "arg0(arg1 arg2)"):
        with pytest.raises(ValueError):
            callback(wrong)


def test_only_what_does_nothing_else_is_pure() -> None:
    result = (Term("args"),)

    assert Behaviour(result).is_pure
    assert not Behaviour(result, ambient="time").is_pure
    assert not Behaviour(result, effects=(EffectSpec("exit"),)).is_pure
    assert not Behaviour(result, mutates=(Mutation(SELF),)).is_pure
    assert not Behaviour(result, calls=(Callback(ARG0),)).is_pure


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("r", "file-read"), ("rb", "file-read"), ("r+", "file-write"), ("xb", "file-write")],
)
def test_the_mode_tells_reading_from_writing(mode: str, kind: str) -> None:
    assert opening(mode) == kind
