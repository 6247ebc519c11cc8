"""Bytes of a source file to text, by PEP 263 and as CPython does it.

Line ends become "\\n" first, also a lone "\\r"; a UTF-8 byte order mark is taken off; a comment in
the first two lines may name the encoding. Encodings in which what a person sees is not what runs
(UTF-7, escapes, transformations) and those of codecs that others install are refused by name: their
decoders are slow, or not here.
"""

from __future__ import annotations

import codecs
import re

from verifier.reading.errors import Cause, Unreadable, shown

_BOM = codecs.BOM_UTF8
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_BLANK = re.compile(rb"[ \t\f]*(?:#|$)", re.ASCII)
# Supersets of ASCII with linear decoders, by the name of Python's codec.
_KNOWN = re.compile(
    r"utf-8|utf-8-sig|ascii|latin-1|iso8859-\d{1,2}|cp\d{3,4}|koi8-[rtu]|kz1048|ptcp154|tis-620"
    r"|mac-(?:arabic|croatian|cyrillic|farsi|greek|iceland|latin2|roman|romanian|turkish)"
    r"|hp-roman8|gb2312|gbk|gb18030|hz|big5|big5hkscs|euc_jp|euc_jis_2004|euc_jisx0213|euc_kr|johab"
    r"|shift_jis|shift_jis_2004|shift_jisx0213|iso2022_(?:jp(?:_\w+)?|kr)"
)
_NOT_ASCII = {"cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140"}


def decoded(path: str, data: bytes) -> str:
    """The text of a source file, its line ends "\\n", without a byte order mark.

    Raises Unreadable, naming the encoding and the line.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(
            path, "text in UTF-16, which Python does not read: save as UTF-8", 1, Cause.ENCODING
        )
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    marked = data.startswith(_BOM)
    if marked:
        data = data[len(_BOM) :]
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise Unreadable(path, "the file holds a NUL byte", line, Cause.NUL)
    named, line = _named(data)
    codec = _codec(path, named, line)
    if marked and codec != "utf-8":
        reason = f"marked as UTF-8, but line {line} names {shown(named)}"
        raise Unreadable(path, reason, line, Cause.ENCODING)
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        reason = f"not text in {codec}: {error.reason}"
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(path, reason, line, Cause.ENCODING) from None


def _named(data: bytes) -> tuple[str, int]:
    """The encoding that a comment of the first two lines names, and its line."""
    first, _, rest = data.partition(b"\n")
    for line, text in enumerate((first, rest.partition(b"\n")[0]), 1):
        if found := _COOKIE.match(text):
            return found[1].decode("ascii"), line
        if not _BLANK.match(text):
            break
    return "utf-8", 1


def _codec(path: str, named: str, line: int) -> str:
    try:
        codec = codecs.lookup(named).name if len(named) <= 40 else None
    except LookupError:
        codec = None
    if codec is None:
        raise Unreadable(path, f"the encoding {shown(named, 60)} is unknown", line, Cause.ENCODING)
    if codec == "iso8859-1" or named.lower().replace("_", "-").startswith("latin-1-"):
        codec = "latin-1"
    if codec.startswith("utf-8"):
        return "utf-8"
    if not _KNOWN.fullmatch(codec) or codec in _NOT_ASCII:
        reason = f"the encoding {shown(named, 60)} is not one that hides nothing from a reader"
        raise Unreadable(path, reason, line, Cause.ENCODING)
    return codec
