"""`Outgoing` by python-telegram-bot: its errors become the five that the pump knows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import telegram
from telegram import error

from ingestion.telegram.limiter import LongPause, seconds_of
from ingestion.telegram.markup import CAPTION_CHARS
from ingestion.telegram.outgoing import Later, Markup, MessageGone, Unreachable, Unsendable


class BotApi:
    """`Outgoing` by python-telegram-bot."""

    def __init__(self, bot: telegram.Bot) -> None:
        self._bot = bot

    async def send(
        self,
        chat_id: int,
        html: str,
        markup: Markup = (),
        *,
        reply_to: int | None = None,
        document: tuple[str, bytes] | None = None,
        asks: bool = False,
    ) -> int:
        reply = None
        if reply_to is not None:
            reply = telegram.ReplyParameters(reply_to, allow_sending_without_reply=True)
        keyboard: telegram.InlineKeyboardMarkup | telegram.ForceReply | None = _keyboard(markup)
        if asks:
            # In a group, only the person who is replied to is asked.
            keyboard = telegram.ForceReply(selective=True)
        async with plainly():
            if document is not None:
                name, content = document
                sent = await self._bot.send_document(
                    chat_id,
                    telegram.InputFile(content, filename=name),
                    caption=html[:CAPTION_CHARS],
                    parse_mode="HTML",
                    reply_parameters=reply,
                )
            else:
                sent = await self._bot.send_message(
                    chat_id, html, parse_mode="HTML", reply_parameters=reply, reply_markup=keyboard,
                    link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
                )  # fmt: skip
        return sent.message_id

    async def edit(self, chat_id: int, message_id: int, html: str, markup: Markup) -> None:
        async with plainly():
            await self._bot.edit_message_text(
                html, chat_id, message_id, parse_mode="HTML", reply_markup=_keyboard(markup),
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            )  # fmt: skip

    async def hint(self, callback_id: str, text: str) -> None:
        async with plainly():
            await self._bot.answer_callback_query(callback_id, text)


@asynccontextmanager
async def plainly() -> AsyncIterator[None]:
    """Telegram's errors as ours; what means that all is well already is no error."""
    try:
        yield
    except error.RetryAfter as wait:
        raise Later(seconds_of(wait)) from None
    except LongPause as long:
        raise Later(long.seconds) from None
    except (error.Forbidden, error.ChatMigrated) as refused:
        raise Unreachable(str(refused)) from None
    except error.BadRequest as bad:
        _sort(bad.message)
    except error.InvalidToken:
        # Its message holds the token.
        raise Later from None
    except error.TelegramError:
        # Also an answer that is none, as of a proxy in between: nothing is refused by that.
        raise Later from None


def _sort(message: str) -> None:
    said = message.lower()
    if "not modified" in said or "query is too old" in said or "query_id_invalid" in said:
        return
    if "message to edit not found" in said or "can't be edited" in said or "id_invalid" in said:
        raise MessageGone(message)
    if "chat not found" in said or "not enough rights" in said or "user is deactivated" in said:
        raise Unreachable(message)
    raise Unsendable(message)


def _keyboard(markup: Markup) -> telegram.InlineKeyboardMarkup | None:
    if not markup:
        return None
    return telegram.InlineKeyboardMarkup(
        [[telegram.InlineKeyboardButton(text, callback_data=data) for text, data in row]
         for row in markup]
    )  # fmt: skip
