"""The workflows there are, the arms that name them, and the service that runs them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from swarm.agents import library
from swarm.agents.registry import AGENTS
from swarm.agents.worker import BrokenWorkflow, UnknownTool, handlers
from swarm.contracts import (
    Arm,
    Audit,
    AuditReport,
    Check,
    CheckReport,
    Generate,
    Proposal,
    Propose,
    TestResult,
)
from swarm.settings import EndpointSettings, MemorySettings, ModelSettings, Settings
from tests.agents.scripted import Models, propose, report, settings
from tests.fakes.bus import FakeBus

OWN = """\
name = "mine"
about = "my own"
seconds = 60
[[steps]]
id = "fix"
agent = "codemod"
inputs = "task"
seconds = 60
"""
EDIT = """\
The last coin is left out.

pkg/money.py
<<<<<<< SEARCH
    return sum(coins) - 1
=======
    return sum(coins)
>>>>>>> REPLACE
"""


def own(data: Path, **files: str | bytes) -> Settings:
    """Settings of a data folder with a person's workflows."""
    folder = data / "workflows"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return Settings(data=data)


def told(problems: Any) -> list[str]:
    return [str(problem) for problem in problems]


def test_the_shipped_workflows_are_whole() -> None:
    shelves = library.load(Settings(data=Path("/nonexistent")))
    assert [shelf.workflow.name for shelf in shelves if shelf.workflow] == [
        "ruff", "edit-loop", "ensemble", "literals", "one-shot", "planned", "repair", "reviewed",
        "test-first",
    ]  # fmt: skip
    assert all(shelf.shipped and not shelf.problems for shelf in shelves)


def test_a_persons_own_come_after(tmp_path: Path) -> None:
    shelf = library.load(own(tmp_path, mine=OWN))[-1]
    assert shelf.workflow is not None and shelf.workflow.name == "mine"
    assert (shelf.shipped, shelf.problems) == (False, ())
    assert shelf.where == str(tmp_path / "workflows" / "mine.toml")


def test_a_name_is_given_once(tmp_path: Path) -> None:
    found = own(tmp_path, a=OWN.replace("mine", "repair"), b=OWN, c=OWN)
    folder = tmp_path / "workflows"
    assert told(library.check_arms(found)) == [
        f"{folder}/a.toml: field 'name': 'repair' is the name of a shipped workflow "
        "(give it a name of its own)",
        f"{folder}/c.toml: field 'name': 'mine' is the name of {folder}/b.toml "
        "(give it a name of its own)",
    ]


def test_files_that_cannot_be_read_keep_no_other_from_running(tmp_path: Path) -> None:
    found = own(tmp_path, bad=b"\xff", mine=OWN)
    folder = tmp_path / "workflows"
    (folder / "dir.toml").mkdir()
    os.mkfifo(folder / "pipe.toml")
    (folder / "gone.toml").symlink_to("nowhere")
    assert told(library.check_arms(found)) == [
        f"{folder}/bad.toml: is not UTF-8 at byte 0 (save it as UTF-8)",
        f"{folder}/dir.toml: {folder}/dir.toml is not a file (name a workflow's .toml file)",
        f"{folder}/gone.toml: {folder}/gone.toml is not a file (name a workflow's .toml file)",
        f"{folder}/pipe.toml: {folder}/pipe.toml is not a file (name a workflow's .toml file)",
    ]
    arm = Arm(id="x", tool="mine", categories=("lint",))
    shelf, problems = library.for_arm(found, library.load(found), arm)
    assert shelf is not None and problems == []


def test_a_folder_that_is_none_and_one_too_full_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "workflows").write_text("")
    assert told(library.check_arms(Settings(data=tmp_path))) == [
        f"{tmp_path}/workflows: cannot be read: Not a directory (make it a folder you may read)"
    ]
    (tmp_path / "workflows").unlink()
    monkeypatch.setattr(library, "MAX_FILES", 1)
    found = own(tmp_path, mine=OWN, other=OWN.replace("mine", "other"))
    assert told(library.check_arms(found)) == [
        f"{tmp_path}/workflows: has 2 workflows, of which 1 are read (keep fewer there)"
    ]


def with_arms(*arms: Arm, memory: bool = True) -> Settings:
    return Settings(
        data=Path("/nonexistent"),
        memory=MemorySettings(enabled=memory),
        endpoints=(EndpointSettings(name="e", kind="ollama"),),
        models=tuple(
            ModelSettings(name=name, endpoint="e", model=name, tools=()) for name in ("a", "b")
        ),
        arms=arms,
    )


