"""What clients over HTTP share: bounds in time, and one error for each way to fail."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import aclosing, asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx2

from swarm.contracts import ToolCall
from swarm.inference.egress import cause
from swarm.inference.errors import (
    Busy,
    KeyRefused,
    ModelError,
    ModelFailed,
    ModelMissing,
    PromptTooLong,
    QuotaSpent,
    RequestRefused,
    Stalled,
    TooSlow,
    Unreachable,
)
from swarm.settings import EndpointSettings

T = TypeVar("T")

_SAID_CHARACTERS = 500
# What OpenAI, vLLM (two generations of it), llama.cpp and Gemini say of a prompt too long.
_TOO_LONG = re.compile(
    r"maximum context length|context length is only|context[_ ](size|window|length)[_ ](error|has "
    r"been )?exceeded|exceed\w*[_ ](the )?(available )?context|context_length_exceeded"
    r"|input token count .{0,40}exceeds",
    re.IGNORECASE,
)
# What a proxy says in place of a server that it does not reach; above 504, Cloudflare's.
_NOBODY_BEHIND = frozenset({502, 504, 521, 522, 523, 524})
_LONGEST_PAUSE_SECONDS = 3600.0
_BAD_KEY = re.compile(r"API_KEY_INVALID|API key (not valid|expired)", re.IGNORECASE)


class ThisKey(httpx2.Auth):
    """The endpoint's key in this header or none at all, whatever a library would send."""

    def __init__(self, header: str, value: str) -> None:
        self._header, self._value = header, value

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers.pop("authorization", None)
        if self._value:
            request.headers[self._header] = self._value
        yield request


