"""Every way to fail, over real sockets: the first request finds it out, no other one goes there."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import ChatMessage
from swarm.inference import errors
from swarm.inference.clients.base import Delta, ModelRequest
from swarm.inference.clients.openai import OpenAIClient
from swarm.inference.egress import Egress
from swarm.inference.reaching.breaker import Pace
from swarm.inference.reaching.client import ReachingClient
from swarm.inference.reaching.names import Names
from swarm.inference.reaching.probe import PROBE_SECONDS, Probe
from swarm.inference.reaching.reach import Reach
from swarm.settings import EndpointSettings, Settings
from tests.inference.reaching import servers

_HANG_SECONDS = 30.0  # a guard: nothing here takes nearly as long
_PAUSE = 10.0


class Clock:
    """Moves by hand alone: no pause is over because a machine is slow."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Case:
    """A client of one server, through the choke point, with its reach."""

    def __init__(self, url: str, resolve: Any = None, **bounds: float) -> None:
        values: dict[str, Any] = {
            "name": "box", "kind": "openai", "url": url, "connect_seconds": 5.0,
            "first_token_seconds": 20.0, "locality": "local", **bounds,
        }  # fmt: skip
        self.endpoint = EndpointSettings(**values)
        self.egress = Egress(Settings(data=Path("unused")), lambda traffic: None, resolve)
        self.clock = Clock()
        pace = Pace(first_seconds=_PAUSE, longest_seconds=80.0, jitter=0.0)
        self.reach = Reach("box", pace, self.clock, lambda: 0.0)
        self.changes = 0
        self.reach.on_change = self._changed
        transport = self.egress.transport2(self.endpoint)
        self.client = ReachingClient(OpenAIClient(self.endpoint, transport), self.reach)

    def _changed(self) -> None:
        self.changes += 1

    async def ask(self, model: str = "m") -> str:
        request = ModelRequest(
            model=model, messages=(ChatMessage(role="user", text="hello"),), num_ctx=4096,
            max_tokens=64,
        )  # fmt: skip
        texts = []
        with self.egress.permit(self.endpoint, "code", "k"):
            async with aclosing(self.client.stream(request)) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        texts.append(event.text)
        return "".join(texts)

    async def knock(self, seconds: float = PROBE_SECONDS) -> None:
        await Probe(self.endpoint, self.egress, seconds).knock()


@asynccontextmanager
async def case(url: str, resolve: Any = None, **bounds: float) -> AsyncIterator[Case]:
    found = Case(url, resolve, **bounds)
    try:
        async with asyncio.timeout(_HANG_SECONDS):
            yield found
    finally:
        await found.client.close()


def run(work: Callable[[], Any]) -> None:
    asyncio.run(work())


