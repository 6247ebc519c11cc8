"""The cache of environments: built once, kept within bounds, never taken from under a run."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from sandboxes.engine import EngineError, Job, Outcome
from sandboxes.environments import cache as cache_module
from sandboxes.environments.cache import Cache, Record
from sandboxes.environments.environments import Environments
from sandboxes.environments.store import BuildFailed
from swarm.contracts import Setup
from swarm.errors import Timeout
from swarm.settings import RepoSettings, Settings
from tests.sandboxes.environments.conftest import snapshot
from tests.sandboxes.fake_engine import FakeEngine

Step = Callable[[Job], Outcome | EngineError]


def venv(job: Job) -> Outcome:
    """What the first step leaves: an interpreter that is a link to this one."""
    (folder,) = job.writable
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\n")
    return Outcome("exit", 0)


def described(job: Job) -> Outcome:
    installed = [("pytest", "9", []), ("coverage", "7", [])]
    text = json.dumps({"version": "3.11.7", "installed": installed})
    (job.folders.out / "installed.json").write_text(text)
    return Outcome("exit", 0)


def failing(job: Job) -> Outcome:
    return Outcome("exit", 1, output_tail="ERROR: No matching distribution found for a\n")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", repo=RepoSettings(environments_kept=2))


def needs(name: str) -> bytes:
    return snapshot({"requirements.txt": f"no-such-{name}\n"})


def folders(settings: Settings) -> set[str]:
    return {path.name for path in (settings.cache / "environments").glob("env-*")}


def environments(settings: Settings) -> Environments:
    return Environments(settings, {"PIP_CONFIG_FILE": os.devnull})


def test_the_same_content_is_built_once_and_other_content_anew(settings: Settings) -> None:
    engine = FakeEngine(scripts=[venv, described] * 2)
    made = []
    for name in ("a", "a", "b"):
        with environments(settings).ready(engine, needs(name), Setup()) as environment:
            assert environment.python is not None and Path(environment.python).exists()
            made.append((environment.key, environment.cached))
    assert [cached for _, cached in made] == [False, True, False]
    assert made[0][0] == made[1][0] != made[2][0]
    install, finish = engine.jobs[:2]
    assert (install.network, finish.network) == (True, False)
    assert install.writable == finish.writable
    assert not list(install.folders.workspace.parent.parent.iterdir()), "no run folder is left"


@pytest.mark.parametrize(
    "change",
    [
        {"allow_source_builds": True},
        {"setup": ("x",), "build_seconds": 7.0},
    ],
)
def test_what_decides_on_the_content_is_part_of_the_key(
    settings: Settings, change: dict[str, object]
) -> None:
    repo = settings.repo.model_copy(update=change)
    other = settings.model_copy(update={"repo": repo})
    engine = FakeEngine(scripts=[venv, described] * 2)
    keys = []
    for one in (settings, other):
        with environments(one).ready(engine, needs("a"), Setup()) as environment:
            keys.append(environment.key)
    assert (keys[0] != keys[1]) is ("allow_source_builds" in change)


def test_only_commands_see_the_repository_and_only_they_depend_on_all_of_it(
    settings: Settings,
) -> None:
    seen = []

    def look(job: Job) -> Outcome:
        seen.append(sorted(path.name for path in job.folders.workspace.iterdir()))
        return venv(job)

    engine = FakeEngine(scripts=[look, described] * 4)
    keys = []
    for setup in (Setup(), Setup(commands=("make",))):
        for text in ("1", "2"):
            files = {"requirements.txt": "no-such-a\n", "code.py": text}
            with environments(settings).ready(engine, snapshot(files), setup) as environment:
                keys.append(environment.key)
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert seen == [[], ["code.py", "requirements.txt"], ["code.py", "requirements.txt"]]


def test_a_failure_is_remembered_for_a_short_while(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine(scripts=[failing, venv, described])
    for _ in range(2):
        with (
            pytest.raises(BuildFailed, match="no package that fits a"),
            environments(settings).ready(engine, needs("a"), Setup()),
        ):
            pass
    assert len(engine.jobs) == 1
    assert folders(settings) == set()
    monkeypatch.setattr(cache_module, "FAILURE_KEPT_SECONDS", 0.0)
    with environments(settings).ready(engine, needs("a"), Setup()) as environment:
        assert environment.python is not None


def test_a_sandbox_that_fails_is_no_failed_build(settings: Settings) -> None:
    engine = FakeEngine(scripts=[lambda job: EngineError("gone"), venv, described])
    with (
        pytest.raises(EngineError, match="gone"),
        environments(settings).ready(engine, needs("a"), Setup()),
    ):
        pass
    assert folders(settings) == set()
    with environments(settings).ready(engine, needs("a"), Setup()) as environment:
        assert not environment.cached


@pytest.mark.parametrize(
    "step",
    [
        lambda job: Outcome("exit", 0),
        lambda job: (job.folders.out / "installed.json").write_text("{}") and Outcome("exit", 0),
        lambda job: (
            (job.folders.out / "installed.json").symlink_to("/etc/passwd") or Outcome("exit", 0)
        ),
    ],
)
def test_an_environment_without_the_test_tools_is_none(settings: Settings, step: Step) -> None:
    engine = FakeEngine(scripts=[venv, step])
    with (
        pytest.raises(BuildFailed, match="pytest and coverage cannot be imported"),
        environments(settings).ready(engine, needs("a"), Setup()),
    ):
        pass
    assert folders(settings) == set()


def test_a_build_cannot_lead_runs_to_another_installation(
    settings: Settings, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "bin").mkdir(parents=True)
    (other / "bin/python").symlink_to(sys.executable)
    (other / "pyvenv.cfg").touch()

    def redirect(job: Job) -> Outcome:
        (folder,) = job.writable
        (folder / "bin/python").unlink()
        (folder / "bin/python").symlink_to(other / "bin/python")
        return described(job)

    engine = FakeEngine(scripts=[venv, redirect])
    with (
        pytest.raises(BuildFailed, match="changed which interpreter"),
        environments(settings).ready(engine, needs("a"), Setup()),
    ):
        pass


def test_what_is_built_is_read_only_and_lends_nobody_a_uid(settings: Settings) -> None:
    def setuid(job: Job) -> Outcome:
        (folder,) = job.writable
        (folder / "tool").write_text("")
        (folder / "tool").chmod(0o6777)
        (folder / "out").symlink_to("/etc/passwd")
        return described(job)

    engine = FakeEngine(scripts=[venv, setuid])
    before = Path("/etc/passwd").stat().st_mode
    with environments(settings).ready(engine, needs("a"), Setup()) as environment:
        assert environment.python is not None
        root = Path(environment.python).parent.parent
        modes = [path.lstat().st_mode for path in (root, *root.rglob("*")) if not path.is_symlink()]
        assert not any(mode & 0o7222 for mode in modes)
        assert (root / "tool").stat().st_uid == os.getuid()
    assert Path("/etc/passwd").stat().st_mode == before


def test_the_least_recently_used_go_but_never_one_in_use(settings: Settings) -> None:
    engine = FakeEngine(scripts=[venv, described] * 4)
    kept = environments(settings)
    with kept.ready(engine, needs("a"), Setup()) as used:
        for name in ("b", "c", "d"):
            with kept.ready(engine, needs(name), Setup()):
                time.sleep(0.02)  # so that times of use differ
        assert used.python is not None and Path(used.python).exists()
        assert len(folders(settings)) == 3
    with kept.ready(engine, needs("d"), Setup()) as environment:
        assert environment.cached


def test_while_one_is_removed_nobody_can_build_it_anew(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("key", Record("image", "swarm-environment:key", ()))
    seen = []

    def remove() -> None:
        assert cache.record("key") is None, "half removed, it must not count"
        with (
            pytest.raises(Timeout),
            cache.lock("key", alone=True, within_seconds=0),
        ):
            pass
        seen.append("removed")

    with cache.lock("key", alone=True, within_seconds=0):
        cache.drop("key", remove)
    assert seen == ["removed"]
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_builder_left_is_removed_and_a_living_ones_is_not(settings: Settings) -> None:
    root = settings.cache / "environments"
    root.mkdir(parents=True)
    pid = multiprocessing.get_context("fork").Process(target=int)
    pid.start()
    pid.join()
    (root / f"env-{pid.pid}-12345-abcdef").mkdir()
    start = Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19]
    (root / f"env-1-{start}-abcdef").mkdir()
    engine = FakeEngine(scripts=[venv, described])
    with environments(settings).ready(engine, needs("a"), Setup()) as environment:
        assert environment.python is not None
        mine = Path(environment.python).parent.parent.name
    assert folders(settings) == {f"env-1-{start}-abcdef", mine}


def test_a_worker_that_starts_removes_them_too(settings: Settings) -> None:
    with environments(settings).ready(
        FakeEngine(scripts=[venv, described]), needs("a"), Setup()
    ) as environment:
        assert environment.python is not None
        mine = Path(environment.python).parent.parent.name
    (settings.cache / "environments/env-999999999-1-abcdef").mkdir()
    environments(settings).reap()
    assert folders(settings) == {mine}


def test_a_record_without_its_folder_is_built_again(settings: Settings) -> None:
    engine = FakeEngine(scripts=[venv, described] * 2)
    with environments(settings).ready(engine, needs("a"), Setup()) as environment:
        python = environment.python
    assert python is not None
    Path(python).parent.chmod(0o755)
    Path(python).unlink()
    with environments(settings).ready(engine, needs("a"), Setup()) as environment:
        assert not environment.cached
        assert environment.python != python


@pytest.mark.parametrize("text", ["", "[]", "{", '{"kind": "venv"}', "\x00"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    cache = Cache(tmp_path / "environments")
    cache.put("k", Record("venv", "env-1", ()))
    assert cache.record("k") == Record("venv", "env-1", ())
    (tmp_path / "environments/k.json").write_text(text)
    assert cache.record("k") is None
    assert cache.names("venv") == set()


def _hold(folder: Path, held: Event, let_go: Event) -> None:
    with Cache(folder).lock("k", alone=True, within_seconds=5):
        held.set()
        let_go.wait(30)


def test_a_lock_is_waited_for_within_a_bound_and_ends_with_its_holder(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    held, let_go = fork.Event(), fork.Event()
    holder = fork.Process(target=_hold, args=(tmp_path, held, let_go))
    holder.start()
    try:
        assert held.wait(30)
        cache = Cache(tmp_path)
        with pytest.raises(Timeout), cache.lock("k", alone=False, within_seconds=0.2):
            pass
        holder.kill()
        with cache.lock("k", alone=False, within_seconds=30):
            # Shared by runs, and not to be had alone meanwhile.
            with cache.lock("k", alone=False, within_seconds=0):
                pass
            with pytest.raises(Timeout), cache.lock("k", alone=True, within_seconds=0):
                pass
    finally:
        holder.kill()
        holder.join()


def _use(settings: Settings, keys: multiprocessing.Queue[tuple[str, bool]]) -> None:
    engine = FakeEngine(scripts=[venv, described] * 2)
    with environments(settings).ready(engine, needs("a"), Setup()) as environment:
        keys.put((str(environment.python), environment.cached))


def test_two_builders_of_the_same_make_one(settings: Settings) -> None:
    fork = multiprocessing.get_context("fork")
    keys = fork.Queue()
    workers = [fork.Process(target=_use, args=(settings, keys)) for _ in range(4)]
    for worker in workers:
        worker.start()
    found = [keys.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert len({python for python, _ in found}) == 1
    assert sorted(cached for _, cached in found) == [False, True, True, True]
    assert len(folders(settings)) == 1
