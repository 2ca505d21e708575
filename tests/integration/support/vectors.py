# SPDX-License-Identifier: Apache-2.0
"""Reads the HTTP/1.1 vectors of tests/data/h1 (its README.md has the format)."""

import pathlib
import re

DATA = pathlib.Path(__file__).resolve().parents[2] / "data" / "h1"
ESCAPE = re.compile(r"\\(?:\{(\d+)\*([^}]*)\}|x([0-9a-fA-F]{2})|(.))", re.S)


def unescape(text):
    def one(match):
        count, part, byte, letter = match.groups()
        if count:
            return unescape_text(part) * int(count)
        return chr(int(byte, 16)) if byte else {"r": "\r", "n": "\n", "t": "\t"}.get(letter, letter)

    def unescape_text(part):
        return ESCAPE.sub(one, part)
    return unescape_text(text)


class Vector:
    def __init__(self, name):
        self.name = name
        self.keys = {}
        self.data = ""

    def all(self, key):
        return self.keys.get(key, [])

    def get(self, key, default=None):
        return self.keys.get(key, [default])[0]

    def bytes(self, host):
        return self.data.replace("HOST", host).encode("latin-1")


def read(name):
    vectors, in_data = [], False
    for line in (DATA / name).read_text(encoding="ascii").splitlines():
        if line.startswith("==="):
            vectors.append(Vector(line[3:].strip()))
            in_data = False
        elif not vectors or (not in_data and (not line or line.startswith("#"))):
            continue
        elif in_data:
            vectors[-1].data += line
        elif line == "data:":
            in_data = True
        else:
            key, _, value = line.partition(":")
            vectors[-1].keys.setdefault(key, []).append(unescape(value.strip()))
    for vector in vectors:
        vector.data = unescape(vector.data)
    return vectors
