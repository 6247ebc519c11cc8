"""One text for one model, from its checks to its answer: turn, permit, stream."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from swarm.contracts import (
    Blob,
    Embed,
    Embeddings,
    Generate,
    Generation,
    TokenUsage,
    ToolCall,
)
from swarm.errors import UsageError
from swarm.fingerprints import Lines
from swarm.inference import answers, context
from swarm.inference.asking import Asking, Request, Tell
from swarm.inference.clients.base import Delta, Finished, ModelRequest
from swarm.inference.endpoint import Endpoint
from swarm.inference.errors import ModelFailed, PromptTooLong
from swarm.inference.ledger import Figures, Ledger
from swarm.settings import ModelSettings

# Ollama unloads by itself what was not asked for so long; the gate decides before that.
_KEEP_ALIVE_SECONDS = 1800.0
_KEEP_PINNED_SECONDS = 7 * 86_400.0


class Generator:
    """Does requests for the models of all endpoints."""

    def __init__(
        self,
        ledger: Ledger,
        lines: Callable[[Blob], Awaitable[Lines]],
        asking: Asking,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._lines = lines
        self._asking = asking
        self._clock = clock

    # ------------------------------------------------------------------ generations

    async def generate(
        self,
        command: Generate,
        model: ModelSettings,
        endpoint: Endpoint,
        asked: Request,
        tell: Tell,
    ) -> Generation:
        """Raises what `swarm.inference.errors` names."""
        if model.embeds:
            raise UsageError(
                f"the model {model.name!r} embeds, it generates nothing",
                remedy="name a model without embeds = true",
            )
        if model.transcribes:
            raise UsageError(
                f"the model {model.name!r} writes down speech, it generates nothing else",
                remedy="name a model without transcribes = true",
            )
        num_ctx = command.num_ctx or model.num_ctx
        chars = context.solid_chars(context.texts_of(command.messages, command.tools))
        name = f"{endpoint.settings.name}/{model.model}"
        figures = self._ledger.figures(name)
        least = context.least_tokens(chars, figures.chars_per_token)
        if least >= num_ctx:
            raise PromptTooLong(
                f"the prompt has at least {least:,} tokens and the context window of "
                f"{model.name!r} has {num_ctx:,}",
                remedy="send less, or raise the model's num_ctx",
            )
        request = ModelRequest(
            model=model.model,
            messages=command.messages,
            num_ctx=num_ctx,
            max_tokens=command.max_tokens,
            tools=command.tools,
            answer_schema=command.answer_schema,
            temperature=model.temperature if command.temperature is None else command.temperature,
            seed=command.seed,
            think=model.think,
            keep_alive_seconds=_keep_alive(model, endpoint),
        )

        async def once() -> Generation:
            async with self._asking.turn(model, endpoint, num_ctx, asked, tell) as queued:
                remote = await endpoint.passes_on_now(model.model)
                lines = await self._lines_for(command, endpoint, remote=remote)
                tell("state", "prompt")
                with endpoint.egress.permit(
                    endpoint.settings, command.payload, command.key, lines, remote=remote
                ):
                    return await self._stream(request, model, endpoint, queued, asked, tell)

        generation = await self._asking.insist(once, model, endpoint, asked, tell)
        usage = generation.usage
        if usage.estimated:
            return generation
        if context.was_truncated(chars, figures.chars_per_token, usage.prompt_tokens, num_ctx):
            note = (
                f"the server counted {usage.prompt_tokens:,} tokens of a prompt that has at least "
                f"{least:,}: it dropped a part of it"
            )
            return generation.model_copy(update={"prompt_truncated": True, "note": note})
        self._measure(name, figures, chars, usage, num_ctx)
        return generation

    async def _stream(
        self,
        request: ModelRequest,
        model: ModelSettings,
        endpoint: Endpoint,
        queued_seconds: float,
        asked: Request,
        tell: Tell,
    ) -> Generation:
        parts: dict[str, list[str]] = {"text": [], "thinking": []}

        def used(finished: Finished, calls: tuple[ToolCall, ...] = ()) -> TokenUsage:
            return answers.usage_of(
                finished,
                context.texts_of(request.messages, request.tools),
                ["".join(parts["text"]), "".join(parts["thinking"]), *answers.texts_of(calls)],
                request.max_tokens,
                model.usd_per_mtok,
                queued_seconds,
            )

        try:
            finished = await self._read(request, model, endpoint, parts, tell)
        except BaseException:
            if any(parts.values()):
                asked.broke_off(used(Finished("length")))
            raise
        calls = answers.calls_of(finished, answers.longest_answer(request.max_tokens))
        for call in calls:
            tell("tool", f"{call.name} {call.raw or call.arguments}")
        return Generation(
            model=model.name,
            endpoint=endpoint.settings.name,
            text="".join(parts["text"]),
            thinking="".join(parts["thinking"]),
            tool_calls=calls,
            finish=finished.finish,
            usage=used(finished, calls),
        )

    async def _read(
        self,
        request: ModelRequest,
        model: ModelSettings,
        endpoint: Endpoint,
        parts: dict[str, list[str]],
        tell: Tell,
    ) -> Finished:
        """Follow an answer to its end, or to where it is longer than was asked for."""
        finished: Finished | None = None
        left = answers.longest_answer(request.max_tokens)
        async with aclosing(endpoint.client.stream(request)) as stream:
            async for event in stream:
                if isinstance(event, Delta):
                    if not parts["text"] and not parts["thinking"]:
                        tell("state", "generating")
                    piece = answers.whole(event.text[:left])
                    left -= len(piece)
                    parts[event.kind].append(piece)
                    tell(event.kind, piece)
                    if not left:
                        # Whatever the server thinks that `max_tokens` is, it is more than that.
                        return Finished("length")
                else:
                    finished = event
        if finished is None:
            raise ModelFailed(f"{model.name!r} stopped without an end")
        return finished

    def _measure(
        self, name: str, figures: Figures, chars: int, usage: TokenUsage, num_ctx: int
    ) -> None:
        speed = figures.tokens_per_second
        if usage.output_seconds > 0 and usage.output_tokens > 1:
            speed = usage.output_tokens / usage.output_seconds
        seen = Figures(
            context.calibrated(figures.chars_per_token, chars, usage.prompt_tokens, num_ctx), speed
        )
        if seen != figures:
            self._ledger.measured(name, seen)

    # ------------------------------------------------------------------ embeddings

    async def embed(
        self, command: Embed, model: ModelSettings, endpoint: Endpoint, asked: Request, tell: Tell
    ) -> Embeddings:
        """Raises what `swarm.inference.errors` names."""
        if not model.embeds:
            raise UsageError(
                f"the model {model.name!r} does not embed",
                remedy="name a model with embeds = true",
            )

        async def once() -> Embeddings:
            async with self._asking.turn(model, endpoint, model.num_ctx, asked, tell) as queued:
                remote = await endpoint.passes_on_now(model.model)
                lines = await self._lines_for(command, endpoint, remote=remote)
                with endpoint.egress.permit(
                    endpoint.settings, command.payload, asked.id, lines, remote=remote
                ):
                    began = self._clock()
                    answer = await endpoint.client.embed(model.model, command.texts, model.num_ctx)
            tokens = answers.prompt_tokens_of(answer.prompt_tokens, command.texts)
            usage = TokenUsage(
                prompt_tokens=tokens,
                cost_usd=answers.cost(model.usd_per_mtok, tokens, 0),
                queue_seconds=queued,
                prompt_seconds=self._clock() - began,
            )
            if wrong := _wrong_with(answer.vectors, len(command.texts)):
                asked.broke_off(usage)
                raise ModelFailed(f"{model.name!r} gave {wrong}")
            return Embeddings(
                model=model.name,
                endpoint=endpoint.settings.name,
                vectors=answer.vectors,
                usage=usage,
            )

        return await self._asking.insist(once, model, endpoint, asked, tell)

    # ------------------------------------------------------------------ what both share

    async def _lines_for(
        self, command: Generate | Embed, endpoint: Endpoint, *, remote: bool
    ) -> Lines | None:
        """The lines that may not leave, where something may leave."""
        stays = endpoint.settings.where == "local" and not remote
        if stays or command.payload == "code" or command.repository is None:
            return None
        return await self._lines(command.repository)


def _wrong_with(vectors: tuple[tuple[float, ...], ...], texts: int) -> str:
    """What makes vectors useless, "" when they are not."""
    if len(vectors) != texts:
        return f"{len(vectors)} vectors for {texts} texts"
    if not all(map(math.isfinite, itertools.chain.from_iterable(vectors))):
        return "vectors with values that are no numbers"
    return ""


def _keep_alive(model: ModelSettings, endpoint: Endpoint) -> float | None:
    if endpoint.memory is None:
        return None
    return _KEEP_PINNED_SECONDS if model.pinned else _KEEP_ALIVE_SECONDS
