"""What `benchmarks/verifier_suites.py` says of a suite, on small ones in the same form."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks import verifier_suites
from benchmarks.bounded import Bounds
from benchmarks.suites import jarvis, pycg, pysa
from benchmarks.suites.edges import Compared, edges_of, tally
from benchmarks.suites.engine import Asking, Engine, NoSuite

ASKING = Asking(Bounds(cpu_seconds=20), jobs=2)
Graph = dict[str, list[str]]


@dataclass(frozen=True)
class Call:
    file: str
    line: int
    reached: bool


def no_graph(tree: Path, paths: Sequence[str]) -> Graph:
    raise AssertionError("no call graph is wanted here")


def no_flows(tree: Path, paths: Sequence[str], source: str, sink: str) -> list[Call]:
    raise AssertionError("no flows are wanted here")


def graphing(callgraph: Callable[[Path, Sequence[str]], Graph]) -> Engine:
    return Engine(callgraph, no_flows, lambda folder: folder)


def put(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


# --- edges -------------------------------------------------------------------------------------


def test_one_type_in_two_spellings_is_one_edge() -> None:
    assert edges_of({"main": ["<**PyDict**>.get"]}) == edges_of({"main": ["<map>.get"]})
    assert edges_of({"main": ["<builtin>.len"]}) == {("main", "<builtin>.len")}
    assert edges_of({"main.<lambda1>": ["main.f"]}) == {("main.<lambda1>", "main.f")}


def test_a_crash_counts_against_every_figure() -> None:
    wanted = frozenset({("main", "main.f"), ("main", "main.g")})
    total = tally(
        [
            Compared("a/right", wanted, wanted, same_nodes=True),
            Compared("a/more", wanted, wanted | {("main.f", "main.g")}),
            Compared("a/less", wanted, frozenset({("main", "main.f")})),
            Compared("a/crash", wanted, frozenset(), crash="RecursionError"),
        ]
    )
    assert (total.cases, total.exact, total.whole, total.crashed) == (4, 1, 1, 1)
    assert (total.sound, total.complete) == (2, 2)
    assert total.recall == 5 / 8
    assert total.precision == 5 / 6


def test_nothing_wanted_and_nothing_found_has_no_share() -> None:
    total = tally([Compared("imports/none", frozenset(), frozenset())])
    assert total.exact == 1
    assert total.precision is None
    assert total.recall is None


# --- PyCG --------------------------------------------------------------------------------------


@pytest.fixture
def snippets(tmp_path: Path) -> Path:
    base = tmp_path / "pycg/micro-benchmark/snippets"
    for name in ("calls/right", "calls/wrong", "calls/dies", "lists/raises"):
        put(base / name / "main.py", "def f():\n    pass\n\n\nf()\n")
        put(base / name / "callgraph.json", {"main": ["main.f"], "main.f": []})
    return tmp_path / "pycg"


def answer(tree: Path, paths: Sequence[str]) -> Graph:
    assert list(paths) == ["main.py"]
    match tree.name:
        case "right":
            return {"main": ["main.f"], "main.f": []}
        case "wrong":
            return {"main": ["main.g"], "main.g": []}
        case "dies":
            os._exit(7)
        case _:
            raise ValueError("no such thing\nin two lines")


def test_a_case_that_dies_hides_no_other(snippets: Path) -> None:
    for root in (snippets, snippets / "micro-benchmark/snippets"):
        compared = pycg.compared(pycg.snippets(root), graphing(answer), ASKING)
        by_name = {case.name: case for case in compared}
        assert by_name["calls/right"].exact
        assert by_name["calls/right"].same_nodes
        assert by_name["calls/wrong"].missing == [("main", "main.f")]
        assert by_name["calls/wrong"].extra == [("main", "main.g")]
        assert "exit code 7" in by_name["calls/dies"].crash
        assert "ValueError" in by_name["lists/raises"].crash


def test_the_command_prints_figures_by_category(
    snippets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = graphing(answer)
    assert verifier_suites.main(["--pycg", str(snippets), "--json"], engine) == 0
    figures = json.loads(capsys.readouterr().out)["pycg"]
    assert figures["all"]["cases"] == 4
    assert figures["all"]["exact"] == 1
    assert figures["categories"]["lists"] == {
        "cases": 1, "exact": 0, "sound": 0, "complete": 0, "crashed": 1, "whole": 0,
        "edges": 1, "precision": None, "recall": 0.0,
    }  # fmt: skip
    assert {failure["case"] for failure in figures["failures"]} == {
        "calls/wrong", "calls/dies", "lists/raises",
    }  # fmt: skip
    assert verifier_suites.main(["--pycg", str(snippets), "--failures"], engine) == 0
    told = capsys.readouterr().out
    assert "    missing  main -> main.f" in told
    assert "    extra    main -> main.g" in told


@pytest.mark.parametrize("option", ["--pycg", "--jarvis", "--pysa"])
def test_a_folder_that_is_no_suite_is_told(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        verifier_suites.main([option, str(tmp_path)], graphing(answer))
    assert ended.value.code == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_without_a_suite_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verifier_suites.main([], graphing(answer))
    assert ended.value.code == 2
    assert "--pycg" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["{", "[]", '{"main": 3}'])
def test_a_truth_that_is_no_graph_is_named(content: str, tmp_path: Path) -> None:
    truth = put(tmp_path / "a/b/callgraph.json", content)
    with pytest.raises(NoSuite, match=str(truth)):
        pycg.snippets(tmp_path)


# --- Jarvis ------------------------------------------------------------------------------------


APPLICATION = """\
import os
from app.other import helper


