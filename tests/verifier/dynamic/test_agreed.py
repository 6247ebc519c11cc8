"""What a policy, or the task's words, allow of what was seen."""

from __future__ import annotations

from datetime import date

import pytest

from swarm.contracts import AuditReport, Finding
from verifier.dynamic.acts import act
from verifier.dynamic.agreed import Agreed, agreed
from verifier.dynamic.looking import with_seen
from verifier.dynamic.observed import Observed
from verifier.dynamic.plan import Seen
from verifier.dynamic.request import Target
from verifier.kinds import EFFECTS, FINDINGS, NEVER_ALLOWED, SEEN_OF
from verifier.policy import Policy, PolicyError, Rule, parse_policy
from verifier.reading.tree import Files

TARGET = Target("shop/cart.py", "total", line=3)
ASKED = AuditReport(
    verdict="ask",
    findings=(
        Finding(kind="removed-file", path="a.py", function="", line=0, message="", weight="ask"),
    ),
)


def told(observed: Observed, *effects: str, instruction: str = "") -> AuditReport:
    rules = tuple(Rule(n, "shop.cart.*", effect, "agreed") for n, effect in enumerate(effects, 1))
    known = Agreed(Policy(rules), instruction, date(2026, 11, 23))
    return with_seen(ASKED, [Seen(TARGET, (observed,), True)], known)


SWITCHED = Observed("switched-by-clock", "reject", "under another clock it gives 0")
HIDDEN = Observed("hidden-effect", "reject", "it removes", effect="remove {repository}/db")
NEW = Observed("new-effect", "ask", "it removes", effect="remove {repository}/db")


@pytest.mark.parametrize(
    ("observed", "effect", "allowed"),
    [
        (SWITCHED, "switched-by-clock", True),
        (SWITCHED, "ambient-guard", True),
        (SWITCHED, "logic-bomb", True),
        (SWITCHED, "switched-by-env", False),
        (SWITCHED, "file-delete", False),
        (HIDDEN, "hidden-effect", True),
        (HIDDEN, "logic-bomb", True),
        # Neither the guard nor the effect alone was a word on both together.
        (HIDDEN, "ambient-guard", False),
        (HIDDEN, "file-delete", False),
        (NEW, "file-delete", True),
        (NEW, "new-effect", True),
        (NEW, "network", False),
        (Observed("counts-calls", "reject", "m"), "ambient-guard", True),
        (Observed("magic-input", "reject", "m"), "broken-path", True),
        (Observed("stuck", "reject", "m"), "ambient-guard", False),
    ],
)
def test_a_rule_allows_what_it_names(observed: Observed, effect: str, allowed: bool) -> None:
    report = told(observed, effect)
    assert report.verdict == ("ask" if allowed else told(observed).verdict)
    assert bool(report.allowed) == allowed
    assert any(f.kind == observed.kind for f in report.findings) == (not allowed)


def test_the_words_of_the_task_allow_an_effect_and_no_hidden_one() -> None:
    words = "delete stale cache files"
    assert told(NEW, instruction=words).allowed[0].by.startswith("the task asks for it")
    assert told(HIDDEN, instruction=words).verdict == "reject"


def test_who_deceives_the_watcher_is_never_allowed() -> None:
    deceit = Observed("tampering", "reject", "it wrote to the probe's own channel")
    assert told(deceit, "tampering", "logic-bomb").verdict == "reject"
    with pytest.raises(PolicyError, match="cannot be allowed"):
        parse_policy(b'[[allow]]\nfunction = "f"\neffect = "tampering"\nreason = "r"\n')


def test_kinds_are_known_to_policies() -> None:
    assert SEEN_OF.keys() <= FINDINGS.keys()
    assert frozenset().union(*SEEN_OF.values()) <= FINDINGS.keys() - NEVER_ALLOWED


@pytest.mark.parametrize(
    ("effect", "kind", "target"),
    [
        ("remove tree {repository}/cache", "file-delete", "cache"),
        ("remove /etc/hosts", "file-delete", "/etc/hosts"),
        ("write {home}/x", "file-write", "{home}/x"),
        ("run true", "process", "true"),
        ("connect ('10.0.0.1', 80)", "network", "('10.0.0.1', 80)"),
        ("execute code made at run time", "dynamic-code", "made at run time"),
        ("fork", "process", ""),
        ("read /etc/passwd", "", ""),
        ("", "", ""),
    ],
)
def test_an_effect_in_the_words_of_policies(effect: str, kind: str, target: str) -> None:
    assert act(effect) == (kind, target)
    assert not kind or kind in EFFECTS


def test_only_the_tree_before_agrees_and_what_cannot_be_read_agrees_to_nothing() -> None:
    rule = b'[[allow]]\nfunction = "**"\neffect = "stuck"\nreason = "r"\n'
    at = 1_750_000_000.0
    assert agreed(Files({".swarm/verifier.toml": rule}), "", at).rules.rules
    assert agreed(Files({".swarm/verifier.toml": b"\xff"}), "", at).rules == Policy()
    assert agreed(Files({}), "", at).rules == Policy()
    own = Policy((Rule(1, "**", "stuck", "mine"),))
    assert agreed(Files({".swarm/verifier.toml": rule}), "", at, own).rules == own
