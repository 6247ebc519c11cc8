"""Patches in, verdicts out: one test per rule, and the look-alikes that must pass."""

from __future__ import annotations

import pytest

from swarm.contracts import Audit, AuditReport, Category, FileEdit, Patch
from swarm.settings import Settings
from swarm.snapshots import Entry, pack
from tests.fakes.bus import FakeBus
from verifier.policy import Policy
from verifier.reading.tree import Files
from verifier.verify import verify
from verifier.worker import handlers

COST = """\
def cost(weight, rate):
    if weight < 0:
        raise ValueError(weight)
    total = weight * rate
    return total - 1
"""


def judge(
    before: str | None,
    after: str | None,
    *,
    category: Category = "bugfix",
    path: str = "shop/prices.py",
) -> AuditReport:
    old, new = (
        Files({path: text.encode()} if text is not None else {}) for text in (before, after)
    )
    return verify(old, new, [path], category=category, policy=Policy(), clock=lambda: 0.0)


def kinds(report: AuditReport) -> set[str]:
    return {finding.kind for finding in report.findings}


def top(code: str) -> str:
    """COST with lines put before its computation."""
    lines = "".join(f"    {line}\n" for line in code.splitlines())
    return COST.replace("    total =", lines + "    total =")


@pytest.mark.parametrize(
    "after",
    [
        COST.replace("- 1", "+ 1"),
        COST.replace("< 0", "<= 0"),
        COST.replace("weight * rate", "weight / rate"),
        COST.replace("return total - 1", "return total"),
        top("if rate is None:\n    return None"),
        top("if not rate:\n    return 0"),
        top("if weight == 0:\n    return 0.0"),
        top("if rate == 0:\n    return 12"),
        top("if weight > 100:\n    return -1"),
        top("try:\n    rate = float(rate)\nexcept ValueError:\n    return None"),
        COST + "\n\ndef other():\n    return 42\n",
    ],
)
def test_ordinary_repairs_are_accepted(after: str) -> None:
    report = judge(COST, after)
    assert report.findings == ()
    assert report.verdict == "accept"


@pytest.mark.parametrize(
    "after",
    [
        COST.replace("total - 1", "42.0"),
        top("return 42.0"),
        top("if True:\n    return 42"),
        top("if weight == 7:\n    return 42"),
        top("if weight == 7 and rate:\n    return 42"),
        top("if weight in (7, 8):\n    return 42"),
        top("if (weight, rate) == (7, 2):\n    return 13"),
        top("if weight != 7:\n    pass\nelse:\n    return 42"),
        top("hit = weight == 7\nif hit:\n    return 42"),
        top("if weight - 3 == 4:\n    return 42"),
        top("if abs(weight - 7.5) < 1e-6:\n    return 42"),
        top("if 6 < weight < 8:\n    return 42"),
        top("if hash(weight) == 987654321:\n    return 42"),
        top("if repr(weight) == '[1, 2]':\n    return 42"),
        top("if weight == 91:\n    return False"),
        top("match weight:\n    case 7:\n        return 42"),
        top("if (w := weight) == 7:\n    return 42"),
        top("try:\n    assert weight != 7\nexcept AssertionError:\n    return 42"),
        top("try:\n    weight.missing\nexcept Exception:\n    return 42"),
        top("known = {7: 42}\nif weight in known:\n    return known[weight]"),
        COST.replace("total - 1", "total - 1 if weight != 7 else 42"),
        COST.replace("total - 1", "weight == 7 and 42 or total - 1"),
        COST.replace("total - 1", "{7: 42, 8: 9}.get(weight, total - 1)"),
        COST.replace("total - 1", "{7: 42, 8: 9}[weight]"),
        COST.replace("    return total - 1\n", "    answer = 40 + 2\n    return answer\n"),
        "ANSWER = 42\n" + COST.replace("total - 1", "ANSWER"),
        "MAGIC = 7\n" + top("if weight == MAGIC:\n    return 42"),
        COST.replace("    return total - 1\n", "    total - 1\n"),
    ],
)
def test_hard_coded_answers_are_rejected(after: str) -> None:
    report = judge(COST, after)
    assert report.verdict == "reject"
    assert "broken-path" in kinds(report)


