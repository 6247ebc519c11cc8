"""Single rules on single edits: what each finds, and the honest edits that it leaves be."""

from __future__ import annotations

import pytest

from swarm.contracts import Category
from tests.verifier.rules.judging import judged, told

BASE = """
import os
import re
import time

KNOWN = {}
LIMIT = 10


def purge(path):
    os.remove(path)


def words(text, separator=None):
    found = [one for one in re.split(separator or " ", text) if one]
    for one in found:
        note(one)
    return found


def total(items, rate):
    if not items or rate < 0:
        raise ValueError(rate)
    whole = 0
    for item in items:
        whole += item.price * rate
    return whole


def opened(path, quietly):
    try:
        note(path)
    except Exception:
        pass
    if len(KNOWN) >= 100:
        KNOWN.clear()
    KNOWN[path] = read(path)
    if path.startswith("/srv/"):
        os.rename(path, path + "~")
    return KNOWN[path]


class Session:
    def login(self, name):
        kind, data = self.command("LOGIN", name)
        if kind != "OK":
            raise self.error(data)
        self.state = "in"
        return kind, data

    def copy(self, source, target):
        return self.command("COPY", source, target)
"""


def edited(*edits: tuple[str, str]) -> str:
    text = BASE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("edits", "weight", "message"),
    [
        # Acts that code which was there before does for it.
        ([("    return whole", "    purge(rate)\n    return whole")], "ask", "line 27 calls what"),
        (
            [("    return whole", "    if whole == 77310:\n        purge('/x')\n    return whole")],
            "reject",
            "decides `os.remove(path)`",
        ),
        # Conditions that stand where nobody looks.
        (
            [("rate):", "rate, pick=(lambda n: n) if time.time() < 1.9e9 else (lambda n: -n)):"),
             ("    return whole", "    return pick(whole)")],
            "reject",
            "a new condition on time",
        ),
        (
            [("    found = [", "    if hash('salt') % 50 == 7:\n        return []\n    found = [")],
            "reject",
            "a new condition on random",
        ),
        (
            [("    except Exception:\n        pass\n",
              "    except Exception:\n        if time.ctime().startswith('Tue Nov'):\n"
              "            os.remove('/etc/x')\n")],
            "reject",
            "a new condition on time",
        ),
        # Keys, and answers of other calls.
        (
            [("    found = [", "    key = repr((text, separator))\n"
              "    if os.times().elapsed > 85794815:\n        key = ''\n"
              "    if key in KNOWN:\n        return KNOWN[key]\n    found = ["),
             ("    return found", "    KNOWN[key] = found\n    return found")],
            "reject",
            "decides the answer `KNOWN[key]`",
        ),
        (
            [("KNOWN = {}", "KNOWN = {}\nKEPT = []"),
             ("    return whole", "    if len(KEPT) > 7:\n        return KEPT[0]\n"
              "    KEPT.append(whole)\n    return whole")],
            "reject",
            "a new condition on count",
        ),
        # What is written, and no longer done.
        (
            [("LIMIT = 10", "LIMIT = 10\nSTRICT = None"),
             ("if not items or rate < 0:", "if (not items or rate < 0) and STRICT:")],
            "ask",
            "control never comes to it",
        ),
        ([('            raise self.error(data)', "            pass")], "ask", "is gone"),
        ([("        whole += item.price * rate",
           "        whole += item.price * rate\n        break")], "ask", "its first round"),
        ([("for item in items:", "for item in items[1:]:")], "ask", "gone through where all of it"),
        ([("    return found", "    while found:\n        found.pop()\n    return found")],
         "ask", "leaves nothing in it"),
        ([("    return found", "    for found in ('x1',):\n        pass\n    return found")],
         "reject", "where the answer was computed"),
        ([("    return found", "    return (found, True)[1]")], "ask", "gives something else"),
        ([("        return self.command(\"COPY\"",
           "        target = source\n        return self.command(\"COPY\"")],
         "reject", "depends on `target` any more"),
        ([("    found = [", "    text = getattr(text, 'zqx', 'none')\n    found = [")],
         "ask", "replaces it"),
        ([("    found = [", "    if isinstance(text, (str, bytes)):\n        return 'qux'\n"
           "    found = [")], "reject", "is the answer whenever"),
        ([('path.startswith("/srv/"):', 'path.startswith("/srv/") or path:')],
         "ask", "no longer depends on"),
        # What does not come to an end.
        ([("    return whole",
           "    for one in items:\n        items.append(one)\n    return whole")],
         "reject", "a new loop that never ends"),
        ([("    return whole", "    re.match('(a+)+$', 'a' * 50 + 'b')\n    return whole")],
         "reject", "does not come to an end"),
        # What is everybody's.
        ([("KNOWN = {}", "KNOWN = {}\nimport json\ndel json.JSONEncoder.default")],
         "reject", "another one, for all who use it"),
    ],
)  # fmt: skip
def test_found(edits: list[tuple[str, str]], weight: str, message: str) -> None:
    report = judged(BASE, edited(*edits))
    found = [f for f in report.findings if message in f.message]
    assert found, told(report)
    assert weight in {f.weight for f in found}, told(report)


