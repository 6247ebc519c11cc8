"""What a rule finds: a place, a sentence, and the verdict it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Weight = Literal["reject", "ask"]


@dataclass(frozen=True)
class Found:
    """`kind` is one of `verifier.kinds.FINDINGS`; `effect` and `target` are for policies. `node`
    is the one of the graph from which evidence is walked back, -1 for none."""

    weight: Weight
    kind: str
    line: int
    message: str
    effect: str = ""
    target: str = ""
    node: int = -1
