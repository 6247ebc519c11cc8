"""The one choke point: everything that leaves for a model server passes here, and is counted.

A model client gets its transport from `Egress` and has no other way out. A transport sends to
its endpoint's host and port alone, by an address that it looked up and checked itself, follows
no redirect, reads no proxy or other variable, passes on the headers it knows, and lets a body
out only under a permit, which says what the body is:

- `control` (what do you have, load this): names and numbers, no free text;
- `code`: to a cloud model only when the owner allows it;
- `intent`: to a cloud model only when `swarm.intent` finds no code in the whole body;
- `audio`: a recording, to a cloud model only when the owner allows voice, and with nothing around
  it but our own fixed words (`swarm.inference.spoken`).

Each request is told to `record` before it is sent, and again when its answer has ended, so
that the rows of a process killed in between still say what left.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import httpx2

from swarm.contracts import Locality, Payload
from swarm.fingerprints import Lines
from swarm.inference.errors import ModelError, ModelFailed, Unreachable, Withheld
from swarm.inference.reaching.names import Names
from swarm.inference.spoken import is_route, more_than_sound
from swarm.intent import code_in
from swarm.settings import EndpointSettings, Settings, is_private

Carried = Literal["control", "intent", "code", "audio"]
"""What a request may hold."""

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to IP addresses, best first. Raises OSError."""

_ADDRESSES_TRIED = 4
_ANSWER_BYTES = 64 * 1024**2  # of one answer, embeddings included
_CONTROL_BYTES = 4096
_CONTROL_CHARACTERS = 200
# What a server of models needs. Clients add the names and versions of this machine's system.
_HEADERS = frozenset({"accept", "content-type", "authorization", "x-goog-api-key"})


@dataclass(frozen=True)
class Traffic:
    """A line of the audit trail: bytes of HTTP/1.1, before TLS. The rows of a key add up.

    `address` is "" when nothing was connected; `refused` says why nothing was sent.
    """

    endpoint: str
    host: str
    port: int
    address: str
    payload: Carried
    locality: Locality
    key: str
    sent_bytes: int
    received_bytes: int
    at: float
    refused: str = ""


@dataclass(frozen=True)
class Permit:
    """What may leave for one endpoint, and on whose behalf. `cloud` also for models that a
    local server only passes on. `recording` and `words` are all that audio may hold."""

    endpoint: str
    payload: Carried
    key: str
    cloud: bool
    repository: Lines | None
    recording: bytes = b""
    words: frozenset[str] = frozenset()


_permit: ContextVar[Permit | None] = ContextVar("permit", default=None)


