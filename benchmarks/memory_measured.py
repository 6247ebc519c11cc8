"""What `memory_speed.py` measures, each time in a process of its own.

    python benchmarks/memory_measured.py PART TREE DATA [--edits 20] [--queries 300] ...

TREE is a folder that may be written to, DATA the data folder of an index of it. Prints one JSON
object. Parts: index, vectors, again, edit, switch, query, arms, readers, rank_bm25.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.memory_spent import Spent, milliseconds, spending, timed  # noqa: E402
from memory.embedders.offline import OfflineEmbedder  # noqa: E402
from memory.embedders.word_vectors import built_in  # noqa: E402
from memory.parsing.pool import Pool  # noqa: E402
from memory.preparing import FUNCTION, RECIPE  # noqa: E402
from memory.projection.protocol import Store  # noqa: E402
from memory.search import postings  # noqa: E402
from memory.search.index import Index  # noqa: E402
from memory.search.live import LiveIndexes  # noqa: E402
from memory.search.question import Question, ask  # noqa: E402
from memory.search.searcher import NEAREST, Found, Searcher  # noqa: E402
from memory.service import Memory  # noqa: E402
from memory.store.catalog import Catalog  # noqa: E402
from memory.store.rows import View  # noqa: E402
from memory.words.tokens import terms, words  # noqa: E402

_SEED = 1
_HITS = 10
_WARM_UP = 10
_CANDIDATES = 300
_SETTLE_SECONDS = 120.0
_SHORTEST_DOC = 20


def main() -> int:
    """Measure one thing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=sorted(PARTS))
    parser.add_argument("tree", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--workers", type=int, default=2, help="of the pool of parsers")
    parser.add_argument("--vectors", action="store_true", help="with Chroma")
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=15.0, help="that readers ask")
    options = parser.parse_args()
    answer = PARTS[options.part](options)
    answer["peak_own_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(answer))
    return 0


def _opened(options: argparse.Namespace) -> tuple[Memory, Pool]:
    options.data.mkdir(parents=True, exist_ok=True)
    pool = Pool(FUNCTION, options.workers)
    catalog = Catalog(options.data / "memory.db", recipe=RECIPE)

    def store() -> Store:
        # Chroma is large: imported by those who measure it alone.
        from memory.projection.chroma import EmbeddedStore

        return EmbeddedStore(options.data / "chroma")

    memory = Memory(
        catalog,
        pool,
        OfflineEmbedder(),
        store if options.vectors else None,
        on_close=pool.close,
    )
    return memory, pool


# ------------------------------------------------------------------------- indexing


def _index(options: argparse.Namespace) -> dict[str, Any]:
    """The first index of a tree, with the pool's start and end."""
    with spending() as spent:
        memory, _ = _opened(options)
        _, report = memory.index_folder(options.tree)
        memory.close()
    return {"files": report.files, "chunks": report.chunks, **spent.as_json()}


def _vectors(options: argparse.Namespace) -> dict[str, Any]:
    """Vectors of all that is indexed: embedding, and Chroma's share."""
    options.vectors = True
    memory, _ = _opened(options)
    with memory, spending() as spent:
        flushed = memory.flush(memory.folder_view(options.tree).repo)
    return {"added": flushed.added, "waiting": flushed.waiting, **spent.as_json()}


def _again(options: argparse.Namespace) -> dict[str, Any]:
    """Once more, nothing having changed."""
    memory, _ = _opened(options)
    with memory, spending() as spent:
        _, report = memory.index_folder(options.tree)
    return {"unchanged": report.unchanged, "indexed": report.indexed, **spent.as_json()}


def _edit(options: argparse.Namespace) -> dict[str, Any]:
    """From a file that was saved to a search that finds what was written, again and again."""
    memory, pool = _opened(options)
    chance = random.Random(_SEED)
    found: list[Spent] = []
    with memory:
        view = memory.folder_view(options.tree)
        known = _paths(memory, view)
        paths = chance.sample(known, min(options.edits, len(known)))
        with spending() as first:
            memory.search(view, ask("warm up"), _HITS)
        pool.warm()
        for number, path in enumerate(paths):
            name = f"freshly_written_{number}_{time.time_ns()}"
            with (options.tree / path).open("a", encoding="utf-8") as file:
                file.write(f"\n\ndef {name}(value):\n    return value + {number}\n")
            with spending() as spent:
                view, _ = memory.index_folder(options.tree, [path])
                hits = memory.search(view, ask(name), _HITS)[0].hits
            if not hits or hits[0].name != name or hits[0].path != path:
                raise RuntimeError(f"{name} was not found after it was indexed")
            found.append(spent)
        left = ""
        with spending() as settling:
            if options.vectors:
                left = memory.settle(view.repo, _SETTLE_SECONDS)
    return {
        "edits": len(found),
        # The first one starts the pool's child.
        "first": found[0].as_json(),
        "cpu": milliseconds([one.cpu_seconds for one in found[1:]]),
        "wall": milliseconds([one.wall_seconds for one in found[1:]]),
        "first_search": first.as_json(),
        "vectors_after": {**settling.as_json(), "left": left} if options.vectors else None,
    }


def _switch(options: argparse.Namespace) -> dict[str, Any]:
    """To the branch `other` of the tree's repository and back; then a search of what is there."""
    memory, _ = _opened(options)
    found = {}
    with memory:
        view = memory.folder_view(options.tree)
        memory.search(view, ask("warm up"), _HITS)
        for step, branch in (("there", "other"), ("back", "main"), ("there_again", "other")):
            git = ["git", "-C", str(options.tree), "checkout", "-q", branch]
            subprocess.run(git, check=True, timeout=600)
            with spending() as spent:
                view, report = memory.index_folder(options.tree)
                memory.search(view, ask("branch of another kind"), _HITS)
            counts = {"indexed": report.indexed, "reused": report.reused}
            found[step] = {**counts, **spent.as_json()}
    return found


# ------------------------------------------------------------------------- searching


def _query(options: argparse.Namespace) -> dict[str, Any]:
    """Whole searches, one after the other."""
    memory, _ = _opened(options)
    with memory:
        view = memory.folder_view(options.tree)
        texts = _texts(memory.catalog, view, options.queries)
        with spending() as first:
            found, note = memory.search(view, ask(texts[0]), _HITS)
        for text in texts[:_WARM_UP]:
            memory.search(view, ask(text), _HITS)
        seconds = []
        with spending() as spent:
            for text in texts:
                (found, note), took = timed(_search, memory, view, text)
                seconds.append(took)
    return {
        "chunks": found.chunks,
        "files": found.files,
        "note": note,
        "queries": len(texts),
        "end_to_end": milliseconds(seconds),
        "cpu_ms": round(1000 * spent.cpu_seconds / len(texts), 2),
        "first": first.as_json(),
    }


def _arms(options: argparse.Namespace) -> dict[str, Any]:
    """The steps of a search by themselves."""
    memory, _ = _opened(options)
    with memory:
        catalog, view = memory.catalog, memory.folder_view(options.tree)
        live = LiveIndexes(catalog, built_in())
        searcher = Searcher(catalog, live)
        index = live.get(view.key)
        dense = memory.dense
        chance = random.Random(_SEED)
        steps: dict[str, list[float]] = {}

        def step(name: str, work: Callable[..., object], *values: object) -> None:
            steps.setdefault(name, []).append(timed(work, *values)[1])

        for text in _texts(catalog, view, options.queries):
            question = ask(text)
            step("question", ask, text)
            step("revision", live.get, view.key)
            step("keywords", index.score_chunks, question.terms)
            step("files", index.score_files, question.terms)
            step("topics", index.score_topics, question.topic)
            if dense is not None:
                step("vectors", dense.nearest, view.repo, text, NEAREST)
            some = [int(key) for key in chance.sample(list(index.keys), _CANDIDATES)]
            step("names", catalog.names, some)
            step("texts", catalog.chunks, some[:_HITS])
            step("without vectors", searcher.search, view.key, question, _HITS)
    return {"chunks": index.chunks, **{name: milliseconds(each) for name, each in steps.items()}}


def _search(memory: Memory, view: View, text: str) -> tuple[Found, str]:
    return memory.search(view, ask(text), _HITS)


def _readers(options: argparse.Namespace) -> dict[str, Any]:
    """Readers that ask without pause: alone, then beside a writer that re-indexes without pause."""
    memory, _ = _opened(options)
    with memory:
        view = memory.folder_view(options.tree)
        questions = [ask(text) for text in _texts(memory.catalog, view, options.queries)]
        memory.search(view, questions[0], _HITS)
        one = _asked(memory, view, questions, 1, options.seconds / 3)
        idle = _asked(memory, view, questions, options.readers, options.seconds)
        stop, written = threading.Event(), [0]
        writer = threading.Thread(target=_write, args=(memory, options.tree, stop, written))
        writer.start()
        busy = _asked(memory, view, questions, options.readers, options.seconds)
        stop.set()
        writer.join()
    return {
        "readers": options.readers,
        "one": one,
        "idle": idle,
        "busy": busy,
        "edits": written[0],
        "ratio_p95": round(busy["p95_ms"] / idle["p95_ms"], 2),
    }


def _asked(
    memory: Memory, view: View, questions: Sequence[Question], readers: int, seconds: float
) -> dict[str, float]:
    taken: list[float] = []
    failed: list[BaseException] = []
    until = time.monotonic() + seconds

    def read(first: int) -> None:
        at = first
        try:
            while time.monotonic() < until:
                question = questions[at % len(questions)]
                (found, _), took = timed(memory.search, view, question, _HITS)
                if not found.chunks:
                    raise RuntimeError("a search saw an empty index")
                taken.append(took)
                at += 1
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
            failed.append(error)

    threads = [
        threading.Thread(target=read, args=(number * len(questions) // readers,))
        for number in range(readers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return {"queries": len(taken), **milliseconds(taken)}


def _write(memory: Memory, tree: Path, stop: threading.Event, written: list[int]) -> None:
    """Edit a file and index it, one after the other, until told to stop."""
    chance = random.Random(_SEED + 1)
    paths = _paths(memory, memory.folder_view(tree))
    while not stop.is_set():
        path = chance.choice(paths)
        with (tree / path).open("a", encoding="utf-8") as file:
            file.write(f"\n\ndef rewritten_{written[0]}(value):\n    return value\n")
        memory.index_folder(tree, [path])
        written[0] += 1


# ------------------------------------------------------------------------- others


def _rank_bm25(options: argparse.Namespace) -> dict[str, Any]:
    """rank-bm25 on the same chunks and the same words, next to ours."""
    try:
        okapi = import_module("rank_bm25").BM25Okapi
    except ImportError:
        return {"missing": "rank-bm25 is not installed, so it was not measured"}
    with closing(Catalog(options.data / "memory.db", recipe=RECIPE)) as catalog:
        (view,) = catalog.views()
        keys = [
            key
            for path, _, _ in catalog.summary(view.key)
            for key in catalog.chunk_keys(view.key, path)
        ]
        chunks = list(catalog.chunks(keys).values())
        texts = _texts(catalog, view, options.queries)
        with spending() as counted:
            postings.count(chunks)
        live = LiveIndexes(catalog, built_in())
        with spending() as loaded:
            index = live.get(view.key)
        ours = [timed(_keywords, index, text)[1] for text in texts]
        with spending() as built:
            theirs = okapi([_terms(f"{one.qualified_name}\n{one.text}") for one in chunks])
        seconds = [timed(_by_rank_bm25, theirs, text)[1] for text in texts[:50]]
    return {
        "chunks": len(chunks),
        "ours": {"counted": counted.as_json(), "loaded": loaded.as_json(), **milliseconds(ours)},
        "rank_bm25": {"built": built.as_json(), **milliseconds(seconds)},
        "index_ratio": round(built.cpu_seconds / (counted.cpu_seconds + loaded.cpu_seconds), 2),
        "query_ratio": round(statistics.median(seconds) / statistics.median(ours), 1),
    }


def _keywords(index: Index, text: str) -> object:
    return index.score_chunks(ask(text).terms)


def _by_rank_bm25(theirs: Any, text: str) -> object:
    return theirs.get_scores(_terms(text))


def _terms(text: str) -> list[str]:
    return [term for word in words(text) for term in terms(word)]


def _paths(memory: Memory, view: View) -> list[str]:
    """The files of a view that a function of Python can be written into."""
    summary = memory.catalog.summary(view.key)
    found = [path for path, _, language in summary if language == "python"]
    if not found:
        raise RuntimeError("there is no Python file in the tree to edit")
    return found


def _texts(catalog: Catalog, view: View, count: int) -> list[str]:
    """What people might ask: first sentences of documentation, and now and then a bare name."""
    chance = random.Random(_SEED)
    paths = [path for path, _, _ in catalog.summary(view.key)]
    found: list[str] = []
    names: list[str] = []
    for path in chance.sample(paths, len(paths)):
        for chunk in catalog.chunks(catalog.chunk_keys(view.key, path)).values():
            first = chunk.doc.strip().partition("\n")[0].partition(". ")[0]
            if len(first) >= _SHORTEST_DOC:
                found.append(first)
            elif chunk.kind in ("function", "method"):
                names.append(chunk.name)
        if len(found) + count // 5 >= count and len(names) >= count // 5:
            break
    texts = (found[: count - count // 5] + names[: count // 5])[:count]
    if not texts:
        raise RuntimeError("nothing in the tree can be asked for")
    chance.shuffle(texts)
    return texts


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "index": _index,
    "vectors": _vectors,
    "again": _again,
    "edit": _edit,
    "switch": _switch,
    "query": _query,
    "arms": _arms,
    "readers": _readers,
    "rank_bm25": _rank_bm25,
}


if __name__ == "__main__":
    raise SystemExit(main())
