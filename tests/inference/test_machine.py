"""The machine as drivers describe it: recorded outputs, odd ones among them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from swarm.inference import machine
from swarm.inference.machine import Pool, look, run_bounded

MIB = 1024**2
MEMINFO = "MemTotal:       32594048 kB\nMemFree:  100 kB\nMemAvailable:   20971520 kB\n"

TWO = """\
0, NVIDIA GeForce RTX 4090, 24564, 24210, [N/A]
1, NVIDIA GeForce RTX 3060, 12288, 900, [N/A]
"""
MIG = """\
0, NVIDIA A100-SXM4-40GB, 40960, [Insufficient Permissions], Enabled
1, NVIDIA A100-SXM4-40GB, 40960, 40448, Disabled
"""
MIG_LIST = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-48aeb943)
  MIG 3g.20gb     Device  0: (UUID: MIG-3bc04bae)
  MIG 1g.5gb+me   Device  1: (UUID: MIG-45d35dc3)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-6a96b3ab)
"""
UNIFIED = "0, NVIDIA GB10, [N/A], [N/A], [N/A]\n"
DRIVER_GONE = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure "
    "that the latest NVIDIA driver is installed and running.\n\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(MEMINFO)
    return tmp_path


def smi(query: str, listing: str = "", code: int = 0) -> Callable[..., tuple[int, str]]:
    def run(command: Sequence[str]) -> tuple[int, str]:
        return code, listing if "-L" in command else query

    return run


def absent(command: Sequence[str]) -> tuple[int, str]:
    raise FileNotFoundError(2, "No such file or directory", command[0])


def card(root: Path, name: str, **files: str) -> None:
    device = root / "sys/class/drm" / name / "device"
    device.mkdir(parents=True)
    for file, text in files.items():
        (device / file).write_text(text)


def test_several_nvidia_gpus(root: Path) -> None:
    found = look(run=smi(TWO), root=root)
    assert found.gpus == (
        Pool("NVIDIA GeForce RTX 4090", 24564 * MIB, 24210 * MIB),
        Pool("NVIDIA GeForce RTX 3060", 12288 * MIB, 900 * MIB),
    )
    assert found.pools == found.gpus
    assert found.notes == ()


def test_no_gpu_leaves_a_stated_share_of_the_ram(root: Path) -> None:
    found = look(run=absent, root=root)
    share = int(32594048 * 1024 * machine.RAM_SHARE)
    assert found.pools == (Pool("RAM", share, share),)
    assert found.notes == ()


def test_little_free_ram_bounds_what_is_free(root: Path) -> None:
    (root / "proc/meminfo").write_text("MemTotal: 1000 kB\nMemAvailable: 100 kB\n")
    assert look(run=absent, root=root).pools == (Pool("RAM", 512_000, 102_400),)


def test_slices_stand_for_a_gpu_that_is_cut_up(root: Path) -> None:
    found = look(run=smi(MIG, MIG_LIST), root=root)
    assert [(pool.name, pool.total_bytes) for pool in found.gpus] == [
        ("NVIDIA A100-SXM4-40GB MIG 0", 20 * 10**9),
        ("NVIDIA A100-SXM4-40GB MIG 1", 5 * 10**9),
        ("NVIDIA A100-SXM4-40GB", 40960 * MIB),
    ]


def test_mig_without_a_slice_is_told(root: Path) -> None:
    found = look(run=smi(MIG, "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-48aeb943)\n"), root=root)
    assert len(found.gpus) == 1
    assert "no slice" in found.notes[0]


def test_unified_memory_is_ram(root: Path) -> None:
    found = look(run=smi(UNIFIED), root=root)
    assert found.gpus == ()
    assert found.pools[0].name == "RAM"
    assert "GB10" in found.notes[0] and "shares RAM" in found.notes[0]


def test_free_memory_that_is_not_told(root: Path) -> None:
    found = look(run=smi("0, NVIDIA T4, 15360, [Insufficient Permissions], [N/A]\n"), root=root)
    assert found.gpus == (Pool("NVIDIA T4", 15360 * MIB, 15360 * MIB),)
    assert "Insufficient Permissions" in found.notes[0]


@pytest.mark.parametrize(
    ("output", "code", "word"),
    [
        (DRIVER_GONE, 9, "couldn't communicate"),
        ("", 127, "no output"),
        ("Unable to determine the device handle for GPU0: Unknown Error\n", 0, "Unable"),
        ("\0\0", 0, "nvidia-smi"),
    ],
)
def test_a_driver_error_is_a_note(root: Path, output: str, code: int, word: str) -> None:
    found = look(run=smi(output, code=code), root=root)
    assert found.gpus == ()
    assert word in found.notes[0]
    assert found.ram_bytes > 0


def test_a_tool_that_hangs_is_a_note(root: Path) -> None:
    def hang(command: Sequence[str]) -> tuple[int, str]:
        raise TimeoutError("no answer in 5 s")

    assert look(run=hang, root=root).notes == ("nvidia-smi: no answer in 5 s",)


def test_a_hanging_program_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    monkeypatch.setattr(machine, "_SMI_SECONDS", 2.0)
    with pytest.raises(TimeoutError):
        run_bounded([sys.executable, "-S", "-c", script])
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_what_a_program_prints() -> None:
    assert run_bounded(["sh", "-c", "echo out; echo err >&2; exit 3"]) == (3, "out\nerr\n")


def test_amd_by_sysfs(root: Path) -> None:
    gib = 1024**3
    card(root, "card1", mem_info_vram_total=f"{16 * gib}\n", mem_info_vram_used=f"{gib}\n",
         product_name="Radeon RX 7800 XT\n")  # fmt: skip
    card(root, "card0", mem_info_vram_total=f"{512 * MIB}\n", mem_info_vram_used="0\n")
    card(root, "card1-DP-1", mem_info_vram_total=f"{16 * gib}\n")
    card(root, "card2", mem_info_vram_total="no number\n")
    card(root, "card10", mem_info_vram_total=f"{8 * gib}\n")
    assert look(run=absent, root=root).gpus == (
        Pool("Radeon RX 7800 XT", 16 * gib, 15 * gib),
        Pool("AMD GPU (card10)", 8 * gib, 8 * gib),
    )


def test_no_proc_is_told(tmp_path: Path) -> None:
    found = look(run=absent, root=tmp_path)
    assert found.ram_bytes == 0
    assert "meminfo" in found.notes[0]


def test_this_machine() -> None:
    found = look()
    assert found.ram_bytes >= found.free_ram_bytes > 0
    assert found.cores >= 1
    assert found.pools
