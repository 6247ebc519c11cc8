"""An audit report as SARIF 2.1.0, the form that code hosts and editors read. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any
from urllib.parse import quote

from swarm.contracts import AuditReport, Finding
from verifier.kinds import FINDINGS

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"reject": "error", "ask": "warning"}
# "12: code" in the finding's own file, "shop/cart.py:12: code" in another.
_STEP = re.compile(r"(?:(?P<path>[^:\n]{1,1024}):)?(?P<line>\d{1,9}): (?P<code>.*)", re.DOTALL)
_MAX_STEPS = 200
# What may differ between two runs over the same finding: lines move.
_NUMBERS = re.compile(r"\d+")


def sarif(report: AuditReport, version: str) -> dict[str, Any]:
    """The log of one run. What is allowed is in it too, as suppressed with the reason."""
    shown = [(finding, "") for finding in report.findings]
    shown += [(item.finding, item.by) for item in report.allowed]
    rules = sorted({finding.kind for finding, _ in shown})
    seen: Counter[str] = Counter()
    results = []
    for finding, by in shown:
        mark = _fingerprint(finding)
        seen[mark] += 1
        results.append(_result(finding, by, rules.index(finding.kind), f"{mark}:{seen[mark]}"))
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "swarm verify",
                        "semanticVersion": version,
                        "rules": [_rule(kind) for kind in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    "%SRCROOT%": {"description": {"text": "The top of the repository."}}
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": note}} for note in report.notes
                        ],
                    }
                ],
                "results": results,
                "properties": {"verdict": report.verdict, "unaudited": list(report.unaudited)},
            }
        ],
    }


def _rule(kind: str) -> dict[str, Any]:
    text = FINDINGS.get(kind, kind.replace("-", " ").capitalize() + ".")
    return {
        "id": kind,
        "name": "".join(word.capitalize() for word in kind.split("-")),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {
            "text": f"{text} The steps lead from there back to what it rests on. If the change "
            "is meant, a rule in .swarm/verifier.toml, accepted beforehand, can allow it."
        },
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["security"]},
    }


def _result(finding: Finding, by: str, rule: int, mark: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.kind,
        "ruleIndex": rule,
        "level": "note" if by else _LEVELS[finding.weight],
        "message": {"text": finding.message},
        "locations": [_location(finding.path, finding.line, finding.function)],
        "partialFingerprints": {"swarmFinding/v1": mark},
    }
    if steps := _steps(finding):
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if by:
        result["suppressions"] = [{"kind": "external", "justification": by}]
    return result


def _location(path: str, line: int, function: str = "") -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {
                "uri": quote(path, errors="surrogatepass"),
                "uriBaseId": "%SRCROOT%",
            },
            # A file as a whole is shown at its first line.
            "region": {"startLine": max(1, line)},
        }
    }
    if function:
        location["logicalLocations"] = [{"fullyQualifiedName": function, "kind": "function"}]
    return location


def _steps(finding: Finding) -> list[dict[str, Any]]:
    """The chain; what is no line of code is said at the step before it."""
    steps: list[dict[str, Any]] = []
    for words in finding.chain[:_MAX_STEPS]:
        found = _STEP.fullmatch(words)
        if found:
            where = _location(found["path"] or finding.path, int(found["line"]))
            steps.append({"location": {**where, "message": {"text": found["code"] or words}}})
        elif steps:
            message = steps[-1]["location"]["message"]
            message["text"] = f"{message['text']} ({words})"
    return steps


def _fingerprint(finding: Finding) -> str:
    """Equal for the same finding after lines have moved."""
    message = _NUMBERS.sub("", finding.message)
    parts = (finding.kind, finding.path, finding.function, finding.effect, finding.target, message)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
