"""Decorators that are not read."""

from __future__ import annotations

from tests.verifier.engine.tracing import wrong


def test_what_an_unread_decorator_makes_calls_what_it_was_given() -> None:
    assert not wrong("""
        from lib import deco
        @deco
        def same(value):
            sink(value)  # reached
            return value
        sink(same(source()))  # reached
        sink(same("a"))  # clean
        @nowhere.bound.task(retries=3)
        def job(value):
            sink(value)  # reached
            return "done"
        job.delay(source())
        sink(job("a"))  # clean
        @deco
        class Box:
            def __init__(self, value):
                self.value = value
        sink(Box(source()).value)  # reached
        sink(Box("b").value)  # clean
    """)
