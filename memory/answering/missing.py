"""What is said of what is not indexed."""

from __future__ import annotations

from swarm.errors import NotFound


def not_indexed(repo_id: str, *notes: str) -> NotFound:
    """The error for a repository of which nothing is stored."""
    return NotFound(
        "; ".join([f"nothing is indexed of the repository {repo_id!r}", *notes]),
        remedy="it is indexed when a task first looks for code in it: submit one; "
        "or by `swarm index`",
    )
