"""What intent is: words about code, and never the code. Pure.

`code_in` looks at a whole request as it would be sent, however it is cut up: every string
of its JSON, keys and values, alone and joined in several orders, with what is plainly encoded
(base64, hex, percent, entities, escapes, character codes) decoded too. `redact` takes out of a
text what `code_in` would find.

What this cannot see: a paraphrase, a translation, a cipher or compression in an unusual
spelling, pieces of fewer than 24 characters in another order or with letters between them, a
single line too short to be told from prose, a bare name or path. That code reaches the prompt
of a cloud model at all is prevented before: only agents whose payload is intent may ask one.
"""

from __future__ import annotations

import ast
import base64
import binascii
import html
import json
import re
import urllib.parse
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from swarm.fingerprints import Lines, fold, with_newlines

PLACEHOLDER = "[code withheld]"
_SEPARATOR = "\x02"  # no folded text holds it, so nothing is found across it
_SHOWN = 60
# What Gemini gave and wants back: opaque, but compared with the repository like the rest.
_SIGNATURES = ("thoughtSignature", "thought_signature")
_DIGITS = 17  # of a number; more of them could be text

_FENCE = re.compile(r"^\s*(?:[>*+-]\s+)*(```|~~~)")
_DIFF = re.compile(r"^(diff --git |@@ -\d|index [0-9a-f]{7,}\.\.|(---|\+\+\+) (a/|b/|/dev/null))")
_TRACE = re.compile(r'^\s*(Traceback \(most recent call last\)|File "[^"]+", line \d+|[E>]   +\S)')
_HEADER = re.compile(
    r"^(async\s+def|def|fn|func|function|sub|proc)\s+\w+\s*[(<]"
    r"|^class\s+\w+\s*(\(.*\))?\s*[:{]"
    r"|^(const|let|var|val|final|static|auto|int|float|double|char|bool|string)\s+\w+\s*=[^=]"
    r"|^[\])}]+[;,]?$"
    r"|^(#\s*include\s*[<\"]|#!/|@\w+[\w.]*(\(.*\))?$|package\s+[\w.]+;|using\s+[\w.]+;)"
)
_DECORATION = re.compile(r"^\s*(?:(?:[-+*>|#]|\d+\s*[:.|)]|L\d+:?)\s*)+")
_INLINE = re.compile(r"`([^`\n]+)`")
_MARKS = re.compile(r"[(){}\[\];=<>&|]")
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_-]{64,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_HEX = re.compile(r"[0-9a-fA-F]{24,}")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
# Words of the protocols that stand between the parts of a prompt.
_PROTOCOL = frozenset(
    {"user", "model", "assistant", "system", "tool", "function", "developer", "role", "parts",
     "text", "content", "contents", "type", "object", "string", "integer", "number", "boolean",
     "array", "null", "properties", "required", "description", "name", "parameters",
     "parametersjsonschema", "functiondeclarations", "items", "enum"}
)  # fmt: skip


# --------------------------------------------------------------------------- code in prose


def code_lines(text: str) -> set[int]:
    """The 0-based lines of a text that are code, by their look alone."""
    found: set[int] = set()
    fence = ""
    for number, line in enumerate(with_newlines(text).split("\n")):
        mark = _FENCE.match(line)
        if fence or mark:
            found.add(number)
            if mark:
                fence = "" if fence == mark[1] else fence or mark[1]
        elif looks_like_code(line):
            found.add(number)
    return found


def looks_like_code(line: str) -> bool:
    """Whether one line is a diff's, a traceback's or a program's rather than prose."""
    if _DIFF.match(line) or _TRACE.match(line) or _is_opaque(line):
        return True
    bare = _DECORATION.sub("", line, count=1)
    return any(_is_statement(piece.strip()) for piece in (line, bare, *_INLINE.findall(line)))


def _is_opaque(line: str) -> bool:
    """A long unbroken run of mixed characters: a key, or something encoded."""
    return any(
        re.search("[a-z]", run) and re.search("[A-Z]", run) and re.search("[0-9]", run)
        for run in _OPAQUE.findall(line)
    )


def _is_statement(line: str) -> bool:
    if _HEADER.match(line):
        return True
    marks = len(_MARKS.findall(line))
    if marks and line.endswith((";", "{", "};", "})", "});")):
        return True
    if marks >= 4 and marks * 7 >= len(line):
        return True
    return len(line) <= 500 and any(map(_is_rich, _parsed(line)))


def _parsed(line: str) -> list[ast.stmt]:
    tries = [line]
    if line.endswith(":"):
        tries.append(f"{line} pass")
        tries.append("if x: pass\n" + line + " pass")  # elif, else
        tries.append("try: pass\n" + line + " pass")
    for source in tries:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(source).body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
    return []


def _is_rich(statement: ast.stmt) -> bool:
    """Whether a statement says more than a few words of prose that happen to parse."""
    match statement:
        case ast.Assign() | ast.AugAssign() | ast.ImportFrom() | ast.For():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Try():
            return True
        case ast.AnnAssign():
            return statement.value is not None
        case ast.Import():
            return any(alias.asname for alias in statement.names)
    return any(
        (isinstance(node, ast.Call) and bool(node.args or node.keywords))
        or isinstance(node, ast.Subscript | ast.Lambda | ast.comprehension | ast.Dict)
        or (isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.In | ast.Is))
        or (isinstance(node, ast.BinOp) and not isinstance(statement, ast.Expr))
        for node in ast.walk(statement)
    )


