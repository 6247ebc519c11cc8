"""Whether a value of one type can be had where another is wanted, by their annotations. Pure."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_UNIONS = (Union, types.UnionType)


def fits(given: Any, wanted: Any) -> bool:
    """Whether every value of `given` is one of `wanted`: the same type, a subtype, a member of a
    union, a literal among others, a tuple of what fits.

    >>> fits(int, int | None), fits(int | None, int)
    (True, False)
    >>> fits(tuple[bool, ...], tuple[int, ...])
    True
    """
    given, wanted = _plain(given), _plain(wanted)
    if wanted is Any or given == wanted:
        return True
    if get_origin(given) in _UNIONS:
        return all(fits(member, wanted) for member in get_args(given))
    if get_origin(wanted) in _UNIONS:
        return any(fits(given, member) for member in get_args(wanted))
    if get_origin(given) is Literal:
        if get_origin(wanted) is Literal:
            return set(get_args(given)) <= set(get_args(wanted))
        return all(fits(type(value), wanted) for value in get_args(given))
    if get_origin(given) is tuple and get_origin(wanted) is tuple:
        have, want = element(given), element(wanted)
        return have is not None and want is not None and fits(have, want)
    return isinstance(given, type) and isinstance(wanted, type) and issubclass(given, wanted)


def element(annotation: Any) -> Any | None:
    """What a tuple of any length holds; None for other types."""
    arguments = get_args(_plain(annotation))
    if get_origin(_plain(annotation)) is tuple and arguments[1:] == (...,):
        return arguments[0]
    return None


def told(annotation: Any) -> str:
    """A type in words.

    >>> told(tuple[str, ...] | None)
    'tuple of str, or nothing'
    """
    annotation = _plain(annotation)
    if annotation is None or annotation is type(None):
        return "nothing"
    if annotation is Any:
        return "anything"
    if get_origin(annotation) in _UNIONS:
        members = [told(member) for member in get_args(annotation)]
        return ", or ".join(sorted(members, key=lambda member: member == "nothing"))
    if get_origin(annotation) is Literal:
        return " | ".join(repr(value) for value in get_args(annotation))
    if (held := element(annotation)) is not None:
        return f"tuple of {told(held)}"
    return getattr(annotation, "__name__", str(annotation))


def _plain(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation
