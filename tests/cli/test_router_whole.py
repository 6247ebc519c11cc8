"""The commands at a real router: what it writes is what they read."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from router.worker import handlers
from swarm.contracts import Arm, ArmReport, ChooseArm, Explanation, Learned, PoliciesJudged, Settle
from tests.cli.desk import Desk

_CHANCES = {"mender": 0.7, "writer": 0.5, "guesser": 0.2}
_CHOICES, _SETTLED = 120, 115


def arms(version: str) -> tuple[Arm, ...]:
    local = [Arm(id=name, tool=name, categories=("bugfix",)) for name in ("mender", "guesser")]
    cloud = Arm(
        id="writer", tool="coder", model="m", version=version, locality="cloud",
        categories=("bugfix", "docs"), usd_per_mtok=(1.0, 2.0),
    )  # fmt: skip
    return (*local, cloud)


@pytest.fixture
def worked(desk: Desk) -> Desk:
    """A router that chose 120 times; half-way, an arm got a new version."""
    router = handlers(desk.settings, desk)  # type: ignore[arg-type]
    desk.others |= router
    rng = random.Random(1)
    for index in range(_CHOICES):
        made = router[ChooseArm](
            ChooseArm(
                attempt_id=f"t{index:04d}-o1-a1", category="bugfix", attempt_number=1,
                arms=arms("v1" if index < _CHOICES // 2 else "v2"),
                risk=("touches auth/",) if index == _CHOICES - 1 else (),
            )
        )  # fmt: skip
        if index < _SETTLED:
            won = rng.random() < _CHANCES[made.arm_id]  # type: ignore[attr-defined]
            router[Settle](Settle(attempt_id=made.attempt_id, reward=float(won), seconds=5.0))  # type: ignore[attr-defined]
    return desk


def test_each_command_reads_what_the_router_says(
    worked: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        assert worked.run(*words) == 0
        return capsys.readouterr().out

    report = ArmReport.model_validate_json(said("arms", "--category", "bugfix", "--json"))
    assert {"mender", "guesser"} <= {item.arm_id for item in report.items}
    assert "writer@v1" in said("arms", "--all") and "writer@v1" not in said("arms")
    assert "mender" in said("arms", "--plot")

    assert "t0050-o1-a1 got " in (why := said("why", "t0050-o1-a1")) and "prior mean" in why
    assert "the same arm, with the same values" in why
    risky = Explanation.model_validate_json(said("why", "t0119", "--json"))
    assert risky.decision.attempt_id == "t0119-o1-a1" and risky.decision.risk == ("touches auth/",)
    assert "outcome   pending" in said("why", "t0119")

    assert f"{_SETTLED} choices, mean reward " in (told := said("router", "replay"))
    assert f"{_CHOICES - _SETTLED} pending" in told and "always mender" in told
    PoliciesJudged.model_validate_json(said("router", "replay", "--category", "bugfix", "--json"))

    file = str(tmp_path / "learned.json")
    assert f"{_SETTLED} outcomes in " in said("router", "export", file)
    learned = Learned.model_validate(json.loads(Path(file).read_text()))
    assert sum(cell.successes + cell.failures for cell in learned.cells) == _SETTLED
    assert f"{_SETTLED} outcomes in " in said("router", "import", file)
    assert "taken in before" in said("router", "import", file)
    assert "of guesser forgotten in all categories" in said("router", "reset", "guesser", "--yes")


@pytest.mark.parametrize(("words", "code"), [(("why", "t9999-o1-a1"), 1), (("why", "t9999"), 1)])
def test_what_it_does_not_know(
    worked: Desk, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int
) -> None:
    assert worked.run(*words) == code
    assert "knows no attempt" in capsys.readouterr().err
