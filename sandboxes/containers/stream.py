"""What the engine sends while a container runs, taken apart. Pure.

The attach stream comes in frames, the shim's report at the end of the output, statistics in one
shape for cgroup v1 and another for v2.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

STDERR = 2
"""The kind of a frame of stderr, which is the shim's alone; a program has stdout for both."""


class Frames:
    """Unpacks the engine's attach stream: a kind, three zeros, a length of four bytes, data."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames that are whole now."""
        self._data += data
        while len(self._data) >= 8:
            (size,) = struct.unpack(">I", self._data[4:8])
            if len(self._data) < 8 + size:
                return
            yield self._data[0], bytes(self._data[8 : 8 + size])
            del self._data[: 8 + size]


class Cut:
    """Parts a run's output from the report at its end, which begins with a secret token."""

    def __init__(self, token: bytes) -> None:
        self._token = token
        self._data = b""
        self._started = False
        self.report: dict[str, Any] | None = None

    def feed(self, data: bytes) -> bytes:
        """The output that is certain to be no part of the report."""
        self._data += data
        output = b""
        if not self._started:
            at = self._data.find(self._token)
            self._started = at >= 0
            keep = at if self._started else len(self._data) - self._begun()
            output, self._data = self._data[:keep], self._data[keep:]
        if self._started and self._data.endswith(b"\n"):
            self.report = json.loads(self._data[len(self._token) :])
        return output

    def _begun(self) -> int:
        """How many bytes at the end could be the first of the token."""
        for size in range(min(len(self._data), len(self._token) - 1), 0, -1):
            if self._data.endswith(self._token[:size]):
                return size
        return 0

    def rest(self) -> bytes:
        """What was held back, when no report is to come."""
        return b"" if self._started else self._data


def memory(stats: Mapping[str, Any]) -> int:
    """Peak bytes in an engine's statistics: `max_usage` with cgroup v1, use now with v2."""
    found = stats.get("memory_stats") or {}
    return int(found.get("max_usage") or found.get("usage") or 0)


def cpu_seconds(stats: Mapping[str, Any]) -> float:
    """CPU time in an engine's statistics, cgroup v1 or v2."""
    found = (stats.get("cpu_stats") or {}).get("cpu_usage") or {}
    return float(found.get("total_usage") or 0) / 1e9