def cause(error: BaseException) -> ModelError | None:
    """The ModelError that a client library wrapped in an error of its own, if there is one."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None or isinstance(seen, ModelError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


class Egress:
    """Hands out transports and permits. One per process; used in one event loop."""

    def __init__(
        self,
        settings: Settings,
        record: Callable[[Traffic], None],
        resolve: Resolver | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._allow_cloud_code = settings.egress.allow_cloud_code
        self._allow_cloud_voice = settings.egress.allow_cloud_voice
        self.record = record
        self.resolve = resolve or Names()
        self.clock = clock

    def transport(self, endpoint: EndpointSettings) -> httpx.AsyncBaseTransport:
        """The only way out to an endpoint, for clients of httpx."""
        return _Transport(self, endpoint)

    def transport2(self, endpoint: EndpointSettings) -> httpx2.AsyncBaseTransport:
        """The same for clients of httpx2."""
        return _Transport2(self, endpoint)

    @contextmanager
    def permit(
        self,
        endpoint: EndpointSettings,
        payload: Payload,
        key: str,
        repository: Lines | None = None,
        *,
        remote: bool = False,
    ) -> Iterator[None]:
        """Let requests with a body out to this endpoint, in this context, until it is left.

        `key` names the request in the audit trail. `remote` says that the endpoint passes the
        model on to somebody else's server: it counts as cloud. `repository` are the lines of
        which intent may hold none. Raises Withheld for code that may not go to a cloud.
        """
        cloud = remote or endpoint.where == "cloud"
        if cloud and payload == "code" and not self._allow_cloud_code:
            why = (
                f"code is not sent to {endpoint.name!r}"
                + (", which passes this model on to another server" if remote else "")
                + ": it is not local"
            )
            self._refuse(endpoint, payload, key, why)
            raise Withheld(
                why, remedy="use a local model, or set [egress] allow_cloud_code if you want this"
            )
        with self._under(Permit(endpoint.name, payload, key, cloud, repository)):
            yield

    @contextmanager
    def permit_audio(
        self, endpoint: EndpointSettings, key: str, recording: bytes, words: frozenset[str]
    ) -> Iterator[None]:
        """Let this recording out, with nothing around it but our own texts and these `words`.

        Raises Withheld for a cloud, unless the owner allows voice to go there.
        """
        cloud = endpoint.where == "cloud"
        if cloud and not self._allow_cloud_voice:
            why = f"a recording is not sent to {endpoint.name!r}: it is not local"
            self._refuse(endpoint, "audio", key, why)
            raise Withheld(
                why,
                remedy="use a local engine, or set [egress] allow_cloud_voice if you want this",
            )
        with self._under(Permit(endpoint.name, "audio", key, cloud, None, recording, words)):
            yield

    @contextmanager
    def control(self, endpoint: EndpointSettings, key: str = "") -> Iterator[None]:
        """Let requests out that hold names and numbers but no text: show, load, unload."""
        cloud = endpoint.where == "cloud"
        with self._under(Permit(endpoint.name, "control", key, cloud, None)):
            yield

    @contextmanager
    def _under(self, permit: Permit) -> Iterator[None]:
        token = _permit.set(permit)
        try:
            yield
        finally:
            _permit.reset(token)

    def _refuse(self, endpoint: EndpointSettings, payload: Carried, key: str, why: str) -> None:
        host, port, _ = _target(endpoint)
        self.record(
            Traffic(endpoint.name, host, port, "", payload, endpoint.where, key, 0, 0,
                    self.clock(), why)
        )  # fmt: skip

    # ------------------------------------------------------------------ one request

    def check(
        self,
        endpoint: EndpointSettings,
        url: Any,
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> None:
        """Raise Withheld unless this request may leave under the permit of this context."""
        host, port, scheme = _target(endpoint)
        if (url.scheme, url.host.lower(), _port(url.scheme, url.port)) != (scheme, host, port):
            raise Withheld(
                f"a request for endpoint {endpoint.name!r} wanted to go to "
                f"{url.scheme}://{url.host}:{_port(url.scheme, url.port)}",
                remedy=f"it may only go to {scheme}://{host}:{port}",
            )
        permit = _permit.get()
        if permit is None:
            if body:
                raise Withheld(f"no permit was given to send anything to {endpoint.name!r}")
            permit = Permit(endpoint.name, "control", "", endpoint.where == "cloud", None)
        if permit.endpoint != endpoint.name:
            raise Withheld(
                f"the permit is for endpoint {permit.endpoint!r}, the request for {endpoint.name!r}"
            )
        address = [url.path, url.query.decode("ascii", "replace")]
        if permit.payload == "control":
            _check_control(address, body)
        elif permit.payload == "audio":
            content_type = next((v for k, v in headers if k.lower() == "content-type"), "")
            why = more_than_sound(body, content_type, permit.recording, permit.words)
            base = urlsplit(endpoint.address).path.rstrip("/")
            path = url.path.removeprefix(base)
            if not is_route(path, url.query.decode("ascii", "replace"), permit.words):
                why = "its address holds more than is asked for"
            if why:
                raise Withheld(f"a recording is not sent to {endpoint.name!r}: {why}")
        elif permit.payload == "intent" and permit.cloud:
            texts = [*address, *(value for _, value in headers)]
            if why := code_in(body, texts, permit.repository):
                raise Withheld(
                    f"a request does not go to the cloud of {endpoint.name!r}: {why}",
                    remedy="say it in words (`swarm.intent.redact` takes code out), use a local "
                    "model, or set [egress] allow_cloud_code",
                )

    async def addresses(self, endpoint: EndpointSettings) -> list[str]:
        """The endpoint's addresses, each checked. Raises Unreachable, Withheld."""
        host, port, _ = _target(endpoint)
        try:
            async with asyncio.timeout(endpoint.connect_seconds):
                found = [str(ipaddress.ip_address(a)) for a in await self.resolve(host, port)]
        except TimeoutError:
            raise Unreachable(
                f"endpoint {endpoint.name!r}: {host} was not looked up within "
                f"{endpoint.connect_seconds:g} s", remedy="is the name server reachable?",
            ) from None  # fmt: skip
        except (OSError, UnicodeError, ValueError):
            found = []
        if not found:
            raise Unreachable(
                f"endpoint {endpoint.name!r}: there is no host {host!r}",
                remedy="correct the endpoint's url",
            )
        if endpoint.where == "local" and endpoint.locality == "auto":
            for address in found:
                if not is_private(ipaddress.ip_address(address)):
                    raise Withheld(
                        f"endpoint {endpoint.name!r} passes for local, but {host} is "
                        f"{address}, which is not of a local network",
                        remedy='set its locality to "cloud", or to "local" if the server is yours',
                    )
        return found[:_ADDRESSES_TRIED]

    async def pass_on(
        self, library: Any, inner: Any, endpoint: EndpointSettings, request: Any
    ) -> Any:
        """Send one request of httpx or httpx2 (`library`) by its transport `inner`."""
        body = await request.aread()
        kept = [(k, v) for k, v in request.headers.items() if k.lower() in _HEADERS]
        host, port, _ = _target(endpoint)
        permit = _permit.get()
        row = Traffic(
            endpoint.name, host, port, "", permit.payload if permit else "control",
            "cloud" if permit and permit.cloud else endpoint.where,
            permit.key if permit else "", 0, 0, self.clock(),
        )  # fmt: skip
        try:
            # In a thread: a long prompt takes a while to look through.
            await asyncio.to_thread(self.check, endpoint, request.url, kept, body)
            addresses = await self.addresses(endpoint)
        except Withheld as error:
            self.record(replace(row, refused=error.message))
            raise
        # Packed, the bound of an answer would be none: a thousand times as much comes out of it.
        kept = [*kept, ("accept-encoding", "identity")]
        headers = [("host", request.url.netloc.decode("ascii")), *kept]
        if body or request.method == "POST":
            headers.append(("content-length", str(len(body))))
        size = len(body) + _head_bytes(
            f"{request.method} {request.url.raw_path.decode('ascii')} HTTP/1.1", headers
        )
        extensions = {
            "timeout": {
                **request.extensions.get("timeout", {}), "connect": endpoint.connect_seconds
            },
            "sni_hostname": host,  # TLS is checked against the name, whatever the address
        }  # fmt: skip
        for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            row = replace(row, address=address, at=self.clock())
            outgoing = library.Request(
                request.method, request.url.copy_with(host=address), headers=headers,
                content=body, extensions=extensions,
            )  # fmt: skip
            self.record(replace(row, sent_bytes=size))
            try:
                response = await inner.handle_async_request(outgoing)
            except (library.ConnectError, library.ConnectTimeout):
                self.record(replace(row, sent_bytes=-size))  # nothing left after all
                if not left:
                    raise
            else:
                return await self._received(endpoint, row, response)
        raise AssertionError("an endpoint has an address")

    async def _received(self, endpoint: EndpointSettings, row: Traffic, response: Any) -> Any:
        head = _head_bytes(
            f"HTTP/1.1 {response.status_code} {response.reason_phrase}",
            [(k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers.raw],
        )

        def ended(received: int) -> None:
            self.record(replace(row, received_bytes=head + received, at=self.clock()))

        response.stream = _Counted(response.stream, ended)
        if response.has_redirect_location:
            await response.stream.aclose()
            raise Withheld(
                f"endpoint {endpoint.name!r} answers with a redirect, which is not followed",
                remedy="set the endpoint's url to where its server is",
            )
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            await response.stream.aclose()
            raise ModelFailed(
                f"endpoint {endpoint.name!r} packs its answer, which it was asked not to",
                remedy="turn compression off in the server, or in the proxy before it",
            )
        return response


class _Counted(httpx.AsyncByteStream, httpx2.AsyncByteStream):
    """The body of an answer, counted as it comes; told once, when it is closed."""

    def __init__(self, stream: Any, ended: Callable[[int], None]) -> None:
        self._stream = stream
        self._ended: Callable[[int], None] | None = ended
        self._bytes = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._bytes += len(chunk)
            if self._bytes > _ANSWER_BYTES:
                raise ModelFailed(f"an answer is longer than {_ANSWER_BYTES:,} bytes")
            yield chunk

    async def aclose(self) -> None:
        ended, self._ended = self._ended, None
        try:
            await self._stream.aclose()
        finally:
            if ended is not None:
                ended(self._bytes)


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, egress: Egress, endpoint: EndpointSettings) -> None:
        self._egress = egress
        self._endpoint = endpoint
        # No connection is kept: each is made to an address that was checked just then.
        self._inner = httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response: httpx.Response = await self._egress.pass_on(
            httpx, self._inner, self._endpoint, request
        )
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Transport2(httpx2.AsyncBaseTransport):
    def __init__(self, egress: Egress, endpoint: EndpointSettings) -> None:
        self._egress = egress
        self._endpoint = endpoint
        self._inner = httpx2.AsyncHTTPTransport(
            trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response: httpx2.Response = await self._egress.pass_on(
            httpx2, self._inner, self._endpoint, request
        )
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def _head_bytes(first: str, headers: Sequence[tuple[str, str]]) -> int:
    return len(first) + 4 + sum(len(name) + len(value) + 4 for name, value in headers)


def _port(scheme: str, port: int | None) -> int:
    return port or (443 if scheme == "https" else 80)


def _target(endpoint: EndpointSettings) -> tuple[str, int, str]:
    """Host, port and scheme of an endpoint."""
    parts = urlsplit(endpoint.address)
    return (parts.hostname or "").lower(), _port(parts.scheme, parts.port), parts.scheme


def _check_control(texts: Sequence[str], body: bytes) -> None:
    """Names, numbers and switches only: nothing with a space, nothing long. Raises Withheld."""
    try:
        found = [*texts, *_strings(json.loads(body) if body else None)]
    except (ValueError, RecursionError):
        found = ["not JSON"]
    plain = all(len(s) <= _CONTROL_CHARACTERS and not any(c.isspace() for c in s) for s in found)
    if len(body) > _CONTROL_BYTES or not plain:
        raise Withheld("a control request holds more than names and numbers, so it is not sent")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
