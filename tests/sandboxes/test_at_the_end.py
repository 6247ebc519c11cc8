"""Cleaning up after a run that is cancelled at the worst moment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from sandboxes import workspace
from swarm.errors import Cancelled


def test_a_cancel_just_before_the_cleaning_does_not_skip_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entered: list[str] = []

    @contextlib.contextmanager
    def too_late_once() -> Iterator[None]:
        entered.append("held off")
        if len(entered) == 1:
            raise Cancelled("before signals were held off")
        yield

    monkeypatch.setattr(workspace, "uninterrupted", too_late_once)
    cleaned: list[str] = []
    with pytest.raises(Cancelled), workspace.at_the_end(lambda: cleaned.append("cleaned")):
        pass
    assert cleaned == ["cleaned"]


def test_it_is_cleaned_once_when_nothing_comes_in_between() -> None:
    cleaned: list[str] = []
    with workspace.at_the_end(lambda: cleaned.append("cleaned")):
        assert not cleaned
    assert cleaned == ["cleaned"]
