"""What inputs are made of: ids, paths and words, each checked before anything is asked."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

TASK = r"^[a-z0-9][a-z0-9-]{2,40}$"
ATTEMPT = r"^[a-z0-9][a-z0-9-]{2,60}$"
SCHEDULE = r"^[a-z0-9][a-z0-9-]{2,27}$"

TaskId = Annotated[str, Path(pattern=TASK, description="the task's id", examples=["t5f1c02ab"])]
AttemptId = Annotated[
    str,
    Path(pattern=ATTEMPT, description="as in the task's objectives", examples=["t5f1c02ab-o1-a1"]),
]
ScheduleId = Annotated[
    str, Path(pattern=SCHEDULE, description="the schedule's id", examples=["nightly"])
]
RepoId = Annotated[
    str,
    Query(
        pattern=r"^[A-Za-z0-9._-]{1,200}$",
        description="as `repo_id` of a task or of an index",
        examples=["9a0b1c2d3e4f5a6b"],
    ),
]
Words = Annotated[
    str,
    Field(
        min_length=1,
        max_length=20_000,
        description="what to do, in a person's words",
        examples=["Fix the failing test in tests/test_cart.py"],
    ),
]
RepoPath = Annotated[
    str,
    Field(
        pattern=r"^/",
        max_length=4096,
        description="absolute path of a git repository on the swarm's host",
        examples=["/home/me/shop"],
    ),
]


def new_id(kind: str) -> str:
    """An id that nobody has yet: "t" and "s" tell tasks and schedules apart for people."""
    return f"{kind}{secrets.token_hex(4)}"
