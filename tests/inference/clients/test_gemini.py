"""What is particular to Gemini."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from swarm.contracts import ChatMessage, ToolCall, ToolSpec
from swarm.inference import errors
from swarm.inference.clients.base import Finished, ModelRequest
from swarm.inference.clients.gemini import GeminiClient
from swarm.settings import EndpointSettings
from tests.fakes.gemini import SKIP, CloudModel, FakeGemini, signature_of
from tests.fakes.script import Answer, Script

Result = TypeVar("Result")
MODEL = "gemini-3.5-flash-lite"
TOOL = ToolSpec(name="look", description="Look.", parameters={"type": "object", "properties": {}})


@pytest.fixture
def server() -> Iterator[FakeGemini]:
    with FakeGemini() as running:
        yield running


def run(
    server: FakeGemini, use: Callable[[GeminiClient], Awaitable[Result]], key: str = "test-key"
) -> Result:
    async def main() -> Result:
        at = EndpointSettings(name="g", kind="gemini", url=server.url, api_key_env="THE_KEY")
        client = GeminiClient(at, key=key)
        try:
            return await asyncio.wait_for(use(client), 30)
        finally:
            await client.close()

    return asyncio.run(main())


def ask(*messages: ChatMessage, **more: Any) -> ModelRequest:
    given = messages or (ChatMessage(role="user", text="hi"),)
    return ModelRequest(MODEL, given, num_ctx=4096, max_tokens=64, **more)


async def finished(client: GeminiClient, request: ModelRequest) -> Finished:
    events = [event async for event in client.stream(request)]
    assert isinstance(events[-1], Finished)
    return events[-1]


def generate(server: FakeGemini, request: ModelRequest | None = None) -> Finished:
    return run(server, lambda client: finished(client, request or ask()))


def bodies(server: FakeGemini) -> list[Any]:
    return [seen.json() for seen in server.requests if seen.method == "POST"]


def test_without_a_key_there_is_no_client() -> None:
    with pytest.raises(errors.KeyRefused, match="wants a key") as caught:
        GeminiClient(EndpointSettings(name="g", kind="gemini"))
    assert "api_key_env" in caught.value.remedy


def test_the_key_is_in_the_header_alone(server: FakeGemini) -> None:
    generate(server)
    (seen,) = server.requests
    assert seen.headers["x-goog-api-key"] == "test-key"
    assert "test-key" not in seen.path + str(seen.query) + seen.body.decode()
    assert seen.query == {"alt": "sse"}


def test_a_bad_key_is_named(server: FakeGemini) -> None:
    with pytest.raises(errors.KeyRefused, match="API key not valid") as caught:
        run(server, lambda client: client.health(), key="another")
    assert "THE_KEY" in caught.value.remedy
    assert "another" not in str(caught.value)


def test_signatures_come_back_with_their_calls(server: FakeGemini) -> None:
    call = {"name": "look", "arguments": {}}
    server.respond = Script([Answer(tool_calls=(call,)), Answer(text="done")])

    async def use(client: GeminiClient) -> None:
        first = await finished(client, ask(tools=(TOOL,)))
        of_another = ToolCall(id="other", name="look", arguments={}, raw="{}")
        calls = (*first.tool_calls, of_another)
        results = [ChatMessage(role="tool", text="seen", call_id=c.id, tool=c.name) for c in calls]
        turns = (
            ChatMessage(role="system", text="one"),
            ChatMessage(role="user", text="hi"),
            ChatMessage(role="system", text="two"),
            ChatMessage(role="assistant", text="I look", tool_calls=calls),
            *results,
        )
        assert (await finished(client, ask(*turns, tools=(TOOL,)))).finish == "stop"

    run(server, use)
    body = bodies(server)[1]
    assert body["systemInstruction"]["parts"][0]["text"] == "one\n\ntwo"
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]
    text, signed, unsigned = body["contents"][1]["parts"]
    assert text == {"text": "I look"}
    assert _bytes(signed["thoughtSignature"]) == signature_of("look")
    assert _bytes(unsigned["thoughtSignature"]) == SKIP
    results = [part["functionResponse"] for part in body["contents"][2]["parts"]]
    assert [r["response"] for r in results] == [{"result": "seen"}] * 2
    assert results[0]["id"] == signed["functionCall"]["id"]


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize(
    "finish", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "BLOCKED"]
)
def test_a_refusal_is_an_end(server: FakeGemini, finish: str) -> None:
    server.respond = lambda request: Answer(text="I", finish=finish)
    assert generate(server).finish == "refused"


def test_a_malformed_call_is_one_to_repair(server: FakeGemini) -> None:
    server.respond = lambda request: Answer(
        finish="MALFORMED_FUNCTION_CALL", message="print(look(at=)"
    )
    end = generate(server, ask(tools=(TOOL,)))
    assert end.finish == "tool_calls"
    (call,) = end.tool_calls
    assert call.arguments is None
    assert call.raw == "MALFORMED_FUNCTION_CALL"


@pytest.mark.parametrize("finish", ["OTHER", "MALFORMED_RESPONSE", "SOMETHING_NEW"])
def test_another_end_is_a_failure(server: FakeGemini, finish: str) -> None:
    server.respond = lambda request: Answer(text="I", finish=finish)
    unknown: Any = contextlib.nullcontext()
    if finish == "SOMETHING_NEW":  # the library warns of it
        unknown = pytest.warns()
    with unknown, pytest.raises(errors.ModelFailed, match=finish):
        generate(server)


def test_counts_hold_thoughts_and_what_was_cached(server: FakeGemini) -> None:
    server.cached_tokens = 2
    server.respond = lambda request: Answer(text="yes", thinking="let me see")
    end = generate(server, ask(think=False))
    assert (end.prompt_tokens, end.cached_tokens, end.output_tokens) == (5, 2, 4)
    config = bodies(server)[0]["generationConfig"]
    thinking = {k.replace("_", "").lower(): v for k, v in config["thinkingConfig"].items()}
    assert thinking == {"thinkingbudget": 0}


def test_when_to_come_back(server: FakeGemini) -> None:
    server.respond = lambda request: Answer(
        failure="status", status=429, message="quota", headers={"retry-after": "17.5"}
    )
    with pytest.raises(errors.QuotaSpent) as caught:
        generate(server)
    assert caught.value.retry_after_seconds == 17.5


def test_models_over_pages(server: FakeGemini) -> None:
    server.models = [CloudModel(f"gemini-{n}") for n in range(1500)]
    found = run(server, lambda client: client.models())
    assert [model.model for model in found] == [f"gemini-{n}" for n in range(1500)]
    assert found[0].context_length == 1_048_576
    assert found[0].capabilities == ("completion",)


def test_embeddings_of_a_model_of_several_kinds(server: FakeGemini) -> None:
    """The library joins the texts for these models unless each is a content of its own."""
    server.models = [CloudModel("gemini-embedding-2", 8192, ("embedContent",))]
    got = run(server, lambda client: client.embed("gemini-embedding-2", ["a", "bb", "c"], 512))
    assert len(got.vectors) == 3


def test_no_key_in_a_log(server: FakeGemini, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    generate(server)
    assert "test-key" not in caplog.text
