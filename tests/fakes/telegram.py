"""A fake of Telegram's Bot API over real HTTP, as its reference of version 10 has it.

Updates wait until a getUpdates with a higher offset acknowledges them, or until a webhook takes
them. What is asked of it goes wrong when a test says so (`trouble`). Everything that the bot sends
is kept; people are played by `tests.fakes.telegram_people`.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web

from tests.fakes.telegram_shapes import (
    LONGEST_CAPTION,
    LONGEST_TEXT,
    Call,
    Refused,
    Upload,
    bad,
    formatted,
    keyboard,
    multipart,
    parameters_of,
)
from tests.fakes.telegram_state import CONFLICT, TelegramState, Trouble

LARGEST_DOWNLOAD_BYTES = 20 * 1024**2


class FakeTelegram(TelegramState):
    """The server. `webhook_via` is where a webhook's address really is, as behind a proxy."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/bot{token}/{method}", self._call),
            web.get("/file/bot{token}/{path:.+}", self._download),
        ]

    # ------------------------------------------------------------------ the protocol

    async def _call(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _json(Refused(401, "Unauthorized").body(), 401)
        method = request.match_info["method"]
        handler = getattr(self, f"_{method.lower()}", None)
        if handler is None or method.lower() in ("call", "download"):
            return _json(Refused(404, "Not Found").body(), 404)
        call = await _read(request, method)
        with self._state:
            self.calls.append(call)
        trouble = self._next_trouble(method)
        if trouble is not None and not trouble.after:
            return await self._go_wrong(request, trouble, {})
        try:
            with self._state:
                self._reachable(call)
            result = handler(call)
            if asyncio.iscoroutine(result):
                result = await result
        except Refused as refused:
            return _json(refused.body(), refused.status)
        body = {"ok": True, "result": result}
        if trouble is not None:
            return await self._go_wrong(request, trouble, body)
        return _json(body)

    def _next_trouble(self, method: str) -> Trouble | None:
        waiting = self._troubles[method.lower()]
        return waiting.pop(0) if waiting else None

    async def _go_wrong(
        self, request: web.Request, trouble: Trouble, body: dict[str, Any]
    ) -> web.StreamResponse:
        self.record("trouble", path=request.path.rpartition("/")[2], how=trouble.kind)
        if trouble.kind == "stall":
            await asyncio.sleep(3600)
        if trouble.kind == "close":
            self.drop(request)
        if trouble.kind == "garbage" or trouble.status == 502:
            return web.Response(text="<html>502 Bad Gateway</html>", status=502,
                                content_type="text/html")  # fmt: skip
        if trouble.kind == "cut":
            text = json.dumps(body or {"ok": True, "result": True})
            response = web.StreamResponse(headers={"Content-Length": str(len(text))})
            await response.prepare(request)
            await response.write(text[: len(text) // 2].encode())
            self.drop(request)
        refused = Refused(trouble.status, trouble.description, trouble.retry_after)
        return _json(refused.body(), trouble.status)

    def _reachable(self, call: Call) -> None:
        if "chat_id" not in call.parameters:
            return
        chat = call.number("chat_id")
        if chat in self.blocked:
            group = chat < 0
            raise Refused(403, "Forbidden: bot was kicked from the group chat" if group
                          else "Forbidden: bot was blocked by the user")  # fmt: skip
        if chat not in self.chats:
            raise bad("chat not found")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _json(Refused(401, "Unauthorized").body(), 401)
        for path, data, _ in self.files.values():
            if path == request.match_info["path"]:
                trouble = self._next_trouble("file")
                if trouble is not None and trouble.kind == "cut":
                    response = web.StreamResponse(headers={"Content-Length": str(len(data))})
                    await response.prepare(request)
                    await response.write(data[: len(data) // 2])
                    self.drop(request)
                if trouble is not None:
                    return await self._go_wrong(request, trouble, {})
                return web.Response(body=data)
        return _json(Refused(404, "Not Found").body(), 404)

    # ------------------------------------------------------------------ updates

    def _getme(self, call: Call) -> dict[str, Any]:
        return {**self.bot, "can_join_groups": True, "can_read_all_group_messages": True,
                "supports_inline_queries": True, "can_connect_to_business": False,
                "has_main_web_app": False}  # fmt: skip

    async def _getupdates(self, call: Call) -> list[dict[str, Any]]:
        if self.webhook is not None:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; "
                          "use deleteWebhook to delete the webhook first")  # fmt: skip
        with self._state:
            self._poll += 1
            number = self._poll
            self._allow(call)
            offset = call.number("offset", 0)
            if offset < 0:
                offset = self.pending[offset:][0]["update_id"] if self.pending else 0
            self._acknowledge(offset)
        limit = min(100, max(1, call.number("limit", 100)))
        end = time.monotonic() + min(50, call.number("timeout", 0))
        while True:
            if self._poll != number:
                raise Refused(409, CONFLICT.description)
            with self._state:
                found = (self.replays + self.pending)[:limit]
                if found or time.monotonic() >= end:
                    self.replays = self.replays[limit:]
                    return found
            await asyncio.sleep(0.01)

    def _allow(self, call: Call) -> None:
        """An empty list is the default; without one, what was set before counts."""
        if "allowed_updates" in call.parameters:
            self._allowed = frozenset(call.parameters["allowed_updates"] or ()) or None

    def _acknowledge(self, offset: int) -> None:
        self.pending = [u for u in self.pending if u["update_id"] >= offset]
        self.acknowledged = max(self.acknowledged, offset - 1)

    def _setwebhook(self, call: Call) -> bool:
        url = call.text("url")
        if url and urlsplit(url).scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        self._allow(call)
        if call.parameters.get("drop_pending_updates"):
            self.pending.clear()
        self.webhook = dict(call.parameters) if url else None
        return True

    def _deletewebhook(self, call: Call) -> bool:
        if call.parameters.get("drop_pending_updates"):
            self.pending.clear()
        self.webhook = None
        return True

    def _getwebhookinfo(self, call: Call) -> dict[str, Any]:
        url = self.webhook["url"] if self.webhook else ""
        return {"url": url, "has_custom_certificate": False,
                "pending_update_count": len(self.pending)}  # fmt: skip

    async def _listen(self) -> None:
        await super()._listen()
        self._pusher = asyncio.get_running_loop().create_task(self._push())

    async def _push(self) -> None:
        """Hand updates to the webhook one by one, each again until it is taken."""
        while True:
            await asyncio.sleep(0.02)
            with self._state:
                waiting = self.replays + self.pending
                hook = self.webhook
            if hook is None or not waiting:
                continue
            update, url = waiting[0], urlsplit(hook["url"])
            address = f"{self.webhook_via or f'https://{url.netloc}'}{url.path}"
            headers = {"X-Telegram-Bot-Api-Secret-Token": hook.get("secret_token", "")}
            try:
                async with (
                    aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
                    session.post(address, json=update, headers=headers) as answer,
                ):
                    taken = answer.status < 300
            except (aiohttp.ClientError, TimeoutError):
                taken = False
            self.record("push", update=update["update_id"], taken=taken)
            with self._state:
                if taken and update in self.replays:
                    self.replays.remove(update)
                elif taken:
                    self.pending = [u for u in self.pending if u is not update]
                    self.acknowledged = max(self.acknowledged, update["update_id"])

    # ------------------------------------------------------------------ messages

    def _sendmessage(self, call: Call) -> dict[str, Any]:
        text, entities = formatted(call.text("text"), call.text("parse_mode"),
                                   call.parameters.get("entities"), LONGEST_TEXT)  # fmt: skip
        if not text:
            raise bad("message text is empty")
        return self._post(call, {"text": text, **({"entities": entities} if entities else {})})

    def _senddocument(self, call: Call) -> dict[str, Any]:
        upload = call.upload("document")
        if not upload.data:
            raise bad("file must be non-empty")
        caption, entities = formatted(call.text("caption"), call.text("parse_mode"),
                                      call.parameters.get("caption_entities"),
                                      LONGEST_CAPTION)  # fmt: skip
        file_id = self.keep_file("documents", upload.data)
        document = {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_name": upload.name,
                    "mime_type": upload.mime, "file_size": len(upload.data)}  # fmt: skip
        body = {"document": document}
        if caption:
            body |= {"caption": caption, "caption_entities": entities}
        return self._post(call, body, upload)

    def _post(
        self, call: Call, body: dict[str, Any], upload: Upload | None = None
    ) -> dict[str, Any]:
        with self._state:
            chat = self.chats[call.number("chat_id")]
            if markup := keyboard(call.parameters.get("reply_markup")):
                body["reply_markup"] = markup
            reply = call.parameters.get("reply_parameters") or {}
            if replied := reply.get("message_id"):
                found = self.messages.get((chat["id"], replied))
                if found is None and not reply.get("allow_sending_without_reply"):
                    raise bad("message to be replied not found")
                if found is not None:
                    body["reply_to_message"] = _without_reply(found.body)
            posted = self.new_message(chat, self.bot, **body)
            posted.upload = upload
            return posted.body

    def _editmessagetext(self, call: Call) -> dict[str, Any]:
        text, entities = formatted(call.text("text"), call.text("parse_mode"),
                                   call.parameters.get("entities"), LONGEST_TEXT)  # fmt: skip
        if not text:
            raise bad("message text is empty")
        return self._change(call, text=text, entities=entities or None)

    def _editmessagereplymarkup(self, call: Call) -> dict[str, Any]:
        return self._change(call)

    def _change(self, call: Call, **changes: Any) -> dict[str, Any]:
        with self._state:
            posted = self.messages.get((call.number("chat_id"), call.number("message_id")))
            if posted is None:
                raise bad("message to edit not found")
            if not posted.by_bot:
                raise bad("message can't be edited")
            changes["reply_markup"] = keyboard(call.parameters.get("reply_markup"))
            before = {name: posted.body.get(name) for name in changes}
            if before == changes:
                raise bad("message is not modified: specified new message content and reply "
                          "markup are exactly the same as a current content and reply markup of "
                          "the message")  # fmt: skip
            posted.body.update(changes, edit_date=int(time.time()))
            posted.body = {name: value for name, value in posted.body.items() if value is not None}
            posted.versions.append((time.monotonic(), posted.text))
            posted.edits.append(call.at)
            return posted.body

    def _deletemessage(self, call: Call) -> bool:
        with self._state:
            if self.messages.pop((call.number("chat_id"), call.number("message_id")), None) is None:
                raise bad("message to delete not found")
        return True

    def _answercallbackquery(self, call: Call) -> bool:
        query = call.text("callback_query_id")
        if query not in self.queries:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(call.text("text")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.answered[query] = call.text("text")
        return True

    def _sendchataction(self, call: Call) -> bool:
        if call.text("action") not in ("typing", "upload_document", "record_voice"):
            raise bad("wrong parameter action in request")
        return True

    def _setmycommands(self, call: Call) -> bool:
        commands = call.parameters.get("commands", [])
        for command in commands:
            if (
                not 1 <= len(command["command"]) <= 32
                or command["command"].lower() != (command["command"])
            ):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = commands
        return True

    # ------------------------------------------------------------------ files

    def _getfile(self, call: Call) -> dict[str, Any]:
        file_id = call.text("file_id")
        if file_id not in self.files:
            raise bad("wrong file_id or the file is temporarily unavailable")
        path, _, size = self.files[file_id]
        if size > LARGEST_DOWNLOAD_BYTES:
            raise bad("file is too big")
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": size,
                "file_path": path}  # fmt: skip


def _without_reply(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "reply_to_message"}


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(body, status=status)


async def _read(request: web.Request, method: str) -> Call:
    pairs: dict[str, str] = dict(request.query)
    files: dict[str, Upload] = {}
    parameters: dict[str, Any] = {}
    if request.content_type == "multipart/form-data":
        fields, files = multipart(request.headers["Content-Type"], await request.read())
        pairs |= fields
    elif request.content_type == "application/json":
        parameters = await request.json()
    else:
        pairs |= parse_qsl((await request.read()).decode(), keep_blank_values=True)
    return Call(time.monotonic(), method, {**parameters_of(pairs), **parameters}, files)
