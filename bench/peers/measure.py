#!/usr/bin/env python3
"""Measures DTL beside parsing and serialising, and the typical mapping beside VRL and DuckDB.

bench/peers/measure.py [--entities N] [--rounds R] [--cpu C] [--bench PROGRAM] [--peers FOLDER] [--without-peers]

Prints Markdown. Exit status 1 if a peer's output differs from ours.
"""

import argparse
import itertools
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MAPPINGS = [("(a) `copy *` and 3 `add`", "copy", "entities", 0.8), ("(b) typical: 15 `add`", "typical", "entities", 0.35),
            ("(c) `apply` over a list of 20", "apply", "lists", None)]
PEER_AIMS = {"VRL": 5, "DuckDB": 1}


def run(cpu, *command):
    done = subprocess.run(["taskset", "-c", str(cpu), *map(str, command)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"bench: {command[0]} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def write_lists(path, count):
    """Entities of about 450 bytes whose property `lines` is a list of 20 dicts."""
    with path.open("w", encoding="utf-8") as out:
        for i in range(count):
            lines = ",".join(f'{{"n":{(i * 31 + j * 7) % 100},"sku":"s{(i + j) % 10}"}}' for j in range(20))
            out.write(f'{{"_id":"order:{i}","lines":[{lines}]}}\n')


def compare(ours, theirs, name):
    """Every line, as JSON without the order of keys."""
    with ours.open(encoding="utf-8") as left, theirs.open(encoding="utf-8") as right:
        number = 0
        for number, (one, other) in enumerate(itertools.zip_longest(left, right), 1):
            if one is None or other is None or json.loads(one) != json.loads(other):
                raise SystemExit(f"bench: {name} gives another line {number} than DTL:\n{one}{other}")
    return number


def peers_of(options):
    """The commands of the peers that are there, by name; each takes the input and the output."""
    vrl = options.peers / "vrl/release/vrl-peer"
    python = options.peers / "duckdb/bin/python"
    commands = {}
    if not options.without_peers and vrl.exists():
        commands["VRL"] = [vrl, HERE / "vrl/typical.vrl"]
    if not options.without_peers and python.exists():
        commands["DuckDB"] = [python, HERE / "duckdb/run.py", HERE / "duckdb/typical.sql"]
    return commands


def measure_in(options, folder):
    """Medians in nanoseconds for each entity: (without, with) each of our mappings, and each peer's mapping (b)."""
    subprocess.run([str(ROOT / "bench/limits/run.sh"), "--generate", "--n", str(options.entities), "--dir", str(folder)],
                   check=True, capture_output=True)
    files = {"entities": folder / f"entities-{options.entities}.ndjson", "lists": folder / "lists.ndjson"}
    write_lists(files["lists"], options.entities)
    pairs = [word for _, name, file, _ in MAPPINGS for word in (files[file], HERE / f"mappings/{name}.json")]
    commands = peers_of(options)
    times = {name: [] for name in [*commands, *(name for _, name, _, _ in MAPPINGS)]}
    for _ in range(options.rounds):
        for name, command in commands.items():
            report = run(options.cpu, *command, files["entities"], folder / f"{name}.ndjson")
            times[name].append(report["mapping_cpu_s"] / options.entities * 1e9)
        for (_, name, _, _), report in zip(MAPPINGS, run(options.cpu, options.bench, 1, *pairs)):
            times[name].append((report["identity_ns"], report["mapping_ns"]))
    ours = folder / "ours.ndjson"
    run(options.cpu, options.bench, 0, "--out", files["entities"], HERE / "mappings/typical.json", ours)
    for name in commands:
        compare(ours, folder / f"{name}.ndjson", name)
    own = {name: [statistics.median(values) for values in zip(*times[name])] for _, name, _, _ in MAPPINGS}
    return own, {name: statistics.median(times[name]) for name in commands}


def measure(options):
    """The lines of the tables."""
    folder = pathlib.Path("/dev/shm/sluice-bench")
    folder.mkdir(exist_ok=True)
    try:
        own, peers = measure_in(options, folder)
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    lines = ["| mapping | entities a second | parse and serialise only | ratio | aim |", "|---|---:|---:|---:|---:|"]
    for title, name, _, aim in MAPPINGS:
        without, mapped = own[name]
        lines.append(f"| {title} | {1e9 / mapped:,.0f} | {1e9 / without:,.0f} | {without / mapped:.2f} | "
                     f"{'' if aim is None else f'≥ {aim}'} |")
    if peers:
        typical = own["typical"][1]
        lines += ["", "Mapping (b), every line of output equal:", "", "| | entities a second | DTL is faster by | aim |",
                  "|---|---:|---:|---:|", f"| DTL | {1e9 / typical:,.0f} | | |"]
        for name, nanoseconds in peers.items():
            lines.append(f"| {name} | {1e9 / nanoseconds:,.0f} | {nanoseconds / typical:.1f} | ≥ {PEER_AIMS[name]} |")
    return lines


def parser():
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--entities", type=int, default=100_000)
    made.add_argument("--rounds", type=int, default=7)
    made.add_argument("--cpu", type=int, default=1)
    made.add_argument("--bench", type=pathlib.Path, default=ROOT / "build/bench/functions_bench")
    made.add_argument("--peers", type=pathlib.Path, default=ROOT / "build/peers")
    made.add_argument("--without-peers", action="store_true")
    return made


if __name__ == "__main__":
    print("\n".join(measure(parser().parse_args())))
