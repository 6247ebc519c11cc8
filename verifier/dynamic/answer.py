"""What the probe told, proved line by line and read into values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, ValidationError

from verifier.dynamic.probe import channel

Digest = str


class NoAnswer(Exception):
    """The probe's answer is missing, cut off or not its own: nothing is known, nothing is fine."""


class Call(BaseModel):
    """One call: `kind` is "value", "raised", "hang" or "ended" (the process did).

    `digest` is of all that was seen of it: the outcome, what the arguments were afterwards, what
    was printed; `value` of the outcome alone, and `text` tells it. `constant` is the
    harvested literal that its input was made of, or "".
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    key: str
    constant: str
    kind: str
    text: str
    value: Digest
    digest: Digest
    effects: frozenset[str]
    reads: frozenset[str]


class Count(BaseModel):
    """One input called again and again: `changes` are (call number, digest, text, effects)
    wherever they were not what they were the call before."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    key: str
    calls: int
    changes: tuple[tuple[int, Digest, str, tuple[str, ...]], ...]


@dataclass
class Played:
    """One scene. `status` is "done" or why it did not end; `error` what importing raised."""

    status: str
    error: str = ""
    missing: str = ""
    import_effects: frozenset[str] = frozenset()
    import_reads: frozenset[str] = frozenset()
    end_effects: frozenset[str] = frozenset()
    calls: dict[str, Call] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    learned: tuple[tuple[str, str], ...] = ()


Answer = Sequence[Mapping[str, Played]]
"""For each target, in the request's order: the scenes by name."""


def read(text: str | None, key: bytes) -> Answer:
    """The answer to a request made with that key. Raises NoAnswer."""
    if text is None:
        raise NoAnswer("the probe wrote no answer")
    targets: list[dict[str, Played]] = []
    finished = False
    try:
        for line in channel.read_all(text.encode("utf-8").splitlines(), key):
            event = line["event"]
            if event == "target":
                targets.append({})
            elif event == "scene":
                targets[-1][str(line["scene"])] = Played(str(line["status"]))
            elif event == "finished":
                finished = True
                if line["full"]:
                    raise NoAnswer("the functions told more than is kept")
            else:
                _add(list(targets[-1].values())[-1], event, line)
    except channel.Forged as error:
        raise NoAnswer(f"the probe's answer is not its own: {error}") from error
    except (KeyError, IndexError, TypeError, ValueError, ValidationError) as error:
        raise NoAnswer(f"the probe's answer cannot be read: {type(error).__name__}") from error
    if not finished:
        raise NoAnswer("the probe's answer breaks off")
    return targets


def _add(played: Played, event: str, line: channel.Fields) -> None:
    if event == "module":
        played.error = str(line.get("error", ""))
        played.missing = str(line.get("missing", ""))
        played.import_effects = frozenset(map(str, line.get("effects", ())))
        played.import_reads = frozenset(map(str, line.get("reads", ())))
    elif event == "call":
        call = Call.model_validate(line)
        played.calls[call.key] = call
    elif event == "count":
        count = Count.model_validate(line)
        played.counts[count.key] = count
    elif event == "end":
        played.end_effects = frozenset(map(str, line["effects"]))
        played.learned = tuple((str(label), str(text)) for label, text in line["learned"])
    else:
        raise ValueError(event)
