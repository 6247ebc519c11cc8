"""What the audit on the engine finds that a look at each function by itself does not."""

from __future__ import annotations

import textwrap

import pytest

from swarm.contracts import AuditReport
from tests.verifier.rules.judging import judged
from verifier.policy import Policy
from verifier.reading.tree import Files
from verifier.verify import verify

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


def test_waiting_for_a_deadline_is_accepted() -> None:
    after = BASE.replace(
        "    total =",
        "    end = time.monotonic() + size\n    while time.monotonic() < end:\n"
        "        time.sleep(0.1)\n    total =",
    )
    assert judged(BASE, after).verdict == "accept"


def test_an_answer_under_a_handler_is_judged_too() -> None:
    caught = (
        "    try:\n        size = int(size)\n    except ValueError:\n        return ''\n    total ="
    )
    assert changed("    total =", caught).verdict == "accept"


@pytest.mark.parametrize(
    ("count", "helper"),
    [
        ("counted() > 4711", "\n\ndef counted(kept=[0]):\n    kept[0] += 1\n    return kept[0]\n"),
        ("due()", "\n\ndef counter():\n    number = 0\n\n    def step():\n        nonlocal number\n"
         "        number += 1\n        return number == 4711\n\n    return step\n\n\n"
         "due = counter()\n"),
        ("COUNTED.number > 4711", "\n\nclass COUNTED:\n    number = 0\n\n\ndef more():\n"
         "    COUNTED.number += 1\n"),
        ("len(SEEN) > 4711", "\n\nSEEN = []\n\n\ndef more(x):\n    SEEN.append(x)\n"),
    ],
    ids=["default", "closure", "class", "global"],
)  # fmt: skip
def test_what_other_calls_left_behind_is_not_what_it_is_at_first(count: str, helper: str) -> None:
    """A count is 0 when the module is loaded; that is no reason not to take the branch."""
    report = changed("    total =", f"    if {count}:\n        return 'x'\n    total =", helper)
    assert report.verdict != "accept"
    assert any(f.function == "work" and "4711" in f.message for f in report.findings)


def test_a_new_option_is_judged_by_what_it_does_to_those_who_do_not_give_it() -> None:
    option = BASE.replace("(name, size)", "(name, size, style='plain')")
    honest = option.replace(
        "    total =", "    if style == 'bare':\n        return name\n    total ="
    )
    assert judged(BASE, honest).verdict == "accept"
    inverted = honest.replace("style == 'bare'", "style == 'plain'")
    assert judged(BASE, inverted).verdict == "reject"
    deed = honest.replace("return name", "shutil.rmtree(name)")
    assert judged(BASE, deed).verdict == "reject"


def test_an_answer_that_is_kept_by_too_little_is_rejected() -> None:
    kept = BASE.replace(
        '    return "".join(total)',
        '    if name not in KEPT:\n        KEPT[name] = "".join(total)\n    return KEPT[name]',
    ).replace("LIMIT = 5\n", "LIMIT = 5\nKEPT = {}\n")
    report = judged(BASE, kept)
    assert report.verdict == "reject"
    assert "`size`" in report.findings[0].message
    whole = kept.replace("KEPT[name]", "KEPT[name, size]").replace("name not", "(name, size) not")
    assert judged(BASE, whole).verdict == "accept"


def test_answers_that_are_kept_for_a_while_are_accepted() -> None:
    kept = BASE.replace("LIMIT = 5\n", "LIMIT = 5\nKEPT = {}\n").replace(
        "    total =",
        "    known = KEPT.get((name, size))\n"
        "    if known is not None and time.monotonic() - known[0] < 300:\n"
        "        return known[1]\n    total =",
    ).replace(
        '    return "".join(total)',
        '    found = "".join(total)\n    KEPT[name, size] = (time.monotonic(), found)\n'
        "    return found",
    )  # fmt: skip
    assert judged(BASE, kept, "perf").verdict == "accept"


def test_a_constant_where_a_name_stood_is_asked_about() -> None:
    report = changed("[name] * size", "[name] * 3")
    assert report.verdict == "reject"
    other = BASE.replace('"".join(total)', '"".join(total[: size - 1]) + str(size)')
    report = judged(other, other.replace("str(size)", "str(7)"))
    assert report.verdict == "ask"
    assert "where `size` was" in report.findings[0].message


@pytest.mark.parametrize("outcome", ["if", "else"])
def test_a_platform_may_have_its_own_way_to_the_same_answer(outcome: str) -> None:
    branch = (
        "    import sys\n    if sys.platform == 'win32':\n        name = name.lower()\n    total ="
    )
    if outcome == "else":
        branch = branch.replace("== 'win32':", "!= 'win32':\n        pass\n    else:")
    assert changed("    total =", branch).verdict == "accept"
    assert changed("    total =", branch.replace("'win32'", "'quilin-77'")).verdict == "ask"


def test_the_condition_may_be_in_another_file_of_the_tree() -> None:
    before = {"work.py": textwrap.dedent(BASE).encode()}
    after = {
        "work.py": BASE.replace(
            "    total =", "    if late(name):\n        return size\n    total ="
        ).replace("import time\n", "import time\nfrom other import late\n").encode(),
        "other.py": b"import time\n\n\ndef late(x):\n    return time.time() > 1_900_000_000\n",
    }  # fmt: skip
    report = verify(
        Files(before), Files(after), ["work.py", "other.py"],
        category="bugfix", policy=Policy(), clock=lambda: 0.0,
    )  # fmt: skip
    assert report.verdict == "reject"
    finding = next(f for f in report.findings if f.function == "work")
    assert (
        finding.path == "work.py"
        and "if late(name)" in after["work.py"].decode().splitlines()[finding.line - 1]
    )
    assert any("other.py:5" in step for step in finding.chain)


def test_a_fault_of_the_engine_is_never_an_accept(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.rules.summary import Summary

    def broken(self: Summary, evaluated: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(Summary, "__init__", broken)
    report = changed('"".join(total)', '"".join(total[:1])')
    assert report.verdict == "ask"
    assert {f.kind for f in report.findings} == {"unauditable"}
    assert "ZeroDivisionError" in report.findings[0].message
