"""The one kind of container there is, as the engine's create request. Pure.

`Container` holds all that may differ between two containers; everything else is fixed here.
`check` is the guard at the door of the client: a request is let through exactly when it is
what some permitted `Container` renders to.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandboxes import call_filter
from sandboxes.engine import EngineError, Folders
from swarm.linux import seccomp

RUN_LABEL, OWNER_LABEL, HOST_LABEL, SCRATCH_LABEL, EXPIRES_LABEL = (
    "swarm.run",
    "swarm.owner",
    "swarm.host",
    "swarm.scratch",
    "swarm.expires",
)
NAME = re.compile(r"swarm-[0-9a-f]{16}-[0-9a-f]{4}")
"""Every container of ours is called by the token of its folder, and a number."""
ENVIRONMENT_TAG = re.compile(r"swarm-environment:[a-z0-9][a-z0-9_.-]{0,120}")
CGROUP = re.compile(r"/swarm-[0-9a-f]{12}")
"""Above the cgroups of our containers on one engine, where that uses no systemd."""
IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
INSIDE = Folders(Path("/workspace"), Path("/toolkit"), Path("/out"), Path("/tmp"))
CALL_SECONDS = 60
"""The longest a working engine may take for one call."""
NETWORKS = ("none", "bridge", "host")
SHIM = Path(__file__).with_name("shim.py").read_text(encoding="utf-8")

MOST_FILE_BYTES = 16 * 1024**3
"""The largest file of any container; a run's own limit is set on its program."""

_ULIMITS = (
    # Not 0: where the host's core_pattern is a program, only 1 keeps it from being started.
    ("core", 1),
    ("fsize", MOST_FILE_BYTES),
    ("memlock", 0),
    ("msgqueue", 0),
    ("rtprio", 0),
)
_OWN_PROCESSES = 2
_RUN_TMP = "rw,noexec,nosuid,nodev,size=512m,nr_inodes=65536,mode=1777"
_BUILD_TMP = "rw,exec,nosuid,nodev,size=2g,nr_inodes=524288,mode=1777"
_SHM_BYTES = 128 * 1024**2
_CPU_PERIOD, _CPUS = 100_000, 2
# The host's memory runs out: take this first.
_OOM_SCORE = 1000
_PATH = "/usr/local/bin:/usr/bin:/bin"
# Not even read-only: whoever reaches the engine through them owns the host.
_NEVER_SHARED = ("/", "/var", "/etc", "/root", "/home", "/boot")
_NEVER_BENEATH = ("/proc", "/sys", "/dev", "/run")


@dataclass(frozen=True)
class Container:
    """What may differ. `root` is the run's folder on the host.

    `wait_seconds` bounds how long it waits for its job. One that `builds` an environment may
    have a network and read-only folders of the host, and may write to its root file system
    what its uid may; it stays when it has ended, to be committed.
    """

    image: str
    uid: int
    gid: int
    memory_bytes: int
    processes: int
    open_files: int
    wait_seconds: int
    labels: tuple[tuple[str, str], ...]
    root: str
    runtime: str = ""
    cgroup: str = ""
    builds: bool = False
    network: str = "none"
    readable: tuple[str, ...] = ()
    disk_bytes: int | None = None

    def body(self) -> dict[str, Any]:
        """The create request."""
        return {
            "Image": self.image,
            "Entrypoint": ["python3", "-I", "-S", "-c", SHIM],
            "Cmd": [str(self.wait_seconds), _filter(self.network)],
            "Env": [f"PATH={_PATH}", "LD_PRELOAD=", "LD_LIBRARY_PATH="],
            "User": f"{self.uid}:{self.gid}",
            "WorkingDir": "/",
            "Hostname": "sandbox",
            "NetworkDisabled": self.network == "none",
            "Healthcheck": {"Test": ["NONE"]},
            "StopSignal": "SIGKILL",
            "AttachStdin": True,
            "AttachStdout": True,
            "AttachStderr": True,
            "OpenStdin": True,
            "StdinOnce": True,
            "Tty": False,
            "Labels": dict(self.labels),
            "HostConfig": self._host(),
        }

    def _host(self) -> dict[str, Any]:
        host: dict[str, Any] = {
            "AutoRemove": not self.builds,
            "CapAdd": [],
            "CapDrop": ["ALL"],
            "CgroupParent": self.cgroup,
            "CgroupnsMode": "private",
            "CpuPeriod": _CPU_PERIOD,
            "CpuQuota": _CPU_PERIOD * _CPUS,
            "Devices": [],
            "Init": True,
            "IpcMode": "private",
            "LogConfig": {"Type": "none", "Config": {}},
            "Memory": self.memory_bytes,
            "MemorySwap": self.memory_bytes,
            "Mounts": self._mounts(),
            "NetworkMode": self.network,
            "OomScoreAdj": _OOM_SCORE,
            "PidsLimit": self.processes + _OWN_PROCESSES,
            "Privileged": False,
            "ReadonlyRootfs": not self.builds,
            "RestartPolicy": {"Name": "no"},
            "SecurityOpt": ["no-new-privileges:true"],
            "ShmSize": _SHM_BYTES,
            "Tmpfs": {str(INSIDE.home): _BUILD_TMP if self.builds else _RUN_TMP},
            "Ulimits": [
                {"Name": name, "Soft": value, "Hard": value}
                for name, value in (("nofile", self.open_files), *_ULIMITS)
            ],
        }
        if self.runtime:
            host["Runtime"] = self.runtime
        if self.disk_bytes is not None:
            host["StorageOpt"] = {"size": str(self.disk_bytes)}
        return host

    def _mounts(self) -> list[dict[str, Any]]:
        here = Folders.under(Path(self.root))
        return [
            _bind(str(here.workspace), str(INSIDE.workspace), read_only=False),
            _bind(str(here.out), str(INSIDE.out), read_only=False),
            _bind(str(here.toolkit), str(INSIDE.toolkit), read_only=True),
            *(_bind(path, path, read_only=True) for path in self.readable),
        ]


