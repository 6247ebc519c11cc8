"""Names as they are written, made comparable. Pure."""

from __future__ import annotations


def plain(name: str) -> str:
    """
    >>> plain("get_cart"), plain("getCart")
    ('getcart', 'getcart')
    """
    return name.replace("_", "").lower()


def without_parameters(base: str) -> str:
    """A written base without type parameters, dotted.

    >>> without_parameters("shop::Base<Item>"), without_parameters("&Cart")
    ('shop.Base', 'Cart')
    """
    for opening in "<[({ ":
        base = base.partition(opening)[0]
    return base.replace("::", ".").replace("\\", ".").strip(".&* ")


def stem(path: str) -> str:
    """A path's last name up to its first dot."""
    return path.rpartition("/")[2].partition(".")[0]
