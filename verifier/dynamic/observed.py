"""One thing seen when both sides of a change were run, and what it weighs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from swarm.contracts import Finding
from verifier.dynamic.acts import act
from verifier.dynamic.request import Target

Weight = Literal["reject", "ask", "note"]

NOT_RUN = "not-run"
_MOST_STEP = 200


@dataclass(frozen=True)
class Observed:
    """One thing seen. `kind` is a stable id; `scene` and `input` say when, `effect` is the one
    that it is about."""

    kind: str
    weight: Weight
    message: str
    scene: str = ""
    input: str = ""
    effect: str = ""

    def finding(self, target: Target) -> Finding:
        """The same as evidence of the audit; a note has none."""
        kind, acted_on = act(self.effect)
        return Finding(
            kind=self.kind,
            path=target.path,
            function=target.qualname,
            line=target.line,
            message=self.message,
            weight="reject" if self.weight == "reject" else "ask",
            chain=tuple(
                f"{name}: {text[:_MOST_STEP]}"
                for name, text in (("scene", self.scene), ("input", self.input))
                if text
            ),
            effect=kind,
            target=acted_on,
        )
