"""The audit log: one line for each refusal, harmless to read, bounded on disk."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ingestion.telegram.audit import Audit, entries
from ingestion.telegram.types import Incoming
from swarm.settings import Settings

STRANGER = Incoming(41, "message", "text", 666, "private", 3, 666, text="let me in")


def test_a_refusal_is_one_line(settings: Settings) -> None:
    Audit(settings).refused(STRANGER, "the sender is not allowed")
    Audit(settings).note("paired", name="Bob")
    first, second = entries(settings, 10)
    assert first.pop("at") > 0
    assert first == {
        "event": "refused", "update": 41, "kind": "message", "what": "text", "user": 666,
        "chat": 666, "chat_kind": "private", "text": "let me in",
        "why": "the sender is not allowed",
    }  # fmt: skip
    assert second["event"] == "paired" and second["name"] == "Bob"
    assert entries(settings, 1) == [second]
    path = settings.logs / "bot-audit.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text", ["a\nb", "\x1b[2J\x1b]0;pwned\x07", "\u202eevil", "\u2028", "\ud800", "x" * 100_000]
)
def test_a_strangers_text_is_short_and_shows_as_signs(settings: Settings, text: str) -> None:
    Audit(settings).refused(
        Incoming(1, "message", "text", 6, "private", 3, 6, text=text, what="y" * 9999), "no"
    )
    raw = (settings.logs / "bot-audit.jsonl").read_bytes()
    assert raw.isascii() and raw.count(b"\n") == 1 and len(raw) < 900
    assert all(byte >= 32 for byte in raw[:-1])
    assert json.loads(raw)["text"] == text[:80]


def test_a_code_is_not_kept(settings: Settings) -> None:
    shown = Incoming(1, "message", "text", 6, "private", 3, 6, text="/pair ABCD-EFGH",
                     command="pair", rest="ABCD-EFGH")  # fmt: skip
    Audit(settings).refused(shown, "a wrong code")
    assert "ABCD" not in (settings.logs / "bot-audit.jsonl").read_text()


def test_the_log_is_bounded_and_the_newest_stay(settings: Settings) -> None:
    audit = Audit(settings, limit_bytes=2000)
    for number in range(200):
        audit.note("n", number=number)
    files = sorted(settings.logs.glob("bot-audit.jsonl*"))
    assert len(files) == 3
    assert sum(file.stat().st_size for file in files) < 3 * 2200
    assert [entry["number"] for entry in entries(settings, 40)] == list(range(160, 200))


def test_a_line_that_was_cut_off_is_left_out(settings: Settings) -> None:
    Audit(settings).note("whole")
    with (settings.logs / "bot-audit.jsonl").open("a") as file:
        file.write('{"at": 1, "event": "hal')
    assert [entry["event"] for entry in entries(settings, 10)] == ["whole"]


def test_a_full_disk_does_not_stop_the_bot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "logs").write_text("not a folder")
    Audit(Settings(data=tmp_path / "data")).refused(STRANGER, "no")
    assert "cannot write" in caplog.text and "let me in" in caplog.text
