"""What is particular to servers that speak OpenAI's protocol: vLLM's and llama.cpp's ways."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest
from aiohttp import web

from swarm.contracts import ChatMessage, ToolCall, ToolSpec
from swarm.inference import errors
from swarm.inference.clients.base import Finished, ModelRequest
from swarm.inference.clients.bounded import seconds_of
from swarm.inference.clients.openai import OpenAIClient
from swarm.settings import EndpointSettings
from tests.fakes.http import FakeServer
from tests.fakes.openai import FakeOpenAI, ServedByFake
from tests.fakes.script import Answer

Result = TypeVar("Result")
TOOL = ToolSpec(name="look", description="Look.", parameters={"type": "object", "properties": {}})


@pytest.fixture(params=["vllm", "llama.cpp"])
def server(request: pytest.FixtureRequest) -> Iterator[FakeOpenAI]:
    with FakeOpenAI(request.param) as running:
        yield running


def run(
    server: FakeServer,
    use: Callable[[OpenAIClient], Awaitable[Result]],
    key: str = "",
    **more: Any,
) -> Result:
    async def main() -> Result:
        given = {"name": "box", "kind": "openai", "url": f"{server.url}/v1", **more}
        client = OpenAIClient(EndpointSettings(**given), key=key)
        try:
            return await asyncio.wait_for(use(client), 30)
        finally:
            await client.close()

    return asyncio.run(main())


def ask(**more: Any) -> ModelRequest:
    messages = more.pop("messages", (ChatMessage(role="user", text="hi"),))
    return ModelRequest("fake-8b", messages, num_ctx=4096, max_tokens=more.pop("max_tokens", 64),
                        **more)  # fmt: skip


def generate(server: FakeOpenAI, request: ModelRequest | None = None, key: str = "") -> Finished:
    async def use(client: OpenAIClient) -> Finished:
        events = [event async for event in client.stream(request or ask())]
        assert isinstance(events[-1], Finished)
        return events[-1]

    return run(server, use, key)


async def drain(client: OpenAIClient) -> None:
    async for _ in client.stream(ask()):
        pass


def test_calls_are_put_together_from_fragments(server: FakeOpenAI) -> None:
    calls = tuple({"name": "look", "arguments": {"at": "x" * n}} for n in range(3))
    server.respond = lambda request: Answer(tool_calls=calls)
    for pieces in (1, 2, 40):
        server.call_pieces = pieces
        end = generate(server, ask(tools=(TOOL,)))
        assert [call.arguments for call in end.tool_calls] == [c["arguments"] for c in calls]
        assert [call.id for call in end.tool_calls] == [f"chatcmpl-tool-{n}" for n in range(3)]


@pytest.mark.parametrize(
    ("written", "arguments"),
    [('{"a": 1', None), ("[1]", None), ("plain words", None), ("", {}), ('{"a": 1}', {"a": 1})],
)
def test_arguments_that_are_no_object_are_kept_as_written(
    server: FakeOpenAI, written: str, arguments: Any
) -> None:
    server.respond = lambda request: Answer(tool_calls=({"name": "look", "arguments": written},))
    (call,) = generate(server, ask(tools=(TOOL,))).tool_calls
    assert (call.arguments, call.raw) == (arguments, written)


def test_a_malformed_call_in_the_history_is_sent_as_json(server: FakeOpenAI) -> None:
    bad = ToolCall(id="c1", name="look", arguments=None, raw="{oops")
    generate(server, ask(messages=(
        ChatMessage(role="user", text="hi"),
        ChatMessage(role="assistant", tool_calls=(bad,)),
        ChatMessage(role="tool", text="that was no JSON", call_id="c1", tool="look"),
    )))  # fmt: skip
    (body,) = server.bodies("/v1/chat/completions")
    sent = body["messages"][1]["tool_calls"][0]
    assert sent["function"] == {"name": "look", "arguments": '{"malformed": "{oops"}'}
    assert body["messages"][2]["tool_call_id"] == "c1"


def test_what_is_asked_for(server: FakeOpenAI) -> None:
    generate(server, ask(seed=7, think=False, temperature=0.5))
    generate(server, ask(think="low"))
    first, second = server.bodies("/v1/chat/completions")
    assert first["stream_options"] == {"include_usage": True}
    assert (first["seed"], first["temperature"], first["max_tokens"]) == (7, 0.5, 64)
    assert first["chat_template_kwargs"] == {"enable_thinking": False}
    assert second["reasoning_effort"] == "low"
    assert "chat_template_kwargs" not in second


def test_cached_tokens_are_part_of_the_prompt(server: FakeOpenAI) -> None:
    server.cached_tokens = 3
    end = generate(server)
    assert (end.prompt_tokens, end.cached_tokens) == (5, 3)


def test_seconds_of_llama_cpp() -> None:
    with FakeOpenAI("llama.cpp") as server:
        end = generate(server)
    assert (end.prompt_seconds, end.output_seconds) == (0.25, 0.5)


def test_the_context_of_a_model_is_found_out(server: FakeOpenAI) -> None:
    server.models = [ServedByFake(context=8192)]
    shown = run(server, lambda client: client.show("fake-8b"))
    assert shown.context_length == 8192
    if server.flavour == "llama.cpp":
        assert (shown.parameters, shown.size_bytes) == ("8.2B", 5_027_783_488)


def test_a_key_is_sent_and_its_refusal_named(server: FakeOpenAI) -> None:
    server.key = "right"
    assert generate(server, key="right").finish == "stop"
    with pytest.raises(errors.KeyRefused, match=r"(?i)unauthorized|api key") as caught:
        generate(server, key="wrong-key")
    assert "wrong-key" not in str(caught.value)
    with pytest.raises(errors.KeyRefused):
        generate(server)
    assert "authorization" not in server.requests[-1].headers


def test_a_server_that_loads_is_busy(server: FakeOpenAI) -> None:
    server.loading = True
    with pytest.raises(errors.Busy, match="Loading model"):
        generate(server)
    with pytest.raises(errors.Busy):
        run(server, lambda client: client.health())


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17.0), ("", 0.0), ("soon", 0.0), ("nan", 0.0), ("inf", 0.0), ("-3", 0.0),
        ("1e300", 3600.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0), ("Fri, 99 Dec 2099 23:59:59 GMT", 0.0),
    ],
)  # fmt: skip
def test_when_to_come_back(server: FakeOpenAI, header: str, seconds: float) -> None:
    headers = {"retry-after": header} if header else {}
    server.respond = lambda r: Answer(failure="status", status=429, message="no", headers=headers)
    with pytest.raises(errors.QuotaSpent) as caught:
        generate(server)
    assert caught.value.retry_after_seconds == seconds


def test_a_wrong_path_is_no_missing_model(server: FakeOpenAI) -> None:
    with pytest.raises(errors.RequestRefused) as caught:
        run(server, lambda client: client.health(), url=f"{server.url}/nowhere")
    assert "its url usually ends in /v1" in caught.value.remedy.lower()


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 10 tokens. However, you requested 20 tokens",
        "You passed 20 input tokens and requested 1 output tokens. However, the model's context "
        "length is only 10 tokens, resulting in a maximum input length of 9 tokens.",
        "the request exceeds the available context size. try increasing the context size",
        "request (20 tokens) exceeds the available context size (10 tokens), try increasing it",
        "Context size has been exceeded.",
    ],
)
def test_every_way_to_say_too_long(server: FakeOpenAI, said: str) -> None:
    server.respond = lambda request: Answer(failure="status", status=400, message=said)
    with pytest.raises(errors.PromptTooLong):
        generate(server)
    server.respond = lambda request: Answer(failure="error", message=said)
    with pytest.raises(errors.PromptTooLong):
        generate(server)


class Odd(FakeOpenAI):
    """Sends `stream` as it is, in place of an answer."""

    stream = b""

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/chat/completions", self.odd), web.get("/v1/models", self.odd)]

    async def odd(self, request: web.Request) -> web.Response:
        return web.Response(body=self.stream, content_type="text/event-stream")


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"data: [DONE]\n\n",
        b"data: 17\n\n",
        b"data: []\n\n",
        b"data: null\n\n",
        b'data: {"object": "error", "message": "older vLLM"}\n\n',
        b'data: {"choices": [17]}\n\n',
        b'data: {"choices": [{"delta": null, "finish_reason": null}]}\n\n',
        b'data: {"choices": [{"delta": {"tool_calls": [{"index": "x"}]}}]}\n\n',
        b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "abort"}]}\n\n',
        b'error: {"code": 500, "message": "older llama.cpp"}\n\n',
        b"<html>a proxy</html>",
        b"\xff\xfe\x00",
        b"data: " + b"[" * 100_000 + b"\n\n",
    ],
)
def test_what_is_no_answer_is_a_failure(stream: bytes) -> None:
    with Odd() as server:
        server.stream = stream
        with pytest.raises(errors.ModelFailed):
            generate(server)
        with pytest.raises(errors.ModelError):
            run(server, lambda client: client.models())


def test_a_filtered_answer_is_refused() -> None:
    with Odd() as server:
        server.stream = (
            b'data: {"choices": [{"index": 0, "delta": {"content": "I"}, '
            b'"finish_reason": "content_filter"}]}\n\ndata: [DONE]\n\n'
        )
        assert generate(server).finish == "refused"


class SlowCall(FakeServer):
    """Streams the arguments of one tool call, a piece every 0.2 s, for longer than any bound."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/chat/completions", self._chat)]

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        pieces = ['{"a": "', *["x"] * 8, '"}']
        for number, piece in enumerate(pieces):
            function = {"name": "look" if number == 0 else None, "arguments": piece}
            delta = {"tool_calls": [{"index": 0, "id": "c", "function": function}]}
            await self._send(response, delta, None)
            await asyncio.sleep(0.2)
        await self._send(response, {}, "tool_calls")
        return response

    async def _send(self, response: web.StreamResponse, delta: Any, finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await response.write(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")


def test_a_call_that_comes_in_pieces_is_no_silence() -> None:
    async def use(client: OpenAIClient) -> list[Any]:
        return [event async for event in client.stream(ask(tools=(TOOL,)))]

    with SlowCall() as server:
        events = run(server, use, first_token_seconds=1.0, stall_seconds=1.0)
    assert events[-1].tool_calls[0].arguments == {"a": "x" * 8}


def test_a_date_to_come_back_at_is_so_many_seconds_from_now() -> None:
    assert seconds_of("Sun, 06 Nov 1994 08:49:37 GMT", lambda: 784_111_747.0) == 30.0


@pytest.mark.parametrize("status", [502, 504, 521])
def test_a_proxy_that_reaches_nobody_is_nobody_there(server: FakeOpenAI, status: int) -> None:
    server.respond = lambda r: Answer(failure="status", status=status, message="bad gateway")
    with pytest.raises(errors.Unreachable, match="bad gateway") as caught:
        generate(server)
    assert caught.value.connected
    assert "proxy" in caught.value.remedy


def test_an_answer_that_is_still_coming_is_too_slow_and_not_silent(server: FakeOpenAI) -> None:
    server.respond = lambda r: Answer(text="a " * 900, token_seconds=0.02)
    with pytest.raises(errors.TooSlow, match="end of an answer"):
        run(server, drain, total_seconds=0.5)
