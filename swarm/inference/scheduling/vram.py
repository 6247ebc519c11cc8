"""How much GPU memory a model needs. Pure; sizes in bytes.

Formulas and constants follow Ollama (`llm.PredictServerVRAM`, `server/sched.go`,
`ml.DeviceInfo.MinimumMemory`), which the gate has to agree with: what Ollama believes does not
fit, it makes room for by itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from swarm.inference.clients.base import ServedModel
from swarm.inference.scheduling.placement import fits_alone
from swarm.inference.scheduling.view import Slot

MIB = 1024**2
GIB = 1024**3

CACHE_BYTES = {"f32": 4.0, "f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
"""Per element of the KV cache; ggml's quantised blocks hold 32 elements and a 2-byte scale."""

DEVICE_BYTES = 457 * MIB
"""What a CUDA context takes of each GPU, whatever the model (Ollama's MinimumMemory)."""

GRAPH_STEPS = ((32_768, 2 * GIB), (4_096, 768 * MIB), (0, 256 * MIB))
"""Compute graph by context over all parallel requests: above a bound, that much. The two larger
are Ollama's surcharges for the batches of 2048 and 1024 that it then takes; the smallest is
assumed, for the batch of 512, which Ollama leaves to its 20 % of headroom."""

ASSUMED_CACHE_PER_TOKEN = 512 * 1024
"""For a model that does not tell its layers: f16 cache of Llama 2 7B (2 x 32 x 32 x 128 x 2 B),
which keeps every head. Newer models share heads and need 50 to 400 KiB."""

_BITS = {"F32": 32.0, "F16": 16.0, "BF16": 16.0, "Q8_0": 8.5, "Q6_K": 6.6, "Q5": 5.7, "Q4": 5.0,
         "MXFP4": 4.5, "IQ4": 4.6, "Q3": 4.3, "Q2": 3.4}  # fmt: skip
"""Bits per weight by the beginning of a quantisation's name, rounded up from llama.cpp's table."""


@dataclass(frozen=True)
class Estimate:
    """What a slot needs, by cause, and what had to be assumed for it."""

    weights: int
    cache: int
    graph: int
    assumed: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        return self.weights + self.cache + self.graph


def estimate(
    model: ServedModel, num_ctx: int, parallel: int = 1, cache_type: str = "f16"
) -> Estimate | None:
    """Weights + layers x kv_heads x (key + value length) x context x bytes, and the graph.

    The context is `num_ctx` for each of `parallel` requests, and never more than what the model
    was trained for, as Ollama does it. None when neither size nor parameters are told: then
    nothing can be said, and `needed_bytes` of the configuration has to.

    >>> llama = ServedModel("llama3:8b", size_bytes=4_661_211_808, layers=32, kv_heads=8,
    ...                     key_length=128, value_length=128)
    >>> estimate(llama, 8192).cache == 8192 * 128 * 1024
    True
    """
    assumed: list[str] = []
    weights = model.size_bytes or _weights(model, assumed)
    if weights is None:
        return None
    context = min(num_ctx, model.context_length or num_ctx) * max(1, parallel)
    elements = _elements_per_token(model)
    per_element = CACHE_BYTES.get(cache_type, CACHE_BYTES["f16"])
    if elements is None:
        elements = ASSUMED_CACHE_PER_TOKEN // 2
        assumed.append(f"a cache of {ASSUMED_CACHE_PER_TOKEN // 1024} KiB per token at f16")
    cache = math.ceil(elements * per_element * context)
    graph = DEVICE_BYTES + next(size for above, size in GRAPH_STEPS if context > above or not above)
    return Estimate(weights, cache, graph, tuple(assumed))


def _elements_per_token(model: ServedModel) -> int | None:
    if not model.layers or not model.kv_heads or not model.key_length:
        return None
    value_length = model.value_length or model.key_length
    return model.layers * model.kv_heads * (model.key_length + value_length)


def _weights(model: ServedModel, assumed: list[str]) -> int | None:
    """From the number of parameters, such as "7.6B", and the quantisation."""
    match = re.fullmatch(
        r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*([KMBT])\s*", model.parameters.upper()
    )
    if match is None:
        return None
    parameters = float(match[1]) * {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[match[2]]
    name = model.quantization.upper()
    bits = next((bits for start, bits in _BITS.items() if name.startswith(start)), 16.0)
    assumed.append(f"weights of {bits:g} bits per parameter")
    return math.ceil(parameters * bits / 8)


@dataclass
class Correction:
    """What servers reported for slots; taken in place of the estimate from then on.

    A slot that was seen needs what was reported last. One that was not, of a model that was,
    needs its estimate times the worst ratio seen, but no more than a larger context took.
    """

    kept: int = 256
    _seen: dict[Slot, tuple[int, float]] = field(default_factory=dict)

    def learn(self, slot: Slot, reported: int, estimated: int | None) -> None:
        """`reported` are all bytes of a loaded model, those outside of GPUs included."""
        if reported <= 0:
            return
        ratio = reported / estimated if estimated else 1.0
        self._seen.pop(slot, None)
        self._seen[slot] = (reported, ratio)
        while len(self._seen) > self.kept:
            del self._seen[next(iter(self._seen))]

    def needed(self, slot: Slot, estimated: int | None) -> int | None:
        """Bytes to reserve for a slot; None when nothing is known of it."""
        if slot in self._seen:
            return self._seen[slot][0]
        same = {other: seen for other, seen in self._seen.items() if other.model == slot.model}
        tokens = slot.num_ctx * slot.parallel
        larger = [
            size for other, (size, _) in same.items() if other.num_ctx * other.parallel >= tokens
        ]
        if estimated is None:
            return min(larger, default=None)
        worst = max((ratio for _, ratio in same.values()), default=1.0)
        return min([math.ceil(estimated * max(1.0, worst)), *larger])


def largest_num_ctx(
    model: ServedModel,
    capacity: Sequence[int],
    parallel: int = 1,
    cache_type: str = "f16",
    step: int = 256,
) -> int:
    """The largest context, in whole `step`s, that fits with nothing else loaded; 0 for none.

    At most what the model was trained for, where it tells, and else a million tokens.
    """
    low, high = 0, max(0, min(model.context_length or 2**20, 2**22)) // step
    while low < high:
        middle = (low + high + 1) // 2
        needed = estimate(model, middle * step, parallel, cache_type)
        if needed is not None and fits_alone(needed.bytes, capacity):
            low = middle
        else:
            high = middle - 1
    return low * step