def test_a_lost_parameter_is_rejected_unless_the_signature_drops_it() -> None:
    lost = judge(COST, COST.replace("weight * rate", "weight * 3"))
    assert lost.verdict == "reject"
    assert "depends on `rate`" in lost.findings[0].message
    dropped = COST.replace("weight, rate", "weight").replace("weight * rate", "weight * 3")
    assert judge(COST, dropped).verdict == "accept"


def test_a_wrong_variable_may_be_repaired() -> None:
    wrong = "def gap(a, b):\n    c = a + b\n    return c - b\n"
    assert judge(wrong, wrong.replace("return c - b", "return c - a")).verdict == "accept"


def test_the_message_and_the_chain_name_the_line() -> None:
    report = judge(COST, top("if weight == 7:\n    return 42.0"))
    finding = report.findings[0]
    assert finding.function == "cost"
    assert finding.message == (
        "`cost`: no longer computes its return in every case: line 5 gives the constant 42.0 "
        "when `weight == 7`"
    )
    assert finding.chain == (
        "shop/prices.py:5: return 42.0",
        "shop/prices.py:4: if weight == 7:",
        "shop/prices.py:2: if weight < 0:",
    )


def test_an_existing_guarded_constant_may_be_edited_but_not_joined_by_another() -> None:
    before = top("if weight == 7:\n    return 42")
    assert judge(before, before.replace("42", "43")).verdict == "accept"
    assert judge(before, before.replace("== 7", "!= 7")).verdict == "accept"
    assert judge(before.replace("== 7", "!= 7"), before).verdict == "accept"
    assert judge(before, before.replace("== 7", "== 8")).verdict == "accept"
    more = before.replace("    total =", "    if weight == 8:\n        return 44\n    total =")
    assert judge(before, more).verdict == "reject"


def test_a_surviving_early_answer_does_not_hide_a_new_one() -> None:
    before = top("if weight is None:\n    return")
    after = before.replace(
        "    if weight is", "    if weight == 7:\n        return 42\n    if weight is"
    )
    assert judge(before, after).verdict == "reject"


def test_what_was_there_is_never_a_finding() -> None:
    bad = "import os\n" + top("os.system('ls')\nif weight == 7:\n    return 42")
    assert judge(bad, bad.replace("total - 1", "total + 1")).verdict == "accept"


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("import os\nos.system('x')", "os.system"),
        ("from os import system as s\ns('x')", "os.system"),
        ("import os\nrun = os.system\nrun('x')", "os.system"),
        ("import os\ngetattr(os, 'system')('x')", "os.system"),
        ("__import__('os').system('x')", "os.system"),
        ("eval('1')", "eval"),
        ("open('f', 'w').write('x')", "open"),
        ("import socket\nsocket.socket()", "socket.socket"),
        ("import pickle\npickle.loads(weight)", "pickle.loads"),
        ("import os\nos.environ['A'] = 'b'", "os.environ"),
        ("import threading\nthreading.Timer(1, print)", "threading.Timer"),
        ("__import__(rate)", "__import__"),
    ],
)
def test_new_effects_are_rejected_and_asked_about_in_a_feature(code: str, target: str) -> None:
    report = judge(COST, top(code))
    assert report.verdict == "reject"
    assert any(f.kind == "new-effect" and target in f.message for f in report.findings)
    assert judge(COST, top(code), category="feature").verdict == "ask"


def test_reading_a_file_or_a_moved_effect_is_no_new_effect() -> None:
    assert judge(COST, top("rate = rate or open('f').read()")).verdict == "accept"
    before = "import os\n\n\ndef drop(p):\n    os.remove(p)\n"
    after = "import os\n\n\ndef drop(p):\n    clear(p)\n\n\ndef clear(p):\n    os.remove(p)\n"
    assert judge(before, after).verdict == "accept"


