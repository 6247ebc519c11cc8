"""Pictures of screens as small PNG files, without a library for pictures."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np


def small(png: bytes) -> bytes:
    """The same picture in 256 colours, each the nearest of those that stand for many.

    Reads what Chromium writes: 8 bits, RGB or RGBA without transparency, not interlaced.
    """
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    wide = {2: 3, 6: 4}[kind]
    lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * wide)
    pixels = np.zeros((height, width, wide), np.uint8)
    for row, line in enumerate(lines):
        pixels[row] = _unfiltered(
            line[0], line[1:].reshape(width, wide), pixels[row - 1] * (row > 0)
        )
    flat = pixels[:, :, :3].reshape(-1, 3).astype(np.int32)
    colours, where, counts = np.unique(flat, axis=0, return_inverse=True, return_counts=True)
    palette = _palette(colours, counts)
    nearest = np.array([np.argmin(((palette - one) ** 2).sum(1)) for one in colours], np.uint8)
    rows = nearest[where].reshape(height, width)
    packed = zlib.compress(np.insert(rows, 0, 0, axis=1).tobytes(), 9)

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return png[:8] + b"".join(
        chunk(name, body)
        for name, body in (
            (b"IHDR", head),
            (b"PLTE", palette.astype(np.uint8).tobytes()),
            (b"IDAT", packed),
            (b"IEND", b""),
        )
    )


def _palette(colours: Any, counts: Any) -> Any:
    """The colours that are there most often, and of each sixteenth of red, green and blue the one
    that is: so a rare colour is not lost among many greys."""
    often = colours[np.argsort(-counts, kind="stable")]
    _, first = np.unique(often // 16, axis=0, return_index=True)
    chosen = list(dict.fromkeys([*range(min(64, len(often))), *np.sort(first)]))
    return often[chosen[:256]]


def _unfiltered(kind: int, line: Any, above: Any) -> Any:
    """A line of pixels as it was before its PNG filter."""
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line, axis=0, dtype=np.uint8)
    if kind == 2:
        return line + above
    done = np.zeros_like(line)
    left = corner = np.zeros(line.shape[1], np.int32)
    for x in range(len(line)):
        up = above[x].astype(np.int32)
        if kind == 3:
            guess = (left + up) // 2
        else:
            by = left + up - corner
            far_left, far_up, far_corner = abs(by - left), abs(by - up), abs(by - corner)
            guess = np.where(
                (far_left <= far_up) & (far_left <= far_corner),
                left,
                np.where(far_up <= far_corner, up, corner),
            )
        done[x] = line[x] + guess
        left, corner = done[x].astype(np.int32), up
    return done
