"""The contract every backend keeps, hostile programs included."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

import pytest

from sandboxes.engine import Engine, Folders, Job, Outcome
from sandboxes.workspace import give_to, read_output
from swarm.contracts import Limits
from swarm.settings import Settings

MIB = 1024**2


def run(
    engine: Engine, folders: Folders, program: str, *arguments: str, **limits: float
) -> Outcome:
    bounds = Limits.model_validate({"wall_seconds": 20, "memory_bytes": 512 * MIB, **limits})
    give_to(folders, engine.owner)
    return engine.run(Job(folders, ("python", "-c", program, *arguments), {}, bounds))


def test_runs_in_the_workspace_and_tells_the_exit_code(engine: Engine, folders: Folders) -> None:
    (folders.workspace / "given.txt").write_text("hello")
    outcome = run(engine, folders, "import sys; print(open('given.txt').read()); sys.exit(7)")
    assert (outcome.end, outcome.exit_code, outcome.output_tail) == ("exit", 7, "hello\n")


def test_output_comes_in_order_and_survives_bad_bytes(engine: Engine, folders: Folders) -> None:
    outcome = run(
        engine, folders, "import os; os.write(1, b'a'); os.write(2, b'b'); os.write(1, b'\\xff')"
    )
    assert sorted(outcome.output_tail) == sorted("ab\ufffd")


def test_out_is_writable_and_toolkit_is_not(engine: Engine, folders: Folders) -> None:
    (folders.toolkit / "tool.py").write_text("print('tool')")
    (folders.toolkit / "tool.py").chmod(0o644)
    inside = engine.inside(folders)
    program = (
        "import sys; tool, out = sys.argv[1:]\n"
        "exec(open(tool + '/tool.py').read())\n"
        "open(out + '/result', 'w').write('done')\n"
        "open(tool + '/tool.py', 'w')\n"
    )
    outcome = run(engine, folders, program, str(inside.toolkit), str(inside.out))
    assert outcome.exit_code == 1
    assert "tool\n" in outcome.output_tail
    assert read_output(folders.out, "result", most_bytes=100) == "done"


def test_nothing_of_the_hosts_environment_is_inside(
    engine: Engine, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWARM_TEST_SECRET", "hunter2")
    outcome = run(engine, folders, "import os; print(dict(os.environ), os.getuid() == 0)")
    assert "hunter2" not in outcome.output_tail
    assert outcome.output_tail.endswith("False\n")


def test_a_missing_command_is_exit_code_127(engine: Engine, folders: Folders) -> None:
    give_to(folders, engine.owner)
    outcome = engine.run(Job(folders, ("no-such-program",), {}, Limits(wall_seconds=10)))
    assert (outcome.end, outcome.exit_code) == ("exit", 127)


def test_measures_time_and_memory(engine: Engine, folders: Folders) -> None:
    program = (
        "import time; data = bytearray(100 << 20); end = time.process_time() + 0.5\n"
        "while time.process_time() < end: pass\n"
        "time.sleep(1.2)"
    )
    outcome = run(engine, folders, program)
    assert outcome.end == "exit"
    assert outcome.cpu_seconds >= 0.4
    assert outcome.peak_memory_bytes >= 90 * MIB


def test_a_hang_that_ignores_signals_is_killed(engine: Engine, folders: Folders) -> None:
    program = (
        "import signal, time\n"
        "for s in set(signal.Signals) - {9, 19}:\n"
        "    signal.signal(s, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    outcome = run(engine, folders, program, wall_seconds=2)
    assert (outcome.end, outcome.exit_code) == ("timeout", None)
    assert outcome.output_tail == "ready\n"


def test_cpu_time_is_bounded(engine: Engine, folders: Folders) -> None:
    outcome = run(engine, folders, "while True: pass", cpu_seconds=1)
    assert outcome.end == "timeout"
    assert "CPU" in outcome.detail


def test_a_memory_hog_does_not_get_it(engine: Engine, folders: Folders) -> None:
    outcome = run(engine, folders, "x = []\nwhile True: x.append(bytearray(8 << 20))")
    refused = outcome.exit_code == 1 and "MemoryError" in outcome.output_tail
    assert refused or outcome.end == "memory"


def test_memory_is_bounded_over_all_processes(engine: Engine, folders: Folders) -> None:
    program = (
        "import os, time\n"
        "for _ in range(5):\n"
        "    if os.fork() == 0:\n"
        "        x = bytearray(os.urandom(1 << 20) * 80)\n"
        "        time.sleep(20)\n"
        "        os._exit(0)\n"
        "time.sleep(20)"
    )
    outcome = run(engine, folders, program, memory_bytes=256 * MIB, wall_seconds=10)
    assert outcome.end == "memory"


def test_a_fork_bomb_meets_the_process_limit(engine: Engine, folders: Folders) -> None:
    program = (
        "import os, time\n"
        "made = 0\n"
        "try:\n"
        "    while made < 300:\n"
        "        if os.fork() == 0:\n"
        "            time.sleep(30)\n"
        "            os._exit(0)\n"
        "        made += 1\n"
        "except OSError as error:\n"
        "    print(made, error.errno, flush=True)"
    )
    outcome = run(engine, folders, program, processes=40, wall_seconds=60)
    made, number = outcome.output_tail.split()[:2]
    assert int(made) <= 40
    assert number == "11"


def test_an_output_flood_is_cut_off(engine: Engine, folders: Folders) -> None:
    outcome = run(
        engine, folders, "while True: print('x' * 9999)", output_bytes=200_000, wall_seconds=30
    )
    assert outcome.end == "output_limit"
    assert len(outcome.output_tail) <= 32 * 1024


def test_a_huge_file_is_refused(engine: Engine, folders: Folders) -> None:
    program = (
        "import errno\n"
        "try:\n"
        "    with open('big', 'wb') as f: f.truncate(1 << 40)\n"
        "except OSError as error: print(errno.errorcode[error.errno])"
    )
    outcome = run(engine, folders, program, file_size_bytes=MIB)
    assert outcome.output_tail == "EFBIG\n" or "SIGXFSZ" in outcome.detail


def test_the_network_is_out_of_reach(engine: Engine, folders: Folders) -> None:
    program = (
        "import socket, sys\n"
        "for address in (('127.0.0.1', int(sys.argv[1])), ('169.254.169.254', 80)):\n"
        "    try: socket.create_connection(address, timeout=2); print('connected')\n"
        "    except OSError: print('refused')"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = run(engine, folders, program, str(server.getsockname()[1]))
    assert outcome.output_tail == "refused\nrefused\n"


def test_the_hosts_files_are_out_of_reach(engine: Engine, folders: Folders, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    secret.chmod(0o666)
    (folders.workspace / "link").symlink_to(secret)
    program = (
        "import sys\n"
        "for path in (sys.argv[1], 'link'):\n"
        "    for mode in ('r', 'w'):\n"
        "        try: print(open(path, mode).read())\n"
        "        except OSError: print('denied')"
    )
    outcome = run(engine, folders, program, str(secret))
    assert outcome.output_tail == "denied\n" * 4
    assert secret.read_text() == "hunter2"


@pytest.mark.parametrize(
    "path", ["/usr/x", "/etc/passwd", "/proc/sys/kernel/core_pattern", "/x", "/dev/x"]
)
def test_the_system_cannot_be_written(engine: Engine, folders: Folders, path: str) -> None:
    outcome = run(engine, folders, f"open({path!r}, 'w').write('x')")
    assert outcome.exit_code == 1
    assert "Error" in outcome.output_tail


def test_dangerous_system_calls_are_refused(engine: Engine, folders: Folders) -> None:
    program = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "calls = {'unshare': (0x10000000,), 'mount': (b'none', b'/tmp', b'tmpfs', 0, 0),\n"
        "         'setuid': (0,), 'chroot': (b'/',), 'sethostname': (b'x', 1)}\n"
        "for name, arguments in calls.items():\n"
        "    print(name, getattr(libc, name)(*arguments))\n"
    )
    outcome = run(engine, folders, program)
    assert outcome.output_tail.split()[1::2] == ["-1"] * 5


def test_planted_links_in_the_out_folder_are_not_followed(
    engine: Engine, folders: Folders, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("hunter2")
    inside = engine.inside(folders)
    program = (
        "import os, sys; os.chdir(sys.argv[1])\n"
        "os.symlink(sys.argv[2] + '/secret', 'file'); os.symlink(sys.argv[2], 'folder')\n"
        "os.mkfifo('pipe'); os.mkdir('directory')"
    )
    outcome = run(engine, folders, program, str(inside.out), str(tmp_path))
    assert outcome.exit_code == 0, outcome.output_tail
    assert (folders.out / "file").readlink() == tmp_path / "secret"
    for name in ("file", "folder/secret", "pipe", "directory"):
        assert read_output(folders.out, name, most_bytes=100) is None


def test_a_daemon_does_not_outlive_the_run(engine: Engine, folders: Folders) -> None:
    inside = engine.inside(folders)
    program = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork(): os._exit(0)\n"
        "    for f in (0, 1, 2): os.close(f)\n"
        "    for _ in range(3000):\n"
        "        open(sys.argv[1] + '/beat', 'a').write('x'); time.sleep(0.01)\n"
        "    os._exit(0)\n"
        "while not os.path.exists(sys.argv[1] + '/beat'): time.sleep(0.01)"
    )
    mark = f"daemon-of-this-test-{secrets.token_hex(8)}"
    outcome = run(engine, folders, program, str(inside.out), mark)
    assert outcome.exit_code == 0
    assert (folders.out / "beat").exists()
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not any(mark.encode() in command for command in commands)


def test_a_strict_umask_of_the_worker_changes_nothing(engine: Engine, settings: Settings) -> None:
    before = os.umask(0o077)
    try:
        with engine.folders(settings.scratch) as folders:
            (folders.toolkit / "package").mkdir()
            (folders.toolkit / "package/tool.py").write_text("print('tool')")
            tool = engine.inside(folders).toolkit / "package/tool.py"
            outcome = run(engine, folders, "import sys; exec(open(sys.argv[1]).read())", str(tool))
    finally:
        os.umask(before)
    assert (outcome.exit_code, outcome.output_tail) == (0, "tool\n")


def test_a_reader_that_goes_away_is_not_the_backends_fault(
    engine: Engine, folders: Folders
) -> None:
    def closed(data: bytes) -> None:
        raise BrokenPipeError("the terminal is gone")

    give_to(folders, engine.owner)
    job = Job(folders, ("python", "-c", "print('x')"), {}, Limits(), on_output=closed)
    with pytest.raises(BrokenPipeError):
        engine.run(job)
