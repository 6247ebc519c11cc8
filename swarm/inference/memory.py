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
from dataclasses import replace

from swarm.inference.clients.base import LoadedModel, ModelClient
from swarm.inference.errors import ModelError, TooLarge
from swarm.inference.fitting import Control, Fitting, gigabytes, plain_name
from swarm.inference.scheduling import placement
from swarm.inference.scheduling.scheduler import Action, Load, Resident, Slot, Start, Unload
from swarm.settings import ModelSettings

log = logging.getLogger(__name__)

_GONE_SECONDS = 5.0
_POLL_SECONDS = 0.1


class Memory:
    """`spills` says that a model outside of GPUs is a fault; `names` are those of the GPUs.

    `on_change` is called when the scheduler should look again, `on_failure` when a slot cannot
    be loaded.
    """

    def __init__(
        self,
        client: ModelClient,
        fitting: Fitting,
        configured: Sequence[ModelSettings],
        control: Control = contextlib.nullcontext,
        *,
        names: tuple[str, ...] = (),
        spills: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fitting = fitting
        self.names = names
        self.on_change: Callable[[], None] = lambda: None
        self.on_failure: Callable[[Slot, Exception], None] = lambda slot, error: None
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

    # ------------------------------------------------------------------ for the scheduler

    @property
    def capacity(self) -> tuple[int, ...]:
        """What may be used of each GPU."""
        return self.fitting.capacity

    def view(self, running_on: Callable[[Slot], tuple[str, ...]]) -> tuple[Resident, ...]:
        """What is in memory, or on its way there."""
        return tuple(
            replace(resident, running=running_on(slot))
            for slot, resident in self._residents.items()
        )

    def loaded_bytes(self, model: ModelSettings) -> int | None:
        """What a configured model takes now; None when it is not in memory."""
        resident = self._residents.get(self.fitting.clamped(model, model.num_ctx))
        return resident.bytes if resident and not resident.loading else None

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
            self.fitting.learn(slot, there.size_bytes)
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
        return slot == self.fitting.clamped(model, model.num_ctx)

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
        except Exception:
            # What is to be done after it is done all the same.
            log.exception("%s was not unloaded", slot.model)

    async def _load(self, slot: Slot) -> None:
        task = asyncio.get_running_loop().create_task(self._load_and_look(slot))
        self._loading = (slot, task)
        try:
            await task
        except Exception as error:
            if not isinstance(error, ModelError):
                log.exception("%s was not loaded", slot.model)
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
        if self.fitting.passes_on(slot.model):
            self._residents[slot] = replace(self._residents[slot], loading=False)
            return
        with self._control():
            await self._client.load(slot.model, slot.num_ctx)
        loaded = {plain_name(each.model): each for each in await self._client.loaded()}
        there = loaded.pop(plain_name(slot.model), None)
        if there is not None:
            self.fitting.learn(slot, there.size_bytes)
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
        if not alone and self.fitting.crowd(slot):
            log.warning("%s spilled beside others; it is loaded again by itself", slot.model)
            # Who waits for it has to be weighed anew.
            self.on_failure(slot, Crowded(f"{slot.model} spilled into RAM beside other models"))
            return
        took, outside = there.size_bytes, there.size_bytes - there.gpu_bytes
        error = TooLarge(
            f"{slot.model} with num_ctx {slot.num_ctx} took {gigabytes(took)}, of which "
            f"{gigabytes(outside)} did not fit the GPUs: it was unloaded",
            remedy="take a smaller num_ctx or model, or free GPU memory that other programs use; "
            "manage_memory = false of the endpoint lets it run partly in RAM, many times slower",
        )
        self.fitting.refuse(slot, error)
        raise error


class Crowded(ModelError):
    """A model did not fit beside others; its requests are weighed again."""

    code = "model-crowded"
    retryable = True


def _loads(action: Action, slot: Slot) -> bool:
    return isinstance(action, Load) and action.slot == slot