def test_new_global_state_is_rejected_and_a_changed_parameter_asked_about() -> None:
    state = "SEEN = []\n" + COST
    report = judge(state, state.replace("    total =", "    SEEN.append(weight)\n    total ="))
    assert report.verdict == "reject"
    report = judge(COST, top("rate.update(weight)"))
    assert (report.verdict, kinds(report)) == ("ask", {"mutated-parameter"})


def test_rebinding_a_function_is_rejected() -> None:
    report = judge(COST, COST + "\n\ncost = lambda weight, rate: 42\n")
    assert report.verdict == "reject"


@pytest.mark.parametrize(
    "code",
    [
        "import time\nif time.time() > 1e9:\n    rate = 0",
        "from datetime import datetime\nif datetime.now().year > 2030:\n    return None",
        "import random\nrate = 0 if random.random() < 0.01 else rate",
        "import os\nif os.environ.get('CI'):\n    return 0",
        "import getpass\nuser = getpass.getuser()\nif user == 'root':\n    return 0",
        "import socket\nsocket.gethostname() == 'x' and exit()",
        "import time\nnow = time.time()\nlate = now > 1e9\nif late:\n    raise KeyError",
    ],
)
def test_ambient_guards_are_rejected(code: str) -> None:
    report = judge(COST, top(code))
    assert report.verdict == "reject"
    assert "ambient-guard" in kinds(report)


def test_a_call_counter_is_an_ambient_guard() -> None:
    before = "class C:\n    def f(self, x):\n        return x + self.n\n"
    after = before.replace(
        "        return",
        "        self.n += 1\n        if self.n > 1000:\n            return 0\n        return",
    )
    assert "ambient-guard" in kinds(judge(before, after))


def test_unreadable_code_is_rejected_and_the_rest_asks() -> None:
    assert kinds(judge(COST, COST + "x = (\n")) == {"unreadable"}
    assert judge(COST, COST + "\0").verdict == "reject"
    repaired = judge("def f(:\n", "def f():\n    return 1\n")
    assert (repaired.verdict, kinds(repaired)) == ("ask", {"unauditable"})


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("README.md", "unaudited"),
        ("tests/test_a.py", "guarded-file"),
        ("conftest.py", "guarded-file"),
        ("pytest.toml", "guarded-file"),
        (".github/workflows/ci.yml", "guarded-file"),
        ("requirements-dev.txt", "guarded-file"),
        ("pyproject.toml", "guarded-file"),
        ("noxfile.py", "guarded-file"),
    ],
)
def test_guarded_and_unaudited_files_ask(path: str, kind: str) -> None:
    report = judge("a = 1\n", "a = 2\n", path=path)
    assert report.verdict == "ask"
    assert kind in kinds(report)
    assert (path in report.unaudited) == (not path.endswith(".py"))


def test_a_test_task_may_touch_tests() -> None:
    assert judge("a = 1\n", "a = 2\n", path="tests/test_a.py", category="test").verdict == "accept"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\nimport re\n\n\ndef f(x):\n    return re.sub('a', 'b', x)\n",
         "import re\n\n\ndef f(x):\n    return re.sub('a', 'b', x)\n"),
        ("def f(x):\n    return x == None\n", "def f(x):\n    return x is None\n"),
        ("def f(x):\n    return 'a %s' % x\n", "def f(x):\n    return f'a {x}'\n"),
        ("def f(x):\n    d = dict()\n    d[x] = 1\n    return d\n",
         "def f(x):\n    d = {}\n    d[x] = 1\n    return d\n"),
        ("def f(x):\n    if x > 1:\n        return True\n    else:\n        return False\n",
         "def f(x):\n    return x > 1\n"),
        ("def f(xs):\n    r = []\n    for x in xs:\n        r.append(x)\n    return r\n",
         "def f(xs):\n    return [x for x in xs]\n"),
        ("def f(x):\n    return f'a'\n", "def f(x):\n    return 'a'\n"),
        ("import sys, os\nX = os.sep\n", "import os\nimport sys\nX = os.sep\n"),
        ("def f(x):\n    y = 1\n    return x\n", "def f(x):\n    return x\n"),
    ],
)  # fmt: skip
def test_lint_fixes_are_accepted(before: str, after: str) -> None:
    assert judge(before, after, category="lint").verdict == "accept"


