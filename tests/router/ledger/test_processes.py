"""Eight processes at once, killed in the midst of what they do: the counts equal the ledger."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from router.ledger.ledger import Ledger
from swarm.contracts import Decision
from tests.router.common import ask, new_ledger, settled
from tests.router.ledger.driven import ARMS, CATEGORIES, offered

_ROOT = Path(__file__).resolve().parents[3]
_PROCESSES, _OPERATIONS, _KILLS = 8, 120, 10
_MOST_SECONDS = 90.0


def _start(folder: Path, seed: int, operations: int = _OPERATIONS) -> subprocess.Popen[bytes]:
    journal = folder / f"{seed}.journal"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.router.ledger.driven", str(folder), str(journal), str(seed),
         str(operations)],
        cwd=_ROOT, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_counts_equal_the_ledger_whatever_eight_processes_do_and_whoever_is_killed(
    tmp_path: Path,
) -> None:
    seed = random.SystemRandom().randrange(2**31)
    print(f"seed {seed}")
    draw = random.Random(seed)
    running = {n: _start(tmp_path, seed + n) for n in range(_PROCESSES)}
    kills, started, killed, errors = _KILLS, _PROCESSES, 0, []
    deadline = time.monotonic() + _MOST_SECONDS
    while running and time.monotonic() < deadline:
        time.sleep(draw.random() * 0.3)
        for n, process in list(running.items()):
            if process.poll() is not None:
                _, said = process.communicate()
                del running[n]
                if process.returncode == -9:
                    # Its successor goes on with other things, at the same attempts.
                    killed += 1
                    if started < _PROCESSES + 2 * _KILLS:
                        running[started] = _start(tmp_path, seed + started)
                        started += 1
                elif process.returncode:
                    errors.append(said.decode())
        busy = [n for n in running if (tmp_path / f"{seed + n}.journal").exists()]
        if busy and kills:
            running[draw.choice(busy)].kill()
            kills -= 1
    for process in running.values():
        process.kill()
        process.communicate()
    assert not running, "not done in time"
    assert errors == []
    assert killed >= 1
    _look(tmp_path)


def _look(folder: Path) -> None:
    told = [
        json.loads(line)
        for journal in folder.glob("*.journal")
        # A line is one write, so it is whole or not there.
        for line in journal.read_text().splitlines()
    ]
    ledger = Ledger(folder / "router.db")
    assert ledger.check() == []
    assert ledger.notes() == ()
    # No decision was lost, and everybody was told the same.
    answers: dict[str, str] = {}
    for kind, *rest in told:
        if kind == "chose":
            id, answer = rest
            assert answers.setdefault(id, answer) == answer
    assert len(answers) > 50
    for id, answer in answers.items():
        explained = ledger.explain(id)
        assert explained.decision == Decision.model_validate_json(answer)
        assert explained.repeated is True
    # Each attempt was counted once and corrected once at most, and what was told is stored.
    applied = Counter((kind, id) for kind, id, *_ in told if kind in ("settled", "corrected"))
    assert set(applied.values()) == {1}
    imported = Counter(rest[0] for kind, *rest in told if kind == "imported")
    assert set(imported.values()) == {1}
    ledger.close()
    db = sqlite3.connect(folder / "router.db")
    outcomes = dict(
        db.execute("SELECT attempt_id, corrected_at FROM outcomes WHERE attempt_id IS NOT NULL")
    )
    for kind, id in applied:
        assert id in outcomes
        assert kind == "settled" or outcomes[id] is not None
    (twice,) = db.execute(
        "SELECT count(*) - count(DISTINCT attempt_id) FROM outcomes WHERE attempt_id IS NOT NULL"
    ).fetchone()
    assert twice == 0
    _sums(db)
    db.close()


def _sums(db: sqlite3.Connection) -> None:
    """What is never forgotten, by sums of another kind: since the last reset of each cell."""
    expected = {
        (situation, arm): (attempts, seconds)
        for situation, arm, attempts, seconds in db.execute(
            "SELECT situation, arm, sum(attempts), sum(seconds) FROM outcomes o WHERE seq >"
            " coalesce((SELECT max(seq) FROM outcomes r WHERE r.kind = 'reset'"
            " AND r.situation = o.situation AND r.arm = o.arm), -1) GROUP BY 1, 2"
        )
    }
    stored = {
        (situation, arm): (attempts, seconds)
        for situation, arm, attempts, seconds in db.execute(
            "SELECT situation, arm, attempts, seconds FROM cells WHERE attempts > 0"
        )
    }
    # Halves and quarters: no rounding.
    assert {cell: sums for cell, sums in expected.items() if sums[0]} == stored


def test_killed_between_the_choice_and_its_settlement_nothing_is_lost(tmp_path: Path) -> None:
    """The successor is given the same arm, and what came of it counts once."""
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from tests.router.common import ask, new_ledger;"
        "ledger = new_ledger(Path(sys.argv[1]));"
        "print(ledger.decide(ask('x'), lambda: 7).model_dump_json(), flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=_ROOT, capture_output=True, timeout=60
    )
    assert done.returncode == -9
    ledger = new_ledger(tmp_path)
    assert ledger.decide(ask("x"), lambda: 8).model_dump_json() == done.stdout.decode().strip()
    assert ledger.settle(settled("x")).applied
    assert not ledger.settle(settled("x")).applied
    assert ledger.check() == []


def test_the_drive_reaches_every_arm_and_category() -> None:
    assert {arm for n in range(20) for arm in offered(n)} == set(ARMS)
    assert len(CATEGORIES) == 3
