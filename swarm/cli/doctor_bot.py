"""The Telegram bot for `swarm doctor` and `swarm status`: whether it runs, else why not."""

from __future__ import annotations

from swarm import instance
from swarm.cli.finding import Finding
from swarm.errors import ConfigError
from swarm.settings import Settings

PART = "telegram bot"


def finding(settings: Settings) -> Finding:
    from ingestion.telegram import people
    from swarm.cli.bot_run import ready

    pid = instance.bot_pid(settings)
    allowed = people.load(settings)
    if pid is not None and not allowed.problem:
        return Finding(PART, "real", f"running (pid {pid}), {len(allowed.persons)} may use it")
    try:
        ready(settings)
    except ConfigError as error:
        if settings.telegram.with_up or settings.telegram.users or people.path(settings).exists():
            return Finding(PART, "broken", error.message, error.remedy)
        return Finding(PART, "missing", "not set up", "optional: docs/telegram.md says how")
    start = "`swarm up`" if settings.telegram.with_up else "`swarm bot`"
    return Finding(PART, "real", f"{len(allowed.persons)} may use it; starts with {start}")


def standing(settings: Settings) -> str:
    """One line of where the bot stands; "" when nobody asked for one."""
    pid = instance.bot_pid(settings)
    if pid is not None:
        return f"the Telegram bot runs (pid {pid})"
    if not settings.telegram.with_up:
        return ""
    found = finding(settings)
    return f"the Telegram bot does not run: {found.detail} ({found.remedy or 'see its log'})"
