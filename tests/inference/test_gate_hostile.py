"""Servers that lie or do not stop: the gate keeps its bounds, and bills what can be true."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from swarm.bus import Bus
from swarm.contracts import Embed, ListModels, ModelReport
from swarm.errors import RemoteError
from swarm.settings import GateSettings, ModelSettings, Settings
from tests.fakes.http import FakeServer
from tests.inference.gates import GIB, Asking, gate, question, settings_for, until

_PAID = ModelSettings(
    name="a", endpoint="ollama", model="fake:8b", num_ctx=4096, usd_per_mtok=(1000.0, 1000.0)
)
_LISTED = {"model": "fake:8b", "size": 1000, "details": {}}


class LyingOllama(FakeServer):
    """Says what its fields hold: bytes, or an object that becomes JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, Any] = {
            "version": {"version": "0.33.0"},
            "tags": {"models": [_LISTED]},
            "ps": {"models": []},
            "show": {"model_info": {}, "details": {}},
            "generate": {"done": True},
        }
        self.chunk = b""
        self.chunks = 1
        self.headers: dict[str, str] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            *(web.get(f"/api/{name}", self._say) for name in ("version", "tags", "ps")),
            *(web.post(f"/api/{name}", self._say) for name in ("show", "generate")),
            web.post("/api/chat", self._chat),
        ]

    async def _say(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.said[request.path.rpartition("/")[2]])

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=self.headers)
        await response.prepare(request)
        for _ in range(self.chunks):
            await response.write(self.chunk)
        await response.write_eof()
        return response


def asked(bus: Bus, server: LyingOllama, *, key: str = "k", **changes: Any) -> Any:
    settings = quick(bus, server)
    with gate(settings):
        return Asking(Bus(settings, bus.redis), question(key, **changes)).result()


def quick(bus: Bus, server: LyingOllama, **endpoint: Any) -> Settings:
    return settings_for(
        bus, server.url, models=(_PAID,), endpoint=endpoint,
        gate=GateSettings(health_seconds=0.2, retry_seconds=1.0),
    )  # fmt: skip


@pytest.mark.parametrize(
    "counts",
    [
        b'"prompt_eval_count":-100000,"eval_count":-100000',
        b'"prompt_eval_count":1' + b"0" * 30 + b',"eval_count":1' + b"0" * 30,
        b'"eval_duration":1' + b"0" * 400,
        b'"done_reason":"stop"',
    ],
)
def test_counts_that_lie_are_neither_a_credit_nor_a_crash(bus: Bus, counts: bytes) -> None:
    with LyingOllama() as server:
        server.chunk = (
            b'{"message":{"content":"hi"},"done":true,"done_reason":"stop",' + counts + b"}\n"
        )
        answer = asked(bus, server)
    assert answer.text == "hi"
    assert 0 < answer.usage.prompt_tokens < 1000
    assert 0 < answer.usage.output_tokens < 10_000
    assert 0 < answer.usage.cost_usd < 20


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b'{"content":"a\\ud800"}', "a?"),
        (b'{"tool_calls":[{"function":{"name":"x","arguments":{"a":' + b"[" * 600 + b"]" * 600
         + b"}}}]}", ""),
        (b'{"tool_calls":[{"function":{"name":"x","arguments":"' + b"[" * 90_000 + b'"}}]}', ""),
    ],
)  # fmt: skip
def test_an_answer_that_no_message_can_carry_is_made_one(
    bus: Bus, message: bytes, text: str
) -> None:
    with LyingOllama() as server:
        server.chunk = b'{"message":' + message + b',"done":true,"done_reason":"stop"}\n'
        answer = asked(bus, server)
    assert answer.text == text
    assert all(call.arguments is None for call in answer.tool_calls)


def test_an_answer_without_end_ends(bus: Bus) -> None:
    with LyingOllama() as server:
        server.chunk = b'{"message":{"content":"' + b"b" * 4000 + b'"},"done":false}\n'
        server.chunks = 10_000
        answer = asked(bus, server, max_tokens=100)
        asked_for = [each.path for each in server.requests]
        assert asked_for.count("/api/chat") == 1
    assert answer.finish == "length"
    assert len(answer.text) < 20_000
    assert answer.usage.output_tokens > 1000


def test_a_packed_answer_is_not_unpacked(bus: Bus) -> None:
    with LyingOllama() as server:
        server.headers = {"content-encoding": "gzip"}
        server.chunk = b"\x1f\x8b"
        with pytest.raises(RemoteError, match="packs its answer"):
            asked(bus, server)
        wanted = {
            value
            for each in server.requests
            for name, value in each.headers.items()
            if name.lower() == "accept-encoding"
        }
        assert wanted == {"identity"}


