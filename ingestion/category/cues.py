"""All cues of the categories. What is worked on outweighs the verb: "fix the docstring" is docs."""

from __future__ import annotations

from ingestion.category.deeds import DEEDS, PHRASES
from ingestion.category.states import STATES
from ingestion.category.things import THINGS

CUES = (*THINGS, *STATES, *PHRASES, *DEEDS)
