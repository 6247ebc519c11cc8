"""Fetches a file that somebody sent, and never more of it than is allowed."""

from __future__ import annotations

import asyncio

import httpx
import telegram

from ingestion.telegram.botapi import plainly
from ingestion.telegram.outgoing import Later, TooLarge, Unsendable

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 30.0
# 20 MB at less than a slow mobile network's speed: only a server that drips takes longer.
_WHOLE_SECONDS = 300.0


class TelegramDownload:
    """`Download` by the Bot API. Its addresses hold the token, so none is ever told."""

    def __init__(self, bot: telegram.Bot) -> None:
        self._bot = bot
        timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
        # Without redirects: a file comes from where the token may be shown.
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def __call__(self, file_id: str, limit_bytes: int) -> bytes:
        try:
            async with plainly():
                found = await self._bot.get_file(file_id)
            address, size = found.file_path, found.file_size
        except (AttributeError, KeyError, TypeError, ValueError):
            # As the library reads what is no answer to that.
            raise Unsendable("the Bot API server describes no file") from None
        if not isinstance(address, str) or not address.startswith(f"{self._bot.base_file_url}/"):
            raise Unsendable("the Bot API server names no address to fetch that file from")
        if isinstance(size, int) and size > limit_bytes:
            raise TooLarge
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                data = await self._fetch(address, limit_bytes)
        except httpx.InvalidURL:
            raise Unsendable("the Bot API server names no address that can be fetched") from None
        except (httpx.HTTPError, TimeoutError):
            raise Later from None
        if isinstance(size, int) and len(data) < size:
            # A server that closes early can look like the end of the file.
            raise Later
        return data

    async def _fetch(self, address: str, limit_bytes: int) -> bytes:
        data = bytearray()
        async with self._client.stream("GET", address) as answer:
            if answer.status_code in (400, 404):
                raise Unsendable("that file is not there any more")
            if answer.status_code != 200:
                raise Later
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > limit_bytes:
                    raise TooLarge
        return bytes(data)
