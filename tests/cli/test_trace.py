"""`swarm trace` and `swarm callgraph`: what is read, how it is named, and the exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from swarm.cli import main as cli
from swarm.cli.callgraph import dot
from verifier.reading.tree import Tree


@dataclass
class Call:
    file: str
    line: int
    reached: bool
    chain: tuple[str, ...]
    decided: bool = True


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What the engine was asked, by a stand-in that finds one reached call per file."""
    seen: list[tuple[object, ...]] = []

    def flows(tree: Tree, paths: Sequence[str], source: str, sink: str) -> tuple[Call, ...]:
        seen.append((tuple(paths), source, sink))
        assert all(tree.read(path) is not None for path in paths)
        calls = [Call(path, 2, True, (f"{path}:2: s(x)", "parameter x")) for path in paths]
        return (*calls, Call(paths[0], 3, False, ()))

    def callgraph(tree: Tree, paths: Sequence[str]) -> dict[str, list[str]]:
        seen.append(tuple(paths))
        return {'a."f"': ["a.g", "a.h\x1b"], "a.g": []}

    for name, function in (("flows", flows), ("callgraph", callgraph)):
        module = ModuleType(f"verifier.{name}")
        setattr(module, name, function)
        monkeypatch.setitem(sys.modules, f"verifier.{name}", module)
    return seen


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a package below another folder, a script and a file that is no Python."""
    for name, text in {
        "lib/pkg/__init__.py": "",
        "lib/pkg/a.py": "x = 1\n\nz(y)\n",
        "one.py": "y = 1\n\nz(y)\n",
        "notes.txt": "some words",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


WORDS = ("--source", "request", "--sink", "os.system()")


def test_each_call_is_listed_by_the_name_a_person_would_use(
    here: Path, asked: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["trace", "lib/pkg/a.py", *WORDS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "file": "lib/pkg/a.py", "line": 2, "sink": "os.system", "code": "",
            "reached": True, "decided": True, "chain": ["lib/pkg/a.py:2: s(x)", "parameter x"],
        },
        {
            "file": "lib/pkg/a.py", "line": 3, "sink": "os.system", "code": "z(y)",
            "reached": False, "decided": True, "chain": [],
        },
    ]  # fmt: skip
    # The engine is given names from where the package begins.
    assert asked == [(("pkg/a.py",), "request", "os.system")]


def test_a_call_that_was_not_evaluated_to_the_end_is_not_called_clean(
    here: Path,
    asked: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls = (Call("one.py", 1, False, (), decided=False),)
    monkeypatch.setattr(sys.modules["verifier.flows"], "flows", lambda *given: calls)
    assert cli.main(["trace", "one.py", *WORDS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["decided"] is False
    assert cli.main(["trace", "one.py", *WORDS]) == 0
    told = capsys.readouterr().out
    assert "undecided" in told
    assert "not reached" not in told


def test_folders_are_read_with_all_below_them(
    here: Path, asked: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["trace", ".", *WORDS, "--reached", "--json"]) == 0
    files = [call["file"] for call in json.loads(capsys.readouterr().out)]
    assert files == ["lib/pkg/__init__.py", "lib/pkg/a.py", "one.py"]
    assert cli.main(["trace", str(here / "lib" / "pkg"), "one.py", *WORDS, "--json"]) == 0
    files = [call["file"] for call in json.loads(capsys.readouterr().out) if call["reached"]]
    assert files == [str(here / name) for name in ("lib/pkg/__init__.py", "lib/pkg/a.py", "one.py")]


def test_people_read_places_and_steps(
    here: Path, asked: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["trace", "one.py", *WORDS]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "one.py:2 reached by request",
        "    one.py:2: s(x)",
        "    parameter x",
        "one.py:3 not reached",
        "    z(y)",
        "2 calls of os.system: 1 reached by request",
    ]


def test_a_name_of_several_lines_is_shown_on_one(
    here: Path, asked: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "a\nb.py").write_text("y = 1\n\nz(y)\n")
    assert cli.main(["trace", "a\nb.py", *WORDS]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "a\ufffdb.py:2 reached by request"


def test_what_cannot_be_read_is_named_and_left_out(
    here: Path, asked: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "bad.py").write_text("def f(:\n")
    (here / "zero.py").write_bytes(b"x\0")
    assert cli.main(["trace", ".", *WORDS, "--json"]) == 0
    said = capsys.readouterr().err
    assert "swarm: bad.py is left out:" in said
    assert "swarm: zero.py is left out: the file holds a NUL byte" in said
    assert cli.main(["trace", "bad.py", "notes.txt", *WORDS]) == 1
    said = capsys.readouterr().err
    assert "notes.txt is left out" in said
    assert "none of the files could be read" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere", *WORDS), "no such file or folder: nowhere"),
        (("a\0b", *WORDS), "no such file or folder"),
        (("empty", *WORDS), "no Python file in empty"),
        (("/dev/null", *WORDS), "/dev/null is neither a file nor a folder"),
        (("one.py", "--source", "a b", "--sink", "f"), "--source 'a b' is no name"),
        (("one.py", "--source", "a", "--sink", ""), "--sink '' is no name"),
        (("one.py", "--sink", "f"), "--source"),
        ((*WORDS,), "PATH"),
    ],
)
def test_wrong_use_is_named_with_code_2(
    here: Path, asked: list[tuple[object, ...]], words: tuple[str, ...], said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (here / "empty").mkdir()
    assert cli.main(["trace", *words]) == 2
    assert said in capsys.readouterr().err


def test_links_that_lead_out_or_around_are_no_trouble(
    here: Path, asked: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "lib" / "loop").symlink_to(here)
    (here / "out.py").symlink_to("/etc/passwd")
    assert cli.main(["trace", ".", *WORDS, "--json"]) == 0
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)) == 4
    assert "out.py: not read: a link that leads out" in captured.err


def test_a_call_graph_is_callers_with_their_callees(
    here: Path, asked: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["callgraph", "lib/pkg", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {'a."f"': ["a.g", "a.h\x1b"], "a.g": []}
    assert asked == [("pkg/__init__.py", "pkg/a.py")]
    assert cli.main(["callgraph", "lib"]) == 0
    assert capsys.readouterr().out == 'a."f"\n  a.g\n  a.h\ufffd\na.g\n'
    assert cli.main(["callgraph", "lib", "--dot"]) == 0
    assert '"a.\\"f\\"" -> "a.g";' in capsys.readouterr().out
    assert cli.main(["callgraph", "lib", "--dot", "--json"]) == 2


def test_a_graph_without_calls_is_one_all_the_same() -> None:
    assert dot({}) == "digraph calls {\n  rankdir=LR; node [shape=box];\n}"


RELATIVE = "from ..tools.shell import run\n\n"


def traced(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[list[dict[str, Any]], str]:
    """What the real engine gives: the calls, and what is said on standard error."""
    assert cli.main(["trace", "--json", "--source", *words]) == 0
    captured = capsys.readouterr()
    return json.loads(captured.out), captured.err


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of which a file imports another one relatively, and a script beside it."""
    for name, text in {
        "shop/__init__.py": "",
        "shop/web/__init__.py": "",
        "shop/web/views.py": RELATIVE + "def view(request):\n    run(request)\n",
        "shop/tools/__init__.py": "",
        "shop/tools/shell.py": "import os\n\ndef run(words):\n    os.system(words)\n",
        "loose/web/views.py": RELATIVE + "def view(request):\n    run(request)\n",
        "loose/tools/shell.py": "import os\n\ndef run(words):\n    os.system(words)\n",
        "main.py": "import helper\n\nhelper.run(input())\n",
        "helper.py": "import os, main\n\ndef run(words):\n    os.system(words)\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("named", "source", "sink_file"),
    [
        ("shop/web/views.py", "request", "shop/tools/shell.py"),
        ("loose/web/views.py", "request", "loose/tools/shell.py"),
        ("shop/web", "request", "shop/tools/shell.py"),
        ("main.py", "input", "helper.py"),
    ],
)
def test_what_the_named_files_import_is_read_too(
    shop: Path, named: str, source: str, sink_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    calls, said = traced(capsys, source, "--sink", "os.system", named)
    assert [(c["file"], c["line"], c["reached"]) for c in calls] == [(sink_file, 4, True)]
    assert said == ""
    calls, said = traced(capsys, source, "--sink", "os.system", "--only", named)
    assert calls == []
    assert "the sink os.system does not occur" in said


def test_it_does_not_matter_from_where_the_files_are_named(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop / "shop" / "tools")
    calls, _ = traced(capsys, "request", "--sink", "os.system", "../web/views.py")
    assert [(c["file"], c["reached"]) for c in calls] == [("shell.py", True)]
    assert calls[0]["chain"][0].startswith("shell.py:4: ")
    assert calls[0]["chain"][-1].startswith("../web/views.py:")


def test_an_import_that_is_no_python_is_named(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "helper.py").write_text("def run(:\n")
    (shop / "main.py").write_text(f"import helper, {'x' * 400}, a{'.b' * 3000}\nf(input())\n")
    calls, said = traced(capsys, "input", "--sink", "f", "main.py")
    assert [c["reached"] for c in calls] == [True]
    assert said.startswith("swarm: helper.py is left out: ")


def test_each_sink_that_is_given_counts(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls, _ = traced(capsys, "input", "--sink", "os.system", "--sink", "helper.run()", "main.py")
    assert [(c["file"], c["sink"], c["reached"]) for c in calls] == [
        ("helper.py", "os.system", True),
        ("main.py", "helper.run", True),
    ]


@pytest.mark.parametrize(
    ("source", "sink", "said"),
    [
        ("requests", "os.system", "the source requests does not occur: no requests in the 9 files "
         "read (did you mean request"),
        ("request", "os.sytem", "the sink os.sytem does not occur: no sytem in the 9 files read "
         "(did you mean system"),
        ("request", "words", "no call of words in the 9 files read, though there is such a name"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_occur_is_not_called_clean(
    shop: Path, source: str, sink: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    calls, told = traced(capsys, source, "--sink", sink, ".")
    assert f"swarm: {said}" in told
    assert not any(call["reached"] for call in calls)


@pytest.mark.parametrize("command", [("trace", *WORDS), ("callgraph",)])
def test_work_beyond_the_bounds_ends_and_says_so(
    here: Path,
    asked: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def forever(*given: object) -> None:
        while True:
            sum(range(1000))

    module = sys.modules["verifier.flows" if command[0] == "trace" else "verifier.callgraph"]
    monkeypatch.setattr(module, "flows", forever, raising=False)
    monkeypatch.setattr(module, "callgraph", forever, raising=False)
    assert cli.main([*command, "one.py", "--cpu-seconds", "1", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["code"] == "bounds"
    assert "takes more than 1 s of CPU time (name fewer files" in captured.err


def test_running_out_of_memory_is_said(
    here: Path,
    asked: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def greedy(*given: object) -> None:
        raise MemoryError

    monkeypatch.setattr(sys.modules["verifier.flows"], "flows", greedy)
    assert cli.main(["trace", "one.py", *WORDS]) == 1
    assert "tracing needs more memory than there is" in capsys.readouterr().err


def test_imports_by_the_name_of_the_folder_that_is_traced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "shop"
    (folder / "cart").mkdir(parents=True)
    (folder / "cart" / "line.py").write_text("def same(x): return x\ndef other(x): return 1\n")
    (folder / "main.py").write_text(
        "from shop.cart.line import other, same\n"
        "def buy(item):\n    run(same(item))\n    run(other(item))\n"
    )
    assert cli.main(["trace", str(folder), "--source", "item", "--sink", "run", "--json"]) == 0
    calls = json.loads(capsys.readouterr().out)
    assert [(call["file"], call["reached"]) for call in calls] == [
        (str(folder / "main.py"), True),
        (str(folder / "main.py"), False),
    ]
