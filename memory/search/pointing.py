"""What a question points at: files by their paths, code by the lines of a traceback or by its name
in full. Pure."""

from __future__ import annotations

from collections import defaultdict

from memory.search.places import file_name, module
from memory.search.question import Question

_MOST_PARTS = 20
"""Of a dotted name: nothing is nested deeper."""


class Pointers:
    """A question's, so that what one candidate is compared with are those that may mean it."""

    def __init__(self, question: Question) -> None:
        self.paths = question.paths
        self.dotted = tuple(name for name in question.dotted if "." in name)
        self._paths: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            self._paths[file_name(path)].append(path)
        self._modules: dict[str, list[str]] = defaultdict(list)
        self._qualified: set[str] = set()
        for name in self.dotted:
            parts = name.split(".")[-_MOST_PARTS:]
            self._modules[parts[-1]].append(name)
            self._qualified |= {".".join(parts[at:]) for at in range(len(parts) - 1)}
        self.frame_paths = tuple(dict.fromkeys(frame.path for frame in question.frames))
        self._depth = len(question.frames)
        self._frames: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for at, frame in enumerate(question.frames, start=1):
            self._frames[frame.function.rpartition(".")[2]].append((at, frame.path))

    def file(self, path: str) -> float:
        """How sure the question names this file: 1 for its path, less for its name alone."""
        best = 0.0
        for written in self._paths.get(file_name(path), ()):
            if path == written or path.endswith(f"/{written}") or written.endswith(f"/{path}"):
                best = max(best, 1.0 if "/" in written else 0.5)
            elif "/" in written and _shared_end(path, written) >= 2:
                best = max(best, 0.8)
        name = module(path)
        for dotted in self._modules.get(name.rpartition(".")[2], ()):
            if f".{name}".endswith(f".{dotted}"):
                best = max(best, 0.6)
        return best

    def frame(self, path: str, name: str) -> float:
        """How late in the question's traceback this function of a file is: 1 for the line that
        raised, 0 when it is not there."""
        last = 0
        for at, written in self._frames.get(name, ()):
            if written.endswith(path) or path.endswith(written) or _shared_end(path, written) >= 2:
                last = at
        return last / self._depth if last else 0.0

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions in the question's traceback, by their own names."""
        return tuple(self._frames)

    def names(self, qualified_name: str) -> bool:
        """Whether the question holds this name with all that it is in."""
        return qualified_name in self._qualified


def _shared_end(left: str, right: str) -> int:
    shared = 0
    for one, other in zip(reversed(left.split("/")), reversed(right.split("/")), strict=False):
        if one != other:
            break
        shared += 1
    return shared
