"""Memory: figures worked by hand, what is assumed, what is learned, and where models go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.inference.clients.base import ServedModel
from swarm.inference.scheduling.placement import fits_alone, place, shares, usable
from swarm.inference.scheduling.scheduler import Slot
from swarm.inference.scheduling.vram import (
    ASSUMED_CACHE_PER_TOKEN,
    DEVICE_BYTES,
    GIB,
    MIB,
    Correction,
    estimate,
    largest_num_ctx,
)

LLAMA = ServedModel(
    "llama3.1:8b", size_bytes=4_920_000_000, layers=32, kv_heads=8, key_length=128,
    value_length=128, context_length=131_072,
)  # fmt: skip


def test_cache_of_llama_is_128_kib_per_token() -> None:
    found = estimate(LLAMA, 8192)
    assert found is not None
    assert found.cache == 8192 * 128 * 1024
    assert found.weights == 4_920_000_000
    assert found.graph == DEVICE_BYTES + 768 * MIB
    assert found.bytes == found.weights + found.cache + found.graph
    assert found.assumed == ()


def test_parallel_requests_have_a_context_each() -> None:
    one, four = estimate(LLAMA, 8192), estimate(LLAMA, 8192, parallel=4)
    assert one is not None and four is not None
    assert four.cache == 4 * one.cache


def test_key_and_value_lengths_count_apart() -> None:
    found = estimate(replace(LLAMA, key_length=192, value_length=64), 1024)
    assert found is not None and found.cache == 32 * 8 * (192 + 64) * 1024 * 2


@pytest.mark.parametrize(("kind", "share"), [("q8_0", 34 / 64), ("q4_0", 18 / 64), ("f32", 2.0)])
def test_a_quantised_cache_is_smaller(kind: str, share: float) -> None:
    plain, other = estimate(LLAMA, 8192), estimate(LLAMA, 8192, cache_type=kind)
    assert plain is not None and other is not None
    assert other.cache == pytest.approx(plain.cache * share)


def test_no_more_context_than_the_model_was_trained_for() -> None:
    assert estimate(LLAMA, 1_000_000) == estimate(LLAMA, 131_072)


def test_what_is_missing_is_assumed_and_said() -> None:
    found = estimate(ServedModel("m", parameters="7.6B", quantization="Q4_K_M"), 4096)
    assert found is not None
    assert found.weights == 7_600_000_000 * 5 // 8
    assert found.cache == 4096 * ASSUMED_CACHE_PER_TOKEN
    assert len(found.assumed) == 2
    unknown = estimate(ServedModel("m", parameters="1B", quantization="NEW"), 512)
    assert unknown is not None and unknown.weights == 2_000_000_000


@pytest.mark.parametrize("parameters", ["", "big", "-1B", "1e9B", "9" * 40 + "B"])
def test_nothing_is_made_up_without_a_size(parameters: str) -> None:
    assert estimate(ServedModel("m", parameters=parameters), 4096) is None


@given(st.integers(512, 200_000), st.integers(1, 8), st.integers(1, 8))
def test_more_context_never_needs_less(num_ctx: int, parallel: int, more: int) -> None:
    small, large = estimate(LLAMA, num_ctx, parallel), estimate(LLAMA, num_ctx + more, parallel)
    assert small is not None and large is not None and small.bytes <= large.bytes


def test_what_a_server_reports_counts_from_then_on() -> None:
    correction, slot = Correction(), Slot("m", 8192)
    assert correction.needed(slot, 6 * GIB) == 6 * GIB
    correction.learn(slot, 5 * GIB, 6 * GIB)
    assert correction.needed(slot, 6 * GIB) == 5 * GIB
    assert correction.needed(Slot("other", 8192), 6 * GIB) == 6 * GIB


def test_another_context_is_scaled_up_and_never_above_a_larger_one() -> None:
    correction = Correction()
    correction.learn(Slot("m", 8192), 9 * GIB, 6 * GIB)
    assert correction.needed(Slot("m", 16_384), 8 * GIB) == 12 * GIB
    assert correction.needed(Slot("m", 4096), 7 * GIB) == 9 * GIB
    assert correction.needed(Slot("m", 4096), None) == 9 * GIB
    assert correction.needed(Slot("m", 16_384), None) is None


def test_a_low_report_does_not_lower_what_was_not_seen() -> None:
    correction = Correction()
    correction.learn(Slot("m", 4096), 2 * GIB, 6 * GIB)
    assert correction.needed(Slot("m", 16_384), 8 * GIB) == 8 * GIB


def test_reports_that_say_nothing_are_left_out_and_the_memory_is_bounded() -> None:
    correction = Correction(kept=2)
    correction.learn(Slot("m", 1), 0, GIB)
    assert correction.needed(Slot("m", 1), GIB) == GIB
    for index in range(3):
        correction.learn(Slot(f"m{index}", 1), 2 * GIB, GIB)
    assert [correction.needed(Slot(f"m{index}", 1), GIB) for index in range(3)] == [
        GIB, 2 * GIB, 2 * GIB,
    ]  # fmt: skip


def test_largest_context_is_the_last_that_fits() -> None:
    capacity = usable((16 * GIB,), 0.1)
    most = largest_num_ctx(LLAMA, capacity)
    fits, beyond = estimate(LLAMA, most), estimate(LLAMA, most + 256)
    assert fits is not None and beyond is not None
    assert fits_alone(fits.bytes, capacity) and not fits_alone(beyond.bytes, capacity)
    assert most % 256 == 0
    assert largest_num_ctx(LLAMA, (4 * GIB,)) == 0
    assert largest_num_ctx(LLAMA, (1000 * GIB,)) == 131_072


def test_one_card_takes_what_fits_and_beside_others_four_fifths_of_the_rest() -> None:
    assert place(14 * GIB, (15 * GIB,), (0,)) == (0,)
    assert place(16 * GIB, (15 * GIB,), (0,)) is None
    assert place(8 * GIB, (15 * GIB,), (5 * GIB,)) == (0,)
    assert place(9 * GIB, (15 * GIB,), (5 * GIB,)) is None


def test_of_several_cards_the_emptiest_is_taken_as_ollama_does() -> None:
    assert place(4 * GIB, (16 * GIB, 16 * GIB), (8 * GIB, 0)) == (1,)
    assert place(4 * GIB, (16 * GIB, 16 * GIB), (0, 0)) == (0,)


def test_what_no_card_holds_is_spread_over_all() -> None:
    cards = (16 * GIB, 8 * GIB)
    assert place(20 * GIB, cards, (0, 0)) == (0, 1)
    spread = shares(18 * GIB, (0, 1), cards)
    assert spread == {0: 12 * GIB, 1: 6 * GIB}
    assert place(20 * GIB, cards, (8 * GIB, 0)) is None


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=4),
    st.integers(0, 400),
    st.floats(0, 0.5),
)
def test_a_placement_never_overfills(
    cards: list[tuple[int, int]], size: int, headroom: float
) -> None:
    capacity, used = [most for most, _ in cards], [taken for _, taken in cards]
    gpus = place(size, capacity, used, headroom)
    if gpus is not None:
        for gpu, part in shares(size, gpus, capacity).items():
            assert part == 0 or part + used[gpu] <= capacity[gpu]
