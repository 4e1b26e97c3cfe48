#!/usr/bin/env python3
"""The command line as people type it, mistakes included: what is said, where, and with which status."""

import json
import os
import pathlib
import subprocess
import sys

from support import expect, folder, run_cases

PROGRAM = os.environ.get("SLUICE_PROGRAM", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/sluice"))
PERSON = {"_id": "person", "type": "pipe",
          "source": {"type": "embedded", "entities": [{"_id": "1", "name": "ada"}, {"_id": "2", "name": "alan"}]},
          "transform": {"type": "dtl", "rules": {"default": [["copy", "_id"], ["add", "name", ["upper", "_S.name"]]]}}}


def run(*arguments, text: str = "", status: int = 0) -> tuple[str, str]:
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=120)
    expect(done.returncode == status,
           f"{arguments}: expected status {status}, found {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def main() -> int:
    with folder() as path:
        pipes = path / "hello" / "pipes"
        pipes.mkdir(parents=True)
        (pipes / "person.conf.json").write_text(json.dumps(PERSON), encoding="utf-8")

        def the_readme():
            expect("1 component, no errors" in run("check", path / "hello")[0], "check says so")
            table = run("run", path / "hello", "--data", path / "data")[0]
            expect(table.split("\n")[1].split()[:3] == ["person", "2", "2"], table)
            exported = run("export", "person", "--data", path / "data")[0].splitlines()
            expect([json.loads(line) for line in exported] ==
                   [{"_id": "1", "name": "ADA"}, {"_id": "2", "name": "ALAN"}], exported)

        def mistakes():
            expect("serve" in run(status=2)[1], "help without arguments")
            expect('no command "exprot"' in run("exprot", status=2)[1], "an unknown command is named")
            expect('"export"' in run("exprot", status=2)[1], "and the nearest one")
            expect("--bogus" in run("check", path / "hello", "--bogus", status=2)[1], "unknown options are named")
            expect("nowhere" in run("check", path / "nowhere", status=2)[1], "missing folders are named")
            expect('"nothing"' in run("export", "nothing", "--data", path / "data", status=2)[1], "missing datasets")

        def rules():
            one = path / "one.json"
            one.write_text('[["copy", "*"], ["add", "y", ["+", 1, "_S.x"]]]', encoding="utf-8")
            expect(json.loads(run("dtl", "run", one, text='{"_id": "1", "x": 5}')[0]) == {"_id": "1", "x": 5, "y": 6},
                   "one rule alone")
            one.write_text('[["copy", "*"], ["ad", "y", 1]]', encoding="utf-8")
            said = run("dtl", "run", one, status=2)[1]
            expect("/default/1/0" in said and '"ad"' in said, said)

        return run_cases({f.__name__: f for f in (the_readme, mistakes, rules)})


if __name__ == "__main__":
    sys.exit(main())