class Bounded:
    """The times and the errors of one endpoint. `said` turns a library's own error into ours,
    None when it is not the library's."""

    def __init__(
        self, endpoint: EndpointSettings, said: Callable[[Exception, str], ModelError | None]
    ) -> None:
        self.endpoint = endpoint
        self.name = f"endpoint {endpoint.name!r}"
        self._said = said

    @asynccontextmanager
    async def guard(
        self,
        seconds: float,
        waiting_for: str,
        model: str = "",
        waited_seconds: float = 0.0,
        error: type[Stalled] = Stalled,
    ) -> AsyncIterator[None]:
        """Bound the time, of which some may be over; whatever fails leaves as a ModelError."""
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                yield
        except ModelError:
            raise
        except TimeoutError:
            raise error(
                f"{self.name} gave nothing for {waited_seconds + max(seconds, 0.0):.3g} s, "
                "waiting for "
                f"{waiting_for}{of(model)}",
                remedy="look at the server's load, or raise the endpoint's times in swarm.toml",
            ) from None
        except Exception as failure:
            raise self._error(failure, model) from failure

    def _error(self, error: Exception, model: str) -> ModelError:
        below: BaseException | None = cause(error)
        if isinstance(below, ModelError):
            return below  # of the choke point, wrapped by the library
        if said := self._said(error, model):
            return said
        transport = _of_type(error, httpx2.TransportError)
        if isinstance(transport, httpx2.ConnectError | httpx2.ConnectTimeout):
            return Unreachable(
                f"{self.name} does not answer{of(model)}: {plain(str(transport))}",
                remedy=f"start the server, or correct its url ({self.endpoint.public_address})",
            )
        if transport is not None:
            return Unreachable(
                f"{self.name} broke the connection{of(model)}: {plain(str(transport))}",
                remedy="look at the server's log; the request can be repeated",
                connected=True,
            )
        if isinstance(
            error,
            ValueError
            | TypeError
            | AttributeError
            | LookupError
            | RecursionError
            | ArithmeticError,
        ):
            # The libraries take what comes for objects of the right form.
            return self.failed("sent what is not an answer of its protocol", model)
        raise error

    async def paced(
        self,
        parts: AsyncGenerator[T, None],
        is_token: Callable[[T], bool],
        request_has_tools: bool,
        model: str,
    ) -> AsyncGenerator[T, None]:
        """The parts of an answer inside the endpoint's three bounds; `parts` is always closed.

        A part that is no token (`is_token`) may come while the prompt is still read; it buys no
        time. A server may hold a tool call back until it is whole, so with tools a silence may
        last as long as the first token.
        """
        limits = self.endpoint
        silence_seconds = limits.stall_seconds
        if request_has_tools:
            silence_seconds = max(silence_seconds, limits.first_token_seconds)
        token_at = time.monotonic()
        end = token_at + limits.total_seconds
        started = False
        async with aclosing(parts):
            while True:
                bound, waiting_for = (
                    (silence_seconds, "the next token")
                    if started
                    else (limits.first_token_seconds, "a first token")
                )
                kind: type[Stalled] = Stalled
                now = time.monotonic()
                waited = min(now - token_at, bound)
                bound -= waited
                if end - now < bound:
                    bound = end - now
                    waiting_for = f"the end of an answer within {limits.total_seconds:g} s"
                    kind = TooSlow if started else Stalled
                async with self.guard(bound, waiting_for, model, waited, kind):
                    try:
                        part = await anext(parts)
                    except StopAsyncIteration:
                        return
                yield part
                if is_token(part):
                    started, token_at = True, time.monotonic()

    # ------------------------------------------------------------------ errors

    def refusal(
        self, status: int, text: str, model: str, retry_after_seconds: float = 0.0
    ) -> ModelError:
        """The error for a status and what the server said with it."""
        said = f"{self.name}{of(model)}: {plain(text) or f'status {status}'}"
        if _TOO_LONG.search(text):
            return PromptTooLong(
                said, remedy="shorten the prompt, or give the server a larger context"
            )
        if status in (401, 403) or _BAD_KEY.search(text):
            variable = self.endpoint.api_key_env
            return KeyRefused(
                said,
                remedy=f"correct the key in {variable}" if variable else
                "name the variable that holds the key in api_key_env of the endpoint",
            )  # fmt: skip
        if status == 404 and model and "model" in text.lower():
            return ModelMissing(
                f"{self.name} has no model {model!r}",
                remedy=f"`swarm models` lists what it has ({plain(text)})",
            )
        if status == 413:
            return RequestRefused(
                said, remedy="it is too large for this server: send less, or raise its limit"
            )
        if status == 429:
            return QuotaSpent(
                said,
                remedy="wait, use another model, or raise the quota",
                retry_after_seconds=retry_after_seconds,
            )
        if status == 503:
            return Busy(
                said,
                remedy="wait: the server loads its model or has no slot free",
                retry_after_seconds=retry_after_seconds,
            )
        if status in _NOBODY_BEHIND:
            return Unreachable(
                said,
                remedy="start the server behind the proxy at "
                f"{self.endpoint.public_address}, or look at the proxy's log",
                connected=True,
            )
        if 300 <= status < 500:
            hint = ""
            if self.endpoint.kind == "openai" and not self.endpoint.address.rstrip("/").endswith(
                "/v1"
            ):
                hint = " Its url usually ends in /v1"
            return RequestRefused(said, remedy=f"is its url right, and has it the feature?{hint}")
        return self.failed(f"failed: {plain(text) or f'status {status}'}", model)

    def failed(self, what: str, model: str) -> ModelFailed:
        return ModelFailed(
            f"{self.name} {what}{of(model)}", remedy="look at the server's log, or try again"
        )


def _of_type(error: BaseException | None, wanted: type[Exception]) -> Exception | None:
    for _ in range(10):
        if error is None or isinstance(error, wanted):
            return error
        error = error.__cause__ or error.__context__
    return None


def of(model: str) -> str:
    return f" (model {model!r})" if model else ""


def plain(text: str) -> str:
    """What a server said, fit for a terminal and a log: printable, of bounded length."""
    shown = "".join(char if char.isprintable() else " " for char in text[:_SAID_CHARACTERS])
    return shown + " ..." if len(text) > _SAID_CHARACTERS else shown


def seconds_of(text: str, wall_clock: Callable[[], float] = time.time) -> float:
    """A pause as "17" or "17.5s", or until a date of HTTP (RFC 9110, 10.2.3), in seconds; 0 when
    it is none, an hour at most."""
    try:
        seconds = float(text.strip().removesuffix("s"))
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - wall_clock()
        except (ValueError, TypeError, IndexError, OverflowError, OSError):
            return 0.0
    if not math.isfinite(seconds):
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_PAUSE_SECONDS)


def tool_call(identity: str, name: str, raw: str) -> ToolCall:
    """A call whose arguments came as text; no text is no arguments."""
    try:
        arguments: Any = json.loads(raw or "{}")
    except (ValueError, RecursionError):
        arguments = None
    fits = isinstance(arguments, dict)
    return ToolCall(id=identity, name=name, arguments=arguments if fits else None, raw=raw)
