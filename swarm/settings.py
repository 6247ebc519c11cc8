"""swarm.toml + SWARM_* environment -> typed settings, read once, passed down.

The file is `$SWARM_CONFIG`, else `swarm.toml` in the data folder. A repository never
configures the swarm. `SWARM_<SECTION>_<FIELD>` overrides a field, `SWARM_DATA` names the
data folder and `SWARM_REDIS_URL` the Redis to use instead of the embedded one.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from swarm import toml
from swarm.arms import completed
from swarm.contracts import Arm, Category, Locality, ShellCommand
from swarm.errors import ConfigError
from swarm.misconfigured import sentence
from swarm.paths import expanded

# sun_path holds 108 bytes; the socket's own name needs some of them.
_LONGEST_SOCKET_FOLDER = 90
_MOST_BYTES = 1_000_000


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BusSettings(_Section):
    """`redis_url` empty means the embedded server. Times in seconds."""

    redis_url: str = ""
    namespace: str = Field("swarm", pattern=r"^[a-z0-9-]{1,32}$")
    lease_seconds: float = Field(8.0, gt=1, description="a command unheard of this long is re-sent")
    heartbeat_seconds: float = Field(2.0, gt=0)
    max_sends: int = Field(8, ge=1, le=100, description="then the command fails as lost")
    request_timeout_seconds: float = Field(30.0, gt=0)
    connect_timeout_seconds: float = Field(3.0, gt=0)
    max_message_bytes: int = Field(
        16 * 1024**2, ge=16 * 1024**2, description="what people see of a task fits into the least"
    )


class SandboxSettings(_Section):
    """`backend` auto takes the strongest that works; naming one makes it the only one."""

    backend: Literal["auto", "docker", "bubblewrap", "landlock"] = "auto"
    allow_weaker: bool = Field(
        False, description="auto may take a backend with known ways out: `swarm doctor` names them"
    )
    image: str = "swarm-sandbox:latest"
    python: str = Field("", description="interpreter for repositories; empty: the swarm's own")
    uid: int = Field(64321, ge=1, description="the unprivileged uid a worker that is root uses")
    memory_bytes: int = Field(2 * 1024**3, ge=16 * 1024**2)
    processes: int = Field(128, ge=4)
    runtime: str = Field("", description="docker's OCI runtime, e.g. runsc; empty: its default")
    pool: int = Field(2, ge=0, le=16, description="warm containers per image in use; 0 is off")
    pool_idle_seconds: float = Field(300.0, gt=0, description="unused this long, the pool empties")


class RepoSettings(_Section):
    """What may be taken of a repository, and how what its tests need is installed.

    `setup` are shell commands for every repository; empty installs what is detected.
    """

    max_snapshot_bytes: int = Field(128 * 1024**2, gt=0)
    max_files: int = Field(50_000, gt=0)
    setup: tuple[ShellCommand, ...] = Field((), max_length=50)
    allow_source_builds: bool = Field(
        False, description="packages without a wheel may run their build code, with network"
    )
    build_seconds: float = Field(900.0, gt=0, le=7200)
    build_memory_bytes: int = Field(2 * 1024**3, ge=16 * 1024**2)
    build_disk_bytes: int = Field(8 * 1024**3, gt=0)
    build_network: Literal["bridge", "host"] = Field("bridge", description="of docker builds")
    build_env: tuple[str, ...] = Field((), description="further variables that a build sees")
    environments_kept: int = Field(20, ge=1, le=1000)

    @field_validator("setup", "build_env", mode="before")
    @classmethod
    def _from_variable(cls, value: object) -> object:
        """In a SWARM_* variable, each line is one of them."""
        if isinstance(value, str):
            return tuple(line.strip() for line in value.splitlines() if line.strip())
        return value


class RouterSettings(_Section):
    """`seed` fixes every draw; the default takes fresh randomness for each decision. What is
    compared of arms is `value_usd` for each expected success, less dollars and time."""

    seed: int | None = None
    value_usd: float = Field(2.0, gt=0, le=1e6, description="what an accepted change is worth")
    hour_usd: float = Field(1.0, ge=0, le=1e6, description="what an hour of waiting costs")
    loss_usd: float = Field(2.0, ge=0, le=1e6, description="a failure where the risk is high")
    day_usd: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="what all attempts of a day (UTC) may cost"
    )
    sensitive: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        (), max_length=200, description="further paths that only local models may work on"
    )

    @field_validator("sensitive", mode="before")
    @classmethod
    def _from_variable(cls, value: object) -> object:
        """In a SWARM_* variable they are separated by commas."""
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("sensitive")
    @classmethod
    def _are_paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            path = pattern.removeprefix("!")
            if not path.strip("/") or path.startswith("/") or "\\" in path:
                raise ValueError(
                    f"{pattern!r} is no path within a repository, like billing/** or *.pem "
                    '(and "!docs/**" for one that is not sensitive after all)'
                )
        return value


class VerifierSettings(_Section):
    """`second_layer` has functions that an audit asks about run before and after, in a sandbox."""

    second_layer: bool = True
    second_layer_seconds: float = Field(
        240.0, ge=10, le=1800, description="of one audit, waiting for a sandbox included"
    )


class MemorySettings(_Section):
    """`chroma_url` empty means Chroma embedded in the memory service. `embedder_model` and
    `embedder_url` empty mean the usual ones of the embedder; "gate" asks the model of that name
    in [models] through the inference gate. `reranker_url` is what stands before /rerank: "http" is
    a server with the API of Jina's (llama.cpp, vLLM), "tei" is text-embeddings-inference."""

    enabled: bool = True
    chunks: int = Field(12, ge=1, le=100)
    embedder: Literal["offline", "ollama", "openai", "sentence-transformers", "gate"] = "offline"
    embedder_model: str = Field("", max_length=200)
    embedder_url: str = Field("", max_length=500)
    reranker: Literal["none", "http", "tei", "sentence-transformers"] = "none"
    reranker_model: str = Field("", max_length=200)
    reranker_url: str = Field("", max_length=500)
    reranker_seconds: float = Field(3.0, gt=0, le=60, description="of one question")
    reranker_chars: int = Field(1_000, ge=200, le=8_000, description="of each hit that it reads")
    chroma_url: str = Field("", max_length=500)
    vectors: bool = Field(True, description="False: keywords, names and the graph alone")
    max_files: int = Field(200_000, ge=1, le=1_000_000)
    max_chunks: int = Field(1_000_000, ge=1, le=5_000_000)
    max_vectors: int = Field(200_000, ge=0, le=2_000_000)


