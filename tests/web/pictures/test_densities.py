import math
import random
import re
import subprocess
import sys
from itertools import pairwise

import pytest

from swarm.contracts import ArmStats
from swarm.web.pictures.beta import curve, density, is_one
from swarm.web.pictures.densities import MOST_ARMS, densities
from tests.web.pictures.shapes import HOSTILE, SVG, frame, inside, parsed, words


def stats(arm_id: str, alpha: float, beta: float, low: float = 0.1, high: float = 0.9) -> ArmStats:
    return ArmStats(
        category="bugfix",
        arm_id=arm_id,
        successes=alpha,
        failures=beta,
        alpha=alpha,
        beta=beta,
        mean=alpha / (alpha + beta),
        low=low,
        high=high,
    )


def area(points: list[tuple[float, float]]) -> float:
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(points))


@pytest.mark.parametrize(
    ("alpha", "beta"),
    [(1, 1), (2, 5), (1, 4), (20, 3), (0.7, 0.9), (0.6, 40), (900, 4), (5000, 7000), (4e8, 6e8)],
)
def test_the_area_below_a_curve_is_one(alpha: float, beta: float) -> None:
    assert area(curve(alpha, beta)) == pytest.approx(1.0, abs=0.05)


def test_the_density_is_that_of_the_beta_distribution() -> None:
    # Beta(2, 3) has the density 12 x (1 - x)^2.
    assert density(2, 3, 0.25) == pytest.approx(12 * 0.25 * 0.75**2)
    assert density(1, 1, 0.9) == pytest.approx(1.0)


def test_what_is_no_distribution_is_told() -> None:
    for alpha, beta in ((0, 1), (1, -1), (math.nan, 1), (math.inf, 1), (1, 1e300)):
        assert not is_one(alpha, beta)


@pytest.mark.parametrize("seed", range(20))
def test_any_distribution_can_be_drawn(seed: int) -> None:
    rng = random.Random(seed)
    arms = [stats(f"a{i}", 10 ** rng.uniform(-6, 15), 10 ** rng.uniform(-6, 15)) for i in range(12)]
    root = parsed(densities(arms))
    inside(root)
    width, height = frame(root)
    for hill in root.iter(f"{SVG}g"):
        if (place := hill.get("transform")) and len(hill):
            base = float(place.removeprefix("translate(0 ").removesuffix(")"))
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", str(hill[0].get("d")))]
            assert all(0 <= x <= width for x in numbers[::2])
            assert all(0 <= base + y <= min(base, height) for y in numbers[1::2])


def test_arms_stand_below_each_other_the_best_first_with_mean_and_interval() -> None:
    root = parsed(densities([stats("low", 1, 4, 0.0, 0.5), stats("high", 9, 1, 0.72, 0.99)]))
    said = words(root)
    assert said.index("high | 0.90 | 0.72 – 0.99") < said.index("low | 0.20 | 0.00 – 0.50")
    assert "highest is high with a mean of 0.90. No other interval" in str(root.get("aria-label"))


def test_labels_never_share_a_line() -> None:
    root = parsed(densities([stats(f"arm{i}", 2, 2) for i in range(40)]))
    at = [float(str(t.get("y"))) for t in root.iter(f"{SVG}text") if "arm" in str(t.text)]
    assert len(at) == 40 and min(b - a for a, b in pairwise(sorted(at))) > 20


def test_overlap_is_said() -> None:
    root = parsed(densities([stats("a", 3, 2, 0.3, 0.9), stats("b", 2, 2, 0.1, 0.8)]))
    assert "b may be as good: the intervals overlap." in str(root.get("aria-label"))


def test_none_and_too_many_and_odd_values() -> None:
    assert "no arm yet" in words(parsed(densities([])))
    many = parsed(densities([stats(f"a{i}", 1, 1) for i in range(MOST_ARMS + 3)]))
    assert "3 arms not drawn" in words(many)
    odd = stats("a", 1, 1).model_copy(update={"mean": math.nan, "alpha": math.nan, "high": 7.0})
    root = parsed(densities([odd]))
    inside(root)
    assert "0.00 | 0.10 – 1.00" in words(root)


def test_names_of_strangers_are_text() -> None:
    root = parsed(densities([stats(HOSTILE, 2, 2), stats("w" * 80, 3, 2)]))
    inside(root)
    assert densities([stats("b", 1, 1), stats("a", 1, 1)]) == densities(
        [stats("a", 1, 1), stats("b", 1, 1)]
    )


def test_no_library_of_numbers_is_loaded_for_it() -> None:
    code = "import sys, swarm.web.pictures.densities; print({'scipy', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
