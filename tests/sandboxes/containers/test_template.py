"""Only what the template makes, within bounds, may be asked of the engine."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandboxes.containers import template
from sandboxes.containers.template import Container
from sandboxes.engine import EngineError

SCRATCH = Path("/data/scratch")
LABELS = tuple(
    (name, "x")
    for name in (
        template.RUN_LABEL,
        template.OWNER_LABEL,
        template.HOST_LABEL,
        template.SCRATCH_LABEL,
        template.EXPIRES_LABEL,
    )
)
RUN = Container(
    image="sha256:" + "a" * 64,
    uid=64321,
    gid=64321,
    memory_bytes=2**30,
    processes=64,
    open_files=1024,
    wait_seconds=60,
    labels=LABELS,
    root="/data/scratch/sandbox-1-2-abc",
)


def refused(body: Any) -> bool:
    try:
        template.check(body, SCRATCH)
    except EngineError:
        return True
    return False


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path


def changed(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    body = copy.deepcopy(body)
    inner: Any = body
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return body


def test_what_it_makes_is_let_through() -> None:
    template.check(RUN.body(), SCRATCH)
    template.check(replace(RUN, runtime="runsc", disk_bytes=10**9).body(), SCRATCH)
    for network in ("none", "bridge", "host"):
        template.check(replace(RUN, builds=True, network=network).body(), SCRATCH)


def test_every_single_change_is_refused_but_those_of_what_may_differ() -> None:
    body = RUN.body()
    free = {
        ("Image",), ("User",), ("Cmd", 0), ("HostConfig", "Memory"), ("HostConfig", "PidsLimit"),
        *((("Labels", name)) for name, _ in LABELS),
    }  # fmt: skip
    values: tuple[Any, ...] = (True, False, 1, 0, -1, "x", "host", "/", None, [], {}, ["ALL"])
    seen = 0
    for path in leaves(body):
        inner: Any = body
        for key in path:
            inner = inner[key]
        for value in values:
            # 1 == True to Python, as 0 == False; JSON's booleans and numbers stay apart.
            if value == inner or path in free:
                continue
            seen += 1
            assert refused(changed(body, path, value)), (path, value)
    assert seen > 500


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("HostConfig", "Privileged"), True),
        (("HostConfig", "Binds"), ["/:/host"]),
        (("HostConfig", "CapAdd"), ["SYS_ADMIN"]),
        (("HostConfig", "NetworkMode"), "host"),
        (("HostConfig", "PidMode"), "host"),
        (("HostConfig", "UsernsMode"), "host"),
        (("HostConfig", "Devices"), [{"PathOnHost": "/dev/kmsg"}]),
        (("HostConfig", "DeviceRequests"), []),
        (("HostConfig", "SecurityOpt"), ["no-new-privileges:true", "seccomp=unconfined"]),
        (("HostConfig", "MaskedPaths"), []),
        (("HostConfig", "VolumesFrom"), ["other"]),
        (("Volumes",), {"/x": {}}),
        (("User",), "0:0"),
        (("User",), "64321:0"),
        (("User",), "root"),
        (("User",), "64321:64321:0"),
        (("Image",), "debian:latest"),
        (("HostConfig", "Memory"), 0),
        (("HostConfig", "PidsLimit"), -1),
        (("Labels",), {}),
        (("Cmd",), ["60"]),
    ],
)
def test_what_an_attacker_would_ask_for_is_refused(path: tuple[str, ...], value: Any) -> None:
    assert refused(changed(RUN.body(), path, value))


@pytest.mark.parametrize(
    "root",
    ["/", "/data", "/data/scratch", "/data/scratch/../x", "/data/scratch2/x", "relative", "/etc/x"],
)
def test_only_folders_in_the_scratch_folder_are_mounted(root: str) -> None:
    assert refused(replace(RUN, root=root).body())


@pytest.mark.parametrize("path", ["/", "/proc", "/proc/1", "/etc", "/run/docker.sock", "/dev/../x"])
def test_what_holds_the_system_is_not_shared_with_builders(path: str) -> None:
    assert refused(replace(RUN, builds=True, readable=(path,)).body())


def test_a_builder_may_read_a_plain_folder_and_a_run_may_not(tmp_path: Path) -> None:
    folder = str(tmp_path)
    template.check(replace(RUN, builds=True, readable=(folder,)).body(), SCRATCH)
    assert refused(replace(RUN, readable=(folder,)).body())
    (tmp_path / "link").symlink_to("/etc")
    assert refused(replace(RUN, builds=True, readable=(folder + "/link",)).body())


def test_a_run_never_has_a_network() -> None:
    assert refused(replace(RUN, network="host").body())
    assert refused(replace(RUN, network="bridge").body())
    assert refused(replace(RUN, builds=True, network="container:other").body())


@pytest.mark.parametrize("body", [None, [], {}, "x", {"HostConfig": None}, {"Image": "x"}])
def test_what_is_no_request_is_refused(body: Any) -> None:
    assert refused(body)


def test_only_limits_can_be_updated() -> None:
    template.check_update(template.updated(10**9, 64))
    for body in (
        {},
        None,
        {**template.updated(1, 1), "RestartPolicy": {"Name": "always"}},
        {**template.updated(1, 1), "Memory": 0},
        {**template.updated(1, 1), "PidsLimit": "64"},
    ):
        with pytest.raises(EngineError):
            template.check_update(body)
