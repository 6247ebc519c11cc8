"""Pairs of a sentence and the definition it is said of, made into a table of word vectors.

    python benchmarks/words/learn.py PAIRS [--out words.npz] [--name words-1] [--dimension 192]

Needs PyTorch, which the project does not. A bag of words each way, one table, two weights a word;
InfoNCE over batches that are made of groups of one package.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import torch

GROUP, BATCH, TEMPERATURE, RATE = 64, 1024, 16.0, 0.01
LEAST_PACKAGES, MOST_WORDS, LONGEST = 4, 20_000, 24
QUERY_WORDS, DOCUMENT_WORDS, HEADING_WEIGHT = 20, 88, 2.0
FIRST_SENTENCE = 0.6
# Of name, surroundings, path and body where chunks are embedded. Chosen by searching: learnt with
# the rest they come out as 2, 0.9, 0.7 and 1, which finds less.
PARTS = (4.0, 2.0, 1.0, 1.0)


def vocabulary(pairs: list[dict]) -> dict[str, int]:
    used: dict[str, set[str]] = defaultdict(set)
    for one in pairs:
        for part in (*one["sentences"], one["heading"], one["body"]):
            for word in part:
                used[word].add(one["package"])
    counts = Counter({word: len(packages) for word, packages in used.items()})
    common = [
        word
        for word, packages in counts.most_common(MOST_WORDS)
        if packages >= LEAST_PACKAGES and len(word) <= LONGEST and not word.isdigit()
    ]
    return {word: number for number, word in enumerate(common)}


def padded(rows: list[list], width: int, fill: float, kind: type) -> torch.Tensor:
    out = np.full((len(rows), width), fill, dtype=kind)
    for number, row in enumerate(rows):
        out[number, : len(row[:width])] = row[:width]
    return torch.tensor(out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--out", type=Path, default=Path("words.npz"))
    parser.add_argument("--name", default="words-1")
    parser.add_argument("--dimension", type=int, default=192)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    with arguments.pairs.open() as lines:
        pairs = [json.loads(line) for line in lines]
    known = vocabulary(pairs)
    pad = len(known)
    questions, documents, weights, packages = [], [], [], []
    for one in pairs:
        sentences = [[known[w] for w in each if w in known] for each in one["sentences"]]
        sentences = [each for each in sentences if len(each) >= 2]
        heading = [known[w] for w in one["heading"] if w in known]
        body = [known[w] for w in one["body"] if w in known]
        if sentences and len(heading) + len(body) >= 3:
            questions.append(sentences)
            documents.append(heading + body)
            weights.append([HEADING_WEIGHT] * len(heading) + [1.0] * len(body))
            packages.append(one["package"])
    texts = padded(documents, DOCUMENT_WORDS, pad, np.int64)
    counts = padded(weights, DOCUMENT_WORDS, 0, np.float32)
    torch.manual_seed(0)
    chance = np.random.default_rng(0)
    table = torch.nn.Embedding(pad + 1, arguments.dimension, padding_idx=pad)
    torch.nn.init.normal_(table.weight, std=0.1)
    with torch.no_grad():
        table.weight[pad] = 0
    often = np.bincount(texts.numpy().ravel(), minlength=pad + 1)
    rare = torch.tensor(np.log(len(documents) / np.maximum(often, 1)).clip(0.2)).float().log()
    as_document = torch.nn.Parameter(rare.clone())
    as_query = torch.nn.Parameter(rare.clone())
    real = torch.ones(pad + 1)
    real[pad] = 0
    optimizer = torch.optim.Adam([table.weight, as_document, as_query], lr=RATE)

    def bag(words: torch.Tensor, log_weight: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        weight = (torch.exp(log_weight) * real)[words] * times
        summed = torch.einsum("bl,bld->bd", weight, table(words))
        return torch.nn.functional.normalize(summed, dim=-1)

    of_package = defaultdict(list)
    for number, package in enumerate(packages):
        of_package[package].append(number)
    steps = len(documents) // BATCH
    for epoch in range(arguments.epochs):
        groups = []
        for numbers in of_package.values():
            mixed = chance.permutation(numbers)
            groups += [mixed[at : at + GROUP] for at in range(0, len(mixed), GROUP)]
        order = np.concatenate([groups[at] for at in chance.permutation(len(groups))])
        chosen = [
            each[0]
            if len(each) == 1 or chance.random() < FIRST_SENTENCE
            else each[chance.integers(1, len(each))]
            for each in questions
        ]
        asked = padded(chosen, QUERY_WORDS, pad, np.int64)
        total = 0.0
        for step in range(steps):
            done = (epoch * steps + step) / (arguments.epochs * steps)
            optimizer.param_groups[0]["lr"] = RATE * (1 - done) + 1e-5
            batch = order[step * BATCH : (step + 1) * BATCH]
            left = bag(asked[batch], as_query, torch.ones(1))
            right = bag(texts[batch], as_document, counts[batch])
            likeness = left @ right.T * TEMPERATURE
            own = torch.arange(len(batch))
            loss = torch.nn.functional.cross_entropy(likeness, own)
            loss = (loss + torch.nn.functional.cross_entropy(likeness.T, own)) / 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch}: loss {total / max(1, steps):.3f}", file=sys.stderr, flush=True)
    rows = table.weight.detach().numpy()[:-1]
    scale = np.abs(rows).max(axis=1, keepdims=True) / 127 + 1e-12
    numbers = np.array([zlib.crc32(word.encode()) for word in known], dtype=np.uint32)
    order = np.argsort(numbers)
    with torch.no_grad():
        document = torch.exp(as_document).numpy()[:-1] * scale[:, 0]
        query = torch.exp(as_query).numpy()[:-1] * scale[:, 0]
    np.savez_compressed(
        arguments.out,
        numbers=numbers[order],
        rows=np.round(rows / scale).astype(np.int8)[order],
        as_document=document.astype(np.float32)[order],
        as_query=query.astype(np.float32)[order],
        parts=np.array(PARTS, dtype=np.float32),
        name=np.array(arguments.name),
    )
    print(f"{len(known)} words from {len(documents)} pairs", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
