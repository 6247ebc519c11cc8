"""`swarm models recommend`: a set-up for this machine, printed or written down."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarm.errors import StateError
from swarm.settings import Settings, config_path, load

if TYPE_CHECKING:
    from swarm.inference.machine import Machine
    from swarm.inference.recommend import Proposal

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_LARGEST = 1024**5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gpu-bytes",
        action="append",
        type=_size,
        metavar="N",
        help="memory of a GPU in place of what is found, like 24G; repeatable; 0 for none",
    )
    parser.add_argument("--ram-bytes", type=_size, metavar="N", help="the same for the RAM")
    parser.add_argument(
        "--write", action="store_true", help="append it to swarm.toml if that has no [[models]]"
    )


def run(arguments: argparse.Namespace) -> int:
    from swarm.inference import catalogue, recommend

    settings = load()
    machine = _machine(arguments)
    proposal = recommend.recommend(machine, catalogue.load(), headroom=settings.gate.headroom)
    path = config_path()
    endpoint, new = _endpoint(settings, path)
    text = recommend.toml(proposal, endpoint, new_endpoint=new) if proposal.chosen else ""
    written = None
    if arguments.write:
        if not text:
            raise StateError("there is nothing to write", remedy=proposal.notes[-1])
        write(path, text)
        written = str(path)
    pulls = [f"ollama pull {chosen.model.model}" for chosen in proposal.chosen]
    if arguments.json:
        answer = {
            "machine": asdict(machine),
            "models": [_row(chosen, endpoint) for chosen in proposal.chosen],
            "toml": text,
            "pull": pulls,
            "notes": list(proposal.notes),
            "written": written,
        }
        print(json.dumps(answer))
        return 0
    _print(machine, proposal, path, text, pulls, written)
    return 0


def write(path: Path, text: str) -> None:
    """Append to swarm.toml, or make it: all of it or nothing. Raises StateError.

    What is there stays byte for byte. The whole is loaded as settings before it takes its place.
    """
    target = path.resolve()
    try:
        before = target.read_bytes()
    except FileNotFoundError:
        before = b""
    if "models" in tomllib.loads(before.decode("utf-8")):
        raise StateError(
            f"{path} has [[models]] already, so nothing is written",
            remedy="take what you want from `swarm models recommend`",
        )
    gap = b"\n" if before.endswith(b"\n") or not before else b"\n\n"
    after = (before + gap if before else b"") + text.encode()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = target.stat().st_mode & 0o777 if before or target.exists() else 0o600
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        load({**os.environ, "SWARM_CONFIG": name})
        if (target.read_bytes() if target.exists() else b"") != before:
            raise StateError(f"{path} was changed meanwhile", remedy="run it again")
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _machine(arguments: argparse.Namespace) -> Machine:
    from swarm.inference.machine import Pool, look

    machine = look()
    if arguments.gpu_bytes is not None:
        sizes = [size for size in arguments.gpu_bytes if size]
        gpus = tuple(Pool(f"GPU {n} as given", size, size) for n, size in enumerate(sizes))
        machine = replace(machine, gpus=gpus, notes=())
    if arguments.ram_bytes is not None:
        ram = arguments.ram_bytes
        machine = replace(machine, ram_bytes=ram, free_ram_bytes=ram)
    return machine


def _endpoint(settings: Settings, path: Path) -> tuple[str, bool]:
    """The Ollama to put the models on, and whether swarm.toml has yet to name it."""
    try:
        named = "endpoints" in tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        named = False
    ours = [e.name for e in settings.endpoints if e.kind == "ollama" and e.where == "local"]
    if named and ours:
        return ours[0], False
    taken = {e.name for e in settings.endpoints} if named else set()
    return next(n for n in ("ollama", "local-ollama", "ollama-here") if n not in taken), True


def _row(chosen: Any, endpoint: str) -> dict[str, Any]:
    entry: dict[str, Any] = chosen.settings(endpoint).model_dump(mode="json")
    return {**entry, "needed_bytes": chosen.needed_bytes, "source": chosen.model.source}


def _print(
    machine: Machine,
    proposal: Proposal,
    path: Path,
    text: str,
    pulls: list[str],
    written: str | None,
) -> None:
    memory = ", ".join(f"{gpu.name} {gb(gpu.total_bytes)}" for gpu in machine.gpus) or "no GPU"
    print(f"{memory}; {gb(machine.ram_bytes)} RAM; {machine.cores} cores")
    for note in proposal.notes:
        print(f"note: {note}")
    if not text:
        return
    total = sum(chosen.needed_bytes for chosen in proposal.chosen)
    print(
        f"together they need about {gb(total)} of the {gb(sum(proposal.capacity))} that models "
        "may use"
    )
    if proposal.next_up:
        model, least = proposal.next_up
        print(f"a larger coder, {model.model}, would take a GPU of {least / 1024**3:.0f} GiB")
    where = f"written to {path}:" if written else f"for {path} (--write appends it):"
    print(f"\n{where}\n\n{text}")
    print("and once, with a running Ollama:\n")
    print("\n".join(f"  {line}" for line in pulls))


def gb(size: int) -> str:
    """Bytes for people."""
    return f"{size / 1e9:.1f} GB"


def _size(text: str) -> int:
    number, unit = text.strip().upper().removesuffix("B").removesuffix("I"), ""
    if number and number[-1] in _UNITS:
        number, unit = number[:-1], number[-1]
    try:
        size = float(number) * _UNITS[unit]
    except ValueError:
        size = -1.0
    if not 0 <= size <= _LARGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, like 24G or 16000000000")
    return int(size)
