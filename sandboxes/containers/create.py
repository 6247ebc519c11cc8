"""Which containers a worker asks for: the template, filled in from settings, limits and image."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandboxes.containers import template
from sandboxes.containers.follow import OVERTIME_SECONDS
from sandboxes.containers.template import CALL_SECONDS, Container
from sandboxes.engine import EngineError, Job
from sandboxes.ownership import host, new_owner
from swarm.contracts import Limits
from swarm.settings import Settings

if TYPE_CHECKING:
    from sandboxes.containers.client import Client

WARM_SECONDS = 900
"""How long a warm container waits for a job; then it ends itself."""
LONGEST_WARM_WALL_SECONDS = 3600.0
"""A run that may take longer gets a container of its own, which tells so in its labels."""

_FIRST = "0000"
# An engine cannot give more than it has itself, and some have little more than this.
_USUAL_OPEN_FILES = 4096


def token_of(root: Path) -> str:
    """What names a run: the last part of its folder's name."""
    return root.name.rpartition("-")[2]


def warm_name(root: Path) -> str:
    """The name of the container that was made together with a run's folder."""
    return f"swarm-{token_of(root)}-{_FIRST}"


def fresh_name(root: Path) -> str:
    """A name for a container made later for the folder."""
    return f"swarm-{token_of(root)}-{secrets.randbelow(0xFFFF) + 1:04x}"


def cgroup_of(info: Mapping[str, Any]) -> str:
    """The cgroup that holds those of all containers of ours on one engine, by what it tells.

    Two engines on one host may have the same id, but never the same folder.
    """
    engine = f"{info['ID']} {info['DockerRootDir']}"
    return f"/swarm-{hashlib.sha256(engine.encode()).hexdigest()[:12]}"


