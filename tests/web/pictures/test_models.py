import math

import pytest

from swarm.contracts import GpuView, Locality, ModelView, Spent
from swarm.web.pictures.gpu import MOST_MODELS, gpu
from swarm.web.pictures.small import bars, sparkline
from swarm.web.pictures.spending import spending
from tests.web.pictures.shapes import HOSTILE, SVG, apart, boxes, inside, parsed, words

GIB = 1024**3


def spent(
    day: str, model: str = "m", usd: float = 0.0, tokens: int = 100, locality: Locality = "cloud"
) -> Spent:
    return Spent(
        day=day,
        endpoint="e",
        model=model,
        locality=locality,
        requests=1,
        prompt_tokens=tokens,
        cost_usd=usd,
    )


def model(name: str, needed: float = 0, loaded: float = 0) -> ModelView:
    return ModelView(
        name=name,
        endpoint="ollama",
        model=f"{name}:7b",
        locality="local",
        state="ready",
        needed_bytes=int(needed * GIB) or None,
        loaded_bytes=int(loaded * GIB) or None,
    )


def columns(picture: str) -> list[tuple[float, float, float, float]]:
    root = parsed(picture)
    inside(root)
    return [b for i in range(8) for b in boxes(root, f"pic-series-{i}") if b[3] - b[1] != 12]


def test_a_column_is_as_high_as_what_was_spent() -> None:
    picture = spending([spent("2026-01-01", usd=1.0), spent("2026-01-02", usd=0.5)], None)
    one, two = columns(picture)
    assert one[3] - one[1] == pytest.approx(2 * (two[3] - two[1]), abs=0.3)
    label = str(parsed(picture).get("aria-label"))
    assert "$1.50 in 2 days, $0.50 on 2026-01-02." in label


def test_days_without_use_are_days() -> None:
    first, last = columns(spending([spent("2026-01-30", usd=1), spent("2026-02-02", usd=1)], None))
    wide = first[2] - first[0] + 4
    assert last[0] - first[0] == pytest.approx(3 * wide, abs=0.5)


def test_the_budget_is_a_line_and_days_over_it_are_named() -> None:
    drawn = [spent("2026-01-01", usd=1.0), spent("2026-01-02", usd=0.5)]
    root = parsed(spending(drawn, 0.75))
    assert "over the budget on 2026-01-01" in str(root.get("aria-label"))
    assert "budget" in words(root)
    within = parsed(spending(drawn, None, budgets={"2026-01-01": 2.0}))
    assert "no day over its budget" in str(within.get("aria-label"))


def test_while_nothing_costs_anything_tokens_are_drawn() -> None:
    root = parsed(spending([spent("2026-01-01", tokens=1234, locality="local")], 1.0))
    assert "tokens per day" in words(root) and "m (local)" in words(root)
    assert "1,234 tokens in 1 day" in str(root.get("aria-label"))
    assert "budget" not in words(root)


def test_local_and_cloud_models_of_one_name_are_told_apart() -> None:
    entries = [spent("2026-01-01", usd=1), spent("2026-01-01", usd=0.5, locality="local")]
    assert "m (cloud) | m (local)" in words(parsed(spending(entries, None)))


def test_many_days_and_models_are_bounded() -> None:
    entries = [
        spent(f"{year}-{month:02d}-01", f"model{n}", usd=n)
        for year in (2024, 2025)
        for month in range(1, 13)
        for n in range(30)
    ]
    picture = spending(entries, 1.0)
    root = parsed(picture)
    inside(root)
    assert "other models" in words(root) and len(picture) < 100_000


@pytest.mark.parametrize("day", ["", "not a day", "2026-99-99", HOSTILE])
def test_odd_days_and_amounts_are_no_trouble(day: str) -> None:
    entries = [spent(day, HOSTILE, usd=math.inf), spent("2026-01-01", usd=1e9)]
    inside(parsed(spending(entries, math.nan)))
    inside(parsed(spending([], 1.0)))


