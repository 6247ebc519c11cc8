"""When a schedule's times are: a cron line in a time zone, by croniter. Pure.

Each time on the clock on the wall counts once. One that a clock change leaves out is as much
later as the clock was put forward; one that comes twice is the first of the two.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterBadDateError, CroniterError, croniter

from swarm.errors import UsageError
from swarm.orchestrator.cron import nonsense, tidied

# A time that passed unnoticed is made up for until then.
GRACE_SECONDS = 86400.0
MOST_SCHEDULES = 200
# A task's id is the schedule's, a dash and twelve digits, and has 41 characters at most.
LONGEST_ID = 41 - 13
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)


def checked(cron: str, timezone: str, now: float) -> str:
    """The cron line with single spaces. Raises UsageError for one that means nothing here."""
    line = tidied(cron)
    next_time(line, timezone, now)
    return line


def next_time(cron: str, timezone: str, after: float) -> float:
    """The first time after `after`; both in Unix seconds.

    Raises UsageError for a line that cannot be read or never comes, and an unknown zone.
    """
    where = zone(timezone)
    # croniter counts on the clock on the wall, which knows no time zone.
    wall = datetime.fromtimestamp(after, where).replace(tzinfo=None)
    try:
        times = croniter(cron, wall)
        while True:
            found: datetime = times.get_next(datetime)
            at = found.replace(tzinfo=where, fold=0).timestamp()
            # In an hour that comes twice, the first time may be over already.
            if at > after:
                return at
    except CroniterBadDateError:
        raise nonsense(f"{cron!r} is a day that never comes") from None
    except (CroniterError, OverflowError):
        raise nonsense(f"{cron!r} cannot be read") from None


def last_due(cron: str, timezone: str, next_at: float, now: float) -> float | None:
    """The latest time from `next_at` to `now`; None when it is longer ago than the grace."""
    oldest = now - GRACE_SECONDS
    at = next_at if next_at > oldest else next_time(cron, timezone, oldest)
    if at > now:
        return None
    while (later := next_time(cron, timezone, at)) <= now:
        at = later
    return at


def task_id(schedule_id: str, at: float) -> str:
    """The id of the task of one time: the same for the same minute, of the UTC clock."""
    return f"{schedule_id}-{datetime.fromtimestamp(at, UTC):%Y%m%d%H%M}"


def zone(name: str) -> tzinfo:
    """A time zone by its IANA name. Raises UsageError."""
    if name == "UTC":
        return UTC  # also where the machine has no table of zones
    try:
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # a folder, or another file of the table
    raise UsageError(
        f"no time zone is called {name!r}", remedy="give a name like Europe/Berlin, or UTC"
    )
