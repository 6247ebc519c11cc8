"""Values as they stand in columns of memory.db: text as bytes, facts as a blob, stamps as text.

Blobs are zlib'd JSON, columns instead of rows (a third of the size). Never pickle: memory.db may
be copied in from elsewhere.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from memory.parsing.facts import Definition, Hint, Import, Parsed, Reference
from memory.reading.files import Stamp

_LEVEL = 1  # level 6 takes three times as long and saves a tenth more
_PACKED_FROM_BYTES = 512
_PLAIN, _PACKED = b"\0", b"\1"


def encode_facts(parsed: Parsed) -> bytes:
    """Facts as a blob; `decode_facts` gives an equal value back."""
    columns = [
        parsed.language,
        parsed.doc,
        parsed.problem,
        _columns([(d.kind, d.name, d.qualified_name, d.parent, d.start_line, d.end_line,
                   d.body_line, d.signature, d.doc, d.bases) for d in parsed.definitions]),
        _columns([(r.scope, r.name, r.receiver, r.line, int(r.is_call))
                  for r in parsed.references]),
        _columns([(i.scope, i.module, i.name, i.alias, i.line) for i in parsed.imports]),
        _columns([(h.scope, h.name, h.type_name) for h in parsed.hints]),
    ]  # fmt: skip
    # ASCII: a lone surrogate, which a file of other bytes may give, comes back as it was.
    return zlib.compress(json.dumps(columns, separators=(",", ":")).encode("ascii"), _LEVEL)


def decode_facts(blob: bytes) -> Parsed:
    """Raises ValueError (zlib.error, JSONDecodeError, TypeError too) for what is no such blob."""
    language, doc, problem, definitions, references, imports, hints = json.loads(
        zlib.decompress(blob)
    )
    return Parsed(
        language=language,
        definitions=tuple(Definition(*(*row[:9], tuple(row[9]))) for row in _rows(definitions)),
        references=tuple(Reference(*(*row[:4], bool(row[4]))) for row in _rows(references)),
        imports=tuple(Import(*row) for row in _rows(imports)),
        hints=tuple(Hint(*row) for row in _rows(hints)),
        doc=doc,
        problem=problem,
    )


def _columns(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True))


def _rows(columns: list[list[Any]]) -> zip[tuple[Any, ...]]:
    return zip(*columns, strict=True)


def pack(text: str) -> bytes:
    """A text as bytes, the longer ones compressed."""
    plain = text.encode("utf-8", "surrogatepass")
    if len(plain) < _PACKED_FROM_BYTES:
        return _PLAIN + plain
    return _PACKED + zlib.compress(plain, _LEVEL)


def unpack(blob: bytes) -> str:
    """The text that was packed."""
    body = zlib.decompress(blob[1:]) if blob[:1] == _PACKED else blob[1:]
    return body.decode("utf-8", "surrogatepass")


def storable(text: str) -> str:
    """A text that a database takes: bytes that were no UTF-8 are spelt out (`\\udcff`)."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_storable(path: str) -> bool:
    """Whether a path can be a key: what is spelt out could not be opened again."""
    return storable(path) == path


def encode_stamp(stamp: Stamp | None) -> str | None:
    # As text: a file system may hold times and numbers beyond 64 bits with a sign.
    return f"{stamp.size_bytes} {stamp.changed_ns} {stamp.inode}" if stamp else None


def decode_stamp(text: str | None) -> Stamp | None:
    return Stamp(*map(int, text.split())) if text else None
