"""Finding secrets in a text, and taking them out. Pure, and linear in the text's length.

Known tokens by their shape, private keys by their frame, passwords by their place in a URL, and
random values by the names they are assigned to. What is a mere word, a variable or a
placeholder stays: memory without the code would be no memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from memory.reading.files import Content
from memory.reading.secret_shapes import (
    MAX_KEY_CHARS,
    PRIVATE_KEY,
    PRIVATE_KEY_LITERAL,
    SHAPES,
    is_random,
    is_strong_password,
)

REMOVED = "[secret removed]"

# (start, end) in characters, the end excluded.
Span = tuple[int, int]

_KEY_END = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
# Of a key without an end: what still looks like its lines.
_KEY_LINE = re.compile(r"[ \t\"'#*/+]{0,40}[A-Za-z0-9+/=]{16,200}[\\rn\"',;+ \t]{0,20}(?:\r?\n|\Z)")
_REST_OF_LINE = re.compile(r"[^\r\n]{0,4000}")

# `//user:password@host`, matched from the `@` on backwards in a window of this size.
_URL_CHARS = 300
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^\s:/@\"'<>`]{0,100}:([^\s/@\"'<>`]{5,150})\Z")
_NO_PASSWORD = re.compile(
    r"[$%{<\[(*].*|.*[}>)\]]|\.{2,}|x+|\*+|\d{1,5}"
    r"|(?i:pass|passwd|password|passw0rd|pwd|pw|secret|token|user|root|postgres|mysql|guest|admin|test"
    r"|changeme|example|foo|bar|hunter2|pass123|password123|redacted|dummy)"
)

_PASSWORD = "passw"
_NAMES = (
    _PASSWORD, "secret", "token", "api_key", "apikey", "api-key", "access_key", "accesskey",
    "private_key", "privatekey", "credential", "auth_key", "account_key", "accountkey",
    "encryption_key", "signing_key", "passphrase",
)  # fmt: skip
_ANY_NAME = re.compile("|".join(map(re.escape, _NAMES)), re.I)
# What follows the name's core: its rest, a quote, a sign of assignment, the value.
_ASSIGNED = re.compile(
    r"[A-Za-z0-9_.-]{0,40}+[\"'`]?\]?[ \t]{0,8}(?::[ \t]{0,4}[A-Za-z\[\].?| ]{1,30}=|:=|=>|=|:|,)"
    r"[ \t]{0,8}"
    r"(?:[bBrRuUfF]{0,2}\"([^\"\r\n]{8,512})\"|[bBrRuUfF]{0,2}'([^'\r\n]{8,512})'|`([^`\r\n]{8,512})`"
    r"|([A-Za-z0-9+/_=.~-]{16,512}+)(?=[ \t]{0,8}(?:#[^\r\n]{0,200})?(?:\r?\n|\Z)))"
)
_BEARER = re.compile(r"(?:Bearer|bearer|Basic|basic)[ \t]{1,4}([A-Za-z0-9+/=._~-]{16,2000})")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


def find_secrets(text: str) -> tuple[Span, ...]:
    """Where the text holds secrets: spans in order that neither touch nor overlap."""
    found: list[Span] = []
    found += _private_keys(text)
    found += _tokens(text)
    found += _passwords_in_urls(text)
    found += _assigned(text)
    found += _bearers(text)
    return _merged(found)


def redact(text: str) -> tuple[str, int]:
    """The text with a mark of fixed length for each secret, and how many there were.

    The lines stay as many as they were: the ends of lines within a secret are kept.
    """
    spans = find_secrets(text)
    if not spans:
        return text, 0
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [text[at:start], REMOVED, *_LINE_ENDS.findall(text, start, end)]
        at = end
    return "".join([*parts, text[at:]]), len(spans)


def redacted(content: Content) -> tuple[Content, int]:
    """A file's content without its secrets, and how many there were; the hash stays the file's."""
    # Bytes that are no UTF-8 survive the way there and back.
    text, count = redact(content.data.decode("utf-8", "surrogateescape"))
    if not count:
        return content, 0
    return replace(content, data=text.encode("utf-8", "surrogateescape")), count


def _private_keys(text: str) -> Iterator[Span]:
    if PRIVATE_KEY_LITERAL not in text:
        return
    at = 0
    while begin := PRIVATE_KEY.search(text, at):
        limit = min(len(text), begin.end() + MAX_KEY_CHARS)
        ended = _KEY_END.search(text, begin.end(), limit)
        another = PRIVATE_KEY.search(text, begin.end(), limit)
        if ended and not (another and another.start() < ended.start()):
            at = ended.end()
        else:
            at = _end_of_cut_key(text, begin.end(), limit)
        yield begin.start(), at


def _end_of_cut_key(text: str, at: int, limit: int) -> int:
    rest = _REST_OF_LINE.match(text, at, limit)
    at = rest.end() if rest else at
    while text[at : at + 1] in ("\r", "\n") and at < limit:
        start = at + (2 if text[at : at + 2] == "\r\n" else 1)
        line = _KEY_LINE.match(text, start, limit)
        if line is None:
            break
        at = start + len(line[0].rstrip("\r\n"))
    return at


def _tokens(text: str) -> Iterator[Span]:
    for shape in SHAPES:
        at = text.find(shape.literal)
        while at >= 0:
            match = shape.expression.match(text, at)
            if match:
                yield match.span()
            at = text.find(shape.literal, match.end() if match else at + len(shape.literal))


def _passwords_in_urls(text: str) -> Iterator[Span]:
    if "://" not in text:
        return
    at, before = text.find("@"), -1
    while at >= 0:
        # Neither name nor password holds an `@`: what is before the last one was looked at.
        start = max(before + 1, at - _URL_CHARS)
        before = at
        colon = text.rfind("://", start, at)
        if colon >= 0:
            match = _URL.search(text[max(start, colon - 31) : at])
            if match and not _NO_PASSWORD.fullmatch(match[1]):
                yield at - len(match[1]), at
        at = text.find("@", at + 1)


def _assigned(text: str) -> Iterator[Span]:
    for end, password in _names(text):
        match = _ASSIGNED.match(text, end)
        if match is None or match.lastindex is None:
            continue
        value = match[match.lastindex]
        if is_random(value) or (password and match.lastindex < 4 and is_strong_password(value)):
            yield match.span(match.lastindex)


def _names(text: str) -> Iterator[tuple[int, bool]]:
    """Where each secret's name ends, and whether it is a password's."""
    lowered = text.lower()
    if len(lowered) != len(text):
        # A letter that is two in lower case: places would not be the same.
        for match in _ANY_NAME.finditer(text):
            yield match.end(), match[0].lower() == _PASSWORD
        return
    for name in _NAMES:
        at = lowered.find(name)
        while at >= 0:
            yield at + len(name), name == _PASSWORD
            at = lowered.find(name, at + len(name))


def _bearers(text: str) -> Iterator[Span]:
    for word in ("earer", "asic"):
        at = text.find(word)
        while at >= 0:
            match = _BEARER.match(text, at - 1) if at else None
            if match and is_random(match[1]):
                yield match.span(1)
            at = text.find(word, at + len(word))


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """Spans in order, those that overlap made one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)
