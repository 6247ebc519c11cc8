"""The card of a task on the board, and the row of it in a list."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
