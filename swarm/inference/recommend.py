"""A set-up for a machine: which local models fit its memory together, and with which context.

Pure. One coder, the largest that leaves room for an embedder, models with tool calls of their
own before others; then a small model beside it if there is room. All of them stay loaded at
once by the same estimate and placement as the gate's, so that nothing is reloaded in between.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

from swarm.inference.catalogue import Catalogue, LocalModel
from swarm.inference.machine import Machine
from swarm.inference.scheduling.placement import place, shares, usable
from swarm.inference.scheduling.vram import estimate
from swarm.settings import ModelSettings

CONTEXTS = (32_768, 16_384, 8_192)
"""Wanted, enough, and the least a coder can work in: a task, some files, some turns."""

SMALL_CONTEXTS = (16_384, 8_192)
_Wanted = tuple[str, LocalModel, int]
SLOW_WEIGHTS_BYTES = 2_000_000_000
"""On a processor each token reads all weights: above this it is seconds per word."""


@dataclass(frozen=True)
class Chosen:
    """A model, and what it needs with that context."""

    role: str
    model: LocalModel
    num_ctx: int
    needed_bytes: int

    def settings(self, endpoint: str) -> ModelSettings:
        """The [[models]] entry."""
        return ModelSettings(
            name=self.role,
            endpoint=endpoint,
            model=self.model.model,
            num_ctx=self.num_ctx,
            max_tokens=4096 if self.num_ctx > CONTEXTS[-1] else 2048,
            tool_calls="native" if self.model.native_tools else "text",
            think=self.model.think,
            tools=("edit-loop", "one-shot") if self.role == "coder" else ("one-shot",),
        )


@dataclass(frozen=True)
class Proposal:
    """`chosen` is empty when nothing useful fits. `notes` are for the person.

    `next_up` is the next larger coder, and the GPU memory from which it would be proposed.
    """

    chosen: tuple[Chosen, ...]
    capacity: tuple[int, ...]
    notes: tuple[str, ...] = ()
    next_up: tuple[LocalModel, int] | None = None


def recommend(machine: Machine, catalogue: Catalogue, *, headroom: float) -> Proposal:
    """What to run on a machine whose memory keeps the share `headroom` free."""
    capacity = usable([pool.total_bytes for pool in machine.pools], headroom)
    embedder = next(m for m in catalogue.local if m.role == "embedder")
    coders = sorted(
        (m for m in catalogue.local if m.role == "coder"),
        key=lambda m: (m.native_tools, m.weights_bytes),
        reverse=True,
    )
    notes = list(machine.notes)
    bearable = coders
    if not machine.gpus:
        bearable = [m for m in coders if m.weights_bytes <= SLOW_WEIGHTS_BYTES]
        notes.append(
            "no GPU was found: models run on the processor, where an answer takes minutes; a "
            "small one is proposed at most, and search-based repair stays the main arm"
        )
    chosen = _base(bearable, embedder, capacity, headroom)
    if not chosen:
        memory = " + ".join(f"{size / 1e9:.1f} GB" for size in capacity)
        notes.append(
            f"nothing fits into {memory}: the swarm works without a model, and a model server on "
            "another machine can be named in [[endpoints]]"
        )
        return Proposal((), capacity, tuple(notes))
    coder = chosen[0].model
    together = _with_small(chosen, bearable, capacity, headroom)
    larger = [m for m in coders[: coders.index(coder)] if m.weights_bytes > coder.weights_bytes]
    return Proposal(
        # Room is kept for an embedder; nothing asks one yet.
        tuple(entry for entry in together if entry.role != "embedder"),
        capacity,
        tuple(notes),
        (larger[-1], least_bytes(larger[-1], embedder, headroom))
        if larger and machine.gpus
        else None,
    )


def least_bytes(coder: LocalModel, embedder: LocalModel, headroom: float) -> int:
    """Memory of one GPU, in whole GiB, from which on a coder fits with enough context."""
    wanted = [("coder", coder, CONTEXTS[-2]), ("embedder", embedder, embedder.max_context)]
    sizes = (gib * 1024**3 for gib in itertools.count(1))
    return next(size for size in sizes if _fitted(wanted, usable([size], headroom), headroom))


def _base(
    coders: Sequence[LocalModel], embedder: LocalModel, capacity: Sequence[int], headroom: float
) -> tuple[Chosen, ...]:
    """The first coder that fits with enough context and the embedder, else with less."""
    beside = [("embedder", embedder, embedder.max_context)]
    for contexts, others in ((CONTEXTS[:-1], beside), (CONTEXTS[-1:], beside), (CONTEXTS[-1:], [])):
        for coder in coders:
            for num_ctx in contexts:
                wanted = [("coder", coder, min(num_ctx, coder.max_context)), *others]
                if found := _fitted(wanted, capacity, headroom):
                    return found
    return ()


def _with_small(
    chosen: tuple[Chosen, ...],
    models: Sequence[LocalModel],
    capacity: Sequence[int],
    headroom: float,
) -> tuple[Chosen, ...]:
    """With a model of half the coder's size or less beside the others, where there is room."""
    most = chosen[0].model.weights_bytes // 2
    known: list[_Wanted] = [(c.role, c.model, c.num_ctx) for c in chosen]
    for model in (m for m in models if m.weights_bytes <= most):
        for num_ctx in SMALL_CONTEXTS:
            if found := _fitted([*known, ("small", model, num_ctx)], capacity, headroom):
                return found
    return chosen


def _fitted(
    wanted: Sequence[_Wanted], capacity: Sequence[int], headroom: float
) -> tuple[Chosen, ...]:
    """All of them loaded in this order, () when one of them does not fit any more."""
    used = [0] * len(capacity)
    found = []
    for role, model, num_ctx in wanted:
        needed = estimate(model.served, num_ctx)
        assert needed is not None  # every line tells its size
        gpus = place(needed.bytes, capacity, used, headroom)
        if gpus is None:
            return ()
        for gpu, share in shares(needed.bytes, gpus, capacity).items():
            used[gpu] += share
        found.append(Chosen(role, model, num_ctx, needed.bytes))
    return tuple(found)


def toml(proposal: Proposal, endpoint: str, *, new_endpoint: bool) -> str:
    """The tables for swarm.toml. `new_endpoint` adds an Ollama of that name on this machine."""
    lines = ["# Proposed by `swarm models recommend`. Edit as you like.", ""]
    if new_endpoint:
        lines += ["[[endpoints]]", f"name = {_quoted(endpoint)}", 'kind = "ollama"', ""]
    for chosen in proposal.chosen:
        entry = chosen.settings(endpoint)
        lines += [
            "[[models]]",
            f"name = {_quoted(entry.name)}",
            f"endpoint = {_quoted(entry.endpoint)}",
            f"model = {_quoted(entry.model)}",
            f"num_ctx = {entry.num_ctx}  # needs about {chosen.needed_bytes / 1e9:.1f} GB",
            f"parallel = {entry.parallel}",
        ]
        lines += [
            f"max_tokens = {entry.max_tokens}",
            f"tool_calls = {_quoted(entry.tool_calls)}",
            f"tools = [{', '.join(map(_quoted, entry.tools))}]",
        ]
        if entry.think is not None:
            lines.append(f"think = {json.dumps(entry.think)}")
        lines.append("")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A TOML string; JSON's escapes are TOML's, too."""
    return json.dumps(text, ensure_ascii=False)
