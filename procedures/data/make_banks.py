#!/usr/bin/env python3
"""Writes banks.txt from the PyPI package zengin-code (banks and branches of the 全銀 network).

Run:  python3 -m venv /tmp/v && /tmp/v/bin/pip install --no-deps zengin-code==1.1.0.20260824
      /tmp/v/bin/python make_banks.py
Never part of a build: the result is committed. README.md has versions, licences and checksums.
"""

import importlib.metadata
import importlib.util
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
VERSION = importlib.metadata.version("zengin-code")
SOURCE = pathlib.Path(importlib.util.find_spec("zengin_code").origin).parent / "source-data" / "data"


def entries(path):
    for entry in json.loads(path.read_text(encoding="utf-8")).values():
        assert not any(mark in entry["name"] + entry["kana"] for mark in "\t\n="), entry
        yield entry["code"], entry["name"], entry["kana"]


def main():
    lines, count = [], 0
    for code, name, kana in sorted(entries(SOURCE / "banks.json")):
        assert len(code) == 4 and code.isascii() and code.isdigit(), code
        lines.append(f"={code}{name}\t{kana}\n")
        for branch, name, kana in sorted(entries(SOURCE / "branches" / f"{code}.json")):
            assert len(branch) == 3 and branch.isascii() and branch.isdigit(), branch
            lines.append(f"{branch}{name}\t{kana}\n")
            count += 1
    (HERE / "banks.txt").write_text("".join(lines), encoding="utf-8")
    print(VERSION, len(lines) - count, "banks,", count, "branches,", (HERE / "banks.txt").stat().st_size, "bytes")


main()
