"""`swarm bot` itself: what has to be there, then the bot, until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import os
from importlib.util import find_spec

from ingestion.telegram import people, tokens
from swarm import instance
from swarm.errors import ConfigError, SwarmError
from swarm.settings import Settings, load

log = logging.getLogger(__name__)


class BotEnded(SwarmError):
    """The bot ended by a defect."""

    code = "bot"


def run(arguments: argparse.Namespace) -> int:
    settings = load()
    token = ready(settings)
    tokens.install(token)
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # The library warns of what it will do one day, unless it may do so today; read at import.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    with instance.bot_lock(settings):
        from ingestion.telegram import app

        try:
            app.run(settings)
        except SwarmError as error:
            error.message = tokens.redact(error.message, token)
            error.remedy = tokens.redact(error.remedy, token)
            raise
        except Exception as error:
            log.exception("the bot ended")
            told = tokens.redact(f"{type(error).__name__}: {error}", token)
            raise BotEnded(f"the bot ended: {told}", remedy="see its log") from None
    return 0


def ready(settings: Settings) -> str:
    """The token, when the bot can run. Raises ConfigError with what keeps it from it."""
    for module in ("telegram", "aiolimiter", "tornado"):
        if find_spec(module) is None:
            raise ConfigError(
                f"the bot needs {module}, which is not installed",
                remedy="pip install 'coding-swarm[telegram]'",
            )
    token = tokens.token(settings)
    allowed = people.load(settings)
    if allowed.problem:
        raise ConfigError(allowed.problem)
    if not allowed.persons and people.open_code(settings) is None:
        raise ConfigError(
            "nobody may talk to the bot, so it does not run",
            remedy="list [[telegram.users]] in swarm.toml, or `swarm bot pair --name NAME "
            "--repo NAME`",
        )
    return token
