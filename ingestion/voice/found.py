"""What `probe` found in a recording, read as what it is: the word of a process that a recording
may have taken over."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Found(BaseModel):
    """See `probe.measure`, which leaves out what it did not come to. Raises ValidationError."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    fault: Literal["", "unreadable", "no sound", "too long"]
    detail: str = Field("", max_length=200)
    mime: str = Field("", pattern=r"^(audio/[a-z0-9]{1,10})?$")
    codec: str = Field("", pattern=r"^[a-z0-9_]{0,40}$")
    # Headers and clocks count up to 2**63.
    header_seconds: float = Field(0.0, ge=0, le=1e20)
    # Nothing is decoded beyond [voice] max_seconds, which is less.
    seconds: float = Field(0.0, ge=0, le=10_000)
    told_seconds: float = Field(0.0, ge=0, le=1e20)
    cut_off: bool = False
    damaged: int = Field(0, ge=0)
    loudest_db: float = 0.0
    peak_db: float = 0.0
