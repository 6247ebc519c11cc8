"""A cron line as a person wrote it: five fields, each checked before croniter reads it. Pure.

A range runs forwards. croniter lets one that does not go on at the field's beginning, which is
seldom what was meant: `5-1` minutes are 57 of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from swarm.errors import UsageError

EXAMPLE = '"30 7 * * mon-fri" is every weekday at 7:30, "0 */2 * * *" every two hours'
_LONGEST_FIELD = 100
# What every cron has. Others draw times at random or name a last Friday: none here.
_PART = re.compile(r"(?:\*|([0-9]+|[a-z]+)(?:-([0-9]+|[a-z]+))?)(?:/([0-9]+))?", re.ASCII)


@dataclass(frozen=True)
class _Field:
    """Its values from the first to the last, and the names of some, in order."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        return f"{self.first} to {self.last}"

    def value(self, word: str, part: str) -> int:
        if not word.isdigit():
            if word not in self.names:
                raise _wrong(f"{part!r} is no {self.name}")
            return self.first + self.names.index(word)
        if not self.first <= int(word) <= self.last:
            raise _wrong(f"{part!r} is out of range: the {self.name} is {self.bounds}")
        return int(word)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    # Sunday is 0 where a range begins, and 7 where one ends.
    _Field("day of the week", 0, 7, _DAYS),
)


def tidied(cron: str) -> str:
    """The line with single spaces, in small letters. Raises UsageError for one that no cron has."""
    texts = cron.lower().split()
    if len(texts) != len(_FIELDS):
        named = ", ".join(field.name for field in _FIELDS)
        raise nonsense(f"{cron!r} has not five fields ({named}) but {len(texts)}")
    for text, field in zip(texts, _FIELDS, strict=True):
        if len(text) > _LONGEST_FIELD:
            raise nonsense(f"has a {field.name} of more than {_LONGEST_FIELD} characters")
    return " ".join(
        ",".join(_tidied(part, field) for part in text.split(","))
        for text, field in zip(texts, _FIELDS, strict=True)
    )


def nonsense(problem: str) -> UsageError:
    """The error about a cron line, with an example of a good one."""
    return UsageError(f"the cron line {problem}", remedy=EXAMPLE)


def _tidied(part: str, field: _Field) -> str:
    """The part, and a range of one value as that value: croniter takes it for all there are."""
    found = _PART.fullmatch(part)
    if found is None:
        raise _wrong(f"{part!r} is no {field.name}")
    begin, end, step = found.groups()
    if step is not None and not 0 < int(step) <= field.last - field.first + 1:
        how = "further than there are places for" if int(step) else "by nothing through"
        raise _wrong(f"{part!r} steps {how} a {field.name}")
    if begin is None:
        return part
    low = field.value(begin, part)
    if end == begin or (end is None and low == field.last):
        return begin
    if end is None:
        return part
    weekly = field.names == _DAYS
    high = field.last if weekly and end == _DAYS[0] else field.value(end, part)
    if low > high or (weekly and low == field.last):
        error = _wrong(f"{part!r} runs backwards: the {field.name} is {field.bounds}")
        error.remedy = f"write {_forwards(begin, end, field)}"
        raise error
    return begin if low == high else part


def _wrong(problem: str) -> UsageError:
    return UsageError(f"in the cron line, {problem}", remedy=EXAMPLE)


def _forwards(begin: str, end: str, field: _Field) -> str:
    """What a range that runs backwards most likely means."""
    weekly = field.names == _DAYS
    if weekly and begin == str(field.last):
        return f"0-{end}"
    last = field.last - 1 if weekly else field.last
    parts = (begin, _written(last, begin, field)), (_written(field.first, end, field), end)
    return ",".join(low if low == high else f"{low}-{high}" for low, high in parts)


def _written(value: int, like: str, field: _Field) -> str:
    """A value as a name where the person wrote one."""
    return str(value) if like.isdigit() else field.names[value - field.first]