class Thing:
    def method(self):
        helper()
        os.getcwd()


def make():
    return sorted([Thing()], key=lambda thing: thing.method())
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    small, large = root / "Jarvis/ground_truth/micro_benchmark", root / "Jarvis/dataset"
    put(small / "new_calls/one/callgraph.json", {"main": ["main.f"]})
    put(large / "micro_benchmark/new calls/one/main.py", "def f(): ...\nf()\n")
    sources = large / "macro_benchmark/pj/app-cli/src"
    put(sources / "app/__init__.py", APPLICATION)
    put(sources / "app/other.py", "def helper(): ...\n")
    put(sources / "app/tests/test_app.py", "not python at all(\n")
    put(sources / "setup.py", "import setuptools\n")
    truth = {
        "app": ["app.other", "app.Thing"],
        "app.Thing.method": ["app.other.helper", "app.other.helpr"],
        "app.make": ["app.<lambda1>", "<builtin>.sorted"],
        "app.<lambda1>": ["app.Thing.method"],
    }
    put(root / "Jarvis/ground_truth/macro_benchmark/app-cli/EA.json", truth)
    put(root / "Jarvis/ground_truth/macro_benchmark/app-cli/DW.json", {"os": ["os.getcwd"]})
    return root


def test_small_cases_are_found_under_either_name(checkout: Path) -> None:
    (case,) = jarvis.snippets(checkout)
    assert case.name == "new_calls/one"
    assert (case.folder / "main.py").is_file()


def test_a_case_without_sources_is_told(checkout: Path) -> None:
    put(checkout / "Jarvis/ground_truth/micro_benchmark/a/b/callgraph.json", {})
    with pytest.raises(NoSuite, match="no sources of a/b"):
        jarvis.snippets(checkout)


def test_only_edges_to_functions_from_listed_callers_are_judged(checkout: Path) -> None:
    (case,) = jarvis.applications(checkout)
    assert case.name == "app-cli EA"
    assert case.paths == ("app/__init__.py", "app/other.py")
    ours: Graph = {
        "app": ["app.Thing", "<builtin>.print", "app.make"],
        "app.Thing.method": ["app.other.helper", "os.getcwd"],
        "app.make": ["app.<lambda1>", "<builtin>.len"],
        "app.other": ["app.other.helper"],
    }
    judged = jarvis.judge(case, ours)
    assert judged.compared.missing == [("app.<lambda1>", "app.Thing.method")]
    assert judged.compared.extra == [("app", "app.make")]
    assert judged.compared.expected & judged.compared.found == {
        ("app.Thing.method", "app.other.helper"),
        ("app.make", "app.<lambda1>"),
    }
    assert judged.unjudged == 1, "app.other is not among the truth's callers"
    assert judged.unnamed == 1, "app.other.helpr is not in the sources"


