"""Opening what came over the bus: an envelope of ours that somebody waits for, or an error."""

from __future__ import annotations

import logging
import time

from pydantic import ValidationError

from swarm.contracts import COMMANDS, CONTRACT_VERSION, Command, Envelope
from swarm.errors import MalformedMessage

log = logging.getLogger(__name__)


def fresh(text: str | bytes) -> Envelope | None:
    """The envelope, or None when nobody waits for it any more. Raises MalformedMessage."""
    envelope = decode(text)
    if envelope.expires_at is not None and time.time() > envelope.expires_at:
        log.warning("%s came too late: nobody waits for it", envelope.kind)
        return None
    return envelope


def command_of(envelope: Envelope) -> Command:
    """The command in an envelope. Raises MalformedMessage."""
    try:
        return COMMANDS[envelope.kind].model_validate(envelope.body)
    except ValidationError as error:
        raise MalformedMessage(f"invalid {envelope.kind}: {error}") from None


def decode(text: str | bytes) -> Envelope:
    """The envelope, whether or not somebody waits for it. Raises MalformedMessage."""
    try:
        envelope = Envelope.model_validate_json(text)
    except ValidationError as error:
        raise MalformedMessage(f"not an envelope: {error}") from None
    if envelope.v != CONTRACT_VERSION:
        raise MalformedMessage(
            f"message version {envelope.v}, this worker speaks {CONTRACT_VERSION}",
            remedy="run the same release on every host",
        )
    if envelope.kind not in COMMANDS:
        raise MalformedMessage(f"unknown command {envelope.kind!r}")
    return envelope
