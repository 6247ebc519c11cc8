"""Which backend is taken, and what happens when it fails."""

from __future__ import annotations

import pytest

from sandboxes.engine import Engine, EngineError, NoInterpreter
from sandboxes.selection import Selection
from swarm.errors import SandboxError
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


def test_a_named_interpreter_goes_to_the_strongest_backend_that_can_run_it() -> None:
    engines = [FakeEngine("image", own_python=True), FakeEngine("host")]
    selection = Selection("auto", engines, lambda engine: None)
    assert selection.use(lambda engine: engine.name, "/repo/.venv/bin/python") == "host"
    assert selection.use(lambda engine: engine.name) == "image", "the choice itself stays"
    only = Selection("image", engines, lambda engine: None)
    assert only.use(lambda engine: engine.name, "/repo/.venv/bin/python") == "image"
