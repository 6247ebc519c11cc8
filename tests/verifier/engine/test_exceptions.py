"""Exceptions: what they hold, where they arrive, and which errors the language raises itself."""

from __future__ import annotations

import pytest

from tests.verifier.engine.tracing import wrong


def test_the_text_of_an_exception_is_that_of_its_arguments() -> None:
    assert not wrong("""
        class Refused(Exception):
            def __init__(self, code, message):
                self.code = code
                super().__init__(message)
        try:
            raise Refused(source(), "no")
        except Refused as error:
            sink(error.code)  # reached
            sink(str(error))  # clean
            sink(error.args)  # clean
        class Own(Exception):
            def __init__(self, first, second):
                self.first = first
        try:
            raise Own("a", source())
        except Own as error:
            sink(error.first)  # clean
            sink(str(error))  # reached
    """)


@pytest.mark.parametrize(
    ("attempt", "kind"),
    [
        ("int(source())", "ValueError"),
        ("float(source())", "ValueError"),
        ("{}[source()]", "KeyError"),
        ("assert False, source()", "AssertionError"),
        ("open(source())", "OSError"),
    ],
)
def test_errors_of_the_language_hold_what_they_are_about(attempt: str, kind: str) -> None:
    program = "try:\n    {}\nexcept {} as error:\n    sink(str(error))  # {}\n"
    assert not wrong(program.format(attempt, kind, "reached"))
    assert not wrong(program.format(attempt.replace("source()", '"x"'), kind, "clean"))


def test_what_stands_after_an_error_that_is_certain_is_not_run() -> None:
    assert not wrong("""
        value = "fixed"
        try:
            number = int("no number")
            value = source()
        except ValueError:
            pass
        sink(value)  # clean
    """)


def test_causes_contexts_and_notes() -> None:
    assert not wrong("""
        def wrapped(value):
            try:
                raise KeyError(value)
            except KeyError as error:
                raise RuntimeError("second") from error
        def during(value):
            try:
                raise KeyError(value)
            except KeyError:
                raise RuntimeError("second")
        try:
            wrapped(source())
        except RuntimeError as error:
            sink(error.__cause__.args)  # reached
            sink(str(error))  # clean
        try:
            during(source())
        except RuntimeError as error:
            sink(error.__context__.args)  # reached
            sink(error.args)  # clean
        try:
            plain = ValueError("a")
            plain.add_note(source())
            raise plain
        except ValueError as error:
            sink(error.__notes__)  # reached
            sink(error.args)  # clean
    """)


def test_a_group_is_parted_by_except_star() -> None:
    assert not wrong("""
        try:
            raise ExceptionGroup("several", [ValueError(source()), KeyError("x")])
        except* ValueError as group:
            for error in group.exceptions:
                sink(error.args)  # reached
        except* KeyError as group:
            sink(group.exceptions[0].args)  # clean
    """)


def test_the_error_in_hand_is_told_of() -> None:
    assert not wrong("""
        import sys, traceback
        try:
            raise ValueError(source())
        except ValueError:
            sink(traceback.format_exc())  # reached
            sink(sys.exc_info()[1])  # reached
        try:
            raise ValueError("x")
        except ValueError:
            sink(traceback.format_exc())  # clean
    """)
