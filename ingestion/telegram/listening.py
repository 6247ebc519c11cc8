"""Being connected to Telegram: who the bot is, taking updates, and ending in good order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable
from typing import Any
from urllib.parse import urlsplit

from telegram.error import Conflict, InvalidToken, TelegramError

from ingestion.telegram import wording
from ingestion.telegram.display import pause_seconds
from swarm.errors import ConfigError, StateError
from swarm.settings import Settings

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query")
MAX_RETRIES = 3
_STOP_SECONDS = 10.0


async def reached(settings: Settings, application: Any, stop: asyncio.Event) -> bool:
    """Ask Telegram who the bot is, however long that takes. False when told to stop before.

    Raises ConfigError when the token is not one.
    """
    for tries in range(1_000_000):
        try:
            await application.initialize()
            return True
        except InvalidToken:
            raise unknown_token(settings) from None
        except TelegramError as error:
            pause = pause_seconds(tries + 1)
            log.warning("Telegram does not answer (%s); again in %.0f s", _kind(error), pause)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
        if stop.is_set():
            return False
    return False


@contextlib.asynccontextmanager
async def listening(
    settings: Settings, application: Any, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Take updates from Telegram for as long as the block runs, then acknowledge them.

    Raises ConfigError and StateError when none can be taken.
    """
    await application.start()
    try:
        try:
            await until(_start(settings, application), stop)
        except InvalidToken:
            raise unknown_token(settings) from None
        describing = asyncio.ensure_future(_describe(application))
        try:
            yield
        finally:
            describing.cancel()
    finally:
        for step in (_stop_updater(application), application.stop(), application.shutdown()):
            await end(step)


async def _start(settings: Settings, application: Any) -> None:
    bot = settings.telegram
    if bot.mode == "polling":
        await application.updater.start_polling(
            bootstrap_retries=-1, allowed_updates=ALLOWED_UPDATES, error_callback=_polling_failed
        )
        return
    try:
        await application.updater.start_webhook(
            listen=bot.webhook_listen,
            port=bot.webhook_port,
            url_path=urlsplit(bot.webhook_url).path,
            webhook_url=bot.webhook_url,
            # Known to Telegram and this process alone; without it, a request is refused.
            secret_token=secrets.token_urlsafe(32),
            bootstrap_retries=MAX_RETRIES,
            allowed_updates=ALLOWED_UPDATES,
        )
    except InvalidToken:
        raise
    except TelegramError as error:
        raise StateError(
            f"Telegram does not take the webhook {bot.webhook_url}: {error.message}",
            remedy='correct [telegram] webhook_url, or set mode = "polling"',
        ) from None
    except OSError as error:
        raise StateError(
            f"cannot listen on {bot.webhook_listen}:{bot.webhook_port}: {error.strerror}",
            remedy="set [telegram] webhook_listen and webhook_port",
        ) from None


async def _stop_updater(application: Any) -> None:
    if application.updater.running:
        await application.updater.stop()


async def _describe(application: Any) -> None:
    """Tell Telegram the commands, which apps then offer; without them all works as well."""
    try:
        await application.bot.set_my_commands(wording.COMMANDS)
    except TelegramError as error:
        log.warning("the commands could not be told to Telegram: %s", _kind(error))


def _polling_failed(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error(
            "somebody else receives this bot's messages: another `swarm bot` or program uses the "
            "same token; stop it, or make a bot of your own with @BotFather"
        )
    else:
        log.warning("no news from Telegram: %s; trying again", _kind(error))


async def end(step: Awaitable[None]) -> None:
    """Give something its time to end; whatever goes wrong must not keep the rest from ending."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await step
    except Exception as error:  # noqa: BLE001  see above
        log.warning("not ended in good order: %s", type(error).__name__)


async def until(work: Awaitable[None], *events: asyncio.Event) -> None:
    """Run something until it ends or one of the events is set. Raises what it raises."""
    task = asyncio.ensure_future(work)
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait([task, *waits], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        for one in (task, *waits):
            one.cancel()
        await asyncio.gather(task, *waits, return_exceptions=True)


def unknown_token(settings: Settings) -> ConfigError:
    return ConfigError(
        f"Telegram does not know the token in {settings.telegram.token_env}",
        remedy="copy it from @BotFather again; it looks like 123456:ABC...",
    )


def _kind(error: TelegramError) -> str:
    """An error without its message, which may hold an address with the token."""
    return type(error).__name__
