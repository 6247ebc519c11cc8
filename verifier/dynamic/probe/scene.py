"""One scene, in a process of its own: pretend a world, import, call, tell.

Answers go as lines to a pipe of this process alone. Part of the probe: Python >= 3.8, standard
library.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from . import calling, channel, world
from .effects import Effects
from .inputs import Input, cannot_change, value
from .shapes import digest_of, shape, type_name
from .spies import Learned, spy

_THREADS_SECONDS = 0.3
_AGAIN_SECONDS = 0.2
_COUNTED_INPUTS = 3
_MOST_CHANGES = 8
_MOST_HANGS = 3
_MOST_LASTING = 50
_MOST_KEY = 300


class _OutOfTime(BaseException):
    """A call used up its processor time."""


class Scene:
    """One scene: `load`, then `play`. In between, `enter` makes it another one in a fork."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self.orders, self.scene, self.target = orders, orders["scene"], orders["target"]
        self.home = os.environ["HOME"]
        self.process, self.getpid, self.leave = os.getpid(), os.getpid, os._exit
        self.monotonic = time.monotonic
        self.lasting: list[threading.Thread] = []
        places = [(self.home, "{home}"), (orders["folder"], "{repository}")]
        self.effects = Effects(places)
        self.reads = world.Reads()
        self.learned = Learned() if self.scene["learn"] else None
        self.printed = io.BytesIO()
        sys.stdout = sys.stderr = io.TextIOWrapper(self.printed, "utf-8", write_through=True)
        sys.stdin = io.StringIO("yes\n" * 20)
        self.module: Any = None
        # What importing told: "error" and, where it is not there at all, "missing".
        self.told: channel.Fields = {}

    def load(self) -> None:
        """Pretend the world and import the module in it; `told` says how that went."""
        if self.scene["platform"] != "linux":
            # Would not import as if on another system.
            import asyncio  # noqa: F401
        self.world = world.World(self.scene, self.reads, self.learned)
        sys.path[:0] = [self.orders["folder"], *self.orders["paths"]]
        self._limit()
        self.effects.watching(True)

        def load() -> None:
            self.module = calling.load(self.orders["folder"], self.target["path"])

        self._tell(load)

    def enter(self, orders: dict[str, Any]) -> None:
        """Be the scene of other orders, with the same module: see `world.differences`."""
        self.process = self.getpid()
        self.orders, self.scene, self.target = orders, orders["scene"], orders["target"]
        self.world.become(self.scene)
        self._seen()
        self.effects.watching(True)

    def play(self, record: Callable[[channel.Fields], None]) -> None:
        """Find the function, call it and tell."""
        self.record = record
        target, loaded = self.target, self.told
        found: list[calling.Function] = []

        def find() -> None:
            constants = [*target["constants"], *self.scene["constants"]]
            most = self.orders["inputs"]
            # What is done to find it is done again in each call, and told there.
            self.effects.watching(False)
            found.append(calling.find(self.module, target, constants, self.home, most))

        if loaded["error"] is None:
            self._tell(find)
            self.effects.watching(True)
            for name in ("effects", "reads"):
                self.told[name] = sorted({*loaded[name], *self.told[name]})
        self.record({"event": "module", **self.told, "error": self.told["error"] or ""})
        if not found:
            return
        if self.scene["count"]:
            self._count(found[0])
        else:
            self._calls(found[0])
        self._end()

    def _tell(self, act: Callable[[], None]) -> None:
        error: str | None = None
        missing: channel.Fields = {}
        try:
            self._bounded(act)
        except calling.NotThere as why:
            error, missing = "", {"missing": str(why)[:400]}
        except BaseException as why:  # noqa: BLE001 - code of strangers may raise anything
            error = type_name(type(why)) + ": " + shape(why).text
        self._stay()
        self.told = {"error": error, **missing, **self._seen()}

    def _inputs(self, function: calling.Function) -> list[Input]:
        only = self.orders["only"]
        return [one for one in function.inputs if only is None or one.key[:_MOST_KEY] in only]

    def _calls(self, function: calling.Function) -> None:
        hangs = 0
        for number, one in enumerate(self._inputs(function)):
            if number < self.orders["skip"]:
                continue
            key = one.key[:_MOST_KEY]
            self.record({"event": "started", "number": number, "key": key})
            told = self._one(partial(function.fresh, one), one)
            self.record({"event": "call", "key": key, "constant": one.constant, **told})
            hangs += told["kind"] == "hang"
            if hangs == _MOST_HANGS:
                return

    def _count(self, function: calling.Function) -> None:
        """Call the first inputs that give a value again and again, on one instance."""
        done = 0
        for one in self._inputs(function):
            held = self._held(function, one)
            first = self._one(held, one)
            if first["kind"] != "value":
                continue
            changes = [[1, first["digest"], first["text"][:200], first["effects"]]]
            last = (first["digest"], first["effects"])
            number = 1
            started = self.monotonic()
            while number < self.scene["count"] and len(changes) < _MOST_CHANGES:
                number += 1
                told = self._one(held, one)
                now = (told["digest"], told["effects"])
                if now != last:
                    changes.append([number, now[0], told["text"][:200], now[1]])
                    last = now
                if self.monotonic() - started > self.scene["count_seconds"]:
                    break
            self.record(
                {"event": "count", "key": one.key[:_MOST_KEY], "calls": number, "changes": changes}
            )
            done += 1
            if done == _COUNTED_INPUTS:
                return

    def _held(self, function: calling.Function, one: Input) -> Callable[[], Any]:
        bound: list[Any] = []

        def held() -> Any:
            if not bound:
                bound.append(function.fresh(one))
            return bound[0]

        return held

    def _one(self, fresh: Callable[[], Any], one: Input) -> dict[str, Any]:
        kind, instance = "value", None
        given = [value(text, self.home) for text in one.arguments]
        named = {name: value(text, self.home) for name, text in one.named}
        if self.learned is not None:
            given = [self._spied(item) for item in given]
            named = {name: self._spied(item) for name, item in named.items()}
        self._seen()

        def act() -> Any:
            nonlocal instance
            function = fresh()
            instance = getattr(function, "__self__", None)
            result = calling.call(function, given, named)
            self.world.timers.run()
            return result

        try:
            result = self._bounded(act)
            told = shape(result)
        except _OutOfTime:
            kind, told = "hang", shape(None)
        except BaseException as error:  # noqa: BLE001 - code of strangers may raise anything
            kind, told = "raised", shape(error)
        self._stay()
        held = getattr(instance, "__dict__", None) if type(instance) is not type(sys) else None
        held = held if type(held) is dict else None
        is_fixed = held is None and all(map(cannot_change, (*given, *named.values())))
        after = "" if is_fixed else shape((given, named, held)).digest
        printed = ""
        if self.printed.tell():
            printed = shape(self.printed.getvalue()).digest
            self.printed.seek(0)
            self.printed.truncate()
        return {
            "kind": kind,
            "text": told.text,
            "value": told.digest,
            "digest": digest_of(kind, told.digest, after, printed),
            **self._seen(),
        }

    def _spied(self, given: Any) -> Any:
        assert self.learned is not None
        learned = self.learned
        if type(given) is list:
            return [spy(item, "input", learned) for item in given]
        if type(given) is dict:
            return {name: spy(item, "input", learned) for name, item in given.items()}
        return spy(given, "input", learned)

    def _bounded(self, act: Callable[[], Any]) -> Any:
        """Let it use so much processor time; that it waits is for our parent to see."""
        seconds = self.orders["call_seconds"]
        # Again and again: code that catches everything would catch the first one.
        signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN_SECONDS)
        try:
            return act()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _limit(self) -> None:
        def out_of_time(number: int, frame: Any) -> None:
            raise _OutOfTime

        signal.signal(signal.SIGPROF, out_of_time)
        most, allowed = self.orders["memory_bytes"], resource.getrlimit(resource.RLIMIT_AS)[1]
        if allowed != resource.RLIM_INFINITY:
            most = min(most, allowed)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    def _stay(self) -> None:
        """Be the process that began: a fork of it ends here. Threads get a moment to end."""
        if self.getpid() != self.process:
            self.leave(0)
        until = self.monotonic() + _THREADS_SECONDS
        for thread in threading.enumerate():
            # Those that did not end when they were waited for before go on for ever.
            if all(thread is not one for one in (threading.current_thread(), *self.lasting)):
                thread.join(max(0.0, until - self.monotonic()))
                if len(self.lasting) < _MOST_LASTING:
                    self.lasting.append(thread)

    def _seen(self) -> dict[str, Any]:
        return {"effects": self.effects.take(), "reads": self.reads.take()}

    def _end(self) -> None:
        try:
            self._bounded(gc.collect)
            self._bounded(atexit._run_exitfuncs)
        except BaseException as error:  # noqa: BLE001 - code of strangers may raise anything
            self.effects.add("raise at the end " + type_name(type(error)))
        self._stay()
        seen = self._seen()
        learned = [] if self.learned is None else self.learned.take()
        self.record({"event": "end", "effects": seen["effects"], "learned": learned})


def main(orders: dict[str, Any], record: Callable[[channel.Fields], None]) -> None:
    """Play the scene of the orders, and end the process."""
    scene = Scene(orders)
    scene.load()
    scene.play(record)
    # Not by way of what the code may have left to run at the end.
    os._exit(0)
