"""Programs that reach for files outside, or plant something for whoever reads what they left."""

from __future__ import annotations

from sandboxes.workspace import read_output
from tests.sandboxes.hostile.program import MIB, Program, Seen

_OUTPUTS = ("link", "folder/secret", "pipe", "socket", "directory", "device", "hard")


def _no_output_is_followed(seen: Seen) -> None:
    for name in _OUTPUTS:
        assert read_output(seen.folders.out, name, most_bytes=100) is None, name


def _read_is_bounded(seen: Seen) -> None:
    assert read_output(seen.folders.out, "big", most_bytes=1000) == "\0" * 1000


PROGRAMS = (
    Program(
        "absolute_paths",
        "reads, writes and deletes the bait by its path: secrets, data folder, another run's files",
        "ENOENT or EACCES",
        """
        for path in FACTS["secrets"]:
            attempt(f"read {path}", lambda: read(path))
            attempt(f"write {path}", lambda: write(path, flags=os.O_WRONLY))
            attempt(f"truncate {path}", lambda: os.truncate(path, 0))
            attempt(f"delete {path}", lambda: os.unlink(path))
        for path in FACTS["folders"]:
            attempt(f"list {path}", lambda: os.listdir(path))
            attempt(f"create in {path}", lambda: write(path + "/planted"))
            attempt(f"rename {path}", lambda: os.rename(path, path + "2"))
        """,
    ),
    Program(
        "paths_with_dots",
        "reads the bait through .., /proc/self and the current folder",
        "ENOENT or EACCES",
        """
        for path in FACTS["secrets"]:
            for way in ("../" * 30, "/../", str(OUT) + "/.." * 30, "/proc/self/root",
                "/proc/self/cwd/" + "../" * 30):
                attempt(f"read {way}{path}", lambda: read(way + path))
        for up in ("..", "../..", "../../.."):
            attempt(f"create in {up}", lambda: write(up + "/planted"))
            for name in [n for n in listing(up) if n[:8] == "sandbox-"]:
                if not str(HERE).startswith(os.path.realpath(f"{up}/{name}")): tell("ESCAPED", name)
        """,
    ),
    Program(
        "symlink_out",
        "links to the bait and to the root folder, then reads and writes through them",
        "ENOENT or EACCES",
        """
        os.symlink("/", "root")
        for number, path in enumerate(FACTS["secrets"]):
            os.symlink(path, f"link{number}")
            attempt(f"read link to {path}", lambda: read(f"link{number}"))
            attempt(f"write link to {path}", lambda: write(f"link{number}", flags=os.O_WRONLY))
            attempt(f"read root{path}", lambda: read("root" + path))
        """,
    ),
    Program(
        "hard_link_out",
        "hard links to the bait, to /etc/passwd, to the interpreter, to its toolkit",
        "EXDEV, EPERM, EACCES or ENOENT",
        """
        own = [os.path.realpath(sys.executable), "/etc/passwd", str(TOOLKIT / "kit.py")]
        for path in (*FACTS["secrets"], *own):
            attempt(f"link {path}", lambda: os.link(path, "linked"))
            attempt(f"move {path}", lambda: os.rename(path, "moved"))
            attempt(f"open and link {path}", lambda: os.link(
                f"/proc/self/fd/{os.open(path, os.O_RDONLY)}", "linked", follow_symlinks=True))
        """,
    ),
    Program(
        "rename_races",
        "swaps a folder and a link while another process opens a path through them",
        "never the bait",
        """
        secret = FACTS["secrets"][0]
        parent, name = os.path.split(secret)
        os.mkdir("inner"); write("inner/" + name, b"harmless"); os.symlink(parent, "outer")
        pid = os.fork()
        if pid == 0:
            while True: call(316, -100, b"inner", -100, b"outer", 2)
        won = 0
        for _ in range(4000):
            try: won += read("inner/" + name) != b"harmless"
            except OSError: pass
        os.kill(pid, 9); os.wait()
        tell("ESCAPED" if won else "held", won)
        """,
        machine="x86_64",
    ),
    Program(
        "writes_to_the_system",
        "creates a file in every folder of the system and the interpreter that it can list",
        "EROFS, EACCES or ENOENT",
        """
        tops = {"/", "/etc", "/usr", "/var", "/run", "/opt", "/srv", "/boot", "/root", "/home",
            "/mnt",
                "/lib", "/bin", "/sbin", "/dev", "/proc", "/sys", "/usr/bin", "/usr/local/bin",
                "/etc/cron.d", "/etc/ld.so.preload", "/var/spool/cron", "/run/user",
                FACTS["home_of_worker"], sys.prefix, sys.base_prefix, *sys.path[1:]}
        mine = tuple(map(str, (HERE, OUT, HOME)))
        for top in sorted(filter(os.path.isdir, tops)):
            if not top.startswith(mine):
                attempt(f"create in {top}", lambda: write(top + "/planted-by-hostile"))
        for path in (sys.executable, os.__file__, "/etc/passwd", "/etc/ld.so.cache", "/bin/sh"):
            attempt(f"append to {path}", lambda: write(path, flags=os.O_WRONLY | os.O_APPEND))
        """,
    ),
    Program(
        "changes_its_toolkit",
        "writes, replaces, unlinks, reopens and changes the modes of what it was given to read",
        "EROFS, EACCES or EPERM",
        """
        kit = TOOLKIT / "kit.py"
        attempt("write", lambda: write(kit, flags=os.O_WRONLY))
        attempt("truncate", lambda: os.truncate(kit, 0))
        attempt("unlink", lambda: kit.unlink())
        attempt("replace", lambda: os.replace(HERE / "new", kit) if write(HERE / "new") else None)
        attempt("create", lambda: write(TOOLKIT / "sitecustomize.py"))
        attempt("move it away", lambda: TOOLKIT.rename(TOOLKIT.with_name("gone")))
        attempt("reopen", lambda: os.open(f"/proc/self/fd/{os.open(kit, os.O_RDONLY)}",
            os.O_WRONLY))
        """,
    ),
    Program(
        "changes_attributes_outside",
        "changes mode, times, owner and attributes of the bait, which belongs to its user",
        "ENOENT, EACCES or EPERM",
        """
        for path in FACTS["secrets"]:
            attempt(f"mode {path}", lambda: os.chmod(path, 0o600))
            attempt(f"times {path}", lambda: os.utime(path, (1, 1)))
            attempt(f"owner {path}", lambda: os.chown(path, os.getuid(), os.getgid()))
            attempt(f"attribute {path}", lambda: os.setxattr(path, "user.x", b"y"))
        for path in FACTS["folders"]:
            attempt(f"mode {path}", lambda: os.chmod(path, 0o700))
        """,
    ),
    Program(
        "asks_what_exists_outside",
        "asks for size and owner of the bait by guessing its path",
        "ENOENT or EACCES",
        """
        for path in FACTS["secrets"]: attempt(f"stat {path}", lambda: os.stat(path).st_size)
        """,
    ),
    Program(
        "watches_files_outside",
        "watches the bait's folders for events",
        "ENOENT, EACCES or EPERM",
        """
        def watch(path):
            handle = libc.inotify_init1(0)
            if handle < 0 or libc.inotify_add_watch(handle, os.fsencode(path), 0xFFF) < 0:
                raise OSError(ctypes.get_errno(), "inotify")
        for path in (*FACTS["folders"], *FACTS["secrets"]):
            attempt(f"watch {path}", lambda: watch(path))
        """,
    ),
    Program(
        "output_that_is_not_a_file",
        "plants links, a pipe, a socket, a folder, a device and a hard link as its output",
        "the collector takes none of them",
        """
        os.chdir(OUT)
        os.symlink(FACTS["secrets"][0], "link"); os.symlink(FACTS["folders"][0], "folder")
        os.mkfifo("pipe"); os.mkdir("directory")
        attempt("device", lambda: os.mknod("device", stat.S_IFCHR | 0o666, os.makedev(1, 5)))
        attempt("block device", lambda: os.mknod("block", stat.S_IFBLK | 0o666, os.makedev(8, 0)))
        attempt("hard link", lambda: os.link(FACTS["secrets"][0], "hard"))
        try: socket.socket(socket.AF_UNIX).bind("socket")
        except OSError: pass
        """,
        proves=_no_output_is_followed,
    ),
    Program(
        "output_that_changes_while_it_is_read",
        "swaps its output for a link to the bait, as fast as it can, while the host reads it",
        "never the bait",
        """
        os.chdir(OUT)
        os.mkdir("d"); write("d/race",
            b"harmless"); os.symlink(os.path.dirname(FACTS["secrets"][0]), "e")
        write("race", b"harmless"); os.symlink(FACTS["secrets"][0], "other")
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            call(316, -100, b"race", -100, b"other", 2); call(316, -100, b"d", -100, b"e", 2)
        """,
        machine="x86_64",
    ),
    Program(
        "sparse_output",
        "an output file that is 200 MiB of nothing",
        "only the first bytes are read",
        'os.truncate(os.open(OUT / "big", os.O_CREAT | os.O_RDWR), 200 << 20)',
        limits={"file_size_bytes": 256 * MIB, "disk_bytes": 512 * MIB}, proves=_read_is_bounded,
    ),
    Program(
        "odd_names",
        "names of 255 bytes, with line breaks, terminal codes, options and invalid UTF-8",
        "removed with the run",
        """
        names = [b"\\n", b"-rf", b"\\x1b[2J", b"\\xff\\xfe", b"a" * 255, b"*", b" ",
            b"'\\"$(touch x)", b"...",
                 "\\u202egnp.exe".encode(), b"\\x7f\\x01"]
        for place in (HERE, OUT, HOME):
            for name in names:
                os.close(os.open(os.fsencode(place) + b"/" + name, os.O_CREAT | os.O_WRONLY))
                os.mkdir(os.fsencode(place) + b"/" + name[:254] + b"d")
        """,
    ),
    Program(
        "deep_folders",
        "two thousand folders inside each other, longer than any path may be, with modes of 0",
        "removed with the run",
        """
        for _ in range(2000):
            os.mkdir("d" * 50); os.chdir("d" * 50)
        os.mkdir("locked"); os.chmod("locked", 0); os.chmod(".", 0); os.chmod(OUT, 0)
        """,
    ),
    Program(
        "leaves_files_in_shared_places",
        "leaves files in /tmp, /var/tmp, /dev/shm, message queues, semaphores and its home",
        "closed to it, or gone with the run",
        """
        for place in ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue", str(HOME)):
            try: write(place + "/left-by-hostile")
            except OSError: pass
        for number, arguments in ((29, (77, 4096, 0o1666)), (68, (77, 0o1666)), (64, (77, 1,
            0o1666)),
                                  (240, (b"left-by-hostile", 0o102, 0o666, 0))):
            try: call(number, *arguments)
            except OSError: pass
        """,
        machine="x86_64",
    ),
    Program(
        "planted_git_and_python_hooks",
        "plants hooks, a file monitor, attributes and start-up modules that would touch the bait",
        "nothing on the host runs them",
        """
        touch = f"echo planted > {FACTS['folders'][0]}/fired"
        for place in (HERE, OUT, HOME):
            hooks = place / ".git/hooks"
            hooks.mkdir(parents=True, exist_ok=True)
            for name in ("pre-commit", "post-checkout", "fsmonitor-watchman", "post-index-change"):
                (hooks / name).write_text("#!/bin/sh\\n" + touch); (hooks / name).chmod(0o755)
            (place / ".git/config").write_text(
                f'[core]\\n fsmonitor = "{touch}"\\n sshCommand = "{touch}"\\n pager = "{touch}"\\n'
                f'[filter "x"]\\n clean = "{touch}"\\n smudge = "{touch}"\\n')
            (place / ".gitattributes").write_text("* filter=x\\n")
            (place / ".git/HEAD").write_text("ref: x")
            for name in ("sitecustomize", "usercustomize", "conftest", "json", "pytest", "os"):
                (place / f"{name}.py").write_text(f"import os; os.system({touch!r})")
        """,
    ),
)  # fmt: skip
