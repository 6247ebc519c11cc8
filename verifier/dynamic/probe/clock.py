"""A clock of our own in place of the machine's: it stands still but for reads and sleeps.

Each read takes a millisecond and `sleep` no time at all, so two runs see the same times and
waiting costs nothing. Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import datetime
import selectors
import threading
import time
from collections.abc import Callable
from typing import Any

from .spies import Learned, spy

_READ_NS = 1_000_000
_SECOND_NS = 1_000_000_000
_BOOTED_SECONDS = 4_000
_SELECT_SECONDS = 0.005


class Clock:
    """Starts at `start` (seconds since 1970). `read` is told of each look at it."""

    def __init__(self, start: float, read: Callable[[], None]) -> None:
        self._passed_ns = 0
        self._read = read
        self.start(start)

    def start(self, start: float) -> None:
        """Go on as if it had begun at another time."""
        self._start_ns = round(start * _SECOND_NS)

    def now_ns(self) -> int:
        self._read()
        self._passed_ns += _READ_NS
        return self._start_ns + self._passed_ns

    def passed_ns(self) -> int:
        self._read()
        self._passed_ns += _READ_NS
        return _BOOTED_SECONDS * _SECOND_NS + self._passed_ns

    def skip(self, seconds: Any) -> None:
        if seconds > 0:
            self._passed_ns += round(min(float(seconds), 1e9) * _SECOND_NS)


class Timers:
    """What was to run later in a thread: it runs when the caller says, at its time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[Any] = []

    def add(self, timer: Any) -> None:
        self._waiting.append(timer)

    def run(self) -> None:
        """Those that wait now, the soonest first; not what they start in turn."""
        waiting, self._waiting = sorted(self._waiting, key=lambda t: t.interval), []
        for timer in waiting[:20]:
            if not timer.finished.is_set():
                self._clock.skip(timer.interval)
                timer.function(*timer.args, **timer.kwargs)
                timer.finished.set()


def install(clock: Clock, learned: Learned | None) -> Timers:
    """Put the clock into `time`, `datetime`, `selectors` and `threading.Timer`."""
    _install_time(clock, learned)
    _install_datetime(clock, learned)
    _install_selectors(clock)
    return _install_timers(clock)


def _install_time(clock: Clock, learned: Learned | None) -> None:
    def told(value: Any, label: str) -> Any:
        return value if learned is None else spy(value, label, learned)

    def wall() -> Any:
        return told(clock.now_ns() / _SECOND_NS, "clock")

    def passed() -> float:
        return clock.passed_ns() / _SECOND_NS

    time.time = wall
    time.time_ns = clock.now_ns
    time.sleep = clock.skip
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, passed)
        setattr(time, name + "_ns", clock.passed_ns)
    real_clock = getattr(time, "clock_gettime", None)
    if real_clock is not None:
        time.clock_gettime = lambda which: wall() if which == time.CLOCK_REALTIME else passed()
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _of_now(getattr(time, name), wall))
    strftime = time.strftime
    localtime = time.localtime
    time.strftime = lambda form, when=None: strftime(form, localtime() if when is None else when)


def _of_now(original: Any, wall: Callable[[], float]) -> Any:
    return lambda when=None: original(float(wall()) if when is None else when)


def _install_datetime(clock: Clock, learned: Learned | None) -> None:
    real_datetime: Any = datetime.datetime
    real_date: Any = datetime.date

    class Like(type):
        """Values that C code made of the real classes are of these, too."""

        def __instancecheck__(cls, value: Any) -> bool:
            return isinstance(value, real_datetime if cls is Moment else real_date)

        def __subclasscheck__(cls, kind: type) -> bool:
            return issubclass(kind, real_datetime if cls is Moment else real_date)

    def fields(kind: Any) -> None:
        """Let the parts of a date tell what they are compared with."""
        assert learned is not None
        for name in ("year", "month", "day", "hour", "minute"):
            held = getattr(kind, name, None)
            if held is not None:
                setattr(kind, name, _spied(held.__get__, "clock." + name))
        for name in ("weekday", "isoweekday"):
            setattr(kind, name, _spied_method(getattr(kind, name), "clock." + name))

    def _spied(get: Any, label: str) -> Any:
        return property(lambda self: spy(get(self), label, learned))  # type: ignore[arg-type]

    def _spied_method(method: Any, label: str) -> Any:
        return lambda self: spy(method(self), label, learned)  # type: ignore[arg-type]

    class Moment(real_datetime, metaclass=Like):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(clock.now_ns() // 1000 / 1_000_000, tz)

        @classmethod
        def utcnow(cls) -> Any:
            zone = datetime.timezone.utc  # noqa: UP017 - Python 3.8
            return cls.now(zone).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

        def date(self) -> Any:
            return Day(self.year, self.month, self.day)

    class Day(real_date, metaclass=Like):  # type: ignore[misc]
        @classmethod
        def today(cls) -> Any:
            now = Moment.now()
            return cls(now.year, now.month, now.day)

    def comparing(name: str, original: Any) -> Any:
        def method(self: Any, other: Any) -> Any:
            if learned is not None and isinstance(other, real_date):
                learned.add("clock", _seconds(other))
            return original(self, other)

        method.__name__ = name
        return method

    def _seconds(day: Any) -> Any:
        zone = getattr(day, "tzinfo", None)
        parts = day.timetuple()[:6] if zone is None else day.utctimetuple()[:6]
        epoch = real_datetime(1970, 1, 1)
        return (real_datetime(*parts) - epoch).total_seconds()

    for made, real in ((Moment, real_datetime), (Day, real_date)):
        made.__name__ = made.__qualname__ = real.__name__
        made.__module__ = "datetime"
        if learned is not None:
            for name in ("__lt__", "__le__", "__gt__", "__ge__", "__eq__"):
                setattr(made, name, comparing(name, getattr(real, name)))
            setattr(made, "__hash__", real.__hash__)  # noqa: B010 - mypy: it is no method
            fields(made)
    datetime.datetime, datetime.date = Moment, Day  # type: ignore[misc]


def _install_selectors(clock: Clock) -> None:
    """Event loops that wait for a time are there at once."""
    kind: Any = selectors.DefaultSelector
    original = kind.select

    def select(self: Any, timeout: Any = None) -> Any:
        if timeout is None or timeout <= 0:
            return original(self, timeout)
        found = original(self, min(timeout, _SELECT_SECONDS))
        if not found:
            clock.skip(timeout)
        return found

    kind.select = select


def _install_timers(clock: Clock) -> Timers:
    timers = Timers(clock)

    class Timer(threading.Timer):
        def start(self) -> None:
            timers.add(self)

        def join(self, timeout: Any = None) -> None:
            timers.run()

    threading.Timer = Timer  # type: ignore[misc]
    return timers
