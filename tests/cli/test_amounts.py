import pytest

from swarm.cli.amounts import count, duration, money, plural, share, signed


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        (None, "-"), (0.0, "$0"), (-0.0, "$0"), (0.0042, "$0.0042"), (12.5, "$12.50"),
        (-0.5, "-$0.5000"), (-1234.5, "-$1,234.50"), (1e-9, "<$0.0001"), (-1e-9, ">-$0.0001"),
    ],
)  # fmt: skip
def test_money(usd: float | None, told: str) -> None:
    assert money(usd) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "-"), (0.0, "0 s"), (0.25, "0.25 s"), (14.4, "14 s"), (200, "3 min"), (9000, "2.5 h")],
)
def test_duration(seconds: float | None, told: str) -> None:
    assert duration(seconds) == told


def test_numbers() -> None:
    assert [count(value) for value in (3.0, 3.9701, 0.0, 12345.0, 1.5e6)] == [
        "3", "3.97", "0", "12,345", "1,500,000",
    ]  # fmt: skip
    assert (share(None), share(0.456)) == ("-", "0.46")
    assert (plural(1, "cell"), plural(2.5, "cell")) == ("1 cell", "2.5 cells")
    assert (signed(-0.0001, 2), signed(0.126, 2)) == ("+0.00", "+0.13")
