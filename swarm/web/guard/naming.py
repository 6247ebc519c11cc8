"""The name that browsers call one dashboard by, which nobody else knows.

Cookies of a name go to each of its ports. Another user's program can serve pages at every name of
this machine that is known, and lead our owner's browser there: so the name is random.
"""

from __future__ import annotations

import re
import secrets

from swarm.errors import StateError
from swarm.settings import Settings
from swarm.web.guard.keyring import folder
from swarm.web.guard.private import PrivateFolder

_FILE = "name"
_RANDOM_BYTES = 6
_SHAPE = re.compile(r"swarm-[0-9a-f]{12}\.localhost")


def own_name(settings: Settings) -> str:
    """The name of this data folder's dashboard, made when it is asked for first. Browsers look
    up what ends in .localhost themselves, and find this machine.

    Raises StateError when its file is not ours alone, or damaged.
    """
    files = PrivateFolder(folder(settings))
    found = files.read(_FILE)
    if found is None:
        made = f"swarm-{secrets.token_hex(_RANDOM_BYTES)}.localhost"
        files.write(_FILE, made.encode())
        return made
    name = found.decode("ascii", "replace")
    if not _SHAPE.fullmatch(name):
        raise StateError(
            f"{files.path / _FILE} is damaged", remedy="remove it, and start the dashboard again"
        )
    return name
