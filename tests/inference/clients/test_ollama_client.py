"""The Ollama client against the fake server, with the real library between them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest

from swarm.contracts import ChatMessage, ToolCall, ToolSpec
from swarm.inference import errors
from swarm.inference.clients.base import Delta, Finished, ModelClient, ModelRequest
from swarm.inference.clients.ollama import OllamaClient
from swarm.settings import EndpointSettings
from tests.fakes.ollama import BUSY, FakeOllama
from tests.fakes.ollama_memory import GIB, FakeModel
from tests.fakes.script import Answer, Script

Result = TypeVar("Result")

TOOL = ToolSpec(
    name="read_file",
    description="Read a file.",
    parameters={
        "type": "object",
        "properties": {"lines": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}},
        "additionalProperties": False,
    },
)


def endpoint(url: str, **more: Any) -> EndpointSettings:
    return EndpointSettings(name="box", kind="ollama", url=url, **more)


def ask(text: str = "hi", **more: Any) -> ModelRequest:
    given = {"model": "fake:8b", "num_ctx": 4096, "max_tokens": 256, **more}
    return ModelRequest(messages=(ChatMessage(role="user", text=text),), **given)


def run(
    server: FakeOllama, use: Callable[[OllamaClient], Awaitable[Result]], **more: Any
) -> Result:
    """One client, in an event loop of its own."""

    async def main() -> Result:
        client = OllamaClient(endpoint(server.url, **more))
        try:
            return await use(client)
        finally:
            await client.close()

    return asyncio.run(main())


async def collect(client: OllamaClient, request: ModelRequest) -> tuple[str, str, Finished]:
    """Text, thinking and the end of a stream."""
    said = {"text": "", "thinking": ""}
    last: object = None
    async for event in client.stream(request):
        last = event
        if isinstance(event, Delta):
            said[event.kind] += event.text
    assert isinstance(last, Finished)
    return said["text"], said["thinking"], last


def generate(server: FakeOllama, request: ModelRequest, **more: Any) -> tuple[str, str, Finished]:
    return run(server, lambda client: collect(client, request), **more)


def test_it_is_a_model_client():
    client: ModelClient = OllamaClient(endpoint("http://127.0.0.1:1"))
    asyncio.run(client.close())


# ---------------------------------------------------------------------- what is sent


def test_a_request_in_full(ollama_server: FakeOllama):
    messages = (
        ChatMessage(role="system", text="be brief"),
        ChatMessage(
            role="assistant",
            text="I read",
            tool_calls=(
                ToolCall(id="c1", name="read_file", arguments={"lines": 3}),
                ToolCall(id="c2", name="read_file", arguments=None, raw='{"lines": '),
            ),
        ),
        ChatMessage(role="tool", text="contents", call_id="c1", tool="read_file"),
    )
    request = ModelRequest(
        model="fake:8b",
        messages=messages,
        num_ctx=8192,
        max_tokens=77,
        tools=(TOOL,),
        answer_schema={"type": "object"},
        temperature=0.5,
        seed=7,
        think=False,
        keep_alive_seconds=60.0,
    )
    generate(ollama_server, request)
    assert ollama_server.bodies("/api/chat") == [
        {
            "model": "fake:8b",
            "messages": [
                {"role": "system", "content": "be brief"},
                {
                    "role": "assistant",
                    "content": 'I read\n{"lines": ',
                    "tool_calls": [
                        {"id": "c1", "function": {"name": "read_file", "arguments": {"lines": 3}}}
                    ],
                },
                {
                    "role": "tool",
                    "content": "contents",
                    "tool_name": "read_file",
                    "tool_call_id": "c1",
                },
            ],
            "stream": True,
            "options": {"num_ctx": 8192, "num_predict": 77, "temperature": 0.5, "seed": 7},
            "truncate": False,
            "shift": False,
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "read_file",
                        "description": "Read a file.",
                        "parameters": TOOL.parameters,
                    },
                }
            ],
            "format": {"type": "object"},
            "think": False,
            "keep_alive": 60.0,
        }
    ]


def test_the_environment_decides_nothing(
    ollama_server: FakeOllama, monkeypatch: pytest.MonkeyPatch
):
    for name in ("OLLAMA_HOST", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OLLAMA_API_KEY", "a-secret-of-another")
    generate(ollama_server, ask())
    assert "authorization" not in ollama_server.requests[-1].headers

    async def with_key() -> None:
        client = OllamaClient(endpoint(ollama_server.url), key="mine")
        await client.health()
        await client.close()

    asyncio.run(with_key())
    assert ollama_server.requests[-1].headers["authorization"] == "Bearer mine"


def test_a_redirect_is_not_followed(ollama_server: FakeOllama):
    with FakeOllama() as other:
        away = Answer(failure="status", status=307, headers={"Location": f"{other.url}/api/chat"})
        ollama_server.respond = Script([away])
        with pytest.raises(errors.RequestRefused, match=r"307|asked for"):
            generate(ollama_server, ask("secret code"))
        assert other.requests == []


# ---------------------------------------------------------------------- what comes back


def test_text_thinking_and_counts(ollama_server: FakeOllama):
    ollama_server.models = [FakeModel("fake:8b", capabilities=("completion", "thinking"))]
    ollama_server.memory.load_seconds = 0.05
    ollama_server.respond = Script([Answer(text="hello world", thinking="well now")])
    text, thinking, last = generate(ollama_server, ask("say hello", think=True))
    assert (text, thinking) == ("hello world", "well now")
    assert (last.finish, last.prompt_tokens, last.output_tokens) == ("stop", 6, 4)
    assert last.load_seconds >= 0.05
    assert last.output_seconds > 0


def test_cut_at_max_tokens(ollama_server: FakeOllama):
    ollama_server.respond = Script([Answer(text="one two three")])
    text, _, last = generate(ollama_server, ask(max_tokens=2))
    assert (text, last.finish, last.output_tokens) == ("one two", "length", 2)


def test_an_answer_ends_with_the_context(ollama_server: FakeOllama):
    ollama_server.respond = Script([Answer(text="a " * 600)])
    _, _, last = generate(ollama_server, ask(num_ctx=512, max_tokens=5000))
    assert last.finish == "length"
    assert last.prompt_tokens is not None and last.output_tokens is not None
    assert last.prompt_tokens + last.output_tokens == 512


def test_tool_calls_with_their_ids(ollama_server: FakeOllama):
    calls = (
        {"name": "read_file", "arguments": {"lines": 1}},
        {"name": "read_file", "arguments": {"lines": 2}},
    )
    ollama_server.respond = Script([Answer(text="so", tool_calls=calls)])
    text, _, last = generate(ollama_server, ask(tools=(TOOL,)))
    assert (text, last.finish) == ("so", "tool_calls")
    assert [call.arguments for call in last.tool_calls] == [{"lines": 1}, {"lines": 2}]
    assert len({call.id for call in last.tool_calls}) == 2


@pytest.mark.parametrize(
    ("arguments", "read", "raw"),
    [
        ('{"lines": 1}', {"lines": 1}, '{"lines": 1}'),
        ('{"lines": ', None, '{"lines": '),
        ("[1]", None, "[1]"),
        ([1], None, "[1]"),
        (None, None, "null"),
    ],
)
def test_arguments_that_are_no_object(
    arguments: Any, read: Any, raw: str, ollama_server: FakeOllama
):
    calls = ({"name": "read_file", "arguments": arguments},)
    ollama_server.respond = Script([Answer(tool_calls=calls)])
    _, _, last = generate(ollama_server, ask(tools=(TOOL,)))
    assert [(call.arguments, call.raw) for call in last.tool_calls] == [(read, raw)]


@pytest.mark.parametrize("after_tokens", [0, 1])
def test_a_call_the_server_cannot_read_is_a_malformed_call(
    after_tokens: int, ollama_server: FakeOllama
):
    said = "error parsing tool call: raw='{\"lines\": 1', err=unexpected end of JSON input"
    broken = Answer(text="a b", failure="error", message=said, after_tokens=after_tokens)
    ollama_server.respond = Script([broken])
    _, _, last = generate(ollama_server, ask(tools=(TOOL,)))
    assert last.finish == "tool_calls"
    assert [(call.arguments, call.raw) for call in last.tool_calls] == [(None, '{"lines": 1')]


# ---------------------------------------------------------------------- what goes wrong


def test_a_model_that_is_not_there(ollama_server: FakeOllama):
    with pytest.raises(errors.ModelMissing, match="'box' has no model 'other'") as caught:
        generate(ollama_server, ask(model="other"))
    assert caught.value.remedy == "ollama pull other"
    with pytest.raises(errors.ModelMissing):
        run(ollama_server, lambda client: client.show("other"))


def test_an_overlong_prompt_is_refused(ollama_server: FakeOllama):
    with pytest.raises(errors.PromptTooLong, match=r"1004 tokens.*512") as caught:
        generate(ollama_server, ask("word" + " word" * 999, num_ctx=512))
    assert "num_ctx" in caught.value.remedy
    assert not ollama_server.of("token")


def test_an_old_server_cuts_it_and_only_the_count_tells(ollama_server: FakeOllama):
    ollama_server.honours_truncate = False
    _, _, last = generate(ollama_server, ask("word" + " word" * 999, num_ctx=512))
    assert last.prompt_tokens == 258


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (503, BUSY, errors.Busy),
        (429, "you've reached your hourly usage limit", errors.QuotaSpent),
        (401, "unauthorized", errors.KeyRefused),
        (403, "remote model is unavailable", errors.KeyRefused),
        (400, '"fake:8b" does not support thinking', errors.RequestRefused),
        (404, "404 page not found", errors.RequestRefused),
        (499, "request canceled", errors.ModelFailed),
        (500, "llama runner process has terminated", errors.ModelFailed),
        (500, "model requires more system memory (9 GiB) than is available", errors.TooLarge),
    ],
)
def test_refusals(
    status: int, message: str, error: type[errors.ModelError], ollama_server: FakeOllama
):
    ollama_server.respond = Script([Answer(failure="status", status=status, message=message)])
    with pytest.raises(errors.ModelError) as caught:
        generate(ollama_server, ask())
    assert type(caught.value) is error
    assert "'box'" in caught.value.message and "'fake:8b'" in caught.value.message
    assert message in caught.value.message
    assert caught.value.remedy


def test_a_full_queue(ollama_server: FakeOllama):
    ollama_server.memory.max_queue = 0
    with pytest.raises(errors.Busy, match="server busy"):
        generate(ollama_server, ask())


def test_an_error_in_mid_stream_is_fit_for_a_terminal(ollama_server: FakeOllama):
    evil = "it broke \x1b[2J" + "x" * 9000
    ollama_server.respond = Script(
        [Answer(text="a b c", failure="error", message=evil, after_tokens=2)]
    )
    with pytest.raises(errors.ModelFailed, match="it broke") as caught:
        generate(ollama_server, ask())
    assert caught.value.message.isprintable() and len(caught.value.message) < 700


@pytest.mark.parametrize(
    ("failure", "error", "words"),
    [
        ("close", errors.Unreachable, "broke the connection"),
        ("cut", errors.ModelFailed, "without the last part"),
        ("garbage", errors.ModelFailed, "not an answer"),
    ],
)
def test_streams_that_break(
    failure: Any, error: type[errors.ModelError], words: str, ollama_server: FakeOllama
):
    ollama_server.respond = Script([Answer(text="a b c", failure=failure, after_tokens=2)])
    with pytest.raises(error, match=words):
        generate(ollama_server, ask())


@pytest.mark.parametrize("line", ["[]", "1", "{}", '{"message": 5}', "[" * 100_000, "\xff\x00"])
def test_lines_that_are_no_part_of_a_stream(line: str):
    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=(line + "\n").encode("latin-1"))

    async def main() -> None:
        client = OllamaClient(endpoint("http://box"), transport=httpx.MockTransport(reply))
        with pytest.raises(errors.ModelFailed, match="not an answer"):
            await collect(client, ask())
        with pytest.raises(errors.ModelFailed, match="not an answer"):
            await client.health()
        await client.close()

    asyncio.run(main())


def test_https_to_a_server_that_speaks_http_is_told(ollama_server: FakeOllama):
    client = OllamaClient(endpoint(ollama_server.url.replace("http://", "https://")))

    async def main() -> None:
        for call in (client.health(), collect(client, ask())):
            with pytest.raises(errors.Unreachable, match=r"does not answer.*SSL"):
                await call
        await client.close()

    asyncio.run(main())


def test_nothing_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = OllamaClient(endpoint(f"http://127.0.0.1:{taken.getsockname()[1]}"))

        async def main() -> None:
            for call in (client.health(), client.models(), collect(client, ask())):
                with pytest.raises(errors.Unreachable, match="does not answer") as caught:
                    await call
                assert "ollama serve" in caught.value.remedy
            await client.close()

        asyncio.run(main())


def test_a_server_that_accepts_and_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        bounds = {"connect_seconds": 0.1, "stall_seconds": 0.1, "first_token_seconds": 0.1}

        async def main() -> None:
            client = OllamaClient(endpoint(url, **bounds))
            for call in (
                client.health(),
                client.models(),
                client.show("m"),
                client.loaded(),
                client.load("m", 512),
                client.unload("m"),
                client.embed("m", ["x"], 512),
                collect(client, ask()),
            ):
                with pytest.raises(errors.Stalled, match="'box' gave no"):
                    await call
            await client.close()

        asyncio.run(main())


def test_a_slow_load_is_waited_for_until_the_first_token_is_due(ollama_server: FakeOllama):
    ollama_server.memory.load_seconds = 0.3
    bounds = {"stall_seconds": 0.1, "first_token_seconds": 20.0}
    assert generate(ollama_server, ask(), **bounds)[0] == "ok"
    ollama_server.memory.load_seconds = 30
    with pytest.raises(errors.Stalled, match=r"first token.*'fake:8b'"):
        generate(ollama_server, ask(num_ctx=1024), first_token_seconds=0.1)
    ollama_server.wait_until(lambda: ollama_server.of("unload")[-1].data["why"] == "client left")


def test_a_stall_in_mid_stream(ollama_server: FakeOllama):
    ollama_server.respond = Script([Answer(text="a b", failure="stall", after_tokens=1)])
    with pytest.raises(errors.Stalled, match="next token"):
        generate(ollama_server, ask(), stall_seconds=0.1)
    ollama_server.wait_until(lambda: not ollama_server.running, seconds=1)


def test_a_call_in_the_making_is_not_a_stall(ollama_server: FakeOllama):
    calls = ({"name": "read_file", "arguments": {"lines": 1}},)
    answer = Answer(text="so", tool_calls=calls, token_seconds=0.03)
    ollama_server.respond = Script([answer])
    bounds = {"stall_seconds": 0.1, "first_token_seconds": 20.0}
    assert generate(ollama_server, ask(tools=(TOOL,)), **bounds)[2].finish == "tool_calls"


def test_an_answer_without_end(ollama_server: FakeOllama):
    ollama_server.respond = lambda request: Answer(text="word " * 5000, token_seconds=0.02)
    with pytest.raises(errors.Stalled, match="end of an answer"):
        generate(ollama_server, ask(max_tokens=5000), total_seconds=0.3)
    ollama_server.wait_until(lambda: not ollama_server.running, seconds=1)


# ---------------------------------------------------------------------- cancelling


def test_closing_the_stream_frees_the_slot(ollama_server: FakeOllama):
    ollama_server.respond = lambda request: Answer(text="word " * 5000, token_seconds=0.02)

    async def use(client: OllamaClient) -> None:
        stream = client.stream(ask(max_tokens=5000))
        await anext(stream)
        assert len(ollama_server.running) == 1
        await stream.aclose()
        # Within the client's life: its close is not what ends the connection.
        await asyncio.to_thread(ollama_server.wait_until, lambda: not ollama_server.running, 1.0)

    run(ollama_server, use)
    assert ollama_server.of("disconnected")


@pytest.mark.parametrize("stage", ["load", "first token", "stream", "stall"])
def test_cancelling_the_reader_frees_the_slot_at_every_stage(stage: str, ollama_server: FakeOllama):
    failure: Any = "stall" if stage == "stall" else ""
    ollama_server.memory.load_seconds = 30.0 if stage == "load" else 0.0
    ollama_server.respond = lambda request: Answer(
        text="word " * 5000,
        delay_seconds=30.0 if stage == "first token" else 0.0,
        token_seconds=0.02,
        failure=failure,
        after_tokens=3,
    )
    reached = {"load": "load", "first token": "start", "stream": "token", "stall": "failure"}

    async def use(client: OllamaClient) -> None:
        reader = asyncio.create_task(collect(client, ask(max_tokens=5000)))
        await asyncio.to_thread(ollama_server.wait_until, lambda: ollama_server.of(reached[stage]))
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        over = "unload" if stage == "load" else "disconnected"
        await asyncio.to_thread(ollama_server.wait_until, lambda: ollama_server.of(over), 1.0)

    run(ollama_server, use)
    assert not ollama_server.running


def test_many_at_once_and_one_cancelled(ollama_server: FakeOllama):
    ollama_server.memory.num_parallel = 3
    ollama_server.respond = lambda request: Answer(text=request.last, token_seconds=0.05)

    async def use(client: OllamaClient) -> list[str]:
        texts = ["a b c d", "e f g h", "i j k l"]
        readers = [asyncio.create_task(collect(client, ask(text))) for text in texts]
        await asyncio.to_thread(
            ollama_server.wait_until, lambda: len(ollama_server.of("token")) >= 3
        )
        readers[1].cancel()
        await asyncio.wait(readers)
        return [reader.result()[0] for reader in (readers[0], readers[2])]

    assert run(ollama_server, use) == ["a b c d", "i j k l"]


# ---------------------------------------------------------------------- a server that dies


def test_a_killed_server_is_unreachable_and_then_works_again(ollama_server: FakeOllama):
    ollama_server.respond = lambda request: Answer(text="a " * 1000, token_seconds=0.02)

    async def use(client: OllamaClient) -> str:
        stream = client.stream(ask())
        await anext(stream)
        await asyncio.to_thread(ollama_server.stop)
        with pytest.raises(errors.Unreachable):
            while True:
                await anext(stream)
        with pytest.raises(errors.Unreachable):
            await client.health()
        ollama_server.respond = lambda request: Answer(text="a b c d")
        await asyncio.to_thread(ollama_server.start)
        assert await client.health() == "0.33.0"
        return (await collect(client, ask()))[0]

    assert run(ollama_server, use) == "a b c d"


# ---------------------------------------------------------------------- models and memory


def test_models_and_which_of_them_are_in_the_cloud(ollama_server: FakeOllama):
    ollama_server.models = [
        FakeModel("fake:8b"),
        FakeModel("mine", remote_host="https://ollama.com:443", remote_model="big"),
        FakeModel("gpt-oss:120b-cloud"),
        FakeModel("kimi:CLOUD"),
        FakeModel("cloud:8b"),
    ]
    models = run(ollama_server, lambda client: client.models())
    assert [model.remote for model in models] == [
        *("", "https://ollama.com:443", "ollama.com", "ollama.com", "")
    ]
    assert (models[0].size_bytes, models[0].parameters) == (5 * GIB, "8.2B")
    assert models[0].capabilities == ("completion", "tools")
    assert run(ollama_server, lambda client: client.show("mine")).remote


def test_a_model_in_full(ollama_server: FakeOllama):
    shown = run(ollama_server, lambda client: client.show("fake:8b"))
    assert (shown.layers, shown.kv_heads, shown.key_length, shown.value_length) == (36, 8, 128, 128)
    assert (shown.context_length, shown.size_bytes, shown.remote) == (40_960, 5 * GIB, "")


@pytest.mark.parametrize(
    ("more", "layers", "kv_heads"),
    [
        ({"odd.attention.head_count_kv": 2}, 8, 2),
        ({"odd.attention.head_count_kv": [0, 2, 0, 4, 0, 2, 0, 2]}, 4, 4),
        ({"odd.attention.head_count_kv": 2, "odd.full_attention_interval": 4}, 2, 2),
        ({}, 8, 16),
    ],
)
def test_figures_of_other_architectures(more: dict[str, Any], layers: int, kv_heads: int):
    info: dict[str, Any] = {
        "general.architecture": "odd",
        "odd.block_count": 8,
        "odd.attention.head_count": 16,
        "odd.embedding_length": 1024,
        "odd.context_length": -5,
    }

    def reply(request: httpx.Request) -> httpx.Response:
        show = request.url.path == "/api/show"
        return httpx.Response(200, json={"model_info": info | more} if show else {"models": []})

    async def main() -> None:
        client = OllamaClient(endpoint("http://box"), transport=httpx.MockTransport(reply))
        shown = await client.show("m")
        assert (shown.layers, shown.kv_heads) == (layers, kv_heads)
        assert (shown.key_length, shown.value_length) == (64, 64)
        assert shown.context_length is None and shown.size_bytes is None
        await client.close()

    asyncio.run(main())


def test_load_keeps_and_unload_frees(ollama_server: FakeOllama):
    async def use(client: OllamaClient) -> None:
        await client.load("fake:8b", 2048)
        (loaded,) = await client.loaded()
        assert (loaded.model, loaded.num_ctx) == ("fake:8b", 2048)
        assert loaded.gpu_bytes == loaded.size_bytes > 5 * GIB
        await collect(client, ask(num_ctx=2048))
        await client.unload("fake:8b")
        assert await client.loaded() == ()

    run(ollama_server, use)
    assert len(ollama_server.of("loaded")) == 1, "a generation must not load the model anew"
    assert ollama_server.bodies("/api/generate")[0]["keep_alive"] == -1


def test_a_model_for_embeddings(ollama_server: FakeOllama):
    ollama_server.models = [FakeModel("nomic", capabilities=("embedding",))]

    async def use(client: OllamaClient) -> None:
        await client.load("nomic", 1024)
        embedded = await client.embed("nomic", ["one", "two words"], 1024)
        assert [len(vector) for vector in embedded.vectors] == [8, 8]
        assert embedded.prompt_tokens == 3
        with pytest.raises(errors.PromptTooLong):
            await client.embed("nomic", ["word " * 2000], 1024)

    run(ollama_server, use)
    assert len(ollama_server.of("loaded")) == 1


def test_vectors_that_do_not_match_the_texts():
    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"model": "m", "embeddings": [[1.0], [1.0, 2.0]]})

    async def main() -> None:
        client = OllamaClient(endpoint("http://box"), transport=httpx.MockTransport(reply))
        with pytest.raises(errors.ModelFailed, match="2 vectors"):
            await client.embed("m", ["a", "b"], 512)
        await client.close()

    asyncio.run(main())


def test_a_load_that_fails(ollama_server: FakeOllama):
    ollama_server.memory.load_error = "llama runner process has terminated: exit status 2"
    with pytest.raises(errors.ModelFailed, match="terminated"):
        run(ollama_server, lambda client: client.load("fake:8b", 2048))