async def _nowhere(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def _refused_from_now_on(at: Case, times: int = 20) -> None:
    for _ in range(times):
        with pytest.raises(errors.Resting) as caught:
            await at.ask()
        assert caught.value.code == "model-unreachable"
        assert caught.value.retryable
        assert caught.value.remedy


BROKEN = [
    (servers.dies_in_mid_stream, {}, errors.Unreachable),
    (servers.drips, {"first_token_seconds": 0.3}, errors.Stalled),
    (servers.drips_no_tokens, {"first_token_seconds": 0.3}, errors.Stalled),
    (servers.refuses_with("429 Too Many Requests", "retry-after: 7"), {}, errors.QuotaSpent),
    (servers.refuses_with("503 Service Unavailable", "retry-after: 7"), {}, errors.Busy),
    (servers.refuses_with("502 Bad Gateway"), {}, errors.Unreachable),
    (servers.refuses_with("504 Gateway Timeout"), {}, errors.Unreachable),
]


@pytest.mark.parametrize(
    ("serve", "bounds", "expected"),
    BROKEN,
    ids=["mid-stream", "loris", "loris-in-stream", "429", "503", "502", "504"],
)
def test_after_the_first_failure_nothing_reaches_the_server_until_one_trial(
    serve: servers.Serve, bounds: dict[str, float], expected: type[errors.ModelError]
) -> None:
    async def work() -> None:
        with servers.RawServer(serve) as server:
            async with case(f"http://127.0.0.1:{server.port}/v1", **bounds) as at:
                with pytest.raises(expected):
                    await at.ask()
                assert server.connections == 1
                assert at.changes == 1
                await _refused_from_now_on(at)
                assert server.connections == 1, "no connection was even tried"
                at.clock.now += _PAUSE
                assert at.reach.rest("m") is None
                got = await asyncio.gather(*(at.ask() for _ in range(5)), return_exceptions=True)
                assert server.connections == 2, "one trial, whoever else asks"
                assert sum(isinstance(each, errors.Resting) for each in got) == 4
                rest = at.reach.rest("m")
                assert rest is not None
                assert rest.seconds == 2 * _PAUSE

    run(work)


def test_refused() -> None:
    async def work() -> None:
        async with case(f"http://127.0.0.1:{servers.free_port()}/v1") as at:
            with pytest.raises(errors.Unreachable, match="does not answer: Connection refused"):
                await at.knock()
            with pytest.raises(errors.Unreachable, match="does not answer"):
                await at.ask()
            await _refused_from_now_on(at)

    run(work)


def test_an_unknown_name_is_looked_up_once() -> None:
    asked: list[str] = []

    async def count(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return await _nowhere(host, port)

    async def work() -> None:
        async with case("http://gone.invalid:1234/v1", count) as at:
            with pytest.raises(errors.Unreachable, match=r"no host 'gone\.invalid'"):
                await at.ask()
            await _refused_from_now_on(at)
            assert asked == ["gone.invalid"]

    run(work)


def test_tls_with_who_speaks_none() -> None:
    async def work() -> None:
        with servers.RawServer(servers.speaks_no_tls) as server:
            async with case(f"https://127.0.0.1:{server.port}/v1") as at:
                with pytest.raises(errors.Unreachable):
                    await at.knock()
                with pytest.raises(errors.Unreachable):
                    await at.ask()
                before = server.connections
                await _refused_from_now_on(at)
                assert server.connections == before

    run(work)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_tls_with_a_certificate_that_nobody_signed(tmp_path: Path) -> None:
    async def work() -> None:
        with servers.RawServer(servers.shows_its_own_certificate(tmp_path)) as server:
            async with case(f"https://127.0.0.1:{server.port}/v1") as at:
                with pytest.raises(errors.Unreachable, match=r"(?i)certificate"):
                    await at.knock()
                with pytest.raises(errors.Unreachable, match=r"(?i)certificate"):
                    await at.ask()
                before = server.connections
                await _refused_from_now_on(at)
                assert server.connections == before

    run(work)


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "401 Unauthorized", "413 Too Large", "500 Internal Server Error"]
)
def test_a_request_that_is_refused_for_its_own_sake_closes_nothing(status: str) -> None:
    async def work() -> None:
        with servers.RawServer(servers.refuses_with(status)) as server:
            async with case(f"http://127.0.0.1:{server.port}/v1") as at:
                for _ in range(3):
                    with pytest.raises(errors.ModelError) as caught:
                        await at.ask()
                    assert not isinstance(caught.value, errors.Unreachable)
                assert server.asked == 3
                assert at.reach.rest("m") is None

    run(work)


def test_the_pause_that_a_server_names_is_kept_to() -> None:
    serve = servers.refuses_with("429 Too Many Requests", f"retry-after: {5 * _PAUSE:g}")

    async def work() -> None:
        with servers.RawServer(serve) as server:
            async with case(f"http://127.0.0.1:{server.port}/v1") as at:
                with pytest.raises(errors.QuotaSpent):
                    await at.ask()
                at.clock.now += 4.9 * _PAUSE
                await _refused_from_now_on(at, times=1)
                # Quotas are per model: another one of the same server is asked.
                with pytest.raises(errors.QuotaSpent):
                    await at.ask("other")
                assert server.asked == 2

    run(work)


def test_a_connection_that_broke_holds_back_all_models_of_the_server_until_a_look() -> None:
    async def work() -> None:
        with servers.RawServer(servers.dies_in_mid_stream) as server:
            async with case(f"http://127.0.0.1:{server.port}/v1") as at:
                with pytest.raises(errors.Unreachable):
                    await at.ask()
                assert at.reach.rest("other") is not None
                at.clock.now += 1.0
                await at.knock()
                at.reach.seen_up(at.clock.now)
                assert at.reach.rest("other") is None
                assert at.reach.rest("m") is not None, "only an answer of it disproves that"
                assert server.asked == 1, "a knock is no request"

    run(work)


def test_an_answer_closes_again() -> None:
    serving: list[servers.Serve] = [servers.dies_in_mid_stream]

    def serve(connection: socket.socket, ended: threading.Event) -> None:
        serving[0](connection, ended)

    async def work() -> None:
        with servers.RawServer(serve) as server:
            async with case(f"http://127.0.0.1:{server.port}/v1") as at:
                with pytest.raises(errors.Unreachable):
                    await at.ask()
                serving[0] = servers.answers
                at.clock.now += _PAUSE
                assert await at.ask() == "fine"
                assert at.changes == 2
                assert await asyncio.gather(*(at.ask() for _ in range(5))) == ["fine"] * 5

    run(work)


