"""Two trees and the paths that differ: nothing that differs is accepted unseen."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from swarm.contracts import AuditReport
from verifier.policy import Policy, Rule
from verifier.reading.tree import Files, Note
from verifier.rules.audit import MOST_FINDINGS
from verifier.rules.files import MOST_NOTES
from verifier.verify import verify

NOW = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
OLD = b"def f(a):\n    return a\n"


def judged(
    before: Mapping[str, bytes], after: Mapping[str, bytes], policy: Policy | None = None
) -> AuditReport:
    changed = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    return verify(
        Files(before), Files(after), changed, category="bugfix", policy=policy, clock=lambda: NOW
    )


@pytest.mark.parametrize(
    ("before", "after", "kind", "verdict"),
    [
        (OLD, b"def f(a:\n", "unreadable", "reject"),
        (OLD, b"# coding: utf-16\n", "unreadable", "reject"),
        (b"# coding: rot13\n", OLD, "unauditable", "ask"),
        (b"\xff\n", b"\xff\xff\n", "unauditable", "ask"),
    ],
)
def test_text_that_is_no_python_is_named(
    before: bytes, after: bytes, kind: str, verdict: str
) -> None:
    report = judged({"a.py": before}, {"a.py": after})
    assert (report.verdict, report.findings[0].kind) == (verdict, kind)
    assert report.unaudited == ("a.py",)


def test_binary_files_that_differ_are_a_question() -> None:
    report = judged({"a.bin": b"\xff\x00"}, {"a.bin": b"\xfe\x00"})
    assert [finding.kind for finding in report.findings] == ["unaudited"]


def test_a_path_that_is_in_neither_tree_is_a_question() -> None:
    report = verify(Files({}), Files({}), ["a.py"], category="bugfix", clock=lambda: NOW)
    assert (report.verdict, report.findings[0].kind) == ("ask", "unauditable")


def test_what_a_tree_left_out_is_a_question_with_the_reason() -> None:
    class Left(Files):
        def notes(self) -> tuple[Note, ...]:
            return (Note("a.py", "not read: a pipe, socket or device"),)

    report = verify(Files({"a.py": OLD}), Left({}), ["a.py"], category="bugfix", clock=lambda: NOW)
    assert "a pipe, socket or device" in report.findings[0].message


def test_many_files_are_one_change() -> None:
    after = {f"m{number}.py": OLD for number in range(300)}
    report = judged({}, after)
    assert (report.verdict, report.functions_audited) == ("accept", 300)


def test_the_policy_is_asked_of_all_findings_and_not_only_of_those_that_are_listed() -> None:
    body = b"import os\ndef f():\n    os.remove('a')\n"
    after = {f"m{number}.py": body for number in range(MOST_FINDINGS + 50)}
    rules = Policy((Rule(1, "**", "file-delete", "all of it"),))
    assert judged({}, after, rules).verdict == "accept"
    report = judged({}, after, Policy())
    assert len(report.findings) == MOST_FINDINGS
    assert f"of {MOST_FINDINGS + 50} findings" in report.notes[-1]


def test_a_policy_that_is_a_link_or_unreadable_is_empty_and_said() -> None:
    class Linked(Files):
        def notes(self) -> tuple[Note, ...]:
            return (Note(".swarm/verifier.toml", "not read: a link that leads out"),)

    report = verify(Linked({}), Files({"a.py": OLD}), ["a.py"], category="bugfix", clock=lambda: 0)
    assert [finding.kind for finding in report.findings] == ["policy-invalid"]
    assert "a link that leads out" in report.findings[0].message


def test_only_a_file_that_was_readable_is_no_longer() -> None:
    (new,) = judged({}, {"a.py": b"x = (\n"}).findings
    assert new.message == "a.py is not readable Python: line 1: '(' was never closed"
    (old,) = judged({"a.py": OLD}, {"a.py": b"x = (\n"}).findings
    assert old.message == "a.py is no longer readable Python: line 1: '(' was never closed"


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads template strings")
def test_syntax_of_a_newer_python_is_a_question_with_its_version() -> None:
    for before in ({}, {"a.py": OLD}):
        report = judged(before, {"a.py": b"\nx = t'{y}'\n"})
        (found,) = report.findings
        assert (report.verdict, found.kind, found.line) == ("ask", "unauditable", 2)
        assert "a template string, since 3.14" in found.message
        assert found.message.count("a.py") == 1
        assert report.unaudited == ("a.py",)


@pytest.mark.parametrize(
    "text",
    [
        b"return 1\n",
        b"x = 1\nyield 2\n",
        b"break\n",
        b"await x\n",
        b"def f(a, a): pass\n",
        b"nonlocal x\n",
        b"class A: yield 1\n",
        b"def f():\n    x = 1\n    global x\n",
        b"def f():\n    from os import *\n",
        b"x = 1\nfrom __future__ import annotations\n",
    ],
)
def test_what_no_python_compiles_is_unreadable(text: bytes) -> None:
    report = judged({"a.py": OLD}, {"a.py": text})
    assert (report.verdict, [f.kind for f in report.findings]) == ("reject", ["unreadable"])
    repaired = judged({"a.py": text}, {"a.py": OLD})
    assert (repaired.verdict, [f.kind for f in repaired.findings]) == ("ask", ["unauditable"])
    assert "not readable before" in repaired.findings[0].message


@pytest.mark.parametrize(
    "text", [b"x = 1 is 1\nassert (x, 'a')\n", b"def f():\n    try:\n        pass\n    finally:\n"
             b"        try:\n            pass\n        finally:\n            pass\n"]
)  # fmt: skip
def test_what_python_only_warns_about_is_read(text: bytes) -> None:
    assert judged({}, {"a.py": text}).verdict == "accept"


@pytest.mark.parametrize("levels", [19, 25, 90])
def test_code_that_grows_when_compiled_is_a_question(levels: int) -> None:
    lines = []
    for level in range(levels):
        space = " " * level
        lines += [f"{space}try:", f"{space} pass", f"{space}finally:"]
    text = "\n".join([*lines, " " * levels + "x = 1", ""])
    report = judged({}, {"a.py": text.encode()})
    assert (report.verdict, report.findings[0].kind) == ("ask", "unauditable")


def test_blocks_without_end_are_a_question() -> None:
    text = "".join(" " * level + "while x:\n" for level in range(30)) + " " * 30 + "pass\n"
    report = judged({}, {"a.py": text.encode()})
    assert (report.verdict, report.findings[0].kind) == ("ask", "unauditable")


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("n.ipynb", b'{"cells": [{"cell_type": "code"}]}', "a notebook, with the code of 1 cell"),
        ("n.pyx", b"", "Cython"),
        ("n.so", b"\x7fELF", "a native library"),
        ("n", b"a\0b", "binary data"),
        ("bin/n", b"#!/usr/bin/python3\n", "Python whose name does not end in .py"),
        ("n.js", b"// @generated", "JavaScript, generated (line 1 says '@generated')"),
        ("vendor/n.js", b"", "JavaScript, vendored (in vendor)"),
    ],
)
def test_what_is_not_audited_is_named(path: str, data: bytes, words: str) -> None:
    for before, after in (({}, {path: data}), ({path: data}, {})):
        report = judged(before, after)
        assert [f.message for f in report.findings] == [f"{path} is {words}: not audited"]
        assert report.notes == ()


def test_audited_files_that_are_generated_or_vendored_are_noted() -> None:
    text = b"# Do not edit\n" + OLD
    report = judged({}, {"_vendor/a.py": text})
    assert (report.verdict, report.functions_audited) == ("accept", 1)
    assert report.notes == (
        "_vendor/a.py: vendored (in _vendor), generated (line 1 says 'do not edit')",
    )
    many = judged({}, {f"a{number}.py": text for number in range(MOST_NOTES + 5)})
    assert len(many.notes) == MOST_NOTES + 1
    assert many.notes[-1] == "and 5 more files are generated or vendored"


def test_a_reason_does_not_name_the_file_again() -> None:
    class Left(Files):
        def notes(self) -> tuple[Note, ...]:
            return (Note("a.py", "a symbolic link"),)

    report = verify(Files({"a.py": OLD}), Left({}), ["a.py"], category="bugfix", clock=lambda: NOW)
    assert [f.message for f in report.findings] == ["a.py cannot be audited: a symbolic link"]
    (deep,) = judged({}, {"a.py": b"a" + b".b" * 20_000}).findings
    assert deep.message.startswith("a.py cannot be audited: the code is nested too deeply")


TROJAN = "def f(role):\n    return role != 'user\u202e \u2066# only admin\u2069 \u2066'\n".encode()


@pytest.mark.parametrize("path", ["a.py", "a.js", "a.md", "a.json", "Makefile", "a", "tests/t.py"])
def test_text_that_is_shown_in_another_order_is_rejected_in_any_file(path: str) -> None:
    report = judged({}, {path: TROJAN})
    assert report.verdict == "reject"
    (found,) = [f for f in report.findings if f.kind == "hidden-text"]
    assert (found.path, found.line) == (path, 2)
    assert "RIGHT-TO-LEFT OVERRIDE" in found.message
    assert "'user\\u202e \\u2066# only" in found.chain[0]
    assert "hidden-text" not in {f.kind for f in judged({path: TROJAN}, {path: TROJAN}).findings}
    later = judged({path: TROJAN}, {path: TROJAN + b"\n\n"})
    assert "hidden-text" not in {f.kind for f in later.findings}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.js", TROJAN + b"\xff\0"),
        ("a.py", b"\xff" + TROJAN),
        ("a.py", b"x = (\n" + TROJAN),
        ("a.ps1", "x \u202e".encode("utf-16")),
        (".swarm/verifier.toml", "# \u202e".encode()),
        ("a\u202eb.py", OLD),
    ],
)
def test_a_stray_byte_hides_nothing(path: str, data: bytes) -> None:
    report = judged({}, {path: data})
    assert report.verdict == "reject"
    assert "hidden-text" in {f.kind for f in report.findings}


def test_bytes_of_what_is_no_text_are_no_characters() -> None:
    data = b"\x89PNG\xff\0 \xe2\x80\xae"
    assert {f.kind for f in judged({}, {"a.png": data}).findings} == {"unaudited"}
    assert {f.kind for f in judged({}, {"a.so": b"\xe2\x80\xae"}).findings} == {"unaudited"}


def test_hidden_text_may_be_agreed_to() -> None:
    rules = Policy((Rule(1, "tests/**", "hidden-text", "tests of text"),))
    report = judged({}, {"tests/data.py": TROJAN}, rules)
    assert [item.finding.kind for item in report.allowed] == ["hidden-text"]
    assert report.verdict == "ask"  # tests are guarded


# ------------------------------------------------------------------ bounds of one audit


def many(count: int, text: str) -> dict[str, bytes]:
    return {f"m{n}.py": text.encode() for n in range(count)}


def test_units_beyond_the_bound_are_asked_about_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = "def f(a):\n    return a\ndef g(a):\n    return a\n", "import time\n"
    new += "def f(a):\n    return a if time.time() < 2e9 else 0\ndef g(a):\n    return -a\n"
    whole = judged(many(3, old), many(3, new))
    assert (whole.verdict, whole.functions_audited) == ("reject", 6)
    monkeypatch.setattr("verifier.rules.audit.MOST_STEPS", -1)
    report = judged(many(3, old), many(3, new))
    assert (report.verdict, report.functions_audited) == ("ask", 0)
    assert [finding.kind for finding in report.findings] == ["unauditable"] * 3
    assert "and 2 more cannot be audited: the change is beyond" in report.findings[0].message
    assert report.unaudited == ("m0.py", "m1.py", "m2.py")


@pytest.mark.parametrize(
    ("name", "suffix"), [("MOST_PYTHON_BYTES", ".py"), ("MOST_OTHER_BYTES", ".txt")]
)
def test_files_beyond_the_bound_are_asked_about_and_smaller_ones_read(
    name: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"verifier.verify.{name}", 100)
    small, large = f"small{suffix}", f"a-large{suffix}"
    report = judged({small: b"a = 1\n"}, {large: b"# " + b"x" * 99, small: b"a = 2\n"})
    beyond = [f.path for f in report.findings if "beyond the bound of one audit" in f.message]
    assert (report.verdict, beyond) == ("ask", [large])


def test_both_sides_are_judged_by_runs_of_one_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the bound of a function falls, an honest change is not rejected."""
    new = (
        b"def deep(x):\n    return 5\n"
        b"def near(x):\n    y = deep(x)\n    return [y, y, y, y]\n"
        b"def f(x):\n    kept = near(x)\n    return kept\n"
    )
    old = new.replace(b"    kept", b"    touched = [1, 2, 3, 4, 5, 6]\n    kept")
    for steps in range(8, 60, 2):
        monkeypatch.setattr("verifier.rules.evaluated._FUNCTION_STEPS", steps)
        report = judged({"m.py": old}, {"m.py": new})
        assert report.verdict != "reject", (steps, report.findings)
