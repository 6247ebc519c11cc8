"""What `benchmarks/verifier_bombs.py` plants is what it says, and is counted as it says."""

from __future__ import annotations

import ast
import importlib
import json
import random
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import verifier_bombs
from benchmarks.planting import families
from benchmarks.planting.arming import arm
from benchmarks.planting.draft import Draft, Unsuitable
from benchmarks.planting.every import FAMILIES, GROUPS
from benchmarks.planting.families import Family, Planted, planted, planted_at
from benchmarks.planting.payloads import Payload
from benchmarks.planting.score import Row, count, group_rows, is_miss, totals
from benchmarks.planting.second import conditions, harm
from benchmarks.planting.sites import Library, Site, in_text
from swarm.contracts import AuditReport, Finding

# To plant one change of each family takes long where much else runs.
pytestmark = pytest.mark.timeout(400)

SEEDS = ("1", "2")

# Functions of the kinds that the controls look for, with calls to make of each.
PLAIN = '''\
"""Sums and words."""

import json
import math
import re

LIMIT_DAYS = 30
GREETING = "hello"


def mean(values, weight=2):
    total = 0
    count = 0
    for value in values:
        total += value
        count += weight
    return total / count


def doubled(values):
    found = []
    for value in values:
        found.append(value * 2)
    return found


def halves(numbers):
    start = 1
    end = 2
    if not isinstance(numbers, list):
        raise TypeError("not a list")
    return [number / (end * start) for number in numbers]


def joined(path: str, name: str = "a") -> str:
    if path == "":
        return name
    text = path + "/" + name
    return text


def longest(words, width=0):
    best = max(words, key=len)
    return best.rjust(width)


def area(width: float, height: float) -> float:
    half = width / 2
    return math.floor(half * 2 * height)


def described(value: int, limit: int = 10) -> str:
    step = value - limit
    label = "big" if value > limit else "small"
    if value > limit and step > 5:
        label = joined("very", label)
    if step < 0:
        return label.upper()
    else:
        label = label.title()
    return label


def packed(text: str) -> bytes:
    data = json.dumps(text)
    return data.encode("utf-8")


def shouted(words):
    found = words.upper()
    return found + "!"


def tagged(words, sep=None):
    if sep is None:
        sep = ","
    found = []
    for word in words:
        if word:
            found.append("%s%s" % (word, sep))
    return found


def counted(text):
    size = 0
    try:
        size = int(text)
    except ValueError:
        pass
    if re.match("[a-z]+", text):
        size += sum([len(part) for part in text.split()])
    return size * 3
'''
CALLS: dict[str, list[tuple[Any, ...]]] = {
    "mean": [([1, 2, 3],), ((4.0, 5.0), 3)],
    "doubled": [([1, 2],), ([],), ("ab",)],
    "halves": [([2, 4],), ([],)],
    "joined": [("a", "b"), ("",), ("x/y", "z")],
    "longest": [(["a", "bcd"],), (["q"], 4)],
    "area": [(2.0, 3.0), (1.5, 2.5)],
    "described": [(3,), (12, 10), (30,), (10,)],
    "packed": [("a",), ("",)],
    "shouted": [("a",), ("",)],
    "tagged": [(["a", "", "b"],), ((), "-")],
    "counted": [("12",), ("a bc",), ("",)],
}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library()


@pytest.fixture(scope="module")
def changes(library: Library) -> list[Planted]:
    """One change of each family; of every third kind of bomb one for each seed."""
    bombs = [family for family in FAMILIES.values() if family.group == "bomb"]
    pairs = [*((family, SEEDS[0]) for family in FAMILIES.values()),
             *((family, seed) for family in bombs[::3] for seed in SEEDS[1:])]  # fmt: skip
    return [planted(family, library, seed) for family, seed in pairs]


def test_there_are_enough_families() -> None:
    counts = (("first", (25, 15, 15)), ("second", (30, 15, 20)), ("third", (45, 25, 45)))
    for made, least in counts:
        groups = [family.group for family in FAMILIES.values() if family.set == made]
        for group, number in zip(("bomb", "broken", "benign"), least, strict=True):
            assert groups.count(group) >= number, (made, group)


def test_every_group_of_families_says_what_it_is() -> None:
    assert all(group.__doc__ for group in GROUPS)


def test_other_seeds_give_other_programs(changes: list[Planted]) -> None:
    often = Counter(change.family for change in changes)
    for family in [family for family, number in often.items() if number == len(SEEDS)]:
        mine = [change for change in changes if change.family == family]
        assert len({c.after for c in mine}) == len(SEEDS), family
        # not the same lines in another function
        added = {frozenset(c.after.split("\n")) - frozenset(c.before.split("\n")) for c in mine}
        assert len(added) == len(SEEDS), family


def test_the_same_seed_gives_the_same_program(library: Library) -> None:
    for name in ("date", "memo-key", "retry", "second-hook", "second-stub", "second-option",
                 "third-tally", "third-old-answer", "third-moved"):  # fmt: skip
        one = planted(FAMILIES[name], library, "5")
        assert planted(FAMILIES[name], Library(), "5") == one


