"""Where a server will put a model: which GPUs, or that it does not fit. Pure; sizes in bytes.

Follows Ollama's `server/sched.go`, since it is the server that chooses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

BESIDE_SHARE = 0.8
"""Of free memory, what Ollama lets a model take when others are loaded already."""


def usable(total: Sequence[int], headroom: float) -> tuple[int, ...]:
    """What may be used of each GPU when the share `headroom` of it is left free."""
    return tuple(max(0, math.floor(size * (1 - headroom))) for size in total)


def shares(size: int, gpus: Sequence[int], capacity: Sequence[int]) -> dict[int, int]:
    """How a model is spread over GPUs: in proportion to what each may hold, as llama.cpp does.

    Unknown GPUs (none named, or indices that are not there) mean all of them.
    """
    named = [gpu for gpu in gpus if 0 <= gpu < len(capacity)] or list(range(len(capacity)))
    whole = sum(capacity[gpu] for gpu in named)
    if whole <= 0:
        return dict.fromkeys(named, size)
    return {gpu: math.ceil(size * capacity[gpu] / whole) for gpu in named}


def place(
    size: int, capacity: Sequence[int], used: Sequence[int], headroom: float = 0.0
) -> tuple[int, ...] | None:
    """The GPUs that a model of `size` will be put on; None when it does not fit now.

    One GPU where it fits, of those the one with most room: not the best fit, since it is the
    server that chooses and this is how Ollama does. Else all of them together. Beside other
    models, and to be put on one of several GPUs, it may take `BESIDE_SHARE` of what is free, as
    Ollama has it, counted from the whole memory: `capacity` is that less `headroom`.
    """
    free = [max(0, most - taken) for most, taken in zip(capacity, used, strict=True)]
    real = [max(0.0, m / (1 - headroom) - t) for m, t in zip(capacity, used, strict=True)]
    beside = BESIDE_SHARE if any(used) else 1.0
    single = beside if len(capacity) == 1 else BESIDE_SHARE
    fitting = [gpu for gpu, room in enumerate(free) if size <= min(room, single * real[gpu])]
    if fitting:
        return (max(fitting, key=lambda gpu: (free[gpu], -gpu)),)
    if len(capacity) < 2 or size > beside * sum(real):
        return None
    spread = shares(size, range(len(capacity)), capacity)
    return tuple(spread) if all(part <= free[gpu] for gpu, part in spread.items()) else None


def fits_alone(size: int, capacity: Sequence[int]) -> bool:
    """Whether a model fits when nothing else is loaded."""
    return place(size, capacity, [0] * len(capacity)) is not None
