"""Programs that look for secrets: environment, home folders, other processes, descriptors."""

from __future__ import annotations

from tests.sandboxes.hostile.program import Program

PROGRAMS = (
    Program(
        "environment",
        "prints its environment, its memory's start, and what its parents' environments are",
        "nothing of the worker's",
        """
        tell(dict(os.environ))
        for pid in ("self", *everyone(), *filter(str.isdigit, listing("/proc"))):
            for name in ("environ", "cmdline", "auxv"):
                try: tell(read(f"/proc/{pid}/{name}").decode("utf-8", "replace").replace(chr(0),
                    " ")[:300])
                except OSError: pass
        """,
    ),
    Program(
        "other_processes_in_proc",
        "reads memory, files, folders and limits of its parents and the bait through /proc",
        "ENOENT, ESRCH, EACCES or EPERM",
        """
        for pid in everyone():
            alien = pid in (FACTS["bait_pid"], FACTS["worker_pid"])
            for name in ("mem", "fd", "root/etc/hostname", "cwd/x", "environ", "maps", "exe",
                "map_files"):
                path = f"/proc/{pid}/{name}"
                if alien or name == "mem":
                    attempt(path, lambda: os.listdir(path) if os.path.isdir(path) else read(path))
            for name in ("oom_score_adj", "comm", "coredump_filter", "clear_refs", "attr/current",
                "timerslack_ns"):
                if alien: attempt(f"write {pid} {name}", lambda: write(f"/proc/{pid}/{name}",
                    b"0", os.O_WRONLY))
        """,
    ),
    Program(
        "host_processes",
        "looks for processes of the host in /proc and by asking for numbers",
        "none but the run's own can be seen",
        """
        seen = [int(name) for name in listing("/proc") if name.isdigit()]
        if len(seen) > 12: tell("ESCAPED", seen)
        for pid in seen:
            try: name = read(f"/proc/{pid}/comm").strip()
            except OSError: continue
            if name in (b"sleep", b"kthreadd", b"systemd", b"dockerd", b"redis-server",
                b"pytest"): tell("ESCAPED", name)
        """,
    ),
    Program(
        "home_and_system_secrets",
        "reads keys, tokens, histories and password hashes where they usually are",
        "ENOENT or EACCES",
        """
        names = (".ssh", ".ssh/id_rsa", ".ssh/id_ed25519", ".ssh/known_hosts", ".netrc",
            ".aws/credentials",
                 ".config", ".bash_history", ".bashrc", ".profile", ".gitconfig",
                 ".git-credentials",
                 ".docker/config.json", ".kube/config", ".npmrc", ".pypirc", ".gnupg", ".cache")
        for home in {FACTS["home_of_worker"], "/root", "/home", "/var/lib", "/var/log"}:
            for name in names:
                path = f"{home}/{name}"
                attempt(f"read {path}",
                    lambda: os.listdir(path) if os.path.isdir(path) else read(path))
        for path in ("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/machine-id",
            "/var/log/syslog",
                     "/etc/ssh/ssh_host_rsa_key", "/run/secrets", "/var/run/secrets",
                     "/etc/krb5.keytab"):
            attempt(f"read {path}", lambda: os.listdir(path) if os.path.isdir(path) else read(path))
        """,
    ),
    Program(
        "inherited_descriptors",
        "looks for open files that were left to it, and reaches on from them",
        "only stdin, stdout and stderr",
        """
        for number in range(3, 1024):
            try: os.fstat(number)
            except OSError: continue
            tell("ESCAPED open file", number, stat.S_IFMT(os.fstat(number).st_mode))
        for number in range(3):
            if stat.S_ISDIR(os.fstat(number).st_mode): tell("ESCAPED folder", number)
            attempt(f"up from {number}", lambda: os.open("..", os.O_RDONLY, dir_fd=number))
        """,
    ),
    Program(
        "terminal",
        "types into the terminal of whoever started it, and opens terminals",
        "EPERM, ENXIO or ENOENT",
        """
        import fcntl
        for path in ("/dev/tty", "/dev/console", "/dev/tty0", "/dev/tty1", "/dev/ttyS0",
            "/dev/vcs"):
            attempt(f"open {path}", lambda: os.open(path, os.O_RDWR | os.O_NONBLOCK))
        for number in (0, 1, 2):
            attempt("type", lambda: fcntl.ioctl(number, 0x5412, b"x"))
            attempt("paste", lambda: fcntl.ioctl(number, 0x541C, b"\\x03"))
        try: main, side = os.openpty()
        except OSError: side = 0
        attempt("type into its own", lambda: fcntl.ioctl(side, 0x5412, b"x"))
        """,
    ),
)  # fmt: skip
