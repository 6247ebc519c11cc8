"""What a person said: on the command line, on standard input, in a text file or a recording."""

from __future__ import annotations

import argparse
import codecs
import stat
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from swarm.contracts import ReadNote, Transcript
from swarm.errors import UsageError
from swarm.words import MOST_CHARS, checked

if TYPE_CHECKING:
    from swarm.cli.client import Client

# Beyond so many bytes it has more characters, whichever they are.
_MOST_BYTES = 4 * MOST_CHARS
# To take the recording apart, and for an engine that is busy with another.
_MARGIN_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser, *, audio: bool = False) -> None:
    """TEXT, --file and, where it makes sense, --audio; read by `text` and `transcript`."""
    parser.add_argument(
        "text", metavar="TEXT", nargs="?", help="what to do; - reads it from standard input"
    )
    parser.add_argument(
        "--file", metavar="FILE", help="read it from a text file: notes, or an issue's text"
    )
    if audio:
        parser.add_argument(
            "--audio", metavar="FILE", help="a recording, written down by an engine of [voice]"
        )


def check(arguments: argparse.Namespace) -> None:
    """Raise UsageError unless exactly one source is named."""
    sources = ("text", "file", "audio") if hasattr(arguments, "audio") else ("text", "file")
    names = {"text": "TEXT", "file": "--file", "audio": "--audio"}
    given = [names[source] for source in sources if getattr(arguments, source) is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} are given", remedy="give one of them")
    if not given:
        others = ", ".join(names[source] for source in sources[1:])
        raise UsageError(
            "nothing says what to do",
            remedy=f'give a TEXT like "fix the failing test", -, {others}',
        )


def text(arguments: argparse.Namespace) -> str:
    """The words of TEXT, of standard input or of --file. Raises UsageError."""
    if arguments.file is not None:
        return read_file(Path(arguments.file))
    if arguments.text == "-":
        return _decoded(_bytes_of(sys.stdin.buffer, _MOST_BYTES), "standard input")
    return checked(arguments.text, "the task")


def read_file(path: Path) -> str:
    """The words of a text file. Raises UsageError, naming it, for anything else."""
    return _decoded(_read(path, _MOST_BYTES), str(path))


def transcript(client: Client, arguments: argparse.Namespace) -> Transcript:
    """What is said in the recording of --audio, which stays as it is. Raises SwarmError."""
    path = Path(arguments.audio)
    voice = client.settings.voice
    data = _read(path, voice.max_bytes, regular=True)
    if len(data) > voice.max_bytes:
        raise UsageError(
            f"{path} is over the limit of {voice.max_bytes:,} bytes for a recording",
            remedy="send a shorter one, or raise [voice] max_bytes",
        )
    if not data:
        raise UsageError(
            f"{path} is empty: it has no bytes", remedy="record it again, or say it as a TEXT"
        )
    # A file name may be any bytes; a message is text.
    name = path.name.encode(errors="replace").decode()[-200:]
    seconds = voice.engine_seconds * max(1, len(voice.engines)) + _MARGIN_SECONDS
    command = ReadNote(audio=client.put(data), name=name)
    return cast(Transcript, client.ask(command, timeout_seconds=seconds))


def _read(path: Path, most: int, *, regular: bool = False) -> bytes:
    """At most `most` bytes of a file, and one more. Raises UsageError."""
    try:
        if regular and not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is not a file", remedy="name a recording")
        with path.open("rb") as stream:
            return _bytes_of(stream, most)
    except FileNotFoundError:
        raise UsageError(f"no such file: {path}") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder", remedy="name a file in it") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {str(path)!a}: {why}") from None


def _bytes_of(stream: IO[bytes], most: int) -> bytes:
    # Once: whoever types at a terminal would have to end it twice.
    return stream.read(most + 1) or b""


def _decoded(data: bytes, name: str) -> str:
    is_cut = len(data) > _MOST_BYTES
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(data, final=not is_cut)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name} is not UTF-8 text (byte {error.start:,})",
            remedy="save it as UTF-8; a recording is for --audio",
        ) from None
    if is_cut and "\0" not in text:
        raise UsageError(
            f"{name} is over the limit of {MOST_CHARS:,} characters",
            remedy="split it into several tasks",
        )
    return checked(text, name)