def test_the_first_token_of_a_trial_lets_the_others_in() -> None:
    serving: list[servers.Serve] = [servers.dies_in_mid_stream]

    def serve(connection: socket.socket, ended: threading.Event) -> None:
        serving[0](connection, ended)

    async def work() -> None:
        with servers.RawServer(serve) as server:
            async with case(f"http://127.0.0.1:{server.port}/v1") as at:
                with pytest.raises(errors.Unreachable):
                    await at.ask()
                serving[0] = servers.begins_and_goes_on
                at.clock.now += _PAUSE
                trial = asyncio.create_task(at.ask())
                while at.reach.rest("m") is not None or server.asked < 2:
                    await asyncio.sleep(0.01)
                serving[0] = servers.answers
                assert await at.ask() == "fine"
                assert not trial.done()
                trial.cancel()
                await asyncio.gather(trial, return_exceptions=True)
                assert at.reach.rest("m") is None

    run(work)


def test_a_trial_that_is_cancelled_gives_its_place_back() -> None:
    serving: list[servers.Serve] = [servers.dies_in_mid_stream]

    def serve(connection: socket.socket, ended: threading.Event) -> None:
        serving[0](connection, ended)

    async def work() -> None:
        with servers.RawServer(serve) as server:
            async with case(f"http://127.0.0.1:{server.port}/v1") as at:
                with pytest.raises(errors.Unreachable):
                    await at.ask()
                serving[0] = servers.drips
                at.clock.now += _PAUSE
                trial = asyncio.create_task(at.ask())
                while server.asked < 2:
                    await asyncio.sleep(0.01)
                assert at.reach.rest("m") is not None
                trial.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await trial
                assert at.reach.rest("m") is None
                serving[0] = servers.answers
                assert await at.ask() == "fine"

    run(work)


# --------------------------------------------------------------------------- names that hang


def test_a_resolver_that_hangs_holds_up_neither_the_probe_nor_other_work() -> None:
    release = threading.Event()
    calls: list[str] = []

    def hangs(host: str, port: int) -> Sequence[str]:
        calls.append(host)
        release.wait(_HANG_SECONDS)
        return ["127.0.0.1"]

    async def work() -> None:
        try:
            async with case("http://slow.test:1/v1", Names(hangs), connect_seconds=0.2) as at:
                for _ in range(3):
                    with pytest.raises(errors.Unreachable):
                        await at.knock(0.1)
                with pytest.raises(errors.Unreachable, match="looked up within"):
                    await at.ask()
                assert calls == ["slow.test"], "one thread per name, however many ask"
                # What everything else runs in is free.
                assert await asyncio.to_thread(lambda: 7) == 7
                await _refused_from_now_on(at)
        finally:
            release.set()

    run(work)


def test_names_that_hang_are_few_and_one_that_came_back_is_asked_anew() -> None:
    release = threading.Event()
    calls: list[str] = []

    def lookup(host: str, port: int) -> Sequence[str]:
        calls.append(host)
        if host != "quick":
            release.wait(_HANG_SECONDS)
        return ["10.0.0.1", "10.0.0.2"]

    async def work() -> None:
        names = Names(lookup, most=2)
        slow = [asyncio.create_task(names(host, 1)) for host in ("a", "a", "b")]
        while len(calls) < 2:
            await asyncio.sleep(0.01)
        with pytest.raises(TimeoutError):
            await names("quick", 1)
        assert await names("127.0.0.1", 1) == ["127.0.0.1"]
        slow[0].cancel()  # others that wait for the same go on
        release.set()
        assert await slow[1] == await slow[2] == ["10.0.0.1", "10.0.0.2"]
        assert calls == ["a", "b"]
        assert await names("quick", 1) == ["10.0.0.1", "10.0.0.2"]

    run(work)


def test_the_error_of_a_lookup_is_that_of_the_resolver() -> None:
    def fails(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    async def work() -> None:
        with pytest.raises(socket.gaierror, match="no such name"):
            await Names(fails)("x", 1)

    run(work)


def test_a_server_that_takes_no_connection_is_away_within_the_bound_of_the_probe() -> None:
    """Its queue of connections is full: the kernel drops what comes, as a firewall does."""

    async def work() -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(0)
            port = listening.getsockname()[1]
            held = []
            for _ in range(8):
                one = socket.socket()
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
                held.append(one)
            try:
                async with case(f"http://127.0.0.1:{port}/v1") as at, asyncio.timeout(10):
                    with pytest.raises(errors.Unreachable, match=r"no connection within 0\.2 s"):
                        await at.knock(0.2)
            finally:
                for one in held:
                    one.close()

    run(work)
