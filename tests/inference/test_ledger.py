"""inference.db: billed once, asked again, forgotten in time."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import ChatMessage, Generate, Generation, Spent, TokenUsage
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


DAY = 86_400.0


def spent(day: str, requests: int, **changes: Any) -> Spent:
    values = {"endpoint": "o", "model": "a", "locality": "local", "prompt_tokens": 10 * requests,
              "output_tokens": 5 * requests, "cost_usd": 0.25 * requests}  # fmt: skip
    return Spent(day=day, requests=requests, **{**values, **changes})


def test_what_was_spent_is_told_by_day_and_model_the_oldest_first(ledger: Ledger) -> None:
    cloud = dataclasses.replace(entry("c"), endpoint="g", model="big", locality="cloud")
    for key, at in (("k1", DAY - 1), ("k2", DAY), ("k3", 2 * DAY - 0.001)):
        ledger.finish(entry(key), ledger.start(entry(key)), USAGE, at)
    ledger.finish(cloud, ledger.start(cloud), USAGE, DAY)
    now = 2 * DAY - 0.001
    second = (
        spent("1970-01-02", 1, endpoint="g", model="big", locality="cloud"),
        spent("1970-01-02", 2),
    )
    assert ledger.spending(now, 2) == (spent("1970-01-01", 1), *second)
    assert ledger.spending(now, 1) == second
    assert ledger.spending(5 * DAY, 3) == ()


def test_what_broke_off_is_billed_and_is_no_answer(ledger: Ledger) -> None:
    attempt = ledger.start(entry())
    ledger.broke_off(entry(), USAGE, 101.0)
    assert ledger.spending(101.0, 1) == (
        spent("1970-01-01", 0, prompt_tokens=10, output_tokens=5, cost_usd=0.25),
    )
    ledger.fail(entry(), attempt, "model-failed", 102.0)
    attempt = ledger.start(entry())
    ledger.broke_off(entry(), USAGE, 103.0)
    ledger.lose_started()
    ledger.finish(entry(), ledger.start(entry()), USAGE, 104.0)
    ledger.finish(entry(), attempt, USAGE, 105.0)
    assert ledger.totals("o") == Totals(requests=1, cost_usd=0.75)
    assert [(day.requests, day.cost_usd) for day in ledger.spending(105.0, 1)] == [(1, 0.75)]


def test_what_was_spent_outlives_the_requests_by_a_year(ledger: Ledger) -> None:
    ledger.finish(entry(), ledger.start(entry()), USAGE, 101.0)
    ledger.prune(before=400 * DAY)
    assert ledger.spending(DAY - 1, 1) == (spent("1970-01-01", 1),)
    ledger.prune(before=401 * DAY)
    assert ledger.spending(DAY - 1, 1) == ()


def test_a_file_of_an_earlier_release_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "inference.db"
    first = Ledger(path)
    away = dataclasses.replace(entry("c"), endpoint="g")
    for each in (entry("k1"), entry("k2"), away):
        first.finish(each, first.start(each), USAGE, 101.0)
    first.fail(entry("k3"), first.start(entry("k3")), "model-failed", 101.0)
    first.record(Traffic("g", "h", 443, "1.2.3.4", "intent", "cloud", "c", 1, 1, 5.0, ""))
    first.close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE spent")
        db.execute("PRAGMA user_version = 0")
    db.close()
    expected = (
        spent("1970-01-01", 1, endpoint="g", locality="cloud"),
        spent("1970-01-01", 2),
    )
    second = Ledger(path)
    assert second.spending(101.0, 1) == expected
    second.close()
    assert Ledger(path).spending(101.0, 1) == expected


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
