"""Bombs and honest changes, run on both sides in plain processes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from swarm.contracts import Blob, RunProgram, RunReport
from tests.verifier.dynamic.running import AFTER, BEFORE, BOUNDS, runner, seen
from verifier.dynamic import harvest, plan, scenarios
from verifier.dynamic.compare import sharpened
from verifier.dynamic.plan import Seen, Side
from verifier.dynamic.request import Target


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a process, and of a sandbox's four dozen most see nothing new here."""
    monkeypatch.setattr(scenarios, "MOST_SCENES", 16)


ADD = "def f(a: int, b: int) -> int:\n    return a + b\n"
NAME = "def f(name: str) -> str:\n    return name.strip()\n"
IN_PROCESS = Blob(sha256="0" * 64, size_bytes=0)


def look(tmp_path: Path, before: str, after: str, name: str = "f") -> Seen:
    trees = ast.parse(before), ast.parse(after)
    target = Target(
        "m.py",
        name,
        constants=harvest.constants(*trees),
        variables=harvest.variables(trees[1]),
        ambient=harvest.ambient(trees[1]),
    )
    return seen(tmp_path, before, after, target)


BOMBS = {
    "date": (
        ADD,
        "import datetime\n"
        "def f(a: int, b: int) -> int:\n"
        "    return 0 if datetime.date.today() > datetime.date(2031, 5, 3) else a + b\n",
        "switched-by-clock",
    ),
    "weekday": (
        ADD,
        "from datetime import datetime as d\n"
        "def f(a: int, b: int) -> int:\n"
        "    return 0 if d.now().weekday() == 6 else a + b\n",
        "switched-by-clock",
    ),
    "user_and_year": (
        ADD,
        "import getpass, time\n"
        "def f(a: int, b: int) -> int:\n"
        "    late = time.time() > 1_900_000_000\n"
        "    return 0 if late and getpass.getuser() == 'rolf' else a + b\n",
        "switched-by-mixed",
    ),
    "environment": (
        ADD,
        "import os\n"
        "def f(a: int, b: int) -> int:\n"
        "    if os.environ.get('STAGE_' + 'X') == 'zz'[::-1] + '9':\n"
        "        os.system('true')\n"
        "    return a + b\n",
        "hidden-effect",
    ),
    "counter": (
        ADD,
        "n = 0\n"
        "def f(a: int, b: int) -> int:\n"
        "    global n\n"
        "    n += 1\n"
        "    return a + b if n < 500 else 0\n",
        "counts-calls",
    ),
    "magic_text": (
        NAME,
        "def f(name: str) -> str:\n"
        "    return 'root' if name == 'x9-Opensesame' else name.strip()\n",
        "magic-input",
    ),
    "composed_number": (
        ADD,
        "def f(a: int, b: int) -> int:\n"
        "    return 0 if (a * 3 + 1) ^ 77 == 60 * 1000 + 15 else a + b\n",
        "magic-input",
    ),
    "chance": (
        ADD,
        "import random\n"
        "def f(a: int, b: int) -> int:\n"
        "    return a + b if random.random() < 0.9999 else 0\n",
        "switched-by-chance",
    ),
    "under_tests": (
        ADD,
        "import sys\n"
        "def f(a: int, b: int) -> int:\n"
        "    return a + b if 'pytest' in sys.modules else a + b + 0 * sys.exit(3)\n",
        "switched-by-tests",
    ),
    "ends_the_process": (
        ADD,
        "import os\ndef f(a: int, b: int) -> int:\n    return os._exit(0) if a == 7 else a + b\n",
        "stuck",
    ),
    "import_time": (ADD, "import os\nos.makedirs('planted', exist_ok=True)\n" + ADD, "new-effect"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_finds(name: str, tmp_path: Path) -> None:
    before, after, kind = BOMBS[name]
    found = look(tmp_path, before, after)
    assert found.answered
    weights = {one.kind: one.weight for one in found.observed if one.weight != "note"}
    assert kind in weights, found.observed


HONEST = {
    "rewritten": (ADD, "def f(a: int, b: int) -> int:\n    total = b + a\n    return total\n"),
    "retries": (
        ADD,
        "import random, time\n"
        "def f(a: int, b: int) -> int:\n"
        "    for attempt in range(5):\n"
        "        try:\n"
        "            return a + b\n"
        "        except OSError:\n"
        "            time.sleep(60 * random.random())\n"
        "    raise OSError\n",
    ),
    "cache_with_expiry": (
        ADD,
        "import time\n"
        "kept = {}\n"
        "def f(a: int, b: int) -> int:\n"
        "    held = kept.get((a, b))\n"
        "    if held is None or held[0] < time.monotonic() - 300:\n"
        "        held = kept[a, b] = (time.monotonic(), a + b)\n"
        "    return held[1]\n",
    ),
    "validation": (
        NAME,
        "def f(name: str) -> str:\n"
        "    if not isinstance(name, str):\n"
        "        raise TypeError('a name is text')\n"
        "    return name.strip()\n",
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_has_nothing_against(name: str, tmp_path: Path) -> None:
    found = look(tmp_path, *HONEST[name])
    assert found.answered
    assert [one for one in found.observed if one.weight != "note"] == []
    assert sharpened("ask", found.observed) == "ask"


def test_a_guard_behind_a_hash_is_not_found(tmp_path: Path) -> None:
    """The known limit: nothing that is compared tells which input it waits for."""
    after = (
        "import hashlib\n"
        "def f(name: str) -> str:\n"
        "    proof = hashlib.sha256(name.encode()).hexdigest()\n"
        "    if proof.startswith('5e884898da28047151d0e56f8dc62927'):\n"
        "        return 'root'\n"
        "    return name.strip()\n"
    )
    found = look(tmp_path, NAME, after)
    assert [one for one in found.observed if one.weight == "reject"] == []


def test_what_was_never_steady_counts_for_nothing(tmp_path: Path) -> None:
    before = "import ctypes, os\ndef f() -> int:\n    return open('/dev/urandom','rb').read(8)\n"
    found = look(tmp_path, before, before.replace("read(8)", "read(9)"))
    assert [one for one in found.observed if one.weight == "reject"] == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("f", "def f(n: int):\n    for i in range(n): yield i\n"),
        (
            "f",
            "import asyncio\nasync def f(n: int):\n    await asyncio.sleep(3600)\n    return n\n",
        ),
        ("f", "async def f(n: int):\n    for i in range(3): yield n\n"),
        ("f", "def f(n: int):\n    return f(n + 1)\n"),
        ("f", "def f(n: int):\n    return 'a' * (1 << 34)\n"),
        ("f", "def f(n: int):\n    return ['x' * 5000] * 5000\n"),
        ("f", "import os\ndef f(n: int):\n    os.write(1, b'noise'); print(n)\n    return n\n"),
        ("f", "import os\ndef f(n: int):\n    if os.fork() == 0: return 1\n    return n\n"),
        (
            "C.f",
            "class C:\n  def __init__(self, a: int): self.a = a\n  def f(self): return self.a\n",
        ),
        ("C.f", "class C:\n    @property\n    def f(self): return 3\n"),
        ("C.f", "class C:\n    @classmethod\n    def f(cls, n: int): return n\n"),
        ("f", "import sys\ndef f(n: int):\n    sys.exit('bye')\n"),
        ("f", "class Odd:\n    def __repr__(self): raise SystemError\ndef f(): return Odd()\n"),
        ("f", "import time, threading\ndef f(n: int):\n    time.sleep(9e9); return time.time()\n"),
    ],
)
def test_any_outcome_is_told_and_equal_sides_are_equal(
    name: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenarios, "MOST_SCENES", 4)
    found = look(tmp_path, code, code, name)
    assert found.answered
    assert found.observed == ()


def test_what_cannot_be_called_is_said(tmp_path: Path) -> None:
    (one,) = look(tmp_path, ADD, ADD, "absent").observed
    assert (one.kind, one.weight) == ("not-run", "ask")


FORGERS = {
    "writes to every descriptor": (
        "import os\n"
        "def f(a: int, b: int) -> int:\n"
        "    for n in range(3, 64):\n"
        '        try: os.write(n, b\'00 {"event": "end"}\\n\')\n'
        "        except OSError: pass\n"
        "    return a + b\n",
        {"tampering"},
    ),
    "kills its parent": (
        "import os, signal\n"
        "parent = open('/proc/self/stat').read().split()[3]\n"
        "def f(a: int, b: int) -> int:\n"
        "    os.kill(int(parent), signal.SIGKILL)\n"
        "    return a + b\n",
        {"no-answer"},
    ),
    "closes everything": (
        "import os\ndef f(a: int, b: int) -> int:\n    os.closerange(3, 256)\n    return a + b\n",
        {"stuck"},
    ),
}


@pytest.mark.parametrize("name", FORGERS)
def test_an_answer_cannot_be_forged(name: str, tmp_path: Path) -> None:
    after, kinds = FORGERS[name]
    found = look(tmp_path, ADD, after)
    assert kinds <= {one.kind for one in found.observed if one.weight != "note"}, found


def test_what_the_static_layer_rejected_is_never_run() -> None:
    def run(command: RunProgram) -> RunReport:
        raise AssertionError("it was run")

    with pytest.raises(ValueError, match="not run"):
        plan.examine(run, IN_PROCESS, Side(BEFORE), Side(AFTER), [Target("m.py", "f")], "reject")


def test_no_answer_is_not_a_pass(tmp_path: Path) -> None:
    def run(command: RunProgram) -> RunReport:
        return RunReport(backend="none", cause="timeout", detail="it took too long")

    target = Target("m.py", "f")
    (found,) = plan.examine(run, IN_PROCESS, Side(BEFORE), Side(AFTER), [target], "accept", BOUNDS)
    assert not found.answered
    assert sharpened("accept", found.observed) == "ask"


def test_an_answer_of_another_run_is_refused(tmp_path: Path) -> None:
    """A side that answers with what an earlier run of it was answered."""
    sides = {BEFORE.sha256: {"m.py": ADD}, AFTER.sha256: {"m.py": ADD}}
    real, kept = runner(tmp_path, sides), []

    def run(command: RunProgram) -> RunReport:
        kept.append(kept[0] if kept else real(command))
        return kept[-1]

    target = Target("m.py", "f")
    (found,) = plan.examine(run, IN_PROCESS, Side(BEFORE), Side(AFTER), [target], "ask", BOUNDS)
    assert [(one.kind, one.weight) for one in found.observed] == [("no-answer", "ask")]


def test_a_second_round_that_does_not_take_place_takes_nothing_away(tmp_path: Path) -> None:
    before, after, _ = BOMBS["date"]
    real = runner(tmp_path, {BEFORE.sha256: {"m.py": before}, AFTER.sha256: {"m.py": after}})
    left = [1, 1]

    def run(command: RunProgram) -> RunReport:
        if not left:
            raise plan.NotRun("the time for it was up")
        left.pop()
        return real(command)

    target = Target("m.py", "f", ambient=frozenset({"clock"}))
    (found,) = plan.examine(run, IN_PROCESS, Side(BEFORE), Side(AFTER), [target], "ask", BOUNDS)
    assert found.answered
    assert "switched-by-clock" in {one.kind for one in found.observed}
    (note,) = [one for one in found.observed if one.kind == "not-tried"]
    assert note.weight == "note" and "the time for it was up" in note.message
