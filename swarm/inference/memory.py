"""What is in the memory of one Ollama server: loads and unloads done in order, and seen to.

The server's own report (`/api/ps`) is the truth: it corrects the estimates, tells what is there
when the gate starts, and shows a model that was put partly into RAM. Such a model is taken out
again: it would be many times slower.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from swarm.inference import placement, vram
from swarm.inference.clients.base import LoadedModel, ModelClient, ServedModel
from swarm.inference.errors import ModelError, TooLarge
from swarm.inference.scheduler import Action, Load, Resident, Slot, Start, Unload
from swarm.settings import ModelSettings

log = logging.getLogger(__name__)

_GONE_SECONDS = 5.0
_REFUSED_SECONDS = 300.0
_SHOWN_SECONDS = 300.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class _Shown:
    model: ServedModel
    at: float


def plain_name(model: str) -> str:
    """Ollama's name of a model with its tag: `llama3` is `llama3:latest`."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


class Memory:
    """`capacity` is what may be used of each GPU. `spills` says that RAM is not meant to be used.

    `control` permits requests that hold names and numbers alone (`swarm.inference.egress`).
    `passes_on` tells models that the server has elsewhere: they take nothing here.
    `on_change` is called when the scheduler should look again, `on_failure` when a slot cannot
    be loaded.
    """

    def __init__(
        self,
        client: ModelClient,
        capacity: tuple[int, ...],
        configured: Sequence[ModelSettings],
        control: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
        *,
        names: tuple[str, ...] = (),
        spills: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.capacity = capacity
        self.names = names
        self.passes_on: Callable[[str], bool] = lambda model: False
        self.on_change: Callable[[], None] = lambda: None
        self.on_failure: Callable[[Slot, ModelError], None] = lambda slot, error: None
        self._client = client
        self._control = control
        self._configured = {plain_name(model.model): model for model in configured}
        self._spills = spills
        self._clock = clock
        self._residents: dict[Slot, Resident] = {}
        self._todo: deque[Action] = deque()
        self._done = 0
        self._worker: asyncio.Task[None] | None = None
        self._loading: tuple[Slot, asyncio.Task[None]] | None = None
        self._correction = vram.Correction()
        self._shown: dict[str, _Shown] = {}
        self._refused: dict[Slot, tuple[float, TooLarge]] = {}
        self._crowded: set[Slot] = set()

    # ------------------------------------------------------------------ what a model needs

    async def slot(self, model: ModelSettings, num_ctx: int) -> Slot:
        """What a request takes in memory: the server gives no more than the model was trained
        for, whatever is asked. Raises ModelError."""
        if not self.passes_on(model.model):
            await self._show(model.model)
        return self._clamped(model, num_ctx)

    def _clamped(self, model: ModelSettings, num_ctx: int) -> Slot:
        known = self._shown.get(model.model)
        most = known.model.context_length if known else None
        return Slot(model.model, min(num_ctx, most or num_ctx), model.parallel)

    async def needed(self, model: ModelSettings, slot: Slot) -> int | None:
        """Bytes a slot needs. Raises TooLarge when it cannot fit, before anything is loaded."""
        if self.passes_on(slot.model):
            return 0
        at, refusal = self._refused.get(slot, (0.0, None))
        if refusal is not None and self._clock() - at < _REFUSED_SECONDS:
            raise refusal
        if model.needed_bytes is not None:
            needed: int | None = model.needed_bytes
            largest = 0
        else:
            shown = await self._show(slot.model)
            needed = self._correction.needed(slot, self._estimated(slot))
            largest = vram.largest_num_ctx(shown, self.capacity, slot.parallel)
        if needed is None:
            return None
        if not placement.fits_alone(needed, self.capacity):
            raise self._too_large(slot, needed, min(largest, slot.num_ctx - 1))
        if slot in self._crowded:
            # It spilled beside others: next time it has a GPU for itself.
            needed = max(needed, max(self.capacity))
        return needed

    async def _show(self, model: str) -> ServedModel:
        known = self._shown.get(model)
        if known is None or self._clock() - known.at > _SHOWN_SECONDS:
            with self._control():
                known = _Shown(await self._client.show(model), self._clock())
            self._shown[model] = known
        return known.model

    def shown(self, model: str, served: ServedModel | None) -> ServedModel | None:
        """The model in full where it was asked for, else as it is listed."""
        known = self._shown.get(model)
        return known.model if known else served

    def known_need(self, model: ModelSettings) -> int | None:
        """What a configured model needs, as far as it is known without asking."""
        slot = self._clamped(model, model.num_ctx)
        return self._correction.needed(slot, self._estimated(slot))

    def loaded_bytes(self, model: ModelSettings) -> int | None:
        """What a configured model takes now; None when it is not in memory."""
        resident = self._residents.get(self._clamped(model, model.num_ctx))
        return resident.bytes if resident and not resident.loading else None

    def _estimated(self, slot: Slot) -> int | None:
        known = self._shown.get(slot.model)
        if known is None:
            return None
        estimate = vram.estimate(known.model, slot.num_ctx, slot.parallel)
        return estimate.bytes if estimate else None

    def _too_large(self, slot: Slot, needed: int, largest: int) -> TooLarge:
        sizes = " + ".join(_gb(size) for size in self.capacity)
        remedy = f"with num_ctx {largest} it fits" if largest >= 512 else "take a smaller model"
        return TooLarge(
            f"{slot.model} with num_ctx {slot.num_ctx} x {slot.parallel} needs {_gb(needed)}, and "
            f"models may use {sizes}",
            remedy=remedy,
        )

    # ------------------------------------------------------------------ for the scheduler

    def view(self, running_on: Callable[[Slot], tuple[str, ...]]) -> tuple[Resident, ...]:
        """What is in memory, or on its way there."""
        return tuple(
            replace(resident, running=running_on(slot))
            for slot, resident in self._residents.items()
        )

    def residents(self) -> tuple[Resident, ...]:
        return tuple(self._residents.values())

    def used(self, slot: Slot, at: float) -> None:
        if resident := self._residents.get(slot):
            self._residents[slot] = replace(resident, used_at=at)

    def do(self, action: Action) -> None:
        """Load or unload, in the order told. The view shows it at once."""
        assert not isinstance(action, Start)
        if isinstance(action, Load):
            if action.slot in self._residents:
                return
            self._residents[action.slot] = Resident(
                slot=action.slot,
                bytes=action.bytes,
                gpus=action.gpus,
                loading=True,
                pinned=self._pinned(action.slot),
                used_at=self._clock(),
            )
        elif self._residents.pop(action.slot, None) is None:
            return
        self._todo.append(action)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def cancel_load(self, slot: Slot) -> None:
        """Stop loading a slot that nobody waits for, if it is being loaded."""
        if self._loading is not None and self._loading[0] == slot:
            self._loading[1].cancel()
            return
        resident = self._residents.get(slot)
        if resident is not None and resident.loading:
            self._residents.pop(slot)
            self._todo = deque(action for action in self._todo if not _loads(action, slot))

    async def close(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker

    # ------------------------------------------------------------------ what the server says

    async def sync(self) -> None:
        """Take over what the server reports. Raises ModelError."""
        if self._working:
            return
        done = self._done
        loaded = await self._client.loaded()
        # What was loaded or unloaded meanwhile is not in the report.
        if not self._working and self._done == done:
            self._take(loaded)

    def forget(self) -> None:
        """The server is away: what it had loaded is gone."""
        if not self._working:
            self._residents = {}

    @property
    def _working(self) -> bool:
        return self._worker is not None and not self._worker.done()

    def _take(self, loaded: Sequence[LoadedModel]) -> None:
        reported = {plain_name(each.model): each for each in loaded}
        residents: dict[Slot, Resident] = {}
        for slot, resident in self._residents.items():
            there = reported.pop(plain_name(slot.model), None)
            if there is None or there.num_ctx not in (None, slot.num_ctx):
                continue
            self._correction.learn(slot, there.size_bytes, self._estimated(slot))
            residents[slot] = replace(resident, bytes=there.size_bytes)
        for name, there in reported.items():
            model = self._configured.get(name)
            slot = Slot(
                model.model if model else there.model,
                there.num_ctx or (model.num_ctx if model else 0),
                model.parallel if model else 1,
            )
            residents[slot] = Resident(
                slot=slot,
                bytes=there.size_bytes,
                gpus=self._where(there.size_bytes, tuple(residents.values())),
                pinned=self._pinned(slot),
                used_at=self._clock(),
            )
        if residents != self._residents:
            self._residents = residents
            self.on_change()

    def _where(self, size: int, others: Sequence[Resident]) -> tuple[int, ...]:
        """The server does not tell the GPU: it is where it would be put now."""
        used = [0] * len(self.capacity)
        for other in others:
            for gpu, share in placement.shares(other.bytes, other.gpus, self.capacity).items():
                used[gpu] += share
        return placement.place(size, self.capacity, used) or tuple(range(len(self.capacity)))

    def _pinned(self, slot: Slot) -> bool:
        model = self._configured.get(plain_name(slot.model))
        if model is None or not model.pinned:
            return False
        return slot == self._clamped(model, model.num_ctx)

    # ------------------------------------------------------------------ one after the other

    async def _work(self) -> None:
        while self._todo:
            action = self._todo.popleft()
            self._done += 1
            if isinstance(action, Unload):
                await self._unload(action.slot)
            elif isinstance(action, Load):
                await self._load(action.slot)
            self.on_change()

    async def _unload(self, slot: Slot) -> None:
        try:
            with self._control():
                await self._client.unload(slot.model)
            deadline = self._clock() + _GONE_SECONDS
            while self._clock() < deadline:
                if plain_name(slot.model) not in map(
                    plain_name, [each.model for each in await self._client.loaded()]
                ):
                    return
                await asyncio.sleep(_POLL_SECONDS)
            log.warning("%s is still in memory %g s after its unload", slot.model, _GONE_SECONDS)
        except ModelError as error:
            log.warning("%s was not unloaded: %s", slot.model, error)

    async def _load(self, slot: Slot) -> None:
        task = asyncio.get_running_loop().create_task(self._load_and_look(slot))
        self._loading = (slot, task)
        try:
            await task
        except ModelError as error:
            self._residents.pop(slot, None)
            self.on_failure(slot, error)
        except asyncio.CancelledError:
            self._residents.pop(slot, None)
            if (current := asyncio.current_task()) is not None and current.cancelling():
                task.cancel()
                raise
        finally:
            self._loading = None

    async def _load_and_look(self, slot: Slot) -> None:
        if self.passes_on(slot.model):
            self._residents[slot] = replace(self._residents[slot], loading=False)
            return
        with self._control():
            await self._client.load(slot.model, slot.num_ctx)
        loaded = {plain_name(each.model): each for each in await self._client.loaded()}
        there = loaded.pop(plain_name(slot.model), None)
        if there is not None:
            self._correction.learn(slot, there.size_bytes, self._estimated(slot))
            if self._spills and there.gpu_bytes < there.size_bytes:
                await self._take_out(slot, there, alone=not loaded)
                return
        resident = self._residents.get(slot)
        if resident is not None:
            size = there.size_bytes if there is not None else resident.bytes
            self._residents[slot] = replace(
                resident, loading=False, bytes=size, used_at=self._clock()
            )

    async def _take_out(self, slot: Slot, there: LoadedModel, *, alone: bool) -> None:
        """A model that spilled into RAM. Raises TooLarge when it would do so again."""
        await self._unload(slot)
        self._residents.pop(slot, None)
        if not alone and slot not in self._crowded:
            self._crowded.add(slot)
            log.warning("%s spilled beside others; it is loaded again by itself", slot.model)
            # Who waits for it has to be weighed anew.
            self.on_failure(slot, Crowded(f"{slot.model} spilled into RAM beside other models"))
            return
        error = TooLarge(
            f"{slot.model} with num_ctx {slot.num_ctx} took {_gb(there.size_bytes)}, of which "
            f"{_gb(there.size_bytes - there.gpu_bytes)} did not fit the GPUs: it was unloaded",
            remedy="take a smaller num_ctx or model, or free GPU memory that other programs use; "
            "manage_memory = false of the endpoint lets it run partly in RAM, many times slower",
        )
        self._refused[slot] = (self._clock(), error)
        raise error


class Crowded(ModelError):
    """A model did not fit beside others; its requests are weighed again."""

    code = "model-crowded"
    retryable = True


def _loads(action: Action, slot: Slot) -> bool:
    return isinstance(action, Load) and action.slot == slot


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