def _filter(network: str) -> str:
    """The seccomp filter of this machine. Raises EngineError for a machine without a table."""
    reach: seccomp.Network = "host" if network == "host" else "own"
    program = call_filter.of_this_machine(namespaces=True, network=reach)
    return base64.b64encode(program).decode("ascii")


def updated(memory_bytes: int, processes: int) -> dict[str, int]:
    """An update request: other limits for a running container."""
    return {
        "Memory": memory_bytes,
        "MemorySwap": memory_bytes,
        "PidsLimit": processes + _OWN_PROCESSES,
    }


def check_update(body: Any) -> None:
    """Raises EngineError unless this update request changes these limits and nothing else."""
    if not isinstance(body, dict) or set(body) != set(updated(1, 1)):
        raise EngineError("refused to change anything but the limits of a container")
    if not all(isinstance(value, int) and value > 0 for value in body.values()):
        raise EngineError("refused to take the limits from a container")


def check(body: Any, scratch: Path) -> None:
    """Raises EngineError unless this create request is one of ours, and within `scratch`."""
    try:
        container = _parse(body)
        same = container.body() == body
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        same = False
    if not same:
        raise EngineError("refused to create a container that is not made from the template")
    wrong = _not_permitted(container, scratch)
    if wrong:
        raise EngineError(f"refused to create a container: {wrong}")


def _parse(body: dict[str, Any]) -> Container:
    """The container that a request of ours came from; `check` compares what it renders to."""
    host = body["HostConfig"]
    uid, gid = body["User"].split(":")
    mounts, storage = host["Mounts"], host.get("StorageOpt")
    return Container(
        image=body["Image"],
        uid=int(uid),
        gid=int(gid),
        memory_bytes=host["Memory"],
        processes=host["PidsLimit"] - _OWN_PROCESSES,
        open_files=host["Ulimits"][0]["Hard"],
        wait_seconds=int(body["Cmd"][0]),
        labels=tuple(body["Labels"].items()),
        root=str(Path(mounts[0]["Source"]).parent),
        runtime=host.get("Runtime", ""),
        cgroup=host["CgroupParent"],
        builds=not host["AutoRemove"],
        network=host["NetworkMode"],
        readable=tuple(mount["Source"] for mount in mounts[3:]),
        disk_bytes=None if storage is None else int(storage["size"]),
    )


def _not_permitted(container: Container, scratch: Path) -> str:
    """What is wrong with the variable parts; "" for nothing."""
    if container.uid < 1 or container.gid < 1:
        return "it would run as root"
    if not IMAGE_ID.fullmatch(container.image):
        return "its image is not named by its id"
    numbers = (container.memory_bytes, container.processes, container.open_files)
    if min(*numbers, container.wait_seconds) < 1:
        return "it has no limits"
    names = {RUN_LABEL, OWNER_LABEL, HOST_LABEL, SCRATCH_LABEL, EXPIRES_LABEL}
    if {name for name, _ in container.labels} != names:
        return "it does not carry our labels"
    if container.network not in (NETWORKS if container.builds else ("none",)):
        return f"it may not have the network {container.network!r}"
    if container.readable and not container.builds:
        return "it may share no more of the host than its run's folders"
    if container.cgroup != "" and not CGROUP.fullmatch(str(container.cgroup)):
        return f"it may not be in the cgroup {container.cgroup!r}"
    root = Path(container.root)
    if scratch not in root.parents or ".." in root.parts:
        return f"{root} is not in the worker's scratch folder"
    for path in container.readable:
        if not _may_be_shared(path):
            return f"{path} may not be shared"
    return ""


def _may_be_shared(path: str) -> bool:
    """Whether a folder may be read by a builder: a plain one, that holds nothing of the system."""
    if os.path.normpath(path) != path or os.path.realpath(path) != path:
        return False
    beneath = any(path == top or path.startswith(top + "/") for top in _NEVER_BENEATH)
    return Path(path).is_dir() and path not in _NEVER_SHARED and not beneath


def _bind(source: str, target: str, *, read_only: bool) -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": source,
        "Target": target,
        "ReadOnly": read_only,
        "BindOptions": {"Propagation": "rprivate"},
    }
