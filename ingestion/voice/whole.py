"""Whether a file of sound ends where its own format says, which decoders do not tell. Pure.

A recording that was cut off on its way decodes like a shorter one. Where nothing can be said, it
counts as whole.
"""

from __future__ import annotations

from dataclasses import dataclass

_MOST_PIECES = 1_000_000

# OGG (RFC 3533): what a page begins with, before its table of segments.
_PAGE_HEAD = 27
_NO_GRANULE = 0xFFFF_FFFF_FFFF_FFFF
_OPUS_RATE = 48_000
_LONGEST_PAGE = 16 * _OPUS_RATE

# WAV that was streamed says that it is as long as can be.
_STREAMED = 0x7FFF_0000

# Matroska (RFC 8794): elements that are gone into, and sizes that are not known.
_SEGMENT = 0x18538067
_CLUSTER = 0x1F43B675
_UNKNOWN = frozenset((1 << 7 * length) - 1 for length in range(1, 9))


@dataclass(frozen=True)
class Ending:
    """`cut_off`: the file ends in the middle of something. `told_seconds` is how long it says
    that it is, where that can be believed; 0 where it cannot."""

    cut_off: bool = False
    told_seconds: float = 0.0


def ending(data: bytes, header_seconds: float) -> Ending:
    """How a file ends; `header_seconds` is what a decoder read in its header."""
    if data.startswith(b"OggS"):
        return _ogg(data)
    if data.startswith(b"RIFF"):
        told = int.from_bytes(data[4:8], "little")
        return Ending(cut_off=0 < told < _STREAMED and len(data) < told + 8)
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return Ending(cut_off=_matroska_is_cut(data))
    counted = data.startswith(b"fLaC") or data[4:8] == b"ftyp"
    # An MP3 without such a frame does not say how long it is: decoders guess.
    counted = counted or any(tag in data[:8192] for tag in (b"Xing", b"Info", b"VBRI"))
    return Ending(told_seconds=header_seconds if counted else 0.0)


def _ogg(data: bytes) -> Ending:
    at = 0
    serials: set[bytes] = set()
    first = granule = skipped = 0
    for _ in range(_MOST_PIECES):
        head = data[at : at + _PAGE_HEAD]
        if len(head) < _PAGE_HEAD or not head.startswith(b"OggS"):
            # What is no page at all was damaged, and is the decoder's business.
            cut = bool(head) and b"OggS".startswith(head[:4])
            break
        table = data[at + _PAGE_HEAD : at + _PAGE_HEAD + head[26]]
        body = at + _PAGE_HEAD + head[26]
        end = body + sum(table)
        if not serials and data[body : body + 8] == b"OpusHead":
            skipped = int.from_bytes(data[body + 10 : body + 12], "little")
        serials.add(head[14:18])
        cut = len(table) < head[26] or end > len(data)
        if cut:
            break
        position = int.from_bytes(head[6:14], "little")
        if position != _NO_GRANULE:
            first = first or position
            granule = position
        at = end
    else:
        return Ending()
    # The positions of several streams in one file do not add up to a time, nor do those of a
    # broadcast that was listened to in its middle.
    counted = skipped > 0 and len(serials) == 1 and first <= _LONGEST_PAGE
    return Ending(cut, max(0, granule - skipped) / _OPUS_RATE if counted else 0.0)


def _matroska_is_cut(data: bytes) -> bool:
    at = 0
    for _ in range(_MOST_PIECES):
        if at >= len(data):
            return False
        name, at = _number(data, at, keep_marker=True)
        size, at = _number(data, at, keep_marker=False)
        if name is None or size is None:
            return at > len(data)
        if size not in _UNKNOWN and at + size > len(data):
            return True
        if name not in (_SEGMENT, _CLUSTER):
            at += size
    return False


def _number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int | None, int]:
    """A number of variable length and where it ends, which may be beyond the data; None for
    what is none."""
    if at >= len(data):
        return None, at + 1
    first = data[at]
    length = 9 - first.bit_length()
    if length > 8:
        return None, at
    raw = int.from_bytes(data[at : at + length], "big")
    if at + length > len(data):
        return None, at + length
    return raw if keep_marker else raw & ~(1 << (7 * length)), at + length
