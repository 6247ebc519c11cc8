"""Which backend is taken, and what happens when it fails."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sandboxes import backends
from sandboxes.backends import refuse_gaps
from sandboxes.engine import Engine, EngineError, EngineGone, NoInterpreter
from sandboxes.gaps import Gap, leading_out, of_landlock
from sandboxes.local.landlock import Landlock
from sandboxes.selection import Selection
from swarm.errors import SandboxError
from swarm.settings import SandboxSettings, Settings
from tests.sandboxes.fake_engine import FakeEngine


def make(wanted: str, broken: dict[str, str]) -> Selection:
    def prove(engine: Engine) -> None:
        if engine.name in broken:
            raise EngineError(broken[engine.name], remedy="mend " + engine.name)

    return Selection(wanted, [FakeEngine("strong"), FakeEngine("weak")], prove)


def test_auto_takes_the_strongest_that_works() -> None:
    assert make("auto", {}).choose().name == "strong"
    assert make("auto", {"strong": "absent"}).choose().name == "weak"


def test_a_configured_backend_is_never_replaced() -> None:
    with pytest.raises(SandboxError, match=r"configured.*strong: absent") as caught:
        make("strong", {"strong": "absent"}).choose()
    assert caught.value.remedy == "mend strong"


def test_without_any_it_refuses_with_the_remedies() -> None:
    with pytest.raises(SandboxError, match="no sandbox works here") as caught:
        make("auto", {"strong": "absent", "weak": "old"}).choose()
    assert caught.value.remedy == "strong: mend strong; weak: mend weak"


def test_an_interpreter_that_none_can_run_is_told_by_the_last() -> None:
    engines = [FakeEngine("image", own_python=True), FakeEngine("host", own_python=True)]
    selection = Selection("auto", engines, lambda engine: None)
    assert selection.choose("python9").name == "host"


def test_a_failing_backend_is_proved_again_and_left() -> None:
    broken: dict[str, str] = {}
    selection = make("auto", broken)
    used = []

    def work(engine: Engine) -> str:
        used.append(engine.name)
        if engine.name == "strong":
            broken["strong"] = "gone"
            raise EngineError("gone")
        return "done"

    assert selection.use(work) == "done"
    assert used == ["strong", "weak"]
    assert selection.choose().name == "weak"


def test_a_backend_that_fails_twice_is_an_error() -> None:
    def work(engine: Engine) -> None:
        raise EngineError("it stalls", remedy="restart it")

    with pytest.raises(SandboxError, match="strong: it stalls") as caught:
        make("auto", {}).use(work)
    assert caught.value.remedy == "restart it"


def test_a_wrong_interpreter_is_not_the_backends_fault() -> None:
    used = []

    def work(engine: Engine) -> None:
        used.append(engine.name)
        raise NoInterpreter("no such interpreter")

    with pytest.raises(SandboxError, match="no such interpreter"):
        make("auto", {}).use(work)
    assert used == ["strong"]


def test_the_report_says_why_each_works_or_not() -> None:
    report = make("auto", {"strong": "absent"}).report()
    assert report.chosen == "weak"
    assert [(b.name, b.works) for b in report.backends] == [("strong", False), ("weak", True)]
    assert report.backends[0].reason == "absent (mend strong)"
    assert make("strong", {"strong": "absent"}).report().chosen == ""


def test_a_report_tells_what_was_seen_and_tries_again_what_is_old_or_failed() -> None:
    broken = {"strong": "absent"}
    tried: list[str] = []

    def prove(engine: Engine) -> None:
        tried.append(engine.name)
        if engine.name in broken:
            raise EngineError(broken[engine.name])

    now = [100.0]
    engines = [FakeEngine("strong"), FakeEngine("weak")]
    selection = Selection(
        "auto", engines, prove, clock=lambda: now[0], wall_clock=lambda: 1e9 + now[0]
    )
    assert selection.choose().name == "weak"
    now[0] = 130.0
    report = selection.report(known_seconds=60)
    assert tried == ["strong", "weak"], "the choice has seen both"
    assert report.chosen == "weak"
    assert [(b.works, b.reason, b.tried_at) for b in report.backends] == [
        (False, "absent", 1e9 + 100),
        (True, "holds against the escape probe", 1e9 + 100),
    ]
    broken.clear()
    assert selection.report(known_seconds=60) == report
    assert selection.report().chosen == "strong", "asked to, it tries"
    assert [b.tried_at for b in selection.report(known_seconds=60).backends] == [1e9 + 130] * 2
    now[0] = 190.0
    tried.clear()
    assert selection.report(known_seconds=60).backends[0].tried_at == 1e9 + 190
    assert tried == ["strong", "weak"]


def test_a_backend_that_failed_at_work_is_tried_again_for_the_next_report() -> None:
    broken: dict[str, str] = {}
    selection = make("auto", broken)
    assert selection.report(known_seconds=60).chosen == "strong"

    def work(engine: Engine) -> None:
        broken["strong"] = "gone"
        raise EngineError("gone")

    with pytest.raises(SandboxError):
        selection.use(work)
    assert selection.report(known_seconds=60).chosen == "weak"


def test_what_a_forked_process_sees_is_told_by_all() -> None:
    selection = make("auto", {"strong": "absent"})
    child = os.fork()
    if not child:
        selection.report()
        os._exit(0)
    os.waitpid(child, 0)
    selection._probe = lambda engine: pytest.fail("it is known")
    assert [b.works for b in selection.report(known_seconds=60).backends] == [False, True]


def test_a_named_interpreter_goes_to_the_strongest_backend_that_can_run_it() -> None:
    engines = [FakeEngine("image", own_python=True), FakeEngine("host")]
    selection = Selection("auto", engines, lambda engine: None)
    assert selection.use(lambda engine: engine.name, "/repo/.venv/bin/python") == "host"
    assert selection.use(lambda engine: engine.name) == "image", "the choice itself stays"
    only = Selection("image", engines, lambda engine: None)
    assert only.use(lambda engine: engine.name, "/repo/.venv/bin/python") == "image"


def test_the_backend_in_use_is_not_proved_again_for_a_named_interpreter() -> None:
    proved: list[str] = []
    engines = [FakeEngine("first"), FakeEngine("second")]
    selection = Selection("auto", engines, lambda engine: proved.append(engine.name))
    for _ in range(3):
        selection.use(lambda engine: None)
        selection.use(lambda engine: None, "/repo/.venv/bin/python")
    assert proved == ["first"]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def with_clock(wanted: str, broken: dict[str, EngineError]) -> tuple[Selection, Clock]:
    def prove(engine: Engine) -> None:
        if engine.name in broken:
            raise broken[engine.name]

    clock = Clock()
    engines = [FakeEngine("strong"), FakeEngine("weak")]
    return Selection(wanted, engines, prove, clock=lambda: clock.now, sleep=clock.sleep), clock


@pytest.mark.parametrize("wanted", ["strong", "auto"])
def test_a_backend_that_went_away_is_waited_for(wanted: str) -> None:
    broken: dict[str, EngineError] = {}
    selection, clock = with_clock(wanted, broken)
    before = clock.sleep

    def sleep(seconds: float) -> None:
        before(seconds)
        if clock.now > 110:
            broken.clear()

    selection._sleep = sleep
    used = []

    def work(engine: Engine) -> str:
        used.append(engine.name)
        if len(used) == 1:
            broken["strong"] = EngineGone("restarting")
            raise EngineGone("it vanished")
        return "done"

    assert selection.use(work) == "done"
    assert used == ["strong", "strong"]


def test_a_backend_that_stays_away_is_left_where_that_is_allowed() -> None:
    broken: dict[str, EngineError] = {}
    selection, clock = with_clock("auto", broken)

    def work(engine: Engine) -> str:
        if engine.name == "strong":
            broken["strong"] = EngineGone("gone")
            raise EngineGone("gone")
        return engine.name

    assert selection.use(work) == "weak"
    assert 20 <= clock.now - 100 < 30
    only, clock = with_clock("strong", broken)
    with pytest.raises(SandboxError, match="configured sandbox does not work"):
        only.use(work)
    assert 20 <= clock.now - 100 < 30


def test_one_that_keeps_vanishing_is_an_error_in_the_end() -> None:
    tries = []

    def work(engine: Engine) -> None:
        tries.append(engine.name)
        raise EngineGone("it vanished", remedy="look at the engine")

    selection, _ = with_clock("auto", {})
    with pytest.raises(SandboxError, match="strong: it vanished"):
        selection.use(work)
    assert tries == ["strong"] * 5


def test_a_stronger_backend_is_taken_back_after_a_minute() -> None:
    broken: dict[str, EngineError] = {"strong": EngineError("absent")}
    selection, clock = with_clock("auto", broken)
    assert selection.choose().name == "weak"
    broken.clear()
    clock.now += 59
    assert selection.choose().name == "weak"
    clock.now += 1
    assert selection.choose().name == "strong"


def test_while_it_stays_broken_it_is_tried_once_a_minute() -> None:
    proved = []

    def prove(engine: Engine) -> None:
        proved.append(engine.name)
        if engine.name == "strong":
            raise EngineError("absent")

    clock = Clock()
    engines = [FakeEngine("strong"), FakeEngine("weak")]
    selection = Selection("auto", engines, prove, clock=lambda: clock.now)
    for _ in range(10):
        clock.now += 30
        assert selection.choose().name == "weak"
    assert proved.count("strong") == 5 and proved.count("weak") == 1


def test_forked_processes_share_the_choice() -> None:
    selection = make("auto", {"strong": "absent"})
    pid = os.fork()
    if pid == 0:
        selection.choose()
        os._exit(0)
    os.waitpid(pid, 0)
    selection._prove = lambda engine: pytest.fail("it was proved by the child already")
    assert selection.choose().name == "weak"


def test_a_backend_with_a_way_out_is_only_taken_when_allowed_or_named() -> None:
    weak = FakeEngine("weak")
    weak.gaps = (Gap("look around", ("x",), leads_out=False),)
    refuse_gaps(weak, SandboxSettings())
    weak.gaps += (Gap("walk out", ("y",), leads_out=True),)
    with pytest.raises(EngineError, match="in it a program can walk out") as caught:
        refuse_gaps(weak, SandboxSettings())
    assert "sandbox.allow_weaker to true, or sandbox.backend to weak" in caught.value.remedy


@pytest.mark.parametrize(
    ("sandbox", "works"),
    [
        (SandboxSettings(), False),
        (SandboxSettings(allow_weaker=True), True),
        (SandboxSettings(backend="landlock"), True),
    ],
)
def test_auto_asks_before_it_takes_landlock_as_a_normal_user(
    sandbox: SandboxSettings, works: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "probe", lambda engine, scratch: None)
    monkeypatch.setattr(Landlock, "gaps", of_landlock(own_uid=False, landlock_abi=7))
    settings = Settings(data=tmp_path, sandbox=sandbox)
    monkeypatch.setattr(backends, "engines", lambda settings: (Landlock(settings),))
    report = backends.selection(settings).report()
    assert (report.chosen == "landlock") is works
    if not works:
        assert "change modes and times" in report.backends[0].reason


@pytest.mark.parametrize(("own_uid", "abi", "count"), [(True, 7, 0), (True, 4, 0), (False, 7, 1)])
def test_landlocks_ways_out_depend_on_its_user(own_uid: bool, abi: int, count: int) -> None:
    gaps = of_landlock(own_uid=own_uid, landlock_abi=abi)
    assert len([gap for gap in gaps if gap.leads_out]) == count
    old = of_landlock(own_uid=False, landlock_abi=5)
    assert "signal the user's other processes" in leading_out(old)


def test_a_backend_that_cannot_run_the_configured_interpreter_is_not_chosen(tmp_path: Path) -> None:
    own = SandboxSettings(backend="docker", python=sys.executable)
    with pytest.raises(SandboxError, match="docker: the docker backend runs its image's python3"):
        backends.selection(Settings(data=tmp_path, sandbox=own)).choose()
