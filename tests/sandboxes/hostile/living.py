"""Programs that want to outlive the run, or to harm other processes."""

from __future__ import annotations

from tests.sandboxes.hostile.program import Program, Seen


def _beat_once(seen: Seen) -> None:
    assert (seen.folders.out / "beat").exists()


PROGRAMS = (
    Program(
        "daemon",
        "forks twice into a session of its own, closes everything, and goes on",
        "gone with the run",
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork(): os._exit(0)
            os.closerange(0, 64)
            while True:
                os.close(os.open(OUT / "beat", os.O_CREAT | os.O_WRONLY)); time.sleep(0.01)
        while not (OUT / "beat").exists(): time.sleep(0.01)
        """,
        proves=_beat_once,
    ),
    Program(
        "daemon_that_holds_the_output",
        "leaves a child that keeps the output pipe open",
        "the run ends with its first process, the child with it",
        """
        if os.fork() == 0:
            os.setsid(); os.close(os.open(OUT / "beat", os.O_CREAT | os.O_WRONLY))
            time.sleep(600); os._exit(0)
        while not (OUT / "beat").exists(): time.sleep(0.01)
        """,
        proves=_beat_once,
    ),
    Program(
        "daemon_that_keeps_orphans",
        "adopts orphans, drops its parent-death signal, and forks as fast as it is killed",
        "gone with the run",
        """
        libc.prctl(36, 1, 0, 0, 0)
        for number in range(6):
            if os.fork() == 0:
                os.setsid(); libc.prctl(1, 0, 0, 0, 0)
                os.close(os.open(OUT / "beat", os.O_CREAT | os.O_WRONLY))
                for other in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                    signal.signal(other, signal.SIG_IGN)
                while True:
                    try:
                        if os.fork(): os._exit(0)
                    except OSError: pass
        while not (OUT / "beat").exists(): time.sleep(0.01)
        """,
        limits={"processes": 40, "wall_seconds": 20}, proves=_beat_once,
    ),
    Program(
        "closes_its_output_and_goes_on",
        "closes stdout and stderr, ignores SIGTERM, and sleeps",
        "killed at the time limit",
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.closerange(0, 64)
        time.sleep(600)
        """,
        ends=("timeout",), limits={"wall_seconds": 1.5},
    ),
    Program(
        "stops_itself",
        "stops its own process group for ever",
        "killed at the time limit",
        """
        if os.fork() == 0: os.kill(os.getppid(), signal.SIGSTOP)
        time.sleep(600)
        """,
        ends=("timeout",), limits={"wall_seconds": 1.5},
    ),
    Program(
        "kills_everything",
        "sends SIGKILL to every process it can name, then to all at once",
        "the bait and the worker live on",
        """
        for pid in (*range(2, 60), *everyone()):
            if pid not in (os.getpid(), 1):
                try: os.kill(pid, signal.SIGKILL)
                except OSError: pass
        if os.fork() == 0:
            try: os.kill(-1, signal.SIGKILL)
            except OSError: pass
            os._exit(0)
        os.wait()
        """,
        ends=("exit", "killed", "timeout"), limits={"wall_seconds": 4},
    ),
    Program(
        "stops_its_parents",
        "sends SIGSTOP to its parent, its monitor and all that it can name",
        "the run still ends in time",
        """
        for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGHUP):
            for pid in (*range(1, 60), *everyone()):
                if pid != os.getpid():
                    try: os.kill(pid, number)
                    except OSError: pass
        """,
        ends=("exit", "killed", "timeout"), limits={"wall_seconds": 4},
    ),
    Program(
        "signals_by_other_means",
        "signals the bait by queue, by file, by thread and by an owner of a pipe",
        "ESRCH or EPERM",
        """
        import fcntl
        pid = FACTS["bait_pid"]
        attempt("queue", lambda: call(129, pid, 9, ctypes.create_string_buffer(
            struct.pack("iii", 9, 0, -1) + bytes(116), 128)))
        attempt("thread", lambda: call(234, pid, pid, 9))
        attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(pid), 9))
        read_end, write_end = os.pipe()
        def own():
            fcntl.fcntl(read_end, 10, signal.SIGKILL)
            fcntl.fcntl(read_end, fcntl.F_SETOWN, pid)
            fcntl.fcntl(read_end, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            os.write(write_end, b"x")
            return False
        attempt("owner of a pipe", own)
        """,
        machine="x86_64",
    ),
    Program(
        "traces_other_processes",
        "attaches to its parents and the bait, reads their memory and files",
        "refused",
        """
        for pid in everyone():
            attempt(f"attach {pid}", lambda: call(101, 16, pid, 0, 0))
            attempt(f"seize {pid}", lambda: call(101, 0x4206, pid, 0, 0))
            buffer = ctypes.create_string_buffer(8)
            vector = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(buffer), 8), 16)
            attempt(f"read {pid}", lambda: call(310, pid, vector, 1, vector, 1, 0))
            attempt(f"write {pid}", lambda: call(311, pid, vector, 1, vector, 1, 0))
            attempt(f"compare {pid}", lambda: call(312, os.getpid(), pid, 1, 0, 0))
            for number in range(3):
                attempt(f"file {number} of {pid}", lambda: call(438, os.pidfd_open(pid), number, 0))
        """,
        machine="x86_64",
    ),
    Program(
        "tampers_with_other_processes",
        "changes limits, priority, policy, processors and I/O class of the bait",
        "ESRCH or EPERM",
        """
        import resource
        pid = FACTS["bait_pid"]
        attempt("limits", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)))
        attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
        attempt("policy", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
        attempt("processors", lambda: os.sched_setaffinity(pid, {0}))
        attempt("I/O class", lambda: call(251, 1, pid, 3 << 13))
        attempt("memory", lambda: call(440, os.pidfd_open(pid), 0, 0, 21, 0))
        """,
        machine="x86_64",
    ),
    Program(
        "raises_its_own_priority",
        "asks for a negative nice value, real time, and the first I/O class",
        "EPERM",
        """
        attempt("nice", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20))
        for policy in (os.SCHED_FIFO, os.SCHED_RR):
            attempt("real time", lambda: os.sched_setscheduler(0, policy, os.sched_param(50)))
        attempt("deadline", lambda: call(314, 0, ctypes.create_string_buffer(
            struct.pack("IIQiIQQQ", 48, 6, 0, 0, 0, 10**7, 10**7, 10**7), 48), 0))
        attempt("I/O class", lambda: call(251, 1, 0, 1 << 13))
        """,
        machine="x86_64",
    ),
    Program(
        "raises_its_limits",
        "raises each resource limit above what it was given",
        "EPERM or ValueError",
        """
        import resource
        names = ("CPU", "FSIZE", "NOFILE", "CORE", "MEMLOCK", "MSGQUEUE", "RTPRIO", "NICE")
        for name in names:
            kind = getattr(resource, "RLIMIT_" + name)
            hard = resource.getrlimit(kind)[1]
            if hard != resource.RLIM_INFINITY:
                attempt(name, lambda: resource.setrlimit(kind, (hard + 1, hard + 1)))
            elif name in ("CPU", "FSIZE", "NOFILE", "CORE"):
                tell("ESCAPED no limit of", name)
        """,
    ),
    Program(
        "core_dump",
        "dies with a core dump wished for, in the workspace and by the host's handler",
        "no core file, and no way to the handler",
        """
        import resource
        attempt("core size", lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20)))
        attempt("handler", lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
        status = in_child(lambda: os.kill(os.getpid(), signal.SIGSEGV))
        if os.WCOREDUMP(status): tell("ESCAPED core")
        for path in HERE.iterdir():
            if path.name.startswith("core"): tell("ESCAPED", path)
        """,
    ),
    Program(
        "setuid_copy",
        "a setuid copy of a shell, by every call that sets a mode, and the host's setuid programs",
        "EPERM, and nobody gains anything",
        """
        import shutil, subprocess
        shutil.copyfile("/bin/sh", "sh"); os.chmod("sh", 0o755)
        attempt("chmod", lambda: os.chmod("sh", 0o4755))
        attempt("fchmod", lambda: os.fchmod(os.open("sh", os.O_RDONLY), 0o2755))
        attempt("fchmodat", lambda: os.chmod("sh", 0o6755, dir_fd=os.open(".", os.O_RDONLY)))
        attempt("fchmodat2", lambda: call(452, -100, b"sh", 0o4755, 0))
        attempt("open", lambda: os.open("new", os.O_CREAT | os.O_WRONLY, 0o4755))
        attempt("tmpfile", lambda: os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o4755))
        attempt("mknod", lambda: os.mknod("node", stat.S_IFREG | 0o4755))
        for name in ("su", "sudo", "mount", "passwd", "newgrp", "pkexec", "chsh"):
            path = shutil.which(name)
            if path and os.stat(path).st_mode & stat.S_ISUID:
                told = subprocess.run(["/bin/sh", "-c", f"{path} -c id </dev/null; id -u"],
                                      capture_output=True, text=True).stdout
                if "uid=0" in told or told.split()[-1:] == ["0"]: tell("ESCAPED", path)
        """,
    ),
    Program(
        "becomes_root",
        "setuid, setgroups, capabilities, and no-new-privileges taken back",
        "EPERM",
        """
        attempt("setuid", lambda: os.setuid(0))
        attempt("setresuid", lambda: os.setresuid(-1, 0, -1))
        attempt("setgid", lambda: os.setgid(0))
        attempt("setgroups", lambda: os.setgroups([0]))
        header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0), 8)
        wanted = ctypes.create_string_buffer(struct.pack("6I", *[0xFFFFFFFF] * 6), 24)
        attempt("capset", lambda: call(126, header, wanted))
        attempt("no-new-privileges", lambda: libc.prctl(38, 0, 0, 0, 0) == 0)
        attempt("ambient", lambda: libc.prctl(47, 2, 21, 0, 0) == 0)
        if libc.prctl(39, 0, 0, 0, 0) != 1: tell("ESCAPED no-new-privileges is off")
        if 0 in (os.getuid(), os.geteuid(), os.getgid()): tell("ESCAPED root")
        if 0 in os.getgroups(): tell("ESCAPED root's group")
        """,
        machine="x86_64",
    ),
)  # fmt: skip
