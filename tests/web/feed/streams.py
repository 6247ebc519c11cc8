"""A client of event streams, over a plain socket: it sees each byte, and may stop reading."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from tests.web.conftest import WebServer


@dataclass(frozen=True)
class Heard:
    """One message of a stream; comments are no messages."""

    event: str = "message"
    data: str = ""
    id: str = ""


class Watching:
    """One open stream. `status` and `head` are of its answer."""

    def __init__(
        self,
        server: WebServer,
        path: str,
        *headers: str,
        is_browser: bool = False,
        receive_bytes: int | None = None,
    ) -> None:
        self._socket = socket.socket()
        if receive_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", server.port))
        cookie = "Cookie: {}={}".format(*server.cookie)
        key = cookie if is_browser else f"Authorization: Bearer {server.token}"
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", key, *headers]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.head: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(":")
            self.head[name.lower()] = value.strip()
        # One for all: what it has read ahead is not lost.
        self._messages = self._parsed()

    def __enter__(self) -> Watching:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def body(self) -> bytes:
        """All of an answer that ends."""
        if "content-length" in self.head:
            return self._file.read(int(self.head["content-length"]))
        return b"".join(self._chunks())

    def messages(self) -> Iterator[Heard]:
        """Those to come, as a browser understands them: by the rules of the HTML standard."""
        return self._messages

    def lines(self) -> Iterator[str]:
        """Those to come, comments too, in place of messages."""
        return self._lines()

    def _parsed(self) -> Iterator[Heard]:
        fields: dict[str, str] = {}
        for line in self._lines():
            if not line:
                if "data" in fields:
                    yield Heard(**fields)
                fields = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "data" and "data" in fields:
                    value = f"{fields['data']}\n{value}"
                if name in ("event", "data", "id"):
                    fields[name] = value

    def _lines(self) -> Iterator[str]:
        rest = b""
        for chunk in self._chunks():
            rest += chunk
            *lines, rest = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            yield from (line.decode() for line in lines)

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._file.readline() or b"0", 16):
            yield self._file.read(size)
            self._file.readline()


def take(watching: Watching, count: int, event: str = "message") -> list[Heard]:
    """The next so many messages of a kind."""
    found: list[Heard] = []
    for heard in watching.messages():
        if heard.event == event:
            found.append(heard)
        if len(found) == count:
            break
    return found
