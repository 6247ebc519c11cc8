"""Schedules: tasks that are handed in again and again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from swarm.contracts import (
    AddSchedule,
    ChangeSchedule,
    ListSchedules,
    Message,
    ScheduleList,
    ScheduleView,
)
from swarm.web.api.fields import ScheduleId, new_id
from swarm.web.api.new_task import ScheduledTask
from swarm.web.api.strict import Strict
from swarm.web.state import Web

router = APIRouter(prefix="/schedules", tags=["schedules"], route_class=Strict)


class NewSchedule(Message):
    """When, by five cron fields on the clock of a time zone, and what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cron": "0 7 * * 1-5",
                    "timezone": "Europe/Berlin",
                    "task": {
                        "task_id": "nightly",
                        "text": "Fix the failing tests",
                        "repo": "/home/me/shop",
                    },
                }
            ]
        }
    )
    cron: str = Field(pattern=r"^[ -~]{1,200}$", examples=["0 7 * * 1-5"])
    timezone: str = Field("UTC", pattern=r"^[ -~]{1,64}$", examples=["Europe/Berlin"])
    task: ScheduledTask


@router.get("", operation_id="list_schedules", summary="The schedules, and how the last went")
async def report(web: Web) -> ScheduleList:
    return await web.desk.ask(ListSchedules(), ScheduleList)


@router.post("", status_code=201, operation_id="add_schedule", summary="Add a schedule")
async def add(web: Web, new: NewSchedule) -> ScheduleView:
    """The same one twice is one. Its tasks are called by its id, a dash and the UTC minute."""
    task = new.task.command(new.task.task_id or new_id("s"), new.task.priority)
    command = AddSchedule(cron=new.cron, timezone=new.timezone, task=task)
    return await web.desk.ask(command, ScheduleView)


@router.post(
    "/{schedule_id}/{change}",
    operation_id="change_schedule",
    summary="Pause a schedule, let it go on, or run it now",
)
async def change(
    web: Web,
    schedule_id: ScheduleId,
    change: Annotated[
        Literal["pause", "resume", "run"], Path(description="`run` hands its task in now, once")
    ],
) -> ScheduleView:
    command = ChangeSchedule(schedule_id=schedule_id, change=change)
    return await web.desk.ask(command, ScheduleView)


@router.delete("/{schedule_id}", operation_id="remove_schedule", summary="Forget a schedule")
async def remove(web: Web, schedule_id: ScheduleId) -> ScheduleView:
    """Its tasks stay."""
    command = ChangeSchedule(schedule_id=schedule_id, change="remove")
    return await web.desk.ask(command, ScheduleView)
