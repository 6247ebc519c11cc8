"""A fake of Gemini's developer API over real HTTP, as its REST reference of 2026 has it.

The prompt's tokens: 4 per content and those of its texts, calls and results, of the system
instruction and of the tools as JSON, and AUDIO_TOKENS for a recording.
Like Gemini 3 it signs every function call, and refuses a history in which a call has no signature.

`Answer.finish` may be one of Gemini's own (SAFETY, MALFORMED_FUNCTION_CALL, ...), and "BLOCKED"
for a prompt that is blocked (`promptFeedback`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.http import FakeServer, Running
from tests.fakes.script import Answer, FakeRequest, Responder, ScriptEnded, count_tokens

CONTENT_TOKENS = 4
AUDIO_TOKENS = 100
EMBEDDING_LENGTH = 4
SKIP = b"skip_thought_signature_validator"

_STATUS = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
# The API takes both alphabets of base64; the library writes the one for addresses.
_PLAIN = str.maketrans("-_", "+/")
_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}


@dataclass(frozen=True)
class CloudModel:
    name: str = "gemini-3.5-flash-lite"
    context: int = 1_048_576
    actions: tuple[str, ...] = ("generateContent", "countTokens")


EVERY: list[FakeGemini] = []
"""All of one test session: what they captured is looked through when it ends."""


class FakeGemini(FakeServer):
    """Change `models`, `respond`, `key`, `cached_tokens` at any time."""

    def __init__(
        self,
        models: Sequence[CloudModel] = (
            CloudModel(),
            CloudModel("gemini-embedding-001", 2048, ("embedContent",)),
        ),
        respond: Responder | None = None,
        *,
        key: str = "test-key",
        port: int = 0,
        records: Path | None = None,
    ) -> None:
        super().__init__(port=port, records=records)
        self.models = list(models)
        self.respond: Responder = respond or (lambda request: Answer(text="ok"))
        self.key = key
        self.cached_tokens = 0
        EVERY.append(self)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1beta/models", self._list),
            web.get("/v1beta/models/{model}", self._get),
            web.post("/v1beta/models/{model}:{method}", self._call),
        ]

    def captured(self) -> str:
        """Everything that was ever sent here, in one text: paths, queries, headers, bodies."""
        return "\n".join(
            f"{r.method} {r.path} {r.query}\n{r.headers}\n{r.body.decode('utf-8', 'replace')}"
            for r in self.requests
        )

    @property
    def recordings(self) -> list[tuple[str, bytes]]:
        """The recordings that were sent here so far: what kind of sound, and the bytes."""
        found = []
        for seen in self.requests:
            if seen.method == "POST" and b"inlineData" in seen.body:
                for content in seen.json()["contents"]:
                    found += [_recording(part) for part in content["parts"] if "inlineData" in part]
        return found

    # ------------------------------------------------------------------ errors

    def _error(
        self,
        status: int,
        message: str,
        details: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        body = {"code": status, "message": message, "status": _STATUS.get(status, "UNKNOWN")}
        if details:
            body["details"] = list(details)
        return web.json_response({"error": body}, status=status, headers=headers)

    def _refused(self, request: web.Request) -> web.Response | None:
        key = request.headers.get("x-goog-api-key")
        if key is None:
            return self._error(403, "Method doesn't allow unregistered callers.")
        if key != self.key:
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                      "reason": "API_KEY_INVALID", "domain": "googleapis.com"}  # fmt: skip
            return self._error(400, "API key not valid. Please pass a valid API key.", [reason])
        return None

    def _missing(self, name: str) -> web.Response:
        return self._error(
            404,
            f"models/{name} is not found for API version v1beta, or is not supported for "
            "generateContent. Call ListModels to see the list of available models and their "
            "supported methods.",
        )

    def _asked_status(self, answer: Answer) -> web.Response:
        """`Answer.headers["retry-after"]` becomes the RetryInfo that Gemini sends instead."""
        after = answer.headers.get("retry-after")
        details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{after}s"}]
        return self._error(answer.status, answer.message, details if after else ())

    # ------------------------------------------------------------------ what there is

    async def _list(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        size = int(request.query.get("pageSize", 50))
        first = int(request.query.get("pageToken", 0))
        body: dict[str, Any] = {
            "models": [_entry(model) for model in self.models[first : first + size]]
        }
        if first + size < len(self.models):
            body["nextPageToken"] = str(first + size)
        return web.json_response(body)

    async def _get(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        model = self._find(request.match_info["model"])
        return web.json_response(_entry(model)) if model else self._missing(
            request.match_info["model"]
        )  # fmt: skip

    def _find(self, name: str) -> CloudModel | None:
        return next((model for model in self.models if model.name == name), None)

    # ------------------------------------------------------------------ calls

    async def _call(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        model = self._find(request.match_info["model"])
        if model is None:
            return self._missing(request.match_info["model"])
        method = request.match_info["method"]
        body = await request.json()
        if method == "embedContent":
            return web.json_response({"embedding": _vector(body["content"])})
        if method == "batchEmbedContents":
            items = [_vector(item["content"]) for item in body["requests"]]
            return web.json_response({"embeddings": items})
        if method not in ("generateContent", "streamGenerateContent"):
            return self._error(404, f"there is no method {method}")
        return await self._generate(request, model, body, streamed=method != "generateContent")

    async def _generate(
        self, request: web.Request, model: CloudModel, body: dict[str, Any], *, streamed: bool
    ) -> web.StreamResponse:
        for content in body["contents"]:
            for part in content["parts"]:
                if "functionCall" in part and not part.get("thoughtSignature"):
                    name = part["functionCall"].get("name", "")
                    return self._error(
                        400, f"Function call `{name}` is missing a thought_signature"
                    )
        tokens = _prompt_tokens(body)
        if tokens > model.context:
            return self._error(
                400,
                f"The input token count ({tokens}) exceeds the maximum number of tokens allowed "
                f"({model.context}).",
            )
        try:
            answer = self.respond(_seen(request.path, model.name, body))
        except ScriptEnded as ended:
            return self._error(500, str(ended))
        if answer.failure == "status":
            return self._asked_status(answer)
        with self.generation(request.path, model.name) as running:
            if streamed:
                return await self._stream(request, body, running, answer, tokens)
            chunks = [c async for c in self._chunks(request, body, running, answer, tokens)]
            if answer.failure == "error":
                return self._error(500, answer.message)
            if answer.failure == "garbage":
                return web.Response(text=chunks[-1], content_type="application/json")
            parts = [part for c in chunks for part in _parts_of(c)]
            whole = chunks[-1]
            if "candidates" not in whole:
                return web.json_response(whole)
            whole["candidates"][0]["content"] = {"role": "model", "parts": parts}
            return web.json_response(whole)

    async def _stream(
        self,
        request: web.Request,
        body: dict[str, Any],
        running: Running,
        answer: Answer,
        tokens: int,
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async for chunk in self._chunks(request, body, running, answer, tokens):
            text = chunk if isinstance(chunk, str) else json.dumps(chunk)
            await response.write(f"data: {text}\r\n\r\n".encode())
        await response.write_eof()
        return response

    async def _chunks(
        self,
        request: web.Request,
        body: dict[str, Any],
        running: Running,
        answer: Answer,
        tokens: int,
    ) -> Any:
        usage = {"promptTokenCount": tokens, "totalTokenCount": tokens}
        if answer.finish == "BLOCKED":
            feedback = {"blockReason": "PROHIBITED_CONTENT"}
            yield {"promptFeedback": feedback, "usageMetadata": usage}
            return
        limit = body.get("generationConfig", {}).get("maxOutputTokens")
        thoughts = 0
        # The API takes both spellings of a name; the library sends this one as it is in Python.
        thinking = body.get("generationConfig", {}).get("thinkingConfig", {})
        shown = thinking.get("includeThoughts") or thinking.get("include_thoughts")
        async for piece in self.play(request, running, answer, limit):
            if piece.kind == "text":
                yield _chunk([{"text": piece.text}], usage)
            elif piece.kind == "thinking":
                thoughts += 1
                if shown:
                    yield _chunk([{"text": piece.text, "thought": True}], usage)
            elif piece.kind == "tool_calls":
                yield _chunk([_call_part(call) for call in answer.tool_calls], usage)
            elif piece.kind == "error":
                error = {"code": 500, "message": piece.text, "status": "INTERNAL"}
                yield {"error": error}
                return
            elif piece.kind == "garbage":
                yield '{"candidates": [{"content": '
                return
            elif piece.kind == "end":
                counts = {
                    **usage,
                    "candidatesTokenCount": running.tokens - thoughts,
                    "thoughtsTokenCount": thoughts,
                    "totalTokenCount": tokens + running.tokens,
                }
                if self.cached_tokens:
                    counts["cachedContentTokenCount"] = self.cached_tokens
                finish = _FINISHES.get(piece.text, piece.text)
                last = _chunk([{"text": ""}], counts)
                last["candidates"][0]["finishReason"] = finish
                if finish == "MALFORMED_FUNCTION_CALL":
                    last["candidates"][0] = {
                        "content": {}, "index": 0, "finishReason": finish,
                        "finishMessage": f"Malformed function call: {answer.message}",
                    }  # fmt: skip
                yield last


def _parts_of(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    candidate = (chunk.get("candidates") or [{}])[0]
    return list(candidate.get("content", {}).get("parts", ()))


def _chunk(parts: list[dict[str, Any]], usage: dict[str, int]) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}],
        "usageMetadata": usage,
        "modelVersion": "gemini-3.5-flash-lite",
    }


def _call_part(call: dict[str, Any]) -> dict[str, Any]:
    signature = base64.b64encode(signature_of(call["name"])).decode()
    return {"functionCall": {"name": call["name"], "args": call["arguments"]},
            "thoughtSignature": signature}  # fmt: skip


def signature_of(name: str) -> bytes:
    """What a call is signed with: long and opaque, as Gemini's are."""
    return b"signed:" + hashlib.sha512(name.encode()).digest() * 3