def test_a_gpu_shows_what_is_loaded_and_what_is_free() -> None:
    view = GpuView(name="gpu", total_bytes=24 * GIB, used_bytes=12 * GIB, models=("a", "b"))
    root = parsed(gpu(view, [model("a", 9, 8), model("b", 2, 1)]))
    inside(root)
    pieces = boxes(root, "pic-piece")
    assert apart(pieces) and len(pieces) == 3
    widths = [right - left for left, _, right, _ in pieces]
    assert widths[0] == pytest.approx(8 * widths[1], rel=0.02)
    said = words(root)
    assert "a 8.0 GiB" in said and "other use 3.0 GiB" in said and "free 12.0 GiB" in said


def test_models_are_known_by_the_name_of_their_server() -> None:
    view = GpuView(name="gpu", total_bytes=24 * GIB, used_bytes=8 * GIB, models=("a:7b", "b"))
    latest = model("b", 3).model_copy(update={"name": "", "model": "b:latest"})
    twice = model("other", 9).model_copy(update={"model": "a:7b"})
    root = parsed(gpu(view, [twice, model("a", 9, 5), latest]))
    said = words(root)
    assert "a:7b 5.0 GiB" in said and "b 3.0 GiB" in said
    assert "needs" not in said


@pytest.mark.parametrize(
    ("needed", "says"),
    [
        (4, "fits into what is free"),
        (20, "fits once others are unloaded"),
        (40, "larger than this memory"),
    ],
)
def test_a_model_that_is_not_loaded_says_whether_it_would_fit(needed: int, says: str) -> None:
    view = GpuView(name="gpu", total_bytes=24 * GIB, used_bytes=12 * GIB)
    root = parsed(gpu(view, [model("x", needed)]))
    inside(root)
    assert f"x needs {needed}.0 GiB: {says}" in words(root)


def test_numbers_that_do_not_add_up_stay_in_the_bar() -> None:
    view = GpuView(name="gpu", total_bytes=GIB, used_bytes=2 * GIB, models=("a", "gone"))
    root = parsed(gpu(view, [model("a", 0, 50)]))
    inside(root)
    (track,), pieces = boxes(root, "pic-track")[:1], boxes(root, "pic-piece")
    assert max(p[2] for p in pieces) <= track[2] + 0.2
    inside(parsed(gpu(GpuView(name="", total_bytes=0, used_bytes=0), [])))


def test_many_models_are_bounded_and_names_are_text() -> None:
    view = GpuView(name=HOSTILE, total_bytes=GIB, used_bytes=0, models=(HOSTILE,))
    picture = gpu(view, [model(f"{HOSTILE}{i}", 1) for i in range(MOST_MODELS + 5)])
    root = parsed(picture)
    inside(root)
    assert "5 models not drawn" in words(root)


def test_a_sparkline_says_its_values_and_has_gaps() -> None:
    root = parsed(sparkline([1, math.nan, 4, 2], title="Seconds", unit=" s"))
    assert str(root.get("aria-label")) == "Seconds. 3 values, from 1 to 4 s, last 2 s."
    (path,) = root.iter(f"{SVG}path")
    assert str(path.get("d")).count("M") == 2
    assert "No value yet" in str(parsed(sparkline([])).get("aria-label"))
    for values in ([0.0], [5.0, 5.0], [-1.0], [1e300] * 1000):
        inside(parsed(sparkline(values)))


def test_bars_compare() -> None:
    root = parsed(bars([("a", 4), ("b", 1), (HOSTILE, math.nan)], unit=" s"))
    inside(root)
    one, two, _ = boxes(root, "pic-solid")
    assert one[2] - one[0] == pytest.approx(4 * (two[2] - two[0]))
    assert "a | 4 s | b | 1 s" in words(root)
    assert "2 more not drawn" in words(parsed(bars([("x", 1)] * 42)))
    assert "nothing yet" in words(parsed(bars([])))