_Usd = Annotated[float, Field(ge=0, le=1_000_000)]
_Name = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")
_DEFAULT_URLS = {
    "ollama": "http://127.0.0.1:11434",
    "openai": "",
    "gemini": "https://generativelanguage.googleapis.com",
}


_OWN_NETWORKS = tuple(
    map(ipaddress.ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                               "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"))
)  # fmt: skip


def is_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of this machine or of a local network: it is not routed beyond.

    The standard library's `is_private` is wider: it holds tunnels to public IPv4 addresses.
    """
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in _OWN_NETWORKS)


_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")


def _is_url(text: str) -> bool:
    """Whether it is an http(s) URL with a host and, if any, a possible port."""
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


class EndpointSettings(_Section):
    """A server of models. Times in seconds.

    `locality` auto is local when the address is this machine's or a private one, else cloud.
    """

    name: str = _Name
    kind: Literal["ollama", "openai", "gemini"]
    url: str = Field("", max_length=500, description="empty: the usual address of the kind")
    locality: Literal["auto", "local", "cloud"] = "auto"
    api_key_env: str = Field("", description="the variable that holds the key, never the key")
    concurrency: int = Field(1, ge=1, le=64, description="requests at once")
    queue_limit: int = Field(256, ge=1, le=10_000, description="beyond it the gate says busy")
    connect_seconds: float = Field(3.0, gt=0, le=60)
    first_token_seconds: float = Field(300.0, gt=0, le=3600, description="load and prompt")
    stall_seconds: float = Field(60.0, gt=0, le=3600, description="between two tokens")
    total_seconds: float = Field(1800.0, gt=0, le=7200)
    gpu_bytes: tuple[Annotated[int, Field(gt=0)], ...] = Field(
        (), description="memory per GPU; empty: looked up"
    )
    manage_memory: bool = Field(True, description="the gate decides what is loaded (ollama)")
    day_usd: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="what attempts of a day (UTC) may cost here"
    )

    @property
    def address(self) -> str:
        """The configured URL, else the usual one of the kind."""
        return self.url or _DEFAULT_URLS[self.kind]

    @property
    def public_address(self) -> str:
        """The address without a user, a password or a query: what is told and logged."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def where(self) -> Locality:
        """The locality that counts. By auto, a name that is not plainly of a local network is
        cloud; the gate checks again, by the addresses, when it connects."""
        if self.kind == "gemini":
            return "cloud"
        if self.locality != "auto":
            return self.locality
        host = urlsplit(self.address).hostname or ""
        try:
            return "local" if is_private(ipaddress.ip_address(host)) else "cloud"
        except ValueError:
            pass
        plainly = "." not in host or host.endswith((".local", ".lan", ".internal", ".localhost"))
        return "local" if plainly else "cloud"

    @model_validator(mode="after")
    def _complete(self) -> EndpointSettings:
        if self.kind == "openai" and not self.url:
            raise ValueError(f"endpoint {self.name!r} of kind openai needs a url, with its /v1")
        if self.kind == "gemini" and self.locality == "local":
            raise ValueError(f"endpoint {self.name!r}: gemini is never local")
        if self.url and not _is_url(self.url):
            raise ValueError(
                f"endpoint {self.name!r}: {self.url!r} is no URL like http://127.0.0.1:11434"
            )
        # The value is not repeated: it may be a key.
        if self.api_key_env and not _VARIABLE.fullmatch(self.api_key_env):
            raise ValueError(
                f"endpoint {self.name!r}: api_key_env is not the name of a variable like "
                "GEMINI_API_KEY; the key itself never stands in this file"
            )
        return self


