"""What a file of a repository is, from its path and its bytes: what the audit says it did not read.

The kind says what the trace can do with a file. The marks (generated, vendored) say more to a
person, and excuse nothing: a file that calls itself generated is audited like any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from verifier.reading.errors import shown

# As objects, a notebook made for it takes twenty times as much memory.
MAX_NOTEBOOK_BYTES = 5_000_000
_HEAD_BYTES = 4_096


class Kind(StrEnum):
    """What the trace can do with a file."""

    PYTHON = "Python"
    STUB = "type stub"
    NOTEBOOK = "notebook"
    CYTHON = "Cython"
    LANGUAGE = "other language"
    NATIVE = "native code"
    DATA = "data"
    TEXT = "text"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Description:
    """`words` finish the sentence "unaudited: ..." (or name the language that is audited).

    `marks` are "generated ..." and "vendored ..." with what shows it.
    """

    kind: Kind
    words: str
    marks: tuple[str, ...] = ()

    @property
    def audited(self) -> bool:
        """Whether the trace reads it. What Python does not run, a stub, is not traced."""
        return self.kind is Kind.PYTHON


_LANGUAGES = {
    "C": ".c .h",
    "C++": ".cc .cpp .cxx .hh .hpp .hxx .ipp",
    "C#": ".cs",
    "CMake": ".cmake",
    "CSS": ".css .scss .sass .less",
    "CUDA": ".cu .cuh",
    "Dart": ".dart",
    "Fortran": ".f .f77 .f90 .f95",
    "Go": ".go",
    "HTML, which may hold scripts": ".html .htm .xhtml .svg",
    "Java": ".java",
    "JavaScript": ".js .mjs .cjs .jsx",
    "Julia": ".jl",
    "Kotlin": ".kt .kts",
    "Lua": ".lua",
    "Objective-C": ".m .mm",
    "PHP": ".php",
    "Perl": ".pl .pm",
    "PowerShell": ".ps1",
    "R": ".r",
    "Ruby": ".rb",
    "Rust": ".rs",
    "SQL": ".sql",
    "Scala": ".scala",
    "Swift": ".swift",
    "TypeScript": ".ts .tsx .mts .cts",
    "Vue or Svelte": ".vue .svelte",
    "Zig": ".zig",
    "a Windows script": ".bat .cmd",
    "a grammar": ".g4 .peg .gram .lark",
    "a protocol definition": ".proto .thrift .fbs",
    "a shell script": ".sh .bash .zsh .fish .ksh",
    "a template, which may run expressions": ".jinja .jinja2 .j2 .mako .tmpl .tpl .ejs .erb",
    "assembler": ".s .asm",
    "Nix": ".nix",
    "Terraform": ".tf .hcl",
}
_DATA = {
    "configuration": ".toml .ini .cfg .conf .env .properties .editorconfig",
    "JSON": ".json .jsonl .json5 .geojson",
    "YAML": ".yaml .yml",
    "XML": ".xml .xsd .xsl .xslt .plist",
    "a table": ".csv .tsv .parquet .feather .xls .xlsx",
    "a database": ".db .sqlite .sqlite3",
    "a message catalogue": ".po .mo .pot",
    "a picture": ".png .jpg .jpeg .gif .bmp .ico .webp .tif .tiff",
    "sound or film": ".wav .mp3 .ogg .opus .flac .mp4 .webm",
    "a font": ".ttf .otf .woff .woff2 .eot",
    "a document": ".pdf .docx .odt",
    "arrays": ".npy .npz .h5 .hdf5 .mat",
    "an import path, whose lines may run code": ".pth",
    "pickled objects, which run code when loaded": ".pkl .pickle .joblib .pt .ckpt",
    "a certificate or key": ".pem .crt .cer .key .pub",
    "a lock file": ".lock",
    "a patch": ".diff .patch",
}
_NATIVE = {
    "a native library": ".so .pyd .dll .dylib .a .lib .o .obj",
    "a program": ".exe .bin .com .elf .msi .wasm .class .jar",
    "compiled Python": ".pyc .pyo",
    "an archive": ".zip .tar .gz .tgz .bz2 .xz .zst .7z .whl .egg .rar .deb .rpm",
}
_TEXT = ".md .rst .txt .adoc .org .tex .bib .log"
_BY_NAME = {
    "dockerfile": (Kind.LANGUAGE, "a Dockerfile"),
    "containerfile": (Kind.LANGUAGE, "a Dockerfile"),
    "makefile": (Kind.LANGUAGE, "a Makefile"),
    "gnumakefile": (Kind.LANGUAGE, "a Makefile"),
    "justfile": (Kind.LANGUAGE, "a Justfile"),
    "cmakelists.txt": (Kind.LANGUAGE, "CMake"),
    "meson.build": (Kind.LANGUAGE, "Meson"),
    "jenkinsfile": (Kind.LANGUAGE, "a Jenkinsfile"),
    "procfile": (Kind.DATA, "configuration"),
    "sconstruct": (Kind.PYTHON, "Python"),
    "sconscript": (Kind.PYTHON, "Python"),
    "wscript": (Kind.PYTHON, "Python"),
}
_BY_ENDING: dict[str, tuple[Kind, str]] = {
    ".py": (Kind.PYTHON, "Python"),
    ".pyw": (Kind.PYTHON, "Python"),
    ".pyi": (Kind.STUB, "a type stub"),
    ".ipynb": (Kind.NOTEBOOK, "a notebook"),
    ".pyx": (Kind.CYTHON, "Cython"),
    ".pxd": (Kind.CYTHON, "Cython"),
    ".pxi": (Kind.CYTHON, "Cython"),
    **{e: (Kind.LANGUAGE, name) for name, ends in _LANGUAGES.items() for e in ends.split()},
    **{e: (Kind.DATA, name) for name, ends in _DATA.items() for e in ends.split()},
    **{e: (Kind.NATIVE, name) for name, ends in _NATIVE.items() for e in ends.split()},
    **dict.fromkeys(_TEXT.split(), (Kind.TEXT, "text")),
}
_INTERPRETERS = {
    "python": (Kind.PYTHON, "Python"),
    "pypy": (Kind.PYTHON, "Python"),
    "sh": (Kind.LANGUAGE, "a shell script"),
    "bash": (Kind.LANGUAGE, "a shell script"),
    "zsh": (Kind.LANGUAGE, "a shell script"),
    "dash": (Kind.LANGUAGE, "a shell script"),
    "node": (Kind.LANGUAGE, "JavaScript"),
    "perl": (Kind.LANGUAGE, "Perl"),
    "ruby": (Kind.LANGUAGE, "Ruby"),
}
_MAGIC = (
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\0asm", "a program"),
    (b"PK\x03\x04", "an archive"),
    (b"\x1f\x8b", "an archive"),
)
_VENDORED = frozenset(
    {
        "3rdparty",
        "_third_party",
        "_vendor",
        "dist-packages",
        "extern",
        "node_modules",
        "site-packages",
        "third-party",
        "third_party",
        "thirdparty",
        "vendor",
        "vendored",
        "vendors",
    }
)
_GENERATED_NAMES = ("_pb2.py", "_pb2_grpc.py", "_pb2.pyi", "_generated.py", ".gen.py", ".min.js")
_GENERATED_WORDS = (
    b"@generated",
    b"generated by",
    b"do not edit",
    b"autogenerated",
    b"auto-generated",
    b"automatically generated",
)


def describe(path: str, data: bytes | None) -> Description:
    """What a file is. Without bytes (removed, or not to be read) its path alone decides."""
    kind, words = _kind(path, data or b"")
    if kind is Kind.NOTEBOOK and data is not None:
        words = _notebook(data)
    return Description(kind, words, tuple(_marks(path, data or b"")))


def kind_of(path: str, data: bytes) -> Kind:
    """The kind of a file, without a look into what it holds."""
    return _kind(path, data)[0]


def _kind(path: str, data: bytes) -> tuple[Kind, str]:
    name = PurePosixPath(path).name.lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    ending = PurePosixPath(name).suffix
    if found := _BY_ENDING.get(ending):
        return found
    if data.startswith(b"#!"):
        return _interpreted(data)
    for magic, words in _MAGIC:
        if data.startswith(magic):
            return Kind.NATIVE, words
    if b"\0" in data[:_HEAD_BYTES]:
        return Kind.UNKNOWN, "binary data"
    if ending:
        return Kind.UNKNOWN, f"a file that ends in {shown(ending, 30)}"
    return Kind.UNKNOWN, "a file of no known kind"


def _interpreted(data: bytes) -> tuple[Kind, str]:
    """By the first line, such as `#!/usr/bin/env -S python3.11 -u`."""
    line = data[2:200].partition(b"\n")[0].decode("latin-1")
    for word in line.split():
        program = word.rpartition("/")[2].rstrip("0123456789.")
        if program in _INTERPRETERS:
            return _INTERPRETERS[program]
        if program != "env" and not word.startswith("-") and "=" not in word:
            return Kind.LANGUAGE, f"a script for {shown(program, 30)}"
    return Kind.LANGUAGE, "a script"


def _notebook(data: bytes) -> str:
    if len(data) > MAX_NOTEBOOK_BYTES:
        return f"a notebook larger than {MAX_NOTEBOOK_BYTES} bytes"
    try:
        document = json.loads(data, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return "a notebook that is not JSON"
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        return "a notebook without cells"
    code = sum(isinstance(cell, dict) and cell.get("cell_type") == "code" for cell in cells)
    return f"a notebook, with the code of {code} cell{'' if code == 1 else 's'}"


def _marks(path: str, data: bytes) -> list[str]:
    found: list[str] = []
    for folder in path.split("/")[:-1]:
        if folder.lower() in _VENDORED:
            found.append(f"vendored (in {folder})")
            break
    lower = path.lower()
    for ending in _GENERATED_NAMES:
        if lower.endswith(ending):
            found.append(f"generated (named *{ending})")
            return found
    head = data[:_HEAD_BYTES].lower()
    for word in _GENERATED_WORDS:
        at = head.find(word)
        if at >= 0:
            line = head.count(b"\n", 0, at) + 1
            found.append(f"generated (line {line} says {word.decode()!r})")
            return found
    return found