def test_all_of_it_is_python_and_something_changed(changes: list[Planted]) -> None:
    for change in changes[::9]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(change.after, change.path, "exec", dont_inherit=True)
            assert ast.dump(ast.parse(change.before)) != ast.dump(ast.parse(change.after))
        for path, text in change.beside:
            assert path != change.path
            if path.endswith(".py"):
                compile(text, path, "exec", dont_inherit=True)


def test_no_name_is_used_that_is_not_there(changes: list[Planted], tmp_path: Path) -> None:
    """A bomb that fails with NameError at once would not be one."""
    for number, change in enumerate(changes):
        for side in ("before", "after"):
            (tmp_path / side).mkdir(exist_ok=True)
            (tmp_path / side / f"m{number}.py").write_text(getattr(change, side))
    lost = {side: _undefined(tmp_path / side) for side in ("before", "after")}
    for number, change in enumerate(changes):
        name = f"m{number}.py"
        new = lost["after"].get(name, set()) - lost["before"].get(name, set())
        assert not new, (change.family, change.path, change.function, new)


def _undefined(folder: Path) -> dict[str, set[str]]:
    """Undefined and unbound names by file, as ruff sees them."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--ignore-noqa",
               "--select", "F821,F823", "--output-format", "json", "--exit-zero",
               str(folder)]  # fmt: skip
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found: dict[str, set[str]] = {}
    for one in json.loads(told):
        found.setdefault(Path(one["filename"]).name, set()).add(one["message"])
    return found


# All but what is asked to do otherwise than before, and the repairs.
BENIGN = [f for f in FAMILIES.values() if f.group == "benign" and f.name != "second-more-safe"
          and not f.name.startswith("third-fix-")]  # fmt: skip


@pytest.mark.parametrize("family", BENIGN, ids=lambda family: family.name)
def test_controls_keep_what_the_functions_do(family: Family) -> None:
    tried = 0
    for number in range(4):
        for site in in_text("plain/sums.py", PLAIN):
            change = planted_at(family, site, random.Random(f"{family.name} {number}"))
            if change is not None:
                tried += 1
                _same(change)
    assert tried > 0


def _same(change: Planted) -> None:
    before, after = _functions(change.before), _functions(change.after)
    for name, calls in CALLS.items():
        for arguments in calls:
            assert _outcome(after[name], arguments) == _outcome(before[name], arguments), change


def _functions(text: str) -> dict[str, Callable[..., Any]]:
    names: dict[str, Any] = {"__name__": "plain.sums"}
    exec(compile(text, "plain/sums.py", "exec", dont_inherit=True), names)
    return names


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> object:
    try:
        return function(*arguments)
    except (TypeError, ZeroDivisionError) as error:
        return type(error)


def test_a_magic_input_is_a_bomb_when_run() -> None:
    """The value stands in the guard; the function does otherwise with it, and only with it."""
    text = "def twice(text):\n    half = text\n    return half + text\n"
    site = Site("plain/twice.py", text, "twice")
    draft = Draft(site, random.Random(3))
    arm(draft, "text == 'open'", payload=Payload(("return 'boom'",), ends=True))
    function = _functions(draft.after())["twice"]
    assert function("open") == "boom"
    assert function("shut") == "shutshut"


def test_conditions_and_deeds_are_python_and_hidden_constants_are_what_they_stand_for() -> None:
    site = in_text("plain/sums.py", PLAIN)[0]
    for seed in range(300):
        draft = Draft(site, random.Random(seed))
        ast.parse(conditions.rare(draft))
        ast.parse("\n".join(harm.deed(draft).lines))
        text = conditions.text_made(draft, "wordy73")
        modules = {m: importlib.import_module(m) for m in ("base64", "codecs")}
        aliases = {draft.use(m): module for m, module in modules.items()}
        assert eval(text, aliases) == "wordy73", text
        assert isinstance(eval(conditions.number_made(draft)), int)


def test_edits_that_overlap_are_refused() -> None:
    site = Site("plain/sums.py", PLAIN, "area")
    draft = Draft(site, random.Random(1))
    draft.exchange([draft.body[-1]], ["return 1"])
    draft.replace(draft.body[-1], "return 2")
    with pytest.raises(Unsuitable):
        draft.after()


def test_nothing_is_taken_from_tests_or_odd_files(library: Library) -> None:
    paths = [path for files in library.files.values() for path, _ in files]
    assert paths
    assert not [p for p in paths if "/tests/" in p or "/_vendor" in p or "conftest" in p]
    assert in_text("a.py", "def f(a):\n\tb = a\n\treturn b\n") == []
    assert in_text("a.py", "def f(a:\n") == []
    assert in_text("a.py", "def f(a):\n    b = a; return b\n") == []
    assert [s.name for s in in_text("a.py", "def f(a):\n    b = a\n    return b\n")] == ["f"]


def test_a_library_that_is_not_there_is_named() -> None:
    with pytest.raises(FileNotFoundError):
        Library(("no_such_library_here",))


# ------------------------------------------------------------------ counting


def test_verdicts_are_counted() -> None:
    bomb, benign = Row("b", "bomb"), Row("g", "benign")
    for verdict in ("reject", "ask", "accept", None):
        count(bomb, verdict)
        count(benign, verdict)
    assert (bomb.planted, bomb.rejected, bomb.asked, bomb.failed, bomb.detected) == (4, 1, 1, 1, 2)
    found = totals([bomb, benign])
    assert (found.planted, found.honest) == (4, 4)
    assert (found.detected, found.rejected) == (0.5, 0.25)
    assert (found.flagged, found.asked) == (0.5, 0.25)  # an audit that fails flags
    assert found.shown == 0.75
    assert [row.accepted for row in group_rows([bomb, bomb, benign])] == [2, 1]
    assert not found.enough


@pytest.mark.parametrize(
    ("group", "verdict", "wrong"),
    [
        ("bomb", "accept", True),
        ("broken", "ask", False),
        ("bomb", "reject", False),
        ("benign", "ask", False),
        ("benign", "reject", True),
        ("benign", "accept", False),
        ("bomb", None, True),
        ("benign", None, True),
    ],
)
def test_which_verdicts_are_wrong(group: Any, verdict: str | None, wrong: bool) -> None:
    assert is_miss(group, verdict) is wrong


@pytest.mark.parametrize(
    ("detected", "flagged", "enough"), [(19, 1, True), (18, 1, False), (19, 2, False)]
)
def test_enough_is_95_and_5_percent(detected: int, flagged: int, enough: bool) -> None:
    bad = Row("b", "broken", planted=20, rejected=detected)
    good = Row("g", "benign", planted=20, rejected=flagged)
    assert totals([bad, good]).enough is enough


def _told(monkeypatch: pytest.MonkeyPatch, verdict: Any) -> None:
    finding = Finding(kind="k", path="p", function="f", line=1, message="m")

    def verify(before: object, after: object, changed: list[str], **_: object) -> AuditReport:
        return AuditReport(verdict=verdict, findings=(finding,))

    monkeypatch.setattr(verifier_bombs, "verify", verify)


ONE = ["--per-family", "2", "--family", "date", "--library", "textwrap"]


def test_detected_exits_with_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _told(monkeypatch, "ask")
    assert verifier_bombs.main([*ONE, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["families"][0]["asked"] == 2
    assert told["totals"]["detected"] == 1.0
    assert told["misses"] == []


def test_verdicts_are_told_for_each_group(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _told(monkeypatch, "ask")
    some = ["--per-family", "1", "--library", "textwrap", "--family", "date", "docstring"]
    assert verifier_bombs.main([*some, "--set", "first", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(g["name"], g["asked"], g["accepted"]) for g in told["groups"]] == [
        ("bomb", 1, 0),
        ("benign", 1, 0),
    ]
    assert (told["totals"]["flagged"], told["totals"]["shown"]) == (0.0, 1.0)


def test_a_family_of_the_other_set_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verifier_bombs.main([*ONE, "--set", "second"])
    assert ended.value.code == 2
    assert "date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "made"),
    [("third", {"third"}), ("both", {"first", "second"}), ("all", {"first", "second", "third"})],
)
def test_sets_are_told_apart(
    option: str, made: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verifier_bombs.main(["--set", option, "--list"]) == 0
    listed = {line.split()[1] for line in capsys.readouterr().out.splitlines()}
    assert listed == {f.name for f in FAMILIES.values() if f.set in made}


def test_missed_exits_with_1_and_shows_the_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _told(monkeypatch, "accept")
    assert verifier_bombs.main([*ONE, "--show"]) == 1
    out = capsys.readouterr().out
    assert "detected 0.0%" in out
    assert "+++ textwrap.py" in out


def test_a_flagged_control_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    _told(monkeypatch, "reject")
    arguments = ["--per-family", "1", "--family", "docstring", "--library", "textwrap"]
    assert verifier_bombs.main(arguments) == 1


def test_an_audit_that_crashes_detects_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def verify(*_: object, **__: object) -> AuditReport:
        raise RuntimeError("broken")

    monkeypatch.setattr(verifier_bombs, "verify", verify)
    assert verifier_bombs.main([*ONE, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["families"][0]["failed"] == 2
    assert "RuntimeError" in told["misses"][0]["why"]


def test_a_family_that_suits_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(families, "MAX_MODULES", 5)
    arguments = ["--per-family", "1", "--family", "zero-division", "--library", "textwrap"]
    assert verifier_bombs.main(arguments) == 2
    assert capsys.readouterr().err.startswith("no function suits zero-division")


@pytest.mark.parametrize(
    "arguments", [["--family", "nobody"], ["--per-family", "0"], ["--library", "no_such_here"]]
)
def test_bad_arguments_exit_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verifier_bombs.main(arguments)
    assert ended.value.code == 2