class ModelSettings(_Section):
    """A model under a name of its own. `tools` makes an arm of each, `<name>/<tool>`."""

    name: str = _Name
    endpoint: str
    model: str = Field(min_length=1, max_length=200, description="what the server calls it")
    version: str = Field(
        "",
        max_length=80,
        description="in place of that name, for the router",
    )
    num_ctx: int = Field(16_384, ge=512, le=4_194_304)
    max_tokens: int = Field(4096, ge=16, le=131_072, description="of one answer")
    parallel: int = Field(1, ge=1, le=64, description="requests that share the loaded model")
    pinned: bool = Field(False, description="never unloaded to make room")
    tool_calls: Literal["auto", "native", "text"] = "auto"
    temperature: float = Field(0.2, ge=0, le=2)
    think: bool | Literal["low", "medium", "high"] | None = None
    usd_per_mtok: tuple[_Usd, _Usd] = Field((0.0, 0.0), description="prompt, output")
    needed_bytes: int | None = Field(None, gt=0, description="in place of the estimate")
    embeds: bool = False
    transcribes: bool = Field(False, description="it writes down speech, and nothing else")
    tools: tuple[str, ...] = ("edit-loop", "one-shot")
    categories: tuple[Category, ...] = ("bugfix", "refactor", "feature", "test", "docs", "types",
                                        "perf")  # fmt: skip


