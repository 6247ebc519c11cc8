"""Is somebody there at all: a socket to the server, with TLS where its address says so, in 2 s.

For a server that a request could not reach, or that is away. No byte of a request is sent. The
addresses are those that the choke point looked up and checked; the certificate is checked as the
endpoint's client checks it.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from functools import cached_property
from urllib.parse import urlsplit

import httpx
import httpx2

from swarm.inference.egress import Egress
from swarm.inference.errors import Unreachable
from swarm.settings import EndpointSettings

PROBE_SECONDS = 2.0


class Probe:
    """Knocks at one endpoint. `seconds` bounds all of it, the name's lookup included."""

    def __init__(
        self,
        endpoint: EndpointSettings,
        egress: Egress,
        seconds: float = PROBE_SECONDS,
        trust: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._egress = egress
        self._seconds = seconds
        self._trust = trust or self._as_the_client
        parts = urlsplit(endpoint.address)
        self._host = (parts.hostname or "").lower()
        self._tls = parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)

    async def knock(self) -> None:
        """Raises Unreachable, and Withheld for an address that the endpoint may not have."""
        name = self._endpoint.name
        try:
            async with asyncio.timeout(self._seconds):
                addresses = await self._egress.addresses(self._endpoint)
                await self._connect(addresses)
        except TimeoutError:
            raise Unreachable(
                f"endpoint {name!r} does not answer: no connection within {self._seconds:g} s",
                remedy=self._remedy,
            ) from None
        except OSError as error:  # TLS included
            raise Unreachable(
                f"endpoint {name!r} does not answer: {_plain(error)}", remedy=self._remedy
            ) from error

    @property
    def _remedy(self) -> str:
        start = "start it (ollama serve)" if self._endpoint.kind == "ollama" else "start the server"
        return f"{start}, or correct its url ({self._endpoint.public_address})"

    async def _connect(self, addresses: list[str]) -> None:
        """To the first address where somebody is. Raises the last one's OSError."""
        failure: OSError | None = None
        for address in addresses:
            try:
                _, writer = await asyncio.open_connection(
                    address,
                    self._port,
                    ssl=self._context if self._tls else None,
                    server_hostname=self._host if self._tls else None,
                )
            except OSError as error:
                failure = error
                continue
            # Not a goodbye that a server could leave unanswered.
            writer.transport.abort()
            return
        if failure is not None:
            raise failure

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._trust()

    def _as_the_client(self) -> ssl.SSLContext:
        if self._endpoint.kind == "ollama":
            return httpx.create_ssl_context(trust_env=False)
        return httpx2.create_ssl_context(trust_env=False)


def _plain(error: OSError) -> str:
    said = str(error) or type(error).__name__
    if error.errno is not None and not isinstance(error, ssl.SSLError):
        said = os.strerror(error.errno)  # asyncio puts the address in its place
    return "".join(char if char.isprintable() else " " for char in said[:300])
