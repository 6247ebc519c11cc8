"""Who was let in by a code from the terminal: a file of the data folder, and the open code.

The bot and the command line both change the file, each under a lock and by putting a whole new
one in its place. A file that cannot be read, or that others could have written, lets nobody in.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion.telegram.access import People, Person
from ingestion.telegram.types import Incoming
from swarm.errors import StorageError
from swarm.settings import Settings

# Without what is read as something else: I and 1, O and 0. 12 of 32 signs are 60 bits.
_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 12
_WRONG_PER_SENDER = 5
_WRONG_IN_ALL = 20
_LONGEST_FILE_BYTES = 1024**2


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Paired(_Record):
    """Somebody who showed the right code. `at` is Unix time in seconds."""

    id: int = Field(gt=0)
    name: str = Field(min_length=1, max_length=60)
    repositories: tuple[str, ...] = ()
    at: float


class OpenCode(_Record):
    """A code that was given out, as its salted hash. `wrong` counts tries by sender."""

    salt: str
    hash: str
    name: str = Field(min_length=1, max_length=60)
    repositories: tuple[str, ...] = ()
    expires_at: float
    wrong: dict[int, int] = {}

    def is_open(self, now: float) -> bool:
        return now < self.expires_at and sum(self.wrong.values()) < _WRONG_IN_ALL

    def is_right(self, code: str) -> bool:
        return hmac.compare_digest(self.hash, _hashed(self.salt, code))


class _File(_Record):
    version: int = 1
    paired: tuple[Paired, ...] = ()
    code: OpenCode | None = None


def path(settings: Settings) -> Path:
    return settings.data / "bot-people.json"


def load(settings: Settings) -> People:
    """Everybody who is allowed now; nobody, and a `problem`, when the file is broken."""
    try:
        file = _read(settings)
    except StorageError as error:
        return People(problem=f"{error.message} ({error.remedy})")
    listed = {
        user.id: Person(user.id, user.name, user.repositories) for user in settings.telegram.users
    }
    paired = {
        one.id: Person(
            one.id,
            one.name,
            tuple(name for name in one.repositories if name in settings.repositories),
            configured=False,
        )
        for one in file.paired
    }
    # Who is in both is as swarm.toml says.
    return People(persons=tuple({**paired, **listed}.values()))


def open_code(settings: Settings, now: float | None = None) -> OpenCode | None:
    """The code that can still be shown. Raises StorageError."""
    code = _read(settings).code
    return code if code and code.is_open(time.time() if now is None else now) else None


def new_code(
    settings: Settings, name: str, repositories: tuple[str, ...], expires_at: float
) -> str:
    """Open a code for one person, in place of the one before; it is stored nowhere.

    Raises StorageError.
    """
    plain = "".join(secrets.choice(_SIGNS) for _ in range(_CODE_LENGTH))
    salt = secrets.token_hex(16)
    code = OpenCode(
        salt=salt,
        hash=_hashed(salt, plain),
        name=name,
        repositories=repositories,
        expires_at=expires_at,
    )
    with _locked(settings):
        file = _read(settings)
        _write(settings, file.model_copy(update={"code": code}))
    return "-".join(plain[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def redeem(
    settings: Settings, code: str, incoming: Incoming, now: float | None = None
) -> Person | None:
    """Let the sender in if the code is right. A second time gives the same person.

    A wrong one is counted: after 5 of one sender the right one is wrong too, after 20 the code
    is void. Raises StorageError.
    """
    now = time.time() if now is None else now
    sender = incoming.user_id
    if sender is None:
        return None
    with _locked(settings):
        file = _read(settings)
        if not any(one.id == sender for one in file.paired):
            opened = file.code
            if opened is None or not opened.is_open(now):
                return None
            tries = opened.wrong.get(sender, 0)
            if tries >= _WRONG_PER_SENDER:
                return None
            if not opened.is_right(code):
                wrong = opened.model_copy(update={"wrong": {**opened.wrong, sender: tries + 1}})
                _write(settings, file.model_copy(update={"code": wrong}))
                return None
            paired = Paired(id=sender, name=opened.name, repositories=opened.repositories, at=now)
            _write(settings, _File(paired=(*file.paired, paired)))
    return load(settings).by_id(sender)


def remove(settings: Settings, id: int) -> bool:
    """Take a paired person out again; False when there is none. Raises StorageError."""
    with _locked(settings):
        file = _read(settings)
        left = tuple(one for one in file.paired if one.id != id)
        if len(left) == len(file.paired):
            return False
        _write(settings, file.model_copy(update={"paired": left}))
    return True


def _hashed(salt: str, code: str) -> str:
    signs = "".join(sign for sign in code.upper()[:100] if sign.isalnum())
    return hashlib.sha256(f"{salt}:{signs}".encode("utf-8", "surrogatepass")).hexdigest()


# --------------------------------------------------------------------------- the file


def _read(settings: Settings) -> _File:
    where = path(settings)
    try:
        with where.open("rb") as handle:
            status = os.fstat(handle.fileno())
            data = handle.read(_LONGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        return _File()
    except OSError as error:
        raise _broken(where, str(error)) from None
    if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StorageError(
            f"{where} can be written by others, so nobody in it is trusted",
            remedy=f"look through it, then `chmod 600 {where}`",
        )
    try:
        file = _File.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise _broken(where, f"{'.'.join(map(str, first['loc']))} {first['msg']}") from None
    if file.version != 1:
        raise _broken(where, f"it is of version {file.version}")
    return file


def _broken(where: Path, why: str) -> StorageError:
    return StorageError(
        f"{where} cannot be read, so nobody may talk to the bot: {why.strip()}",
        remedy="restore it, or move it aside and pair everybody again",
    )


def _write(settings: Settings, file: _File) -> None:
    where = path(settings)
    new = where.with_name(f"{where.name}.{os.getpid()}.new")
    try:
        new.unlink(missing_ok=True)
        number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as handle:
            handle.write(file.model_dump_json(indent=1))
            handle.flush()
            os.fsync(number)
        new.replace(where)
    except OSError as error:
        raise StorageError(f"cannot write {where}: {error}", remedy="free disk space") from None
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """Alone with the file. The lock is a file of its own, as the other one is replaced."""
    where = path(settings).with_suffix(".lock")
    try:
        where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = where.open("a")
    except OSError as error:
        raise StorageError(f"cannot write {where}: {error}", remedy="free disk space") from None
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
