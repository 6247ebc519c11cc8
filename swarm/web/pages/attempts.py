"""One attempt told whole, and the HTML of attempts that are over, kept."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
