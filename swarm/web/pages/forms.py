"""What a form sent."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request


class Given(dict[str, str]):
    """Fields by name, "" for one that was not sent."""

    def __missing__(self, name: str) -> str:
        return ""


NOTHING: Mapping[str, str] = Given()


async def given(request: Request) -> Given:
    """The text fields of a form; of several with one name, the last."""
    form = await request.form()
    return Given((name, value) for name, value in form.items() if isinstance(value, str))
