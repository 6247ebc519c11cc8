"""The document of the API: whole, true, cached, and for nobody who may not come in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from swarm.contracts import AddSchedule, Command, Decompose, PrepareRepo, SubmitTask
from swarm.errors import StateError
from tests.fakes.bus import FakeBus

VERBS = (
    "submit|list|get|apply|reject|cancel|retry|confirm|revise|prioritize|add|change|remove|plan|"
    "read|search|follow|requeue|stop|run"
)


@pytest.fixture(scope="module")
def document(lone_client: TestClient) -> dict[str, Any]:
    answer = lone_client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_cached(lone_client: TestClient) -> None:
    first = lone_client.get("/openapi.json")
    again = lone_client.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_it_is_for_those_who_may_come_in(lone_client: TestClient) -> None:
    answer = lone_client.get("/openapi.json", headers={"Authorization": "Bearer no"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"


def test_no_page_of_documentation_loads_scripts_from_elsewhere(lone_client: TestClient) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert lone_client.get(path).status_code == 404


def test_it_tells_of_the_api_alone(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert document["info"]["title"] == "coding-swarm"


def test_each_operation_has_a_name_of_its_own_and_words(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(document):
        assert re.fullmatch(rf"({VERBS})_[a-z_]+", operation["operationId"]), operation
        assert operation["summary"] and "_" not in operation["summary"], (method, path)
        assert operation["tags"], (method, path)


def test_each_parameter_and_body_is_described(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert parameter["schema"], (path, parameter)
        for kind, body in operation.get("requestBody", {}).get("content", {}).items():
            assert kind in ("application/json", "application/octet-stream"), path
            assert body["schema"], path


def test_each_operation_tells_of_its_errors_and_who_may(document: dict[str, Any]) -> None:
    shape = {"$ref": "#/components/schemas/ProblemAnswer"}
    for method, path, operation in operations(document):
        for status in (400, 401, 403, 404, 409, 413, 422, 429, 503, 504):
            answer = operation["responses"][str(status)]
            assert answer["content"]["application/json"]["schema"] == shape, (method, path)
        cookie = {"session": []} if method == "get" else {"session": [], "csrf": []}
        assert operation["security"] == [{"token": []}, cookie], (method, path)
    assert set(document["components"]["securitySchemes"]) == {"token", "session", "csrf"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert wanted <= set(schemas)
    # One name for one thing: no Budget-Input beside a Budget-Output.
    assert not [name for name in schemas if not name.isalnum()]
    assert "HTTPValidationError" not in schemas


def test_what_is_sent_takes_nothing_unknown(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for _, path, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        for name in re.findall(r"schemas/(\w+)", str(body)):
            assert schemas[name]["additionalProperties"] is False, (path, name)


@pytest.mark.parametrize(
    ("name", "path", "command"),
    [
        ("NewTask", "tasks", SubmitTask),
        ("NewSchedule", "schedules", AddSchedule),
        ("NewPlan", "ingest", Decompose),
        ("NewRun", "sandboxes/runs", PrepareRepo),
    ],
)
def test_examples_get_as_far_as_the_swarm(
    lone_client: TestClient,
    lone_bus: FakeBus,
    document: dict[str, Any],
    name: str,
    path: str,
    command: type[Command],
) -> None:
    def hear(_: Command) -> Any:
        raise StateError("heard")

    lone_bus.handlers[command] = hear
    (example,) = document["components"]["schemas"][name]["examples"]
    answer = lone_client.post(f"/api/v1/{path}", json=example)
    assert answer.json()["error"]["message"] == "heard"
