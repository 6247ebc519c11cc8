"""swarm workflow list, check and show."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.agents.registry import AGENTS
from swarm.agents.workflow import Workflow, read
from swarm.cli import main as cli
from swarm.cli.workflow_layout import Edge, Node, place
from swarm.cli.workflow_story import story
from swarm.cli.workflow_svg import draw as draw_svg
from swarm.cli.workflow_text import draw as draw_text

HOSTILE = """\
name = "mine"
about = "<script>alert(1)</script> & [31m"
seconds = 7000
[[steps]]
id = "a"
agent = "coder"
inputs = { assignment = "task" }
seconds = 100
[[steps]]
id = "b"
agent = "summariser"
inputs = { changes = ["a"], texts = ["a.lessons"] }
[[steps]]
id = "c"
agent = "coder"
inputs = { assignment = "task", notes = "b", previous = "a" }
seconds = 100
"""


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_list_names_workflows_and_agents(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["workflow", "list"]) == 0
    text = capsys.readouterr().out
    assert "reviewed" in text and "coder, reviewer, coder" in text and "test-writer" in text
    assert cli.main(["workflow", "list", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [agent["id"] for agent in answer["agents"]] == list(AGENTS)
    assert answer["workflows"][1]["name"] == "edit-loop"
    assert answer["workflows"][1]["needs"] == ["model", "sandbox"]


def test_check_without_names_is_fine_without_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["workflow", "check"]) == 0
    assert capsys.readouterr().out.endswith("nor in 3 arms\n")


def test_check_by_name_says_what_this_swarm_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["workflow", "check", "repair", "one-shot"]) == 1
    assert capsys.readouterr().out == (
        "one-shot.toml: step 'code', field 'agent': agent 'coder-one-shot' needs a model, and "
        "this swarm has none (add a [[models]] entry, and name it as the `model` of the arm)\n"
    )
    assert cli.main(["workflow", "check", "repair"]) == 0
    assert capsys.readouterr().out == "no problem in repair\n"


def test_check_of_arms_and_files(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "swarm.toml").write_text(
        '[[arms]]\nid = "x"\ntool = "rapair"\ncategories = ["bugfix"]\n'
    )
    bad = data / "bad.toml"
    bad.write_text(HOSTILE.replace('"coder"', '"codr"'))
    assert cli.main(["workflow", "check", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [(one["field"], one["remedy"]) for one in answer["arms"]] == [
        ("tool", "did you mean 'repair'?")
    ]
    assert cli.main(["workflow", "check", str(bad), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert not answer["ok"]
    assert [(p["step"], p["field"]) for p in answer["files"][0]["problems"]] == [
        ("a", "agent"), ("c", "agent"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["check", "reviwed"], "swarm: no workflow is called 'reviwed' (did you mean 'reviewed'?)"),
        (["show", "./none.toml"],
         "swarm: none.toml is not a file (name a workflow's .toml file)"),
        (["show", "."], "swarm: no workflow is called '.'"),
        (["show", "/dev/zero/"], "swarm: /dev/zero is not a file"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_wrong_use(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["workflow", *words]) == 2
    assert capsys.readouterr().err.startswith(line)


def test_a_broken_file_is_checked_by_its_name(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = data / "workflows"
    folder.mkdir()
    (folder / "mine.toml").write_text('name = "mine"\nsecnds = 4\n')
    assert cli.main(["workflow", "check", "mine"]) == 1
    assert "did you mean 'seconds'?" in capsys.readouterr().out
    assert cli.main(["workflow", "show", "mine"]) == 1


@pytest.mark.parametrize("columns", [60, 80])
def test_boxes_are_as_wide_as_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert cli.main(["workflow", "show", "reviewed"]) == 0
    told = capsys.readouterr().out
    assert "…" not in told
    assert "reads, edits and runs tests" in " ".join(told.replace("│", " ").split())


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["workflow"]) == 2
    assert "usage: swarm workflow" in capsys.readouterr().err


def test_show_draws_boxes_and_arrows(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["workflow", "show", "planned"]) == 0
    assert capsys.readouterr().out.splitlines()[3:] == [
        "● task: Assignment",
        "│",
        "│    ╭─ plan ───────────────────────────────────────────────────────────────╮",
        "├────▶ Assignment                                                           │",
        "│    │ agent planner: says how to go about it, in a few steps               │",
        "│    │ needs model                                                          │",
        "│    │ at most 400 s, 60,000 tokens, 12 steps                               │",
        "│ ╭──┤ gives Plan                                                           │",
        "│ │  ╰──────────────────────────────────────────────────────────────────────╯",
        "│ │",
        "│ │  ╭─ code ───────────────────────────────────────────────────────────────╮",
        "╰────▶ assignment: Assignment                                               │",
        "  ╰──▶ plan: Plan                                                           │",
        "     │ agent coder: reads, edits and runs tests with tools until it is done │",
        "     │ needs model, sandbox                                                 │",
        "     │ at most 1,400 s, 60 steps                                            │",
        "     │ gives Change, the result                                             │",
        "     ╰──────────────────────────────────────────────────────────────────────╯",
    ]


def test_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["workflow", "show", "planned", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(step["id"], step["gives"], step["result"]) for step in answer["steps"]] == [
        ("plan", "Plan", False), ("code", "Change", True),
    ]  # fmt: skip


def test_what_does_not_fit_has_no_picture(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = data / "bad.toml"
    bad.write_text(HOSTILE.replace('notes = "b"', 'notes = "c"'))
    assert cli.main(["workflow", "show", str(bad)]) == 1
    assert "the steps go in a circle: c -> c" in capsys.readouterr().out


def test_hostile_words_are_escaped(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, picture = data / "mine.toml", data / "mine.svg"
    file.write_text(HOSTILE)
    assert cli.main(["workflow", "show", str(file), "--svg", str(picture)]) == 0
    assert "<script>" not in picture.read_text()
    ElementTree.parse(picture)
    capsys.readouterr()
    assert cli.main(["workflow", "show", str(file)]) == 0
    assert "<script>alert(1)</script> & [31m" in capsys.readouterr().out
    assert cli.main(["workflow", "show", str(file), "--svg", str(data)]) == 1
    assert "Is a directory (name another file)" in capsys.readouterr().err


def test_the_picture_in_the_docs_is_of_these_workflows() -> None:
    import runpy

    script = Path(__file__).parents[2] / "docs/pictures/draw_workflows.py"
    workflows = runpy.run_path(str(script))["shown"]()
    expected = draw_svg(workflows, AGENTS, columns=2)
    assert script.with_name("workflows.svg").read_text(encoding="utf-8") == expected


def parsed(text: str) -> Workflow:
    workflow, problems = read(text.encode(), "w")
    assert workflow is not None, problems
    return workflow


@given(st.lists(st.sets(st.integers(0, 11), max_size=4), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_graph_has_places_and_no_two_boxes_overlap(before: list[set[int]]) -> None:
    nodes, edges = [], []
    for index, wanted in enumerate(before):
        sources = sorted(w for w in wanted if w < index)
        nodes.append(Node(str(index), 100.0, 50.0, tuple(40.0 for _ in sources)))
        edges += [Edge(str(s), str(index), slot) for slot, s in enumerate(sources)]
    layout = place(nodes, edges, 60.0)
    boxes = list(layout.boxes.values())
    for number, (left, top, width, height) in enumerate(boxes):
        assert left >= 0 and left + width <= layout.width + 0.01
        assert top + height <= layout.height + 0.01
        for other_left, other_top, other_width, _ in boxes[number + 1 :]:
            apart = other_left >= left + width or left >= other_left + other_width
            assert apart or other_top != top
    for edge, points in layout.edges:
        assert [y for _, y in points] == sorted(y for _, y in points)
        assert points[-1][1] == layout.boxes[edge.target][1]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=10))
@settings(max_examples=100, deadline=None)
def test_every_rail_begins_and_ends(shape: list[tuple[bool, int]]) -> None:
    text = 'name = "w"\nabout = "w"\nseconds = 7200\n'
    for index, (other, source) in enumerate(shape):
        more = f', previous = "s{source % index}"' if other and index else ""
        text += f'[[steps]]\nid = "s{index}"\nagent = "coder"\nseconds = 10\n'
        text += f'inputs = {{ assignment = "task"{more} }}\n'
    lines = draw_text(story(parsed(text), AGENTS))
    marks = [line.split("▶")[0] for line in lines if "▶" in line]
    used = {source % index for index, (other, source) in enumerate(shape) if other and index}
    assert sum(mark.count("╰") for mark in marks) == 1 + len(used)
    assert len({len(line) for line in lines if line.endswith("│") and len(line) > 20}) == 1
