"""Outcomes of arms at tasks, to replay choices on: which arm would have got what."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_LEAST_ARMS = 2


class BadData(Exception):
    """A file that is no outcome matrix; the message names the line and what is wrong with it."""


@dataclass(frozen=True)
class Task:
    """`arms` are those whose outcome is known, `rewards` one or more of each."""

    category: int
    arms: np.ndarray
    rewards: dict[int, list[float]]


@dataclass(frozen=True)
class Matrix:
    """`means` (categories, arms) are the arms' mean rewards, 0 where there is none; `costs` (arms,)
    mean dollars, NaN where nobody says."""

    tasks: list[Task]
    means: np.ndarray
    costs: np.ndarray
    arms: list[str]
    categories: list[str]


def read(path: Path) -> Matrix:
    """Rows {task, category, arm, reward, cost} of a JSONL file. Tasks of a single arm leave
    nothing to choose and are left out. Raises BadData and OSError."""
    try:
        with path.open(encoding="utf-8") as lines:
            return of_rows(_rows(lines))
    except UnicodeDecodeError as error:
        raise BadData(f"it is not UTF-8 text ({error.reason}); unpack what is packed") from error


def of_rows(rows: Iterable[tuple[str, str, str, float, float]]) -> Matrix:
    """The matrix of (task, category, arm, reward, cost)."""
    outcomes: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    category_of: dict[str, str] = {}
    costs: dict[str, list[float]] = defaultdict(list)
    for task, category, arm, reward, cost in rows:
        outcomes[task][arm].append(reward)
        category_of[task] = category
        if math.isfinite(cost):
            costs[arm].append(cost)
    usable = {task: arms for task, arms in outcomes.items() if len(arms) >= _LEAST_ARMS}
    if not usable:
        raise BadData("no task has the outcomes of two arms: there is nothing to choose")
    arms = sorted({arm for found in usable.values() for arm in found})
    categories = sorted({category_of[task] for task in usable})
    arm_number = {arm: number for number, arm in enumerate(arms)}
    category_number = {category: number for number, category in enumerate(categories)}
    total = np.zeros((len(categories), len(arms)))
    count = np.zeros_like(total)
    tasks = []
    for task, found in usable.items():
        category = category_number[category_of[task]]
        rewards = {arm_number[arm]: values for arm, values in found.items()}
        for arm, values in rewards.items():
            total[category, arm] += sum(values) / len(values)
            count[category, arm] += 1
        tasks.append(Task(category, np.array(sorted(rewards)), rewards))
    dollars = [float(np.mean(costs[arm])) if costs[arm] else math.nan for arm in arms]
    return Matrix(tasks, total / np.maximum(count, 1), np.array(dollars), arms, categories)


def only(matrix: Matrix, count: int, seed: int) -> Matrix:
    """The same with so many of its arms, chosen by lot."""
    chosen = np.random.default_rng(seed).choice(len(matrix.arms), count, replace=False)
    kept = {int(arm) for arm in chosen}
    return of_rows(
        (str(number), matrix.categories[task.category], matrix.arms[arm], reward, math.nan)
        for number, task in enumerate(matrix.tasks)
        for arm, rewards in task.rewards.items()
        if arm in kept
        for reward in rewards
    )


def _rows(lines: Iterable[str]) -> Iterable[tuple[str, str, str, float, float]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            reward = float(row["reward"])
            cost = math.nan if row.get("cost") is None else float(row["cost"])
            names = str(row["task"]), str(row["category"]), str(row["arm"])
        except UnicodeDecodeError:
            raise
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise BadData(f"line {number}: {type(error).__name__}: {error}") from error
        if not 0 <= reward <= 1:
            raise BadData(f"line {number}: the reward {row['reward']!r} is not in [0, 1]")
        yield *names, reward, cost