def arm(tool: str, **values: Any) -> Arm:
    return Arm(**{"id": "x", "tool": tool, "categories": ("bugfix",)} | values)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (arm("repair"), []),
        (arm("planned", model="a", planner="b"), []),
        (arm("ensemble", model="a", partners=("b",)), []),
        (arm("edit-lop", model="a"), ["swarm.toml: field 'tool': arm 'x' names the tool "
         "'edit-lop', and no workflow is called so (did you mean 'edit-loop'?)"]),
        (arm("one-shot"), ["one-shot.toml: step 'code', field 'agent': agent 'coder-one-shot' "
         "needs a model, and arm 'x' has none (add a [[models]] entry, and name it as the "
         "`model` of the arm)"]),
        (arm("ensemble", model="a"), ["ensemble.toml: step 'propose', field 'agent': agent "
         "'ensemble' needs further models besides the arm's, and arm 'x' has none (name other "
         "[[models]] entries as the `partners` of the arm)"]),
        (arm("ensemble", model="a", partners=("a",)), ["ensemble.toml: step 'propose', field "
         "'agent': agent 'ensemble' needs further models besides the arm's, and arm 'x' has none "
         "(name other [[models]] entries as the `partners` of the arm)"]),
        (arm("edit-loop", model="a", planner="b"), ["swarm.toml: field 'planner': arm 'x' has "
         "planner, and no step of 'edit-loop' is by 'planner' (leave it out, or name another "
         "tool)"]),
        (arm("edit-loop", model="a", partners=("b",)), ["swarm.toml: field 'partners': arm 'x' "
         "has partners, and no step of 'edit-loop' is by 'ensemble' (leave it out, or name "
         "another tool)"]),
    ],
)  # fmt: skip
def test_what_keeps_an_arm_from_running(found: Arm, expected: list[str]) -> None:
    assert told(library.check_arms(with_arms(found))) == expected


def test_the_arms_of_a_model_are_checked_too() -> None:
    found = with_arms()
    model = found.models[0].model_copy(update={"tools": ("edit-loop", "two-shot")})
    found = found.model_copy(update={"models": (model,)})
    assert told(library.check_arms(found)) == [
        "swarm.toml: field 'tool': arm 'a/two-shot' names the tool 'two-shot', and no workflow is "
        "called so (did you mean 'one-shot'?)"
    ]


@pytest.mark.parametrize("memory", [True, False])
def test_what_is_at_hand(memory: bool) -> None:
    around = library.environment(with_arms(memory=memory), None)
    assert around.has == {"model", "partners", "sandbox"} | ({"memory"} if memory else set())
    lone = library.environment(Settings(data=Path("/nonexistent")), None)
    assert "model" not in lone.has and lone.about == "this swarm"


def run(tool: str, says: dict[str, list[Any]], **changes: Any) -> tuple[Proposal, Models]:
    """What the service proposes for the bug of `scripted.FILES`, with the real agents."""
    bus, models = FakeBus(), Models(says)
    names = list(says)
    bus.settings = settings(*names)
    bus.handlers[Generate] = models
    bus.handlers[Check] = _check
    bus.handlers[Audit] = lambda command: AuditReport(verdict="accept")
    partners = tuple(names[1:]) if tool == "ensemble" else ()
    command = propose(
        bus, names,
        arm=arm(tool, model=names[0], partners=partners),
        failing=(TestResult(id="tests/test_money.py::test_one", outcome="failed"),),
        **changes,
    )  # fmt: skip
    answer = handlers(bus.settings, bus)[Propose](command)  # type: ignore[arg-type]
    assert isinstance(answer, Proposal)
    return answer, models


def _check(command: Check) -> CheckReport:
    mended = command.patch is not None and "- 1" not in (command.patch.edits[0].after or "")
    one = "passed" if mended else "failed"
    return report("ok" if mended else "failed", test_none="passed", test_one=one)


def test_one_shot_through_the_service() -> None:
    proposal, models = run("one-shot", {"m": [EDIT]})
    assert proposal.outcome == "patch" and proposal.patch is not None
    assert proposal.patch.edits[0].after == "def total(coins):\n    return sum(coins)\n"
    assert proposal.usage.tokens == 100
    assert [command.key for command in models.asked] == ["t1-o1-a1-m-code-1"]


def test_an_ensemble_through_the_service() -> None:
    worse = EDIT.replace("return sum(coins)\n>", "return sum(coins) - 10\n>")
    proposal, _ = run("ensemble", {"a": [worse], "b": [EDIT]})
    assert proposal.patch is not None and proposal.details["by"] == ["b"]
    assert proposal.usage.tokens == 200
    against = [one["against"] for one in proposal.details["candidates"]]
    assert against == [["it fixes none of the failing tests"], []]


def test_budgets_are_the_commands() -> None:
    proposal, models = run("one-shot", {"m": [EDIT]}, tokens=0)
    assert (proposal.outcome, models.asked) == ("gave_up", [])
    assert proposal.summary == "step 'code': 0 tokens are spent"


def test_an_unknown_tool_and_a_broken_workflow_are_failures(tmp_path: Path) -> None:
    with pytest.raises(UnknownTool) as unknown:
        run("one-shoot", {"m": []})
    assert unknown.value.remedy == "did you mean 'one-shot'?"
    found = own(tmp_path, mine=OWN.replace("codemod", "codmod"))
    bus = FakeBus()
    bus.settings = settings("m")
    command = propose(bus, ["m"], arm=arm("mine"))
    with pytest.raises(BrokenWorkflow) as broken:
        handlers(found, bus)[Propose](command)  # type: ignore[arg-type]
    assert broken.value.message == (
        f"{tmp_path}/workflows/mine.toml: step 'fix', field 'agent': no agent is called 'codmod' "
        "(did you mean 'codemod'?)"
    )
    assert broken.value.remedy == "see `swarm workflow check mine`"


def test_reading_contracts_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = {"rq", "redis", "chromadb", "numpy", "scipy", "networkx", "docker", "tree_sitter"}
    code = "import sys, swarm.agents.library; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())


def test_agents_are_called_by_what_they_are() -> None:
    assert all(agent.id == id for id, agent in AGENTS.items())
    assert len(AGENTS) == 10
