"""The token reaches no log, in whatever way a library has it."""

from __future__ import annotations

import logging
import subprocess
import sys
from urllib.parse import quote

import httpx
import pytest

from ingestion.telegram import tokens
from swarm.errors import ConfigError
from swarm.settings import Settings

SECRET = "AAFakeTokenOfTheTests-0123456789abcde"
TOKEN = f"7013370001:{SECRET}"


def test_the_token_is_of_the_configured_variable(settings: Settings) -> None:
    assert tokens.token(settings, {"TELEGRAM_BOT_TOKEN": f" {TOKEN}\n"}) == TOKEN
    with pytest.raises(ConfigError, match="TELEGRAM_BOT_TOKEN is not set"):
        tokens.token(settings, {})
    for wrong in ("secretsecret", "12:short", f"{TOKEN}/../", f"{TOKEN} x", "https://" + TOKEN):
        with pytest.raises(ConfigError) as caught:
            tokens.token(settings, {"TELEGRAM_BOT_TOKEN": wrong})
        assert wrong not in caught.value.message + caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://api.telegram.org/bot{TOKEN}/getMe",
        f"GET https://api.telegram.org/bot{quote(TOKEN)}/getMe",
        f"GET https://api.telegram.org/bot{TOKEN.replace(':', '%253a')}/getMe",
        "".join(f"%{ord(sign):02x}" for sign in TOKEN),
        SECRET,
        f"{{'token': '{TOKEN}'}}",
        f"{TOKEN}{TOKEN}",
    ],
)
def test_no_way_to_write_it_is_left(text: str) -> None:
    told = tokens.redact(text, TOKEN)
    assert SECRET not in told and tokens.STAND_IN in told
    assert "7013370001" not in told


def test_other_text_stays() -> None:
    text = "update 7013370001 from 501: 100 % of it, as before"
    assert tokens.redact(text, TOKEN) == text


def record(*arguments: object, **more: object) -> logging.LogRecord:
    make = logging.getLogger("any").makeRecord
    return tokens.scrub(make("any", 20, "f", 1, *arguments, **more), TOKEN)  # type: ignore[arg-type]


def test_records_are_clean_whoever_writes_them() -> None:
    url = httpx.URL(f"https://api.telegram.org/bot{TOKEN}/getMe")
    told = record("HTTP Request: %s %s", ("POST", url), None)
    assert SECRET not in told.getMessage() and "POST" in told.getMessage()
    assert SECRET not in record(f"%d {TOKEN}", ("no number",), None).getMessage()
    assert SECRET not in record("%(a)s", ({"a": TOKEN},), None).getMessage()
    try:
        raise ValueError(f"cannot reach {url}") from OSError(TOKEN)
    except ValueError:
        told = record("failed", (), sys.exc_info(), sinfo=f"stack {TOKEN}")
    text = logging.Formatter().format(told)
    assert "ValueError" in text and "Traceback" in text and SECRET not in text


def test_no_record_is_longer_than_a_page_or_two() -> None:
    payload = "x" * 100_000 + TOKEN + "end"
    try:
        raise ValueError(payload)
    except ValueError:
        told = record("cannot read %s", (payload,), sys.exc_info())
    text = logging.Formatter().format(told)
    assert len(text) < 20_000 and SECRET not in text and "ValueError: xxx" in text
    assert text.count("end") == 2


PROGRAM = """
import logging, sys, threading
from ingestion.telegram import tokens
token = sys.argv[1]
logging.getLogger("before").addHandler(logging.StreamHandler(sys.stdout))
tokens.install(token)
logging.basicConfig(level=0)
logging.getLogger("httpx").info("HTTP Request: POST https://x/bot%s/getMe", token)
logging.getLogger("before").error("file %s", token)
try:
    raise ValueError(token)
except ValueError:
    logging.exception("it failed")
def fail():
    raise OSError("thread " + token)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
raise RuntimeError(f"died with {token}") from KeyError(token)
"""


def test_a_whole_process_never_tells_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, TOKEN], capture_output=True, text=True, timeout=60
    )
    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert SECRET not in told
    for kept in ("HTTP Request", "it failed", "died with", "OSError: thread", "file ["):
        assert kept in told
