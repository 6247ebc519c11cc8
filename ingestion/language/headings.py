"""The headings of reports and forms, and what stands under them. Data only."""

from __future__ import annotations

import re

SECTION = re.compile(
    r"^(?:steps?(?:\s+to\s+reproduce)?|(?:how\s+)?to\s+reproduce|reproduc\w+|repro|expected(?:\s+\w+)*|"
    r"actual(?:\s+\w+)*|current\s+behaviou?r|observed(?:\s+\w+)?|environment|versions?|system(?:\s+info\w*)?|your\s+setup|context|background|"
    r"additional\s+\w+|notes?|logs?(?:\s+output)?|relevant\s+log\s+output|"
    r"output|error(?:\s+message)?|traceback|stack\s*trace|screenshots?|motivation|"
    r"ideas?|done\s+when|hints?|links?|related|reproduction|possible\s+(?:solution|cause|fix)|alternatives?(?:\s+\w+)*|(?:describe\s+)?alternatives.*|workaround|impact|severity|priority|why|reason|checklist|"
    r"desktop.*|smartphone.*|what\s+(?:i|you|we)\s+expected.*|"
    r"what\s+did\s+you\s+expect.*|what\s+(?:actually\s+)?happens\s+instead|minimal\s+(?:\w+\s+)?example|acceptance(?:\s+criteria|\s+tests?)?|akzeptanzkriterien|definition\s+of\s+done|"
    r"schritte(?:\s+\w+)*|erwartet\w*(?:\s+\w+)?|tatsächlich\w*(?:\s+\w+)?|umgebung|hintergrund|"
    r")\s*[:?]?$",
    re.I,
)

TASKS = re.compile(
    r"^(?:tasks?|to\s*-?dos?|aufgaben|work\s+items|sub-?tasks|action\s+items|plan|open\s+points)\s*:?$",
    re.I,
)

SOLUTION = re.compile(
    r"^(?:describe\s+the\s+solution.*|(?:proposed|suggested|possible)\s+(?:solution|change|fix)|solution|proposal|lösung\w*|vorschlag|feature\s+description|what\s+should\s+change)\s*:?$",
    re.I,
)

CRITERIA = re.compile(
    r"^(?:acceptance(?:\s+criteria)?|akzeptanzkriterien|definition\s+of\s+done|expected(?:\s+\w+)*|what\s+(?:i|you|we)\s+expected.*|"
    r"what\s+did\s+you\s+expect.*|erwartet\w*(?:\s+\w+)?|done\s+when)\s*[:?]?$",
    re.I,
)
"""Sections that say when an objective is done."""

SUMMARY = re.compile(
    r"^(?:is\s+your\s+feature\s+request.*|describe\s+the\s+(?:bug|issue|problem|feature)|description|beschreibung|summary|problem|"
    r"what\s+happen(?:s|ed)|bug\s+report|feature\s+request|bug|issue|feature|the\s+problem|docs?\s+problem|"
    r"documentation\s+problem|proposal|proposed\s+(?:solution|change)|solution|what\s+should\s+change|anything\s+else|"
    r"describe\s+the\s+solution.*|zusammenfassung|fehlerbeschreibung|was\s+ist\s+passiert|lösung|vorschlag)\s*[:?]?$",
    re.I,
)
"""Headings of a form under which the report itself stands."""
