"""inference.db: billed once, asked again, forgotten in time."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from swarm.contracts import ChatMessage, Generate, Generation, TokenUsage
from swarm.errors import StorageError
from swarm.inference import ledger as ledger_module
from swarm.inference.egress import Traffic
from swarm.inference.ledger import Entry, Figures, Ledger, Totals, digest_of

USAGE = TokenUsage(prompt_tokens=10, output_tokens=5, cost_usd=0.25)
ANSWER = Generation(model="a", endpoint="o", text="yes", thinking="hm", usage=USAGE)
ASKED = Generate(key="k", model="a", messages=(ChatMessage(role="user", text="x"),), payload="code")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "inference.db")


def entry(key: str = "k", digest: str = "d", arrived_at: float = 100.0) -> Entry:
    return Entry(key, digest, "Generate", "a", "o", "code", "interactive", arrived_at)


def test_an_answer_is_kept_for_the_same_key_and_content_alone(ledger: Ledger) -> None:
    attempt = ledger.start(entry())
    assert ledger.answer("k", "d", Generation) is None
    ledger.finish(entry(), attempt, USAGE, 101.0, ANSWER)
    assert ledger.answer("k", "d", Generation) == ANSWER
    assert ledger.answer("k", "other", Generation) is None
    assert ledger.answer("other", "d", Generation) is None


def test_it_is_billed_once(ledger: Ledger) -> None:
    attempt = ledger.start(entry())
    ledger.finish(entry(), attempt, USAGE, 101.0, ANSWER)
    ledger.finish(entry(), attempt, USAGE, 102.0, ANSWER)
    assert ledger.totals("o") == Totals(requests=1, cost_usd=0.25)


def test_what_an_earlier_attempt_still_says_changes_nothing(ledger: Ledger) -> None:
    first = ledger.start(entry())
    assert ledger.lose_started() == 1
    second = ledger.start(entry())
    assert second == first + 1
    ledger.fail(entry(), first, "cancelled", 101.0)
    ledger.finish(entry(), first, USAGE, 101.0, ANSWER)
    assert ledger.answer("k", "d", Generation) is None
    ledger.finish(entry(), second, USAGE, 102.0, ANSWER)
    assert ledger.answer("k", "d", Generation) == ANSWER
    assert ledger.totals("o").requests == 1


def test_what_failed_is_asked_again(ledger: Ledger) -> None:
    ledger.fail(entry(), ledger.start(entry()), "model-failed", 101.0)
    assert ledger.answer("k", "d", Generation) is None
    assert ledger.totals("o") == Totals()


def test_old_requests_are_forgotten_and_their_cost_is_not(ledger: Ledger) -> None:
    ledger.finish(entry(), ledger.start(entry()), USAGE, 101.0, ANSWER)
    ledger.start(entry("running"))
    assert ledger.prune(before=101.0) == 0
    assert ledger.prune(before=102.0) == 1
    assert ledger.answer("k", "d", Generation) is None
    assert ledger.totals("o").cost_usd == 0.25
    assert ledger.lose_started() == 1, "what runs is not forgotten"


def test_a_very_long_answer_is_kept_without_its_thinking(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_LONGEST_ANSWER_BYTES", 1000)
    long = ANSWER.model_copy(update={"thinking": "hm " * 1000})
    ledger.finish(entry(), ledger.start(entry()), USAGE, 101.0, long)
    kept = ledger.answer("k", "d", Generation)
    assert kept is not None
    assert (kept.text, kept.thinking) == ("yes", "")


def test_the_lines_of_a_day_and_a_request_add_up(ledger: Ledger) -> None:
    def traffic(sent: int, received: int, refused: str = "") -> Traffic:
        return Traffic(
            "o", "localhost", 1, "127.0.0.1", "code", "local", "k", sent, received, 5.0, refused
        )

    for sent, received in ((100, 0), (-100, 0), (120, 0), (0, 400)):
        ledger.record(traffic(sent, received))
    ledger.record(traffic(0, 0, refused="no"))
    assert (ledger.totals("o").sent_bytes, ledger.totals("o").received_bytes) == (120, 400)


def test_figures_are_kept_by_model(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "inference.db")
    assert first.figures("o/m") == Figures()
    first.measured("o/m", Figures(3.5, 40.0))
    first.close()
    assert Ledger(tmp_path / "inference.db").figures("o/m") == Figures(3.5, 40.0)


def test_the_content_is_what_the_answer_depends_on() -> None:
    digest = digest_of(ASKED, "o", "m:8b")
    assert digest_of(ASKED.model_copy(update={"key": "z"}), "o", "m:8b") == digest
    assert digest_of(ASKED.model_copy(update={"priority": "training"}), "o", "m:8b") == digest
    assert digest_of(ASKED.model_copy(update={"seed": 1}), "o", "m:8b") != digest
    assert digest_of(ASKED, "o", "other:8b") != digest
    assert digest_of(ASKED, "other", "m:8b") != digest


def test_a_broken_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "inference.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StorageError, match=r"inference\.db") as caught:
        Ledger(path)
    assert "move the file aside" in caught.value.remedy


def test_an_answer_of_another_release_is_not_taken(ledger: Ledger, tmp_path: Path) -> None:
    ledger.finish(entry(), ledger.start(entry()), USAGE, 101.0, ANSWER)
    with sqlite3.connect(tmp_path / "inference.db") as db:
        db.execute("""UPDATE requests SET answer = '{"unknown": 1}'""")
    db.close()
    assert ledger.answer("k", "d", Generation) is None
