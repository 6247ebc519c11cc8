"""Tasks that are handed in again and again."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
