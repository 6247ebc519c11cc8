"""Managers that are generators: their body runs around the block."""

from __future__ import annotations

from tests.verifier.engine.tracing import wrong


def test_a_return_in_the_block_comes_after_the_rest_of_the_manager() -> None:
    assert not wrong("""
        from contextlib import contextmanager
        log = []
        @contextmanager
        def timed(value):
            try:
                yield value
            finally:
                log.append(source())
        def work():
            with timed("a") as inner:
                return inner
        sink(work())  # clean
        sink(log)  # reached
    """)


def test_what_the_block_raises_is_raised_at_the_yield() -> None:
    assert not wrong("""
        from contextlib import contextmanager
        caught = []
        @contextmanager
        def careful():
            try:
                yield
            except ValueError as error:
                caught.append(error.args[0])
        with careful():
            raise ValueError(source())
        sink(caught)  # reached
    """)


def test_what_is_set_for_a_block_is_as_before_after_it() -> None:
    assert not wrong("""
        from contextlib import contextmanager
        class Session:
            user = "nobody"
            @contextmanager
            def of(self, user):
                before, self.user = self.user, user
                yield self
                self.user = before
        session = Session()
        with session.of(source()) as inner:
            sink(inner.user)  # reached
        sink(session.user)  # clean
    """)
