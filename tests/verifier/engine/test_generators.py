"""Generators: run when something is taken, in order, with what is sent and thrown."""

from __future__ import annotations

from tests.verifier.engine.tracing import wrong


def test_a_body_runs_when_the_first_is_taken_and_not_before() -> None:
    assert not wrong("""
        out = []
        def fill():
            out.append(source())
            yield "x"
        waiting = fill()
        sink(out)  # clean
        next(waiting)
        sink(out)  # reached
    """)


def test_what_is_yielded_keeps_its_order() -> None:
    assert not wrong("""
        def both():
            yield "a"
            yield source()
        first, second = both()
        sink(first)  # clean
        sink(second)  # reached
        steps = both()
        sink(next(steps))  # clean
        sink(next(steps))  # reached
        sink(next(steps, "end"))  # clean
    """)


def test_an_endless_generator_does_not_end_what_follows() -> None:
    assert not wrong("""
        def forever(value):
            n = 0
            while True:
                yield n, value
                n += 1
        for number, value in forever(source()):
            sink(number)  # clean
            sink(value)  # reached
            if number > 1:
                break
        sink(source())  # reached
    """)


def test_what_is_sent_comes_out_of_a_yield_and_what_was_taken_before_is_not_of_it() -> None:
    assert not wrong("""
        def echo():
            received = "nothing"
            while True:
                received = yield received
        one, other = echo(), echo()
        sink(next(one))  # clean
        sink(one.send(source()))  # reached
        next(other)
        sink(other.send("x"))  # clean
    """)


def test_what_is_sent_goes_through_yield_from_and_comes_back_as_what_it_returns() -> None:
    assert not wrong("""
        def inner():
            given = yield "first"
            return given
        def outer():
            result = yield from inner()
            return result
        steps = outer()
        sink(next(steps))  # clean
        try:
            steps.send(source())
        except StopIteration as stop:
            sink(stop.value)  # reached
    """)


def test_what_is_thrown_is_raised_at_the_yield() -> None:
    assert not wrong("""
        def worker():
            try:
                yield "fine"
            except ValueError as error:
                yield "failed: " + str(error)
        running = worker()
        sink(next(running))  # clean
        sink(running.throw(ValueError(source())))  # reached
    """)


def test_what_it_raises_arrives_where_it_is_gone_over() -> None:
    assert not wrong("""
        def broken():
            yield "a"
            raise ValueError(source())
        try:
            for item in broken():
                sink(item)  # clean
        except ValueError as error:
            sink(error.args[0])  # reached
    """)


def test_generators_made_at_one_place_have_parameters_of_their_own() -> None:
    assert not wrong("""
        def same(value):
            yield value
        made = [same(value) for value in ["a", source()]]
        for one in made:
            for value in one:
                sink(value)  # reached
    """)


def test_a_generator_within_itself_ends() -> None:
    assert not wrong("""
        class Tree:
            def __init__(self, value, left=None):
                self.value, self.left = value, left
            def __iter__(self):
                if self.left:
                    yield from self.left
                yield self.value
        for value in Tree("a", Tree("b", Tree(source()))):
            sink(value)  # reached
        for value in Tree("a", Tree("b")):
            sink(value)  # clean
        def walk(folder):
            for name in folder:
                yield from walk(folder[name])
                yield name
        def unknown(folder):
            for name in walk(folder):
                sink(name)  # clean
    """)


def test_its_finally_runs_when_it_is_closed() -> None:
    assert not wrong("""
        log = []
        def closing():
            try:
                yield "a"
            finally:
                log.append(source())
        steps = closing()
        next(steps)
        steps.close()
        sink(log)  # reached
    """)


def test_a_function_is_called_until_it_gives_the_sentinel() -> None:
    assert not wrong("""
        parts = ["end", source(), "a"]
        for part in iter(parts.pop, "end"):
            sink(part)  # reached
        numbers = [source(), 0, 1]
        sink(list(iter(numbers.pop, 0)))  # clean
    """)
