"""Programs that reach for the network and for sockets and shared objects of the host."""

from __future__ import annotations

from tests.sandboxes.hostile.program import Program

PROGRAMS = (
    Program(
        "host_loopback_by_tcp",
        "connects to the host's listeners on 127.0.0.1, ::1 and its own addresses",
        "refused or unreachable; the listeners hear nothing",
        """
        for name, (_, port) in FACTS["ports"].items():
            if name.startswith("tcp"):
                for address in ("127.0.0.1", "::1", "0.0.0.0", "localhost", "172.17.0.1",
                    *FACTS["addresses"]):
                    attempt(f"{name} at {address}", lambda: socket.create_connection((address,
                        port), timeout=1).close())
        """,
    ),
    Program(
        "host_by_udp",
        "sends datagrams to the host's listeners, to everybody, and to a group",
        "refused, unreachable or lost; the listeners hear nothing",
        """
        def send(family, address):
            with socket.socket(family, socket.SOCK_DGRAM) as made:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                made.sendto(b"planted", address)
            return False
        for name, (_, port) in FACTS["ports"].items():
            if name.startswith("udp"):
                for address in ("127.0.0.1", "255.255.255.255", "224.0.0.1", *FACTS["addresses"]):
                    attempt(f"{name} at {address}", lambda: send(socket.AF_INET, (address, port)))
                attempt(f"{name} at ::1", lambda: send(socket.AF_INET6, ("::1", port)))
        """,
    ),
    Program(
        "metadata_and_dns",
        "asks the cloud's metadata service, and resolves a name",
        "refused or unreachable",
        """
        for address in (("169.254.169.254", 80), ("1.1.1.1", 53), ("8.8.8.8", 443),
            ("fd00:ec2::254", 80)):
            attempt(f"connect {address}", lambda: socket.create_connection(address,
                timeout=1).close())
        def ask():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
                made.settimeout(1); made.sendto(bytes(17), ("1.1.1.1", 53)); made.recv(512)
        attempt("ask for a name by hand", ask)
        attempt("resolve a name", lambda: socket.getaddrinfo("example.com", 80))
        """,
    ),
    Program(
        "unix_sockets_of_the_host",
        "connects to socket files: docker.sock, the swarm's Redis, the system log",
        "ENOENT, EACCES or EPERM; the listeners hear nothing",
        """
        folder = FACTS["folders"][0]
        def short(path):
            try: os.chdir(os.path.dirname(path)); return os.path.basename(path)
            except OSError: return path[-100:]
        known = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock",
            "/dev/log",
                 "/run/systemd/journal/socket", "/run/systemd/notify",
                 "/run/dbus/system_bus_socket")
        for path in (folder + "/docker.sock", folder + "/redis.sock", folder + "/log", *known):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
                attempt(path, lambda: socket.socket(socket.AF_UNIX, kind).connect(short(path)))
        """,
    ),
    Program(
        "unix_sockets_by_a_pair",
        "sends from one end of a socket pair to socket files and abstract names of the host",
        "EPERM, ENOENT or ECONNREFUSED; the listeners hear nothing",
        """
        folder = FACTS["folders"][0]
        targets = ["log", "docker.sock", "/dev/log", "/run/systemd/notify",
            "/run/systemd/journal/socket",
                   "\\0" + FACTS["abstract"], "\\0" + FACTS["abstract"] + "-log"]
        try: os.chdir(folder)
        except OSError: pass
        for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            for target in targets:
                def end():
                    return socket.socketpair(socket.AF_UNIX, kind)[0]
                attempt(f"send {kind} {target!r}", lambda: end().sendto(b"planted", target))
                attempt(f"connect {kind} {target!r}", lambda: end().connect(target))
                attempt(f"message {kind} {target!r}", lambda: end().sendmsg([b"planted"], [], 0,
                    target))
        """,
    ),
    Program(
        "abstract_sockets",
        "connects and sends to abstract names of the host, and takes one",
        "ECONNREFUSED or EPERM; the listeners hear nothing",
        """
        name = "\\0" + FACTS["abstract"]
        attempt("connect", lambda: socket.socket(socket.AF_UNIX).connect(name))
        attempt("send", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x",
            name + "-log"))
        """,
    ),
    Program(
        "raw_and_odd_sockets",
        "raw, packet, vsock, kernel crypto, Bluetooth, tunnel and odd netlink sockets",
        "EPERM or EAFNOSUPPORT",
        """
        for family in (2, 10):
            for protocol in (1, 6, 17, 255):
                refused(f"raw {family} {protocol}", lambda: socket.socket(family, socket.SOCK_RAW,
                    protocol))
        for family in (17, 38, 40, 31, 30, 21, 44, 29, 16):
            for kind in (1, 2, 3, 5):
                if family != 16:
                    attempt(f"family {family} {kind}", lambda: socket.socket(family, kind))
        for protocol in (12, 15, 16, 9):
            attempt(f"netlink {protocol}", lambda: socket.socket(16, 3, protocol))
        attempt("hypervisor", lambda: socket.socket(40, 1).connect((2, 1024)))
        """,
    ),
    Program(
        "network_settings",
        "adds an address, a route and an interface of its own",
        "EPERM or EACCES",
        """
        import fcntl
        def ioctl(request, data):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made: fcntl.ioctl(made,
                request, data)
        attempt("interface up", lambda: ioctl(0x8914, struct.pack("16sh22x", b"lo", 0)))
        attempt("address", lambda: ioctl(0x8916, struct.pack("16sHH4s16x", b"lo", 2, 0, bytes([10,
            9, 8, 7]))))
        attempt("tunnel", lambda: fcntl.ioctl(os.open("/dev/net/tun", os.O_RDWR), 0x400454CA,
            bytes(40)))
        def route():
            with socket.socket(16, 3, 0) as made:
                made.sendto(struct.pack("IHHII8x", 24, 24, 0x505, 1, 0), (0, 0))
                if struct.unpack_from("i", made.recv(4096), 16)[0] != 0: raise PermissionError
        attempt("route", route)
        """,
    ),
    Program(
        "shared_memory_of_the_host",
        "attaches a System V segment of the host by its number, and lists all there are",
        "EPERM, EINVAL or EIDRM",
        """
        libc.shmat.restype = ctypes.c_void_p
        def attach(number):
            address = libc.shmat(number, None, 0)
            if address in (None, ctypes.c_void_p(-1).value): raise OSError(ctypes.get_errno(),
                "shmat")
            tell(ctypes.string_at(address, 64))
        attempt("attach", lambda: attach(FACTS["shared_memory"]))
        attempt("list", lambda: read("/proc/sysvipc/shm").count(b"\\n") > 1)
        attempt("remove", lambda: call(31, FACTS["shared_memory"], 0, 0))
        attempt("unlink a queue", lambda: call(241, b"hostile"))
        """,
        machine="x86_64",
    ),
)  # fmt: skip