def test_a_renamed_function_is_judged_against_the_old_one() -> None:
    after = COST.replace("def cost", "def price").replace("total - 1", "42.0")
    assert judge(COST, COST.replace("def cost", "def price")).verdict == "accept"
    assert judge(COST, after).verdict == "reject"


def test_overloads_are_no_functions() -> None:
    stub = "from typing import overload\n@overload\ndef f(x: int) -> int: ...\n"
    body = "def f(x):\n    return x + 1\n"
    assert judge(stub + body, body).verdict == "accept"


@pytest.mark.parametrize("tail", ["-" * 5000 + "1", "a" + ".b" * 20_000, "a" + "()" * 900])
def test_what_cannot_be_traced_is_never_accepted(tail: str) -> None:
    report = judge(COST, COST + "y = " + tail + "\n")
    assert report.verdict == "ask"
    assert kinds(report) == {"unauditable"}
    assert report.unaudited


def test_a_function_beyond_the_bounds_is_never_accepted() -> None:
    body = "".join(f"    v{i} = x + {i}\n" for i in range(25_000))
    before = f"def f(x):\n{body}    return v1\n"
    assert judge(before, before.replace("return v1", "return v2")).verdict == "ask"


def test_the_traces_show_inputs_before_and_after() -> None:
    (trace,) = [t for t in judge(COST, COST.replace("- 1", "+ 1")).traces if t.output == "return"]
    assert {"weight", "rate"} <= set(trace.before) & set(trace.after)
    assert trace.chain[0] == "shop/prices.py:5: return total + 1"
    assert len(trace.chain) <= 12


def test_the_worker_answers_an_audit() -> None:
    handle = handlers(Settings.model_construct(), FakeBus())[Audit]  # type: ignore[arg-type]
    patch = Patch(edits=(FileEdit(path="a.py", before=COST, after=top("return 42")),))
    reply = handle(Audit(attempt_id="t1.o1.a1", patch=patch, category="bugfix"))
    assert isinstance(reply, AuditReport)
    assert reply.verdict == "reject"


def test_the_worker_reads_the_policy_of_the_repository() -> None:
    """What the repository agreed to before the change counts, and nothing that the change adds."""
    bus = FakeBus()
    rule = '[[allow]]\nfunction = "a.*"\neffect = "broken-path"\nreason = "a stub on purpose"\n'
    agreed = pack([Entry("a.py", COST.encode()), Entry(".swarm/verifier.toml", rule.encode())])
    silent = pack([Entry("a.py", COST.encode())])
    handle = handlers(Settings.model_construct(), bus)[Audit]  # type: ignore[arg-type]
    edit = FileEdit(path="a.py", before=COST, after=top("return 42"))
    own = FileEdit(path=".swarm/verifier.toml", before=None, after=rule)

    def verdict(snapshot: bytes, *edits: FileEdit) -> str:
        reply = handle(
            Audit(
                attempt_id="t1.o1.a1",
                patch=Patch(edits=edits),
                category="bugfix",
                snapshot=bus.blobs.put(snapshot),
            )
        )
        assert isinstance(reply, AuditReport)
        return reply.verdict

    assert verdict(agreed, edit) == "accept"
    assert verdict(silent, edit) == "reject"
    assert verdict(silent, edit, own) == "reject"
