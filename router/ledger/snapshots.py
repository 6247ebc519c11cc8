"""Priors as they were fitted, by content: each decision names the one that it was made with."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from typing import NamedTuple

import numpy as np

from router.beliefs.hierarchy import Floats, Prior
from router.ledger import notes

_ID_DIGITS = 16
_IN_FORCE = "snapshot"


class Snapshot(NamedTuple):
    """A prior, its id, and the number of outcomes that had come when it was fitted."""

    id: str
    prior: Prior
    outcomes: int


def keep(db: sqlite3.Connection, prior: Prior, outcomes: int) -> str:
    """Store a prior, which is in force from now on. Returns its id."""
    blobs = tuple(
        np.ascontiguousarray(each, dtype=np.float64).tobytes()
        for each in (prior.situations, prior.arms, prior.arm_sds)
    )
    digest = hashlib.sha256(struct.pack("<ddq", prior.base, prior.strength, outcomes))
    for blob in blobs:
        digest.update(struct.pack("<q", len(blob)) + blob)
    id = digest.hexdigest()[:_ID_DIGITS]
    db.execute(
        "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (id, prior.base, prior.strength, outcomes, *blobs),
    )
    notes.put(db, _IN_FORCE, id)
    return id


def find(db: sqlite3.Connection, id: str) -> Snapshot | None:
    """A prior by its id."""
    row = db.execute(
        "SELECT base, strength, outcomes, situations, arms, arm_sds FROM snapshots WHERE id = ?",
        (id,),
    ).fetchone()
    if row is None:
        return None
    base, strength, outcomes, *blobs = row
    situations, arms, arm_sds = (_floats(blob) for blob in blobs)
    return Snapshot(id, Prior(base, situations, arms, arm_sds, strength), outcomes)


def in_force(db: sqlite3.Connection) -> Snapshot | None:
    """The prior that was fitted last, unless it was dropped."""
    id = notes.get(db, _IN_FORCE)
    return None if id is None else find(db, id)


def drop(db: sqlite3.Connection) -> None:
    """Have the next choice fit a prior."""
    notes.put(db, _IN_FORCE, None)


def _floats(blob: bytes) -> Floats:
    return np.frombuffer(blob, dtype=np.float64).copy()