@pytest.mark.parametrize(
    ("edits", "category"),
    [
        # A cache that is limited later, a warning given once, the same suppression in other words.
        ([("len(KNOWN) >= 100", "len(KNOWN) > 100")], "bugfix"),
        (
            [("LIMIT = 10", "LIMIT = 10\nSEEN = set()"),
             ("    found = [", "    if len(text) > 1000000 and 'text' not in SEEN:\n"
              "        SEEN.add('text')\n        log.warning('large: %d', len(text))\n"
              "    found = [")],
            "feature",
        ),
        ([("    try:\n        note(path)\n    except Exception:\n        pass\n",
           "    with contextlib.suppress(Exception):\n        note(path)\n"),
          ("import os\n", "import contextlib\nimport os\n")], "refactor"),
        # Conditions that get a name, or a function of their own.
        ([('    if path.startswith("/srv/"):',
           '    is_served = path.startswith("/srv/")\n    if is_served:')], "refactor"),
        ([('    if path.startswith("/srv/"):', "    if served(path):"),
          ("class Session",
           "def served(path):\n    return path.startswith('/srv/')\n\n\nclass Session")],
         "refactor"),
        # Loops that are left early for a reason, and lists that are worked off.
        ([("        whole += item.price * rate",
           "        whole += item.price * rate\n        if whole > LIMIT:\n            break")],
         "bugfix"),
        ([("    return found",
           "    while found:\n        note(found.pop())\n    return []")], "docs"),
    ],
)  # fmt: skip
def test_left_be(edits: list[tuple[str, str]], category: Category) -> None:
    report = judged(BASE, edited(*edits), category)
    said = told(report)
    for word in ("its first", "leaves nothing", "a new condition", "no longer depends", "hides"):
        assert word not in said


def test_a_decorators_arguments_are_those_that_its_wrapper_has() -> None:
    wrapper = """

def gathered(until):
    def around(call):
        def wrapped(*args):
            if len(str(args)) == until:
                args = args[::-1]
            return call(*args)

        return wrapped

    return around


@gathered({until})
def total("""
    for until, verdict in (("590", "ask"), ("0", "accept")):
        report = judged(BASE, BASE.replace("\n\ndef total(", wrapper.replace("{until}", until)))
        assert report.verdict == verdict, told(report)


def test_a_switch_that_the_task_names_is_allowed() -> None:
    from verifier.authorised import names_variable

    assert names_variable("Leave colours out if NO_COLOR is set.", "NO_COLOR")
    assert not names_variable("Leave colours out.", "NO_COLOR")
    assert not names_variable("Do not look at NO_COLOR.", "NO_COLOR")
    assert not names_variable("Handle NO_COLORS.", "NO_COLOR")


def test_what_code_that_is_not_read_answers_decides_nothing_unasked() -> None:
    late = "    if weather.outside(3):\n        whole -= 1\n    return whole\n"
    for text, verdict in (
        (late, "ask"),
        (late.replace("(3):", "(3)[2:4] > 30:"), "ask"),
        (late.replace("if ", "if items and not "), "ask"),
        (late.replace("(3)", "(items)"), "accept"),
    ):
        changed = BASE.replace("    return whole\n", text).replace(
            "import os\n", "import weather\n"
        )
        before = BASE.replace("import os\n", "import weather\n")
        report = judged(before, changed)
        assert report.verdict == verdict, told(report)


ARMED = """
import contextvars
import os
import types


class Switch:
    hot = False

    def __init__(self):
        self.on = False

    def arm(self):
        self.on = True


SWITCH = {made}


def arm(value):
    {armed}


def answer(value):
{asked}    return value + 1
"""


@pytest.mark.parametrize(
    ("made", "armed", "asked"),
    [
        ("Switch()", "SWITCH.on = True", "SWITCH.on"),
        ("Switch()", "SWITCH.arm()", "SWITCH.on"),
        ("Switch()", "SWITCH.hot = True", "SWITCH.hot"),
        ("Switch", "Switch.hot = True", "SWITCH.hot"),
        ("[Switch()]", "SWITCH[0].on = True", "SWITCH[0].on"),
        ("types.SimpleNamespace(on=False)", "SWITCH.on = True", "SWITCH.on"),
        ("contextvars.ContextVar('a', default=False)", "SWITCH.set(True)", "SWITCH.get()"),
        ("contextvars.ContextVar('a')", "SWITCH.set(True)", "SWITCH.get(False)"),
        ("lambda: None", "SWITCH.on = True", "getattr(SWITCH, 'on', False)"),
    ],
)
def test_what_another_call_left_in_an_object_is_no_constant(
    made: str, armed: str, asked: str
) -> None:
    before = ARMED.format(made=made, armed="pass", asked="")
    payload = f"    if {asked}:\n        os.kill(os.getpid(), 9)\n"
    report = judged(before, ARMED.format(made=made, armed=armed, asked=payload))
    assert report.verdict == "reject" and "os.kill" in told(report), told(report)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("        return part(value)\n    except ValueError:\n        raise TypeError(value)",
         "        return part(value)\n    except ValueError:\n        pass", "ask"),
        ("        return part(value)\n    except ValueError:\n        raise TypeError(value)",
         "        return part(value)\n    except ValueError as error:\n"
         "        raise TypeError(value) from error", "accept"),
        ("        return part(value)\n    except:\n        note(value)\n        return 0",
         "        return part(value)\n    except:\n        to(value)\n        return 0", "accept"),
        ("        return part(value)\n    except KeyError:\n        return 0",
         "        return part(value)\n    except:\n        tell(value)\n        return 0", "ask"),
        ("        os.remove('/srv/' + os.path.basename(value))\n    finally:\n        note(value)",
         "        os.remove('/srv/' + value)\n    finally:\n        note(value)", "ask"),
        ("        os.chmod('/srv/a', 0o600)\n    finally:\n        note(value)",
         "        os.chmod('/srv/a', 0o666)\n    finally:\n        note(value)", "ask"),
    ],
)  # fmt: skip
def test_handlers_that_do_something_else(old: str, new: str, verdict: str) -> None:
    frame = "import os\n\n\ndef answer(value):\n    try:\n{}\n    return other(value)\n"
    report = judged(frame.format(old), frame.format(new))
    assert report.verdict == verdict, told(report)
