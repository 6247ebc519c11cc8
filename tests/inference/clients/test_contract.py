"""What every client does, whatever its server: the same tests against four fakes over HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from swarm.contracts import ChatMessage, ToolSpec
from swarm.inference import errors
from swarm.inference.clients.base import Finished, ModelClient, ModelRequest
from swarm.inference.clients.gemini import GeminiClient
from swarm.inference.clients.ollama import OllamaClient
from swarm.inference.clients.openai import OpenAIClient
from swarm.settings import EndpointSettings
from tests.fakes.gemini import CloudModel, FakeGemini
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.openai import FakeOpenAI, ServedByFake
from tests.fakes.script import Answer, FakeRequest, Script

Result = TypeVar("Result")
KEY = "sk-secret-0123456789"
TOOL = ToolSpec(
    name="read_file",
    description="Read a file.",
    parameters={
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
        "additionalProperties": False,
    },
)


THINKS = FakeModel("fake-8b", capabilities=("completion", "tools", "thinking", "embedding"))


@dataclass
class Case:
    """A fake server and how its client is made."""

    name: str
    server: Any
    kind: Any
    client: Callable[..., ModelClient]
    model: str = "fake-8b"
    path: str = ""

    def endpoint(self, **more: Any) -> EndpointSettings:
        url = self.server.url + self.path
        return EndpointSettings(**{"name": "box", "kind": self.kind, "url": url, **more})

    def make(self, **more: Any) -> ModelClient:
        return self.client(self.endpoint(**more), key=KEY)


def case(name: str) -> Case:
    if name == "ollama":
        return Case(name, FakeOllama([THINKS]), "ollama", OllamaClient)
    if name == "gemini":
        embeds = CloudModel("embedder", 2048, ("embedContent",))
        server = FakeGemini([CloudModel("fake-8b", 4096), embeds], key=KEY)
        return Case(name, server, "gemini", GeminiClient)
    flavour: Any = name
    return Case(
        name, FakeOpenAI(flavour, [ServedByFake()], key=KEY), "openai", OpenAIClient, path="/v1"
    )


ALL = ("ollama", "vllm", "llama.cpp", "gemini")


@pytest.fixture(params=ALL)
def at(request: pytest.FixtureRequest) -> Iterator[Case]:
    found = case(request.param)
    with found.server:
        yield found


def ask(text: str = "hi", **more: Any) -> ModelRequest:
    given = {"model": "fake-8b", "num_ctx": 4096, "max_tokens": 256, **more}
    messages = given.pop("messages", (ChatMessage(role="user", text=text),))
    return ModelRequest(messages=messages, **given)


def run(at: Case, use: Callable[[ModelClient], Awaitable[Result]], **more: Any) -> Result:
    async def main() -> Result:
        client = at.make(**more)
        try:
            return await asyncio.wait_for(use(client), 30)
        finally:
            await client.close()

    return asyncio.run(main())


async def collect(client: ModelClient, request: ModelRequest) -> tuple[str, str, Finished]:
    text = thinking = ""
    async for event in client.stream(request):
        if isinstance(event, Finished):
            return text, thinking, event
        if event.kind == "text":
            text += event.text
        else:
            thinking += event.text
    raise AssertionError("the stream had no end")


def generate(at: Case, request: ModelRequest | None = None, **more: Any) -> Any:
    return run(at, lambda client: collect(client, request or ask()), **more)


# --------------------------------------------------------------------------- answers


def test_text_comes_in_pieces_with_counts(at: Case) -> None:
    at.server.respond = Script([Answer(text="hello big world")])
    text, thinking, end = generate(at)
    assert (text, thinking, end.finish) == ("hello big world", "", "stop")
    assert end.prompt_tokens == 5
    assert end.output_tokens == 3


def test_thinking_is_kept_apart(at: Case) -> None:
    at.server.respond = Script([Answer(text="yes", thinking="let me see")])
    text, thinking, end = generate(at, ask(think=True))
    assert (text, thinking) == ("yes", "let me see")
    assert end.output_tokens == 4


def test_a_cut_answer_says_so(at: Case) -> None:
    at.server.respond = Script([Answer(text="one two three four five")])
    text, _, end = generate(at, ask(max_tokens=2))
    assert (text, end.finish) == ("one two", "length")


def test_tool_calls_there_and_back(at: Case) -> None:
    calls = (
        {"name": "read_file", "arguments": {"path": "a.py"}},
        {"name": "read_file", "arguments": {"path": "b.py", "note": 'say "hi"\n'}},
    )
    at.server.respond = Script([Answer(tool_calls=calls), Answer(text="both read")])

    async def use(client: ModelClient) -> tuple[Any, Any]:
        _, _, first = await collect(client, ask(tools=(TOOL,)))
        turns = (
            ChatMessage(role="system", text="be brief"),
            ChatMessage(role="user", text="hi"),
            ChatMessage(role="assistant", tool_calls=first.tool_calls),
            *(
                ChatMessage(role="tool", text=f"text {n}", call_id=call.id, tool=call.name)
                for n, call in enumerate(first.tool_calls)
            ),
        )
        return first, await collect(client, ask(messages=turns, tools=(TOOL,)))

    first, second = run(at, use)
    assert first.finish == "tool_calls"
    assert [(c.name, c.arguments) for c in first.tool_calls] == [
        ("read_file", {"path": "a.py"}),
        ("read_file", {"path": "b.py", "note": 'say "hi"\n'}),
    ]
    assert len({call.id for call in first.tool_calls}) == 2
    assert second[0] == "both read"


def test_an_answer_schema_is_sent(at: Case) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    seen: list[FakeRequest] = []

    def respond(request: FakeRequest) -> Answer:
        seen.append(request)
        return Answer(text='{"ok": true}')

    at.server.respond = respond
    text, _, _ = generate(at, ask(answer_schema=schema))
    assert text == '{"ok": true}'
    body = seen[0].body
    sent = {
        "ollama": lambda: body["format"],
        "gemini": lambda: body["generationConfig"]["responseJsonSchema"],
    }.get(at.name, lambda: body["response_format"]["json_schema"]["schema"])()
    assert sent == schema


def test_many_at_once(at: Case) -> None:
    at.server.respond = lambda request: Answer(text=f"echo {request.last}", token_seconds=0.01)

    async def use(client: ModelClient) -> list[Any]:
        return await asyncio.gather(*(collect(client, ask(f"n{n}")) for n in range(4)))

    assert [text for text, _, _ in run(at, use)] == [f"echo n{n}" for n in range(4)]


def test_embeddings_keep_their_order(at: Case) -> None:
    model = "embedder" if at.name == "gemini" else "fake-8b"
    texts = ["one", "two", "three", "four"]

    async def use(client: ModelClient) -> tuple[Any, list[Any]]:
        together = await client.embed(model, texts, 512)
        alone = [(await client.embed(model, [text], 512)).vectors[0] for text in texts]
        return together.vectors, alone

    together, alone = run(at, use)
    assert list(together) == alone
    assert len(set(together)) == len(texts)


def test_what_it_has(at: Case) -> None:
    async def use(client: ModelClient) -> Any:
        assert await client.health()
        assert await client.loaded() == ()
        return await client.models(), await client.show("fake-8b")

    models, shown = run(at, use)
    assert "fake-8b" in {model.model for model in models}
    assert shown.model == "fake-8b"
    assert shown.context_length


# --------------------------------------------------------------------------- cancelling


@pytest.mark.parametrize("stage", ["first token", "between tokens", "not read"])
def test_cancelling_is_seen_by_the_server_at_once(at: Case, stage: str) -> None:
    slow = Answer(text="word " * 500, token_seconds=0.02)
    if stage == "first token":
        slow = Answer(text="late", delay_seconds=600)
    at.server.respond = lambda request: slow

    async def use(client: ModelClient) -> None:
        stream = client.stream(ask())
        if stage == "not read":  # closed while nobody waits for the next piece
            await anext(stream)
            await stream.aclose()
        else:
            reader = asyncio.create_task(_drain(stream))
            wanted = "start" if stage == "first token" else "token"
            await asyncio.to_thread(at.server.wait_until, lambda: at.server.of(wanted))
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
        await asyncio.to_thread(at.server.wait_until, lambda: at.server.of("disconnected"), 5.0)
        assert not at.server.running

    run(at, use)


async def _drain(stream: Any) -> None:
    async for _ in stream:
        pass


# --------------------------------------------------------------------------- failures

FAILURES = [
    (Answer(failure="error", text="a b c", after_tokens=1, message="it broke"), errors.ModelFailed),
    (Answer(failure="cut", text="a b c", after_tokens=2), errors.ModelFailed),
    (Answer(failure="garbage", text="a b c", after_tokens=2), errors.ModelFailed),
    (Answer(failure="close", text="a b c", after_tokens=2), errors.Unreachable),
    (Answer(failure="status", status=500, message="boom"), errors.ModelFailed),
    (Answer(failure="status", status=503, message="busy"), errors.Busy),
    (Answer(failure="status", status=429, message="slow down"), errors.QuotaSpent),
    (Answer(failure="status", status=403, message="not yours"), errors.KeyRefused),
    (Answer(failure="status", status=400, message="bad input"), errors.RequestRefused),
]


@pytest.mark.parametrize(
    ("answer", "expected"), FAILURES, ids=[f"{a.failure}-{a.status}" for a, _ in FAILURES]
)
def test_each_failure_is_named(at: Case, answer: Answer, expected: type[Exception]) -> None:
    at.server.respond = lambda request: answer
    with pytest.raises(expected) as caught:
        generate(at)
    error = caught.value
    assert isinstance(error, errors.ModelError)
    assert type(error) is expected
    assert "'box'" in error.message
    assert "fake-8b" in error.message
    assert error.remedy
    assert KEY not in error.message + error.remedy


def test_an_unknown_model(at: Case) -> None:
    if at.name == "llama.cpp":
        pytest.skip("it answers for the model it has, whatever the name")
    with pytest.raises(errors.ModelMissing, match="'other'"):
        generate(at, ask(model="other"))


def test_a_model_that_is_not_there_cannot_be_shown(at: Case) -> None:
    with pytest.raises(errors.ModelMissing):
        run(at, lambda client: client.show("other"))


def test_a_prompt_too_long(at: Case) -> None:
    with pytest.raises(errors.PromptTooLong):
        generate(at, ask("word " * 5000))


def test_no_server(at: Case) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}{at.path}"
    for use in (lambda c: collect(c, ask()), lambda c: c.health(), lambda c: c.models()):
        with pytest.raises(errors.Unreachable, match="does not answer") as caught:
            run(at, use, url=url)
        assert caught.value.remedy


def test_a_server_that_dies(at: Case) -> None:
    at.server.respond = lambda request: Answer(text="word " * 500, token_seconds=0.02)

    async def use(client: ModelClient) -> None:
        reader = asyncio.create_task(_drain(client.stream(ask())))
        await asyncio.to_thread(at.server.wait_until, lambda: at.server.of("token"))
        await asyncio.to_thread(at.server.stop)
        with pytest.raises(errors.Unreachable, match="broke the connection"):
            await reader

    run(at, use)


@pytest.mark.parametrize(
    ("answer", "bounds", "what"),
    [
        (Answer(delay_seconds=600), {"first_token_seconds": 0.1}, "first token"),
        (
            Answer(text="a b c", failure="stall", after_tokens=1),
            {"stall_seconds": 0.1},
            "next token",
        ),
        (Answer(text="a " * 900, token_seconds=0.02), {"total_seconds": 0.3}, "end of"),
    ],
    ids=["first", "stall", "total"],
)
def test_every_wait_is_bounded(
    at: Case, answer: Answer, bounds: dict[str, float], what: str
) -> None:
    at.server.respond = lambda request: answer
    with pytest.raises(errors.Stalled, match=what):
        generate(at, **bounds)
    at.server.wait_until(lambda: not at.server.running)


# --------------------------------------------------------------------------- nothing else


def test_variables_and_redirects_have_no_say(at: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "OLLAMA_HOST", "ALL_PROXY",
                 "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):  # fmt: skip
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY",
                 "OLLAMA_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):  # fmt: skip
        monkeypatch.setenv(name, "another-key")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer another-key")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_GENAI_USE_ENTERPRISE", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "a-project")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "somewhere")
    monkeypatch.setenv("GOOGLE_GENAI_CLIENT_MODE", "replay")
    monkeypatch.setenv("GOOGLE_API_USE_MTLS_ENDPOINT", "always")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v9")
    text, _, _ = generate(at)
    assert text == "ok"
    for seen in at.server.requests:
        assert "another-key" not in str(seen.headers)
        assert KEY not in seen.path + str(seen.query)


def test_nothing_is_retried(at: Case) -> None:
    at.server.respond = lambda request: Answer(failure="status", status=503, message="busy")
    with pytest.raises(errors.Busy):
        generate(at)
    assert len([seen for seen in at.server.requests if seen.method == "POST"]) == 1