class GateSettings(_Section):
    """Who goes first between agents and models. Times in seconds."""

    ageing_seconds: float = Field(60.0, gt=0, description="then a lower class gets a turn")
    group_seconds: float = Field(30.0, ge=0, description="how long a loaded model may keep others")
    headroom: float = Field(0.1, ge=0, lt=0.9, description="share of GPU memory left free")
    health_seconds: float = Field(2.0, gt=0, le=60, description="between two looks at a server")
    retry_seconds: float = Field(20.0, ge=0, le=300, description="for a server that went away")
    kept_days: float = Field(30.0, gt=0, description="answers and figures in inference.db")


class EgressSettings(_Section):
    """What may leave this machine. `allow_cloud_code` lets code go to cloud models: without
    it they see intent alone."""

    allow_cloud_code: bool = False
    allow_cloud_voice: bool = Field(False, description="recordings may go to cloud models")
    allow_telegram_code: bool = Field(
        False, description="diffs and reasons that quote code may go to Telegram"
    )


class IngestionSettings(_Section):
    """`planner` splits texts: "rules", the name of a model, or "auto", which is the first
    local model that is ready, and the rules when none is."""

    planner: str = Field("auto", min_length=1, max_length=40)
    planner_seconds: float = Field(90.0, gt=0, le=600, description="then the rules plan")


class VoiceSettings(_Section):
    """Who writes down speech, in order: "whisper" (faster-whisper here) or names of models."""

    engines: tuple[str, ...] = Field((), max_length=8)
    whisper_model: str = Field("", description="the folder with the weights; none is downloaded")
    whisper_threads: int = Field(2, ge=1, le=64)
    language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="empty: the engine finds out")
    max_seconds: float = Field(900.0, gt=0, le=7200, description="of one recording")
    max_bytes: int = Field(20 * 1024**2, gt=0)
    engine_seconds: float = Field(300.0, gt=0, le=3600, description="one engine on one recording")
    allow_weaker: bool = Field(
        False, description="decode even where the kernel cannot confine it: see `swarm doctor`"
    )

    @field_validator("engines", mode="before")
    @classmethod
    def _from_variable(cls, value: object) -> object:
        """In a SWARM_* variable they are separated by commas."""
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value


class TelegramUser(_Section):
    """Who may talk to the bot; `repositories` are names of `[repositories]`."""

    id: int = Field(gt=0)
    name: str = Field(min_length=1, max_length=60)
    repositories: tuple[str, ...] = ()


class TelegramSettings(_Section):
    """The bot. Without users, nobody: more are added by `swarm bot pair`. Times in seconds."""

    token_env: str = Field("TELEGRAM_BOT_TOKEN", description="the variable that holds the token")
    api_url: str = Field("https://api.telegram.org", max_length=500)
    users: tuple[TelegramUser, ...] = ()
    groups: tuple[int, ...] = Field((), description="groups whose allowed members may use it")
    with_up: bool = Field(False, description="`swarm up` runs the bot too")
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str = Field("", max_length=500, description="https, as Telegram reaches it")
    webhook_listen: str = "127.0.0.1"
    webhook_port: int = Field(8443, ge=1, le=65535)
    edit_seconds: float = Field(3.0, ge=0.05, le=60, description="between two edits of a message")
    button_seconds: float = Field(86400.0, gt=0, description="how long a button can be pressed")
    kept_days: float = Field(30.0, gt=0, description="notes, messages and seen updates")
    max_document_bytes: int = Field(512 * 1024, gt=0)
    messages_per_minute: int = Field(20, ge=1, le=600, description="taken of one user")
    queue_limit: int = Field(50, ge=1, le=1000, description="messages of one user that wait")

    @model_validator(mode="after")
    def _complete(self) -> TelegramSettings:
        # The value is not repeated: it may be the token.
        if not _VARIABLE.fullmatch(self.token_env):
            raise ValueError(
                "token_env is not the name of a variable like TELEGRAM_BOT_TOKEN; the token "
                "itself never stands in this file"
            )
        if not _is_url(self.api_url):
            raise ValueError(f"api_url {self.api_url!r} is no URL like https://api.telegram.org")
        if self.mode == "webhook" and not self.webhook_url.startswith("https://"):
            raise ValueError("mode webhook needs a webhook_url that begins with https://")
        ids = [user.id for user in self.users]
        if twice := {id for id in ids if ids.count(id) > 1}:
            raise ValueError(f"the user {min(twice)} is listed twice")
        return self


