#!/usr/bin/env python3
"""Writes the rules and expressions of all case files as seeds for dtl_rules_fuzz: seeds.py FOLDER"""

import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIELD = re.compile(r"^(dtl|rules)\s+(.*(?:\n[ \t].*)*)", re.M)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted([*ROOT.glob("src/**/*.test"), *ROOT.glob("tests/language/*.test")]):
        for kind, text in FIELD.findall(path.read_text(encoding="utf-8")):
            try:
                value = json.loads(text)
            except ValueError:
                continue
            rules = value if kind == "rules" else {"default": [["add", "x", value]]}
            seed = json.dumps(rules, ensure_ascii=False).encode()
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main()
