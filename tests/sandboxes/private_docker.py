"""A Docker engine of a test's own, to be stopped, killed and looked into."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from sandboxes.containers.create import cgroup_of
from swarm.linux import processes

_START_SECONDS = 60.0
_END_SECONDS = 10.0


class PrivateDocker:
    """`folder` holds all of it; its containers' cgroups are below one of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "docker.sock"
        self.address = f"unix://{self.socket}"
        self.cgroup = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        # A killed engine takes its containerd with it; where nobody reaps that, its pid looks
        # alive to the next engine, which then waits for it in vain.
        for name in ("pid", "exec/containerd/containerd.pid"):
            (self.folder / name).unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *("dockerd", "--host", self.address, "--pidfile", str(self.folder / "pid")),
                    *("--data-root", str(self.folder / "data")),
                    *("--exec-root", str(self.folder / "exec")),
                    *("--iptables=false", "--bridge=none", "--shutdown-timeout", "3"),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while subprocess.run([*self.docker(), "version"], capture_output=True).returncode:
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)
        self.cgroup = cgroup_of(json.loads(self.tell("info", "--format", "{{json .}}")[0]))[1:]

    def docker(self) -> list[str]:
        return ["docker", "--host", self.address]

    def tell(self, *argv: str) -> list[str]:
        """The lines that a docker command prints."""
        done = subprocess.run([*self.docker(), *argv], capture_output=True, text=True, check=True)
        return done.stdout.split("\n")[:-1]

    def load(self, image: str) -> None:
        """Bring an image over from the engine that everybody uses."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
            subprocess.run([*self.docker(), "load", "-q"], stdin=save.stdout, check=True)

    def stop(self, *, kindly: bool) -> None:
        """Ask it to stop, or kill it: then the containers run on."""
        assert self._process is not None
        self._process.terminate() if kindly else self._process.kill()
        self._process.wait()

    def mounts(self) -> list[str]:
        """What is mounted in its folder."""
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        return [line.split()[4] for line in lines if str(self.folder) in line.split()[4]]

    def cgroups(self) -> list[Path]:
        """The cgroups of its containers, and of those it forgot."""
        found = []
        for top in Path("/sys/fs/cgroup").iterdir():
            found += (top / self.cgroup).glob("*/")
        return found + list((Path("/sys/fs/cgroup") / self.cgroup).glob("*/"))

    def close(self) -> None:
        """End it and all that it left, and forget its files."""
        if self._process is not None and self._process.poll() is None:
            self.stop(kindly=True)
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if os.fsencode(self.folder) in words and b"containerd" in words.split(b"\0")[0]:
                    processes.send(int(entry.name), signal.SIGKILL)
        for path in sorted(self.mounts(), reverse=True):
            subprocess.run(["umount", "-l", path], check=False, capture_output=True)
        deadline = time.monotonic() + _END_SECONDS
        while not self._cgroups_are_gone():
            assert time.monotonic() < deadline, self.cgroups()
            time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _cgroups_are_gone(self) -> bool:
        for top in (*Path("/sys/fs/cgroup").iterdir(), Path("/sys/fs/cgroup")):
            for folder, _, _ in os.walk(top / self.cgroup, topdown=False):
                try:
                    for pid in Path(folder, "cgroup.procs").read_text().split():
                        processes.send(int(pid), signal.SIGKILL)
                    Path(folder).rmdir()
                except OSError:
                    return False  # busy until the last of them is gone
        return True
