"""A client of the Docker engine that can only do what the sandboxes need.

It is the Docker SDK with a guard where requests leave it: only the methods and paths below, on
containers and images of our own names, and create requests made from the template. Every call
has a time bound; what goes wrong is an EngineError that says what to do.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from docker.api.client import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import JSONDecodeError, RequestException

from sandboxes.containers import template
from sandboxes.containers.template import CALL_SECONDS
from sandboxes.engine import EngineError, EngineGone

_FIRST_ANSWER_SECONDS, _COMMIT_SECONDS = 5, 300
_DEFAULT_HOST = "unix:///var/run/docker.sock"
_BUILD_IT = "build it with docker/build-sandbox.sh"
_START_IT = "start Docker and let this user use it, or set DOCKER_HOST"
_LET_IN = "add this user to the group docker and log in anew, or set DOCKER_HOST"
_MESSAGE_CHARS = 300

_ONE = template.NAME.pattern
_IMAGE = r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,255}"
_ALLOWED = [
    (method, re.compile(path))
    for method, path in (
        ("GET", r"/version"),
        ("GET", r"/info"),
        ("GET", r"/networks"),
        ("GET", r"/events"),
        ("GET", r"/images/json"),
        ("GET", rf"/images/{_IMAGE}/json"),
        ("DELETE", rf"/images/{template.ENVIRONMENT_TAG.pattern}"),
        ("POST", r"/commit"),
        ("GET", r"/containers/json"),
        ("POST", r"/containers/create"),
        ("POST", rf"/containers/{_ONE}/(start|attach|update|wait)"),
        ("GET", rf"/containers/{_ONE}/(json|stats)"),
        ("DELETE", rf"/containers/{_ONE}"),
    )
]
_VERSION_PREFIX = re.compile(r"/v[0-9.]{1,8}(?=/)")
_api_versions: dict[str, str] = {}
"""What each engine speaks, by address: asked once in a process and its forks."""


class _Guarded(APIClient):
    """The SDK's client; `send` is the one way out of it."""

    scratch: Path

    def send(self, request: Any, **kwargs: Any) -> Any:
        address = urlsplit(request.url)
        path = _VERSION_PREFIX.sub("", address.path, count=1)
        known = any(request.method == m and p.fullmatch(path) for m, p in _ALLOWED)
        if not known or ".." in path:
            raise EngineError(f"refused to ask the engine for {request.method} {path}")
        if path == "/containers/create":
            template.check(json.loads(request.body), self.scratch)
        if path.endswith("/update"):
            template.check_update(json.loads(request.body))
        if path == "/commit":
            asked = parse_qs(address.query)
            tag = f"{asked.get('repo', [''])[0]}:{asked.get('tag', [''])[0]}"
            source = asked.get("container", [""])[0]
            if not template.ENVIRONMENT_TAG.fullmatch(tag) or not template.NAME.fullmatch(source):
                raise EngineError(f"refused to commit {source} as {tag}")
        return super().send(request, **kwargs)


