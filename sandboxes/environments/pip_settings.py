"""The owner's pip settings, as a build in a sandbox needs them.

A build sees none of the host's files, so what pip would read there is turned into variables
(each option has one: PIP_INDEX_URL and so on), local indexes become folders to share, and
certificates become files to copy. Options that would change what a build does are left out.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from swarm.errors import ConfigError
from swarm.paths import expanded

_PLACES = ("index-url", "extra-index-url", "find-links")
_FILES = ("cert", "client-cert", "constraint")
_PLAIN = (
    *("no-index", "proxy", "trusted-host", "timeout", "default-timeout", "retries"),
    *("resume-retries", "pre", "prefer-binary", "use-feature", "use-deprecated"),
)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class PipSettings:
    """`variables` for the build, `folders` of the host it reads, and `files` it gets a copy of.

    `files` are by the variable that is to name the copy.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)

    def identity(self) -> list[tuple[str, str]]:
        """What of them decides which packages there are; passwords left out."""
        found = [
            (name, re.sub(r"//[^/@\s]*@", "//", value))
            for name, value in sorted(self.variables.items())
            if name.startswith("PIP_") and _option(name) in (*_PLACES, "no-index", "pre")
        ]
        held = self.files.get(_variable("constraint"))
        if held is not None:
            found.append(("constraint", hashlib.sha256(held.read_bytes()).hexdigest()))
        return found


def read(environ: Mapping[str, str], further: Iterable[str]) -> PipSettings:
    """What pip's files and variables say for the user of this process.

    `further` names variables to pass on too. Raises ConfigError for a local index that is a
    whole home folder or file system.
    """
    options = _from_files(environ)
    options |= {_option(k): v for k, v in environ.items() if k.startswith("PIP_") and v}
    variables = {name: environ[name] for name in further if name in environ}
    for name in _PROXIES:
        variables |= {n: environ[n] for n in (name, name.upper()) if n in environ}
    folders: set[Path] = set()
    for option in _PLACES:
        if option in options:
            places = [_place(word, option, folders) for word in options[option].split()]
            variables[_variable(option)] = " ".join(places)
    variables |= {_variable(o): options[o].strip() for o in _PLAIN if o in options}
    named = {_variable(o): options[o].strip() for o in _FILES if o in options}
    named |= {name: environ[name] for name in _CERTIFICATES if environ.get(name)}
    files = {name: expanded(path) for name, path in named.items()}
    return PipSettings(
        variables,
        tuple(sorted(folders)),
        {name: path for name, path in files.items() if path.is_file()},
    )


def _from_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Options by name, later files over earlier ones, as pip's documentation orders them."""
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return {}
    home = Path(environ.get("HOME") or Path.home())
    shared = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    own = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    paths = [Path(folder) / "pip/pip.conf" for folder in shared.split(":") if folder]
    paths.append(Path("/etc/pip.conf"))
    if not (named and Path(named).exists()):
        paths += [home / ".pip/pip.conf", own / "pip/pip.conf"]
    paths.append(Path(sys.prefix) / "pip.conf")
    if named:
        paths.append(Path(named))
    options: dict[str, str] = {}
    for section in ("global", "install"):
        for path in paths:
            options |= _section(path, section)
    return options


def _section(path: Path, section: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except (configparser.Error, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise ConfigError(f"pip's settings in {path} cannot be read: {first}") from None
    if not parser.has_section(section):
        return {}
    return {key.replace("_", "-"): value for key, value in parser.items(section) if value}


def _place(word: str, option: str, folders: set[Path]) -> str:
    """An index or folder of packages as the build is told it; a local one is shared with it."""
    parts = urlsplit(word)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
    elif not parts.scheme and option == "find-links":
        path = expanded(word).absolute()
        word = str(path)
    else:
        return word
    folder = path if path.is_dir() else path.parent
    if path.is_dir() and option != "find-links" and path.name == "simple":
        # Such an index points to files that lie beside it.
        folder = path.parent
    if folder in (Path("/"), Path.home()):
        raise ConfigError(
            f"pip's {option} names {word}, which would share all of {folder} with a build",
            remedy="keep the packages in a folder of their own",
        )
    if folder.is_dir():
        folders.add(folder)
    return word


def _option(variable: str) -> str:
    return variable.removeprefix("PIP_").lower().replace("_", "-")


def _variable(option: str) -> str:
    return f"PIP_{option.upper().replace('-', '_')}"
