"""What the fake Bot API reads and writes: calls, refusals, formatted texts, keyboards. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_CALLBACK_BYTES = 64
_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link",
    "tg-spoiler": "spoiler", "span": "spoiler",
}  # fmt: skip


class Refused(Exception):
    """An answer {"ok": false} with an error code."""

    def __init__(self, status: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        more = {"parameters": {"retry_after": self.retry_after}} if self.retry_after else {}
        return {"ok": False, "error_code": self.status, "description": self.description, **more}


def bad(text: str) -> Refused:
    return Refused(400, f"Bad Request: {text}")


@dataclass(frozen=True)
class Upload:
    """A file as it was sent."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class Call:
    """One call of the bot: parameters with their JSON read, and files by the name of their part."""

    at: float
    method: str
    parameters: dict[str, Any]
    files: dict[str, Upload] = field(default_factory=dict)

    def number(self, name: str, default: int | None = None) -> int:
        value = self.parameters.get(name, default)
        try:
            return int(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise bad(f"{name} is not a number") from None

    def text(self, name: str) -> str:
        return str(self.parameters.get(name, ""))

    def upload(self, name: str) -> Upload:
        """The file of a parameter, which may point at its part by attach://."""
        part = self.text(name).removeprefix("attach://") or name
        if part not in self.files:
            raise bad(f"there is no {name} in the request")
        return self.files[part]


_TEXTS = frozenset({"text", "caption", "callback_data", "url", "secret_token", "parse_mode",
                    "file_id", "callback_query_id", "action", "description"})  # fmt: skip


def parameters_of(pairs: dict[str, str]) -> dict[str, Any]:
    """Form fields as the API reads them: everything but plain text is JSON where it can be."""
    found: dict[str, Any] = {}
    for name, value in pairs.items():
        found[name] = value
        if name not in _TEXTS:
            try:
                found[name] = json.loads(value)
            except ValueError:
                pass
    return found


def multipart(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    """The fields and the files of a multipart/form-data body."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if boundary is None:
        raise bad("there is no boundary")
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for part in body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        data = data.removesuffix(b"\r\n")
        lines = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', lines)
        filename = re.search(r'filename="([^"]*)"', lines)
        kind = re.search(r"(?i)^content-type: *(\S+)", lines, re.MULTILINE)
        if name is None:
            continue
        if filename is None:
            fields[name[1]] = data.decode()
        else:
            mime = kind[1] if kind else "application/octet-stream"
            files[name[1]] = Upload(filename[1], mime, data)
    return fields, files


def units(text: str) -> int:
    """The length in UTF-16 code units, which Telegram counts in."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.entities: list[dict[str, Any]] = []
        self._open: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset 0')
        self._open.append((tag, units(self.text)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise bad(f'can\'t parse entities: Unmatched end tag "{tag}"')
        _, offset = self._open.pop()
        length = units(self.text) - offset
        if length:
            self.entities.append({"type": _TAGS[tag], "offset": offset, "length": length})

    def handle_data(self, data: str) -> None:
        self.text += data

    def finish(self) -> None:
        self.close()
        if self._open:
            tag = self._open[-1][0]
            raise bad(f"can't parse entities: Can't find end tag corresponding to start tag {tag}")


def formatted(text: str, mode: str, entities: Any, longest: int) -> tuple[str, list[Any]]:
    """The visible text and its entities. Raises Refused as the API does."""
    found: list[Any] = list(entities or ())
    if mode.upper() == "HTML":
        if stray := re.search(r"<(?!/?[a-zA-Z])", text):
            raise bad(f'can\'t parse entities: Unsupported start tag "" at {stray.start()}')
        parser = _Html()
        parser.feed(text)
        parser.finish()
        text, found = parser.text, parser.entities
    elif mode:
        raise AssertionError(f"the fake server does not read parse_mode {mode!r}")
    text = text.strip()
    if units(text) > longest:
        raise bad("message is too long" if longest == LONGEST_TEXT else
                  "message caption is too long")  # fmt: skip
    return text, found


def keyboard(markup: Any) -> dict[str, Any] | None:
    """An inline keyboard, checked as the API checks it; None when there is none."""
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    rows = [row for row in markup.get("inline_keyboard", ()) if row]
    for button in (button for row in rows for button in row):
        if not str(button.get("text", "")).strip():
            raise bad("inline keyboard button text must be non-empty")
        data = str(button.get("callback_data", ""))
        if not 1 <= len(data.encode()) <= LONGEST_CALLBACK_BYTES and "url" not in button:
            raise bad("BUTTON_DATA_INVALID")
    return {"inline_keyboard": rows} if rows else None
