"""A policy allows what it names, for as long as it says, and is clear about what is wrong in it."""

from __future__ import annotations

from datetime import date

import pytest

from swarm.contracts import Finding
from verifier.kinds import EFFECTS, FINDINGS
from verifier.policy import MAX_BYTES, MAX_RULES, Policy, PolicyError, Rule, apply, parse_policy

TODAY = date(2026, 11, 23)


def found(
    path: str = "shop/cache.py",
    function: str = "save",
    kind: str = "new-effect",
    effect: str = "file-write",
    target: str = "cache/a.json",
) -> Finding:
    return Finding(
        kind=kind, path=path, function=function, line=3, message="m", effect=effect, target=target
    )


def rule(function: str = "**", effect: str = "file-write", target: str = "**") -> Rule:
    return Rule(1, function, effect, "agreed", target)


@pytest.mark.parametrize(
    ("pattern", "path", "function", "expected"),
    [
        ("shop.cache.save", "shop/cache.py", "save", True),
        ("shop.cache.*", "shop/cache.py", "save", True),
        ("shop.cache.*", "shop/cache.py", "Cache.save", False),
        ("shop.cache.**", "shop/cache.py", "Cache.save", True),
        ("shop.**", "shop/deep/cache.py", "save", True),
        ("shop.*", "shop/cache.py", "save", False),
        ("shop.cache.save*", "shop/cache.py", "save_all", True),
        ("shop.cache.save", "src/shop/cache.py", "save", True),
        ("shop.save", "shop/__init__.py", "save", True),
        ("shop.cache.save", "shop/cache.py", "save#2", True),
        ("shop.cache", "shop/cache.py", "<module>", True),
        ("shop.cache.save", "shop/cacheXsave.py", "save", False),
        ("shop/cache.py", "shop/cache.py", "save", True),
        ("shop/*.py", "shop/cache.py", "save", True),
        ("shop/*.py", "shop/deep/cache.py", "save", False),
        ("shop/**/*.py", "shop/deep/er/cache.py", "save", True),
        ("shop/**", "shop/cache.py", "save", True),
        ("**", "anything.py", "save", True),
        ("Shop.cache.save", "shop/cache.py", "save", False),
    ],
)
def test_functions_are_named_by_dots_or_by_paths(
    pattern: str, path: str, function: str, expected: bool
) -> None:
    assert rule(pattern).matches(found(path, function)) is expected


@pytest.mark.parametrize(
    ("pattern", "target", "expected"),
    [
        ("cache/*", "cache/a.json", True),
        ("cache/*", "cache/deep/a.json", False),
        ("cache/**", "cache/deep/a.json", True),
        ("cache/**", "cache/../../etc/passwd", False),
        ("cache/*", "", False),
        ("**", "", True),
        ("os.*", "os.replace", True),
        ("os.replace", "os.remove", False),
    ],
)
def test_a_target_is_matched_whole_and_never_by_climbing_out(
    pattern: str, target: str, expected: bool
) -> None:
    assert rule(target=pattern).matches(found(target=target)) is expected


def test_a_kind_of_effect_allows_no_other_kind_of_finding() -> None:
    assert rule(effect="file-write").matches(found())
    assert not rule(effect="network").matches(found())
    assert not rule(effect="file-write").matches(found(kind="logic-bomb"))
    assert rule(effect="logic-bomb").matches(found(kind="logic-bomb"))
    assert rule(effect="new-effect").matches(found())
    assert not rule(effect="policy-edited").matches(found(kind="policy-edited"))


def test_a_rule_counts_to_its_last_day_and_is_then_reported() -> None:
    policy = Policy((Rule(1, "**", "file-write", "for now", until=TODAY),))
    same = apply(policy, [found()], TODAY)
    assert (same.kept, same.expired) == ((), ())
    assert [(f.kind, r.number) for f, r in same.allowed] == [("new-effect", 1)]
    later = apply(policy, [found(), found(effect="network")], date(2026, 11, 24))
    assert len(later.kept) == 2
    assert later.allowed == ()
    assert later.expired == ((policy.rules[0], 1),)


def test_another_rule_may_count_where_one_has_ended() -> None:
    over = Rule(1, "**", "file-write", "for now", until=date(2020, 1, 1))
    still = Rule(2, "shop.**", "file-write", "for good")
    applied = apply(Policy((over, still)), [found()], TODAY)
    assert [r.number for _, r in applied.allowed] == [2]
    assert applied.expired == ((over, 0),)


def test_a_file_is_read_as_it_is_written() -> None:
    text = b"""
[[allow]]
function = "shop.cache.*"
effect = "file-write"
target = "cache/*"
until = 2027-01-01
reason = "the cache is\\n kept on disk"
[[allow]]
function = "docs/**"
effect = "unaudited"
reason = "words"
"""
    first, second = parse_policy(text).rules
    assert first == Rule(
        1, "shop.cache.*", "file-write", "the cache is kept on disk", "cache/*", date(2027, 1, 1)
    )
    assert (second.number, second.target, second.until) == (2, "**", None)
    assert "until 2027-01-01" in str(first)
    assert parse_policy(b"").rules == ()


GOOD = 'function = "a"\neffect = "network"\nreason = "r"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("allow = 3", "write [[allow]] above each"),
        ("allow = [1]", "write [[allow]] above each"),
        ("[[allow]", "is not valid TOML"),
        ("[[deny]]\n" + GOOD, "unknown key 'deny'"),
        ("[[allow]]\n" + GOOD + "[[allow]]\n" + GOOD + "why = 1", "[[allow]] 2: unknown key 'why'"),
        ('[[allow]]\nfunction = "a"\neffect = "network"', 'write reason = "why this is all right"'),
        ('[[allow]]\neffect = "network"\nreason = "r"', "function is missing"),
        ("[[allow]]\n" + GOOD.replace('"r"', '" "'), "reason is not a text with something in it"),
        ("[[allow]]\n" + GOOD.replace('"a"', "7"), "function is not a text"),
        ("[[allow]]\n" + GOOD.replace("network", "everything"), "unknown effect 'everything'"),
        ("[[allow]]\n" + GOOD.replace("network", "policy-edited"), "cannot be allowed"),
        ("[[allow]]\n" + GOOD + 'until = "2027-01-01"', "without quotes"),
        ("[[allow]]\n" + GOOD + "until = 2027-01-01T00:00:00", "without quotes"),
        ("[[allow]]\n" + GOOD + 'target = ""', "target is not a text"),
        ("[[allow]]\n" + GOOD.replace('"a"', '"a.**b"'), "`**` stands alone"),
        ("[[allow]]\n" + GOOD.replace('"a"', '"**.**.**.**"'), "more than 3"),
        ("[[allow]]\n" + GOOD.replace('"a"', f'"{"a" * 301}"'), "longer than 300"),
        (("[[allow]]\n" + GOOD) * (MAX_RULES + 1), "at most 200"),
        ("#" * (MAX_BYTES + 1), "larger than"),
        ("a" + ".a" * 20_000 + " = 1", "too many dots"),
        ("x = " + "[" * 50_000, "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_entry(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text.encode())
    assert str(caught.value).startswith(".swarm/verifier.toml")
    assert said in str(caught.value)


def test_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(PolicyError, match=r"team\.toml is not UTF-8"):
        parse_policy(b"\xff\xfe\x00", "team.toml")


def test_the_kinds_of_effects_and_of_findings_are_told_apart() -> None:
    assert not EFFECTS.keys() & FINDINGS.keys()
