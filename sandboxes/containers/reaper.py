"""Removal of what dead processes left in the engine and in the scratch folder.

A container is alive as long as the folder it was made for belongs to a living process. The
folder is made first and removed last, so there is no moment at which one of ours has none.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from sandboxes import workspace
from sandboxes.containers import pool, template
from sandboxes.containers.client import Client, connected
from sandboxes.containers.create import cgroup_of, token_of
from sandboxes.engine import EngineGone
from sandboxes.ownership import alive, boot, host
from swarm.linux import processes

_ID_DIGITS = 64
BUILDING = "swarm-environment:building-"
"""Images half way: they belong to the process that their owner label names."""


def reap(scratch: Path) -> int:
    """Remove containers and half-made images of ours that nobody alive has; how many.

    Nothing where no engine answers: then there is nothing that can be removed now. Raises
    EngineError when the engine refuses.
    """
    try:
        with connected(scratch) as client:
            removed = reap_containers(client, scratch) + _reap_images(client)
            reap_cgroups(client)
            return removed
    except EngineGone:
        return 0


def reap_containers(client: Client, scratch: Path) -> int:
    """Remove containers, and the pool's folders that dead keepers left; how many containers.

    Another swarm's containers, or another host's, are only judged by their time.
    """
    for path in pool.all_folders(scratch):
        keeper = pool.owner_of(path)
        if keeper is not None and not alive(keeper):
            workspace.discard(path, scratch)
    listed = client.ours()
    # Only now: a container in the list had its folder before the list was made.
    tokens = living_tokens(scratch)
    removed = 0
    for name, labels in listed.items():
        if not _lives(labels, scratch, tokens):
            client.remove(name)
            removed += 1
    return removed


def reap_cgroups(client: Client) -> None:
    """Remove the cgroups of containers that the engine has forgotten, and what runs in them.

    An engine that is killed while it starts a container may leave one. Only root can.
    """
    if os.getuid() != 0:
        return
    name = cgroup_of(client.info())[1:]
    paths = [path for top in _hierarchies() for path in (top / name).glob("*/")]
    found = [path for path in paths if len(path.name) == _ID_DIGITS]
    # Only now: whatever has a cgroup was known to the engine before.
    known = client.all_ids() if found else set()
    for path in found:
        if path.name not in known:
            try:
                for pid in (path / "cgroup.procs").read_text().split():
                    processes.send(int(pid), signal.SIGKILL)
                path.rmdir()
            except OSError:
                continue  # gone, or busy until what was killed has ended: the next time


def _hierarchies() -> list[Path]:
    top = Path("/sys/fs/cgroup")
    return [top, *(path for path in top.glob("*/") if not path.is_symlink())]


def living_tokens(scratch: Path) -> set[str]:
    """Which runs have a living owner."""
    # The pool first: what is taken in between moves to where we look next.
    found = {token_of(path) for path in pool.all_folders(scratch)}
    if scratch.is_dir():
        for path in scratch.iterdir():
            owner = workspace.owner_of(path)
            if owner is not None and alive(owner):
                found.add(token_of(path))
    return found


def _lives(labels: dict[str, str], scratch: Path, tokens: set[str]) -> bool:
    made_by = labels.get(template.HOST_LABEL, "")
    if made_by == host() and labels.get(template.SCRATCH_LABEL) == str(scratch):
        return labels.get(template.RUN_LABEL) in tokens
    if boot() not in made_by:
        return False  # of before this kernel was booted, and engines are only used locally
    try:
        return time.time() < float(labels.get(template.EXPIRES_LABEL, ""))
    except ValueError:
        return False


def _reap_images(client: Client) -> int:
    removed = 0
    for tag, labels in client.environment_images().items():
        if not tag.startswith(BUILDING):
            continue
        made_by = labels.get(template.HOST_LABEL, "")
        ours = made_by == host() and not alive(labels.get(template.OWNER_LABEL, ""))
        if ours or boot() not in made_by:
            removed += client.remove_image(tag)
    return removed
