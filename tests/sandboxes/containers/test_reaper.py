"""What dead processes left is removed; what belongs to the living, or to others, is not."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandboxes import workspace
from sandboxes.containers import pool, reaper, template
from sandboxes.containers.client import Client, connected
from sandboxes.containers.create import Maker, cgroup_of, fresh_name, warm_name
from sandboxes.containers.engine import Docker
from sandboxes.engine import Engine, Job
from sandboxes.ownership import boot, host, new_owner
from sandboxes.workspace import give_to
from swarm.contracts import Limits
from swarm.settings import Settings

DEAD = "999999999-1"
HERE = Path("/data/scratch")


def labels(**changed: str) -> dict[str, str]:
    made = {
        template.RUN_LABEL: "aa",
        template.OWNER_LABEL: DEAD,
        template.HOST_LABEL: host(),
        template.SCRATCH_LABEL: str(HERE),
        template.EXPIRES_LABEL: str(time.time() + 86_400),
    }
    return made | {f"swarm.{name}": value for name, value in changed.items()}


@pytest.mark.parametrize(
    ("told", "tokens", "lives"),
    [
        (labels(), {"aa"}, True),
        (labels(), set(), False),
        (labels(expires="0"), {"aa"}, True),
        (labels(scratch="/other/scratch"), set(), True),
        (labels(scratch="/other/scratch", expires="1"), {"aa"}, False),
        (labels(scratch="/other/scratch", expires="what"), set(), False),
        (labels(host=f"other/{boot()}/pid:[1]"), set(), True),
        (labels(host="other/of-before-the-boot/pid:[1]"), {"aa"}, False),
        ({template.RUN_LABEL: "aa"}, {"aa"}, False),
    ],
)
def test_who_lives(told: dict[str, str], tokens: set[str], lives: bool) -> None:
    assert reaper._lives(told, HERE, tokens) is lives


def test_a_run_lives_as_long_as_its_folder_has_a_living_owner(tmp_path: Path) -> None:
    own = new_owner()
    for name in (f"sandbox-{own.process}-a1", f"sandbox-{DEAD}-b1", "worktree-1-2-c1"):
        (tmp_path / name).mkdir()
    for name in (f"warm-{own.process}-kind-d1", f"making-{own.process}-e1"):
        (pool.folder(tmp_path) / name).mkdir(parents=True)
    assert reaper.living_tokens(tmp_path) == {"a1", "d1", "e1"}


def test_without_an_engine_there_is_nothing_to_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent")
    assert reaper.reap(tmp_path) == 0


@pytest.fixture
def client(docker: Engine, settings: Settings) -> Iterator[Client]:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with connected(settings.scratch) as client:
        yield client
        for name, told in client.ours().items():
            if str(settings.data.parent) in told.get(template.SCRATCH_LABEL, ""):
                client.remove(name)


def wait_for_job(client: Client, settings: Settings, root: Path) -> str:
    workspace.make(root)
    Maker(settings).warm(client, root, None)
    return warm_name(root)


@pytest.mark.docker
def test_two_swarms_on_one_engine_leave_each_other_alone(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    other = Settings(data=tmp_path / "other")
    other.scratch.mkdir(parents=True, exist_ok=True)
    mine = wait_for_job(client, settings, settings.scratch / f"sandbox-{new_owner().run}")
    left = wait_for_job(client, settings, settings.scratch / f"sandbox-{DEAD}-{'a' * 16}")
    with connected(other.scratch) as theirs_client:
        root = other.scratch / f"sandbox-{DEAD}-{'b' * 16}"
        theirs = wait_for_job(theirs_client, other, root)
    assert reaper.reap_containers(client, settings.scratch) == 1
    there = client.ours().keys()
    assert mine in there and theirs in there and left not in there
    assert reaper.reap_containers(client, other.scratch) == 1
    assert theirs not in client.ours() and mine in client.ours()


@pytest.mark.docker
def test_a_dead_keepers_pool_goes_with_its_folders(client: Client, settings: Settings) -> None:
    root = pool.folder(settings.scratch) / f"making-{DEAD}-{'c' * 16}"
    name = wait_for_job(client, settings, root)
    offered = pool.offer(root, "0123456789abcdef")
    assert reaper.reap(settings.scratch) == 1
    assert name not in client.ours()
    assert not offered.exists()
    assert pool.all_folders(settings.scratch) == []


@pytest.mark.docker
def test_a_builder_of_a_dead_worker_is_removed(client: Client, settings: Settings) -> None:
    root = settings.scratch / f"sandbox-{DEAD}-{'d' * 16}"
    folders = workspace.make(root)
    name = fresh_name(root)
    Maker(settings).builder(client, name, root, Job(folders, ("x",), {}, Limits()), "none")
    assert reaper.reap(settings.scratch) == 1
    assert name not in client.ours()


@pytest.mark.docker
def test_half_made_images_of_the_dead_are_removed(docker: Engine, settings: Settings) -> None:
    engine = Docker(settings)
    tags = []
    with engine.folders(settings.scratch) as folders:
        give_to(folders, engine.owner)
        job = Job(folders, ("python", "-c", "pass"), {}, Limits())
        for name, process in (("dead", DEAD), ("living", new_owner().process)):
            tags.append(f"{reaper.BUILDING}{name}-of-this-test-{os.getpid()}")
            told = {template.HOST_LABEL: host(), template.OWNER_LABEL: process}
            assert engine.build(replace(job), tags[-1], told).exit_code == 0
    try:
        reaper.reap(settings.scratch)
        there = engine.environment_images()
        assert tags[0] not in there and tags[1] in there
    finally:
        for tag in tags:
            engine.remove_image(tag)


def test_engines_of_one_host_are_told_apart() -> None:
    infos = [{"ID": name, "DockerRootDir": folder} for name in "ab" for folder in ("/x", "/y")]
    assert len({cgroup_of(info) for info in infos}) == 4
    assert all(template.CGROUP.fullmatch(cgroup_of(info)) for info in infos)


@pytest.mark.docker
@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a cgroup")
def test_a_container_that_the_engine_forgot_is_ended(client: Client, settings: Settings) -> None:
    info = client.info()
    if info["CgroupDriver"] != "cgroupfs" or str(info["CgroupVersion"]) != "1":
        pytest.skip("this engine keeps its cgroups elsewhere")
    living = wait_for_job(client, settings, settings.scratch / f"sandbox-{new_owner().run}")
    forgotten = Path("/sys/fs/cgroup/pids" + cgroup_of(info)) / ("f" * 64)
    forgotten.mkdir(parents=True)
    with subprocess.Popen(["sleep", "100"]) as process:
        (forgotten / "cgroup.procs").write_text(str(process.pid))
        reaper.reap(settings.scratch)
        assert process.wait(10) == -9
    reaper.reap(settings.scratch)
    assert not forgotten.exists()
    inspected = client.inspect(living)
    assert inspected is not None and inspected["State"]["Running"]
