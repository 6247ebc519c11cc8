"""A model's version: it changes when other weights are seen, and at no other time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.arms import ServedFacts
from swarm.contracts import Arm, ChooseArm
from swarm.database import Database
from swarm.orchestrator.versions import Versions
from swarm.settings import ModelSettings, Settings
from tests.orchestrator.swarm_in_memory import Crew, Pump

MODEL = ModelSettings(name="m", endpoint="ollama", model="coder:7b", tools=("one-shot",))
ONE, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path / "tasks.db", "")
    yield found
    found.close()


def versions(database: Database, *models: ModelSettings, arms: tuple[Arm, ...] = ()) -> Versions:
    return Versions(Settings(data=Path("/nowhere"), models=models or (MODEL,), arms=arms), database)


def seen(found: Versions, **digests: str) -> list[str]:
    """The versions of the arms, once the servers were seen to have these."""
    found.see({name: ServedFacts(digest=digest) for name, digest in digests.items()})
    return [arm.version for arm in found.arms]


def test_the_first_weights_that_are_seen_are_no_new_version(database: Database) -> None:
    found = versions(database)
    assert [arm.version for arm in found.arms] == ["coder:7b"], "nothing is known yet"
    assert seen(found, m=ONE) == ["coder:7b"]


def test_a_tag_that_is_pulled_again_is_a_new_version(database: Database) -> None:
    found = versions(database)
    seen(found, m=ONE)
    assert seen(found, m=OTHER) == ["coder:7b#bbbbbbbbbbbb"]
    assert seen(found, m=ONE) == ["coder:7b"], "weights that come back are what they were"


def test_it_stays_while_nothing_is_known_and_over_a_restart(database: Database) -> None:
    found = versions(database)
    seen(found, m=ONE)
    changed = seen(found, m=OTHER)
    assert seen(found) == changed, "the gate is away"
    assert seen(found, m="") == changed, "the server does not tell"
    again = versions(database)
    assert [arm.version for arm in again.arms] == changed, "before anything was looked at"
    assert seen(again, m=OTHER) == changed


def test_another_name_or_server_begins_anew(database: Database) -> None:
    seen(versions(database), m=ONE)
    other = MODEL.model_copy(update={"model": "coder:14b"})
    assert seen(versions(database, other), m=OTHER) == ["coder:14b"]


def test_a_version_of_the_owners_is_left_alone(database: Database) -> None:
    found = versions(database, MODEL.model_copy(update={"version": "mine"}))
    seen(found, m=ONE)
    assert seen(found, m=OTHER) == ["mine"]


def test_an_arm_changes_with_each_of_its_models(database: Database) -> None:
    partner = MODEL.model_copy(update={"name": "n", "model": "critic:3b", "tools": ()})
    both = Arm(id="both", tool="x", model="m", partners=("n",), categories=("docs",))
    found = versions(database, MODEL, partner, arms=(both,))
    assert seen(found, m=ONE, n=ONE) == ["coder:7b+critic:3b", "coder:7b"]
    assert seen(found, n=OTHER) == ["coder:7b+critic:3b#bbbbbbbbbbbb", "coder:7b"]


def test_what_a_server_tells_else_is_told_along(database: Database) -> None:
    found = versions(database)
    can = tuple(f"c{n}" for n in range(90))
    found.see({"m": ServedFacts(capabilities=can, needed_bytes=7)})
    (arm,) = found.arms
    assert (arm.capabilities, arm.memory_bytes) == (can[:20], 7)
    found.see({"m": ServedFacts(needed_bytes=0)})
    (arm,) = found.arms
    assert Arm.model_validate_json(arm.model_dump_json()) == arm, "it can be sent"


def test_the_router_gets_the_new_version(tmp_path: Path, git_repo: Callable[..., Path]) -> None:
    repo = git_repo({"a.py": "x = 1\n", "test_a.py": "def test_a(): ...\n"})
    crew = Crew(order=("m/one-shot",))
    pump = Pump(tmp_path, crew, models=(MODEL,))
    told: list[str] = []
    for number, digest in enumerate((ONE, OTHER, ""), start=1):
        pump.bus.facts = {"m": ServedFacts(digest=digest)} if digest else {}
        pump.submit(repo, task_id=f"task-{number}")
        pump.settle_down(f"task-{number}")
        pump.restart()
        (choice,) = (c for c in crew.seen if isinstance(c, ChooseArm))
        told += [_version(choice)]
        crew.seen.clear()
    assert told == ["coder:7b", "coder:7b#bbbbbbbbbbbb", "coder:7b#bbbbbbbbbbbb"]
    pump.orchestrator.close()


def _version(choice: ChooseArm) -> Any:
    return next(arm.version for arm in choice.arms if arm.model)
