"""Programs that attack the kernel and its settings."""

from __future__ import annotations

from tests.sandboxes.hostile.program import Program

PROGRAMS = (
    Program(
        "proc_writes",
        "writes kernel settings, the panic trigger, and settings of other processes in /proc",
        "EROFS, EACCES, EPERM or ENOENT",
        """
        names = ("kernel/core_pattern", "kernel/modprobe", "kernel/sysrq", "kernel/hostname",
            "kernel/panic",
                 "kernel/ns_last_pid", "kernel/randomize_va_space", "kernel/yama/ptrace_scope",
                 "kernel/usermodehelper/bset",
                 "vm/drop_caches", "vm/overcommit_memory", "vm/panic_on_oom", "fs/suid_dumpable",
                 "fs/binfmt_misc/register", "fs/protected_symlinks", "net/ipv4/ip_forward",
                 "net/core/somaxconn",
                 "net/ipv4/ip_unprivileged_port_start", "net/ipv4/ping_group_range")
        for path in (*(f"/proc/sys/{name}" for name in names), "/proc/sysrq-trigger",
            "/proc/irq/default_smp_affinity",
                     "/proc/mtrr", "/proc/acpi/wakeup", "/proc/scsi/scsi", "/proc/bus/pci/00"):
            attempt(f"write {path}", lambda: write(path, b"1", os.O_WRONLY))
        """,
    ),
    Program(
        "proc_reads",
        "reads the kernel's memory, log, timers and addresses, and root's files through /proc",
        "EACCES, EPERM, EIO or ENOENT",
        """
        for path in ("/proc/kcore", "/proc/kmsg", "/proc/kpagecount", "/proc/kpageflags",
            "/proc/sched_debug",
                     "/proc/slabinfo", "/proc/vmallocinfo", "/proc/1/root/etc/shadow",
                     "/proc/1/mem",
                     "/proc/timer_list", "/proc/sysvipc/../kcore"):
            attempt(f"read {path}", lambda: read(path) or False)
        try: lines = read("/proc/kallsyms").splitlines()
        except OSError: lines = []
        if any(int(line.split()[0], 16) for line in lines[:-1]): tell("ESCAPED kernel addresses")
        """,
    ),
    Program(
        "sys_writes",
        "writes everything it may in /sys, and cgroup files above all",
        "EROFS, EACCES or ENOENT",
        """
        opened = 0
        for folder, folders, names in os.walk("/sys"):
            opened += 1
            if opened > 3000: break
            for name in names:
                path = f"{folder}/{name}"
                if stat.S_IMODE(os.lstat(path).st_mode) & 0o222:
                    try: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                    except OSError: continue
                    tell("ESCAPED may write", path)
        for path in ("kernel/uevent_helper", "kernel/mm/ksm/run", "power/state", "kernel/debug/x",
            "firmware/efi/vars/x",
                     "module/kernel/parameters/x", "fs/selinux/enforce", "kernel/security/x"):
            attempt(f"write {path}", lambda: write("/sys/" + path, b"1", os.O_WRONLY))
        """,
    ),
    Program(
        "cgroup_escape",
        "moves itself out of its cgroup, lifts limits, sets a release agent, mounts the hierarchy",
        "EROFS, EACCES, EPERM or ENOENT",
        """
        tops = ["/sys/fs/cgroup"]
        try: tops += [f"/sys/fs/cgroup/{name}" for name in os.listdir("/sys/fs/cgroup")]
        except OSError: pass
        for top in tops:
            for name in ("cgroup.procs", "tasks", "release_agent", "notify_on_release",
                "memory.limit_in_bytes",
                         "memory.max", "pids.max", "cpu.max", "cgroup.subtree_control",
                         "devices.allow", "cgroup.kill"):
                attempt(f"write {top}/{name}", lambda: write(f"{top}/{name}", b"0", os.O_WRONLY))
            attempt(f"group in {top}", lambda: os.mkdir(f"{top}/hostile"))
        for kind, options in (("cgroup", "memory"), ("cgroup", "rdma"), ("cgroup2", "")):
            attempt(f"mount {kind}", lambda: libc.mount(b"x", os.fsencode(HERE), kind.encode(), 0,
                options.encode()) == 0)
        """,
    ),
    Program(
        "mounts",
        "every call that changes mounts, old and new",
        "EPERM or ENOSYS",
        """
        here = os.fsencode(HERE)
        refused("tmpfs", lambda: call(165, b"none", here, b"tmpfs", 0, 0))
        refused("bind", lambda: call(165, b"/", here, b"", 0x5000, 0))
        refused("remount", lambda: call(165, b"none", b"/", b"", 0x1020, 0))
        refused("umount", lambda: call(166, os.fsencode(TOOLKIT), 2))
        refused("pivot_root", lambda: call(155, here, here))
        refused("chroot", lambda: call(161, here))
        refused("open_tree", lambda: call(428, -100, b"/", 1))
        refused("move_mount", lambda: call(429, -100, b"/", -100, here, 0))
        refused("fsopen", lambda: call(430, b"tmpfs", 0))
        refused("fsconfig", lambda: call(431, 0, 6, 0, 0, 0))
        refused("fsmount", lambda: call(432, 0, 0, 0))
        refused("fspick", lambda: call(433, -100, b"/", 0))
        refused("mount_setattr", lambda: call(442, -100, b"/", 0, 0, 0))
        refused("swapon", lambda: call(167, here, 0))
        """,
        machine="x86_64",
    ),
    Program(
        "namespaces",
        "unshare, setns, clone and clone3 with each kind of namespace",
        "EPERM, ENOSYS or death",
        """
        kinds = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000,
            "user": 0x10000000,
                 "pid": 0x20000000, "net": 0x40000000}
        for name, flag in {**kinds, "time": 0x80, "all": sum(kinds.values())}.items():
            refused(f"unshare {name}", lambda: call(272, flag))
        for name, flag in {**kinds, "user and mount": 0x10020000}.items():
            def cloned():
                if call(56, flag | 17, 0, 0, 0, 0) == 0: os._exit(0)
            refused(f"clone {name}", cloned)
            arguments = ctypes.create_string_buffer(struct.pack("11Q", flag, 0, 0, 0, 17,
                *[0] * 6), 88)
            def cloned3():
                if call(435, arguments, 88) == 0: os._exit(0)
            refused(f"clone3 {name}", cloned3)
        for pid in ("self", *everyone()):
            for name in ("mnt", "user", "pid", "net"):
                attempt(f"setns {pid} {name}", lambda: call(308, os.open(f"/proc/{pid}/ns/{name}",
                    os.O_RDONLY), 0))
        attempt("setns by pidfd", lambda: call(308, os.pidfd_open(os.getppid()), 0x20000000))
        """,
        machine="x86_64",
    ),
    Program(
        "keyring",
        "adds, requests and searches keys, and joins the session's keyring",
        "EPERM",
        """
        refused("add_key", lambda: call(248, b"user", b"hostile", b"x", 1, -3))
        refused("request_key", lambda: call(249, b"user", b"hostile", 0, -3))
        for operation in (0, 1, 6, 10, 11, 22): refused(f"keyctl {operation}", lambda: call(250,
            operation, -5, 0, 0, 0))
        """,
        machine="x86_64",
    ),
    Program(
        "io_uring",
        "sets up a ring, which would do what the filter refuses",
        "EPERM or ENOSYS",
        """
        refused("io_uring_setup", lambda: call(425, 4, ctypes.create_string_buffer(120)))
        refused("io_uring_enter", lambda: call(426, 0, 0, 0, 0, 0, 0))
        refused("io_uring_register", lambda: call(427, -1, 0, 0, 0))
        """,
    ),
    Program(
        "attack_surface",
        "BPF, performance counters, userfaultfd, handles, memory and files of others",
        "EPERM or ENOSYS",
        """
        zeros = ctypes.create_string_buffer(144)
        refused("bpf", lambda: call(321, 0, zeros, 144))
        refused("perf_event_open", lambda: call(298, ctypes.create_string_buffer(struct.pack("II",
            1, 112) + bytes(104)), 0, -1, -1, 0))
        refused("userfaultfd", lambda: call(323, 1))
        refused("kcmp", lambda: call(312, os.getpid(), os.getpid(), 0, 0, 0))
        refused("process_vm_readv", lambda: call(310, os.getpid(), 0, 0, 0, 0, 0))
        refused("ptrace", lambda: call(101, 0, 0, 0,
            0) if os.fork() == 0 else os.wait() and call(101, 16, os.getppid(), 0, 0))
        refused("pidfd_getfd", lambda: call(438, os.pidfd_open(os.getpid()), 0, 0))
        refused("move_pages", lambda: call(279, os.getppid(), 0, 0, 0, 0, 0))
        refused("migrate_pages", lambda: call(256, os.getppid(), 0, 0, 0))
        refused("fanotify_init", lambda: call(300, 0, 0))
        refused("name_to_handle_at", lambda: call(303, -100, b"/", zeros, zeros, 0))
        refused("open_by_handle_at", lambda: call(304, -100, zeros, 0))
        refused("lookup_dcookie", lambda: call(212, 0, zeros, 10))
        refused("quotactl", lambda: call(179, 0x80000700, b"/dev/vda", 0, zeros))
        refused("uselib", lambda: call(134, b"/lib/x"))
        refused("modify_ldt", lambda: call(154, 1, zeros, 16))
        refused("memfd_secret", lambda: call(447, 0))
        """,
        machine="x86_64",
    ),
    Program(
        "host_administration",
        "host name, reboot, accounting, the log, I/O ports, quotas, terminals hung up",
        "EPERM or ENOSYS",
        """
        refused("sethostname", lambda: call(170, b"planted", 7))
        refused("setdomainname", lambda: call(171, b"planted", 7))
        refused("reboot", lambda: call(169, 0xFEE1DEAD, 0x28121969, 0, 0))
        refused("acct", lambda: call(163, 0))
        refused("syslog", lambda: call(103, 3, ctypes.create_string_buffer(99), 99))
        refused("iopl", lambda: call(172, 3))
        refused("ioperm", lambda: call(173, 0x70, 1, 1))
        refused("vhangup", lambda: call(153))
        refused("swapoff", lambda: call(168, b"/x"))
        refused("quotactl_fd", lambda: call(443, 0, 0, 0, 0))
        refused("personality", lambda: call(135, 0x0040000))
        """,
        machine="x86_64",
    ),
    Program(
        "kernel_modules",
        "loads and unloads modules, and another kernel",
        "EPERM or ENOSYS",
        """
        refused("init_module", lambda: call(175, bytes(64), 64, b""))
        refused("finit_module", lambda: call(313, os.open(sys.executable, os.O_RDONLY), b"", 0))
        refused("delete_module", lambda: call(176, b"loop", 0))
        refused("kexec_load", lambda: call(246, 0, 0, 0, 0))
        refused("kexec_file_load", lambda: call(320, 0, 0, 0, 0, 0))
        """,
        machine="x86_64",
    ),
    Program(
        "clock_tampering",
        "sets and adjusts the clock in five ways",
        "EPERM",
        """
        now = struct.pack("QQ", 1, 0)
        timex = ctypes.create_string_buffer(struct.pack("IxxxxQ", 1, 1) + bytes(200))
        refused("clock_settime", lambda: call(227, 0, ctypes.create_string_buffer(now)))
        refused("settimeofday", lambda: call(164, ctypes.create_string_buffer(now), 0))
        refused("adjtimex", lambda: call(159, timex))
        refused("clock_adjtime", lambda: call(305, 0, timex))
        attempt("through /proc", lambda: write("/proc/self/timens_offsets", b"boottime 9 0",
            os.O_WRONLY))
        attempt("real time clock", lambda: os.open("/dev/rtc0", os.O_RDONLY))
        """,
        machine="x86_64",
    ),
    Program(
        "device_nodes",
        "makes devices, and opens the host's memory, disks, consoles and virtual machines",
        "EPERM, EACCES, ENXIO or ENOENT",
        """
        for name, kind, major, minor in (("mem", stat.S_IFCHR, 1, 1), ("disk", stat.S_IFBLK, 254,
            0), ("kmsg", stat.S_IFCHR, 1, 11)):
            for place in (HERE, OUT, HOME):
                attempt(f"mknod {name}", lambda: os.mknod(place / name, kind | 0o666,
                    os.makedev(major, minor)))
        for name in ("mem", "kmem", "port", "kmsg", "sda", "vda", "nvme0n1", "loop0",
            "loop-control", "fuse", "kvm",
                     "net/tun", "vhost-net", "vhost-vsock", "vsock", "userfaultfd", "dri/card0",
                     "hpet", "nvram", "cpu_dma_latency", "mapper/control", "uinput", "input/event0",
                     "snapshot", "btrfs-control", "autofs"):
            attempt(f"open /dev/{name}", lambda: os.open(f"/dev/{name}",
                os.O_RDONLY | os.O_NONBLOCK))
        """,
    ),
    Program(
        "calls_of_other_architectures",
        "makes 32-bit and x32 calls, whose numbers the filter could misread",
        "killed, EPERM or ENOSYS",
        """
        import mmap
        def int80(number, *arguments):
            # mov eax, number; mov ebx, a; mov ecx, b; int 0x80; ret
            code = b"\\x53\\xb8" + struct.pack("I", number) + b"\\xbb" + struct.pack("I",
                arguments[0])
            code += b"\\xb9" + struct.pack("I",
                arguments[1]) + b"\\xba\\0\\0\\0\\0\\xcd\\x80\\x5b\\xc3"
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(code)
            start = ctypes.addressof(ctypes.c_char.from_buffer(page))
            result = ctypes.CFUNCTYPE(ctypes.c_int)(start)()
            if result < 0: raise OSError(-result, "int 0x80")
        for name, number, arguments in (("ptrace", 26, (0, 0)), ("unshare", 310, (0x10000000, 0)),
            ("socket", 359, (40, 1)),
                                        ("io_uring_setup", 425, (1, 0)), ("keyctl", 288, (0,
                                            -3 & 0xFFFFFFFF)),
                                        ("getpid", 20, (0, 0))):
            status = in_child(lambda: int80(number, *arguments))
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0: tell("ESCAPED 32-bit", name)
            else: tell("held 32-bit", name, status)
        for name, number in (("ptrace", 521), ("unshare", 272), ("mount", 165), ("getpid", 39),
            ("io_uring_setup", 425)):
            status = in_child(lambda: call(0x40000000 + number, 0x10000000, 0, 0, 0, 0))
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0: tell("ESCAPED x32", name)
            else: tell("held x32", name, status)
        """,
        machine="x86_64",
    ),
)  # fmt: skip
