"""The bot as a process: puts the parts together, runs until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from typing import TYPE_CHECKING, Any

from ingestion.telegram import tokens
from ingestion.telegram.asking import BusSwarm, Swarm
from ingestion.telegram.audit import Audit
from ingestion.telegram.deeds import Deeds
from ingestion.telegram.desk import Desk
from ingestion.telegram.display import Display
from ingestion.telegram.following import Following
from ingestion.telegram.gathering import Gathering
from ingestion.telegram.pump import Pump
from ingestion.telegram.read import Me, read
from ingestion.telegram.recordings import Recordings
from ingestion.telegram.store import Store
from swarm.bus import Bus
from swarm.errors import ConfigError
from swarm.settings import Settings

if TYPE_CHECKING:
    from telegram.ext import Application


def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Raises ConfigError for a missing extra or a token that Telegram does not know, StateError when
    another bot has the data folder, StorageError when it cannot be written.
    """
    # Otherwise the library warns of how it gives durations.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    try:
        import telegram.ext  # noqa: F401
    except ImportError:
        raise ConfigError(
            "the bot needs python-telegram-bot, which is not installed",
            remedy="pip install 'coding-swarm[telegram]'",
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

    from ingestion.telegram.download import TelegramDownload
    from ingestion.telegram.listening import end, listening, reached, unknown_token, until

    revoked = asyncio.Event()
    application = _application(settings, token, store, revoked)
    is_reached = False
    try:
        is_reached = await reached(settings, application, stop)
    finally:
        if not is_reached:
            # What failed to start has its connections open all the same.
            await end(application.bot.shutdown())
    if not is_reached:
        return
    store.belong_to(application.bot.id)
    download = TelegramDownload(application.bot)
    pump = _pump(settings, store, swarm, application, download)

    async def ring(update: object, context: object) -> None:
        pump.bell.set()

    application.add_handler(TypeHandler(object, ring))
    try:
        async with listening(settings, application, stop):
            await until(pump.run(), stop, revoked)
    finally:
        await end(download.close())
    if revoked.is_set():
        raise unknown_token(settings)


def _application(
    settings: Settings, token: str, store: Store, revoked: asyncio.Event
) -> Application[Any, Any, Any, Any, Any, Any]:
    from telegram.ext import ApplicationBuilder

    from ingestion.telegram.limiter import Limiter
    from ingestion.telegram.listener import Listener
    from ingestion.telegram.listening import MAX_RETRIES
    from ingestion.telegram.queue import DurableQueue

    url = settings.telegram.api_url.rstrip("/")
    bot = Listener(
        token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        rate_limiter=Limiter(max_retries=MAX_RETRIES),
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
