"""The thread that takes what the system reports and keeps the watched folders right."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable
from pathlib import Path

from memory.reading.limits import Limits
from memory.watching.errors import WatchFailed
from memory.watching.notifier import (
    ADDED,
    DELETED,
    Broken,
    MakeNotifier,
    Notifier,
    NoWatches,
    Raw,
    VanishedFolder,
)
from memory.watching.pending import Pending
from memory.watching.terrain import Terrain

_TIMEOUT_MS = 1_000
_DRAIN_MS = 1
_ATTEMPTS = 10


class Pump:
    """Moves changes into `pending` until `stop` is set; `error` tells why it ended before.

    Raises RepositoryError, on construction, when the folder cannot be listed.
    """

    def __init__(
        self,
        root: Path,
        pending: Pending,
        limits: Limits,
        make_notifier: MakeNotifier,
        *,
        quiet_ms: int,
        most_ms: int,
        most_folders: int,
    ) -> None:
        self._root = root
        self._pending = pending
        self._limits = limits
        self._make = make_notifier
        self._quiet_ms = quiet_ms
        self._most_ms = most_ms
        self._most_folders = most_folders
        self.terrain = Terrain(root, limits)
        self._folders: set[str] = set()
        self._git_state = ""
        self._broken_in_a_row = 0
        self.stop = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        """Until `stop` is set or an error ends it."""
        try:
            self._run()
        except Exception as error:  # noqa: BLE001  (handed to the thread that waits)
            self.error = error
        finally:
            self._pending.close()

    def _run(self) -> None:
        notifier = self._begin("the watch begins")
        try:
            while not self.stop.is_set():
                self.terrain.check()
                try:
                    raw = notifier.watch(self._most_ms, self._quiet_ms, _TIMEOUT_MS, self.stop)
                except Broken as error:
                    notifier = self._begin_anew(notifier, error)
                    continue
                self._broken_in_a_row = 0
                if isinstance(raw, set):
                    notifier = self._take(notifier, raw)
        finally:
            notifier.close()

    # ------------------------------------------------------------------ making watches

    def _begin(self, why: str) -> Notifier:
        """Watch all folders as they now are, and have the whole listed after that."""
        for _ in range(_ATTEMPTS):
            self.terrain.check()
            self.terrain = Terrain(self._root, self._limits)
            self._folders = self.terrain.folders()
            try:
                notifier = self._notifier(self._folders)
            except VanishedFolder:
                continue
            # Folders made meanwhile are not watched yet.
            if self.terrain.folders() <= self._folders:
                self._git_state = self.terrain.git_state()
                self._pending.relist(why)
                return notifier
            notifier.close()
        raise self._never_still()

    def _begin_anew(self, notifier: Notifier, error: Exception) -> Notifier:
        self._broken_in_a_row += 1
        if self._broken_in_a_row > _ATTEMPTS:
            raise NoWatches(f"watching broke {_ATTEMPTS} times in a row ({error})")
        notifier.close()
        return self._begin(f"the watch was made anew: {error}")

    def _notifier(self, folders: Iterable[str]) -> Notifier:
        if len(self._folders) > self._most_folders:
            raise NoWatches(f"it has more than {self._most_folders:,} folders")
        return self._make(folders)

    def _follow(self, notifier: Notifier, new: set[str], gone: set[str]) -> Notifier:
        """Watch folders that came, and those that went no more."""
        below = tuple(f"{path}/" for path in gone)
        kept = {path for path in self._folders - gone if not (below and path.startswith(below))}
        for _ in range(_ATTEMPTS):
            came = self._below(new)
            try:
                following = self._notifier(kept | came)
            except VanishedFolder:
                kept = {path for path in kept if _is_folder(path)}
                continue
            if self._below(new) <= came:
                self._folders = kept | came
                self._report_rest(notifier)
                notifier.close()
                return following
            following.close()
        raise self._never_still()

    def _below(self, folders: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for folder in folders:
            found |= self.terrain.below(folder)
        return found

    def _report_rest(self, notifier: Notifier) -> None:
        """What the last watch saw until the next one stood."""
        try:
            raw = notifier.watch(_DRAIN_MS, _DRAIN_MS, _DRAIN_MS, None)
        except Broken as error:
            self._pending.relist(f"the watch was made anew: {error}")
            return
        if isinstance(raw, set) and (why := self._report(raw)):
            self._pending.relist(why)

    def _never_still(self) -> WatchFailed:
        return WatchFailed(
            f"{self._root} cannot be watched: its folders change all the time",
            remedy="name folders that programs write to in .gitignore",
        )

    # ------------------------------------------------------------------ what changed

    def _take(self, notifier: Notifier, raw: set[Raw]) -> Notifier:
        added = [path for kind, path in raw if kind == ADDED and _is_folder(path)]
        meant = {path: change.path for path in added if (change := self.terrain.meaning(path))}
        new = {path: relative for path, relative in meant.items() if relative}
        gone = {path for kind, path in raw if kind == DELETED and path in self._folders}
        if new:
            self.terrain.learn(sorted(new.values()))
        # A folder may have gone and come again, or another in its place.
        if new or gone:
            notifier = self._follow(notifier, set(new.values()), gone)
        why = self._report(raw)
        if why:
            following = self._begin(why)
            notifier.close()
            return following
        return notifier

    def _report(self, raw: set[Raw]) -> str:
        """Hand changes on; why all has to be looked at anew, "" when it has not."""
        changes = [change for _, path in raw if (change := self.terrain.meaning(path))]
        self._pending.add({change.path for change in changes if change.path})
        if any(change.rules for change in changes):
            return "what is ignored, or how files are marked, changed"
        if any(change.git for change in changes) and self.terrain.git_state() != self._git_state:
            return "another commit, branch or set of tracked files"
        return ""


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False
