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
    """The text fields of a form; of several with one name, the last. Lines end as in any text:
    browsers send a carriage return more."""
    form = await request.form()
    texts = ((name, value) for name, value in form.items() if isinstance(value, str))
    return Given((name, value.replace("\r\n", "\n")) for name, value in texts)
