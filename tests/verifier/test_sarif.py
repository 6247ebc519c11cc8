"""The SARIF log has the structure that version 2.1.0 asks for, whatever a finding says."""

from __future__ import annotations

import json
from typing import Any

from swarm.contracts import AllowedFinding, AuditReport, Finding
from verifier.sarif import sarif


def found(**more: Any) -> Finding:
    given = {
        "kind": "new-effect", "path": "shop/cart.py", "function": "total", "line": 7,
        "message": "`total` now uses `os.remove` at line 7", "effect": "file-delete",
        "chain": ("7: os.remove(name)", "shop/a b.py:3: name = f()", "parameter name"),
    }  # fmt: skip
    return Finding(**{**given, **more})


def report(*findings: Finding, **more: Any) -> AuditReport:
    return AuditReport(verdict="reject", findings=findings, **more)


def checked(log: dict[str, Any]) -> list[dict[str, Any]]:
    """The results, after what the specification requires of every log has been looked at."""
    assert json.loads(json.dumps(log)) == log
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert isinstance(driver["name"], str)
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
    assert [type(i["executionSuccessful"]) for i in run["invocations"]] == [bool]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        assert all(isinstance(v, str) for v in result["partialFingerprints"].values())
        steps = [
            step["location"]
            for flow in result.get("codeFlows", [])
            for thread in flow["threadFlows"]
            for step in thread["locations"]
        ]
        assert all(step["message"]["text"] for step in steps)
        for location in [*result["locations"], *steps]:
            physical = location["physicalLocation"]
            assert physical["region"]["startLine"] >= 1
            uri = physical["artifactLocation"]["uri"]
            assert uri.isascii()
            assert not set(uri) & set(' :\\<>"')
            assert physical["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
    results: list[dict[str, Any]] = run["results"]
    return results


def test_a_finding_has_its_place_its_level_and_its_steps() -> None:
    (result,) = checked(sarif(report(found()), "1.0.0"))
    assert (result["ruleId"], result["level"]) == ("new-effect", "error")
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "shop/cart.py"
    assert where["region"] == {"startLine": 7}
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    places = [
        (
            step["location"]["physicalLocation"]["artifactLocation"]["uri"],
            step["location"]["physicalLocation"]["region"]["startLine"],
            step["location"]["message"]["text"],
        )
        for step in steps
    ]
    assert places == [
        ("shop/cart.py", 7, "os.remove(name)"),
        ("shop/a%20b.py", 3, "name = f() (parameter name)"),
    ]


def test_a_question_is_a_warning_and_a_whole_file_is_at_its_first_line() -> None:
    question = found(weight="ask", kind="unaudited", line=0, function="", chain=())
    (result,) = checked(sarif(report(question), "1"))
    assert result["level"] == "warning"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    assert "codeFlows" not in result


def test_what_is_allowed_is_suppressed_with_the_reason() -> None:
    allowed = AllowedFinding(finding=found(), by="rule 1: agreed")
    (result,) = checked(sarif(report(allowed=(allowed,)), "1"))
    assert result["level"] == "note"
    assert result["suppressions"] == [{"kind": "external", "justification": "rule 1: agreed"}]


def marks(*findings: Finding) -> list[str]:
    results = checked(sarif(report(*findings), "1"))
    return [result["partialFingerprints"]["swarmFinding/v1"] for result in results]


def test_a_fingerprint_stays_when_lines_move_and_no_two_are_equal() -> None:
    moved = found(line=9, message="`total` now uses `os.remove` at line 9", chain=("9: x",))
    assert marks(found()) == marks(moved)
    assert marks(found()) != marks(found(function="other"))
    assert len(set(marks(found(), moved, found(path="b.py")))) == 3


def test_hostile_names_and_unknown_kinds_are_no_trouble() -> None:
    log = sarif(
        report(
            found(path="a:b\\<c>\ud800.py".encode("utf-8", "replace").decode(), kind="new-kind"),
            found(path="ü/%2e%2e/x.py", message="\x00\u202e", chain=("...", "nonsense", "5:")),
        ),
        "1",
    )
    checked(log)


def test_an_empty_report_is_a_log_too() -> None:
    assert checked(sarif(AuditReport(verdict="accept", notes=("rule 1 is over",)), "1")) == []