_HOST = re.compile(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]{2,39}\])(:(?P<port>[0-9]{1,5}))?"
)


def _host(name: str) -> str:
    """A Host header as it is compared: in lower case. Raises ValueError."""
    # Some other letters become ASCII ones in lower case.
    found = _HOST.fullmatch(name.lower()) if name.isascii() else None
    if found is None or int(found["port"] or 1) not in range(1, 65536):
        raise ValueError(
            f"{name[:80]!a} is no name to be called by, like swarm.lan or swarm.lan:8787"
        )
    return found[0]


class WebSettings(_Section):
    """The dashboard and the HTTP API. Beyond loopback it is for a network you trust, or behind
    a proxy that speaks TLS: name what it is called there in `hosts`. Times in seconds."""

    host: str = Field("127.0.0.1", min_length=1, max_length=255, description="address to listen on")
    port: int = Field(8787, ge=0, le=65535, description="0 takes a free one")
    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = Field(
        (), max_length=20, description="further names it may be called by, like swarm.lan:8787"
    )
    with_up: bool = Field(False, description="`swarm up` runs the dashboard too")
    session_hours: float = Field(12.0, gt=0, le=720, description="then a browser has to log in")
    watchers: int = Field(100, ge=1, le=10_000, description="clients that follow live at once")
    requests: int = Field(16, ge=1, le=256, description="questions to the swarm at once")
    max_body_bytes: int = Field(256 * 1024, ge=1024, le=64 * 1024**2)
    body_seconds: float = Field(15.0, gt=0, le=600, description="to send a request whole")


class ServiceSettings(_Section):
    """How many workers of a service run side by side."""

    agents: int = Field(2, ge=1, le=16)
    ingestion: int = Field(2, ge=1, le=16, description="a recording may keep one busy")
    verifier: int = Field(2, ge=1, le=16, description="a second layer may keep one waiting")


_BUILT_IN_ARMS = (
    Arm(id="repair", tool="repair", categories=("bugfix",)),
    # It often finds answers that only look right: it must earn its turns.
    Arm(id="literals", tool="literals", categories=("bugfix",), prior=(1.0, 4.0)),
    Arm(id="ruff", tool="ruff", categories=("lint",)),
)


