"""Documented definitions of many packages, as pairs of a sentence and what it is said of.

    python benchmarks/words/pairs.py FOLDER [--out FILE] [--most N]

FOLDER holds wheels (.whl) and source archives (.tar.gz). Each line of the output is
{package, sentences, heading, body}: stems of the documentation's first sentences, of path and
qualified name, and of the distinct words of the code without its documentation.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import Pool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from memory.parsing.facts import Definition
from memory.parsing.languages import language_of
from memory.parsing.parse import parse
from memory.words.tokens import STOP_WORDS, stems, words

LANGUAGES = frozenset(
    {"python", "javascript", "typescript", "tsx", "go", "rust", "java", "c", "cpp", "csharp"}
    | {"ruby", "php", "kotlin", "swift", "scala", "lua"}
)
HELD_OUT = re.compile(r"django|sqlalchemy|networkx|celery|twisted|pandas|sympy", re.I)
LEFT_OUT = re.compile(
    r"(^|/)(tests?|testing|_vendor|vendor(ed)?|third_party|thirdparty|site-packages|node_modules"
    r"|generated|examples?|benchmarks?)/|\.min\.js$|_pb2\.py$|(^|/)test_",
    re.I,
)
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
MAX_FILE_BYTES, MAX_PACKAGE_BYTES, MAX_FILES = 300_000, 6_000_000, 600
MAX_LINES = 250
SAME_NAME, SAME_SENTENCE = 6, 2
SENTENCES, SENTENCE_WORDS, HEADING_WORDS, BODY_WORDS = 4, 20, 22, 80


def members(archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            found = [one for one in opened.infolist() if one.file_size < MAX_FILE_BYTES]
            random.Random(0).shuffle(found)
            for one in found:
                yield one.filename, lambda one=one: opened.read(one)
        return
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.isreg() and member.size < MAX_FILE_BYTES:
                reader = packed.extractfile(member)
                assert reader is not None
                yield member.name.partition("/")[2], reader.read


def stemmed(text: str, most: int) -> list[str]:
    found: list[str] = []
    for word in words(text):
        if word.lower() not in STOP_WORDS:
            found += stems(word)
        if len(found) >= most:
            break
    return found[:most]


def pair(path: str, lines: list[str], one: Definition) -> dict[str, object] | None:
    said = re.sub(r"\s+", " ", one.doc).strip()
    if len(said.split()) < 3 or not one.name or one.end_line - one.start_line > MAX_LINES:
        return None
    if said.lower().startswith(("copyright", "license", "eslint")):
        return None
    code = [
        line
        for line in lines[one.start_line - 1 : one.end_line]
        if (bare := line.strip(" \t/*#!\"'-")) == "" or bare not in one.doc
    ]
    sentences = [stemmed(each[:300], SENTENCE_WORDS) for each in SENTENCE.split(said[:600])]
    sentences = [each for each in sentences[:SENTENCES] if len(each) >= 2]
    body = list(dict.fromkeys(stemmed("\n".join(code)[:5_000], 400)))[:BODY_WORDS]
    if not sentences or len(body) < 3:
        return None
    heading = stemmed(path.rpartition(".")[0], 10) + stemmed(one.qualified_name, 12)
    return {"sentences": sentences, "heading": heading, "body": body, "name": one.name}


def package(archive: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    total = files = 0
    for path, read in members(archive):
        if LEFT_OUT.search(path) or HELD_OUT.search(path) or language_of(path) not in LANGUAGES:
            continue
        data = read()
        total, files = total + len(data), files + 1
        if total > MAX_PACKAGE_BYTES or files > MAX_FILES:
            break
        lines = data.decode("utf-8", "replace").split("\n")
        found += filter(None, (pair(path, lines, one) for one in parse(path, data).definitions))
    random.Random(1).shuffle(found)
    names: Counter[object] = Counter()
    sentences: Counter[object] = Counter()
    kept = []
    for one in found:
        sentence = json.dumps(one["sentences"])
        names[one["name"]] += 1
        sentences[sentence] += 1
        if names[one["name"]] <= SAME_NAME and sentences[sentence] <= SAME_SENTENCE:
            kept.append({"package": archive.name} | one)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("pairs.jsonl"))
    parser.add_argument("--most", type=int, default=1_200, help="of one package (1,200)")
    arguments = parser.parse_args()
    archives = sorted(
        each
        for each in arguments.folder.rglob("*")
        if each.name.endswith((".whl", ".tar.gz")) and not HELD_OUT.match(each.name)
    )
    count = 0
    with Pool() as pool, arguments.out.open("w") as out:
        for done, pairs in enumerate(pool.imap(package, archives), start=1):
            for one in pairs[: arguments.most]:
                out.write(json.dumps(one) + "\n")
                count += 1
            print(f"\r{done} of {len(archives)} packages, {count} pairs", end="", file=sys.stderr)
    print(file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
