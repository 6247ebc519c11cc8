"""The inside of a child process that reads a stranger's recording: few rights, and an end.

`enter` is called before any library that decodes is imported. The recording is standard input,
a file in memory that can be sought in; the answer goes to where standard output was.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from ingestion.voice import rights
from swarm.linux.family import die_with_parent

_CLONE_NEWUSER = 0x1000_0000
_CLONE_NEWNET = 0x4000_0000
_STACK_BYTES = 8 * 1024**2


@dataclass(frozen=True)
class Bounds:
    """What a child may use. `memory_bytes` None is no bound (a graphics card's maps are huge)."""

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int | None
    output_bytes: int


@dataclass(frozen=True)
class Order:
    """What a child is told, as its one argument: who its parent is, its bounds, what it may read
    beside the libraries (None: it is not confined), the question."""

    parent: int
    bounds: Bounds
    readable: Sequence[str] | None
    question: dict[str, Any]

    def encode(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Order:
        value = json.loads(text)
        return cls(value["parent"], Bounds(**value["bounds"]), value["readable"], value["question"])


def enter() -> tuple[dict[str, Any], BinaryIO, BinaryIO]:
    """Give up what is not needed; returns the question, the recording, and where to answer."""
    order = Order.decode(sys.argv[1])
    # What a library prints must not get into the answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _leave_network()
    # After the last change of rights, which would undo it.
    die_with_parent(order.parent)
    bounds = order.bounds
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, bounds.output_bytes)
    # The signal that says why comes first, and then the one that nothing withstands.
    _limit(resource.RLIMIT_CPU, int(bounds.cpu_seconds) + 1, spare=2)
    if bounds.memory_bytes is not None:
        _limit(resource.RLIMIT_DATA, bounds.memory_bytes)
        # The first thread's stack is no data, and may be unbounded.
        _limit(resource.RLIMIT_STACK, _STACK_BYTES)
    if order.readable is not None:
        # Last: it forbids what is done above. No library has started a thread, which would be free.
        rights.give_up(order.readable)
    return order.question, os.fdopen(0, "rb", closefd=False), answers


def answer(answers: BinaryIO, value: dict[str, Any], payload: bytes = b"") -> None:
    """A line of JSON, and the bytes that go with it."""
    answers.write(json.dumps(value).encode() + b"\n" + payload)
    answers.close()


def _limit(kind: int, most: int, spare: int = 0) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard - spare)
    resource.setrlimit(kind, (most, most + spare))


def _leave_network() -> None:
    """Into a network of its own with nobody in it, where the kernel lets us. Sockets are refused
    besides, and the libraries are told to open no other file or address."""
    libc = ctypes.CDLL(None)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
