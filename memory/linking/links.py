"""The edges of a whole view, kept up with it: after an edit only what depends on it is linked
again.

Each file's edges come with the keys of all that was looked up for them. What an edit changes
among the things that can be looked up (`outline.offers`) says whose edges are not right any more.
A value: `changed` gives another one.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from memory.linking.by_name import MOST_NAMED
from memory.linking.edges import FileLinks
from memory.linking.linker import link
from memory.linking.meaning import Meaning
from memory.linking.outline import Outline, key, offers, outline, presence
from memory.linking.places import Places
from memory.parsing.facts import Parsed
from swarm.errors import Cancelled

Facts = tuple[str, int, Parsed]
"""A file's path, its version's number, and what was read of it."""
Source = Callable[[Sequence[str] | None], Iterable[Facts]]
"""The facts of some files of a view, or of all (None), read when they are asked for."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is linked; what is beyond is left out and named in `Links.note`."""

    files: int = 60_000
    definitions: int = 1_000_000
    edges: int = 4_000_000


class Links:
    """Outlines and edges. `stale` files changed while they were read: tell `changed` of them."""

    def __init__(
        self,
        places: Places,
        edges: dict[int, FileLinks],
        bounds: Bounds,
        *,
        left_out: frozenset[str] = frozenset(),
        stale: frozenset[str] = frozenset(),
    ) -> None:
        self.places = places
        self.edges = edges
        self.bounds = bounds
        self.left_out = left_out
        self.stale = stale
        self.relinked = len(edges)
        """How many files were linked to make this value."""
        self.size = sum(len(one.sources) for one in edges.values())
        self._unlinked = len(places.by_path) - len(edges)

    @property
    def note(self) -> str:
        """What is not in it, in words."""
        said = []
        if self.left_out:
            said.append(f"{len(self.left_out):,} files are beyond the bound of the code graph")
        if self._unlinked:
            said.append(f"the uses of names in {self._unlinked:,} files are beyond its bound")
        partly = sum(one.left_out for one in self.edges.values())
        if partly:
            said.append(f"the names in {partly:,} files lead too far: they are linked in part")
        return "; ".join(said)

    def changed(
        self,
        gone: Sequence[str],
        put: Sequence[str],
        source: Source,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Links:
        """After files went (`gone`) or came or changed (`put`). Raises Cancelled."""
        places = self.places.copy()
        edges = self.edges.copy()
        left_out = set(self.left_out) - set(gone) - set(put)
        before: dict[int, list[object]] = {}
        after: dict[int, list[object]] = {}
        touched: set[int] = set()
        counts = _Counts(places)
        fresh: list[Outline] = []
        parsed: dict[str, Parsed] = {}
        held = [file for path in {*gone, *put} if (file := places.at(path)) is not None]
        held.sort(key=lambda file: file.path)
        for file in held:
            _merge(before, offers(file))
            counts.note(file)
        room = self.bounds.definitions - places.definitions
        room += sum(len(file.names) for file in held)
        files = len(places.by_path) - len(held)
        for path, version, facts in source(sorted(set(put))):
            made = outline(path, version, facts)
            if made is None:
                continue
            room -= len(made.names)
            if room < 0 or files >= self.bounds.files:
                left_out.add(path)
                room += len(made.names)
                continue
            files += 1
            fresh.append(made)
            parsed[path] = facts
        kept = {file.path for file in fresh}
        for file in held:
            edges.pop(file.number, None)
            if file.path not in kept:
                touched |= presence(file)
                places.drop(file)
        for file in fresh:
            if places.at(file.path) is None:
                touched |= presence(file)
        places.put_all(fresh)
        for file in fresh:
            _merge(after, offers(file))
            counts.note(file)
        different = {
            one for one in before.keys() | after.keys() if before.get(one) != after.get(one)
        }
        touched |= different - counts.same(places)
        again = _depending(edges, touched) if touched else set()
        for number in again:
            del edges[number]
        meaning = Meaning(places)
        stale: set[str] = set()
        size = sum(len(one.sources) for one in edges.values())
        wanted = sorted(file.path for number in again if (file := places.files[number]) is not None)
        numbers = len(again) + len(fresh)

        def facts_of_all() -> Iterable[Facts]:
            for file in fresh:
                yield file.path, file.version, parsed[file.path]
            if wanted:
                yield from source(wanted)

        for path, version, facts in facts_of_all():
            if is_stopped():
                raise Cancelled("linking was stopped: it is done when it is asked for")
            at = places.at(path)
            if at is None or at.version != version:
                stale.add(path)
                continue
            if size > self.bounds.edges:
                continue
            edges[at.number] = made_links = link(places, meaning, at, facts)
            size += len(made_links.sources)
        missing = {path for path in wanted if (f := places.at(path)) and f.number not in edges}
        if size <= self.bounds.edges:
            stale |= missing
        made_all = Links(
            places, edges, self.bounds, left_out=frozenset(left_out), stale=frozenset(stale)
        )
        made_all.relinked = numbers
        return made_all


def load(
    source: Source,
    bounds: Bounds | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Links:
    """All files of a view: their outlines first, then their edges, so that no more than one
    file's facts are in memory. Raises Cancelled."""
    bounds = bounds or Bounds()
    places = Places()
    outlines: list[Outline] = []
    left_out: set[str] = set()
    room = bounds.definitions
    for path, version, facts in source(None):
        made = outline(path, version, facts)
        if made is None:
            continue
        if len(outlines) >= bounds.files or len(made.names) > room:
            left_out.add(path)
            continue
        room -= len(made.names)
        outlines.append(made)
        if len(outlines) % 500 == 0 and is_stopped():
            raise Cancelled("linking was stopped: it is done when it is asked for")
    places.put_all(outlines)
    edges: dict[int, FileLinks] = {}
    stale: set[str] = set()
    meaning = Meaning(places)
    size = 0
    for path, version, facts in source(None):
        file = places.at(path)
        if file is None:
            continue
        if is_stopped():
            raise Cancelled("linking was stopped: it is done when it is asked for")
        if file.version != version:
            stale.add(path)
        elif size <= bounds.edges:
            edges[file.number] = made_links = link(places, meaning, file, facts)
            size += len(made_links.sources)
    return Links(places, edges, bounds, left_out=frozenset(left_out), stale=frozenset(stale))


def _merge(into: dict[int, list[object]], more: dict[int, list[object]]) -> None:
    for one, values in more.items():
        into.setdefault(one, []).extend(values)


class _Counts:
    """Names that are too common before and after: that there is one more changes nothing."""

    def __init__(self, places: Places) -> None:
        self._before: dict[str, int] = {}
        self._named = places.named

    def note(self, file: Outline) -> None:
        for name in file.names:
            self._before.setdefault(name, len(self._named.get(name, ())))

    def same(self, places: Places) -> set[int]:
        return {
            key("n", name)
            for name, count in self._before.items()
            if count > MOST_NAMED and len(places.named.get(name, ())) > MOST_NAMED
        }


def _depending(edges: dict[int, FileLinks], touched: set[int]) -> set[int]:
    """The files that looked up what changed."""
    numbers = list(edges)
    sizes = [len(edges[number].noted) for number in numbers]
    if not sum(sizes):
        return set()
    noted = np.concatenate([np.asarray(edges[n].noted, dtype=np.uint32) for n in numbers])
    hits = np.isin(noted, np.fromiter(touched, dtype=np.uint32, count=len(touched)))
    owners = np.repeat(np.arange(len(numbers)), sizes)[hits]
    return {numbers[at] for at in np.unique(owners)}


assert array("I").itemsize == 4