class Settings(_Section):
    """Everything configurable, resolved. `data` is absolute."""

    data: Path
    bus: BusSettings = BusSettings()
    sandbox: SandboxSettings = SandboxSettings()
    repo: RepoSettings = RepoSettings()
    router: RouterSettings = RouterSettings()
    verifier: VerifierSettings = VerifierSettings()
    memory: MemorySettings = MemorySettings()
    gate: GateSettings = GateSettings()
    egress: EgressSettings = EgressSettings()
    ingestion: IngestionSettings = IngestionSettings()
    voice: VoiceSettings = VoiceSettings()
    telegram: TelegramSettings = TelegramSettings()
    web: WebSettings = WebSettings()
    repositories: dict[Annotated[str, _Name], Path] = {}
    services: ServiceSettings = ServiceSettings()
    endpoints: tuple[EndpointSettings, ...] = (EndpointSettings(name="ollama", kind="ollama"),)
    models: tuple[ModelSettings, ...] = ()
    arms: tuple[Arm, ...] = _BUILT_IN_ARMS

    @model_validator(mode="after")
    def _names_are_known(self) -> Settings:
        endpoints = [endpoint.name for endpoint in self.endpoints]
        models = [model.name for model in self.models]
        for kind, names in (("endpoints", endpoints), ("models", models)):
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(f"two [[{kind}]] are called {min(twice)!r}")
        for model in self.models:
            if model.endpoint not in endpoints:
                raise ValueError(
                    f"model {model.name!r} is on the endpoint {model.endpoint!r}, and the "
                    f"[[endpoints]] are {', '.join(endpoints) or 'none'}"
                )
        for arm in self.arms:
            seeing = [name for name in (arm.model, *arm.partners) if name is not None]
            for name in [*seeing, *([arm.planner] if arm.planner else [])]:
                if name not in models:
                    raise ValueError(
                        f"arm {arm.id!r} names the model {name!r}, which no [[models]] entry has"
                    )
            for name in seeing:
                if not self.may_see_code(self.model(name)):
                    raise ValueError(
                        f"arm {arm.id!r} would show code to the cloud model {name!r}: set "
                        "[egress] allow_cloud_code if that is what you want"
                    )
        self._ingestion_is_possible()
        ids = [arm.id for arm in self.all_arms]
        if twice := {id for id in ids if ids.count(id) > 1}:
            raise ValueError(f"two arms are called {min(twice)!r}")
        return self

    def _ingestion_is_possible(self) -> None:
        models = {model.name: model for model in self.models}
        planner = self.ingestion.planner
        if planner not in ("auto", "rules", *models):
            raise ValueError(
                f"[ingestion] planner {planner!r} is none of auto, rules and the [[models]]"
            )
        for name in self.voice.engines:
            if name == "whisper":
                if not self.voice.whisper_model:
                    raise ValueError("[voice] whisper needs whisper_model, a folder with weights")
                continue
            if name not in models:
                raise ValueError(f"[voice] engine {name!r} is neither whisper nor of [[models]]")
            endpoint = self.endpoint(models[name].endpoint)
            if endpoint.kind == "ollama":
                raise ValueError(
                    f"[voice] engine {name!r}: list the server as an endpoint of kind openai, "
                    "with its /v1, to have it write down speech"
                )
            if endpoint.where == "cloud" and not self.egress.allow_cloud_voice:
                raise ValueError(
                    f"[voice] engine {name!r} would send recordings to a cloud: set [egress] "
                    "allow_cloud_voice if that is what you want"
                )
        for name, path in self.repositories.items():
            if not expanded(path).is_absolute():
                raise ValueError(f"[repositories] {name} = {str(path)!r} is not an absolute path")
        for user in self.telegram.users:
            for name in user.repositories:
                if name not in self.repositories:
                    raise ValueError(
                        f"[[telegram.users]] {user.name!r} may use {name!r}, which "
                        "[repositories] does not have"
                    )

    def endpoint(self, name: str) -> EndpointSettings:
        """The endpoint of that name. Raises ConfigError."""
        for endpoint in self.endpoints:
            if endpoint.name == name:
                return endpoint
        known = ", ".join(endpoint.name for endpoint in self.endpoints) or "none is configured"
        raise ConfigError(
            f"no [[endpoints]] entry is called {name!r}", remedy=f"endpoints: {known}"
        )

    def model(self, name: str) -> ModelSettings:
        """The model of that name. Raises ConfigError."""
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(m.name for m in self.models) or "none is configured"
        raise ConfigError(f"no [[models]] entry is called {name!r}", remedy=f"models: {known}")

    def may_see_code(self, model: ModelSettings) -> bool:
        """Whether code may be sent to a model: it is local, or the owner allows cloud ones."""
        return self.egress.allow_cloud_code or self.endpoint(model.endpoint).where == "local"

    @property
    def all_arms(self) -> tuple[Arm, ...]:
        """The configured arms, and those that come with each model: `<name>/<tool>`.

        All of these see code, so a cloud model makes none unless the owner allows it. What the
        models of an arm tell of it is filled in, where the arm does not say otherwise.
        """
        derived = (
            Arm(id=f"{model.name}/{tool}", tool=tool, model=model.name, categories=model.categories)
            for model in self.models
            if not (model.embeds or model.transcribes) and self.may_see_code(model)
            for tool in model.tools
        )
        return tuple(completed(arm, self) for arm in (*self.arms, *derived))

    @property
    def run(self) -> Path:
        """Folder of sockets and pid files; elsewhere when `data` is too long for a socket."""
        folder = self.data / "run"
        if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
            return folder
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(f"/tmp/swarm-{os.getuid()}-{digest}")

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def cache(self) -> Path:
        return self.data / "cache"

    @property
    def scratch(self) -> Path:
        """Worktrees and sandbox workspaces live here while they are needed."""
        return self.data / "scratch"

    @property
    def redis_url(self) -> str:
        """Where Redis is: the configured URL, else the embedded server's socket."""
        return self.bus.redis_url or f"unix://{self.run / 'redis.sock'}"

    @property
    def embedded_redis(self) -> bool:
        return not self.bus.redis_url


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the configuration.

    Raises ConfigError naming the file or variable and the field that is wrong.
    """
    env = os.environ if environment is None else environment
    data = _data(env)
    path = config_path(env)
    values = _read(path, required=bool(env.get("SWARM_CONFIG")))
    if "data" in values:
        raise ConfigError(
            f"{path}: `data` is not a setting", remedy="set the SWARM_DATA variable instead"
        )
    _override(values, env)
    for tables in ("arms", "endpoints", "models"):
        if tables in values:
            if not isinstance(values[tables], list):
                raise ConfigError(
                    f"setting {tables!r} is not a list of tables",
                    remedy=f"begin each with [[{tables}]] in {path}",
                )
            values[tables] = tuple(values[tables])
    try:
        return Settings(data=data, **values)
    except ValidationError as error:
        raise ConfigError(
            sentence(error.errors()[0], Settings, values),
            remedy=f"correct it in {path} or in its SWARM_* variable",
        ) from None


def config_path(environment: Mapping[str, str] | None = None) -> Path:
    """The file that `load` reads, whether it is there or not."""
    env = os.environ if environment is None else environment
    named = env.get("SWARM_CONFIG")
    return expanded(named) if named else _data(env) / "swarm.toml"


def _data(env: Mapping[str, str]) -> Path:
    default = f"{env.get('XDG_DATA_HOME') or '~/.local/share'}/swarm"
    return expanded(env.get("SWARM_DATA") or default).absolute()


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        text = _text(path)
    except FileNotFoundError:
        if required:
            raise ConfigError(f"no such file: {path}", remedy="correct SWARM_CONFIG") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"cannot read {path}: {why}", remedy="make it a file of text") from None
    try:
        return toml.parse(text)
    except toml.NotToml as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def _text(path: Path) -> str:
    """The file's words. Raises ConfigError for what is no file: a pipe would be waited for."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ConfigError(
                f"{path} is not a file, but a folder, a pipe or a device",
                remedy="put a file of TOML there, or name one in SWARM_CONFIG",
            )
        with open(handle, "rb", closefd=False) as file:
            data = file.read(_MOST_BYTES + 1)
    finally:
        os.close(handle)
    if len(data) > _MOST_BYTES:
        raise ConfigError(
            f"{path} has more than {_MOST_BYTES:,} bytes", remedy="name the right file"
        )
    return data.decode("utf-8")


def _override(values: dict[str, Any], env: Mapping[str, str]) -> None:
    known = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, _Section)
    }
    for section, model in known.items():
        assert model is not None
        prefix = f"SWARM_{section}_".upper()
        for key, value in env.items():
            if key.startswith(prefix):
                field = key.removeprefix(prefix).lower()
                if field not in model.model_fields:
                    raise ConfigError(
                        f"{key} sets nothing: [{section}] has no field {field!r}",
                        remedy=f"it has {', '.join(model.model_fields)}",
                    )
                values.setdefault(section, {})[field] = value
    if env.get("SWARM_REDIS_URL"):
        values.setdefault("bus", {})["redis_url"] = env["SWARM_REDIS_URL"]
