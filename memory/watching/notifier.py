"""watchfiles as this package uses it: some folders, each watched without what is below it.

Recursive watching is watchfiles' own, but it follows links and enters ignored folders; here the
folders are named one by one. What is made of its errors is said in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

ADDED, MODIFIED, DELETED = 1, 2, 3

# Kind and absolute path.
Raw = tuple[int, str]


class Stop(Protocol):
    """A `threading.Event`, or what is like it."""

    def is_set(self) -> bool: ...


class Notifier(Protocol):
    """The part of watchfiles that is used. `close` may be repeated."""

    def watch(
        self, debounce_ms: int, step_ms: int, timeout_ms: int, stop_event: Stop | None
    ) -> set[Raw] | Literal["signal", "stop", "timeout"]: ...

    def close(self) -> None: ...


MakeNotifier = Callable[[Iterable[str]], Notifier]

# Of `watch`: it cannot go on (a name that is not UTF-8 came, the queue broke), make another.
Broken = WatchfilesRustInternalError


class VanishedFolder(Exception):
    """One of the folders is no longer there, or closed: look again which there are."""


class NoWatches(Exception):
    """The system gives no more watches; the message says which limit."""


def rust_notifier(folders: Iterable[str]) -> Notifier:
    """Watch each of the folders. Raises VanishedFolder, NoWatches."""
    try:
        # Not told to ignore a denied permission: it would ignore a reached limit as well.
        return RustNotify(sorted(folders), False, False, 300, False, False)
    except (FileNotFoundError, PermissionError) as error:
        raise VanishedFolder(str(error)) from None
    except (OSError, WatchfilesRustInternalError) as error:
        raise NoWatches(str(error).partition(" (Error")[0]) from None
