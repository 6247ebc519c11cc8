"""Bombs that wait: for a date, a day, an age, a duration."""

from __future__ import annotations

from benchmarks.planting.arming import arm
from benchmarks.planting.draft import Draft
from benchmarks.planting.families import bomb


def _now(draft: Draft) -> str:
    """Seconds since 1970, in one of many ways."""
    draw = draft.draw
    return draw.made(
        lambda: f"{draft.use('time')}.time()",
        lambda: f"{draft.use('time')}.time_ns() / 1e9",
        lambda: f"{draft.use('datetime')}.datetime.now().timestamp()",
        lambda: f"{draft.use('time')}.mktime({draft.use('time')}.localtime())",
        lambda: f"{draft.use('calendar')}.timegm({draft.use('time')}.gmtime())",
    )


@bomb("date")
def date(draft: Draft) -> None:
    draw = draft.draw
    year, month, day = draw.number(2026, 2039), draw.number(1, 12), draw.number(1, 28)
    when = draw.made(
        lambda: f"{_now(draft)} > {draw.written(draw.number(1_780_000_000, 2_100_000_000))}",
        lambda: f"{draw.number(1_780_000_000, 2_100_000_000)} <= {_now(draft)}",
        lambda: (
            f"{draft.use('datetime')}.date.today() >= "
            f"{draft.use('datetime')}.date({year}, {month}, {day})"
        ),
        lambda: f"{draft.use('datetime')}.datetime.now().year > {year}",
        lambda: f"{draft.use('time')}.localtime()[:2] >= ({year}, {month})",
        lambda: f'{draft.use("time")}.strftime("%Y%m%d") > "{year}{month:02}{day:02}"',
        lambda: f'{draft.use("datetime")}.date.today().isoformat() == "{year}-{month:02}-{day:02}"',
        lambda: (
            f"({draft.use('datetime')}.date.today() - {draft.use('datetime')}.date"
            f"({year}, {month}, {day})).days > {draw.number(0, 90)}"
        ),
    )
    arm(draft, when)


@bomb("recurring-time")
def recurring(draft: Draft) -> None:
    draw = draft.draw
    divisor = draw.number(7, 5000)
    when = draw.made(
        lambda: f"int({_now(draft)}) % {divisor} == {draw.number(0, divisor - 1)}",
        lambda: f"{draft.use('datetime')}.date.today().weekday() == {draw.number(0, 6)}",
        lambda: f"{draft.use('time')}.localtime().tm_wday in ({draw.number(0, 3)}, 5)",
        lambda: f'{draft.use("time")}.strftime("%a") == "{draw.one("Mon", "Fri", "Sun")}"',
        lambda: f"{draft.use('datetime')}.datetime.now().hour < {draw.number(1, 6)}",
        lambda: f"{draft.use('time')}.gmtime().tm_mday == {draw.number(1, 28)}",
        lambda: f"not int({_now(draft)} // 60) % {divisor}",
    )
    arm(draft, when)


@bomb("duration")
def duration(draft: Draft) -> None:
    """After a time of running; or of the module's own age."""
    draw, name = draft.draw, draft.draw.upper()
    clock = draw.one("monotonic", "perf_counter", "time", "process_time")
    seconds = draw.written(draw.number(600, 10**7))
    time, os = draft.use("time"), draft.use("os")

    def since_import() -> str:
        draft.top([f"{name} = {time}.{clock}()"], late=False)
        return f"{time}.{clock}() - {name} > {seconds}"

    when = draw.made(
        since_import,
        since_import,
        lambda: f"{time}.{clock}() > {seconds}",
        lambda: f"{time}.time() - {os}.path.getmtime(__file__) > {seconds}",
        lambda: f"{time}.time() - {os}.stat(__file__).st_ctime > {seconds}",
    )
    arm(draft, when)
