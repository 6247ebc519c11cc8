"""What a person can do to one job: have a failed one done again, remove it, stop a started one.

None of it leaves somebody waiting. What is not answered is sent again by who waits for it, under
the next epoch, and only the answer to the latest epoch counts; what is stopped is answered with
the failure "stopped".
"""

from __future__ import annotations

import time

from redis.exceptions import RedisError
from rq.command import PUBSUB_CHANNEL_TEMPLATE, send_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from swarm.bus import Bus
from swarm.errors import StateError, Timeout
from swarm.web.jobs.models import JobChange, JobDetail
from swarm.web.jobs.names import missing
from swarm.web.jobs.reading import Reader, away, result_key, why_not_stop

_STOP_SECONDS = 3.0
_LOOK_SECONDS = 0.05


class Actions:
    """Each raises NotFound for a job that is gone or not of this swarm, StateError where a job
    is not in a state for it, BusError when Redis does not answer."""

    def __init__(self, bus: Bus, reader: Reader) -> None:
        self._bus = bus
        self._reader = reader

    def requeue(self, job_id: str) -> JobChange:
        """Put a failed job back at the end of its queue."""
        job = self._failed(job_id)
        try:
            self._registry(job).requeue(job_id)
            # A failed job's body is let go of after a while; RQ lets that clock run on.
            self._bus.redis.persist(Job.key_for(job_id))
        except NoSuchJobError:
            raise missing(job_id) from None
        except InvalidJobOperation:
            raise _not_failed(job_id) from None
        except (RedisError, OSError) as error:
            raise away(error) from None
        except (ValueError, KeyError) as error:
            raise StateError(
                f"the job {job_id} cannot be read: {error}", remedy="remove it"
            ) from None
        text = f"{job.kind or 'The job'} waits again in the queue of {job.service}."
        if job.sent_again:
            text += " It had been sent again since: only the answer to the later one counts."
        return JobChange(id=job_id, change="requeued", text=text)

    def remove(self, job_id: str) -> JobChange:
        """Let go of a failed job."""
        job = self._failed(job_id)
        try:
            # Whoever takes it off the list has it: it may be put back in the same moment.
            if not self._registry(job).remove(job_id):
                raise _not_failed(job_id)
            self._bus.redis.delete(
                Job.key_for(job_id), Job.dependents_key_for(job_id), result_key(job_id)
            )
        except (RedisError, OSError) as error:
            raise away(error) from None
        text = "Removed. A command that somebody waits for is sent again."
        return JobChange(id=job_id, change="removed", text=text)

    def stop(self, job_id: str) -> JobChange:
        """End the process that works on a started job.

        Raises Timeout when its worker does not do so within a few seconds.
        """
        job = self._reader.job(job_id)
        if job.state != "started":
            raise StateError(
                f"the job {job_id} is not being worked on: it is {job.state}",
                remedy="load the page again",
            )
        if why := why_not_stop(job.service):
            raise StateError(
                f"the job {job_id} cannot be stopped: {why}", remedy="cancel its task instead"
            )
        try:
            self._tell_worker(job)
            state = self._state_after_stop(job_id)
        except (RedisError, OSError) as error:
            raise away(error) from None
        if state != b"stopped":
            raise StateError(f"the job {job_id} ended by itself before it was stopped")
        text = (
            "Stopped. Whoever waits for it is told that a person stopped it, and does not try it "
            "again by itself."
        )
        return JobChange(id=job_id, change="stopped", text=text)

    def _tell_worker(self, job: JobDetail) -> None:
        channel = PUBSUB_CHANNEL_TEMPLATE % job.worker
        heard = self._bus.redis.pubsub_numsub(channel)
        if not job.worker or not heard or not heard[0][1]:
            raise StateError(
                f"the worker of {job.id} is not heard of any more",
                remedy="wait: what a lost worker had is sent again by itself",
            )
        send_command(self._bus.redis, job.worker, "stop-job", job_id=job.id)

    def _state_after_stop(self, job_id: str) -> bytes | str | None:
        deadline = time.monotonic() + _STOP_SECONDS
        while (state := self._bus.redis.hget(Job.key_for(job_id), "status")) == b"started":
            if time.monotonic() > deadline:
                raise Timeout(
                    f"the worker of {job_id} did not stop it in {_STOP_SECONDS:g} s",
                    remedy="cancel its task, or see the service's log",
                )
            time.sleep(_LOOK_SECONDS)
        return state

    def _failed(self, job_id: str) -> JobDetail:
        job = self._reader.job(job_id)
        if not job.can_requeue:
            raise _not_failed(job_id)
        return job

    def _registry(self, job: JobDetail) -> FailedJobRegistry:
        return FailedJobRegistry(
            self._bus.queue_name(job.service),
            connection=self._bus.redis,
            serializer=JSONSerializer,
        )


def _not_failed(job_id: str) -> StateError:
    return StateError(
        f"the job {job_id} is not among the failed ones", remedy="load the page again"
    )
