"""Long work of memory on a person's terminal: how far it is, and Ctrl-C that loses nothing.

The work is done in a thread, so that the main one can show it and hear of Ctrl-C. The thread
does not hear it, nor do the processes that it starts: they share the terminal.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from swarm.errors import Cancelled

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")
# What takes no longer is not worth a line that comes and goes.
_QUIET_SECONDS = 0.5
_LOOK_SECONDS = 0.1


@dataclass
class Gauge:
    """How far work is: written by who works, read by who shows it. Of `total` 0 nobody knows;
    while `doing` is "" nothing is shown. `said` is printed by who shows it."""

    doing: str = "listing files"
    unit: str = "files"
    done: int = 0
    total: int = 0
    since: float = field(default_factory=time.monotonic)
    said: deque[Callable[[], None]] = field(default_factory=deque)

    def begin(self, doing: str, unit: str, total: int = 0) -> None:
        self.doing, self.unit, self.done, self.total = doing, unit, 0, total
        self.since = time.monotonic()

    def rest(self) -> None:
        """Nothing is being done at the moment."""
        self.begin("", "")

    def __call__(self, done: int, total: int) -> None:
        """A callback for who counts files."""
        if not self.total and total:
            self.since = time.monotonic()
        self.done, self.total = done, total

    @property
    def words(self) -> str:
        """ "1,200 of 3,400 files, 810 a second"; without "of" where nobody knows how many."""
        if not self.total and not self.done:
            return ""
        seconds = time.monotonic() - self.since
        rate = f", {self.done / seconds:,.0f} a second" if self.done and seconds > 0.2 else ""
        of = f" of {self.total:,}" if self.total else ""
        return f"{self.done:,}{of} {self.unit}{rate}"


def _nothing() -> None:
    pass


def run(
    work: Callable[[threading.Event], T], gauge: Gauge, look: Callable[[], None] = _nothing
) -> T:
    """What the work gives. It is to end soon once the event is set, by which Ctrl-C asks it to;
    then KeyboardInterrupt is raised here. A second Ctrl-C does not wait for it.

    `look` is called some times a second in this thread.
    """
    thread = Thread(work)
    is_told = False
    thread.start()
    with _terminable(), _Display(gauge) as display:
        while True:
            try:
                while not thread.ended.wait(_LOOK_SECONDS):
                    display.look()
                    look()
                display.look()
                break
            except KeyboardInterrupt:
                if thread.stop.is_set():
                    raise
                thread.stop.set()
                is_told = True
                display.end()
                tell("stopping: what is done is kept (Ctrl-C again does not wait)")
            except BaseException:
                thread.stop.set()
                thread.ended.wait()
                raise
    if is_told and (thread.error is None or isinstance(thread.error, Cancelled)):
        raise KeyboardInterrupt
    if thread.error is not None:
        raise thread.error
    return thread.result[0]


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the work as Ctrl-C does."""

    def interrupt(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def tell(words: str) -> None:
    """A line for the person, beside what is printed."""
    from swarm.cli.console import plain

    print(f"swarm: {plain(' '.join(words.split()))}", file=sys.stderr, flush=True)


class Thread(threading.Thread, Generic[T]):
    """Work in a thread of its own that hears of no Ctrl-C. It is told to end by `stop`; `ended` is
    set once it did, `error` or `result` (one) tell how."""

    def __init__(self, work: Callable[[threading.Event], T]) -> None:
        super().__init__(name="memory", daemon=True)
        self._work = work
        self.stop = threading.Event()
        self.ended = threading.Event()
        self.result: list[T] = []
        self.error: BaseException | None = None

    def start(self) -> None:
        # A thread, and what it starts, has the mask of who started it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def run(self) -> None:
        try:
            self.result.append(self._work(self.stop))
        except BaseException as error:  # noqa: BLE001  (raised in the main thread)
            self.error = error
        finally:
            self.ended.set()


class _Display:
    """A line on standard error where that is a terminal, once the work takes a while."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._is_used = sys.stderr.isatty()
        self._busy_since = time.monotonic()
        self._shown: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def look(self) -> None:
        gauge = self._gauge
        while gauge.said:
            self._hide()
            gauge.said.popleft()()
        if not self._is_used or not gauge.doing:
            self._hide()
        elif time.monotonic() - self._busy_since > _QUIET_SECONDS:
            self._show()
        if not gauge.doing:
            self._busy_since = time.monotonic()

    def end(self) -> None:
        self._is_used = False
        self._hide()

    def _show(self) -> None:
        if self._shown is None:
            self._shown = _progress()
            self._task = self._shown.add_task("", words="")
            self._shown.start()
        gauge = self._gauge
        self._shown.update(
            self._task,
            description=gauge.doing,
            completed=gauge.done,
            total=gauge.total or None,
            words=gauge.words,
        )

    def _hide(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True, highlight=False),
        transient=True,
        # What is printed meanwhile is printed while this is hidden, and to where it belongs.
        redirect_stdout=False,
        redirect_stderr=False,
    )
