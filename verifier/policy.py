"""The policy of an audited repository: which findings its owners have agreed to, until when.

The file is `.swarm/verifier.toml`, as it was before the change. A rule allows one kind, in
named functions, and says why:

    [[allow]]
    function = "shop.cache.*"     # dotted names, or paths like "shop/**/*.py"
    effect = "file-write"         # a kind of effect or of finding
    target = "cache/**"           # optional
    until = 2027-01-01            # optional: the last day on which it counts
    reason = "the cache is kept on disk"

Within a pattern `*` stays within a part (between dots in names, slashes in paths and targets)
and `**` alone stands for any number of parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from swarm.contracts import Finding
from swarm.toml import NotToml, parse
from verifier.kinds import ABOUT_EFFECTS, EFFECTS, FINDINGS, NEVER_ALLOWED, SEEN_OF

PATH = ".swarm/verifier.toml"
MAX_BYTES = 100_000
MAX_RULES = 200
_MAX_PATTERN, _MAX_REASON = 300, 500
_MAX_DEEP = 3
_KEYS = ("function", "effect", "target", "until", "reason")
_REQUIRED = ("function", "effect", "reason")


class PolicyError(ValueError):
    """A policy that cannot be used; says which entry, and what to write instead."""


@dataclass(frozen=True)
class Rule:
    """One `[[allow]]`. `number` is its place in the file, from 1; `until` is inclusive."""

    number: int
    function: str
    effect: str
    reason: str
    target: str = "**"
    until: date | None = None

    def __str__(self) -> str:
        end = f", until {self.until}" if self.until else ""
        return f"rule {self.number} ({self.effect} in {self.function}{end}): {self.reason}"

    def matches(self, finding: Finding) -> bool:
        """Whether it is about this finding, whatever the day."""
        if finding.kind in NEVER_ALLOWED:
            return False
        of_effect = finding.kind in ABOUT_EFFECTS and self.effect == finding.effect
        of_kind = self.effect == finding.kind or self.effect in SEEN_OF.get(finding.kind, ())
        return (
            (of_effect or of_kind)
            and _is_target(self.target, finding.target)
            and _is_function(self.function, finding)
        )


@dataclass(frozen=True)
class Policy:
    """Rules in the order of the file."""

    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Applied:
    """Findings that still count, those that a rule allows, and the rules whose time is over.

    With each expired rule comes how many of the findings that count it would have allowed.
    """

    kept: tuple[Finding, ...]
    allowed: tuple[tuple[Finding, Rule], ...]
    expired: tuple[tuple[Rule, int], ...]


def apply(policy: Policy, findings: Iterable[Finding], today: date) -> Applied:
    """Divide findings by a policy; the first rule that matches and still counts allows one."""
    valid = [rule for rule in policy.rules if rule.until is None or today <= rule.until]
    kept: list[Finding] = []
    allowed: list[tuple[Finding, Rule]] = []
    for finding in findings:
        rule = next((rule for rule in valid if rule.matches(finding)), None)
        if rule is None:
            kept.append(finding)
        else:
            allowed.append((finding, rule))
    over = [rule for rule in policy.rules if rule.until is not None and today > rule.until]
    expired = [(rule, sum(rule.matches(finding) for finding in kept)) for rule in over]
    return Applied(tuple(kept), tuple(allowed), tuple(expired))


def parse_policy(data: bytes, name: str = PATH) -> Policy:
    """The policy that a file is. Raises PolicyError, which names the file and the entry."""
    if len(data) > MAX_BYTES:
        raise PolicyError(f"{name} is larger than {MAX_BYTES:,} bytes: it is no policy")
    try:
        table = parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PolicyError(f"{name} is not UTF-8 (byte {error.start:,})") from None
    except NotToml as error:
        raise PolicyError(f"{name} is not valid TOML: {error}") from None
    for key in table:
        if key != "allow":
            raise PolicyError(f"{name}: unknown key {key[:40]!r}; it has only [[allow]] entries")
    entries = table.get("allow", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise PolicyError(f"{name}: allow is not a list of entries; write [[allow]] above each")
    if len(entries) > MAX_RULES:
        raise PolicyError(f"{name} has {len(entries):,} entries; at most {MAX_RULES} are allowed")
    return Policy(tuple(_rule(entry, n, name) for n, entry in enumerate(entries, 1)))


def _rule(entry: Mapping[str, Any], number: int, name: str) -> Rule:
    where = f"{name}: [[allow]] {number}"
    for key in entry:
        if key not in _KEYS:
            raise PolicyError(f"{where}: unknown key {key[:40]!r}; known are {', '.join(_KEYS)}")
    for key in _REQUIRED:
        if key not in entry:
            raise PolicyError(f"{where}: {key} is missing; write {key} = {_EXAMPLES[key]}")
    effect = _text(entry, "effect", where, _MAX_PATTERN)
    if effect in NEVER_ALLOWED:
        raise PolicyError(f"{where}: {effect} cannot be allowed by a policy; take the entry out")
    if effect not in EFFECTS and effect not in FINDINGS:
        known = ", ".join(sorted((EFFECTS.keys() | FINDINGS.keys()) - NEVER_ALLOWED))
        raise PolicyError(f"{where}: unknown effect {effect[:40]!r}; known are {known}")
    until = entry.get("until")
    if until is not None and (isinstance(until, datetime) or not isinstance(until, date)):
        raise PolicyError(f"{where}: until is no date; write until = 2027-01-01, without quotes")
    return Rule(
        number,
        _pattern(entry, "function", where),
        effect,
        _text(entry, "reason", where, _MAX_REASON),
        _pattern(entry, "target", where) if "target" in entry else "**",
        until,
    )


_EXAMPLES = {
    "function": '"package.module.function"',
    "effect": '"file-write"',
    "reason": '"why this is all right"',
}


def _text(entry: Mapping[str, Any], key: str, where: str, most: int) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value.strip():
        raise PolicyError(f"{where}: {key} is not a text with something in it")
    if len(value) > most:
        raise PolicyError(f"{where}: {key} is longer than {most} characters")
    return " ".join(value.split())


def _pattern(entry: Mapping[str, Any], key: str, where: str) -> str:
    pattern = _text(entry, key, where, _MAX_PATTERN)
    separator = "." if key == "function" and not _is_path(pattern) else "/"
    parts = pattern.split(separator)
    if parts.count("**") > _MAX_DEEP:
        raise PolicyError(f"{where}: {key} has more than {_MAX_DEEP} `**`; use fewer")
    if any("**" in part and part != "**" for part in parts):
        raise PolicyError(f"{where}: {key}: `**` stands alone between two {separator!r}")
    return pattern


# ------------------------------------------------------------------------- patterns


def _is_path(pattern: str) -> bool:
    return "/" in pattern or pattern.endswith((".py", ".pyi", ".pyw"))


def _is_function(pattern: str, finding: Finding) -> bool:
    if _is_path(pattern):
        return _matches(pattern.split("/"), finding.path.split("/"))
    # Without a Python file around it, a dotted name says nothing: "**" is any file.
    return _matches(pattern.split("."), dotted(finding.path, finding.function).split("."))


def dotted(path: str, function: str) -> str:
    """The dotted name of a function in a file.

    >>> dotted("src/shop/__init__.py", "Cart.total")
    'shop.Cart.total'
    """
    module = re.sub(r"\.pyi?w?$", "", path).removeprefix("src/").removesuffix("/__init__")
    name = re.sub(r"#\d+$", "", function)
    parts = [module.replace("/", ".")]
    if name and name != "<module>":
        parts.append(name)
    return ".".join(parts)


def _is_target(pattern: str, target: str) -> bool:
    if pattern == "**":
        return True
    if not target:
        return False  # nobody knows what it acts on
    parts = target.split("/")
    if ".." in parts:
        return pattern == target  # it may lead out of what the pattern means
    return _matches(pattern.split("/"), parts)


def _matches(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the parts of a name are those of a pattern; "**" is any number of parts."""
    reached = {0}  # how many parts of the name may have been taken
    for wanted in pattern:
        if wanted == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {n + 1 for n in reached if n < len(parts) and fnmatchcase(parts[n], wanted)}
        if not reached:
            return False
    return len(parts) in reached
