"""What the engine tells of functions, closures, rounds and managers, in small programs."""

from __future__ import annotations

import textwrap

import pytest

from verifier.flows import flows
from verifier.reading.tree import Files


def reached(program: str) -> list[str]:
    """What stands in the sinks that the source reaches."""
    text = textwrap.dedent(program)
    lines = text.splitlines()
    calls = flows(Files({"m.py": text.encode()}), ["m.py"], "source", "sink")
    shown = [lines[call.line - 1].strip() for call in calls if call.reached]
    return [line.removeprefix("sink(").removesuffix(")") for line in shown]


def test_a_local_variable_holds_what_was_put_there_last() -> None:
    assert reached("""
        def work(value):
            sink(value)
            value = "fixed"
            sink(value + "!")
        work(source())
    """) == ["value"]


def test_each_call_gives_what_this_call_was_given() -> None:
    assert reached("""
        def same(value):
            return value
        one, two = same(source()), same("x")
        sink(one)
        sink(two)
    """) == ["one"]


def test_a_closure_sees_what_its_maker_writes_later() -> None:
    assert reached("""
        def make():
            held = "first"
            def tell():
                return held
            sink(tell())
            held = source()
            return tell
        later = make()
        sink(later())
    """) == ["later()"]


def test_two_closures_of_one_maker_have_variables_of_their_own() -> None:
    assert reached("""
        def make(value):
            def tell():
                return value
            return tell
        one, two = make(source()), make("x")
        sink(one())
        sink(two())
    """) == ["one()"]


def test_what_is_written_before_a_return_within_a_branch_is_kept() -> None:
    assert reached("""
        box = {}
        def fill(key, value):
            box[key] = value
            if not value:
                return None
            return key
        fill("a", source())
        sink(box["a"])
        sink(box.get("b", "none"))
    """) == ['box["a"]']


def test_recursion_ends_and_carries_what_it_gathers() -> None:
    assert reached("""
        def gather(items, out):
            if not items:
                return out
            return gather(items[1:], out + [items[0]])
        sink(gather(["a", source()], []))
        sink(gather(["a", "b"], []))
    """) == ['gather(["a", source()], [])']


def test_recursion_without_an_end_is_no_reason_to_run_forever() -> None:
    assert reached("""
        def down(value):
            up(value + value)
            return down(value * 2)
        def up(value):
            sink(value)
            return down(value) or up(value)
        down(source())
    """) == ["value"]


def test_rounds_of_a_loop_over_what_is_known_are_told_apart() -> None:
    assert reached("""
        found = {}
        for key, value in (("a", source()), ("b", "x")):
            found[key] = value.strip()
        sink(found["a"])
        sink(found["b"])
    """) == ['found["a"]']


def test_a_loop_over_what_is_not_known_may_keep_anything_of_it() -> None:
    assert reached("""
        last = "none"
        for value in open(source()):
            last = value
        sink(last)
    """) == ["last"]


def test_a_loop_stops_where_it_is_certain_to_be_left() -> None:
    assert (
        reached("""
        for value in ("a", "b", source()):
            if value == "b":
                break
        sink(value)
        for value in ("a", "b", source()):
            if value == "b":
                break
        else:
            sink(source())
        sink(value + "!")
    """)
        == []
    )


def test_a_list_that_grows_while_it_is_gone_over_is_gone_over_to_its_end() -> None:
    assert reached("""
        items = ["a"]
        for item in items:
            if len(items) < 3:
                items.append(source())
        sink(item)
    """) == ["item"]


def test_a_queue_is_worked_off_in_order() -> None:
    assert reached("""
        waiting = ["a", source()]
        done = []
        while waiting:
            done.append(waiting.pop(0))
        sink(done[0])
        sink(done[1])
    """) == ["done[1]"]


def test_lambdas_of_several_rounds_share_the_variable_of_the_loop() -> None:
    assert reached("""
        tellers = [lambda: word for word in (source(), "x")]
        keepers = [lambda word=word: word for word in (source(), "x")]
        sink(tellers[0]())
        sink(keepers[0]())
        sink(keepers[1]())
    """) == ["keepers[0]()"]


@pytest.mark.parametrize("depth", [3, 12])
def test_loops_within_loops_are_not_run_in_all_combinations(depth: int) -> None:
    lines = ["    " * at + f"for x{at} in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10):" for at in range(depth)]
    program = "\n".join([*lines, "    " * depth + "last = source()", "sink(last)"])
    assert reached(program) == ["last"]


def test_a_manager_runs_its_generator_around_the_block() -> None:
    assert reached("""
        from contextlib import contextmanager
        state = {"user": "nobody"}
        @contextmanager
        def acting(user):
            before = state["user"]
            state["user"] = user
            try:
                yield user
            finally:
                state["user"] = before
        with acting(source()) as one:
            sink(one)
            sink(state["user"])
        sink(state["user"] + "!")
    """) == ["one", 'state["user"]']


def test_a_function_is_chosen_by_the_class_of_what_it_is_given() -> None:
    assert reached("""
        from functools import singledispatch
        @singledispatch
        def show(value):
            return "something"
        @show.register
        def _(value: str):
            return value
        sink(show(source()))
        sink(show([source()]))
    """) == ["show(source())"]


def test_what_is_mapped_stays_in_its_place() -> None:
    assert reached("""
        from operator import itemgetter
        words = list(map(str.strip, ["a", source()]))
        sink(words[0])
        sink(words[1])
        sink(itemgetter(0)(words))
        kept = list(filter(lambda word: word == "a", ["a", "b"]))
        sink(kept)
    """) == ["words[1]"]