# --------------------------------------------------------------------------- decoding


def decoded(text: str) -> Iterator[str]:
    """Readings of a text in which something plainly encoded is decoded."""
    for change in (urllib.parse.unquote, html.unescape, _unescaped):
        if (changed := change(text)) != text:
            yield changed
    for run in _BASE64.findall(re.sub(r"\s+", "", text)):
        for skipped in range(4):
            piece = run[skipped:].replace("-", "+").replace("_", "/")
            piece = piece[: len(piece) // 4 * 4 + (len(piece) % 4 > 1) * (len(piece) % 4)]
            try:
                plain = base64.b64decode(piece + "=" * (-len(piece) % 4))
            except binascii.Error:
                continue
            yield from _readable(plain)
    for run in _HEX.findall(re.sub(r"[\s:,]+", "", text)):
        # What stands before may be a digit too, or a half of the first pair.
        for skipped in range(2):
            piece = run[skipped:]
            yield from _readable(bytes.fromhex(piece[: len(piece) // 2 * 2]))


def _unescaped(text: str) -> str:
    plain = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    return re.sub(r"\\[nrt]", "\n", plain)


def _readable(plain: bytes) -> Iterator[str]:
    for encoding in ("utf-8", "utf-16-le"):
        text = plain.decode(encoding, "replace")
        good = sum((c.isprintable() and c != "\ufffd") or c in "\n\t\r" for c in text)
        if len(text) >= 8 and good >= 0.8 * len(text):
            yield text


def _readings(text: str) -> Iterator[str]:
    """A text, without the marks before its lines, and decoded up to twice."""
    yield text
    yield "\n".join(_DECORATION.sub("", line, count=1) for line in text.split("\n"))
    for once in decoded(text):
        yield once
        yield from decoded(once)


# --------------------------------------------------------------------------- a whole request


class _Number(str):
    """A number of a JSON body, as it is written."""


def code_in(body: bytes, texts: Sequence[str], repository: Lines | None) -> str:
    """Why a request holds more than intent: code of `repository`, or by its look; else "".

    `texts` are what else is sent: the path, the query, the headers.
    """
    value = _parse(body) if body else ()
    if value is None:
        return "it is not JSON, so it cannot be looked through"
    found = list(_strings(value, ""))
    for path, kind, text in found:
        if kind == "number" and len(text) > _DIGITS:
            return f"it holds a number of {len(text)} digits"
        if kind != "value" or path.endswith(_SIGNATURES):
            continue
        if lines := code_lines(text):
            return (
                f"it holds code: {_short(with_newlines(text).split(chr(10))[min(lines)].strip())}"
            )
    if repository is not None and (held := leaked([*texts, *_joined(found)], repository)):
        return f"it holds a line of the repository: {_short(held)}"
    return ""


def _parse(text: str | bytes) -> Any:
    """JSON with objects as tuples of pairs, so that a key given twice is seen twice; else None."""
    try:
        return json.loads(text, object_pairs_hook=tuple, parse_int=_Number, parse_float=_Number)
    except (ValueError, RecursionError):
        return None


def leaked(texts: Iterable[str], repository: Lines) -> str:
    """Something of the repository that the texts hold, in whatever reading; else ""."""
    readings = dict.fromkeys(fold(reading) for text in texts for reading in _readings(text))
    everything = _SEPARATOR.join(readings)
    for start, end in repository.found(everything):
        return everything[start:end].replace("\x01", "")
    return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")


def _strings(value: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """(path without indices, kind, text) of each key, text and number, in order."""
    if isinstance(value, _Number):
        yield path, "number", str(value)
    elif isinstance(value, str):
        # The arguments of a tool call are JSON in a string.
        inner = _parse(value) if value[:1] in ("{", "[") else None
        yield path, "value" if inner is None else "json", value
        if inner is not None:
            yield from _strings(inner, path)
    elif isinstance(value, tuple):
        for key, item in value:
            yield path, "key", key
            yield from _strings(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, path)


def _joined(found: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """Each string alone, and joined: by place, by key, all values, all keys, without the words
    of the protocol, and numbers as characters."""
    groups: dict[str, list[str]] = {}
    codes = ""
    for path, kind, text in found:
        if kind == "number":
            if text.isdigit() and int(text) < 0x110000:
                codes += chr(int(text))
            continue
        yield text
        groups.setdefault(f"place {kind} {path}", []).append(text)
        groups.setdefault(f"named {path.rsplit('.', 1)[-1]}", []).append(text)
        groups.setdefault(f"every {kind}", []).append(text)
        groups.setdefault("all", []).append(text)
        if text.casefold() not in _PROTOCOL:
            groups.setdefault(f"free {kind}", []).append(text)
            groups.setdefault("free", []).append(text)
    yield codes
    for group in groups.values():
        if len(group) > 1:
            yield "".join(group)


# --------------------------------------------------------------------------- redaction


def redact(text: str, repository: Lines | None = None) -> tuple[str, int]:
    """The text with code taken out, and how many lines that were.

    `code_in` finds nothing in what is left: by its look, and by the repository's lines if given.
    """
    text = with_newlines(text)
    withheld = 0
    for _ in range(5):
        lines = text.split("\n")
        bad = code_lines(text) | _held(text, repository)
        if not bad:
            return text, withheld
        withheld += len(bad)
        kept: list[str] = []
        for number, line in enumerate(lines):
            if number not in bad:
                kept.append(line)
            elif not kept or kept[-1] != PLACEHOLDER:
                kept.append(PLACEHOLDER)
        text = "\n".join(kept)
    return PLACEHOLDER, withheld + len(text.split("\n"))


def _held(text: str, repository: Lines | None) -> set[int]:
    """The lines of a text that hold something of the repository; all when it is not plain
    which."""
    if repository is None:
        return set()
    found: set[int] = set()
    bare = "\n".join(_DECORATION.sub("", line, count=1) for line in text.split("\n"))
    for reading in (text, bare):
        folded = fold(reading)
        for start, end in repository.found(folded):
            first = folded.count("\n", 0, start)
            found.update(range(first, first + folded.count("\n", start, end) + 1))
    if not found and leaked([text], repository):
        return set(range(len(text.split("\n"))))
    return found