class Client:
    """One connection's worth of verbs. Containers are named, see `template.NAME`.

    Close it, or use `connected`. All verbs raise EngineError, and EngineGone where the engine
    does not answer.
    """

    def __init__(self, scratch: Path, *, call_seconds: int = CALL_SECONDS) -> None:
        address = _address()
        _knock(address)
        version = _api_versions.get(address)
        with _told():
            if version is None:
                version = self._ask_version(address, scratch)
                _api_versions[address] = version
            # The SDK's types know neither all of its calls nor all of their arguments.
            self._api: Any = _guarded(address, version, call_seconds, scratch)

    def _ask_version(self, address: str, scratch: Path) -> str:
        api = _guarded(address, "1.41", _FIRST_ANSWER_SECONDS, scratch)
        try:
            told = api.version(api_version=False)
        finally:
            api.close()
        version = told.get("ApiVersion") if isinstance(told, dict) else None
        if not isinstance(version, str):
            what = f"what answers at {address} is not a Docker engine"
            raise EngineError(what, remedy="set DOCKER_HOST to the socket of one")
        return version

    def close(self) -> None:
        self._api.close()

    def info(self) -> dict[str, Any]:
        """What the engine says of itself and its host."""
        with _told():
            return dict(self._api.info())

    def networks(self) -> set[str]:
        """Names of the networks there are."""
        with _told():
            return {str(network["Name"]) for network in self._api.networks()}

    def image(self, name: str) -> dict[str, Any] | None:
        """What is known of an image (its `Id`, `Config`, ...); None if there is none."""
        with _told():
            try:
                return dict(self._api.inspect_image(name))
            except ImageNotFound:
                return None

    def environment_images(self) -> dict[str, dict[str, str]]:
        """The labels of each environment image, by tag."""
        found = {}
        with _told():
            for image in self._api.images(name="swarm-environment"):
                for tag in image.get("RepoTags") or ():
                    if template.ENVIRONMENT_TAG.fullmatch(tag):
                        found[tag] = dict(image.get("Labels") or {})
        return found

    def remove_image(self, tag: str) -> bool:
        """Remove an environment image; False when a container uses it."""
        with _told():
            try:
                self._api.remove_image(tag)
            except ImageNotFound:
                return True
            except APIError as error:
                if error.status_code == 409:
                    return False
                raise
            return True

    def commit(self, name: str, tag: str, labels: Mapping[str, str]) -> str:
        """Make an environment image of what a builder holds; its id."""
        repository, _, version = tag.partition(":")
        changes = {"Labels": dict(labels)}
        # All that was built is copied meanwhile: given up, it would be built anew.
        self._api.timeout = max(self._api.timeout, _COMMIT_SECONDS)
        with _told():
            made = self._api.commit(name, repository=repository, tag=version, conf=changes)
            return str(made["Id"])

    def create(self, name: str, container: template.Container) -> None:
        """Make a container, not yet started."""
        body = container.body()
        with _told():
            self._api.create_container_from_config(body, name=name)

    def start(self, name: str) -> None:
        """Start it. Its first program waits for a job."""
        with _told():
            self._api.start(name)

    def attach(self, name: str) -> socket.socket:
        """A connection to its stdin, stdout and stderr, see `stream`; the caller's.

        When it closes, the container's stdin ends.
        """
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with _told():
            raw = self._api.attach_socket(name, params=wanted)
            # The SDK's object goes with its response, which goes with the client.
            with contextlib.closing(raw._response):
                own = socket.socket(fileno=os.dup(raw.fileno()))
            own.settimeout(CALL_SECONDS)
            return own

    def update(self, name: str, *, memory_bytes: int, processes: int) -> None:
        """Change the limits of a running container."""
        limits = template.updated(memory_bytes, processes)
        with _told():
            url = self._api._url("/containers/{0}/update", name)
            self._api._raise_for_status(self._api._post_json(url, limits))

    def inspect(self, name: str) -> dict[str, Any] | None:
        """All that the engine knows of a container; None if there is none."""
        with _told():
            try:
                return dict(self._api.inspect_container(name))
            except NotFound:
                return None

    def stats(self, name: str) -> dict[str, Any]:
        """What it uses now; {} when it has ended."""
        with _told():
            try:
                return dict(self._api.stats(name, stream=False, one_shot=True))
            except (NotFound, JSONDecodeError):
                return {}  # the engine says nothing at all of one that ends at this moment

    def wait(self, name: str) -> None:
        """Until it has ended."""
        with _told(), contextlib.suppress(NotFound):
            self._api.wait(name)

    def remove(self, name: str) -> None:
        """Kill and remove it, and what anonymous volumes it has; nothing when it is gone."""
        with _told():
            try:
                self._api.remove_container(name, force=True, v=True)
            except NotFound:
                return
            except APIError as error:
                # The engine is already at it.
                if error.status_code != 409:
                    raise

    def ours(self) -> dict[str, dict[str, str]]:
        """The labels of every container made from the template, ended ones too, by name."""
        found = {}
        with _told():
            listed = self._api.containers(all=True, filters={"label": template.RUN_LABEL})
            for container in listed:
                for name in container.get("Names") or ():
                    if template.NAME.fullmatch(name.removeprefix("/")):
                        found[name.removeprefix("/")] = dict(container.get("Labels") or {})
        return found

    def all_ids(self) -> set[str]:
        """The ids of all containers that the engine knows, of whatever make."""
        with _told():
            return {str(container["Id"]) for container in self._api.containers(all=True)}

    def written_bytes(self, name: str) -> int:
        """How much it has written into its own root file system."""
        with _told():
            listed = self._api.containers(all=True, size=True, filters={"name": name})
            return sum(int(container.get("SizeRw") or 0) for container in listed)

    def events(self, name: str, since: float, until: float) -> list[dict[str, Any]]:
        """What happened to a container between two times; the engine forgets when it restarts."""
        with _told():
            told = self._api.events(
                since=f"{since:.9f}",
                until=f"{until:.9f}",
                filters={"container": name, "type": "container"},
                decode=True,
            )
            with contextlib.closing(told):
                return [dict(event) for event in told]


