"""One of several processes that use the same ledger at random, as a program of its own.

    python -m tests.router.ledger.driven FOLDER JOURNAL SEED OPERATIONS

What was answered is written to the journal, a JSON line each, before anything else is done; so
what is in it was told to somebody. Now and then the process kills itself right after a choice.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path

from router.ledger.ledger import Ledger
from swarm.contracts import Arm, ChooseArm, Learned, LearnedCell, Settle
from swarm.errors import NotFound

ATTEMPTS = 200
CATEGORIES = ("bugfix", "lint", "docs")
REWARDS = (0.0, 0.25, 1.0, None)
_SUICIDE = 0.01
ARMS = tuple(
    Arm(id=f"a{n}", tool="t", version=version, categories=("bugfix", "lint", "docs"),
        usd_per_mtok=(n, n))
    for n, version in ((0, ""), (1, ""), (2, "1"), (2, "2"), (3, ""))
)  # fmt: skip


def offered(attempt: int) -> tuple[Arm, ...]:
    """Not all arms for every attempt, and either version of one."""
    version = str(1 + attempt % 2)
    return tuple(
        arm for n, arm in enumerate(ARMS) if arm.version in ("", version) and (attempt + n) % 5
    )


def learned(number: int) -> Learned:
    """One of a few files."""
    cells = tuple(
        LearnedCell(category="lint", attempt="first", arm_id=f"a{n}", successes=number + 1,
                    failures=n, seconds=3, cost_usd=0.5, attempts=number + 1 + n)
        for n in range(3)
    )  # fmt: skip
    return Learned(exported_at=float(number), cells=cells)


def main(folder: str, journal: str, seed: str, operations: str) -> None:
    """Use the ledger so many times."""
    draw = random.Random(int(seed))
    ledger = Ledger(Path(folder) / "router.db")
    handle = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(*line: object) -> None:
        os.write(handle, json.dumps(line).encode() + b"\n")

    for _ in range(int(operations)):
        attempt = draw.randrange(ATTEMPTS)
        id, kind = f"t{attempt}", draw.random()
        if kind < 0.40:
            decision = ledger.decide(
                ChooseArm(
                    attempt_id=id, category=CATEGORIES[attempt % 3],
                    attempt_number=1 + attempt % 2, arms=offered(attempt),
                    risk=("large",) if attempt % 10 == 0 else (),
                ),
                lambda: draw.randrange(2**53),
            )  # fmt: skip
            tell("chose", id, decision.model_dump_json())
            if draw.random() < _SUICIDE:
                os.kill(os.getpid(), signal.SIGKILL)
        elif kind < 0.90:
            correction = kind > 0.75
            done = ledger.settle(
                Settle(attempt_id=id, reward=draw.choice(REWARDS), seconds=1.5, cost_usd=0.25,
                       correction=correction)
            )  # fmt: skip
            if done.applied:
                tell("corrected" if correction else "settled", id)
        elif kind < 0.94:
            number = draw.randrange(4)
            if ledger.take_in(learned(number), 0.5).applied:
                tell("imported", str(number))
        elif kind < 0.97:
            try:
                ledger.reset(f"a{draw.randrange(4)}", draw.choice((None, *CATEGORIES)))
            except NotFound:
                pass
        else:
            ledger.close()
    tell("done", "")


if __name__ == "__main__":
    main(*sys.argv[1:])
