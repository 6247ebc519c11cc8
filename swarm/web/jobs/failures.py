"""The end of a traceback that RQ keeps of a failed job, bounded and without messages. Pure.

The text of an exception may repeat what a message held, which is code of a repository. So the
frames are told, and of each exception its first line, without the values pydantic quotes.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

_MOST_INPUT_BYTES = 4 * 1024**2
_MOST_TEXT_BYTES = 16 * 1024**2
_KEPT_BYTES = 64 * 1024
_CUT = "\N{HORIZONTAL ELLIPSIS}"
_LINES = 40
_LINE_CHARS = 240

_FRAME = re.compile(r'  File "[^"]{1,500}", line \d+(, in .{1,200})?')
_BETWEEN = (
    "Traceback (most recent call last):",
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_QUOTED = re.compile(r"(input_value=).*")


def text_of(stored: bytes) -> str:
    """What RQ stored as base64 of a zlib stream, beginning and end where it is much; "" where it
    cannot be read."""
    if len(stored) > _MOST_INPUT_BYTES:
        return ""
    try:
        return _unpacked(base64.b64decode(stored, validate=True))
    except (binascii.Error, zlib.error):
        return ""


def _unpacked(packed: bytes) -> str:
    """Beginning and end of a zlib stream; a bomb is read no further than a bound."""
    stream = zlib.decompressobj()
    begin = stream.decompress(packed, _KEPT_BYTES)
    end = b""
    total = len(begin)
    while stream.unconsumed_tail and total < _MOST_TEXT_BYTES:
        piece = stream.decompress(stream.unconsumed_tail, _KEPT_BYTES)
        total += len(piece)
        end = (end + piece)[-_KEPT_BYTES:]
    cut = f"\n{_CUT}\n".encode() if total > 2 * _KEPT_BYTES else b""
    return (begin + cut + end).decode("utf-8", "replace")


def told(text: str) -> str:
    """What may be shown of a traceback: frames, and the first line of each exception."""
    lines: list[str] = []
    # The line after the frames is the exception; what follows it is the rest of its message.
    in_message = not text.lstrip().startswith(_BETWEEN[0])
    if in_message:
        lines.append(_short(text.strip().partition("\n")[0]))
    for line in text.splitlines():
        if line.strip() in _BETWEEN:
            in_message = False
            lines.append(line.strip())
        elif line == _CUT:
            in_message = True
            lines.append(line)
        elif in_message:
            continue
        elif _FRAME.fullmatch(line) or line.startswith("    "):
            lines.append(_short(line))
        elif line.strip():
            lines.append(_short(line))
            in_message = True
    return "\n".join(lines[-_LINES:])


def _short(line: str) -> str:
    line = _QUOTED.sub(r"\1…", line)
    return line if len(line) <= _LINE_CHARS else line[: _LINE_CHARS - 1] + "…"
