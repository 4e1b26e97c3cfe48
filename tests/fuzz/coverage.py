#!/usr/bin/env python3
"""Says how many lines of the fuzzed folders the corpora of the fuzz targets reach.

coverage.py [--missing] [TARGET=FOLDER ...]

Needs a build of the preset `coverage`. Without names each target runs the inputs of build/corpus/TARGET, where
tools/run-nightly keeps them; several folders may be given for one target. --missing lists the lines that were not
reached. Exit code 1 if one of the folders has less than 85% of its lines reached.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/coverage"
# The folders, and the targets that are about them. Lines count whichever target reaches them.
FOLDERS = ("src/dtl", "src/functions", "src/value")
TARGETS = ("dtl_rules_fuzz", "dtl_program_fuzz", "json_fuzz", "record_fuzz")
REACHED_MIN = 0.85


def counted():
    """{file: {line: times}} of all lines with code, over all objects that were compiled with counters."""
    lines = collections.defaultdict(dict)
    notes = sorted(BUILD.rglob("*.gcno"))
    for at in range(0, len(notes), 50):
        # The data file beside each is found by gcov; what never ran has none and counts as not reached.
        out = subprocess.run(["gcov", "--json-format", "--stdout", *map(str, notes[at:at + 50])], cwd=BUILD, check=True,
                             capture_output=True, text=True).stdout
        for report in out.splitlines():
            for file in json.loads(report)["files"]:
                path = pathlib.Path(file["file"])
                path = (path if path.is_absolute() else BUILD / path).resolve()
                if not path.is_relative_to(ROOT):
                    continue
                counts = lines[str(path.relative_to(ROOT))]
                for line in file["lines"]:
                    number = line["line_number"]
                    counts[number] = max(counts.get(number, 0), line["count"])
    return lines


def runs(names):
    """(target, folders) of what is to be run."""
    chosen = collections.defaultdict(list)
    for name in names:
        target, _, folder = name.partition("=")
        chosen[target].append(pathlib.Path(folder).resolve())
    if not chosen:
        for target in TARGETS:
            folders = [ROOT / "build/corpus" / target, ROOT / "tests/corpus" / target]
            chosen[target] = [folder for folder in folders if folder.is_dir()]
    return chosen.items()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("runs", nargs="*", metavar="TARGET=FOLDER")
    options = parser.parse_args()
    for data in BUILD.rglob("*.gcda"):
        data.unlink()
    for target, folders in runs(options.runs):
        if not folders:
            sys.exit(f"{target} has no corpus in build/corpus: run tools/run-nightly fuzz first")
        done = subprocess.run([str(BUILD / target), *map(str, folders)], stdout=subprocess.PIPE, text=True, check=False)
        print(f"{target}: {done.stdout.strip()}", flush=True)
        if done.returncode != 0:
            sys.exit(f"{target} ended with {done.returncode}")
    lines = counted()
    low = False
    for folder in FOLDERS:
        files = {path: counts for path, counts in sorted(lines.items()) if path.startswith(f"{folder}/")}
        total = sum(map(len, files.values()))
        reached = sum(1 for counts in files.values() for count in counts.values() if count)
        if options.missing:
            for path, counts in files.items():
                missing = sorted(number for number, count in counts.items() if not count)
                if missing:
                    print(f"{path}: {len(missing)} of {len(counts)}: {', '.join(map(str, missing))}")
        low |= reached < REACHED_MIN * total or not total
        print(f"{folder}: {reached} of {total} lines reached, {100 * reached / max(total, 1):.1f}%")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