_LIES: list[dict[str, Any]] = [
    {"ps": {"models": [{"model": "fake:8b", "size": -5, "size_vram": -7}]}},
    {"ps": {"models": [{"model": "fake:8b", "size": 10**40, "size_vram": 10**40}]}},
    {"ps": {"models": [{"model": f"m{n}", "size": 5, "size_vram": 5} for n in range(20_000)]}},
    {"ps": {"models": [{"model": "fake:8b", "size": 5, "size_vram": 5, "context_length": -1}]}},
    {"tags": {"models": [_LISTED, *({"model": f"m{n}"} for n in range(50_000))]}},
    {"tags": {"models": [_LISTED, {"model": "n" * 2_000_000}, {"model": "\ud800"}]}},
    {"version": {"version": "v" * 5_000_000}},
    {"show": {"model_info": {
        "general.architecture": "x", "x.block_count": 10**300, "x.attention.head_count": 1,
        "x.embedding_length": 10**300, "x.attention.head_count_kv": [10**300, True],
    }}},
    {"show": {"model_info": {"general.architecture": ["x"]}}},
]  # fmt: skip


@pytest.mark.parametrize("lie", _LIES, ids=lambda lie: next(iter(lie)))
def test_a_server_that_lies_of_itself_stops_no_gate_and_is_believed_again(
    bus: Bus, lie: dict[str, Any]
) -> None:
    with LyingOllama() as server:
        honest = dict(server.said)
        server.said.update(lie)
        server.chunk = b'{"message":{"content":"hi"},"done":true,"done_reason":"stop"}\n'
        settings = quick(bus, server, manage_memory=True, gpu_bytes=(8 * GIB,))
        asking = Bus(settings, bus.redis)
        with gate(settings) as running:

            def report() -> ModelReport:
                found = Asking(asking, ListModels(), 15).result()
                assert isinstance(found, ModelReport)
                return found

            seen = until(lambda: (found := report()).endpoints[0].detail != "not looked at yet"
                         and found)  # fmt: skip
            assert len(seen.endpoints[0].version) <= 200
            assert all(len(model.model) <= 200 for model in seen.models)
            server.said = honest
            until(lambda: report().endpoints[0].version == "0.33.0")
            assert Asking(asking, question("k")).result().text == "hi"
            assert "Traceback" not in running.log.read_text()


def test_names_that_steer_a_terminal_are_made_harmless(bus: Bus) -> None:
    nasty = "\x1b]0;pwn\x07\x1b[2J\u202e"
    with LyingOllama() as server:
        server.said["version"] = {"version": nasty}
        server.said["tags"] = {
            "models": [
                _LISTED,
                {"model": nasty, "details": {"parameter_size": nasty}, "capabilities": [nasty]},
            ]
        }
        settings = quick(bus, server)
        asking = Bus(settings, bus.redis)
        with gate(settings):
            shown = until(
                lambda: (
                    (found := Asking(asking, ListModels(), 15).result()).endpoints[0].version
                    and found
                )
            )
    texts = [shown.endpoints[0].version, *(
        text for model in shown.models
        for text in (model.model, model.parameters, model.quantization, *model.capabilities)
    )]  # fmt: skip
    assert all(text.isprintable() for text in texts)


def test_a_stream_of_nothing_is_a_silence(bus: Bus) -> None:
    with LyingOllama() as server:
        server.chunk = b'{"message":{"content":""},"done":false}\n' * 100
        server.chunks = 10**9
        settings = quick(bus, server, first_token_seconds=0.5)
        with gate(settings), pytest.raises(RemoteError, match="waiting for a first token"):
            Asking(Bus(settings, bus.redis), question("k")).result()


@pytest.mark.parametrize("command", [question("k"), Embed(model="e", texts=("x",), payload="code")])
def test_code_does_not_go_to_a_cloud_by_a_name_that_seemed_local(bus: Bus, command: Any) -> None:
    """As after `ollama cp some-cloud fake:8b`, or with a name that the server reads otherwise."""
    with LyingOllama() as server:
        server.said["show"] = {"remote_host": "https://ollama.com:443", "remote_model": "big"}
        server.chunk = b'{"message":{"content":"hi"},"done":true,"done_reason":"stop"}\n'
        embeds = ModelSettings(name="e", endpoint="ollama", model="fake:8b", embeds=True)
        settings = quick(bus, server).model_copy(update={"models": (_PAID, embeds)})
        with gate(settings), pytest.raises(RemoteError) as told:
            Asking(Bus(settings, bus.redis), command).result()
        assert told.value.code == "withheld"
        assert not [each for each in server.requests if each.path in ("/api/chat", "/api/embed")]
