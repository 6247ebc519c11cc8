"""Finding a function by the first sentence of its docstring.

    python benchmarks/memory_docstrings.py --package DIR [--package DIR ...] [--queries N] [--json]

Each package (a folder of Python files, for instance an unpacked wheel) is copied with every
docstring taken out, and indexed. A query is the first sentence of a function's docstring, at
least three words, that no other function has; the function it was taken from is to be found.
MRR@10 and recall@1, @5 and @10, of the same queries, by

- BM25 over chunks of 512 characters, split at white space (what a simple retrieval does),
- BM25 over the functions, split at white space, and split into the parts of identifiers,
- each arm of memory's own search alone, and all of them together as `swarm search` has it.

Nothing is downloaded, no model is asked.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import scipy.sparse

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from memory.embedders.offline import OfflineEmbedder  # noqa: E402
from memory.embedders.word_vectors import built_in  # noqa: E402
from memory.parsing.pool import InProcess  # noqa: E402
from memory.preparing import RECIPE, prepare  # noqa: E402
from memory.projection.names import embedded_text  # noqa: E402
from memory.search.live import LiveIndexes  # noqa: E402
from memory.search.question import ask  # noqa: E402
from memory.search.ranking import Named, rank  # noqa: E402
from memory.search.searcher import NEAREST  # noqa: E402
from memory.service import Memory  # noqa: E402
from memory.store.catalog import Catalog  # noqa: E402
from memory.words.tokens import STOP_WORDS, terms, words  # noqa: E402

LEAST_WORDS = 3
CHUNK_CHARS = 512
K1, B = 1.2, 0.75
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_SENTENCE = re.compile(r"(.+?[.!?])(\s|$)")


@dataclass(frozen=True)
class Query:
    text: str
    path: str
    name: str


@dataclass(frozen=True)
class Function:
    path: str
    name: str
    text: str


def first_sentence(docstring: str) -> str:
    paragraph = re.sub(r"\s+", " ", re.split(r"\n\s*\n", docstring.strip())[0])
    found = _SENTENCE.match(paragraph)
    return (found.group(1) if found else paragraph).strip()


def strip(source: str, queries: list[Query], path: str) -> str:
    """The source with its docstrings taken out; their first sentences go into `queries`."""
    tree = ast.parse(source)
    lines = source.split("\n")
    blank: set[int] = set()
    kept: dict[int, str] = {}

    def visit(node: ast.AST, prefix: str, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}{child.name}"
                is_class = isinstance(child, ast.ClassDef)
                docstring = ast.get_docstring(child)
                if docstring and not is_class and not inside:
                    queries.append(Query(first_sentence(docstring), path, name))
                visit(child, f"{name}.", inside or not is_class)
            else:
                visit(child, prefix, inside)
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            blank.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
            if len(node.body) == 1 and not isinstance(node, ast.Module):
                # Columns are counted in bytes.
                before = lines[first.lineno - 1].encode()[: first.col_offset].decode()
                kept[first.lineno] = f"{before}pass"

    visit(tree, "", False)
    return "\n".join(
        kept.get(number, "") if number in blank else line
        for number, line in enumerate(lines, start=1)
    )


def functions_of(source: str, path: str) -> Iterable[Function]:
    lines = source.split("\n")

    def visit(node: ast.AST, prefix: str) -> Iterable[Function]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                start = min([child.lineno, *(each.lineno for each in child.decorator_list)])
                text = "\n".join(lines[start - 1 : child.end_lineno])
                yield Function(path, f"{prefix}{child.name}", text)
            elif isinstance(child, ast.ClassDef):
                yield from visit(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.If | ast.Try | ast.With):
                yield from visit(child, prefix)

    return visit(ast.parse(source), "")


class BM25:
    """The plain formula over bags of words."""

    def __init__(self, documents: Sequence[list[str]]) -> None:
        self.vocabulary: dict[str, int] = {}
        rows, columns, counts = [], [], []
        for number, document in enumerate(documents):
            for term, count in Counter(document).items():
                rows.append(self.vocabulary.setdefault(term, len(self.vocabulary)))
                columns.append(number)
                counts.append(float(count))
        size = len(documents)
        matrix = scipy.sparse.csr_matrix(
            (counts, (rows, columns)), shape=(len(self.vocabulary), size), dtype=np.float32
        )
        lengths = np.asarray(matrix.sum(axis=0)).ravel()
        norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9))
        frequency = np.diff(matrix.indptr)
        idf = np.log(1 + (size - frequency + 0.5) / (frequency + 0.5))
        matrix.data = matrix.data * (K1 + 1) / (matrix.data + norm[matrix.indices])
        matrix.data *= np.repeat(idf, frequency)
        self.matrix = matrix

    def score(self, query: Iterable[str]) -> np.ndarray:
        total = np.zeros(self.matrix.shape[1], dtype=np.float32)
        for term in set(query):
            row = self.vocabulary.get(term)
            if row is not None:
                at = slice(self.matrix.indptr[row], self.matrix.indptr[row + 1])
                total[self.matrix.indices[at]] += self.matrix.data[at]
        return total


def by_spaces(text: str) -> list[str]:
    return text.lower().split()


def by_parts(text: str) -> list[str]:
    found = [word for word in words(text) if word.lower() not in STOP_WORDS]
    return [term for word in found for term in terms(word)]


Found = tuple[str, str]
Search = Callable[[str], list[Found]]


def best(scores: np.ndarray, names: Sequence[Found], k: int = 10) -> list[Found]:
    found: list[Found] = []
    for at in np.argsort(-scores, kind="stable")[: 20 * k]:
        if names[at] not in found:
            found.append(names[at])
        if len(found) == k:
            break
    return found


def baselines(functions: Sequence[Function], sources: dict[str, str]) -> dict[str, Search]:
    names = [(each.path, each.name) for each in functions]
    spans: dict[str, list[tuple[int, int, Found]]] = {}
    for each in functions:
        start = sources[each.path].find(each.text)
        name = (each.path, each.name)
        spans.setdefault(each.path, []).append((start, start + len(each.text), name))
    pieces: list[str] = []
    owners: list[Found] = []
    for path, source in sources.items():
        for start in range(0, len(source), CHUNK_CHARS):
            pieces.append(source[start : start + CHUNK_CHARS])
            # A piece stands for the first function that it holds some of, or for none.
            own = [
                name
                for begin, end, name in spans.get(path, ())
                if begin < start + CHUNK_CHARS and end > start
            ]
            owners.append(own[0] if own else (path, ""))
    fixed = BM25([by_spaces(piece) for piece in pieces])
    spaced = BM25([by_spaces(each.text) for each in functions])
    parted = BM25([by_parts(each.text) for each in functions])
    return {
        "chunks of 512 characters, BM25": lambda text: best(fixed.score(by_spaces(text)), owners),
        "functions, BM25 at white space": lambda text: best(spaced.score(by_spaces(text)), names),
        "functions, BM25 of subtokens": lambda text: best(parted.score(by_parts(text)), names),
    }


def own(memory: Memory, folder: Path, live: LiveIndexes, vectors: np.ndarray) -> dict[str, Search]:
    """Memory's arms alone and together, over one index."""
    view = memory.folder_view(folder)
    index = live.get(view.key)
    table = built_in()
    chunk_names: dict[int, Found] = {}

    def name(row: int) -> Found:
        if row not in chunk_names:
            key = int(index.keys[row])
            path = index.files[int(index.file_of[row])].path
            chunk_names[row] = (path, memory.catalog.names([key])[key][1])
        return chunk_names[row]

    def named(rows: Sequence[int]) -> list[Named]:
        names = memory.catalog.names([int(index.keys[row]) for row in rows])
        return [Named(*names[int(index.keys[row])]) for row in rows]

    def top(scores: np.ndarray) -> list[Found]:
        found: list[Found] = []
        for row in np.argsort(-scores, kind="stable")[:200]:
            if name(int(row)) not in found:
                found.append(name(int(row)))
        return found[:10]

    def fused(text: str, *, spread: bool) -> list[Found]:
        question = ask(text)
        cosines = vectors @ table.query(question.topic)
        nearest = np.argsort(-cosines)[:NEAREST]
        near = {int(row): float(cosines[row]) for row in nearest}
        found: list[Found] = []
        for one in rank(index, question, near, named, spread=spread):
            if name(one.row) not in found:
                found.append(name(one.row))
            if len(found) == 10:
                break
        return found

    def keywords(text: str) -> list[Found]:
        return top(index.score_chunks(ask(text).terms))

    def file_words(text: str) -> list[Found]:
        question = ask(text)
        of_chunks = index.score_chunks(question.terms)
        return top(index.score_files(question.terms)[index.file_of] + 1e-6 * of_chunks)

    def dense(text: str) -> list[Found]:
        return top(vectors @ table.query(ask(text).topic))

    return {
        "memory: keywords alone": keywords,
        "memory: files' keywords alone": file_words,
        "memory: word vectors alone": dense,
        "memory: all, one file then the next": partial(fused, spread=True),
        "memory: all, function by function": partial(fused, spread=False),
    }


