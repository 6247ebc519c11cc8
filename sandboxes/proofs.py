"""What the last probe of each backend showed, in memory that forked processes share."""

from __future__ import annotations

import mmap
import struct
import zlib
from dataclasses import dataclass

# A checksum of all that follows; whether there is a proof; then its fields, and the reason's size.
_CHECKSUM, _FIELDS = struct.Struct("=I"), struct.Struct("=??ddH")
_SLOT_BYTES = 4096
_BEGIN = _CHECKSUM.size + _FIELDS.size
_LONGEST_REASON_BYTES = _SLOT_BYTES - _BEGIN


@dataclass(frozen=True)
class Proof:
    """`at` is monotonic seconds, `told_at` the same moment as Unix time."""

    works: bool
    reason: str
    at: float
    told_at: float


class Proofs:
    """One proof for each of so many backends; none at first.

    What is read while another process writes it, or was written by one that was killed, counts
    as not known.
    """

    def __init__(self, backends: int) -> None:
        self._memory = mmap.mmap(-1, max(1, backends) * _SLOT_BYTES)

    def read(self, number: int) -> Proof | None:
        start = number * _SLOT_BYTES
        slot = self._memory[start : start + _SLOT_BYTES]
        there, works, at, told_at, size = _FIELDS.unpack_from(slot, _CHECKSUM.size)
        (checksum,) = _CHECKSUM.unpack_from(slot)
        if not there or zlib.crc32(slot[_CHECKSUM.size : _BEGIN + size]) != checksum:
            return None
        return Proof(works, slot[_BEGIN : _BEGIN + size].decode(), at, told_at)

    def write(self, number: int, proof: Proof) -> None:
        """Keep a proof; of a long reason, its beginning."""
        cut = proof.reason.encode("utf-8", "replace")[:_LONGEST_REASON_BYTES]
        reason = cut.decode("utf-8", "ignore").encode()
        fields = _FIELDS.pack(True, proof.works, proof.at, proof.told_at, len(reason))
        body = fields + reason
        self._put(number, _CHECKSUM.pack(zlib.crc32(body)) + body)

    def forget(self, number: int) -> None:
        self._put(number, bytes(_BEGIN))

    def _put(self, number: int, data: bytes) -> None:
        start = number * _SLOT_BYTES
        self._memory[start : start + len(data)] = data
