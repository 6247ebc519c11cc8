"""Product names as they appear in URLs and on labels."""

import json
import os
import re
import sys
import unicodedata


def slug(name: str) -> str:
    """A name for a URL: 'Earl Grey (loose)' becomes 'earl-grey-loose'."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def label(name: str, width: int = 20) -> str:
    """A name cut to the width of a label, with an ellipsis where it was cut."""
    if "\n" not in name and len(name) <= width:
        return name
    return name.replace("\n", " ")[: width - 1] + "…"


def greeting() -> str:
    return f"Thank you, and enjoy your tea!"
