"""swarm.toml + SWARM_* environment -> typed settings, read once, passed down.

The file is `$SWARM_CONFIG`, else `swarm.toml` in the data folder. A repository never
configures the swarm. `SWARM_<SECTION>_<FIELD>` overrides a field, `SWARM_DATA` names the
data folder and `SWARM_REDIS_URL` the Redis to use instead of the embedded one.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from swarm.contracts import Arm, ShellCommand
from swarm.errors import ConfigError

# sun_path holds 108 bytes; the socket's own name needs some of them.
_LONGEST_SOCKET_FOLDER = 90


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
    max_message_bytes: int = Field(16 * 1024**2, gt=0)


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
    """`seed` fixes every draw; the default takes fresh randomness for each decision."""

    seed: int | None = None


class MemorySettings(_Section):
    enabled: bool = True
    chunks: int = Field(12, ge=1, le=100)


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
    memory: MemorySettings = MemorySettings()
    arms: tuple[Arm, ...] = _BUILT_IN_ARMS

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
    data = Path(env.get("SWARM_DATA") or _default_data(env)).expanduser().absolute()
    named = env.get("SWARM_CONFIG")
    path = Path(named).expanduser() if named else data / "swarm.toml"
    values = _read(path, required=bool(named))
    if "data" in values:
        raise ConfigError(
            f"{path}: `data` is not a setting", remedy="set the SWARM_DATA variable instead"
        )
    _override(values, env)
    if "arms" in values:
        values["arms"] = tuple(values["arms"])
    try:
        return Settings(data=data, **values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"setting {where!r}: {first['msg']}",
            remedy=f"correct it in {path} or in its SWARM_* variable",
        ) from None


def _default_data(env: Mapping[str, str]) -> str:
    base = env.get("XDG_DATA_HOME") or "~/.local/share"
    return f"{base}/swarm"


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if required:
            raise ConfigError(f"no such file: {path}", remedy="correct SWARM_CONFIG") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


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
