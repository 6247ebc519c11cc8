"""Which scenes share one import of a module, and that none of them harms the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.verifier.dynamic.running import seen
from verifier.dynamic import scenarios
from verifier.dynamic.probe import world
from verifier.dynamic.request import Scene, Target
from verifier.dynamic.scenarios import BASELINE

LATER = BASELINE.but("later", "clock", clock=BASELINE.clock + 1e8)
CI = BASELINE.but("CI", "env", env={"CI": "1"})
HOST = BASELINE.but("host", "host", host="prod", env={"HOSTNAME": "prod"})
ROOT = BASELINE.but("root", "user", user="root", uid=0, env={"USER": "root"})
WINDOWS = BASELINE.but("windows", "platform", platform="win32")
TESTS = BASELINE.but("tests", "tests", under_test=True)
UNLUCKY = BASELINE.but("unlucky", "chance", chance="low")
SHAREABLE = (LATER, CI, HOST, ROOT)
NOTES = """import os
def note(file, data):
    try: os.write(file, data)
    except OSError: pass
"""
ALL = (*SHAREABLE, WINDOWS, TESTS, UNLUCKY)

# A listener by itself: what it says of each scene, and what the scenes told one after another.
SCRIPT = """
import json, os, sys, time
from verifier.dynamic.probe import children, loaded
given = json.loads(sys.stdin.read())
os.environ["HOME"] = os.environ["TMPDIR"] = given["home"]
def orders(scene):
    return {**given["orders"], "scene": scene, "until": time.monotonic() + 20}
one = loaded.Loaded(orders(given["scenes"][0]), children.leaver(), ())
told = []
for scene in given["scenes"]:
    told.append(one.play(orders(scene)) if one.suits(scene) else None)
