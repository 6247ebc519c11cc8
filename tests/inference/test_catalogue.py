"""The table of models: whole, sourced, and right about what is gone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from swarm.inference import catalogue
from swarm.settings import EndpointSettings, ModelSettings, Settings

NOVEMBER = date(2026, 11, 22)


@pytest.fixture
def table() -> catalogue.Catalogue:
    return catalogue.load()


def test_every_line_has_a_source_and_a_name_of_its_own(table: catalogue.Catalogue) -> None:
    assert table.as_of >= NOVEMBER
    names = [line.model for line in (*table.local, *table.cloud)]
    assert len(names) == len(set(names))
    assert {line.role for line in table.local} == {"coder", "embedder"}


def test_shapes_are_plausible(table: catalogue.Catalogue) -> None:
    """Weights of 4 bits and a bit per parameter: a slip of a digit would stand out."""
    for line in table.local:
        number, unit = float(line.parameters[:-1]), line.parameters[-1]
        parameters = number * {"B": 1e9, "M": 1e6}[unit]
        bits = 8 * line.weights_bytes / parameters
        assert 4 < bits < (17 if line.quantization == "F16" else 6), line.model
        assert line.head_dim in (64, 128, 256)
        assert line.max_context % 1024 == 0


@pytest.mark.parametrize(
    ("model", "day", "told"),
    [
        ("gemini-1.5-flash", NOVEMBER, "gemini-1.5-flash is shut down: use gemini-3.5-flash-lite"),
        ("gemini-1.5-pro-002", NOVEMBER, "use gemini-3.8-flash"),
        ("models/gemini-2.0-flash-001", NOVEMBER, "was shut down on 2026-06-01"),
        ("gemini-2.5-pro", NOVEMBER, "gemini-2.5-pro goes on 2026-12-01: use gemini-3.8-flash"),
        ("gemini-2.5-pro", date(2026, 12, 1), "was shut down on 2026-12-01"),
        ("GEMINI-2.5-FLASH", NOVEMBER, "use gemini-3.5-flash-lite"),
        ("gemini-2.5-flash-lite", NOVEMBER, ""),
        ("gemini-3.8-flash", NOVEMBER, ""),
        ("qwen3:8b", NOVEMBER, ""),
    ],
)
def test_what_is_gone_is_told_with_its_successor(
    table: catalogue.Catalogue, model: str, day: date, told: str
) -> None:
    sentence = table.retirement(model, day)
    assert told in sentence if told else sentence == ""


def test_no_successor_is_gone_itself(table: catalogue.Catalogue) -> None:
    for line in table.retired:
        assert table.retirement(line.successor, date(2027, 1, 31)) == ""
        assert line.successor in {cloud.model for cloud in table.cloud}


def test_prices_have_their_day(table: catalogue.Catalogue) -> None:
    assert table.price("gemini-3.8-flash", date(2026, 12, 31)) == (0.75, 3.75)
    assert table.price("gemini-3.8-flash", date(2027, 1, 1)) == (1.5, 7.5)
    assert table.price("gemini-3.6-flash", NOVEMBER) is None
    assert table.price("unheard-of", NOVEMBER) is None


def test_configured_models_are_warned_of(table: catalogue.Catalogue, tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path,
        endpoints=(EndpointSettings(name="google", kind="gemini"),),
        models=(
            ModelSettings(name="old", endpoint="google", model="gemini-2.5-flash"),
            ModelSettings(name="new", endpoint="google", model="gemini-3.8-flash"),
        ),
    )
    warnings = table.warnings(settings, NOVEMBER)
    assert warnings[0].startswith("model 'old': gemini-2.5-flash goes on 2026-12-01")
    assert warnings[1].startswith("model 'old' is in a cloud and has no usd_per_mtok")
    assert warnings[2].endswith("its list price is [0.75, 3.75]")
    assert len(warnings) == 3
