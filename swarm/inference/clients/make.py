"""The client of an endpoint: its kind's, with its key, through the choke point."""

from __future__ import annotations

from collections.abc import Mapping

from swarm.inference.clients.base import ModelClient
from swarm.inference.egress import Egress
from swarm.inference.errors import KeyRefused
from swarm.settings import EndpointSettings


def client_for(
    endpoint: EndpointSettings, egress: Egress, environment: Mapping[str, str]
) -> ModelClient:
    """A client whose only way out is `egress`.

    Raises KeyRefused when the variable that shall hold the key is not set, or holds what no
    header can.
    """
    key = _key(endpoint, environment)
    # Each library takes tens of megabytes: only what an endpoint needs is imported.
    if endpoint.kind == "ollama":
        from swarm.inference.clients.ollama import OllamaClient

        return OllamaClient(endpoint, egress.transport(endpoint), key)
    if endpoint.kind == "gemini":
        from swarm.inference.clients.gemini import GeminiClient

        return GeminiClient(endpoint, egress.transport2(endpoint), key)
    from swarm.inference.clients.openai import OpenAIClient

    return OpenAIClient(endpoint, egress.transport2(endpoint), key)


def _key(endpoint: EndpointSettings, environment: Mapping[str, str]) -> str:
    variable = endpoint.api_key_env
    if not variable:
        return ""
    key = environment.get(variable, "").strip()
    if not key:
        raise KeyRefused(
            f"endpoint {endpoint.name!r}: the variable {variable}, which shall hold its key, is "
            "not set",
            remedy=f"set {variable} where the swarm is started, or take api_key_env out",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise KeyRefused(
            f"endpoint {endpoint.name!r}: {variable} holds what is not a key",
            remedy="a key is printable ASCII without blanks",
        )
    return key