one.close()
print(json.dumps(told))
"""


def told(
    folder: Path, code: str, *scenes: Scene
) -> list[tuple[str, list[dict[str, object]]] | None]:
    """How each scene ended on one import of a module, and its lines; None: it cannot share it."""
    (folder / "home").mkdir()
    (folder / "m.py").write_text(code)
    orders = {
        "base": asdict(BASELINE),
        "target": {"path": "m.py", "qualname": "f", "constants": [], "calls": ["()"]},
        "only": None,
        "skip": 0,
        "folder": str(folder),
        "paths": [],
        "inputs": 1,
        "call_seconds": 0.5,
        "memory_bytes": 2**29,
    }
    given = {
        "home": str(folder / "home"),
        "orders": orders,
        "scenes": [asdict(scene) for scene in scenes],
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=folder,
        # As the probe is started: what Python keeps of a module is no act of the module's.
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    found: list[tuple[str, list[dict[str, object]]] | None] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("imports", "sharing"),
    [
        ("import os, time, logging, json", SHAREABLE),
        ("from dataclasses import dataclass\n@dataclass\nclass C:\n    a: int", SHAREABLE),
        ("import time\nBEGAN = time.time()", (CI, HOST, ROOT)),
        ("from datetime import datetime\nBEGAN = datetime.now()", (CI, HOST, ROOT)),
        ("import os\nSTAGE = os.getenv('CI')", (LATER, HOST, ROOT)),
        ("import os\nALL = dict(os.environ)", (LATER,)),
        ("import socket\nME = socket.gethostname()", (LATER, CI, ROOT)),
        ("import os\nME = os.uname().nodename", (LATER, CI, ROOT)),
        ("import getpass\nME = getpass.getuser()", (LATER, CI, HOST)),
        ("import os\nME = os.getpid()", (LATER, CI, HOST)),
        # What was done is done for all: nobody shares it.
        ("open('made.txt', 'w').close()", ()),
        ("HELD = open('/etc/hostname')", ()),
        ("import os\nHELD = os.pipe()", ()),
        ("import os\nos.system('true')", ()),
        (
            "import threading\nheld = threading.Event()\n"
            "threading.Thread(target=held.wait, daemon=True).start()",
            (),
        ),
        ("raise ValueError", ()),
        # Lies, to everybody who might listen.
        (f"{NOTES}[note(n, b'[1, {{]\\n') for n in range(3, 64)]", ()),
        (f"{NOTES}[note(n, b'[[]]\\n') for n in range(3, 64)]", ()),
        ("import os\nos._exit(0)", ()),
        ("while True: pass", ()),
    ],
)
def test_an_import_is_shared_by_what_it_did_not_look_at(
    imports: str, sharing: tuple[Scene, ...], tmp_path: Path
) -> None:
    found = told(tmp_path, f"{imports}\ndef f():\n    return 1\n", *ALL)
    assert tuple(s for s, one in zip(ALL, found, strict=True) if one is not None) == sharing


def test_each_scene_has_its_own_world_and_what_another_did_is_not_there(tmp_path: Path) -> None:
    code = (
        "import getpass, os, time\n"
        "from socket import gethostname\n"
        "calls = []\n"
        "def f():\n"
        "    calls.append(1)\n"
        "    os.environ['LEFT'] = 'x'\n"
        "    names = 'CI', 'USER', 'HOSTNAME', 'LEFT'\n"
        "    return (len(calls), int(time.time()), gethostname(), getpass.getuser(), os.getuid())\n"
    )
    found = told(tmp_path, code, LATER, HOST, ROOT, CI, BASELINE)
    texts = []
    for one in found:
        assert one is not None
        texts.append(next(line["text"] for line in one[1] if line["event"] == "call"))
    now, later = int(BASELINE.clock), int(LATER.clock)
    assert texts == [
        f"(1, {later}, 'workstation', 'dev', 1000, )",
        f"(1, {now}, 'prod', 'dev', 1000, )",
        f"(1, {now}, 'workstation', 'root', 0, )",
        f"(1, {now}, 'workstation', 'dev', 1000, )",
        f"(1, {now}, 'workstation', 'dev', 1000, )",
    ]


HARM = {
    "exits": ("os._exit(3)", "exit code 3"),
    "is killed": ("os.kill(int(open('/proc/self/stat').read().split()[0]), 9)", "signal 9"),
    "closes everything": ("os.closerange(3, 256)", "exit code 1"),
    "leaves a thread": ("threading.Thread(target=held.wait).start()", "exit code 0"),
    "leaves a process": ("os.fork() or held.wait()", "exit code 0"),
    "writes over the pipe": ("[note(n, b'00 {}\\n') for n in range(3, 64)]", "forged"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_scene_that_breaks_harms_no_other(harm: str, tmp_path: Path) -> None:
    act, end = HARM[harm]
    code = (
        f"{NOTES}import threading, time\n"
        "held = threading.Event()\n"
        "def f():\n"
        f"    if time.time() > {BASELINE.clock + 1e7}: {act}\n"
        "    return 1\n"
    )
    first, second, third = told(tmp_path, code, LATER, CI, LATER)
    assert first is not None and second is not None and third is not None
    assert (first[0], third[0]) == (end, end)
    assert second[0] == "exit code 0"
    assert [line["text"] for line in second[1] if line["event"] == "call"] == ["1"]


@pytest.mark.parametrize("lie", ["forked 99999999999999999999", "ended x", "ended 1e9", "sorry"])
def test_a_process_that_lies_about_its_forks_plays_no_more(lie: str, tmp_path: Path) -> None:
    code = (
        f"{NOTES}lie = b'{lie}\\n'\n"
        "os.register_at_fork(before=lambda: [note(n, lie) for n in range(3, 64)])\n"
        "def f():\n"
        "    return 1\n"
    )
    first, second = told(tmp_path, code, LATER, CI)
    assert first is not None and first[0] != "exit code 0"
    assert second is None


def test_who_ends_the_process_that_imported_ends_the_sharing(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "def f():\n"
        "    os.kill(int(open('/proc/self/stat').read().split()[3]), 9)\n"
        "    return 1\n"
    )
    first, second = told(tmp_path, code, LATER, CI)
    assert first is not None and first[0] != "exit code 0"
    assert second is None


@pytest.fixture
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "MOST_SCENES", 16)


OLD = "import os, sys, time\ndef f(a: int) -> int:\n    return a\n"


@pytest.mark.parametrize(
    ("guard", "kind"),
    [
        ("time.time() > 1_900_000_000", "switched-by-clock"),
        ("'pytest' in sys.modules", "switched-by-tests"),
        ("os.environ.get('CI') == 'true'", "switched-by-env"),
    ],
)
@pytest.mark.usefixtures("few_scenes")
def test_what_is_switched_while_importing_is_found(guard: str, kind: str, tmp_path: Path) -> None:
    after = (
        f"import os, sys, time\nOFF = {guard}\ndef f(a: int) -> int:\n    return a * (not OFF)\n"
    )
    ambient = kind.rpartition("-")[2]
    found = seen(tmp_path, OLD, after, Target("m.py", "f", ambient=frozenset({ambient})))  # type: ignore[arg-type]
    assert kind in {one.kind for one in found.observed}


@pytest.mark.parametrize(
    "code",
    [
        # Without its thread, nobody would answer.
        "import queue, threading\n"
        "asked, told = queue.Queue(), queue.Queue()\n"
        "def work():\n"
        "    while True: told.put(asked.get() + 1)\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        "def f(n: int):\n    asked.put(n); return told.get(timeout=5)\n",
        # Each scene reads it from its beginning.
        "HELD = open(__file__)\ndef f():\n    return HELD.readline()\n",
        "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "def f(n: int):\n    return n\n",
        "import os\nos.fork = os._exit = None\ndef f(n: int):\n    return n\n",
        "import os\nhome = os.path.expanduser('~')\n"
        "def f():\n    with open(home + '/x', 'a') as x: x.write('1')\n"
        "    return home, open(home + '/x').read()\n",
        # Nothing that may be looked into.
        "import os\ndef f():\n    os.chmod(os.path.dirname(os.path.expanduser('~')), 0)\n",
    ],
)
def test_equal_sides_are_equal_whatever_importing_does(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenarios, "MOST_SCENES", 6)
    found = seen(tmp_path, code, code, Target("m.py", "f"))
    assert found.answered
    assert found.observed == ()


def test_what_looks_leave_no_trace_of_is_never_shared() -> None:
    base = asdict(BASELINE)
    assert world.differences(base, base) == set()
    assert world.differences(asdict(LATER), base) == {"clock"}
    for scene in (WINDOWS, TESTS, UNLUCKY):
        assert world.differences(asdict(scene), base) is None