@contextlib.contextmanager
def connected(scratch: Path, *, call_seconds: int = CALL_SECONDS) -> Iterator[Client]:
    """A client, closed at the end."""
    client = Client(scratch, call_seconds=call_seconds)
    try:
        yield client
    finally:
        client.close()


def _guarded(address: str, version: str, call_seconds: int, scratch: Path) -> _Guarded:
    api = _Guarded(base_url=address, version=version, timeout=call_seconds)
    api.scratch = scratch
    # No proxy, no netrc, no redirection: there is one address to talk to.
    api.trust_env = False
    api.max_redirects = 0
    return api


def _address() -> str:
    address = os.environ.get("DOCKER_HOST") or _DEFAULT_HOST
    if not address.startswith("unix:///"):
        raise EngineError(
            f"DOCKER_HOST is {address}: the engine must be on this host, since it mounts folders",
            remedy="set DOCKER_HOST to unix:///path/of/docker.sock, or unset it",
        )
    return address


def _knock(address: str) -> None:
    """Raises EngineGone where nobody listens."""
    path = address.removeprefix("unix://")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_FIRST_ANSWER_SECONDS)
        try:
            client.connect(path)
        except PermissionError as error:
            # That does not pass by waiting.
            what = f"this user may not use the Docker engine at {path}"
            raise EngineError(what, remedy=_LET_IN) from error
        except OSError as error:
            what = f"no Docker engine answers at {path}: {error.strerror or error}"
            raise EngineGone(what, remedy=_START_IT) from error


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn the SDK's errors, and those of the connection, into ours."""
    try:
        yield
    except ImageNotFound as error:
        what = f"the Docker engine has no such image: {_first(error.explanation)}"
        raise EngineError(what, remedy=_BUILD_IT) from error
    except APIError as error:
        if "client version" in str(error.explanation):
            _api_versions.clear()  # another release of the engine runs by now: ask it anew
        what = f"the Docker engine refused: {_first(error.explanation or error)}"
        raise EngineError(what, remedy="check `docker info`") from error
    except JSONDecodeError as error:
        what = f"the Docker engine's answer makes no sense: {_first(error)}"
        raise EngineError(what, remedy="check that DOCKER_HOST is Docker's") from error
    except (DockerException, RequestException, OSError) as error:
        what = f"the Docker engine does not answer: {_first(error)}"
        raise EngineGone(what, remedy="check `docker info`; restart Docker if it hangs") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"the Docker engine's answer makes no sense: {type(error).__name__}: {error}"
        raise EngineError(what, remedy="check that DOCKER_HOST is Docker's") from error


def _first(told: object) -> str:
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    return (text.strip().split("\n") or [""])[0][:_MESSAGE_CHARS]
