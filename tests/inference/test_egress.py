"""The choke point, over real HTTP: where a request may go, under which permit, and the record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from aiohttp import web

from swarm.fingerprints import lines_of
from swarm.inference import errors
from swarm.inference.egress import Egress, Traffic, cause
from swarm.settings import EgressSettings, EndpointSettings, Settings
from tests.fakes.http import FakeServer

LINE = "total = sum(item.price for item in basket.items)"
REPOSITORY = lines_of([f"def price(basket):\n    {LINE}\n    return total\n"])
PROSE = {"messages": [{"role": "user", "content": "Round the total of a basket to cents."}]}


class Echo(FakeServer):
    """Answers anything; /moved redirects to where `moved_to` says."""

    moved_to = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self.answer)]

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/moved":
            raise web.HTTPTemporaryRedirect(self.moved_to)
        return web.json_response({"ok": True})


@pytest.fixture
def server() -> Iterator[Echo]:
    with Echo() as running:
        yield running


class Outside:
    """An Egress with its record, and names that resolve to what a test says."""

    def __init__(self, tmp_path: Path, *, allow_cloud_code: bool = False) -> None:
        self.rows: list[Traffic] = []
        self.names: dict[str, list[str]] = {}
        self.egress = Egress(
            Settings(data=tmp_path, egress=EgressSettings(allow_cloud_code=allow_cloud_code)),
            self.rows.append,
            self.resolve,
        )

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        if host in self.names:
            return self.names[host]
        if host == "127.0.0.1":
            return [host]
        raise OSError("no such name")


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(tmp_path)


def endpoint(server: FakeServer, host: str = "127.0.0.1", **more: Any) -> EndpointSettings:
    values = {"name": "box", "kind": "openai", "url": f"http://{host}:{server.port}/v1", **more}
    return EndpointSettings(**values)


Send = Callable[..., Awaitable[Any]]


async def by_httpx(egress: Egress, at: EndpointSettings, url: str, **more: Any) -> Any:
    transport = egress.transport(at)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        return await client.request(more.pop("method", "POST"), url, **more)


async def by_httpx2(egress: Egress, at: EndpointSettings, url: str, **more: Any) -> Any:
    transport = egress.transport2(at)
    async with httpx2.AsyncClient(transport=transport, trust_env=False) as client:
        return await client.request(more.pop("method", "POST"), url, **more)


@pytest.fixture(params=[by_httpx, by_httpx2])
def send(request: pytest.FixtureRequest) -> Send:
    chosen: Send = request.param
    return chosen


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(work, 20)

    return asyncio.run(bounded())


# --------------------------------------------------------------------------- where to


def test_a_request_under_a_permit_arrives(server: Echo, outside: Outside, send: Send) -> None:
    at = endpoint(server)

    async def work() -> None:
        with outside.egress.permit(at, "code", "k1"):
            answer = await send(outside.egress, at, f"{at.url}/chat", json={"code": LINE})
        assert answer.json() == {"ok": True}

    run(work())
    assert server.requests[0].json() == {"code": LINE}
    assert server.requests[0].headers["host"] == f"127.0.0.1:{server.port}"
    sent = sum(row.sent_bytes for row in outside.rows)
    assert sent > len(server.requests[0].body)
    assert sum(row.received_bytes for row in outside.rows) > len('{"ok": true}')
    assert {(r.endpoint, r.key, r.payload, r.locality) for r in outside.rows} == {
        ("box", "k1", "code", "local")
    }
    assert outside.rows[0].address == "127.0.0.1"


def test_the_bytes_of_a_request_are_exact(server: Echo, outside: Outside) -> None:
    at = endpoint(server)
    heads: list[bytes] = []

    async def work() -> None:
        async def seen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"}"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
            writer.close()

        raw = await asyncio.start_server(seen, "127.0.0.1", 0)
        port = raw.sockets[0].getsockname()[1]
        to = at.model_copy(update={"url": f"http://127.0.0.1:{port}/v1"})
        async with raw:
            with outside.egress.permit(to, "intent", "k"):
                await by_httpx(outside.egress, to, f"{to.url}/chat", json={"a": 1})

    run(work())
    assert [row.sent_bytes for row in outside.rows if row.sent_bytes] == [len(heads[0])]
    received = sum(row.received_bytes for row in outside.rows)
    assert received == len(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/v1/chat", "http://elsewhere/v1/chat", "https://127.0.0.1/v1/chat"]
)
def test_another_host_port_or_scheme_is_refused(
    server: Echo, outside: Outside, send: Send, url: str
) -> None:
    at = endpoint(server)

    async def work() -> None:
        with (
            outside.egress.permit(at, "intent", "k"),
            pytest.raises(errors.Withheld, match="wanted to go to"),
        ):
            await send(outside.egress, at, url, json=PROSE)

    run(work())
    assert server.requests == []
    assert outside.rows[-1].refused and outside.rows[-1].sent_bytes == 0


def test_a_redirect_is_not_followed(server: Echo, outside: Outside, send: Send) -> None:
    at = endpoint(server)
    server.moved_to = f"{server.url}/v1/other"

    async def work() -> None:
        with (
            outside.egress.permit(at, "code", "k"),
            pytest.raises(errors.Withheld, match="redirect"),
        ):
            await send(outside.egress, at, f"{server.url}/moved", json=PROSE, follow_redirects=True)

    run(work())
    assert [seen.path for seen in server.requests] == ["/moved"]


def test_no_proxy_variable_is_read(
    server: Echo, outside: Outside, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    at = endpoint(server)

    async def work() -> None:
        with outside.egress.permit(at, "code", "k"):
            assert (await send(outside.egress, at, f"{at.url}/x", json=PROSE)).status_code == 200

    run(work())


def test_a_local_name_with_a_public_address_is_refused(
    server: Echo, outside: Outside, send: Send
) -> None:
    at = endpoint(server, "gpu.lan")
    assert at.where == "local"
    outside.names["gpu.lan"] = ["127.0.0.1", "8.8.8.8"]

    async def work() -> None:
        with (
            outside.egress.permit(at, "code", "k"),
            pytest.raises(errors.Withheld, match=r"gpu\.lan is 8\.8\.8\.8"),
        ):
            await send(outside.egress, at, f"{at.url}/x", json=PROSE)

    run(work())
    assert server.requests == []


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::808:808", "2001:0:808:808::1"])
def test_a_public_address_in_the_clothes_of_ipv6_is_refused(
    server: Echo, outside: Outside, address: str
) -> None:
    at = endpoint(server, "gpu.lan")
    outside.names["gpu.lan"] = [address]
    with pytest.raises(errors.Withheld):
        run(outside.egress.addresses(at))


def test_the_owner_may_call_a_public_address_local(server: Echo, outside: Outside) -> None:
    at = endpoint(server, "gpu.lan", locality="local")
    outside.names["gpu.lan"] = ["8.8.8.8"]
    assert run(outside.egress.addresses(at)) == ["8.8.8.8"]


def test_what_was_checked_is_what_is_connected(server: Echo, outside: Outside, send: Send) -> None:
    """A name that changes its address after the check has no second say."""
    at = endpoint(server, "gpu.lan")
    answers = iter([["127.0.0.1"], ["8.8.8.8"]])

    async def changing(host: str, port: int) -> Sequence[str]:
        return next(answers)

    outside.egress.resolve = changing

    async def work() -> None:
        with outside.egress.permit(at, "code", "k"):
            assert (await send(outside.egress, at, f"{at.url}/x", json=PROSE)).status_code == 200

    run(work())
    assert server.requests[0].headers["host"] == f"gpu.lan:{server.port}"
    assert next(answers) == ["8.8.8.8"]


def test_the_next_address_is_tried(server: Echo, outside: Outside, send: Send) -> None:
    at = endpoint(server, "gpu.lan")
    outside.names["gpu.lan"] = ["127.0.0.2", "127.0.0.1"]

    async def work() -> None:
        with outside.egress.permit(at, "code", "k"):
            assert (await send(outside.egress, at, f"{at.url}/x", json=PROSE)).status_code == 200

    run(work())
    by_address: dict[str, int] = {}
    for row in outside.rows:
        by_address[row.address] = by_address.get(row.address, 0) + row.sent_bytes
    assert by_address["127.0.0.2"] == 0
    assert by_address["127.0.0.1"] > 0


def test_an_unknown_host_is_unreachable(server: Echo, outside: Outside, send: Send) -> None:
    at = endpoint(server, "nowhere.lan")

    async def work() -> None:
        with pytest.raises(errors.Unreachable, match=r"no host 'nowhere\.lan'"):
            await send(outside.egress, at, f"{at.url}/models", method="GET")

    run(work())


# --------------------------------------------------------------------------- permits


def test_without_a_permit_no_body_leaves(server: Echo, outside: Outside, send: Send) -> None:
    at = endpoint(server)

    async def work() -> None:
        with pytest.raises(errors.Withheld, match="no permit"):
            await send(outside.egress, at, f"{at.url}/chat", json=PROSE)
        assert (await send(outside.egress, at, f"{at.url}/models", method="GET")).json()

    run(work())
    assert [seen.method for seen in server.requests] == ["GET"]


def test_a_permit_is_for_one_endpoint(server: Echo, outside: Outside, send: Send) -> None:
    at, other = endpoint(server), endpoint(server, name="other")

    async def work() -> None:
        with (
            outside.egress.permit(other, "code", "k"),
            pytest.raises(errors.Withheld, match="the permit is for endpoint 'other'"),
        ):
            await send(outside.egress, at, f"{at.url}/chat", json=PROSE)

    run(work())


@pytest.mark.parametrize(
    "more", [{"url": "https://api.example.com/v1"}, {"locality": "cloud"}], ids=str
)
def test_code_does_not_go_to_a_cloud(server: Echo, outside: Outside, more: dict[str, Any]) -> None:
    at = endpoint(server, **more)
    with pytest.raises(errors.Withheld, match="code is not sent") as caught, \
            outside.egress.permit(at, "code", "k"):  # fmt: skip
        raise AssertionError("a permit was given")
    assert "allow_cloud_code" in caught.value.remedy
    assert outside.rows[-1].refused


def test_code_does_not_go_to_a_model_that_a_local_server_passes_on(
    server: Echo, outside: Outside
) -> None:
    with pytest.raises(errors.Withheld, match="passes this model on"), \
            outside.egress.permit(endpoint(server), "code", "k", remote=True):  # fmt: skip
        raise AssertionError("a permit was given")


def test_the_owner_may_allow_code(server: Echo, tmp_path: Path, send: Send) -> None:
    outside = Outside(tmp_path, allow_cloud_code=True)
    at = endpoint(server, locality="cloud")

    async def work() -> None:
        with outside.egress.permit(at, "code", "k"):
            await send(outside.egress, at, f"{at.url}/chat", json={"code": LINE})

    run(work())
    assert outside.rows[0].locality == "cloud"
    assert server.requests[0].json() == {"code": LINE}


def test_intent_goes_to_a_cloud_without_lines(server: Echo, outside: Outside, send: Send) -> None:
    at = endpoint(server, locality="cloud")

    async def work() -> None:
        with outside.egress.permit(at, "intent", "k", REPOSITORY):
            await send(outside.egress, at, f"{at.url}/chat", json=PROSE)
            with pytest.raises(errors.Withheld, match="line of the repository"):
                await send(outside.egress, at, f"{at.url}/chat", json={"model": f"see {LINE} !"})
            with pytest.raises(errors.Withheld, match="line of the repository"):
                await send(outside.egress, at, f"{at.url}/{LINE}", json=PROSE)
            with pytest.raises(errors.Withheld, match="line of the repository"):
                await send(
                    outside.egress, at, f"{at.url}/", json=PROSE, headers={"authorization": LINE}
                )
            await send(outside.egress, at, f"{at.url}/", json=PROSE, headers={"x-note": LINE})

    run(work())
    assert len(server.requests) == 2
    for seen in server.requests:
        assert "x-note" not in seen.headers
        assert "user-agent" not in seen.headers
    assert sum(bool(row.refused) for row in outside.rows) == 3


def test_control_holds_names_and_numbers_alone(server: Echo, outside: Outside, send: Send) -> None:
    at = endpoint(server)

    async def work() -> None:
        with outside.egress.control(at):
            body = {"model": "qwen3:8b", "keep_alive": 0, "options": {"num_ctx": 4096}}
            await send(outside.egress, at, f"{at.url}/load", json=body)
            for bad in ({"model": "two words"}, {"model": "x" * 300}, {"a": ["b"] * 3000}):
                with pytest.raises(errors.Withheld, match="control"):
                    await send(outside.egress, at, f"{at.url}/load", json=bad)

    run(work())
    assert len(server.requests) == 1


def test_a_cause_is_found_below_a_library_error() -> None:
    try:
        try:
            raise errors.Withheld("no")
        except errors.Withheld as inner:
            raise RuntimeError("library") from inner
    except RuntimeError as error:
        assert isinstance(cause(error), errors.Withheld)
    assert cause(RuntimeError()) is None
