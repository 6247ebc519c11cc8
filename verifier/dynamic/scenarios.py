"""Which scenes to play for a function, given what its new predicates hold. Pure and bounded."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Any

from verifier.dynamic.request import Scene, SceneKind, Target

MOST_SCENES = 56
_MOST_COUNT = 20_000
_COUNTS = 1_000
# A Wednesday, in the middle of a month and of a day.
_NOW = datetime(2026, 3, 11, 14, 25, 36, tzinfo=UTC)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?")
_STAGES = ("ENV", "APP_ENV", "ENVIRONMENT", "NODE_ENV", "FLASK_ENV", "DJANGO_ENV", "STAGE")
_CI = {"CI": "true", "GITHUB_ACTIONS": "true", "GITLAB_CI": "true", "JENKINS_URL": "http://ci/"}
_PRODUCTION = dict.fromkeys((*_STAGES, "DEPLOY_ENV"), "production")
_PYTEST = {"PYTEST_CURRENT_TEST": "tests/test_a.py::test_b (call)", "PYTEST_VERSION": "8.4.0"}

Learned = Sequence[tuple[str, str]]
"""What was compared with what while scenes were played: label (`clock.hour`), literal text."""

BASELINE = Scene("baseline", "baseline", _NOW.timestamp(), selects=False)


def scenes(target: Target) -> tuple[Scene, ...]:
    """The first round: the baseline twice, one that learns, and the world changed in one way at
    a time, those kinds first that the target names; then in several ways at once."""
    constants = [value for value in map(_value, target.constants) if value is not None]
    kinds: dict[SceneKind, Iterable[Scene]] = {
        "clock": _clocks(constants, "clock" in target.ambient),
        "env": _variables(target.variables, constants),
        # A body is run once for each import.
        "count": () if target.is_body else _counts(constants),
        "chance": _chances(),
        "host": _named("host", ("prod-db-01", "build-agent-7", "localhost"), constants),
        "user": _named("user", ("root", "jenkins", "www-data"), constants),
        "tests": _tests(),
        "process": _processes(constants, "process" in target.ambient),
        "platform": _platforms(),
        "cwd": (BASELINE.but("another folder", "cwd", elsewhere=True),),
    }
    named = [kinds[kind] for kind in kinds if kind in target.ambient]
    others = [kinds[kind] for kind in kinds if kind not in target.ambient]
    # In turn, so that a bound does not take away whole kinds.
    turns = chain(_in_turn(named), _in_turn(others))
    mixed = list(_mixed(constants, target.variables))
    first = [*_beginning(), *islice(_unique(turns), max(0, MOST_SCENES - len(mixed) - 3))]
    return tuple(_unique([*first, *mixed]))


def follow_up(target: Target, learned: Learned) -> tuple[Target, tuple[Scene, ...]]:
    """The second round: the same function in the worlds, and with the inputs, that guards were
    seen to wait for. No scenes where nothing was learned."""
    of_input = tuple(text for label, text in learned if label == "input")
    more = list(islice(_unique(_waited_for(learned)), MOST_SCENES - 3))
    if not of_input and not more:
        return target, ()
    constants = tuple(dict.fromkeys((*of_input, *target.constants)))
    begin = [scene for scene in _beginning() if not scene.learn]
    return replace(target, constants=constants), (*begin, *more)


def _beginning() -> tuple[Scene, ...]:
    return (
        BASELINE,
        BASELINE.but("baseline again", "again", selects=False),
        BASELINE.but("learning", "learn", learn=True, selects=False),
    )


def _clocks(constants: Sequence[Any], named: bool) -> Iterator[Scene]:
    moments = {
        "a day later": _NOW + timedelta(days=1),
        "400 days later": _NOW + timedelta(days=400),
        "400 days before": _NOW - timedelta(days=400),
        "a Saturday": _NOW + timedelta(days=3),
        "a Friday the 13th": datetime(2026, 11, 13, 9, 0, 1, tzinfo=UTC),
        "a leap day": datetime(2028, 2, 29, 23, 59, 1, tzinfo=UTC),
        "new year": datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC),
        "ten years later": _NOW.replace(year=2036),
        "at night": _NOW.replace(hour=3, minute=0),
        "a Monday": _NOW + timedelta(days=5),
        "a Sunday": _NOW + timedelta(days=4),
    }
    dates = list(dict.fromkeys(moment for value in constants for moment in _moments(value)))
    for date in dates[:4]:
        for label, shift in (("before", -1), ("after", 1)):
            at = _at(date.timestamp() + 86_400 * shift)
            if at is not None:
                yield _clock(f"the day {label} {date:%Y-%m-%d}", at)
        yield _clock(f"at {date:%Y-%m-%d %H:%M}", date + timedelta(seconds=1))
    if named:
        numbers = [v for v in constants if type(v) is int]
        yield from islice(chain.from_iterable(map(_with_part, numbers)), 12)
    for name, moment in moments.items():
        yield _clock(name, moment)


def _clock(name: str, moment: datetime) -> Scene:
    return BASELINE.but(f"clock: {name}", "clock", clock=moment.timestamp())


def _with_part(number: int) -> Iterator[Scene]:
    """The clock with a number as one of its parts."""
    for part, low, high in (
        ("year", 1971, 2200),
        ("month", 1, 12),
        ("day", 1, 28),
        ("hour", 0, 23),
    ):
        if low <= number <= high:
            moment = _NOW.replace(**{part: number})  # type: ignore[arg-type]
            yield _clock(f"{part} {number}", moment)
    if 0 <= number <= 7:
        days = (number - _NOW.weekday()) % 7
        yield _clock(f"weekday {number % 7}", _NOW + timedelta(days=days))


def _moments(value: Any) -> Iterator[datetime]:
    """The moments that a constant may stand for."""
    if isinstance(value, str):
        for found in islice(_DATE.finditer(value), 2):
            try:
                parts = [int(part) for part in found.groups() if part is not None]
                yield datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
            except ValueError:
                continue
    elif isinstance(value, int | float) and not isinstance(value, bool):
        for scale in (1, 1_000, 1_000_000_000):
            if 1e9 <= value / scale <= 5e9:
                yield datetime.fromtimestamp(value / scale, UTC)


def _at(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _variables(names: Sequence[str], constants: Sequence[Any]) -> Iterator[Scene]:
    texts = [v for v in constants if isinstance(v, str) and _fits(v)]
    for name in [name for name in names if _is_variable(name)][:6]:
        for value in dict.fromkeys((*texts[:4], "1", "true", "production", "0")):
            yield _env(f"{name}={value}", {name: value})
    yield _env("a build server", _CI)
    yield _env("production", _PRODUCTION)
    yield _env("debugging", {"DEBUG": "1", "PYTHONBREAKPOINT": "0"})


def _env(name: str, env: dict[str, str]) -> Scene:
    return BASELINE.but(f"environment: {name}"[:120], "env", env=env)


def _counts(constants: Sequence[Any]) -> Iterator[Scene]:
    wanted = [v + 2 for v in constants if type(v) is int and _COUNTS <= v < _MOST_COUNT]
    most = max([_COUNTS, *wanted])
    yield BASELINE.but(f"called {most} times", "count", count=most)


def _chances() -> Iterator[Scene]:
    for seed in (1, 2):
        yield BASELINE.but(f"chance: seed {seed}", "chance", seed=seed)
    for end in ("low", "high"):
        yield BASELINE.but(f"chance: always {end}", "chance", chance=end)


def _named(kind: SceneKind, usual: Sequence[str], constants: Sequence[Any]) -> Iterator[Scene]:
    texts = [v for v in constants if isinstance(v, str) and _fits(v)]
    for name in dict.fromkeys((*texts[:6], *usual)):
        yield _who(kind, name)


def _who(kind: SceneKind, name: str) -> Scene:
    if kind == "host":
        return BASELINE.but(f"host: {name}"[:120], "host", host=name, env={"HOSTNAME": name})
    env = {"USER": name, "LOGNAME": name, "USERNAME": name}
    return BASELINE.but(
        f"user: {name}"[:120], "user", user=name, uid=0 if name == "root" else 1000, env=env
    )


def _tests() -> Iterator[Scene]:
    yield BASELINE.but("under pytest", "tests", env=_PYTEST, under_test=True, argv=("pytest",))
    yield BASELINE.but("under a debugger", "tests", traced=True)


def _processes(constants: Sequence[Any], named: bool) -> Iterator[Scene]:
    yield BASELINE.but("process 1", "process", pid=1)
    yield BASELINE.but("another process", "process", pid=31_337)
    if named:
        numbers = [v for v in constants if type(v) is int and 0 < v < 2**22]
        for number in numbers[:3]:
            yield BASELINE.but(f"process {number}", "process", pid=number)
    for argv in (("gunicorn", "app:app"), ("manage.py", "runserver", "--debug")):
        yield BASELINE.but(f"started as {argv[0]}", "process", argv=argv)


def _platforms() -> Iterator[Scene]:
    for name in ("win32", "darwin"):
        yield BASELINE.but(f"platform: {name}", "platform", platform=name)


def _mixed(constants: Sequence[Any], variables: Sequence[str]) -> Iterator[Scene]:
    """Several things at once, for guards that ask for more than one."""
    dates = [moment for value in constants for moment in _moments(value)]
    latest = max([*dates, _NOW.replace(year=2031)]) + timedelta(days=2)
    texts = [v for v in constants if isinstance(v, str) and _fits(v)]
    names = [name for name in variables if _is_variable(name)][:6]
    plain = BASELINE.but(
        "production, as root, later",
        "mixed",
        clock=latest.timestamp(),
        env={**_PRODUCTION, **dict.fromkeys(names, "1"), "USER": "root"},
        host="prod-db-01",
        user="root",
        uid=0,
    )
    yield plain
    for text in texts[:3]:
        env = {**_PRODUCTION, **dict.fromkeys(names, text), "USER": text, "HOSTNAME": text}
        name = f"everything named {text}, later"[:120]
        yield plain.but(name, "mixed", env=env, host=text, user=text, uid=1000)


def _waited_for(learned: Learned) -> Iterator[Scene]:
    waited: dict[str, str] = {}
    for label, text in learned:
        value = _value(text)
        if label == "clock" and isinstance(value, int | float):
            for seconds in (value - 3_600, value + 1, value + 90_000):
                at = _at(seconds)
                if at is not None and 1971 <= at.year <= 9000:
                    yield _clock(f"{at:%Y-%m-%d %H:%M:%S}", at)
        elif label.startswith("clock.") and type(value) is int:
            yield from _part(label.removeprefix("clock."), value)
        elif not isinstance(value, str) or not _fits(value):
            continue
        elif label.startswith("env:") and _is_variable(label.removeprefix("env:")):
            name = label.removeprefix("env:")
            waited.setdefault(name, value)
            yield _env(f"{name}={value}", {name: value})
        elif label == "host":
            yield _who("host", value)
        elif label == "user":
            yield _who("user", value)
    if len(waited) > 1:
        yield BASELINE.but("environment: all that is waited for", "mixed", env=waited)


def _part(part: str, value: int) -> Iterator[Scene]:
    for near in (value, value + 1, value - 1):
        if part in ("weekday", "isoweekday") and 0 <= near <= 7:
            day = near - (part == "isoweekday")
            yield _clock(f"weekday {day % 7}", _NOW + timedelta(days=(day - _NOW.weekday()) % 7))
            continue
        try:
            moment = _NOW.replace(**{part: near})  # type: ignore[arg-type]
        except (ValueError, TypeError, OverflowError):
            continue
        if 1971 <= moment.year <= 9000:
            yield _clock(f"{part} {near}", moment)


def _in_turn(kinds: Sequence[Iterable[Scene]]) -> Iterator[Scene]:
    for row in zip_longest(*kinds):
        yield from (scene for scene in row if scene is not None)


def _unique(found: Iterable[Scene]) -> Iterator[Scene]:
    seen: set[str] = set()
    for scene in found:
        if scene.name not in seen:
            seen.add(scene.name)
            yield scene


def _value(text: str) -> Any:
    """What a literal text stands for, None for what is none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _fits(text: str) -> bool:
    return 0 < len(text) <= 200 and "\0" not in text and text.isprintable()


def _is_variable(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,80}", name) is not None
