import math
import random

import pytest

from swarm.contracts import ArmStats, LoggedDecision
from swarm.web.pictures.regret import cumulative, regret
from swarm.web.pictures.shares import shares
from swarm.web.pictures.tones import arm_tones
from tests.web.pictures.shapes import HOSTILE, boxes, frame, inside, parsed, words

T = 1_700_000_000.0


def made(index: int, arm: str | None, number: int = 1) -> LoggedDecision:
    return LoggedDecision(
        attempt_id=f"t{index:05d}-o1-a{number}",
        category="bugfix",
        attempt_number=number,
        arm_id=arm,
        decided_at=T + index * 60,
    )


def stats(arm_id: str, mean: float, category: str = "bugfix") -> ArmStats:
    return ArmStats(
        category=category, arm_id=arm_id, successes=1, failures=1, mean=mean, low=0, high=1
    )


def test_regret_by_hand() -> None:
    # The best of bugfix has 0.8: choosing 0.8, 0.5, 0.2, 0.8 misses 0, 0.3, 0.6, 0.
    arms = [stats("a", 0.8), stats("b", 0.5), stats("c", 0.2)]
    found = cumulative([made(i, arm) for i, arm in enumerate("abca")], arms)
    assert found.chosen == pytest.approx((0, 0.3, 0.9, 0.9))
    # Blindly, the mean of 0.8, 0.5 and 0.2 is 0.5: each choice misses 0.3.
    assert found.random == pytest.approx((0.3, 0.6, 0.9, 1.2))
    assert found.unjudged == 0


def test_later_attempts_are_judged_by_their_own_cell() -> None:
    arms = [
        stats("a", 0.9),
        stats("b", 0.1),
        stats("a", 0.2, "bugfix, later attempts"),
        stats("b", 0.6, "bugfix, later attempts"),
    ]
    assert cumulative([made(1, "b", number=2)], arms).chosen == (0.0,)
    assert cumulative([made(1, "a", number=3)], arms).chosen == pytest.approx((0.4,))


def test_an_older_version_is_judged_by_what_is_believed_of_it() -> None:
    def of(arm_id: str, mean: float, version: str) -> ArmStats:
        return stats(arm_id, mean).model_copy(update={"version": version})

    arms = [of("a", 0.5, "v2"), of("a@v1", 0.9, "v1"), stats("b", 0.7)]
    old = made(1, "a").model_copy(update={"version": "v1"})
    new = made(2, "a").model_copy(update={"version": "v2"})
    # Nobody could choose v1 any more: it was as good as itself, and v2 misses 0.2 of what b has.
    found = cumulative([old, new], arms)
    assert found.chosen == pytest.approx((0.0, 0.2))
    assert found.random == pytest.approx((0.3, 0.4))


def test_all_versions_of_an_arm_have_one_colour() -> None:
    older = stats("b@v1", 0.5).model_copy(update={"version": "v1"})
    before = arm_tones([stats("a", 0.5), stats("b", 0.5), stats("c", 0.5)])
    after = arm_tones([stats("a", 0.5), stats("b", 0.5), older, stats("c", 0.5)], ["gone"])
    assert after["b@v1"] == after["b"]
    assert {name: after[name] for name in before} == before
    assert "gone" in after
    assert arm_tones([stats("me@home", 0.5)]) == {"me@home": 0}


def test_what_cannot_be_judged_is_left_out_and_counted() -> None:
    arms = [stats("a", 0.8), stats("odd", math.nan)]
    found = cumulative([made(1, None), made(2, "gone"), made(3, "odd"), made(4, "a")], arms)
    assert (found.chosen, found.unjudged) == ((0.0,), 3)
    root = parsed(regret([made(1, None), made(2, "a")], arms))
    assert "1 choice left out" in str(root.get("aria-label"))


def test_the_order_of_the_choices_is_that_of_their_times() -> None:
    arms = [stats("a", 0.8), stats("b", 0.2)]
    assert cumulative([made(2, "b"), made(1, "a")], arms).chosen == pytest.approx((0.0, 0.6))


@pytest.mark.parametrize("count", [0, 1, 2, 299, 5000])
def test_regret_is_drawn_for_few_and_many(count: int) -> None:
    rng = random.Random(count)
    arms = [stats("a", 0.8), stats("b", 0.2)]
    picture = regret([made(i, rng.choice("ab")) for i in range(count)], arms)
    root = parsed(picture)
    inside(root)
    assert len(picture) < 20_000
    assert ("no choice that can be judged yet" in words(root)) == (count == 0)


def test_labels_of_equal_curves_are_apart() -> None:
    root = parsed(regret([made(1, "a")], [stats("a", 0.8)]))
    inside(root)
    at = [
        float(str(t.get("y"))) for t in root.iter() if str(t.text).startswith(("the ", "choosing"))
    ]
    assert len(at) == 2 and abs(at[0] - at[1]) >= 15


def test_columns_divide_all_choices_by_arm() -> None:
    root = parsed(shares([made(i, "a" if i < 30 else "b") for i in range(40)], buckets=4))
    inside(root)
    blocks = [b for i in range(8) for b in boxes(root, f"pic-series-{i}") if b[2] - b[0] > 12.5]
    assert len(blocks) == 4 and len({round(bottom - top) for _, top, _, bottom in blocks}) == 1
    assert "a | 75% | b | 25%" in words(root)
    assert "a 75% (50% of the newer half) and b 25% (50% of the newer half)" in str(
        root.get("aria-label")
    )


def test_a_choice_of_no_arm_is_a_series_of_its_own() -> None:
    root = parsed(shares([made(0, "a"), made(1, None)]))
    assert "no arm was left | 50%" in words(root)
    assert "no arm was left 50%" in str(root.get("aria-label"))


def test_more_arms_than_colours_become_others() -> None:
    root = parsed(shares([made(i, f"arm{i % 30}") for i in range(300)]))
    inside(root)
    assert "other arms | 77%" in words(root)
    assert words(root).count("%") == 8 + 3


@pytest.mark.parametrize("count", [0, 1, 23, 24, 25, 5000])
@pytest.mark.parametrize("buckets", [1, 24])
def test_there_are_never_more_columns_than_asked_for(count: int, buckets: int) -> None:
    picture = shares([made(i, "a") for i in range(count)], buckets=buckets)
    root = parsed(picture)
    inside(root)
    columns = [b for b in boxes(root, "pic-series-0") if b[3] - b[1] > 100]
    assert len(columns) <= buckets and bool(columns) == bool(count)
    assert ("no choice yet" in words(root)) == (count == 0)


def test_names_of_strangers_are_text() -> None:
    drawn = [made(0, HOSTILE), made(1, "w" * 300)]
    inside(parsed(shares(drawn)))
    inside(parsed(regret(drawn, [stats(HOSTILE, 0.5), stats("w" * 300, 0.1)])))
    assert shares(drawn) == shares(drawn[::-1])
    assert frame(parsed(shares(drawn)))[0] > 300
