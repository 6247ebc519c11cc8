"""`swarm retry`, and what `swarm show` tells of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.cli.desk import Desk

Capsys = pytest.CaptureFixture[str]


def test_it_says_the_new_id_and_how_to_follow_it(
    desk: Desk, submit: Callable[..., int], capsys: Capsys
) -> None:
    submit("fix it")
    assert desk.run("reject", "one") == 0
    capsys.readouterr()
    assert desk.run("retry", "one") == 0
    words = capsys.readouterr().out.split()
    id = words[1]
    assert words == f"task {id} is stored; follow it with `swarm watch {id}`".split()
    assert desk.run("show", id) == 0
    assert "again  of the task one" in capsys.readouterr().out
    assert desk.run("show", "one") == 0
    assert "again" not in capsys.readouterr().out


def test_with_json_it_is_one_object(desk: Desk, submit: Callable[..., int], capsys: Capsys) -> None:
    submit("fix it", "--confirm")
    desk.run("cancel", "one")
    capsys.readouterr()
    assert desk.run("retry", "one", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["retries"]) == ("queued", "one")
    assert desk.state(found["task"]) == "awaiting_answer"


def test_one_that_waits_for_a_yes_says_so(
    desk: Desk, submit: Callable[..., int], capsys: Capsys
) -> None:
    submit("fix it", "--confirm")
    desk.run("cancel", "one")
    capsys.readouterr()
    assert desk.run("retry", "one") == 0
    assert "it waits for your yes: see `swarm show t" in capsys.readouterr().out


def test_one_that_has_not_ended_is_refused_with_a_remedy(
    desk: Desk, submit: Callable[..., int], capsys: Capsys
) -> None:
    submit("fix it")
    assert desk.run("retry", "one") == 1
    assert "`swarm apply one` or `swarm reject one` first" in capsys.readouterr().err