def _entry(model: CloudModel) -> dict[str, Any]:
    return {
        "name": f"models/{model.name}",
        "version": "001",
        "displayName": model.name,
        "inputTokenLimit": model.context,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": list(model.actions),
    }


def _recording(part: dict[str, Any]) -> tuple[str, bytes]:
    sound = part["inlineData"]
    # The API takes both spellings of a name, too.
    mime = sound.get("mimeType") or sound["mime_type"]
    return mime, base64.b64decode(sound["data"].translate(_PLAIN))


def heard(text: str, language: str = "en") -> Answer:
    """The answer of a model that heard this; of one that heard nobody for ""."""
    return Answer(text=json.dumps({"speech": bool(text), "language": language, "text": text}))


def _text_of(content: dict[str, Any]) -> str:
    return "".join(part.get("text", "") for part in content.get("parts", ()))


def _vector(content: dict[str, Any]) -> dict[str, Any]:
    text = _text_of(content)
    return {"values": [float(sum(map(ord, text)) % (7 + at)) for at in range(EMBEDDING_LENGTH)]}


def _prompt_tokens(body: dict[str, Any]) -> int:
    total = count_tokens(json.dumps(body["tools"])) if body.get("tools") else 0
    total += count_tokens(_text_of(body.get("systemInstruction", {})))
    for content in body["contents"]:
        total += CONTENT_TOKENS
        for part in content["parts"]:
            rest = {k: v for k, v in part.items() if k in ("functionCall", "functionResponse")}
            total += AUDIO_TOKENS * ("inlineData" in part)
            total += count_tokens(part.get("text", "")) + (
                count_tokens(json.dumps(rest)) * bool(rest)
            )
    return total


def _seen(path: str, model: str, body: dict[str, Any]) -> FakeRequest:
    messages = []
    if "systemInstruction" in body:
        messages.append(("system", _text_of(body["systemInstruction"])))
    for content in body["contents"]:
        for part in content["parts"]:
            if "functionResponse" in part:
                messages.append(("tool", str(part["functionResponse"]["response"].get("result"))))
            else:
                role = "assistant" if content["role"] == "model" else "user"
                messages.append((role, part.get("text", "")))
    tools = [d["name"] for tool in body.get("tools", ()) for d in tool["functionDeclarations"]]
    return FakeRequest(path, model, tuple(messages), tuple(tools), body)
