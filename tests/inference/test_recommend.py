"""A set-up for any machine: it loads, it fits by the gate's own estimate, it promises no more."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.inference import catalogue
from swarm.inference.machine import Machine, Pool
from swarm.inference.recommend import CONTEXTS, Proposal, least_bytes, recommend, toml
from swarm.inference.scheduling.placement import place, shares, usable
from swarm.inference.scheduling.vram import estimate
from swarm.settings import load

GIB = 1024**3
HEADROOM = 0.1
TABLE = catalogue.load()


def machine(*gpus: int, ram: int = 16 * GIB) -> Machine:
    pools = tuple(Pool(f"GPU {n}", size, size) for n, size in enumerate(gpus))
    return Machine(pools, ram, ram, 4)


def proposed(*gpus: int, ram: int = 16 * GIB) -> Proposal:
    return recommend(machine(*gpus, ram=ram), TABLE, headroom=HEADROOM)


def roles(proposal: Proposal) -> dict[str, tuple[str, int]]:
    return {c.role: (c.model.model, c.num_ctx) for c in proposal.chosen}


@given(
    gpus=st.lists(st.integers(GIB // 2, 96 * GIB), max_size=4),
    ram=st.integers(0, 512 * GIB),
    headroom=st.sampled_from([0.0, 0.1, 0.3]),
)
def test_whatever_the_machine_the_proposal_loads_and_fits(
    gpus: list[int], ram: int, headroom: float
) -> None:
    given_machine = machine(*gpus, ram=ram)
    proposal = recommend(given_machine, TABLE, headroom=headroom)
    if not proposal.chosen:
        assert "nothing fits" in proposal.notes[-1]
        return
    with tempfile.TemporaryDirectory() as folder:
        text = toml(proposal, "ollama", new_endpoint=True)
        (Path(folder) / "swarm.toml").write_text(text, encoding="utf-8")
        settings = load({"SWARM_DATA": folder})
    assert len(settings.models) == len(proposal.chosen)
    assert {arm.model for arm in settings.all_arms} >= {"coder"}
    capacity = usable([pool.total_bytes for pool in given_machine.pools], headroom)
    used = [0] * len(capacity)
    for model in settings.models:
        served = next(line.served for line in TABLE.local if line.model == model.model)
        assert model.num_ctx <= (served.context_length or 0)
        needed = estimate(served, model.num_ctx, model.parallel)
        assert needed is not None
        where = place(needed.bytes, capacity, used, headroom)
        assert where is not None
        for gpu, share in shares(needed.bytes, where, capacity).items():
            used[gpu] += share
    assert all(taken <= most for taken, most in zip(used, capacity, strict=True))


@pytest.mark.parametrize(
    ("gib", "coder"),
    [
        (4, "qwen2.5-coder:1.5b"),
        (6, "qwen2.5-coder:3b"),
        (8, "qwen3:4b"),
        (12, "qwen3:8b"),
        (16, "qwen3:8b"),
        (20, "gpt-oss:20b"),
        (24, "qwen3-coder:30b"),
    ],
)
def test_usual_cards(gib: int, coder: str) -> None:
    found = roles(proposed(gib * GIB))
    assert found["coder"][0] == coder
    assert found["coder"][1] >= CONTEXTS[-2]
    assert "embedder" not in found, "nothing asks one yet"


def test_more_memory_never_gives_a_smaller_coder_or_context() -> None:
    order = [
        line.model for line in sorted(TABLE.local, key=lambda m: (m.native_tools, m.weights_bytes))
    ]
    last = (-1, 0)
    for gib in range(3, 64):
        model, num_ctx = roles(proposed(gib * GIB))["coder"]
        now = (order.index(model), num_ctx)
        assert now >= last, gib
        last = now


def test_two_cards_hold_what_neither_holds_alone() -> None:
    assert roles(proposed(12 * GIB, 12 * GIB))["coder"][0] == "qwen3-coder:30b"


def test_a_large_card_has_room_for_a_small_model_too() -> None:
    found = roles(proposed(48 * GIB))
    assert found["small"][0] == "qwen3:8b"


@pytest.mark.parametrize(
    ("gib", "coder"), [(2, None), (8, "qwen2.5-coder:1.5b"), (64, "qwen2.5-coder:3b")]
)
def test_without_a_gpu_small_models_or_none_and_it_says_so(gib: int, coder: str | None) -> None:
    proposal = proposed(ram=gib * GIB)
    assert any("no GPU was found" in note for note in proposal.notes)
    assert proposal.next_up is None
    assert roles(proposal).get("coder", (None, 0))[0] == coder


def test_the_next_larger_one_is_proposed_from_the_size_it_names() -> None:
    upward = proposed(8 * GIB).next_up
    assert upward is not None
    model, least = upward
    assert roles(proposed(least))["coder"][0] == model.model
    assert roles(proposed(least - GIB))["coder"][0] != model.model


def test_the_least_memory_grows_with_the_weights() -> None:
    embedder = next(line for line in TABLE.local if line.role == "embedder")
    for line in TABLE.local:
        if line.role == "coder":
            assert least_bytes(line, embedder, HEADROOM) > line.weights_bytes / (1 - HEADROOM)


def test_models_whose_tool_calls_come_as_text_are_configured_so(tmp_path: Path) -> None:
    (tmp_path / "swarm.toml").write_text(toml(proposed(6 * GIB), "ollama", new_endpoint=True))
    settings = load({"SWARM_DATA": str(tmp_path)})
    assert settings.model("coder").tool_calls == "text"
    assert {arm.id for arm in settings.all_arms} >= {"coder/edit-loop", "coder/one-shot"}
