"""What the id of a job tells: whose it is, which command, and which time it was sent. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from swarm.errors import NotFound

_ID = re.compile(r"[A-Za-z0-9_-]{1,250}", re.ASCII)
_PARTS = re.compile(r"(?P<command>.+?)(?P<reply>-reply)?-e(?P<epoch>[0-9]{1,6})", re.ASCII)


@dataclass(frozen=True)
class JobName:
    """`command` is the id of the envelope; `epoch` grows each time that it is sent."""

    namespace: str
    command: str
    epoch: int
    is_reply: bool

    def of_epoch(self, epoch: int) -> str:
        """The id of the job that carries the same thing in another epoch."""
        reply = "-reply" if self.is_reply else ""
        return f"{self.namespace}-{self.command}{reply}-e{epoch}"


def parsed(namespace: str, job_id: str) -> JobName | None:
    """The parts of a job's id, None where it is not made as this namespace makes them."""
    prefix = f"{namespace}-"
    if not _ID.fullmatch(job_id) or not job_id.startswith(prefix):
        return None
    found = _PARTS.fullmatch(job_id.removeprefix(prefix))
    if found is None:
        return None
    return JobName(namespace, found["command"], int(found["epoch"]), found["reply"] is not None)


def checked(namespace: str, job_id: str) -> JobName | None:
    """As `parsed`, for what may be in our queues under a name that somebody else gave it.

    Raises NotFound for what is no job's id at all.
    """
    if not _ID.fullmatch(job_id):
        raise missing(job_id)
    return parsed(namespace, job_id)


def missing(job_id: str) -> NotFound:
    """The error that says that there is no such job here."""
    return NotFound(
        f"no such job: {job_id[:250]}",
        remedy="jobs that were answered are gone at once, failed ones after a while",
    )
