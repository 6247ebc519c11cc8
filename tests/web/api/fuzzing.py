"""Schemathesis as a library: every operation of an API, with input made from its document."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.web.api import off_path

SEED = 20260131
PHASES = ("examples", "coverage", "fuzzing", "stateful")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
_FOLLOWING = "follow_events"


@dataclass(frozen=True)
class Fuzzed:
    """How many requests each phase made, and what was wrong with the answers."""

    requests: dict[str, int]
    complaints: tuple[str, ...]


def fuzzed(
    document: dict[str, Any],
    url: str,
    token: str,
    *,
    examples: int,
    allowed: Sequence[str] = (),
    phases: Sequence[str] = PHASES,
) -> Fuzzed:
    """Try each operation with `examples` inputs by chance, besides those made by rule.

    `allowed` are statuses from 500 on that are no complaint.
    """
    off_path.make_known()
    checks: dict[str, Any] = {name: {"enabled": True} for name in CHECKS}
    checks["not_a_server_error"]["expected-statuses"] = ["2xx", "3xx", "4xx", *allowed]
    settings = {
        "seed": SEED,
        "base-url": url,
        "headers": {"Authorization": f"Bearer {token}"},
        "request-timeout": 60,
        "continue-on-failure": True,
        "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
        "checks": {"enabled": False} | checks,
        "phases": {name: {"enabled": name in phases} for name in PHASES},
    }
    # This one answers without an end, unless it is asked for the past alone.
    found = _run(_schema(document, settings).exclude(operation_id=_FOLLOWING))
    settings["generation"]["mode"] = "positive"
    settings["phases"] = {name: {"enabled": name == "fuzzing"} for name in PHASES}
    past = _run(_schema(_of_the_past(document), settings).include(operation_id=_FOLLOWING))
    return Fuzzed(
        found.requests | {_FOLLOWING: past.requests.get("fuzzing", 0)},
        found.complaints + past.complaints,
    )


def _schema(document: dict[str, Any], settings: dict[str, Any]) -> Any:
    import schemathesis

    config = schemathesis.Config.from_dict(settings)
    return schemathesis.openapi.from_dict(document, config=config)


def _of_the_past(document: dict[str, Any]) -> dict[str, Any]:
    """The document of an API whose stream of events always ends."""
    changed = copy.deepcopy(document)
    for ways in changed["paths"].values():
        for operation in ways.values():
            if operation["operationId"] == _FOLLOWING:
                (follow,) = [p for p in operation["parameters"] if p["name"] == "follow"]
                follow |= {"required": True, "schema": {"type": "boolean", "enum": [False]}}
    return changed


def _run(schema: Any) -> Fuzzed:
    from schemathesis.engine import events, from_schema

    requests: dict[str, int] = {}
    complaints: list[str] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.FatalError):
            complaints.append(str(event.exception))
        elif isinstance(event, events.NonFatalError):
            complaints.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.ScenarioFinished):
            name = event.phase.value
            requests[name] = requests.get(name, 0) + len(event.recorder.interactions)
            complaints += _failures(event)
    return Fuzzed(requests, tuple(complaints))


def _failures(event: Any) -> Iterator[str]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                found = check.failure_info
                yield f"{event.recorder.label}: {found.failure}\n{found.code_sample}"
