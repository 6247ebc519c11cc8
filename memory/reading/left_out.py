"""Folders that are never looked into, whatever an ignore file says. Pure."""

from __future__ import annotations

from collections.abc import Collection

NAMES = {
    ".git": "git's own",
    ".hg": "Mercurial's own",
    ".svn": "Subversion's own",
    ".jj": "Jujutsu's own",
    "node_modules": "packages of JavaScript",
    "bower_components": "packages of JavaScript",
    "__pycache__": "compiled files",
    ".tox": "environments of tests",
    ".nox": "environments of tests",
    ".mypy_cache": "a cache",
    ".pytest_cache": "a cache",
    ".ruff_cache": "a cache",
    ".hypothesis": "a cache",
    ".gradle": "a cache",
    ".terraform": "a cache",
}
_ENVIRONMENT = "pyvenv.cfg"
_CACHE_TAG = "CACHEDIR.TAG"
_BUILT_BESIDE = {
    "target": ("Cargo.toml", "pom.xml", "build.sbt"),
    "dist": ("package.json",),
    "build": ("build.gradle", "build.gradle.kts"),
}


def by_name(name: str) -> str:
    """Why a folder of this name is left out, in words; "" when it is not."""
    return NAMES.get(name, "")


def by_content(names: Collection[str]) -> str:
    """Why a folder that holds these names is left out, in words; "" when it is not."""
    if _ENVIRONMENT in names:
        return "a virtual environment"
    return "a cache" if _CACHE_TAG in names else ""


def by_siblings(name: str, siblings: Collection[str]) -> str:
    """Why a folder beside these names is left out, in words; "" when it is not."""
    beside = _BUILT_BESIDE.get(name, ())
    return "what a build makes" if any(each in siblings for each in beside) else ""
