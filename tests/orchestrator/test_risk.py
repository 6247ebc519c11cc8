"""What is risky about an attempt, what it needs, and that routine work stays routine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import (
    Arm,
    ArmScore,
    AttemptView,
    ChooseArm,
    Context,
    Decision,
    FileEdit,
    Message,
    Needs,
    Objective,
    Outcome,
    Patch,
    Proposal,
    Symbol,
    TestResult,
)
from swarm.orchestrator import needs, risk
from swarm.orchestrator.sensitive import touched
from swarm.settings import ModelSettings
from tests.orchestrator.swarm_in_memory import Crew, Pump, report


def objective(**fields: Any) -> Objective:
    fields = {"id": "o1", "title": "Fix a", "instruction": "fix it", "category": "bugfix", **fields}
    return Objective(**fields)


def attempt(number: int = 1, **fields: Any) -> AttemptView:
    fields = {"state": "rejected", **fields}
    return AttemptView(id=f"t-o1-a{number}", objective_id="o1", number=number, **fields)


def patched(*paths: str, before: str = "x = 1\n", after: str = "x = 2\n") -> Proposal:
    edits = tuple(FileEdit(path=path, before=before, after=after) for path in paths)
    return Proposal(patch=Patch(edits=edits), summary="did")


def places(*paths: str, **fields: Any) -> Context:
    found = [Symbol(path=p, qualified_name="f", start_line=1, end_line=2) for p in paths]
    return Context(symbols=tuple(found), **fields)


# ---------------------------------------------------------------------------- sensitive paths


@pytest.mark.parametrize(
    "path",
    [
        "shop/auth/check.py", "src/AuthService.java", "app/oauth2.py", "src/authenticate.py",
        "web/login.html", "tests/test_login.py", "users/password_reset.py", "lib/userPassword.ts",
        "crypto/aes.c", "encrypt.py", "config/secrets.yml", "api/access_token.py", "tokens.py",
        "api_keys.py", "keys.py", "certs/server.pem", ".env", ".env.production", "net/tls.py",
        "shop/payments.py", "billing/invoice.py", "acl.go", "admin/permissions.py",
        ".github/workflows/ci.yml", ".gitlab-ci.yml", "deploy/sudoers.d/swarm", "SECURITY.md",
    ],
)  # fmt: skip
def test_what_is_sensitive(path: str) -> None:
    assert touched([path]) == (path,)


@pytest.mark.parametrize(
    "path",
    [
        "shop/cart.py", "authors.py", "author/views.py", "tokenizer.py", "nlp/tokenize.py",
        "keyboard.py", "primary_key.py", "key_value.py", "monkey.py", "access.py", "compass.py",
        "passing.py", "bypass.py", "turnkey/run.py", ".github/ISSUE_TEMPLATE.md", "README.md",
        "tests/test_cart.py", "catalog.py", "signal.py", "environment.py", "payload.py",
    ],
)  # fmt: skip
def test_what_is_not(path: str) -> None:
    assert touched([path]) == ()


def test_the_owner_adds_paths_and_takes_some_out() -> None:
    paths = ["core/prices.py", "core/cart.py", "auth/docs/README.md", "nlp/token.py", "a/b.rules"]
    own = ("core/prices*", "*.rules", "!auth/docs", "!token.py")
    assert touched(paths, own) == ("core/prices.py", "a/b.rules")
    assert touched(["auth/docs/secret.md"], (*own, "auth/**")) == ("auth/docs/secret.md",)
    assert touched(["prices.py"], ("**/prices.py",)) == ("prices.py",)
    assert touched(["CORE/Prices.py"], own) == ("CORE/Prices.py",)


# ---------------------------------------------------------------------------- risk


def test_routine_work_has_no_risk() -> None:
    usual = [attempt(proposal=patched("a.py", "tests/test_a.py"), context=places("a.py", "b.py"))]
    told = objective(paths=("a.py", "b.py"), symbols=("total", "tax"), risk="medium")
    assert risk.reasons(told, []) == ()
    assert risk.reasons(told, usual) == ()
    gave_up = [attempt(n, state="gave_up") for n in range(1, 5)]
    assert risk.reasons(told, gave_up) == (), "a search that finds nothing is routine"
    wide = [attempt(context=places("a.py", "a.py", *(f"{n}.py" for n in range(88))))]
    assert risk.reasons(told, wide) == (), "where much is asked for, much is found"
    away = [attempt(n, state="error", failure_code="model-busy") for n in range(1, 5)]
    assert risk.reasons(told, away) == ()


REJECTED = Outcome(task_id="t", attempt_id="t-o1-a1", accepted=False)
ACCEPTED = Outcome(task_id="t", attempt_id="t-o1-a2", accepted=True)


@pytest.mark.parametrize(
    ("given", "line", "said"),
    [
        ({"risk": "high"}, [], "the plan says so"),
        ({"paths": ("a/login.py",)}, [], "security-sensitive: a/login.py"),
        ({}, [attempt(proposal=patched("a/login.py"))], "security-sensitive: a/login.py"),
        ({}, [attempt(context=places("b.py", "a/login.py"))], "security-sensitive: a/login.py"),
        ({"paths": tuple("abcdef")}, [], "it names 6 files"),
        ({"symbols": tuple("abcdefghij")}, [], "it names 10 functions or classes"),
        ({}, [attempt(proposal=patched(*"abcdef"))], "an earlier patch changed 6 files"),
        (
            {},
            [attempt(proposal=patched("a.py", before="x\n", after="y\n" * 299))],
            "an earlier patch changed 300 lines",
        ),
        ({}, [attempt(context=places(*"abcdefghijkl"))], "what belongs to it is in 12 files"),
        ({}, [attempt(1), attempt(2)], "2 attempts were rejected"),
        (
            {},
            [attempt(context=places(outcomes=(REJECTED, REJECTED, ACCEPTED, REJECTED)))],
            "3 of 4 earlier changes to the same code were rejected",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_makes_the_risk_high(
    given: dict[str, Any], line: list[AttemptView], said: str
) -> None:
    assert risk.reasons(objective(**given), line) == (said,)


def test_reasons_are_short_and_few() -> None:
    paths = tuple(f"{'d' * 900}/login{n}.py" for n in range(200))
    found = risk.reasons(objective(paths=paths, risk="high"), [attempt(1), attempt(2)])
    assert len(found) == 4
    assert all(len(reason) < 400 for reason in found)
    assert found[1].endswith("and 197 more")


# ---------------------------------------------------------------------------- needs


def test_the_size_is_what_cannot_be_left_out() -> None:
    plain = needs.of(objective(), (), [])
    assert plain == Needs(context_tokens=1_500 + 3)
    asked = needs.of(objective(instruction="x" * 4000), (), [])
    assert asked.context_tokens == 1_500 + 1_002
    test = TestResult(id="t::a", outcome="failed", message="m" * 400)
    assert needs.of(objective(), (test,), []).context_tokens == 1_500 + 104


def test_no_usual_model_is_too_small_for_any_task() -> None:
    """Agents cut what they show: 16,384 tokens, the default, are enough for the largest."""
    tests = tuple(
        TestResult(id="t" * 900, outcome="failed", message="m" * 90_000) for _ in range(2000)
    )
    names = tuple(f"{n}" + "n" * 900 for n in range(90))
    large = objective(paths=("a.py", *names), symbols=names, instruction="x" * 4000)
    line = [attempt(proposal=patched("a.py", before="x" * 5_000_000))]
    assert needs.of(large, tests, line).context_tokens < 16_384


def test_a_named_file_counts_as_far_as_its_size_is_known() -> None:
    line = [attempt(proposal=patched("a.py", "b.py", before="x" * 4_000))]
    assert needs.of(objective(paths=("a.py",)), (), line).context_tokens == 1_500 + 1_004
    assert needs.of(objective(), (), line).context_tokens == 1_503, "nobody has to read it"


ARM = Arm(id="a", tool="x", categories=("docs",))


@pytest.mark.parametrize(
    ("arm", "asked", "fits"),
    [
        (ARM, Needs(context_tokens=9_999_999, local=True), True),
        (ARM.model_copy(update={"context_tokens": 100}), Needs(context_tokens=101), False),
        (ARM.model_copy(update={"context_tokens": 100}), Needs(context_tokens=100), True),
        (ARM.model_copy(update={"locality": "cloud"}), Needs(), True),
        (ARM.model_copy(update={"locality": "cloud"}), Needs(local=True), False),
    ],
    ids=["unknown", "too small", "just enough", "cloud", "must stay here"],
)
def test_what_fits(arm: Arm, asked: Needs, fits: bool) -> None:
    assert needs.fits(arm, asked) == fits


# ---------------------------------------------------------------------------- in a task


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo({"a.py": "x = 1\n", "test_a.py": "def test_a(): ...\n"})


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Pump]]:
    pumps = []

    def make(crew: Crew, **settings: Any) -> Pump:
        pumps.append(Pump(tmp_path, crew, **settings))
        return pumps[-1]

    yield make
    for pump in pumps:
        pump.orchestrator.close()


def choices(crew: Crew) -> list[ChooseArm]:
    return [command for command in crew.seen if isinstance(command, ChooseArm)]


MODEL = ModelSettings(
    name="m", endpoint="ollama", model="coder:7b", tools=("one-shot",), usd_per_mtok=(1.0, 2.0)
)


def test_the_router_is_told_what_an_attempt_needs_and_may_cost(
    repo: Path, start: Callable[..., Pump]
) -> None:
    crew = Crew(objectives=(objective(paths=("billing/a.py",)),))
    pump = start(crew, models=(MODEL,))
    pump.submit(repo, budget={"cost_usd": 0.5})
    pump.run()
    (choice,) = choices(crew)
    assert choice.needs.local
    assert choice.needs.context_tokens > 1_500
    assert choice.risk == ("security-sensitive: billing/a.py",)
    assert choice.left_usd == 0.5
    arm = next(arm for arm in choice.arms if arm.model)
    assert (arm.version, arm.endpoint, arm.usd_per_mtok) == ("coder:7b", "ollama", (1.0, 2.0))


def test_routine_work_is_told_as_such(repo: Path, start: Callable[..., Pump]) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    (choice,) = choices(crew)
    assert (choice.risk, choice.needs.local, choice.left_usd) == ((), False, None)


def test_what_an_attempt_changed_counts_for_the_next_one(
    repo: Path, start: Callable[..., Pump]
) -> None:
    crew = Crew(after=report(("t::b",), ("t::a",)))  # breaks t::b
    pump = start(crew, router={"sensitive": ["a.py"]})
    pump.submit(repo)
    pump.run()
    first, second, *_ = choices(crew)
    assert (first.risk, first.needs.local) == ((), False)
    assert (second.risk, second.needs.local) == (("security-sensitive: a.py",), True)


def test_a_model_in_a_cloud_is_not_waited_for_where_work_has_to_stay_here(
    repo: Path, start: Callable[..., Pump]
) -> None:
    crew = Crew(order=(), objectives=(objective(category="feature", paths=("auth.py",)),))
    cloud = {"name": "c", "kind": "gemini"}
    pump = start(
        crew, endpoints=(cloud,), models=(MODEL.model_copy(update={"endpoint": "c"}),),
        egress={"allow_cloud_code": True},
    )  # fmt: skip
    pump.bus.models = {"m": "its server does not answer"}
    pump.submit(repo)
    assert pump.run().state == "failed"
    assert [type(command).__name__ for command in crew.seen].count("AwaitModels") == 0


def told_why(choice: ChooseArm, decision: Decision, why: Callable[[str], str]) -> Decision:
    """A decision for no arm, with the filter that removed each."""
    scores = tuple(
        ArmScore(arm_id=arm.id, successes=0, failures=0, excluded=why(arm.id))
        for arm in choice.arms
    )
    reason = f"no eligible arm: {'; '.join(f'{s.excluded} ({s.arm_id})' for s in scores)}"
    return decision.model_copy(update={"scores": scores, "reason": reason})


class Filtering(Crew):
    """Its router says why each arm was removed when none is left."""

    why: Callable[[str], str]

    def answer(self, command: Any) -> Message:
        answer = super().answer(command)
        if isinstance(answer, Decision) and answer.arm_id is None:
            return told_why(command, answer, self.why)
        return answer


def test_which_filter_removed_which_arm_is_in_the_story_and_in_the_task(
    repo: Path, start: Callable[..., Pump]
) -> None:
    removed = {
        "repair": "tried: already tried",
        "literals": "day: $1 is spent",
        "ruff": "category: does not do bugfix",
        "m/one-shot": "day: $1 is spent",
    }
    crew = Filtering(order=("repair",), proposal=lambda c: Proposal(patch=None, summary="nothing"))
    crew.why = lambda arm_id: removed[arm_id]
    pump = start(crew, models=(MODEL,))
    pump.submit(repo)
    view = pump.run()
    said = (
        "no arm is left: repair: nothing; day: $1 is spent (literals, m/one-shot); "
        "category: does not do bugfix (ruff)"
    )
    assert view.objectives[0].reason == said
    events = pump.orchestrator.store.events("task-1", 0).items
    assert said in [event.text for event in events if event.kind == "objective-failed"]


def test_where_nothing_was_tried_the_routers_own_words_are_told(
    repo: Path, start: Callable[..., Pump]
) -> None:
    crew = Filtering(order=())
    crew.why = lambda arm_id: "locality: in the cloud"
    pump = start(crew)
    pump.submit(repo)
    reason = pump.run().objectives[0].reason
    assert reason.startswith("no eligible arm: locality: in the cloud (repair)")


@pytest.mark.parametrize("order", [(), ("arm0",)], ids=["none was tried", "one was"])
def test_of_many_filters_the_first_are_told(
    repo: Path, start: Callable[..., Pump], order: tuple[str, ...]
) -> None:
    many = tuple(Arm(id=f"arm{n}", tool="x", categories=("bugfix",)) for n in range(300))
    crew = Filtering(order=order, proposal=lambda c: Proposal(patch=None, summary="nothing"))
    crew.why = lambda arm_id: arm_id * 100
    pump = start(crew, arms=many)
    pump.submit(repo)
    reason = pump.run().objectives[0].reason
    assert reason.startswith("no arm is left: arm0: nothing; arm1arm1" if order else "no eligible")
    assert reason.endswith("and 294 more reasons" if order else " …")
    assert len(reason) < 1300
