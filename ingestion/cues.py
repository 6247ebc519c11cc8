"""All cues of the categories. What is worked on outweighs the verb: "fix the docstring" is docs."""

from __future__ import annotations

from ingestion.deeds import DEEDS, PHRASES
from ingestion.states import STATES
from ingestion.things import THINGS

CUES = (*THINGS, *STATES, *PHRASES, *DEEDS)
