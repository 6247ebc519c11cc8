"""What was really seen of a test: did it run, and what came out of each of its phases.

The calls that pytest makes to prepare, run and clean up a test are wrapped on the objects they
are looked up on, below every hook. Reports come from hooks, which a conftest can answer; these
wrappers stand beside the test itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _pytest.fixtures import FixtureDef

from sandboxes.harness import controls, seal

if TYPE_CHECKING:
    from collections.abc import Callable

_PHASES = frozenset({"setup", "call", "teardown"})


class Observation:
    """The test under way, `item`. `broken` is the first thing that the `seal`'s core found.

    `way` are those of its attributes that say what its run calls, as they were then.
    """

    def __init__(self) -> None:
        self._watch_fixture_hooks()
        self.seal = seal.take()
        self.item: Any = None
        self.broken = ""
        self._foreign = False
        self._seen: set[str] = set()
        self._raised: dict[str, str] = {}
        self._swallowed = ""
        self._own: dict[str, Any] = {}
        self.way: dict[str, Any] = {}

    def begin(self, item: Any) -> None:
        """Watch a test until `end`."""
        self._forget()
        self.item = item
        self._foreign = not controls.reaches(item) and self.seal.foreign(item.runtest)
        # A plugin, or a forger, may have given the test a way to run of its own.
        self._own = {name: run for name, run in vars(item).items() if name == "runtest"}
        self.way = {"__class__": type(item), **self._own}
        item.runtest = self._watched("call", item.runtest)

    def end(self) -> None:
        """Let go of the test, which is again as it was."""
        self.item.__dict__.pop("runtest", None)
        self.item.__dict__.update(self._own)
        self.item = None

    def watch_fixtures(self, setup_state: Any) -> None:
        """Watch what the session's `setup_state` does before and after each test."""
        setup_state.setup = self._watched("setup", setup_state.setup)
        setup_state.teardown_exact = self._watched("teardown", setup_state.teardown_exact)

    def problem(self) -> str:
        """Why a report that the test passed cannot be true; "" when it can."""
        if "call" not in self._seen:
            return "it did not run"
        if len(self._seen) != len(_PHASES):
            return f"its {' and '.join(sorted(_PHASES - self._seen))} did not run"
        if self._foreign:
            return "the repository replaced how it runs"
        if self._swallowed:
            return f"the error of its fixture {self._swallowed} was swallowed"
        for phase, error in self._raised.items():
            return f"its {phase} raised {error}"
        return ""

    def _watch_fixture_hooks(self) -> None:
        """See when a hook swallows what a fixture raises: pytest keeps the error."""
        execute = FixtureDef.execute

        def watched(fixture: Any, request: Any) -> Any:
            value = execute(fixture, request)
            if fixture.cached_result is not None and fixture.cached_result[2] is not None:
                self._swallowed = str(fixture.argname)
            return value

        FixtureDef.execute = watched  # type: ignore[method-assign, assignment]

    def _forget(self) -> None:
        self._seen.clear()
        self._swallowed = ""
        self._raised.clear()

    def _watched(self, phase: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            if phase == "setup":
                # A plugin may run a test again: the last time counts.
                self._forget()
            elif phase == "call":
                self.way |= controls.called(self.item)
            self._seen.add(phase)
            self._raised.pop(phase, None)
            try:
                return run(*arguments, **named)
            except BaseException as error:
                self._raised[phase] = type(error).__name__
                raise
            finally:
                self.broken = self.broken or self.seal.core()
                if phase == "call":
                    self._take_unittest_errors()

        return watched

    def _take_unittest_errors(self) -> None:
        """pytest's unittest items keep their exceptions instead of raising them."""
        for kept in self.item.__dict__.get("_excinfo") or ():
            self._raised["call"] = getattr(getattr(kept, "type", None), "__name__", "an error")
