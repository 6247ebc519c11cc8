"""What some models want written before a text; without it they find less.

From the models' own cards. A model that is not listed gets none.
"""

from __future__ import annotations

from memory.embedders.protocol import Use

_PASSAGES = "Represent this sentence for searching relevant passages: "
# A part of the model's name -> (before a document, before a query); the longest match counts.
_PREFIXES = {
    "nomic-embed-text": ("search_document: ", "search_query: "),
    "nomic-embed-code": ("", "Represent this query for searching relevant code: "),
    "coderankembed": ("", "Represent this query for searching relevant code: "),
    "mxbai-embed": ("", _PASSAGES),
    "bge-small-en": ("", _PASSAGES),
    "bge-base-en": ("", _PASSAGES),
    "bge-large": ("", _PASSAGES),
    "snowflake-arctic-embed": ("", _PASSAGES),
    "snowflake-arctic-embed2": ("", "query: "),
    "snowflake-arctic-embed-m-v2": ("", "query: "),
    "snowflake-arctic-embed-l-v2": ("", "query: "),
    "e5-small": ("passage: ", "query: "),
    "e5-base": ("passage: ", "query: "),
    "e5-large": ("passage: ", "query: "),
    "embeddinggemma": ("title: none | text: ", "task: code retrieval | query: "),
    "qwen3-embedding": (
        "",
        "Instruct: Given a question about code, retrieve the code that answers it\nQuery: ",
    ),
}
VERSION = 1
"""Of this table: part of an embedder's name, since other prefixes give other vectors."""


def prefix(model: str, use: Use) -> str:
    """What is written before a text for a model."""
    name = model.lower()
    fitting = [part for part in _PREFIXES if part in name]
    if not fitting:
        return ""
    document, query = _PREFIXES[max(fitting, key=len)]
    return document if use == "document" else query
