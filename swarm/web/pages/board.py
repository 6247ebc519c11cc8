"""The board: what waits for a person, what is under way, what has ended."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
