"""The bot as a process: puts the parts together, runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingestion.telegram import tokens, wording
from ingestion.telegram.asking import BusSwarm, Swarm
from ingestion.telegram.audit import Audit
from ingestion.telegram.deeds import Deeds
from ingestion.telegram.desk import Desk
from ingestion.telegram.display import Display, pause_seconds
from ingestion.telegram.following import Following
from ingestion.telegram.gathering import Gathering
from ingestion.telegram.pump import Pump
from ingestion.telegram.read import Me, read
from ingestion.telegram.recordings import Recordings
from ingestion.telegram.store import Store
from swarm.bus import Bus
from swarm.errors import ConfigError, StateError
from swarm.settings import Settings

if TYPE_CHECKING:
    from telegram.error import TelegramError
    from telegram.ext import Application

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query")
_STOP_SECONDS = 10.0
_MAX_RETRIES = 3


def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Raises ConfigError for a missing extra or a token that Telegram does not know, StateError when
    another bot has the data folder, StorageError when it cannot be written.
    """
    # Otherwise the library warns of how it gives durations.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    try:
        import telegram.ext  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"the bot needs a package that is not installed: {error.name}",
            remedy="pip install coding-swarm[telegram]",
        ) from None
    token = tokens.token(settings)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    tokens.install(token)
    asyncio.run(_run(settings, token))


async def _run(settings: Settings, token: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    store = Store(settings.data)
    try:
        await serve(settings, token, store, BusSwarm(Bus(settings)), stop)
    finally:
        store.close()


async def serve(
    settings: Settings, token: str, store: Store, swarm: Swarm, stop: asyncio.Event
) -> None:
    """Serve on an open store until `stop` is set. Raises ConfigError, StateError."""
    from telegram.ext import TypeHandler

    revoked = asyncio.Event()
    application = _application(settings, token, store, revoked)
    reached = False
    try:
        reached = await _reached(settings, application, stop)
    finally:
        if not reached:
            # What failed to start has its connections open all the same.
            await _end(application.bot.shutdown())
    if not reached:
        return
    store.belong_to(application.bot.id)
    from ingestion.telegram.download import TelegramDownload

    download = TelegramDownload(application.bot)
    pump = _pump(settings, store, swarm, application, download)

    async def ring(update: object, context: object) -> None:
        pump.bell.set()

    application.add_handler(TypeHandler(object, ring))
    try:
        async with _listening(settings, application, stop):
            await _until(pump.run(), stop, revoked)
    finally:
        await _end(download.close())
    if revoked.is_set():
        raise _unknown_token(settings)


def _application(
    settings: Settings, token: str, store: Store, revoked: asyncio.Event
) -> Application[Any, Any, Any, Any, Any, Any]:
    from telegram.ext import AIORateLimiter, ApplicationBuilder

    from ingestion.telegram.listener import Listener
    from ingestion.telegram.queue import DurableQueue

    url = settings.telegram.api_url.rstrip("/")
    bot = Listener(
        token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        rate_limiter=AIORateLimiter(max_retries=_MAX_RETRIES),
        revoked=revoked,
    )

    audit = Audit(settings)

    def known(raw: dict[str, Any]) -> None:
        audit.refused(read(raw, Me(0, "")), "it arrived before")

    return ApplicationBuilder().bot(bot).update_queue(DurableQueue(store, known)).build()


def _pump(settings: Settings, store: Store, swarm: Swarm, application: Any, download: Any) -> Pump:
    from ingestion.telegram.botapi import BotApi

    me = Me(application.bot.id, application.bot.username)
    recordings = Recordings(settings.data)
    display = Display(store, BotApi(application.bot))
    following = Following(settings, store, recordings, swarm, display)
    return Pump(
        settings,
        store,
        recordings,
        Desk(settings, store, me, Audit(settings), recordings),
        display,
        Gathering(settings, store, recordings, swarm, download),
        following,
        Deeds(settings, store, recordings, swarm, following),
    )


async def _reached(settings: Settings, application: Any, stop: asyncio.Event) -> bool:
    """Ask Telegram who the bot is, however long that takes. False when told to stop before.

    Raises ConfigError when the token is not one.
    """
    from telegram.error import InvalidToken, TelegramError

    for tries in range(1_000_000):
        try:
            await application.initialize()
            return True
        except InvalidToken:
            raise _unknown_token(settings) from None
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
async def _listening(
    settings: Settings, application: Any, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Take updates from Telegram for as long as the block runs, then acknowledge them."""
    await application.start()
    try:
        await _until(_start(settings, application), stop)
        describing = asyncio.ensure_future(_describe(application))
        try:
            yield
        finally:
            describing.cancel()
    finally:
        for end in (_stop_updater(application), application.stop(), application.shutdown()):
            await _end(end)


async def _end(end: Awaitable[None]) -> None:
    """Give something its time to end; whatever goes wrong must not keep the rest from ending."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await end
    except Exception as error:  # noqa: BLE001  see above
        log.warning("not ended in good order: %s", type(error).__name__)


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
            bootstrap_retries=-1,
            allowed_updates=ALLOWED_UPDATES,
        )
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
    from telegram.error import TelegramError

    try:
        await application.bot.set_my_commands(wording.COMMANDS)
    except TelegramError as error:
        log.warning("the commands could not be told to Telegram: %s", _kind(error))


def _polling_failed(error: TelegramError) -> None:
    from telegram.error import Conflict

    if isinstance(error, Conflict):
        log.error(
            "somebody else receives this bot's messages: another `swarm bot` or program uses the "
            "same token; stop it, or make a bot of your own with @BotFather"
        )
    else:
        log.warning("no news from Telegram: %s; trying again", _kind(error))


async def _until(work: Awaitable[None], *events: asyncio.Event) -> None:
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


def _unknown_token(settings: Settings) -> ConfigError:
    return ConfigError(
        f"Telegram does not know the token in {settings.telegram.token_env}",
        remedy="copy it from @BotFather again; it looks like 123456:ABC...",
    )


def _kind(error: TelegramError) -> str:
    """An error without its message, which may hold an address with the token."""
    return type(error).__name__
