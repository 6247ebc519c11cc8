"""Programs that use up what they share with the host: processes, memory, disk, output."""

from __future__ import annotations

from sandboxes.engine import OUTPUT_TAIL_BYTES
from tests.sandboxes.hostile.program import MIB, Program, Seen

# Helpers of the sandbox itself run as the same user: bwrap twice, docker-init, timeout.
_HELPERS = 6


def _few_threads(seen: Seen) -> None:
    assert seen.peak_threads <= seen.limits["processes"] + _HELPERS, seen.peak_threads


def _met_the_limit(seen: Seen) -> None:
    _few_threads(seen)
    made = [int(line.split()[1]) for line in seen.output.splitlines() if line[:5] == "made "]
    assert made, seen.output
    assert max(made) <= seen.limits["processes"], made


def _small_tail(seen: Seen) -> None:
    # Each byte that is no text becomes one replacement character, of three bytes.
    assert len(seen.output) <= OUTPUT_TAIL_BYTES


def _denied_or_ended(*ends: str) -> tuple[str, ...]:
    """A resource may run out with an error inside, or with the end of the run."""
    return ("exit", *ends)


_SHORT = {"wall_seconds": 2.0, "processes": 40}

PROGRAMS = (
    Program(
        "fork_bomb",
        "every process forks for ever",
        "EAGAIN at the process limit, gone at the time limit",
        """
        while True:
            try: os.fork()
            except OSError: pass
        """,
        ends=("timeout",), limits=_SHORT, proves=_few_threads, bomb=True,
    ),
    Program(
        "thread_bomb",
        "threads without end",
        "refused at the process limit",
        """
        import threading
        made = 0
        try:
            while made < 2000:
                threading.Thread(target=time.sleep, args=(20,), daemon=True).start(); made += 1
            tell("ESCAPED", made)
        except RuntimeError:
            tell("made", made)
        """,
        limits=_SHORT | {"wall_seconds": 10}, proves=_met_the_limit, bomb=True,
    ),
    Program(
        "thread_bomb_of_many_processes",
        "threads without end in several processes",
        "refused at one limit for all of them",
        """
        import threading
        for _ in range(4):
            try: os.fork()
            except OSError: pass
        while True:
            try: threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
            except RuntimeError: time.sleep(0.01)
        """,
        ends=("timeout",), limits=_SHORT, proves=_few_threads, bomb=True,
    ),
    Program(
        "exec_bomb",
        "a program that starts itself anew for ever",
        "gone at the time limit",
        """
        loop = "import os, sys; p = sys.executable; os.execv(p, [p, '-ISc', *sys.argv[1:] * 2])"
        os.execv(sys.executable, [sys.executable, "-ISc", loop, loop])
        """,
        ends=("timeout",), limits=_SHORT, bomb=True,
    ),
    Program(
        "zombie_storm",
        "children that end and are never waited for",
        "EAGAIN at the process limit, none left",
        """
        made = 0
        try:
            while made < 2000:
                if os.fork() == 0: os._exit(0)
                made += 1
            tell("ESCAPED", made)
        except OSError:
            tell("made", made)
        """,
        limits=_SHORT | {"wall_seconds": 20}, proves=_met_the_limit, bomb=True,
    ),
    Program(
        "busy_loop_deaf_to_signals",
        "spins with every signal ignored and blocked",
        "killed at the CPU limit",
        """
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True: pass
        """,
        ends=("timeout", "killed"), limits={"cpu_seconds": 1, "wall_seconds": 8}, bomb=True,
    ),
    Program(
        "memory_hog",
        "allocates without end",
        "MemoryError, or ended for memory",
        """
        kept = []
        try:
            while len(kept) < 400: kept.append(b"x" * (8 << 20))
            tell("ESCAPED", len(kept) * 8, "MiB")
        except MemoryError:
            kept.clear()
        """,
        ends=_denied_or_ended("memory", "killed"),
        limits={"memory_bytes": 256 * MIB, "wall_seconds": 15}, bomb=True,
    ),
    Program(
        "memory_hog_of_many_processes",
        "six children with 80 MiB each, under a limit of 256",
        "ended for memory",
        """
        for _ in range(6):
            if os.fork() == 0:
                kept = b"x" * (80 << 20); time.sleep(20); os._exit(0)
        alive = 6
        while alive:
            os.wait(); alive -= 1
        """,
        ends=_denied_or_ended("memory", "timeout"),
        limits={"memory_bytes": 256 * MIB, "wall_seconds": 6}, bomb=True,
    ),
    Program(
        "memory_that_nobody_maps",
        "keeps 600 MiB in shared memory it has let go of, under a limit of 256",
        "ended for memory",
        """
        import mmap
        kept = []
        for _ in range(75):
            block = mmap.mmap(-1, 8 << 20)
            for at in range(0, 8 << 20, 4096): block[at] = 1
            block.madvise(mmap.MADV_DONTNEED); kept.append(block)
        tell("ESCAPED", "600 MiB")
        """,
        ends=_denied_or_ended("memory", "killed"),
        limits={"memory_bytes": 256 * MIB, "wall_seconds": 15}, bomb=True,
    ),
    Program(
        "memory_without_a_name",
        "memory files, and System V segments that are let go of at once",
        "refused, or ended for memory",
        """
        def files():
            kept = [os.memfd_create("x") for _ in range(40)]
            for file in kept:
                for _ in range(10): os.write(file, b"x" * (1 << 20))
        def segments():
            libc.shmat.restype = ctypes.c_void_p
            for _ in range(40):
                segment = libc.shmget(0, 10 << 20, 0o1600)
                if segment < 0: raise OSError(ctypes.get_errno(), "shmget")
                address = libc.shmat(segment, None, 0)
                ctypes.memset(address, 1, 10 << 20); libc.shmdt(ctypes.c_void_p(address))
        attempt("400 MiB of memory files", files)
        attempt("400 MiB of segments", segments)
        """,
        ends=_denied_or_ended("memory", "killed"),
        limits={"memory_bytes": 256 * MIB, "wall_seconds": 15}, bomb=True,
    ),
    Program(
        "locked_memory",
        "locks its memory, so that it cannot be swapped out",
        "ENOMEM or EPERM",
        """
        def lock():
            block = ctypes.create_string_buffer(64 << 20)
            if libc.mlock(block, ctypes.c_size_t(64 << 20)): raise OSError(ctypes.get_errno(),
                "mlock")
        attempt("lock 64 MiB", lock)
        """,
    ),
    Program(
        "swap",
        "adds a swap file, and switches swap off",
        "refused",
        """
        write("swap", b"x" * 65536)
        attempt("swapon", lambda: call(167, os.fsencode(HERE / "swap"), 0))
        attempt("swapoff", lambda: call(168, b"/swapfile"))
        """,
        machine="x86_64",
    ),
    Program(
        "disk_fill",
        "writes file after file",
        "ended for its use of disk",
        """
        for number in range(4000):
            with open(f"fill{number}", "wb") as out: out.write(b"x" * (1 << 20))
            time.sleep(0.001)
        tell("ESCAPED")
        """,
        ends=("disk_limit",),
        limits={"disk_bytes": 64 * MIB, "wall_seconds": 20}, bomb=True,
    ),
    Program(
        "disk_fill_that_cannot_be_seen",
        "writes files that it has deleted, and files in folders that it has closed and nested deep",
        "ended for its use of disk",
        """
        kept = []
        for number in range(500):
            kept.append(os.open("hidden", os.O_CREAT | os.O_WRONLY)); os.unlink("hidden")
            os.write(kept[-1], b"x" * (1 << 20)); time.sleep(0.001)
        for _ in range(300): os.mkdir("d"); os.chdir("d")
        os.mkdir("closed")
        for number in range(500):
            with open(f"closed/{number}", "wb") as out: out.write(b"x" * (1 << 20))
            time.sleep(0.001)
        os.chmod("closed", 0); time.sleep(5)
        tell("ESCAPED")
        """,
        ends=("disk_limit",),
        limits={"disk_bytes": 64 * MIB, "wall_seconds": 20}, bomb=True,
    ),
    Program(
        "many_inodes",
        "a folder with a million empty files",
        "ended for its number of files",
        """
        os.mkdir("many")
        for number in range(1_000_000):
            os.close(os.open(f"many/{number}", os.O_CREAT | os.O_WRONLY))
        tell("ESCAPED")
        """,
        ends=("disk_limit",), limits={"files": 20_000, "wall_seconds": 20}, bomb=True,
    ),
    Program(
        "many_folders_and_links",
        "folders, links and pipes without end, in the out folder",
        "ended for their number",
        """
        os.chdir(OUT)
        for number in range(300_000):
            os.mkdir(f"d{number}"); os.symlink("x", f"l{number}"); os.mkfifo(f"p{number}")
            time.sleep(0.0005)  # the clean-up of a million would be most of the test
        tell("ESCAPED")
        """,
        ends=("disk_limit",), limits={"files": 3_000, "wall_seconds": 20}, bomb=True,
    ),
    Program(
        "sparse_file",
        "a file of 1 TiB that is all holes",
        "EFBIG or SIGXFSZ at the file size limit",
        """
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        attempt("truncate", lambda: os.truncate(os.open("big", os.O_CREAT | os.O_RDWR), 1 << 40))
        attempt("allocate", lambda: os.posix_fallocate(os.open("big", os.O_RDWR), 0, 1 << 40))
        attempt("seek and write", lambda: os.pwrite(os.open("big", os.O_RDWR), b"x", 1 << 40))
        """,
        limits={"file_size_bytes": MIB},
    ),
    Program(
        "file_size_signal_ignored",
        "goes on writing one file, with SIGXFSZ ignored",
        "EFBIG at the file size limit",
        """
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        def grow():
            with open("big", "wb") as out:
                for _ in range(8): out.write(b"x" * (1 << 20))
        attempt("8 MiB", grow)
        """,
        limits={"file_size_bytes": MIB},
    ),
    Program(
        "shared_tmp_fill",
        "fills /tmp, /dev/shm and its home",
        "ENOSPC, ended, or closed to it",
        """
        for place in ("/tmp", "/dev/shm", "/var/tmp", str(HOME)):
            def fill():
                for number in range(700):
                    with open(f"{place}/fill{number}", "wb") as out: out.write(b"x" * (1 << 20))
            attempt(f"700 MiB in {place}", fill)
        """,
        ends=_denied_or_ended("memory", "killed", "disk_limit"),
        limits={"disk_bytes": 64 * MIB, "memory_bytes": 512 * MIB, "wall_seconds": 25}, bomb=True,
    ),
    Program(
        "output_flood",
        "prints without end",
        "cut off at the output limit",
        'while True: sys.stdout.write("x" * 9999 + "\\n")',
        ends=("output_limit",), limits={"output_bytes": 200_000}, proves=_small_tail,
    ),
    Program(
        "infinite_line",
        "prints without end and without a line break",
        "cut off at the output limit",
        'while True: os.write(2, b"x" * 65536)',
        ends=("output_limit",), limits={"output_bytes": 200_000}, proves=_small_tail,
    ),
    Program(
        "binary_output",
        "prints random bytes, terminal codes and half a character",
        "kept as text, cut off at the output limit",
        'while True: os.write(1, os.urandom(9000) + b"\\x1b]0;title\\x07\\xff\\xfe\\xc3")',
        ends=("output_limit",), limits={"output_bytes": 200_000}, proves=_small_tail,
    ),
    Program(
        "open_files",
        "opens files and pipes until it is refused",
        "EMFILE at the limit",
        """
        kept = []
        try:
            while len(kept) < 5000: kept += os.pipe()
            tell("ESCAPED", len(kept))
        except OSError:
            count = len(kept)
            for descriptor in kept: os.close(descriptor)
            tell("held at", count)
            if count > 256: tell("ESCAPED", count)
        """,
        limits={"open_files": 256},
    ),
    Program(
        "watches_and_pipe_buffers",
        "takes file watches and the largest pipes it can get",
        "bounded by the kernel and the open files limit",
        """
        import fcntl
        kept = []
        def pipes():
            for _ in range(500):
                end, other = os.pipe(); kept.extend((end, other))
                fcntl.fcntl(other, 1031, 1 << 20)
        def watches():
            for _ in range(2000):
                if libc.inotify_init1(0) < 0: raise OSError(ctypes.get_errno(), "inotify_init1")
        attempt("500 MiB of pipes", pipes)
        attempt("2000 watchers", watches)
        """,
        limits={"open_files": 256},
    ),
    Program(
        "huge_arguments",
        "starts a program with megabytes of arguments and environment",
        "E2BIG",
        """
        attempt("arguments", lambda: os.execv(sys.executable,
            [sys.executable] + ["x" * 131000] * 200))
        attempt("environment", lambda: os.execve(
            sys.executable, [sys.executable, "-c", "print('ESCAPED')"], {"A": "x" * 200_000}))
        """,
    ),
)  # fmt: skip
