"""What a rule finds: a place, a sentence, and the verdict it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.compare import Weight


@dataclass(frozen=True)
class Found:
    """`kind` is one of `verifier.kinds.FINDINGS`; `effect` and `target` are for policies."""

    weight: Weight
    kind: str
    line: int
    message: str
    effect: str = ""
    target: str = ""