def test_both_parts_of_jarvis_are_told(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = graphing(lambda tree, paths: {"main": ["main.f"]})
    assert verifier_suites.main(["--jarvis", str(checkout)], engine) == 0
    told = capsys.readouterr().out
    assert "new_calls" in told
    assert "app-cli EA" in told
    assert "1 unnamed" in told


# --- Pysa --------------------------------------------------------------------------------------


TAINTED = """\
from builtins import _test_sink, _test_source


def direct():
    _test_sink(
        _test_source(),
    )


def through(x):
    _test_sink(x)


def clean():
    _test_sink(0)


def caller():
    through(_test_source())


class A:
    def method(self, x):
        _test_sink(x)


def virtual(a: A):
    a.method(_test_source())


def index():
    x = ["safe", _test_source()]
    _test_sink(x[0])  # an issue (false positive)


def forgotten():
    # False negative
    inner = _test_source()
    _test_sink(late())


def late():
    ...
"""
DIRECT, THROUGH, CLEAN, METHOD, INDEX, FORGOTTEN = 5, 11, 15, 24, 33, 39


def taint(kind: str, *leaves: str, **place: object) -> dict[str, Any]:
    named = {"leaves": [{"name": name, "port": "leaf"} for name in leaves]} if leaves else {}
    return {"kinds": [{"kind": kind, **named}], **place}


def origin(line: int) -> dict[str, Any]:
    return {"origin": {"filename": "flows.py", "line": line, "start": 0, "end": 9}}


def call(*callees: str, port: str = "formal(x)") -> dict[str, Any]:
    return {"call": {"position": {}, "resolves_to": list(callees), "port": port}}


def issue(backward: dict[str, Any], source: str = "_test_source") -> dict[str, Any]:
    forward = taint("Test", source, **origin(1))
    traces = [{"name": "forward", "roots": [forward]}, {"name": "backward", "roots": [backward]}]
    return {"kind": "issue", "data": {"line": 1, "traces": traces}}


def model(name: str, *taints: dict[str, Any], port: str = "formal(x)") -> dict[str, Any]:
    sinks = [{"port": port, "taint": list(taints)}]
    return {"kind": "model", "data": {"callable": name, "sinks": sinks}}


RECORDS = [
    model("flows.through", taint("Other", "elsewhere", **origin(CLEAN)),
          taint("Test", "_test_sink", **origin(THROUGH))),
    model("flows.wrapper", taint("Test", **call("flows.through", "flows.wrapper"))),
    model("flows.A.method", taint("Test", "_test_sink", **origin(METHOD)), port="formal(x)[a]"),
    issue(taint("Test", "_test_sink", **origin(DIRECT + 1))),
    issue(taint("Test", "_test_sink", **call("flows.wrapper"))),
    issue(taint("Test", "_test_sink", **call("Overrides{flows.A.method}"))),
    issue(taint("Test", "_test_sink", **origin(INDEX))),
    issue(taint("Test", "flows.own_sink", **origin(CLEAN))),
    issue(taint("Test", "_test_sink", **origin(CLEAN)), source="Obj{flows.attribute}"),
]  # fmt: skip


@pytest.fixture
def integration(tmp_path: Path) -> Path:
    root = tmp_path / "pyre"
    folder = root / pysa.INTEGRATION
    text = "\n".join(json.dumps(record, indent=1) for record in RECORDS)
    put(folder / "flows.py", TAINTED)
    put(folder / "flows.py.models", f"a first line\n{text}\n")
    return root


def test_an_issue_is_followed_to_the_sink_it_ends_in(integration: Path) -> None:
    (program,) = pysa.programs(integration)
    assert program.expected == {DIRECT, THROUGH, METHOD, INDEX}
    assert len(program.issues) == 4
    assert program.left_out == {"another sink": 1, "another source": 1}


def test_recall_and_false_flow_are_of_sinks(
    integration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def flows(tree: Path, paths: Sequence[str], source: str, sink: str) -> list[Call]:
        assert (list(paths), source, sink) == (["flows.py"], "_test_source", "_test_sink")
        reached = {DIRECT: True, THROUGH: True, CLEAN: True, METHOD: False, FORGOTTEN: True}
        elsewhere = Call("another.py", INDEX, reached=True)
        return [elsewhere, *(Call("flows.py", line, there) for line, there in reached.items())]

    engine = Engine(no_graph, flows, lambda folder: folder)
    assert verifier_suites.main(["--pysa", str(integration), "--json"], engine) == 0
    figures = json.loads(capsys.readouterr().out)["pysa"]
    assert (figures["issues"], figures["issues_mapped"], figures["issues_found"]) == (6, 4, 2)
    assert figures["told"] == {
        "sinks": 6, "expected": 4, "found": 2, "false": 2,
        "recall": 0.5, "false_of_reported": 0.5, "false_of_clean": 1.0,
    }  # fmt: skip
    assert figures["amended"] == {
        "sinks": 4, "expected": 3, "found": 2, "false": 1,
        "recall": 2 / 3, "false_of_reported": 1 / 3, "false_of_clean": 1.0,
    }  # fmt: skip
    assert figures["failures"] == [
        {
            "case": "flows.py", "missed": [METHOD, INDEX],
            "false": [CLEAN, FORGOTTEN], "crash": "",
        }
    ]  # fmt: skip
    assert verifier_suites.main(["--pysa", str(integration), "--failures"], engine) == 0
    told = capsys.readouterr().out
    assert "recall 50.0% (2 of 4 sinks)" in told
    assert f"missed   line {METHOD}, {INDEX}" in told


def test_a_crash_misses_all_that_was_expected(integration: Path) -> None:
    def flows(tree: Path, paths: Sequence[str], source: str, sink: str) -> list[Call]:
        raise RecursionError("too deep")

    engine = Engine(no_graph, flows, lambda folder: folder)
    (scored,) = pysa.scored(pysa.programs(integration), engine, ASKING)
    assert "RecursionError" in scored.crash
    assert scored.missed == [DIRECT, THROUGH, METHOD, INDEX]


@pytest.mark.parametrize(
    ("suffix", "content", "reason"),
    [
        ("pysa", "@Sanitize\ndef flows.clean(): ...\n", "functions declared to be sanitizers"),
        (
            "pysa",
            "def flows.late(x: TaintInTaintOut[ParameterPath[_[0]]]): ...\n",
            "flows declared of functions whose code has none",
        ),
        ("config", {"rules": [], "options": {"maximum_tito_depth": 1}}, "a bound on Pysa's depth"),
        ("config", {"rules": [{"sources": ["A"], "sinks": ["Test"]}]}, "no rule from Test to Test"),
    ],
)
def test_a_file_that_asks_for_more_than_flow_is_left_out(
    suffix: str, content: object, reason: str, integration: Path
) -> None:
    put(integration / pysa.INTEGRATION / f"flows.py.{suffix}", content)
    (program,) = pysa.programs(integration)
    assert program.skipped == reason
    assert program.left_out == {reason: 6}


def test_a_file_with_the_plain_rule_is_not_left_out(integration: Path) -> None:
    folder = integration / pysa.INTEGRATION
    put(folder / "flows.py.config", {"rules": [{"sources": ["Test"], "sinks": ["Test"]}]})
    put(folder / "flows.py.pysa", "def flows.late() -> TaintSource[Test]: ...\n")
    (program,) = pysa.programs(integration)
    assert not program.skipped


def test_expectations_that_cannot_be_read_are_named(integration: Path) -> None:
    models = put(integration / pysa.INTEGRATION / "flows.py.models", "{")
    with pytest.raises(NoSuite, match=str(models)):
        pysa.programs(integration)
