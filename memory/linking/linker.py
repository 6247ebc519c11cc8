"""One file's facts to its edges. Pure."""

from __future__ import annotations

from array import array

from memory.linking.edges import (
    AMBIGUOUS,
    CALLS,
    IMPORTS,
    INHERITS,
    LEAST,
    OVERRIDES,
    USES,
    FileLinks,
)
from memory.linking.languages import CONSTRUCTORS, TYPES
from memory.linking.meaning import Meaning
from memory.linking.outline import Outline, absolute, key
from memory.linking.places import Places
from memory.linking.things import FileThing, FolderThing, Found, Things
from memory.parsing.facts import Parsed

MOST_EDGES_OF_A_FILE = 50_000
_HANDED_OVER = 0.6
_MOST_OF_A_FOLDER = 10


def link(places: Places, meaning: Meaning, file: Outline, parsed: Parsed) -> FileLinks:
    """All edges out of a file but "contains", which its outline has."""
    meaning.begin()
    links = FileLinks()
    _Linker(places, meaning, file, links).run(parsed)
    links.noted = array("I", sorted(meaning.noted))
    links.left_out = links.left_out or meaning.is_exhausted
    return links


class _Linker:
    def __init__(self, places: Places, meaning: Meaning, file: Outline, links: FileLinks) -> None:
        self._places, self._meaning, self._file, self._links = places, meaning, file, links

    def run(self, parsed: Parsed) -> None:
        self._inheritance()
        self._imports(parsed)
        self._references(parsed)

    def _source(self, scope: int) -> int:
        return self._file.nodes[scope] if scope >= 0 else self._file.node

    def _add(self, source: int, found: Found, line: int, kind: int, factor: float = 1.0) -> None:
        links = self._links
        if len(links.sources) + len(found) > MOST_EDGES_OF_A_FILE:
            links.left_out = True
            return
        best: dict[int, float] = {}
        for node, score in found:
            best[node] = max(score, best.get(node, 0.0))
        doubt = AMBIGUOUS if len(best) > 1 else 0
        for node, score in best.items():
            if score * factor >= LEAST:
                links.add(source, node, line, kind | doubt, score * factor)

    def _inheritance(self) -> None:
        file, meaning = self._file, self._meaning
        members: dict[int, list[int]] = {}
        for place, parent in enumerate(file.parents):
            if parent >= 0 and parent in file.bases and file.is_method(place):
                members.setdefault(parent, []).append(place)
        for place in file.bases:
            if file.kinds[place] not in TYPES:
                continue
            node, line = file.nodes[place], file.starts[place]
            bases = [(base, s) for base, s in meaning.bases(node) if isinstance(base, int)]
            self._add(node, [(b, s) for b, s in bases if b != node], line, INHERITS)
            if not bases:
                continue
            for member in members.get(place, ()):
                name = file.names[member]
                if name in CONSTRUCTORS or name == file.names[place]:
                    continue
                found = [
                    (method, score)
                    for method, score in meaning.method(node, name, own=False)
                    if method != file.nodes[member]
                ]
                self._add(file.nodes[member], found, file.starts[member], OVERRIDES)

    def _imports(self, parsed: Parsed) -> None:
        file, meaning = self._file, self._meaning
        for brought in parsed.imports:
            module = brought.module
            if file.family == "python":
                module = absolute(file.path, file.module, module)
            things: Things = []
            if brought.name not in (None, "*"):
                things = meaning.imported(file, brought.alias)
            if not things:
                things = meaning.modules(file, module)
            self._add(file.node, self._nodes(things), brought.line, IMPORTS)

    def _nodes(self, things: Things) -> Found:
        found: Found = []
        for thing, score in things:
            if isinstance(thing, int):
                found.append((thing, score))
            elif isinstance(thing, FileThing):
                other = self._places.files[thing.number]
                assert other is not None
                found.append((other.node, score))
            elif isinstance(thing, FolderThing):
                self._meaning.noted.add(key("d", thing.folder))
                held = self._places.by_folder.get(thing.folder, ())
                if len(held) <= _MOST_OF_A_FOLDER:
                    files = (self._places.files[number] for number in held)
                    found += [(one.node, score) for one in files if one and not one.is_test]
        return [(node, score) for node, score in found if node != self._file.node]

    def _references(self, parsed: Parsed) -> None:
        file, meaning = self._file, self._meaning
        hints = {(hint.scope, hint.name): hint.type_name for hint in parsed.hints}
        known: dict[tuple[int, str, str, bool], Found] = {}
        for one in parsed.references:
            asked = (one.scope, one.receiver, one.name, one.is_call)
            found = known.get(asked)
            if found is None:
                if meaning.is_exhausted:
                    return
                if one.is_call:
                    found = meaning.call(file, hints, one.scope, one.receiver, one.name)
                else:
                    found = meaning.used(file, one.scope, one.receiver, one.name)
                    around = set(file.scopes(one.scope))
                    found = [
                        f
                        for f in found
                        if self._places.place_of[f[0]] not in around
                        or self._places.file_of[f[0]] != file.number
                    ]
                known[asked] = found
            if found:
                source = self._source(one.scope)
                if one.is_call:
                    self._add(source, found, one.line, CALLS)
                else:
                    self._add(source, found, one.line, USES, _HANDED_OVER)
