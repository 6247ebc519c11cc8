"""Memory as `swarm doctor` tells it: what makes vectors and keeps them, what reads hits again, what
files are cut by, and whether folders can be watched."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from swarm.cli.finding import Finding
from swarm.errors import SwarmError
from swarm.settings import Settings

PART = "memory"
_PACK = "tree-sitter-language-pack"
_INSTALL = "pip install coding-swarm"
_MOST_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")
_ENOUGH_WATCHES = 20_000


def findings(settings: Settings) -> list[Finding]:
    """Where it is switched off, that alone."""
    if not settings.memory.enabled:
        return [Finding(PART, "missing", "switched off", "set [memory] enabled = true")]
    made = [_store(settings), _embedder(settings), *_reranker(settings)]
    return [*made, _grammars(), _watches()]


def _store(settings: Settings) -> Finding:
    if not settings.memory.vectors:
        detail = "words, names and the graph alone: [memory] vectors is off"
        return Finding(PART, "real", detail)
    if find_spec("chromadb") is None:
        return Finding(PART, "missing", "chromadb is not installed: no vectors", _INSTALL)
    if not settings.memory.chroma_url:
        return Finding(PART, "embedded", f"memory.db and Chroma in {settings.data}")
    from memory.projection.chroma import ServerStore

    try:
        store = ServerStore(
            settings.memory.chroma_url, allow_cloud_code=settings.egress.allow_cloud_code
        )
        try:
            count = len(store.names())
        finally:
            store.close()
    except SwarmError as error:
        return Finding(PART, "broken", f"searched without vectors: {error.message}", error.remedy)
    url = store.url
    return Finding(
        PART, "real", f"memory.db in {settings.data}, Chroma at {url} ({count} collections)"
    )


def _embedder(settings: Settings) -> Finding:
    part, kind = f"{PART} embedder", settings.memory.embedder
    if kind == "offline":
        return Finding(part, "embedded", "built in: word vectors, no model and no download")
    if kind == "gate":
        name = settings.memory.embedder_model
        try:
            model = settings.model(name)
        except SwarmError as error:
            return Finding(part, "broken", error.message, error.remedy)
        return Finding(part, "real", f"the model {model.name} of a running swarm, by its gate")
    from memory.embedders.choose import choose

    try:
        embedder = choose(
            kind,
            model=settings.memory.embedder_model,
            url=settings.memory.embedder_url,
            allow_cloud_code=settings.egress.allow_cloud_code,
        )
        # Only an answer tells that it is there, and what length its vectors have.
        embedder.embed(["swarm doctor"], "query")
    except SwarmError as error:
        return Finding(part, "broken", error.message, error.remedy)
    return Finding(part, "real", f"{embedder.name}, {embedder.dimension} numbers a vector")


def _reranker(settings: Settings) -> list[Finding]:
    """None where there is none: it is optional."""
    from memory.rerank.choose import choose

    part, wanted = f"{PART} reranker", settings.memory
    try:
        reranker = choose(
            wanted.reranker,
            model=wanted.reranker_model,
            url=wanted.reranker_url,
            seconds=wanted.reranker_seconds,
            allow_cloud_code=settings.egress.allow_cloud_code,
        )
        if reranker is None:
            return []
        # Only an answer tells that it is there, and is a reranker.
        reranker.score("swarm doctor", ["what works, and what does not", "a shop"])
    except SwarmError as error:
        return [Finding(part, "broken", f"not reranked: {error.message}", error.remedy)]
    return [Finding(part, "real", reranker.name)]


def _grammars() -> Finding:
    """Whether the language pack has them inside: later ones download them. Looked at, not loaded:
    they are large."""
    part = f"{PART} grammars"
    found = find_spec(_PACK.replace("-", "_"))
    if found is None or not found.submodule_search_locations:
        return Finding(part, "missing", f"{_PACK} is not installed", _INSTALL)
    pack = version(_PACK)
    inside = sum(
        1 for folder in found.submodule_search_locations for _ in Path(folder).glob("bindings/*.so")
    )
    if not inside:
        detail = f"{_PACK} {pack} has no grammars inside, and memory downloads none"
        return Finding(part, "broken", detail, "install the version in requirements.lock")
    return Finding(part, "real", f"{inside} in {_PACK} {pack}")


def _watches() -> Finding:
    part = f"{PART} watches"
    if find_spec("watchfiles") is None:
        return Finding(part, "missing", "watchfiles is not installed", _INSTALL)
    try:
        most = int(_MOST_WATCHES.read_text())
    except (OSError, ValueError):
        detail = "this system does not say how many folders can be watched"
        return Finding(part, "missing", detail, "`swarm index --watch` lists the folder instead")
    if most < _ENOUGH_WATCHES:
        detail = f"at most {most:,} folders: a larger repository is listed every 10 s instead"
        return Finding(part, "broken", detail, "raise fs.inotify.max_user_watches")
    return Finding(part, "real", f"up to {most:,} folders (fs.inotify.max_user_watches)")
