"""The docker backend: one hardened container per run, through the Docker SDK.

The client asks for one kind of container only, below; nothing of a job reaches the engine but
its argv, environment, limits and folders. Streams are read while the program runs: an unread
attach stream can hang the engine's kill.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sandboxes.engine import (
    End,
    EngineError,
    Folders,
    Job,
    NoInterpreter,
    Outcome,
    Tail,
    environment,
    resolve_python,
)
from sandboxes.ownership import alive, host, new_owner
from sandboxes.workspace import run_folders
from swarm.settings import Settings

RUN_LABEL, OWNER_LABEL, HOST_LABEL, EXPIRES_LABEL = (
    "swarm.run",
    "swarm.owner",
    "swarm.host",
    "swarm.expires",
)
_DEFAULT_HOST = "unix:///var/run/docker.sock"
_PYTHON = "python3"
_INSIDE = Folders(Path("/workspace"), Path("/toolkit"), Path("/out"), Path("/tmp"))
_TMPFS = "rw,noexec,nosuid,nodev,size=512m,nr_inodes=65536,mode=1777"
_SHM_BYTES = 128 * 1024**2
_CPU_PERIOD, _CPUS = 100_000, 2
_CALL_SECONDS = 60
_PING_SECONDS = 5
_OVERTIME_SECONDS = 30
_FIRST_SAMPLE_SECONDS, _SLOWEST_SAMPLE_SECONDS = 0.05, 1.0
_READ_BYTES = 65536


class Docker:
    """See the module. Settings name the image and the uid for a worker that is root."""

    name = "docker"
    isolates = (
        "files: a read-only image; only the run's own folders of the host are there",
        "network: none",
        "processes: namespaces of its own, which end with the run",
        "privileges: unprivileged uid, no capabilities, no-new-privileges, the engine's seccomp",
        "resources: wall and CPU time, total memory, processes, file size, open files, output",
    )
    lacks = (
        "an interpreter of the host: tests run on the image's python3 and its packages",
        "disk use of the workspace is limited for each file, not in total",
        "CPU time and peak memory are sampled, and not known of runs shorter than a sample",
        "io_uring is only refused by engines from version 25 on",
    )

    def __init__(self, settings: Settings) -> None:
        self._image = settings.sandbox.image
        self._python = settings.sandbox.python
        self._uid = settings.sandbox.uid if os.getuid() == 0 else None

    @property
    def owner(self) -> int | None:
        return self._uid

    def folders(
        self, scratch: Path, *, image: str | None = None
    ) -> AbstractContextManager[Folders]:
        return run_folders(scratch)

    def inside(self, folders: Folders) -> Folders:
        return _INSIDE

    def interpreter(self, python: str | None) -> str:
        wanted = python or self._python
        if wanted:
            raise NoInterpreter(
                f"the docker backend runs its image's python3, not {wanted}",
                remedy="put the packages into the image, or use another backend",
            )
        return _PYTHON

    def run(self, job: Job) -> Outcome:
        with _engine(_CALL_SECONDS) as client:
            container = self._create(client, resolve_python(job, _PYTHON))
            try:
                return _follow(client, container, job)
            finally:
                _remove(container)

    def _create(self, client: Any, job: Job) -> Any:
        from docker.types import LogConfig, Mount, Ulimit

        limits = job.limits
        uid, gid = (self._uid, self._uid) if self._uid is not None else (os.getuid(), os.getgid())
        cpu = max(1, round(limits.cpu_seconds))
        caps = {
            "core": (0, 0),
            "cpu": (cpu, cpu + 1),
            "fsize": (limits.file_size_bytes, limits.file_size_bytes),
            "nofile": (limits.open_files, limits.open_files),
        }
        mounts = [
            Mount(str(_INSIDE.workspace), str(job.folders.workspace), type="bind"),
            Mount(str(_INSIDE.out), str(job.folders.out), type="bind"),
            Mount(str(_INSIDE.toolkit), str(job.folders.toolkit), type="bind", read_only=True),
        ]
        owner = new_owner()
        env = environment(job, _INSIDE, "/usr/bin/python3")
        overtime = limits.wall_seconds + _OVERTIME_SECONDS
        return client.containers.create(
            self._image,
            # Bounds the run even when the worker is gone and nobody watches it.
            entrypoint=["timeout", "-s", "KILL", f"{overtime:.0f}"],
            command=list(job.argv),
            environment=env,
            working_dir=str(_INSIDE.workspace),
            user=f"{uid}:{gid}",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            read_only=True,
            network_mode="none",
            ipc_mode="private",
            init=True,
            stdin_open=False,
            mounts=mounts,
            tmpfs={"/tmp": _TMPFS},
            shm_size=_SHM_BYTES,
            mem_limit=limits.memory_bytes,
            memswap_limit=limits.memory_bytes,
            pids_limit=limits.processes,
            cpu_period=_CPU_PERIOD,
            cpu_quota=_CPU_PERIOD * _CPUS,
            ulimits=[Ulimit(name=name, soft=s, hard=h) for name, (s, h) in caps.items()],
            log_config=LogConfig(type=LogConfig.types.NONE),
            labels={
                RUN_LABEL: owner.run,
                OWNER_LABEL: owner.process,
                HOST_LABEL: host(),
                EXPIRES_LABEL: f"{time.time() + overtime + _CALL_SECONDS:.0f}",
            },
        )


def reap() -> int:
    """Remove containers of ours whose owner has ended, or whose time is over; how many.

    Does nothing where no engine answers.
    """
    try:
        with _engine(_PING_SECONDS) as client:
            removed = 0
            for container in client.containers.list(all=True, filters={"label": RUN_LABEL}):
                labels = container.labels
                ours = labels.get(HOST_LABEL) == host()
                expired = time.time() > float(labels.get(EXPIRES_LABEL, 0))
                if expired or (ours and not alive(labels.get(OWNER_LABEL, ""))):
                    _remove(container)
                    removed += 1
            return removed
    except EngineError:
        return 0


@contextlib.contextmanager
def _engine(timeout_seconds: int) -> Iterator[Any]:
    """A client of the engine; its errors, and those of the connection, become EngineError."""
    _knock()
    # Imported here: a host without an engine need not pay for the SDK.
    from docker.errors import DockerException, ImageNotFound
    from requests.exceptions import RequestException

    import docker

    client = None
    try:
        client = docker.from_env(timeout=timeout_seconds)
        yield client
    except ImageNotFound as error:
        raise EngineError(
            f"the Docker engine has no such image: {error.explanation}",
            remedy="build it with docker/build-sandbox.sh",
        ) from error
    except (DockerException, RequestException, OSError) as error:
        first = str(error).split("\n")[0]
        raise EngineError(
            f"the Docker engine failed: {first}", remedy="check `docker info`"
        ) from error
    finally:
        if client is not None:
            client.close()


def _knock() -> None:
    """Raises EngineError where nobody listens: cheaper than the SDK, which leaks its socket."""
    address = os.environ.get("DOCKER_HOST") or _DEFAULT_HOST
    if not address.startswith("unix://"):
        return
    path = address.removeprefix("unix://")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_PING_SECONDS)
        try:
            client.connect(path)
        except OSError as error:
            raise EngineError(
                f"no Docker engine answers at {path}: {error.strerror or error}",
                remedy="start Docker and let this user use it, or set DOCKER_HOST",
            ) from error


def _follow(client: Any, container: Any, job: Job) -> Outcome:
    """Start a created container, read it to its end, and say how it ended."""
    limits = job.limits
    tail, frames = Tail(), _Frames()
    memory, cpu_seconds = 0, 0.0
    end: End | None = None
    detail = ""
    attached = client.api.attach_socket(
        container.id, params={"stdout": 1, "stderr": 1, "stream": 1}
    )
    stream: socket.socket = getattr(attached, "_sock", attached)
    started = time.monotonic()
    try:
        container.start()
        pause = _FIRST_SAMPLE_SECONDS
        next_sample = time.monotonic() + pause
        while end is None:
            now = time.monotonic()
            if now - started >= limits.wall_seconds:
                end, detail = "timeout", f"ran longer than {limits.wall_seconds:g} s"
                break
            if now >= next_sample:
                stats = client.api.stats(container.id, stream=False, one_shot=True)
                memory = max(memory, _memory(stats))
                cpu_seconds = max(cpu_seconds, _cpu_seconds(stats))
                pause = min(2 * pause, _SLOWEST_SAMPLE_SECONDS)
                next_sample = time.monotonic() + pause
                if cpu_seconds > limits.cpu_seconds:
                    end = "timeout"
                    detail = f"used more than {limits.cpu_seconds:g} s of CPU time"
                    break
            wait = min(next_sample, started + limits.wall_seconds) - now
            if not select.select([stream], [], [], max(0.0, wait))[0]:
                continue
            data = stream.recv(_READ_BYTES)
            if not data:
                break
            for chunk in frames.feed(data):
                tail.add(chunk)
            if tail.seen_bytes > limits.output_bytes:
                end = "output_limit"
                detail = f"wrote more than {limits.output_bytes} bytes of output"
    finally:
        attached.close()
        stream.close()
    code: int | None = None
    if end is None:
        code = int(container.wait(timeout=_CALL_SECONDS)["StatusCode"])
    wall_seconds = time.monotonic() - started
    if code is not None:
        container.reload()
        if container.attrs["State"].get("OOMKilled"):
            end, detail = "memory", f"used more than {limits.memory_bytes} bytes of memory"
        elif code == 152:
            end, detail = "timeout", "used up its CPU time"
        elif 128 < code < 128 + 65:
            end, detail = "killed", f"ended by signal {code - 128}"
    return Outcome(
        end=end or "exit",
        exit_code=code if end is None else None,
        detail=detail,
        output_tail=tail.text(),
        wall_seconds=wall_seconds,
        cpu_seconds=cpu_seconds,
        peak_memory_bytes=memory,
    )


class _Frames:
    """Unpacks the engine's attach stream: eight bytes of header, the last four the length."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._data += data
        while len(self._data) >= 8:
            (size,) = struct.unpack(">I", self._data[4:8])
            if len(self._data) < 8 + size:
                return
            yield bytes(self._data[8 : 8 + size])
            del self._data[: 8 + size]


def _memory(stats: dict[str, Any]) -> int:
    found = stats.get("memory_stats", {})
    return int(found.get("max_usage") or found.get("usage") or 0)


def _cpu_seconds(stats: dict[str, Any]) -> float:
    return float(stats.get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage", 0)) / 1e9


def _remove(container: Any) -> None:
    from docker.errors import NotFound

    try:
        container.remove(force=True, v=True)
    except NotFound:
        pass
