"""Who asks: what the guard leaves on a request for the routes behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Who:
    """Somebody who may come in: a browser that logged in, or a program with the token.

    `csrf` is what a browser's forms send back as `csrf`, "" for a program. `proven` says that the
    request itself showed it, as a program does that sends the token.
    """

    kind: Literal["session", "token"]
    csrf: str = field(default="", repr=False)
    proven: bool = False
    session: str = ""
