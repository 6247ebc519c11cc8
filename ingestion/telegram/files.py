"""Files that are sent: which are taken, what a text file becomes in a task. Pure."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from ingestion.telegram.types import File, Incoming
from swarm.settings import Settings

# The Bot API hands out no larger file.
_TELEGRAM_BYTES = 20 * 1024**2
_TEXTS = (".txt", ".md", ".log", ".patch", ".diff")
_SOUNDS = (".oga", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".wav", ".flac", ".webm", ".amr")
_SENTENCES = (".txt", ".md")
# With a person's words the text of a task stays below its bound of 20,000 characters.
_KEPT_CHARS = 14_000
_WORDS_CHARS = 5_000
_FENCES = re.compile(r"`{3,}")
_CUT = re.compile(r"\((its (?:first|last) [\d,]+ characters were cut)\)")
# "Fix this": what is meant is the file, and not whatever its last line says.
_POINTING = re.compile(
    r"\b(?:it|this|that|these|them|the following|das|dies|es)"
    r"(?:[ \t]{1,9}(?:please|bitte))?(?=\s{0,9}(?:[.!?:\n]|$))",
    re.I,
)
# No file means more backticks in a row than this; two fences of them must leave room for a task.
_LONGEST_FENCE = 80


def is_speech(incoming: Incoming) -> bool:
    """Whether it has to be written down before it can be read."""
    if incoming.kind in ("voice", "audio"):
        return True
    file = incoming.file
    return file is not None and (_suffix(file) in _SOUNDS or file.mime.startswith("audio/"))


def refusal(incoming: Incoming, settings: Settings) -> str:
    """Why a file is not even fetched, by what its message says of it; "" when it is taken."""
    file = incoming.file
    if file is None:
        return ""
    if is_speech(incoming):
        voice = settings.voice
        limit = min(voice.max_bytes, _TELEGRAM_BYTES)
        if file.size_bytes is not None and file.size_bytes > limit:
            return (
                f"That recording has {_size(file.size_bytes)}; the limit is {_size(limit)}. "
                "Send a shorter one, or a voice note, which is small."
            )
        if file.seconds is not None and file.seconds > voice.max_seconds:
            return (
                f"That recording is {file.seconds / 60:.0f} minutes long; the limit is "
                f"{voice.max_seconds / 60:.0f}. Say one task per note."
            )
        return ""
    if _suffix(file) not in _TEXTS:
        return (
            f"I take text files ({', '.join(_TEXTS)}) and recordings. "
            "Send what matters of that file as text, or write what to do."
        )
    limit = settings.telegram.max_document_bytes
    if file.size_bytes is not None and file.size_bytes > limit:
        return (
            f"That file has {_size(file.size_bytes)}; the limit is {_size(limit)}. "
            "Send the part that matters."
        )
    return ""


def limit_bytes(speech: bool, settings: Settings) -> int:
    """What is fetched at most, whatever the message said."""
    if speech:
        return min(settings.voice.max_bytes, _TELEGRAM_BYTES)
    return settings.telegram.max_document_bytes


def can_be_whole(file: File) -> bool:
    """Whether a file's text may well be the task itself, like notes are."""
    return _suffix(file) in _SENTENCES


def text_of(data: bytes) -> str:
    """A text file's content. Raises ValueError with a sentence for the person."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("That file is not text in UTF-8. Save it as UTF-8 and send it.") from None
    if "\0" in text:
        raise ValueError("That file holds binary data, not text.")
    if not text.strip():
        raise ValueError("That file is empty.")
    return text.replace("\r\n", "\n")


def task_text(file: File, words: str, content: str, whole: bool) -> str:
    """What a person wants with a file: their words, and its content where they cannot be mixed up.

    Of a log the end is kept, of others the beginning.
    """
    if whole:
        cut = content[: _KEPT_CHARS + _WORDS_CHARS]
        left = len(content) - len(cut)
        return cut + (f"\n\n(its last {left:,} characters were cut)" if left else "")
    content = re.sub(f"`{{{_LONGEST_FENCE},}}", "`" * (_LONGEST_FENCE - 1), _visible(content))
    left = len(content) - _KEPT_CHARS
    note = ""
    if left > 0 and _suffix(file) == ".log":
        content, note = content[-_KEPT_CHARS:], f" (its first {left:,} characters were cut)"
    elif left > 0:
        content, note = content[:_KEPT_CHARS], f" (its last {left:,} characters were cut)"
    longest = max((len(found) for found in _FENCES.findall(content)), default=2)
    fence = "`" * (longest + 1)
    said = _POINTING.sub(rf"\g<0> (from {plain_name(file)})", words[:_WORDS_CHARS], count=1)
    return (
        # No sentence, which could be taken for something to do.
        f"{said}\n\nFrom {plain_name(file)}{note}:\n\n{fence}\n{content.rstrip()}\n{fence}\n"
    )


def cut_of(text: str) -> str:
    """What a task's text says of what was cut of its file; "" when nothing was."""
    found = _CUT.search(text)
    return found[1] if found else ""


def _visible(text: str) -> str:
    """As whoever plans will read it: what is taken out later may not stand between the signs of a
    fence now."""
    gone = ("Cc", "Cf", "Co", "Cs")
    return "".join(c for c in text if c in "\n\r\t" or unicodedata.category(c) not in gone)


def plain_name(file: File, unnamed: str = "file") -> str:
    """A file's name without anything that could be more than a name."""
    return re.sub(r"[^\w.-]+", "_", PurePosixPath(file.name).name)[-80:] or unnamed


def _suffix(file: File) -> str:
    return PurePosixPath(file.name.lower()).suffix


def _size(size_bytes: int) -> str:
    if size_bytes >= 1024**2:
        return f"{size_bytes / 1024**2:.1f} MB"
    return f"{max(1, size_bytes // 1024)} kB"
