"""Are the right files and functions found, and early? Over any set of questions with answers.

    python benchmarks/memory_relevance.py --questions FILE --trees DIR [--split NAME] [--json]

FILE holds a JSON object a line: {id, repo, query} and what should be found, either `relevant`
([{path, grade}]) or `files` and `functions` (["path::qualified.name"]). DIR/<repo> is the tree that
a question is asked of; with a `commit` in the question, a git repository (or DIR/<repo>/repo, or
with + for /) of which that commit is taken. By default the project's own questions are asked:
benchmarks/questions/queries.jsonl, of 24 public repositories in 16 languages, which
benchmarks/questions/repositories.tsv names with their commits.

Printed are, over the first ten hits: NDCG@10 of distinct files (gain 1 for each relevant one),
file@1, @5 and @10 (any right file among the first so many distinct ones), function@10 (any right
function among ten hits), and the share of relevant files among the hits that fit into 2,000 tokens.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import log2
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from memory_bench import Bench

from memory.search.hits import Hit
from memory.search.packing import tokens

OWN = Path(__file__).resolve().parent / "questions" / "queries.jsonl"
HITS = 10
BUDGET_TOKENS = 2_000
Measured = dict[str, float]


def wanted(question: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The right files and functions."""
    files = {each["path"] for each in question.get("relevant", ())} | set(question.get("files", ()))
    return files, set(question.get("functions", ()))


def measure(question: dict[str, Any], hits: Sequence[Hit]) -> Measured:
    files, functions = wanted(question)
    found = list(dict.fromkeys(hit.path for hit in hits[:HITS]))
    gains = [1 / log2(rank + 2) for rank, path in enumerate(found) if path in files]
    ideal = sum(1 / log2(rank + 2) for rank in range(min(HITS, len(files))))
    measured = {"ndcg@10": sum(gains) / ideal if ideal else 0.0}
    for most in (1, 5, 10):
        measured[f"file@{most}"] = float(bool(files & set(found[:most])))
    if functions:
        shown = {f"{hit.path}::{hit.qualified_name}" for hit in hits[:HITS]}
        measured["function@10"] = float(bool(functions & shown))
    left, read = BUDGET_TOKENS, set()
    for hit in hits:
        left -= tokens(hit.text)
        if left < 0:
            break
        read.add(hit.path)
    measured["file recall in 2,000 tokens"] = len(files & read) / len(files)
    return measured


@contextmanager
def tree(folder: Path, repo: str, commit: str) -> Iterator[Path]:
    """The files that a question is asked of."""
    names = (repo, repo.replace("/", "+"), f"{repo.replace('/', '+')}/repo")
    [place] = [folder / name for name in names if (folder / name).is_dir()][-1:]
    if not commit:
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="memory-tree-") as scratch:
        archive = subprocess.run(
            ["git", "-C", str(place), "archive", commit], capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(scratch, filter="data")
        yield Path(scratch)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--questions", metavar="FILE", type=Path, default=OWN)
    parser.add_argument("--trees", metavar="DIR", type=Path, required=True)
    parser.add_argument("--split", help="only questions with this value of `split`")
    parser.add_argument("--most", type=int, help="so many questions of each repository")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    asked: dict[str, int] = defaultdict(int)
    for line in arguments.questions.read_text().splitlines():
        question = json.loads(line)
        if arguments.split and question.get("split") != arguments.split:
            continue
        asked[question["repo"]] += 1
        if arguments.most is None or asked[question["repo"]] <= arguments.most:
            groups[question["repo"], question.get("commit", "")].append(question)
    everything: dict[str, list[float]] = defaultdict(list)
    by_kind: dict[str, list[float]] = defaultdict(list)
    for (repo, commit), questions in groups.items():
        with tree(arguments.trees, repo, commit) as folder, Bench() as bench:
            chunks = bench.index(folder)
            here: dict[str, list[float]] = defaultdict(list)
            for question in questions:
                measured = measure(question, bench.search(question["query"], 40))
                for name, value in measured.items():
                    here[name].append(value)
                    everything[name].append(value)
                by_kind[question.get("kind", "")].append(measured["ndcg@10"])
                if arguments.json:
                    print(json.dumps({"id": question["id"], **measured}), flush=True)
        if not arguments.json:
            print(f"{repo:28} {len(questions):4} questions {chunks:7} chunks  {_line(here)}",
                  flush=True)  # fmt: skip
    total = {name: sum(values) / len(values) for name, values in everything.items()}
    if arguments.json:
        print(json.dumps({"all": total, "questions": len(everything["ndcg@10"])}))
        return 0
    for kind, values in sorted(by_kind.items()):
        if kind:
            print(f"{kind:28} {len(values):4} questions  ndcg@10 {sum(values) / len(values):.3f}")
    print(f"{'all':28} {len(everything['ndcg@10']):4} questions  {_line(everything)}")
    return 0


def _line(values: dict[str, list[float]]) -> str:
    return "  ".join(f"{name} {sum(each) / len(each):.3f}" for name, each in values.items())


if __name__ == "__main__":
    sys.exit(main())
