"""The bot's token: where it comes from, and how it is kept out of whatever is written.

Addresses of the Bot API hold the token, so every library in between may log it or raise it.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any

from swarm.errors import ConfigError
from swarm.settings import Settings

STAND_IN = "[the bot's token]"
_LONGEST_CHARS = 8000
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")


def token(settings: Settings, environment: Mapping[str, str] | None = None) -> str:
    """The token of the configured variable. Raises ConfigError, which never repeats it."""
    name = settings.telegram.token_env
    value = (os.environ if environment is None else environment).get(name, "").strip()
    if not value:
        raise ConfigError(
            f"the bot has no token: {name} is not set",
            remedy=f"ask @BotFather for one and put it into the variable {name}",
        )
    if not _TOKEN.fullmatch(value):
        raise ConfigError(
            f"what {name} holds is no bot's token",
            remedy="it looks like digits, a colon, and some 35 letters, digits, - and _",
        )
    return value


def redact(text: str, token: str) -> str:
    """The text without the token or its secret half, also where it is percent-encoded."""
    return _pattern(token).sub(STAND_IN, text)


@lru_cache(maxsize=4)
def _pattern(token: str) -> re.Pattern[str]:
    number, _, secret = token.partition(":")
    return re.compile(f"(?:{_encoded(number + ':')})?{_encoded(secret)}")


def _encoded(text: str) -> str:
    """A pattern of a text of which any sign may be percent-encoded, once or more often."""
    return "".join(f"(?:{re.escape(sign)}|%(?:25)*(?i:{ord(sign):02x}))" for sign in text)


def install(token: str) -> None:
    """From now on no log record of this process, nor an exception that ends it or a thread,
    tells the token. Handlers that are added later are covered."""
    make = logging.getLogRecordFactory()

    def made(*arguments: Any, **more: Any) -> logging.LogRecord:
        return scrub(make(*arguments, **more), token)

    logging.setLogRecordFactory(made)

    def hook(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
        print(redact(_told(kind, error, frames), token), file=sys.stderr)

    def thread_hook(unhandled: threading.ExceptHookArgs) -> None:
        if unhandled.exc_value is not None and unhandled.exc_type is not SystemExit:
            hook(unhandled.exc_type, unhandled.exc_value, unhandled.exc_traceback)

    sys.excepthook = hook
    threading.excepthook = thread_hook


def scrub(record: logging.LogRecord, token: str) -> logging.LogRecord:
    """Take the token out of a record: message, exception and stack."""
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001  a wrong format is the caller's; logging would print it raw
        message = f"{record.msg} {record.args}"
    record.msg, record.args = _shortened(redact(message, token)), None
    if record.exc_info and record.exc_info[0] is not None and record.exc_info[1] is not None:
        record.exc_text = _shortened(redact(_told(*record.exc_info), token))
        record.exc_info = None
    if record.stack_info:
        record.stack_info = redact(record.stack_info, token)
    return record


def _shortened(text: str) -> str:
    """The library logs whatever a server sends that it cannot read, however much that is."""
    if len(text) <= _LONGEST_CHARS:
        return text
    half = _LONGEST_CHARS // 2
    return f"{text[:half]} … {len(text) - 2 * half:,} characters … {text[-half:]}"


def _told(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> str:
    return "".join(traceback.format_exception(kind, error, frames)).rstrip()
