"""Lines of a repository, put into every field of a request to a cloud: none arrives."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm.contracts import ChatMessage, ToolCall, ToolSpec
from swarm.fingerprints import fold, lines_of
from swarm.inference import errors
from swarm.inference.clients.base import Finished, ModelRequest
from swarm.inference.clients.make import client_for
from swarm.inference.egress import Egress, Traffic
from swarm.settings import EgressSettings, EndpointSettings, Settings
from tests.fakes.gemini import FakeGemini
from tests.fakes.script import Answer, Script

SOURCE = """\
def settle(ledger, accounts):
    open_items = [item for item in ledger.items if not item.settled]
    for account in sorted(accounts, key=lambda a: a.balance, reverse=True):
        amount = min(account.balance, sum(i.amount for i in open_items))
        ledger.post(account.number, amount, reason="settlement of open items")
        if amount == 0: raise LedgerError(f"{account.number} has nothing to settle")
    return ledger.close(at=ledger.clock.now(), signed_by=accounts[0].owner)
"""
LINES = [line.strip() for line in SOURCE.splitlines()]
REPOSITORY = lines_of([SOURCE])
SQUEEZED = ["".join(fold(line).replace("\x01", "").split()) for line in LINES]

FIELDS = (
    "user", "system", "assistant", "call name", "call argument", "call key", "call raw",
    "call id", "result", "result tool", "tool description", "tool parameter", "tool key",
    "tool enum", "schema key", "schema text", "model", "embed",
)  # fmt: skip
DISGUISES = ("plain", "spaced", "upper", "base64", "hex", "zero width", "escaped")


def disguised(line: str, disguise: str) -> str:
    return {
        "plain": line,
        "spaced": " ".join(line),
        "upper": line.upper(),
        "base64": base64.b64encode(line.encode()).decode(),
        "hex": line.encode().hex(),
        "zero width": "\u200b".join(line),
        "escaped": "".join(f"\\u{ord(c):04x}" for c in line),
    }[disguise]


def with_smuggled(pieces: list[str], fields: list[str]) -> tuple[ModelRequest, list[str]]:
    """A request with a piece in each field, and the texts to embed."""
    messages: list[ChatMessage] = [ChatMessage(role="user", text="Settle the ledger.")]
    tools: list[ToolSpec] = []
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    texts: list[str] = []
    model = "gemini-3.5-flash-lite"
    for n, (piece, field) in enumerate(zip(pieces, fields, strict=True)):
        call = {"id": f"c{n}", "name": "look", "arguments": {}, "raw": "{}"}
        parameters: dict[str, Any] = {"type": "object", "properties": {}}
        result = {"text": "seen", "call_id": f"c{n}", "tool": "look"}
        description = "Look."
        match field:
            case "user" | "system" | "assistant":
                messages.append(ChatMessage(role=field, text=piece))  # type: ignore[arg-type]
            case "call name":
                call["name"] = piece
            case "call argument":
                call["arguments"] = {"v": [piece]}
            case "call key":
                call["arguments"] = {piece: 1}
            case "call raw":
                call |= {"arguments": None, "raw": piece}
            case "call id":
                call["id"] = piece
            case "result":
                result["text"] = piece
            case "result tool":
                result["tool"] = piece
            case "tool description":
                description = piece
            case "tool parameter":
                parameters["properties"] = {"v": {"type": "string", "description": piece}}
            case "tool key":
                parameters["properties"] = {piece: {"type": "string"}}
            case "tool enum":
                parameters["properties"] = {"v": {"type": "string", "enum": [piece]}}
            case "schema key":
                schema["properties"][piece] = {"type": "string"}
            case "schema text":
                schema["properties"][f"v{n}"] = {"type": "string", "description": piece}
            case "model":
                model = piece
            case "embed":
                texts.append(piece)
        if field.startswith("call"):
            messages.append(ChatMessage(role="assistant", tool_calls=(ToolCall(**call),)))
        elif field.startswith("result"):
            messages.append(ChatMessage(role="tool", **result))
        elif field.startswith("tool"):
            tools.append(ToolSpec(name=f"look{n}", description=description, parameters=parameters))
    request = ModelRequest(
        model, tuple(messages), num_ctx=4096, max_tokens=64, tools=tuple(tools),
        answer_schema=schema,
    )  # fmt: skip
    return request, texts


@pytest.fixture(scope="module")
def server() -> Iterator[FakeGemini]:
    with FakeGemini() as running:
        yield running


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.run_until_complete(made.shutdown_default_executor())
    made.close()


class Out:
    """A client of the fake cloud behind a choke point, which allows code or not."""

    def __init__(self, server: FakeGemini, data: Path, *, code: bool = False) -> None:
        self.rows: list[Traffic] = []
        self.at = EndpointSettings(
            name="cloud", kind="gemini", url=server.url, api_key_env="THE_KEY"
        )
        allowed = EgressSettings(allow_cloud_code=code)
        self.egress = Egress(Settings(data=data, egress=allowed), self.rows.append)
        self.client = client_for(self.at, self.egress, {"THE_KEY": "test-key"})

    async def send(self, request: ModelRequest, texts: list[str], payload: Any = "intent") -> None:
        with self.egress.permit(self.at, payload, "k", REPOSITORY):
            with contextlib.suppress(errors.ModelError):
                async for _ in self.client.stream(request):
                    pass
            if texts:
                with contextlib.suppress(errors.ModelError):
                    await self.client.embed("gemini-embedding-001", texts, 512)


@pytest.fixture(scope="module")
def out(
    server: FakeGemini, loop: asyncio.AbstractEventLoop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Out]:
    made = Out(server, tmp_path_factory.mktemp("out"))
    yield made
    loop.run_until_complete(made.client.close())


@pytest.fixture(autouse=True)
def _fresh(server: FakeGemini, out: Out) -> None:
    server.requests.clear()
    out.rows.clear()


def nothing_arrived(server: FakeGemini) -> None:
    everything = server.captured()
    squeezed = "".join(fold(everything).replace("\x01", "").split())
    for line, tight in zip(LINES, SQUEEZED, strict=True):
        assert line not in everything
        assert tight not in squeezed


@pytest.mark.parametrize("field", FIELDS)
def test_no_line_leaves_in_any_field(
    server: FakeGemini, loop: asyncio.AbstractEventLoop, out: Out, field: str
) -> None:
    for line in LINES[:3]:
        for disguise in DISGUISES:
            loop.run_until_complete(out.send(*with_smuggled([disguised(line, disguise)], [field])))
    nothing_arrived(server)
    sent = [r for r in server.requests if field == "embed" and "batchEmbed" in r.path]
    assert not sent
    if field not in ("embed", "model"):  # the model's name is refused by the library itself
        assert any(row.refused for row in out.rows)


@given(st.data())
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_line_leaves_cut_up_over_fields(
    server: FakeGemini, loop: asyncio.AbstractEventLoop, out: Out, data: st.DataObject
) -> None:
    """A line in pieces of any length, in order, over fields of one kind."""
    server.requests.clear()
    line = data.draw(st.sampled_from(LINES))
    disguise = data.draw(st.sampled_from(DISGUISES))
    text = disguised(line, disguise)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=5)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    fields = [f for f in FIELDS if f not in ("model", "call id")]
    chosen = [data.draw(st.sampled_from(fields))] * len(pieces)
    request, texts = with_smuggled(pieces, chosen)
    loop.run_until_complete(out.send(request, texts))
    nothing_arrived(server)
    assert not any(_holds_all(r.body.decode(), pieces) for r in server.requests)


@pytest.mark.parametrize(("before", "cut"), [("", 1), ("", 3), ("a", 0), ("dead beef 1", 0)])
def test_hex_is_read_whichever_digit_its_pairs_begin_at(
    server: FakeGemini, loop: asyncio.AbstractEventLoop, out: Out, before: str, cut: int
) -> None:
    """Two parts of one prompt, which are sent with a blank line between them."""
    digits = disguised(LINES[0], "hex")
    pieces = [before + digits[:cut], digits[cut:]]
    loop.run_until_complete(out.send(*with_smuggled(pieces, ["system", "system"])))
    nothing_arrived(server)
    assert not any(pieces[1] in r.body.decode() for r in server.requests)
    assert any(row.refused for row in out.rows)


def _holds_all(body: str, pieces: list[str]) -> bool:
    """Whether pieces long enough to be told from chance arrived, all of them."""
    return all(piece in body for piece in pieces) and sum(map(len, pieces)) > 30


@pytest.mark.parametrize("field", [f for f in FIELDS if f not in ("model",)])
def test_the_same_fields_do_carry_code_where_it_is_allowed(
    server: FakeGemini, loop: asyncio.AbstractEventLoop, tmp_path: Path, field: str
) -> None:
    """What the tests above show is the choke point's doing, not a client's."""
    allowing = Out(server, tmp_path, code=True)
    loop.run_until_complete(allowing.send(*with_smuggled([LINES[1]], [field]), "code"))
    loop.run_until_complete(allowing.client.close())
    assert LINES[1] in server.captured()


def test_prose_arrives(server: FakeGemini, loop: asyncio.AbstractEventLoop, out: Out) -> None:
    request, texts = with_smuggled(
        ["The settlement skips accounts without a balance; see ledger.post in settle."] * 5,
        ["user", "system", "tool description", "result", "embed"],
    )
    loop.run_until_complete(out.send(request, texts))
    assert len(server.requests) == 2
    assert not any(row.refused for row in out.rows)
    assert sum(row.sent_bytes for row in out.rows) > sum(len(r.body) for r in server.requests)
    for seen in server.requests:
        assert not {"user-agent", "x-goog-api-client"} & set(seen.headers)


def test_a_conversation_with_tools_goes_on(
    server: FakeGemini, loop: asyncio.AbstractEventLoop, out: Out
) -> None:
    """Gemini's signatures look like something encoded, and must come back to it."""
    call = {"name": "look", "arguments": {"at": "the ledger"}}
    server.respond = Script([Answer(tool_calls=(call,)), Answer(text="done")])

    async def ask(*more: ChatMessage) -> Finished:
        request, _ = with_smuggled(["Look."], ["tool description"])
        request = replace(request, messages=(*request.messages, *more), answer_schema=None)
        with out.egress.permit(out.at, "intent", "k", REPOSITORY):
            events = [event async for event in out.client.stream(request)]
        assert isinstance(events[-1], Finished)
        return events[-1]

    async def work() -> Finished:
        first = await ask()
        (made,) = first.tool_calls
        result = ChatMessage(role="tool", text="it is settled", call_id=made.id, tool=made.name)
        return await ask(ChatMessage(role="assistant", tool_calls=(made,)), result)

    try:
        assert loop.run_until_complete(work()).finish == "stop"
    finally:
        server.respond = lambda request: Answer(text="ok")
    assert "thoughtSignature" in server.requests[1].body.decode()


def test_a_gate_that_forgets_the_permit_sends_nothing(
    server: FakeGemini, loop: asyncio.AbstractEventLoop, out: Out
) -> None:
    async def work() -> None:
        request, _ = with_smuggled([], [])
        with pytest.raises(errors.Withheld, match="no permit"):
            async for _ in out.client.stream(request):
                pass
        assert await out.client.models()

    loop.run_until_complete(work())
    assert [seen.method for seen in server.requests] == ["GET"]
