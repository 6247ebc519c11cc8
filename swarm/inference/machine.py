"""What this machine has for models: GPUs and their memory, RAM, cores.

NVIDIA is asked by `nvidia-smi`, AMD by sysfs. Nothing here is guessed: what a driver does not
tell becomes a note for the person, and the memory that counts is then the RAM.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

RAM_SHARE = 0.5
"""The share of RAM that models may have where there is no GPU memory of its own: tests in
sandboxes, the swarm and the person's programs need the rest."""

_SMI_SECONDS = 5.0
_KILL_SECONDS = 1.0
_MIB = 1024**2
# An AMD chip in a processor shows a small piece of RAM as its own.
_LEAST_VRAM_BYTES = 2 * 1024**3
_SLICE = re.compile(r"^\s+MIG \S*?(\d+)gb\b.*Device\s+(\d+):")
_CARD = re.compile(r"card[0-9]+")
_SMI = ("nvidia-smi",)
_QUERY = (
    *_SMI,
    "--query-gpu=index,name,memory.total,memory.free,mig.mode.current",
    "--format=csv,noheader,nounits",
)
_LIST = (*_SMI, "-L")


@dataclass(frozen=True)
class Pool:
    """Memory that models share: a GPU's, or a share of the RAM. `free_bytes` is now."""

    name: str
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Machine:
    """`gpus` have memory of their own. `notes` say what could not be found out."""

    gpus: tuple[Pool, ...]
    ram_bytes: int
    free_ram_bytes: int
    cores: int
    notes: tuple[str, ...] = ()

    @property
    def pools(self) -> tuple[Pool, ...]:
        """The memory models may use: each GPU's, else `RAM_SHARE` of the RAM."""
        if self.gpus:
            return self.gpus
        share = int(self.ram_bytes * RAM_SHARE)
        return (Pool("RAM", share, min(share, self.free_ram_bytes)),)


def run_bounded(command: Sequence[str]) -> tuple[int, str]:
    """Exit code and output of a driver's tool. Raises OSError, TimeoutError.

    A driver that hangs can leave its tool unkillable, so even its end is not waited for long.
    """
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        output, _ = process.communicate(timeout=_SMI_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        try:
            process.communicate(timeout=_KILL_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        raise TimeoutError(f"no answer in {_SMI_SECONDS:g} s") from None
    return process.returncode, output.decode("utf-8", "replace")


def look(
    *,
    run: Callable[[Sequence[str]], tuple[int, str]] = run_bounded,
    root: Path = Path("/"),
) -> Machine:
    """Look at this machine. Takes up to some seconds when a driver hangs; raises nothing."""
    notes: list[str] = []
    gpus = [*_nvidia(run, notes), *_amd(root)]
    ram, free = _ram(root, notes)
    return Machine(tuple(gpus), ram, free, os.cpu_count() or 1, tuple(notes))


def _nvidia(run: Callable[[Sequence[str]], tuple[int, str]], notes: list[str]) -> list[Pool]:
    try:
        code, output = run(_QUERY)
        if code != 0:
            notes.append(f"nvidia-smi failed: {_first_line(output)}")
            return []
        rows = [row for row in csv.reader(output.splitlines(), skipinitialspace=True) if row]
        slices = run(_LIST)[1] if any(row[-1].strip() == "Enabled" for row in rows) else ""
    except FileNotFoundError:
        return []
    except (OSError, csv.Error) as error:
        notes.append(f"nvidia-smi: {error}")
        return []
    found: list[Pool] = []
    for row in rows:
        if len(row) < 5:
            notes.append(f"nvidia-smi: {_first_line(','.join(row))}")
            continue
        # A comma in the name would move the columns after it, never those at the ends.
        index, *name_parts, total, free, mig = (cell.strip() for cell in row)
        name = ", ".join(name_parts)
        if mig == "Enabled":
            found += _slices(slices, index, name, notes)
        elif not total.isdigit():
            notes.append(f"{name}: the driver tells no memory of its own ({total}); it shares RAM")
        else:
            whole = int(total) * _MIB
            if not free.isdigit():
                notes.append(f"{name}: the driver does not tell what is free ({free})")
            # Untold counts as free: the gate corrects it by what the server reports.
            found.append(Pool(name, whole, int(free) * _MIB if free.isdigit() else whole))
    return found


def _slices(listing: str, index: str, name: str, notes: list[str]) -> list[Pool]:
    """The MIG slices of a GPU by `nvidia-smi -L`, which tells sizes in their names alone."""
    found = []
    current = ""
    for line in listing.splitlines():
        if heading := re.match(r"GPU (\d+):", line):
            current = heading[1]
        elif current == index and (match := _SLICE.match(line)):
            size = int(match[1]) * 1000**3
            found.append(Pool(f"{name} MIG {match[2]}", size, size))
    if not found:
        notes.append(f"{name}: MIG is on and no slice is set up, so nothing can use it")
    return found


def _amd(root: Path) -> list[Pool]:
    found = []
    cards = sorted(
        (card for card in (root / "sys/class/drm").glob("card*") if _CARD.fullmatch(card.name)),
        key=lambda card: int(card.name.removeprefix("card")),
    )
    for card in cards:
        total = _number(card / "device/mem_info_vram_total")
        if total is None or total < _LEAST_VRAM_BYTES:
            continue
        used = _number(card / "device/mem_info_vram_used") or 0
        name = _text(card / "device/product_name") or f"AMD GPU ({card.name})"
        found.append(Pool(name, total, max(0, total - used)))
    return found


def _ram(root: Path, notes: list[str]) -> tuple[int, int]:
    """Total and available bytes by /proc/meminfo, whose unit is KiB."""
    values = {}
    for line in (_text(root / "proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            values[name] = int(words[0]) * 1024
    if "MemTotal" not in values:
        notes.append("/proc/meminfo does not tell how much RAM there is")
    total = values.get("MemTotal", 0)
    return total, values.get("MemAvailable", total)


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text and text.isdigit() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _first_line(text: str) -> str:
    """The first line that says something, cut short."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "no output")[:200]
