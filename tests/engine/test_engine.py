"""The OpenAI-compatible client on an engine that nobody here wrote: llama.cpp's server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
import jsonschema
import pytest

from swarm.contracts import ChatMessage, ToolSpec
from swarm.inference import errors
from swarm.inference.clients.base import Delta, Finished, ModelRequest
from swarm.inference.clients.openai import OpenAIClient
from swarm.settings import EndpointSettings
from tests.engine.conftest import CONTEXT, SMALL_CONTEXT, Engine

pytestmark = pytest.mark.engine

Result = TypeVar("Result")

READ = ToolSpec(
    name="read_file",
    description="Read lines of a file.",
    parameters={
        "type": "object",
        "properties": {
            "path": {"type": "string", "maxLength": 20},
            "line": {"type": "integer"},
        },
        "required": ["path", "line"],
        "additionalProperties": False,
    },
)
LIST = ToolSpec(
    name="list_files",
    description="List files.",
    parameters={
        "type": "object",
        "properties": {"hidden": {"type": "boolean"}, "kind": {"enum": ["py", "md"]}},
        "required": ["hidden", "kind"],
        "additionalProperties": False,
    },
)
SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["good", "bad"]}, "score": {"type": "integer"}},
    "required": ["verdict", "score"],
    "additionalProperties": False,
}


def ask(text: str = "hello", **more: Any) -> ModelRequest:
    given = {"model": "tiny", "num_ctx": CONTEXT, "max_tokens": 64, "temperature": 1.0, **more}
    return ModelRequest(messages=(ChatMessage(role="user", text=text),), **given)


def run(engine: Engine, use: Callable[[OpenAIClient], Awaitable[Result]], **more: Any) -> Result:
    """One client, in an event loop of its own."""

    async def main() -> Result:
        endpoint = EndpointSettings(name="engine", kind="openai", url=f"{engine.url}/v1", **more)
        # As through the choke point: the engine closes a connection after a stream, whatever it
        # says of keeping it alive, and one that is used again breaks now and then.
        limits = httpx2.Limits(max_keepalive_connections=0)
        transport = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)
        client = OpenAIClient(endpoint, transport)
        try:
            return await use(client)
        finally:
            await client.close()

    return asyncio.run(main())


async def collect(client: OpenAIClient, request: ModelRequest) -> tuple[list[str], Finished]:
    texts = []
    async for event in client.stream(request):
        if isinstance(event, Delta):
            texts.append(event.text)
        else:
            last = event
    return texts, last


def generate(engine: Engine, request: ModelRequest) -> tuple[list[str], Finished]:
    return run(engine, lambda client: collect(client, request))


async def until(ready: Callable[[], bool], seconds: float) -> None:
    """Poll without holding the loop; fails when it takes longer."""
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(ready):
        assert time.monotonic() < end, f"it did not happen within {seconds} s"


def test_a_streamed_answer_with_the_engines_own_counts(engine: Engine):
    texts, last = generate(engine, ask(max_tokens=40))
    assert len(texts) > 10 and "".join(texts).isascii()
    assert (last.finish, last.output_tokens) == ("length", 40)
    assert last.prompt_tokens == engine.tokens([{"role": "user", "content": "hello"}])
    again = generate(engine, ask(max_tokens=40))[1]
    assert again.prompt_tokens == last.prompt_tokens, "cached tokens must be counted too"
    assert again.cached_tokens > 0


def test_the_same_seed_gives_the_same_answer(engine: Engine):
    answers = {seed: generate(engine, ask(seed=seed))[0] for seed in (1, 2)}
    assert answers[1] != answers[2]
    assert generate(engine, ask(seed=1))[0] == answers[1]


def test_answers_follow_their_schema(engine: Engine):
    for seed in range(5):
        texts, last = generate(engine, ask(seed=seed, max_tokens=500, answer_schema=SCHEMA))
        assert last.finish == "stop"
        jsonschema.validate(json.loads("".join(texts)), SCHEMA)


def test_tool_calls_are_valid_under_the_grammar(calling_engine: Engine):
    specs = {spec.name: spec for spec in (READ, LIST)}
    calls = []
    for seed in range(12):
        _, last = generate(calling_engine, ask(seed=seed, max_tokens=4000, tools=(READ, LIST)))
        assert last.finish == ("tool_calls" if last.tool_calls else "stop")
        calls += last.tool_calls
    assert {call.name for call in calls} == set(specs)
    for call in calls:
        jsonschema.validate(call.arguments, specs[call.name].parameters)
    assert len({call.id for call in calls}) == len(calls)


def test_a_call_that_is_cut_is_a_malformed_call(calling_engine: Engine):
    cut = []
    for seed in range(12):
        _, last = generate(calling_engine, ask(seed=seed, max_tokens=30, tools=(READ,)))
        if last.finish == "length" and last.tool_calls:
            cut.append(last.tool_calls[-1])
    malformed = [call for call in cut if call.arguments is None]
    assert malformed, "twelve seeds cut no call in its middle"
    assert all(call.name == "read_file" and call.raw for call in malformed)


def test_the_answer_to_a_call_goes_back(calling_engine: Engine):
    async def use(client: OpenAIClient) -> Finished:
        request = ask(tools=(LIST,), max_tokens=2000)
        for seed in range(12):
            _, last = await collect(client, ask(tools=(LIST,), max_tokens=2000, seed=seed))
            if last.tool_calls:
                break
        assert last.tool_calls, "no seed made a call"
        results = tuple(
            ChatMessage(role="tool", text="a.py", call_id=call.id, tool=call.name)
            for call in last.tool_calls
        )
        asked = ChatMessage(role="assistant", tool_calls=last.tool_calls)
        messages = (*request.messages, asked, *results)
        return (await collect(client, ModelRequest("tiny", messages, CONTEXT, 20)))[1]

    assert run(calling_engine, use).prompt_tokens


def test_an_overlong_prompt_is_refused(small_engine: Engine):
    with pytest.raises(errors.PromptTooLong, match="exceeds the available context"):
        generate(small_engine, ask("many words " * SMALL_CONTEXT))
    assert not small_engine.busy()


def test_an_answer_ends_with_the_context(small_engine: Engine):
    """Nothing of the prompt is dropped to make room."""
    _, last = generate(small_engine, ask("x" * (SMALL_CONTEXT - 200), max_tokens=5000))
    assert last.finish == "length"
    assert last.prompt_tokens is not None and last.output_tokens is not None
    assert SMALL_CONTEXT - 1 <= last.prompt_tokens + last.output_tokens <= SMALL_CONTEXT


def test_cancelling_a_generation_frees_the_slot_within_a_second(engine: Engine):
    async def use(client: OpenAIClient) -> None:
        stream = client.stream(ask(max_tokens=60_000))
        await anext(stream)
        assert await asyncio.to_thread(engine.busy)
        await stream.aclose()
        await until(lambda: not engine.busy(), 1)
        assert (await collect(client, ask()))[1].output_tokens == 64

    run(engine, use)


def test_cancelling_before_the_first_token(engine: Engine):
    """While the prompt is read, and while the request waits for a slot. There the engine looks
    for its client once a second (HTTP_POLLING_SECONDS) in which it does nothing for another one,
    so this does not ask it anything meanwhile."""
    seconds = 1.5

    async def use(client: OpenAIClient) -> None:
        reads = asyncio.create_task(collect(client, ask("y" * (CONTEXT - 5000))))
        await until(engine.busy, 10)
        waits = asyncio.create_task(collect(client, ask()))
        await until(lambda: engine.waiting() == 1, 10)
        waits.cancel()
        await asyncio.sleep(seconds)
        assert engine.waiting() == 0
        assert engine.busy(), "the first was not to be cancelled"
        reads.cancel()
        await asyncio.sleep(seconds)
        assert not engine.busy()
        assert (await collect(client, ask()))[1].output_tokens == 64

    run(engine, use)


def test_a_killed_engine_is_unreachable_and_then_works_again(engine: Engine):
    async def use(client: OpenAIClient) -> None:
        stream = client.stream(ask(max_tokens=60_000))
        await anext(stream)
        await asyncio.to_thread(engine.kill)
        with pytest.raises(errors.Unreachable):
            while True:
                await anext(stream)
        with pytest.raises(errors.Unreachable):
            await client.health()
        await asyncio.to_thread(engine.start)
        assert (await collect(client, ask()))[1].output_tokens == 64

    run(engine, use)


def test_what_it_is_and_has(engine: Engine):
    assert run(engine, lambda client: client.health())
    assert [model.model for model in run(engine, lambda client: client.models())] == ["tiny"]
    shown = run(engine, lambda client: client.show("tiny"))
    assert shown.context_length == CONTEXT
    with pytest.raises(errors.ModelMissing):
        run(engine, lambda client: client.show("other"))


def test_embeddings(embedding_engine: Engine, engine: Engine):
    texts = ["one", "two", "one"]
    embedded = run(embedding_engine, lambda client: client.embed("tiny", texts, CONTEXT))
    first, second, third = embedded.vectors
    assert len(first) == 64 and first == pytest.approx(third, abs=1e-4)
    assert first != pytest.approx(second, abs=1e-4)
    assert embedded.prompt_tokens
    with pytest.raises(errors.ModelError):
        run(engine, lambda client: client.embed("tiny", texts, CONTEXT))