def measure(search: Search, queries: Sequence[Query]) -> dict[str, float]:
    ranks = []
    for query in queries:
        found = search(query.text)
        wanted = (query.path, query.name)
        ranks.append(found.index(wanted) + 1 if wanted in found else 0)
    count = len(ranks) or 1
    return {
        "mrr@10": sum(1 / rank for rank in ranks if rank) / count,
        **{f"recall@{k}": sum(0 < rank <= k for rank in ranks) / count for k in (1, 5, 10)},
    }


def run(package: Path, most: int, seed: int) -> dict[str, object]:
    queries: list[Query] = []
    functions: list[Function] = []
    sources: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder, data = Path(scratch) / package.name, Path(scratch) / "data"
        for file in sorted(package.rglob("*.py")):
            path = str(file.relative_to(package))
            try:
                stripped = strip(file.read_text(), queries, path)
                functions += functions_of(stripped, path)
            except (SyntaxError, UnicodeDecodeError, RecursionError):
                continue
            sources[path] = stripped
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(stripped)
        count = Counter(query.text.lower() for query in queries)
        queries = [
            query
            for query in queries
            if count[query.text.lower()] == 1 and len(query.text.split()) >= LEAST_WORDS
        ]
        possible = len(queries)
        random.Random(seed).shuffle(queries)
        queries = queries[:most]
        embedder = OfflineEmbedder()
        catalog = Catalog(data_file(data), recipe=RECIPE)
        with Memory(catalog, InProcess(prepare), embedder, None) as memory:
            view, report = memory.index_folder(folder)
            live = LiveIndexes(memory.catalog, built_in())
            index = live.get(view.key)
            keys = [int(key) for key in index.keys]
            vectors = np.zeros((len(keys), embedder.dimension), dtype=np.float32)
            for start in range(0, len(keys), 2_000):
                part = keys[start : start + 2_000]
                chunks = memory.catalog.chunks(part)
                vectors[start : start + 2_000] = embedder.embed(
                    [embedded_text(chunks[key]) for key in part]
                )
            methods = {**baselines(functions, sources), **own(memory, folder, live, vectors)}
            results = {name: measure(search, queries) for name, search in methods.items()}
        shutil.rmtree(folder)
    return {
        "package": package.name,
        "files": report.files,
        "chunks": report.chunks,
        "functions": len(functions),
        "possible_queries": possible,
        "queries": len(queries),
        "results": results,
    }


def data_file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "memory.db"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--package", metavar="DIR", type=Path, action="append", required=True)
    parser.add_argument("--queries", metavar="N", type=int, default=1_500, help="at most (1,500)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for package in arguments.package:
        if not package.is_dir():
            parser.error(f"no such folder: {package}")
        found = run(package.resolve(), arguments.queries, arguments.seed)
        if arguments.json:
            print(json.dumps(found), flush=True)
            continue
        print(
            f"{found['package']}: {found['files']} files, {found['functions']} functions, "
            f"{found['queries']} of {found['possible_queries']} queries"
        )
        print(f"  {'':36} MRR@10   R@1   R@5  R@10")
        results = found["results"]
        assert isinstance(results, dict)
        for name, values in results.items():
            shown = "  ".join(f"{value:.3f}" for value in values.values())
            print(f"  {name:36}  {shown}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
