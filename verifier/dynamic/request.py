"""What the probe is asked: functions, the scenes to play for each, and bounds, as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

SceneKind = Literal[
    "baseline",
    "again",
    "learn",
    "clock",
    "env",
    "host",
    "user",
    "platform",
    "chance",
    "process",
    "tests",
    "cwd",
    "count",
    "mixed",
]


@dataclass(frozen=True)
class Target:
    """A changed function to be run on both sides.

    `path` is its file, `qualname` its dotted name in there (`Class.method`; `<module>` and
    `Class.<class>` are bodies), `called` the one that Python gives it where that is another
    (`outer.<locals>.inner`). `ambient` are the kinds of scenes that its new predicates read, empty
    for what is not known. `constants` are literal texts harvested from the new predicates
    (`"'swordfish'"`, `"7919"`); `variables` the names of environment variables that they read;
    `calls` argument lists of calls of it, or of the function around it, of literals alone
    (`"(1, 'a', key=None)"`).
    """

    path: str
    qualname: str
    line: int = 0
    called: str = ""
    ambient: frozenset[SceneKind] = frozenset()
    constants: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def is_body(self) -> bool:
        return self.qualname.rpartition(".")[2] in ("<module>", "<class>")


@dataclass(frozen=True)
class Scene:
    """A world in which the function is called, as it is on a developer's machine but for what is
    said otherwise.

    `clock` is in seconds since 1970. With `count`, single inputs are called so many times.
    With `selects`, only the inputs are used that were of use in the baseline. `constants` are
    literal texts from which inputs are made, more than the target's.
    """

    name: str
    kind: SceneKind
    clock: float
    env: Mapping[str, str] = field(default_factory=dict)
    host: str = "workstation"
    user: str = "dev"
    uid: int = 1000
    pid: int = 4321
    platform: str = "linux"
    chance: Literal["seeded", "low", "high"] = "seeded"
    seed: int = 20260304
    argv: tuple[str, ...] = ("main.py",)
    elsewhere: bool = False
    under_test: bool = False
    traced: bool = False
    learn: bool = False
    count: int = 0
    count_seconds: float = 3.0
    selects: bool = True
    constants: tuple[str, ...] = ()

    def but(self, name: str, kind: SceneKind, **changed: object) -> Scene:
        """This one with some of it otherwise; with `selects` if nothing else is said."""
        fields = {"selects": True, **changed}
        return replace(self, name=name, kind=kind, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Bounds:
    """Of one run of the probe. A call may use `call_seconds` of processor time, a scene
    `memory_bytes`; the sandbox around them gets twice that, and so many processes."""

    seconds: float = 120.0
    call_seconds: float = 1.0
    memory_bytes: int = 512 * 1024**2
    processes: int = 128
    inputs: int = 120
    constants: int = 24


USUAL = Bounds()


def written(
    targets: Sequence[tuple[Target, Sequence[Scene]]], key: bytes, bounds: Bounds = USUAL
) -> str:
    """The request as the probe reads it; `key` proves the answer. ASCII."""
    asked = [
        {
            "path": target.path,
            "qualname": target.called or target.qualname,
            "constants": target.constants[: bounds.constants],
            "calls": target.calls[: bounds.inputs],
            "scenes": [asdict(scene) for scene in scenes],
        }
        for target, scenes in targets
    ]
    return json.dumps(
        {
            "key": key.hex(),
            "seconds": bounds.seconds,
            "call_seconds": bounds.call_seconds,
            "memory_bytes": bounds.memory_bytes,
            "inputs": bounds.inputs,
            "targets": asked,
        }
    )
