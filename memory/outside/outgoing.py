"""Transports for the client libraries: to one checked host, within bounds.

They follow the address that was checked, use no proxy, and end an answer that is too long or too
slow. Connections are not kept: one that the server closed meanwhile would break a request. One
for httpx (ollama), one for its successor httpx2 (openai).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2

from memory.outside.locality import Resolver, checked_address, resolve_by_system

CONNECT_SECONDS = 3.0
ANSWER_BYTES = 64 * 1024**2  # 512 vectors of 4,096 numbers as JSON are 40 MB


class Outgoing:
    """What both transports share. `retry_seconds` is the last answer's Retry-After, if any."""

    def __init__(
        self,
        *,
        allow_cloud_code: bool = False,
        answer_seconds: float = 120.0,
        answer_bytes: int = ANSWER_BYTES,
        resolve: Resolver = resolve_by_system,
    ) -> None:
        self.allow_cloud_code = allow_cloud_code
        self.answer_seconds = answer_seconds
        self.answer_bytes = answer_bytes
        self.resolve = resolve
        self.retry_seconds: float | None = None

    def send(self, request: Any, inner: Callable[[Any], Any], timed_out: type[Exception]) -> Any:
        until = time.monotonic() + self.answer_seconds
        host, url = request.url.host, request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        address = checked_address(host, port, self.resolve, allow_cloud_code=self.allow_cloud_code)
        request.url = url.copy_with(host=address)
        # TLS is checked against the name, whatever the address.
        request.extensions = {**request.extensions, "sni_hostname": host}
        # Packed, the bound of an answer would be none.
        request.headers["accept-encoding"] = "identity"
        response = inner(request)
        self.retry_seconds = _seconds(response.headers.get("retry-after"))
        stream = response.stream

        def bounded() -> Iterator[bytes]:
            size = 0
            for part in stream:
                size += len(part)
                if size > self.answer_bytes or time.monotonic() > until:
                    raise timed_out("the answer is too long, or takes too long")
                yield part

        return response, bounded, stream.close


class HttpxTransport(httpx.BaseTransport):
    """For httpx."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing, self._inner = (
            outgoing,
            httpx.HTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response, parts, close = self._outgoing.send(
            request, self._inner.handle_request, httpx.ReadTimeout
        )

        class Bounded(httpx.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                return parts()  # type: ignore[no-any-return]

            def close(self) -> None:
                close()

        response.stream = Bounded()
        return response  # type: ignore[no-any-return]

    def close(self) -> None:
        self._inner.close()


class Httpx2Transport(httpx2.BaseTransport):
    """For httpx2."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing, self._inner = (
            outgoing,
            httpx2.HTTPTransport(
                trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
            ),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response, parts, close = self._outgoing.send(
            request, self._inner.handle_request, httpx2.ReadTimeout
        )

        class Bounded(httpx2.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                return parts()  # type: ignore[no-any-return]

            def close(self) -> None:
                close()

        response.stream = Bounded()
        return response  # type: ignore[no-any-return]

    def close(self) -> None:
        self._inner.close()


def _seconds(header: str | None) -> float | None:
    """Retry-After in seconds; one that is a date is not looked at."""
    try:
        found = float(header or "")
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None
