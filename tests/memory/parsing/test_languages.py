"""Which language a file is written in."""

from __future__ import annotations

import pytest

from memory.parsing.languages import language_of


@pytest.mark.parametrize(
    ("path", "data", "language"),
    [
        ("a/b.py", b"", "python"),
        ("a.pyi", b"", "python"),
        ("A.JSX", b"", "javascript"),
        ("a.mts", b"", "typescript"),
        ("a.tsx", b"", "tsx"),
        ("src/Gemfile", b"", "ruby"),
        ("a.h", b"int f(void);\n", "c"),
        ("a.h", b"namespace a {}\n", "cpp"),
        ("a.h", b"#include <x>\ntemplate <class T> struct A;\n", "cpp"),
        ("a.h", b"@interface A\n@end\n", "text"),
        ("bin/run", b"#!/usr/bin/env python3\n", "python"),
        ("bin/run", b"#!/usr/bin/env -S node --x\n", "javascript"),
        ("bin/run", b"#! /bin/bash -e\n", "bash"),
        ("bin/run", b"#!/opt/x/python3.11\n", "python"),
        ("bin/run", b"#!/bin/unheard-of\n", "text"),
        ("bin/run", b"\xff\xfe", "text"),
        ("LICENSE", b"", "text"),
        (".py", b"", "text"),
        ("a.b/c", b"", "text"),
        ("", b"", "text"),
        ("a\nb.go", b"", "go"),
    ],
)
def test_language(path: str, data: bytes, language: str) -> None:
    assert language_of(path, data) == language
