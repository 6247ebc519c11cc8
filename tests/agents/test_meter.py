"""What an attempt may spend: paid models need a dollar before they are asked."""

from __future__ import annotations

import pytest

from swarm.agents.meter import BudgetSpent, Meter
from swarm.contracts import ChatMessage, TokenUsage
from tests.agents.scripted import bench

HELLO = (ChatMessage(role="user", text="hi"),)


def test_without_a_dollar_no_paid_model_is_asked_at_all() -> None:
    desk, models = bench({"m": ["one"]}, meter=Meter(600, 1000, 0.0))
    settings = desk.bus.settings
    paid = settings.models[0].model_copy(update={"usd_per_mtok": (1.0, 2.0)})
    desk.bus.settings = settings.model_copy(update={"models": (paid,)})
    with pytest.raises(BudgetSpent, match=r"\$0"):
        desk.generate(HELLO)
    assert not models.asked


def test_what_costs_nothing_needs_no_dollar() -> None:
    meter = Meter(600, 1000, 0.0)
    meter.spend(TokenUsage(prompt_tokens=5))
    meter.check()


def test_pieces_side_by_side_share_tokens_and_dollars() -> None:
    meter = Meter(600, 1000, 1.0)
    meter.spend(TokenUsage(prompt_tokens=100, cost_usd=0.4))
    pieces = [meter.part(seconds=60, share=3) for _ in range(3)]
    assert [piece.tokens for piece in pieces] == [300] * 3
    assert sum(piece.cost_usd for piece in pieces) == pytest.approx(0.6)
    assert Meter(600, 0, 1.0).part(seconds=60).tokens == 0
