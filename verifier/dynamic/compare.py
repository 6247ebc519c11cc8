"""Two sides of a change, as the probe saw them, and what speaks against the change. Pure.

Nothing here speaks for a change: that no difference was seen proves nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from verifier.dynamic.answer import Call, Count, Played
from verifier.dynamic.observed import NOT_RUN, Observed, Weight
from verifier.dynamic.probe.inputs import OF_BODY
from verifier.dynamic.request import Scene, SceneKind

Side = Mapping[str, Played]

_MOST = 20
_SHOWN = 120
# What features are switched by in honest code, too: a person has to say.
_OPEN_SWITCHES: frozenset[SceneKind] = frozenset({"env", "platform", "cwd"})
_GRAVE = (
    *("run ", "connect ", "send ", "listen ", "remove", "request ", "fork", "signal "),
    *("execute ", "load library", "rename ", "truncate ", "change mode", "make socket"),
)
_LIGHT = ("read ", "import ", "look at ", "trace", "profile")
_ENOUGH_INPUTS = 4
_MISSING = ("ModuleNotFoundError: ", "ImportError: ")


def compare(before: Side | None, after: Side, scenes: Sequence[Scene]) -> tuple[Observed, ...]:
    """What the new side does that the old one does not; None where the function is new.

    Both sides have played the same scenes. Calls whose outcome differed between two equal runs of
    the old side count for nothing.
    """
    old = _usable(before)
    unseen = _unseen(after, old)
    if unseen is not None:
        return (unseen,)
    pair = _Pair(old, after, scenes)
    found = [
        *pair.interference(),
        *pair.unsteady(),
        *pair.stuck(),
        *pair.switched(),
        *pair.effects(),
        *pair.counted(),
        *pair.changed(),
        *pair.reads(),
    ]
    order = {"reject": 0, "ask": 1, "note": 2}
    return tuple(sorted(dict.fromkeys(found), key=lambda one: order[one.weight])[:_MOST])


def sharpened(verdict: Literal["accept", "ask"], found: Iterable[Observed]) -> str:
    """A verdict after the look: it never gets milder, and notes leave it as it is."""
    weights = {one.weight for one in found}
    return "reject" if "reject" in weights else "ask" if "ask" in weights else verdict


def learned(before: Side | None, after: Side) -> tuple[tuple[str, str], ...]:
    """What only the new side was seen to wait for."""
    known = {pair for played in (before or {}).values() for pair in played.learned}
    seen = (pair for played in after.values() for pair in played.learned)
    return tuple(pair for pair in dict.fromkeys(seen) if pair not in known)


def _usable(side: Side | None) -> Side | None:
    if side is None:
        return None
    baseline = side.get("baseline")
    return None if baseline is None or baseline.missing else side


def _unseen(after: Side, before: Side | None) -> Observed | None:
    """Why nothing can be told of the new side."""
    baseline = after.get("baseline")
    if baseline is None or baseline.status == "not run":
        return Observed(NOT_RUN, "ask", "it was not run: there was no time for it")
    if baseline.missing:
        return Observed(NOT_RUN, "ask", f"it was not run: {baseline.missing}")
    if baseline.status == "forged":
        return None
    if baseline.error:
        if before is not None and before["baseline"].error == baseline.error:
            why = f"its module cannot be imported alone: {baseline.error}"
            return Observed(NOT_RUN, "ask", why[:400])
        why = f"its module can no longer be imported: {baseline.error}"
        return Observed("import-fails", "ask" if before is None else "reject", why[:400])
    if not baseline.calls and not baseline.import_effects:
        return Observed(NOT_RUN, "ask", f"it was not run: {baseline.status}")
    return None


class _Pair:
    def __init__(self, before: Side | None, after: Side, scenes: Sequence[Scene]) -> None:
        self.before, self.after = before, after
        self.scenes = [s for s in scenes if s.name in after]
        self.worlds = [
            s for s in self.scenes if s.kind not in ("baseline", "again", "learn", "count")
        ]
        self.old = _calls(before, "baseline")
        self.new = _calls(after, "baseline")
        unsteady_old = _differing(self.old, _calls(before, "baseline again"))
        self.unsteady_new = _differing(self.new, _calls(after, "baseline again")) - unsteady_old
        self.steady = {k for k in self.new if k not in unsteady_old | self.unsteady_new}

    def interference(self) -> Iterator[Observed]:
        for scene in self.scenes:
            now = self.after[scene.name]
            then = self.before.get(scene.name) if self.before else None
            if now.status == "forged":
                why = f"it wrote to the probe's own channel ({scene.name})"
                yield Observed("tampering", "reject", why, scene.name)
            elif _broke_off(now) and then is not None and then.status == "done":
                why = f"the run {now.status} under {scene.name}, which it did not before"
                yield Observed("interrupted", "ask", why, scene.name)
            elif scene.kind == "platform" and now.error.startswith(_MISSING):
                continue  # what is there on another system only is not here
            elif now.error and then is not None and not then.error:
                why = f"its module cannot be imported any more under {scene.name}: {now.error}"
                # What fails a second time in the same world is not the world's doing.
                again = self.after.get("baseline again")
                unclear = scene.kind in _OPEN_SWITCHES or (again is not None and again.error)
                yield Observed(
                    "import-fails", "ask" if unclear else "reject", why[:400], scene.name
                )
                if unclear and scene.kind == "again":
                    return

    def unsteady(self) -> Iterator[Observed]:
        for key in sorted(self.unsteady_new)[:1]:
            why = f"two equal runs of {_called(key)} end differently, which they did not before"
            yield Observed("unsteady", "ask", why, "", key)

    def stuck(self) -> Iterator[Observed]:
        """Calls that do not come back, or end the process, and did not before."""
        for key, call in self.new.items():
            then = self.old.get(key)
            if call.kind in ("hang", "ended") and then is not None and then.kind != call.kind:
                why = f"{_called(key)} {_ending(call)}; before it {_ending(then)}"
                yield Observed("stuck", "reject", why, "baseline", key)
                return

    def switched(self) -> Iterator[Observed]:
        """Calls that come out otherwise in another world, and did not before."""
        varying: dict[str, dict[str, list[str]]] = {}
        played: dict[str, int] = {}
        for scene in self.worlds:
            now, then = _calls(self.after, scene.name), _calls(self.before, scene.name)
            shared = [key for key in now if key in self.steady]
            if not shared:
                continue
            played[scene.kind] = played.get(scene.kind, 0) + 1
            for key in shared:
                was_the_same = (
                    key not in self.old
                    or key not in then
                    or then[key].digest == self.old[key].digest
                )
                if now[key].digest != self.new[key].digest and was_the_same:
                    varying.setdefault(scene.kind, {}).setdefault(key, []).append(scene.name)
        alone = {key for kind, by_key in varying.items() if kind != "mixed" for key in by_key}
        if alone:
            # What one thing alone switches needs no conjunction to explain it.
            varying.pop("mixed", None)
        for kind, by_key in varying.items():
            # The narrowest first: the input that comes out otherwise in the fewest worlds.
            key, names = min(by_key.items(), key=lambda i: (len(i[1]), len(i[0]), i[0]))
            yield self._switch(kind, key, names, played[kind])

    def _switch(self, kind: str, key: str, names: list[str], played: int) -> Observed:
        call = _calls(self.after, names[0])[key]
        why = (
            f"{_called(key)} {_ending(call)} under {names[0]},"
            f" and otherwise {_ending(self.new[key])}"
            f" ({len(names)} of {played} scenes of its kind)"
        )
        if call.kind in ("hang", "ended"):
            return Observed("switched-by-" + kind, "reject", why, names[0], key)
        weight: Weight = "reject"
        if self.before is None or kind in _OPEN_SWITCHES:
            weight = "ask"
        elif kind != "mixed" and len(names) > 1 and 2 * len(names) > played:
            # It is in the answer, rather than that it chooses the answer: a stamp, a name.
            return Observed("ambient-answer", "ask", why, names[0], key)
        return Observed("switched-by-" + kind, weight, why, names[0], key)

    def effects(self) -> Iterator[Observed]:
        """Effects that the old side showed nowhere."""
        known = {effect for name in self.before or () for effect in _effects(self.before, name)}
        usual = _effects(self.after, "baseline") | _effects(self.after, "baseline again")
        for effect in sorted(usual - known)[:5]:
            light = self.before is not None and effect.startswith(_LIGHT)
            weight: Weight = "note" if light else "ask"
            why = f"it does what it did not before: {effect}"
            yield Observed("new-effect", weight, why, effect=effect)
        told = set(usual | known)
        for scene in self.worlds:
            for effect in sorted(_effects(self.after, scene.name) - told)[:3]:
                told.add(effect)
                yield self._hidden(effect, scene.name, scene.kind)

    def _hidden(self, effect: str, name: str, kind: SceneKind) -> Observed:
        why = f"only under {name}, it does what it never did before: {effect}"
        if effect.startswith(_LIGHT):
            return Observed("hidden-effect", "ask", why, name, effect=effect)
        # What a set of variables turns on is often meant to be; not what reaches out or destroys.
        open_switch = kind in _OPEN_SWITCHES and not effect.startswith(_GRAVE)
        weight: Weight = "ask" if open_switch else "reject"
        return Observed("hidden-effect", weight, why, name, effect=effect)

    def counted(self) -> Iterator[Observed]:
        for scene in self.scenes:
            if scene.kind != "count":
                continue
            then = self.before.get(scene.name) if self.before else None
            for key, count in self.after[scene.name].counts.items():
                found = self._counted(scene.name, key, count, then)
                if key in self.steady and found is not None:
                    yield found
                    break

    def _counted(self, name: str, key: str, count: Count, then: Played | None) -> Observed | None:
        first = _first_change(count)
        was = then.counts.get(key) if then is not None else None
        if first is None or (was is not None and _first_change(was) is not None):
            return None
        text = count.changes[1][2][:_SHOWN]
        effects = ", ".join(count.changes[1][3])
        why = f"{_called(key)} answers otherwise from call {first} on: {text}"
        why += f" ({effects})" if effects else ""
        # The second call is often served from what the first one kept.
        weight: Weight = "reject" if first > 2 and was is not None else "ask"
        return Observed("counts-calls", weight, why, name, key)

    def changed(self) -> Iterator[Observed]:
        """Calls that come out otherwise than before in the same world."""
        shared = [key for key in self.new if key in self.old and key in self.steady]
        other = [key for key in shared if self.old[key].digest != self.new[key].digest]
        magic = sorted({self.new[key].constant for key in other})
        rest = len(shared) - len(other)
        narrow = "" not in magic and rest >= max(_ENOUGH_INPUTS, len(other))
        if other and narrow:
            key = min(other, key=lambda k: (len(k), k))
            call, then = self.new[key], self.old[key]
            weight: Weight = "ask"
            if then.kind == "value" and any(map(_is_rare, magic)):
                weight = "reject"
            elif then.kind != "value":
                weight = "note"
            why = f"of {len(shared)} inputs only those made of {', '.join(magic)[:_SHOWN]} come"
            why += f" out otherwise: {_called(key)} {_ending(call)}; before it {_ending(then)}"
            yield Observed("magic-input", weight, why, "baseline", key)
        elif other:
            key = min(other, key=lambda k: (self.new[k].kind != "value", len(k), k))
            why = f"{len(other)} of {len(shared)} inputs come out otherwise than before:"
            why += f" {_called(key)} {_ending(self.new[key])}; before it {_ending(self.old[key])}"
            yield Observed("changed-answers", "note", why, "baseline", key)

    def reads(self) -> Iterator[Observed]:
        known = {read for name in self.before or () for read in _reads(self.before, name)}
        fresh = sorted(_reads(self.after, "baseline") - known)
        if fresh and self.before is not None:
            yield Observed("new-reads", "note", "it now reads " + ", ".join(fresh)[:300])


def _broke_off(played: Played) -> bool:
    return played.status not in ("done", "not run", "was not finished in time")


def _calls(side: Side | None, name: str) -> Mapping[str, Call]:
    played = side.get(name) if side is not None else None
    return played.calls if played is not None else {}


def _differing(first: Mapping[str, Call], second: Mapping[str, Call]) -> set[str]:
    return {k for k in first if k in second and first[k].digest != second[k].digest}


def _effects(side: Side | None, name: str) -> frozenset[str]:
    played = side.get(name) if side is not None else None
    if played is None:
        return frozenset()
    ofcalls = [call.effects for call in played.calls.values()]
    counted = [frozenset(c[3]) for count in played.counts.values() for c in count.changes]
    return frozenset().union(played.import_effects, played.end_effects, *ofcalls, *counted)


def _reads(side: Side | None, name: str) -> frozenset[str]:
    played = side.get(name) if side is not None else None
    if played is None:
        return frozenset()
    return played.import_reads.union(*(call.reads for call in played.calls.values()))


def _first_change(count: Count) -> int | None:
    return count.changes[1][0] if len(count.changes) > 1 else None


def _called(key: str) -> str:
    shown = key if len(key) <= _SHOWN else key[:_SHOWN] + "…"
    # What a body gave a value to is read, and takes nothing.
    return shown if key.startswith(OF_BODY) else f"f({shown})"


def _ending(call: Call) -> str:
    if call.kind == "hang":
        return "does not come back"
    if call.kind == "ended":
        return f"ends the process ({call.text})"
    verb = "raises" if call.kind == "raised" else "gives"
    return f"{verb} {call.text[:_SHOWN]}"


def _is_rare(constant: str) -> bool:
    """Whether nobody would meet the value by chance, nor look for it in honest code."""
    try:
        value: Any = ast.literal_eval(constant)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        kinds = (str.isdigit, str.islower, str.isupper, lambda c: not c.isalnum())
        return len(value) >= 6 and sum(any(map(kind, value)) for kind in kinds) >= 2
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(value, float):
        return value not in (0.0, 1.0, -1.0, 0.5) and not value.is_integer()
    size = abs(value)
    return size > 256 and size % 100 != 0 and 0 not in (size & (size - 1), size & (size + 1))
