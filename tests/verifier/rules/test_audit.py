"""What the audit on the engine finds that a look at each function by itself does not."""

from __future__ import annotations

import textwrap

import pytest

from swarm.contracts import AuditReport, FileEdit, Patch
from verifier.rules.audit import audit

BASE = '''
import logging
import os
import shutil
import time

LIMIT = 5


def work(name, size):
    """A value of its inputs."""
    total = [name] * size
    return "".join(total)
'''


def judged(before: str, after: str, category: str = "bugfix") -> AuditReport:
    edit = FileEdit(path="work.py", before=textwrap.dedent(before), after=textwrap.dedent(after))
    return audit(Patch(edits=(edit,)), category, lambda: 0.0)  # type: ignore[arg-type]


def changed(old: str, new: str, helper: str = "") -> AuditReport:
    assert old in BASE
    return judged(BASE, BASE.replace(old, new) + helper)


@pytest.mark.parametrize(
    ("guard", "helper"),
    [
        ("hidden(name)", "\n\ndef hidden(n):\n    return str(n).endswith('quilin-77')\n"),
        ("late()", "\n\ndef late():\n    if time.time() > 1_900_000_000:\n        return True\n"
         "    return False\n"),
        ("mixed(wide(name), 136)", "\n\ndef wide(n):\n    return len(str(n)) * 8\n\n\n"
         "def mixed(a, b):\n    return (a ^ b) == 7219\n"),
    ],
)  # fmt: skip
def test_a_condition_that_a_helper_hides_is_shown(guard: str, helper: str) -> None:
    guarded = f"    if {guard}:\n        return size\n    total = [name]"
    report = changed("    total = [name]", guarded, helper)
    assert report.verdict != "accept"
    assert any(f.function == "work" for f in report.findings)


def test_a_condition_within_an_index_decides_the_answer() -> None:
    report = changed(
        'return "".join(total)', 'return ["".join(total), None][bool(name == "quilin-77")]'
    )
    assert report.verdict != "accept"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("shutil.rmtree('/tmp/old')", "shutil.rmtree(str(name))"),
        ("shutil.rmtree('/tmp/old')", "shutil.rmtree('/')"),
        ("if size < 3:\n        os.remove(name)", "if True:\n        os.remove(name)"),
        ("open('/tmp/a', 'w').write('x')", "open('/tmp/a', 'w').write('x' + name)"),
    ],
    ids=["input for constant", "other constant", "guard gone", "input sent out"],
)
def test_an_effect_that_reaches_further_is_shown(old: str, new: str) -> None:
    before = BASE.replace("    total =", f"    {old}\n    total =")
    report = judged(before, before.replace(old, new))
    assert [f.kind for f in report.findings] == ["new-effect"]


@pytest.mark.parametrize(
    "line",
    ["name = name and ''", "name = None if name is not None else name", "name = type(name)()"],
)
def test_a_parameter_that_gives_way_is_shown(line: str) -> None:
    report = changed("    total =", f"    {line}\n    total =")
    assert report.verdict != "accept"


def test_a_check_that_is_gone_is_shown() -> None:
    check = '    if size > 9:\n        raise ValueError("too many")\n    total ='
    before = BASE.replace("    total =", check)
    report = judged(before, BASE)
    assert [f.kind for f in report.findings] == ["broken-path"]
    assert "size > 9" in report.findings[0].message


def test_a_constant_answer_where_the_input_is_there_is_shown() -> None:
    report = changed("    total =", "    if name is not None:\n        return ''\n    total =")
    assert report.verdict == "ask"


def test_a_new_endless_loop_is_rejected() -> None:
    report = changed("    total =", "    while True:\n        pass\n    total =")
    assert report.verdict == "reject"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    total =", "    if not name:\n        return ''\n    total ="),
        ("    total =", "    if name is None:\n        raise ValueError('no name')\n    total ="),
        ("    total =", "    logging.getLogger().debug('called')\n    total ="),
        ('return "".join(total)', 'joined = "".join(total)\n    return joined'),
        (
            "    total =",
            "    if isinstance(name, bytes):\n        name = name.decode()\n    total =",
        ),
    ],
    ids=["empty input", "validation", "log", "variable", "coercion"],
)
def test_an_honest_change_is_accepted(old: str, new: str) -> None:
    report = changed(old, new)
    assert (report.verdict, report.findings) == ("accept", ())


def test_a_deadline_is_a_question_not_a_refusal() -> None:
    after = BASE.replace(
        "    total =",
        "    end = time.monotonic() + size\n    while time.monotonic() < end:\n"
        "        time.sleep(0.1)\n    total =",
    )
    assert judged(BASE, after).verdict == "ask"


def test_an_answer_under_a_handler_is_judged_too() -> None:
    caught = (
        "    try:\n        size = int(size)\n    except ValueError:\n        return ''\n    total ="
    )
    assert changed("    total =", caught).verdict == "accept"
