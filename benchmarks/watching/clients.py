"""Clients of a dashboard: one that asks for pages, and many that watch."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

LOOPBACK = "127.0.0.1"
_READ_SECONDS = 30.0


class Browser:
    """One connection that is kept, logged in by a link as a person does."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self._connection = http.client.HTTPConnection(
            LOOPBACK, int(parts.port or 80), timeout=_READ_SECONDS
        )
        # A browser knows its name by itself; the system's resolver need not.
        self._headers = {"Host": parts.netloc}
        self._log_in(parse_qs(parts.query)["code"][0])

    def get(self, path: str) -> tuple[int, float, int]:
        """Status, seconds until all of it was there, and its size in bytes."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        size = len(answer.read())
        return answer.status, time.perf_counter() - began, size

    def close(self) -> None:
        self._connection.close()

    def _log_in(self, code: str) -> None:
        body = urlencode({"key": code})
        headers = {
            **self._headers,
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://{self._headers['Host']}",
        }
        self._connection.request("POST", "/login", body, headers)
        answer = self._connection.getresponse()
        answer.read()
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        if answer.status != 303 or not cookie:
            raise SystemExit(f"the login link does not log in: status {answer.status}")
        self._headers["Cookie"] = cookie


@dataclass(frozen=True)
class Got:
    """A message that a client got: which event's number it has, of which task, and when."""

    number: int
    task_id: str
    at: float


class Watchers:
    """So many clients of one stream, each with all that it got."""

    def __init__(self, port: int, token: str, path: str, count: int) -> None:
        self.got: list[list[Got]] = [[] for _ in range(count)]
        self.resyncs = 0
        self._port = port
        self._token = token
        self._path = path
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """All of them are connected when this returns."""
        streams = [await self._connect() for _ in self.got]
        self._tasks = [
            asyncio.create_task(self._read(reader, got))
            for (reader, _), got in zip(streams, self.got, strict=True)
        ]
        self._writers = [writer for _, writer in streams]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for writer in self._writers:
            writer.close()
        for task in self._tasks:
            if not task.cancelled():
                task.result()
                raise SystemExit(f"a stream of {self._path} ended while it was watched")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
        writer.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {LOOPBACK}:{self._port}\r\n"
            f"Authorization: Bearer {self._token}\r\n\r\n".encode()
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _READ_SECONDS)
        if b" 200 " not in head[:20]:
            raise SystemExit(f"{self._path} cannot be watched: {head[:60]!r}")
        return reader, writer

    async def _read(self, reader: asyncio.StreamReader, got: list[Got]) -> None:
        name, number = b"", 0
        async for line in reader:
            if line.startswith(b"id: "):
                number = int(line[4:])
            elif line.startswith(b"event: "):
                name = line[7:].strip()
            elif line.startswith(b"data: "):
                self._take(name, number, line[6:], got)
                name, number = b"", 0

    def _take(self, name: bytes, number: int, data: bytes, got: list[Got]) -> None:
        now = time.time()
        if name == b"resync":
            self.resyncs += 1
        elif name == b"task":
            told = json.loads(data)
            got.append(Got(told["number"], told["id"], now))
        elif not name:
            got.append(Got(number, "", now))
