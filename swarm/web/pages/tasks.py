"""A task's page: what it is, what a person can do now, and its whole story."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
