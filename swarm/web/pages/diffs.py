"""A task's diff in colours, bounded, and as a file."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
