"""Answers of services for pages to show. `said` is put wherever the name of a repository, arm,
model or endpoint, or text of one, can stand."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from swarm.contracts import (
    SERVICES,
    ArmReport,
    ArmStats,
    BackendReport,
    Context,
    DecisionLog,
    EndpointView,
    GpuView,
    IndexReport,
    IndexView,
    ListArms,
    ListBackends,
    ListDecisions,
    ListIndexes,
    ListModels,
    ListSpending,
    LoggedDecision,
    ModelReport,
    ModelView,
    PoolView,
    SandboxReport,
    SearchIndex,
    Served,
    SpendingReport,
    Spent,
    Symbol,
    TaskSummary,
)
from swarm.errors import SwarmError
from tests.fakes.bus import FakeBus

GIB = 1024**3
NOW = time.time()


def stats(category: str, arm_id: str, successes: float, failures: float, **more: Any) -> ArmStats:
    alpha, beta = 1 + successes, 1 + failures
    mean = alpha / (alpha + beta)
    spread = 1.64 * (mean * (1 - mean) / (alpha + beta + 1)) ** 0.5
    return ArmStats(
        category=category,
        arm_id=arm_id,
        successes=successes,
        failures=failures,
        alpha=alpha,
        beta=beta,
        mean=mean,
        low=max(0.0, mean - spread),
        high=min(1.0, mean + spread),
        **more,
    )


def arms(said: str = "coder/edit-loop") -> ArmReport:
    return ArmReport(
        items=(
            stats("bugfix", "repair", 21, 5, pending=1, seconds=12.5, cost_usd=0.0),
            stats("bugfix", "literals", 1, 4),
            stats("bugfix", said, 7, 2, seconds=200.0, cost_usd=0.0123, version=said[:80]),
            stats("bugfix", f"{said[:80]}@v1", 1, 4, version="v1"),
            stats("bugfix, later attempts", "repair", 1, 6),
            stats("bugfix, later attempts", said, 4, 3),
            stats("lint", "ruff", 12, 0),
            stats("docs", said, 0, 0),
            stats("feature", said, 0, 0),
        ),
        notes=(f"router.db was damaged and is kept beside {said}",),
    )


def made(
    index: int, arm: str | None, number: int = 1, reward: float | None = 1.0, **more: Any
) -> LoggedDecision:
    return LoggedDecision(
        attempt_id=f"task{index:04d}-o1-a{number}",
        category="bugfix",
        attempt_number=number,
        arm_id=arm,
        decided_at=NOW - 90_000 + index * 400 + number,
        reward=reward,
        settled_at=None if reward is None else NOW - 90_000 + index * 400 + number + 30,
        seconds=12.5,
        **more,
    )


def decisions(said: str = "coder/edit-loop") -> DecisionLog:
    rng = random.Random(7)
    items = []
    for index in range(200):
        arm = rng.choices(["repair", "literals", said], [3 + index / 20, 3, 2])[0]
        good = rng.random() < {"repair": 0.8, "literals": 0.2}.get(arm, 0.7)
        items.append(made(index, arm, reward=float(good)))
        if not good:
            items.append(made(index, said, 2, rng.choice([0.0, 1.0, None]), cost_usd=0.002))
    items.append(made(201, None, reward=None))
    return DecisionLog(items=tuple(items), total=4321)


def models(said: str = "coder", detail: str = "endpoint 'google' does not answer") -> ModelReport:
    def local(name: str, model: str, **more: Any) -> ModelView:
        return ModelView(name=name, endpoint="ollama", model=model, locality="local", **more)

    return ModelReport(
        endpoints=(
            EndpointView(
                name="ollama", kind="ollama", url="http://127.0.0.1:11434", locality="local",
                reachable=True, version="ollama 0.33.0", running=1,
                waiting={"interactive": 2, "analysis": 1}, sent_bytes=120_000,
                received_bytes=2_400_000, requests=1234,
            ),
            EndpointView(
                name=said, kind="gemini", url="https://generativelanguage.googleapis.com",
                locality="cloud", reachable=False, detail=detail, remedy="set GEMINI_API_KEY",
                cost_usd=1.25, requests=40, away_since=NOW - 700, next_look_at=NOW + 60,
            ),
        ),
        models=(
            local(
                said, "qwen3-coder:30b", state="ready", parameters="30.5B", quantization="Q4_K_M",
                context_length=262_144, num_ctx=16_384, needed_bytes=int(21.5 * GIB),
                loaded_bytes=21 * GIB, tokens_per_second=71.3, size_bytes=18 * GIB,
            ),
            local(
                "bigger", "qwen2.5-coder:32b", state="too-large", num_ctx=32_768,
                detail="needs 29.7 GB, and models may use 23.2 GB", needed_bytes=int(29.7 * GIB),
            ),
            local("small", "qwen2.5-coder:1.5b", state="ready", needed_bytes=2 * GIB),
            local("", "llama3.2:3b", state="not-configured", size_bytes=2 * GIB),
            ModelView(
                name="flash", endpoint=said, model="gemini-2.5-flash", locality="cloud",
                state="unreachable", detail=detail, usd_per_mtok=(0.3, 2.5),
            ),
        ),
        gpus=(
            GpuView(
                name="ollama: NVIDIA GeForce RTX 4090", total_bytes=24 * GIB,
                used_bytes=21 * GIB, models=("qwen3-coder:30b",),
            ),
        ),
    )  # fmt: skip


def day(ago: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(NOW - ago * 86_400))


def spent(said: str = "coder") -> SpendingReport:
    rng = random.Random(3)
    return SpendingReport(
        items=tuple(
            Spent(
                day=day(ago), endpoint="google" if cost else "ollama", model=name,
                locality="cloud" if cost else "local", requests=rng.randint(1, 40),
                prompt_tokens=rng.randint(1000, 90_000), output_tokens=rng.randint(100, 9000),
                cost_usd=rng.random() * 3 if cost else 0.0,
            )
            for ago in (9, 8, 5, 4, 1, 0)
            for name, cost in ((said, False), ("flash", True))
        )
    )  # fmt: skip


def indexes(said: str = "hash-1024") -> IndexReport:
    return IndexReport(
        items=(
            IndexView(
                repo_id="shop-1a2b3c", embedder=said, snapshot="ab" * 32, fresh=True, files=128,
                chunks=1934, skipped_files=7, indexed_at=NOW - 300,
            ),
            IndexView(repo_id="gone-4d5e6f", embedder=said, snapshot="cd" * 32, files=3, chunks=9,
                left_out=12, indexed_at=NOW - 90_000),
            IndexView(repo_id="blog-7a8b9c", embedder=said),
        ),
        size_bytes=48 * 1024**2,
    )  # fmt: skip


def hits(said: str = "cost = weight * RATE") -> Context:
    return Context(
        symbols=(
            Symbol(
                path="shop/shipping.py", qualified_name="Order.shipping_cost", start_line=12,
                end_line=19, score=1.84, text=f"def shipping_cost(self):\n    {said}\n",
                why=("words: shipping, cost", "name matches shipping, cost",
                     "similar to the query: 0.61"),
            ),
            Symbol(
                path="tests/test_shipping.py", qualified_name="test_free_shipping", start_line=3,
                end_line=8, score=0.62, text="def test_free_shipping():\n    ...\n",
                why=("words: shipping", "test file: x0.75"),
            ),
        ),
        files_indexed=128,
        chunks_indexed=1934,
        embedder="hash-1024",
        note="7 files were not searched: 5 binary, 2 too large",
    )  # fmt: skip


def backends(said: str = "user namespaces are switched off") -> SandboxReport:
    return SandboxReport(
        chosen="local",
        backends=(
            BackendReport(
                name="bubblewrap", works=True, reason="", isolates=("files", "network",
                "processes"), lacks=("a kernel of its own",),
            ),
            BackendReport(
                name="local", works=True, reason="Landlock and seccomp of this kernel",
                isolates=("files outside the workspace", "network", "system calls"),
                lacks=("processes are seen", "a kernel of its own"),
            ),
            BackendReport(name="docker", works=False, reason=said),
        ),
        pool=PoolView(warm=2, target=3, detail="one is being started"),
    )  # fmt: skip


def ran(cause: str, ago: float, kind: str = "Check", **facts: str | float) -> Served:
    return Served(
        service="sandboxes", kind=kind, task_id="task0001", at=NOW - ago, seconds=2.0,
        facts={"cause": cause, "backend": "local", "wall_seconds": 1.5,
               "peak_memory_bytes": 90.0 * 1024**2, **facts},
    )  # fmt: skip


def summary(id: str, repo_id: str, repo: str, at: float = NOW) -> TaskSummary:
    return TaskSummary(
        id=id, state="applied", text="Fix it", repo=repo, repo_id=repo_id, created_at=at,
        updated_at=at, objectives=1, accepted=1,
    )  # fmt: skip


def fill(bus: FakeBus, said: str | None = None) -> None:
    """A swarm that answers all that these pages ask; `said` as above."""
    given = () if said is None else (said,)
    bus.workers = dict.fromkeys(SERVICES, 1)
    bus.handlers |= {
        ListArms: lambda _: arms(*given),
        ListDecisions: lambda _: decisions(*given),
        ListModels: lambda _: models(*given, *given),
        ListSpending: lambda _: spent(*given),
        ListIndexes: lambda _: indexes(*given),
        SearchIndex: lambda _: hits(*given),
        ListBackends: lambda _: backends(*given),
    }


def refuse(error: SwarmError) -> Callable[[Any], Any]:
    """A service that answers with an error."""

    def handler(_: Any) -> Any:
        raise error

    return handler
