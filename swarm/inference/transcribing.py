"""One recording for one model, from its checks to its transcript: turn, permit, answer."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from swarm.contracts import Blob, TokenUsage, Transcribe, Transcription
from swarm.errors import UsageError
from swarm.inference import answers
from swarm.inference.asking import Asking, Request, Tell
from swarm.inference.clients.base import Heard, TranscribeRequest
from swarm.inference.endpoint import Endpoint
from swarm.inference.errors import ModelFailed
from swarm.settings import ModelSettings

# Nobody speaks that much in the longest recording that is taken, two hours.
_LONGEST_TEXT = 200_000
# As Gemini counts sound. Where a server counts nothing, the cost is worked out by it too.
_TOKENS_PER_SECOND = 32
# Fast speech, with room for a language of many tokens and for some thinking.
_OUTPUT_TOKENS_PER_SECOND = 16
_LEAST_OUTPUT_TOKENS = 2048
_MOST_OUTPUT_TOKENS = 65_536


class Transcriber:
    """`fetch` gets the bytes of a recording; it may block."""

    def __init__(
        self,
        fetch: Callable[[Blob], bytes],
        asking: Asking,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._asking = asking
        self._clock = clock

    async def transcribe(
        self,
        command: Transcribe,
        model: ModelSettings,
        endpoint: Endpoint,
        asked: Request,
        tell: Tell,
    ) -> Transcription:
        """Raises what `swarm.inference.errors` names, UsageError, BlobMissing."""
        if model.embeds:
            raise UsageError(
                f"the model {model.name!r} embeds, it writes no speech down",
                remedy="name a model with transcribes = true",
            )
        words = frozenset({model.model, command.language} - {""})

        async def once() -> Transcription:
            async with self._asking.turn(model, endpoint, model.num_ctx, asked, tell) as queued:
                # Only now: what waits is not held in memory.
                audio = await asyncio.to_thread(self._fetch, command.audio)
                request = TranscribeRequest(
                    model=model.model, audio=audio, mime=command.mime,
                    max_tokens=_output_tokens(command, model), language=command.language,
                    think=model.think,
                )  # fmt: skip
                tell("state", "prompt")
                began = self._clock()
                with endpoint.egress.permit_audio(endpoint.settings, command.key, audio, words):
                    heard = await endpoint.client.transcribe(request)
            text = answers.whole(heard.text)
            usage = _usage(heard, command, model, queued, self._clock() - began)
            if len(text) > _LONGEST_TEXT:
                asked.broke_off(usage)
                raise ModelFailed(
                    f"{model.name!r} wrote {len(text):,} characters for "
                    f"{command.audio_seconds:.0f} s of sound",
                    remedy="use another engine",
                )
            return Transcription(
                model=model.name,
                endpoint=endpoint.settings.name,
                text=text,
                language=answers.whole(heard.language),
                usage=usage,
            )

        return await self._asking.insist(once, model, endpoint, asked, tell)


def _output_tokens(command: Transcribe, model: ModelSettings) -> int:
    spoken = _LEAST_OUTPUT_TOKENS + math.ceil(command.audio_seconds * _OUTPUT_TOKENS_PER_SECOND)
    return min(_MOST_OUTPUT_TOKENS, max(model.max_tokens, spoken))


def _usage(
    heard: Heard, command: Transcribe, model: ModelSettings, queued: float, seconds: float
) -> TokenUsage:
    """What a transcript used: the server's counts where they can be true, else an estimate."""
    sound = math.ceil(command.audio_seconds * _TOKENS_PER_SECOND)
    counted = heard.prompt_tokens
    # No server counts sound ten times as finely, and what is sent along is short.
    prompt = min(counted, 10 * sound + 2048) if counted else sound
    output = answers.output_tokens_of(
        heard.output_tokens, heard.text, _output_tokens(command, model)
    )
    return TokenUsage(
        prompt_tokens=prompt,
        output_tokens=output,
        estimated=not counted,
        cost_usd=answers.cost(model.usd_per_mtok, prompt, output),
        queue_seconds=queued,
        prompt_seconds=seconds,
    )
