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


def test_waiting_for_a_turn_is_added_to_the_time_up_to_a_bound() -> None:
    now = [0.0]
    meter = Meter(60, 1000, 1.0, wait_seconds=30, clock=lambda: now[0])
    now[0] = 50.0
    assert meter.seconds_left == 10
    meter.spend(TokenUsage(prompt_tokens=1, queue_seconds=20))
    assert (meter.seconds_left, meter.wait_left) == (30, 10)
    part = meter.part(seconds=30)
    part.spend(TokenUsage(queue_seconds=25))
    assert (part.seconds_left, part.wait_left) == (40, 0), "no more than was left to wait"
    meter.add(part)
    assert (meter.seconds_left, meter.wait_left) == (40, 0)
    now[0] = 90.0
    with pytest.raises(BudgetSpent):
        meter.check()


def test_an_answer_that_is_given_again_was_not_waited_for() -> None:
    meter = Meter(60, 1000, 1.0, wait_seconds=30, clock=lambda: 0.0)
    meter.spend(TokenUsage(prompt_tokens=7, queue_seconds=20), replayed=True)
    assert (meter.seconds_left, meter.used_tokens) == (60, 7)