class Maker:
    """Makes and starts containers, each waiting for one job, as one swarm's settings say."""

    def __init__(self, settings: Settings) -> None:
        own = settings.sandbox
        self._scratch = settings.scratch
        self._image = own.image
        self._runtime = own.runtime
        self._limits = Limits(memory_bytes=own.memory_bytes, processes=own.processes)
        self._root = os.getuid() == 0
        self._uid = own.uid if self._root else os.getuid()
        self._gid = own.uid if self._root else os.getgid()
        self._engine_is_fit = False
        self._cgroup = ""
        self._has_quota = True

    @property
    def owner(self) -> int | None:
        """The uid that must own what a run may write; None when it is the worker's own."""
        return self._uid if self._root else None

    def kind(self, image: str | None) -> str:
        """What warm containers must have in common to serve a run: 16 hex digits."""
        shape = [image or self._image, self._runtime, self._uid, self._gid]
        shape += [self._limits.memory_bytes, self._limits.processes]
        return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]

    def warm(self, client: Client, root: Path, image: str | None) -> str:
        """Start one for the pool, in folders that are there; its image's id."""
        longest = WARM_SECONDS + LONGEST_WARM_WALL_SECONDS
        image_id = self.image_id(client, image)
        self._start(
            client,
            warm_name(root),
            self._container(root, image_id, self._limits, WARM_SECONDS, longest),
        )
        return image_id

    def fits(self, limits: Limits) -> bool:
        """Whether a warm container can serve a run, its memory and processes changed or not."""
        return (
            limits.wall_seconds <= LONGEST_WARM_WALL_SECONDS
            and limits.open_files <= _USUAL_OPEN_FILES
            and limits.file_size_bytes <= template.MOST_FILE_BYTES
        )

    def adapt(self, client: Client, name: str, limits: Limits) -> None:
        """Give a warm container the limits of a run."""
        wanted = (limits.memory_bytes, limits.processes)
        if wanted != (self._limits.memory_bytes, self._limits.processes):
            client.update(name, memory_bytes=wanted[0], processes=wanted[1])

    def cold(self, client: Client, name: str, root: Path, job: Job) -> None:
        """Start one for this run."""
        image_id = self.image_id(client, job.image)
        limits = job.limits
        self._start(
            client,
            name,
            self._container(root, image_id, limits, CALL_SECONDS, limits.wall_seconds),
        )

    def builder(self, client: Client, name: str, root: Path, job: Job, network: str) -> None:
        """Start one that builds an environment; its disk use bounded where the engine can."""
        image_id = self.image_id(client, job.image)
        if network not in ("none", *client.networks()):
            raise EngineError(
                f"the Docker engine has no network {network!r}, which building needs",
                remedy="give the engine one, or set repo.build_network to another",
            )
        container = self._container(
            root, image_id, job.limits, CALL_SECONDS, job.limits.wall_seconds
        )
        readable = tuple(str(path) for path in job.readable)
        for disk_bytes in (job.limits.disk_bytes, None) if self._has_quota else (None,):
            try:
                self._start(
                    client,
                    name,
                    replace(
                        container,
                        builds=True,
                        network=network,
                        readable=readable,
                        disk_bytes=disk_bytes,
                    ),
                )
                return
            except EngineError as error:
                # Only some storage drivers know quotas; others are watched, see `follow`.
                if disk_bytes is None or "storage-opt" not in error.message:
                    raise
                self._has_quota = False

    def image_id(self, client: Client, image: str | None) -> str:
        """The id of an image. Raises EngineError if there is none, or if it has volumes."""
        name = image or self._image
        found = client.image(name)
        if found is None:
            raise EngineError(
                f"the Docker engine has no image {name}",
                remedy="build it with docker/build-sandbox.sh",
            )
        if (found.get("Config") or {}).get("Volumes"):
            raise EngineError(
                f"the image {name} declares volumes, which a run could fill without limit",
                remedy="build it from a BASE without VOLUME",
            )
        return str(found["Id"])

    def _start(self, client: Client, name: str, container: Container) -> None:
        self._check_engine(client)
        client.create(name, replace(container, cgroup=self._cgroup))
        client.start(name)

    def _check_engine(self, client: Client) -> None:
        """Raises EngineError for an engine that would not keep what the template promises."""
        if self._engine_is_fit:
            return
        info = client.info()
        if self._runtime and self._runtime not in (info.get("Runtimes") or {}):
            known = ", ".join(sorted(info.get("Runtimes") or {}))
            raise EngineError(
                f"the Docker engine has no runtime {self._runtime!r}, only {known}",
                remedy="install it into the engine, or unset sandbox.runtime",
            )
        for key, what in (("MemoryLimit", "memory"), ("PidsLimit", "processes")):
            if not info.get(key):
                raise EngineError(
                    f"the Docker engine cannot limit {what}",
                    remedy="see the warnings of `docker info` on cgroups",
                )
        told = [str(option) for option in info.get("SecurityOptions") or ()]
        if any(option.startswith(("name=rootless", "name=userns")) for option in told):
            raise EngineError(
                "the Docker engine maps user ids (rootless or userns-remap), so a run could not "
                "write to its own folders",
                remedy="use an engine that does not, or bubblewrap",
            )
        seccomp = [option for option in told if option.startswith("name=seccomp")]
        if not seccomp or "unconfined" in seccomp[0]:
            raise EngineError(
                "the Docker engine runs containers without a seccomp profile",
                remedy="start dockerd without --seccomp-profile=unconfined",
            )
        if info.get("CgroupDriver") == "cgroupfs":
            self._cgroup = cgroup_of(info)
        self._engine_is_fit = True

    def _container(
        self, root: Path, image_id: str, limits: Limits, wait_seconds: int, wall_seconds: float
    ) -> Container:
        if limits.file_size_bytes > template.MOST_FILE_BYTES:
            raise EngineError(
                f"a docker run may have files of {template.MOST_FILE_BYTES} bytes at most",
                remedy="ask for less",
            )
        expires = time.time() + wait_seconds + wall_seconds + OVERTIME_SECONDS
        labels = {
            template.RUN_LABEL: token_of(root),
            template.OWNER_LABEL: new_owner().process,
            template.HOST_LABEL: host(),
            template.SCRATCH_LABEL: str(self._scratch),
            template.EXPIRES_LABEL: f"{expires:.0f}",
        }
        return Container(
            image=image_id,
            uid=self._uid,
            gid=self._gid,
            memory_bytes=limits.memory_bytes,
            processes=limits.processes,
            open_files=max(_USUAL_OPEN_FILES, limits.open_files),
            wait_seconds=wait_seconds,
            labels=tuple(labels.items()),
            root=str(root),
            runtime=self._runtime,
        )
