#!/usr/bin/env python3
"""Changes function bodies at random, one change at a time, and says how many the case files catch.

mutate_functions.py [--count N] [--seed S] [--jobs J] [--under FOLDER] [--fresh]

Needs a debug build of sluice-test. Nothing in the tree is changed: each mutant is compiled below build/mutation and
linked in front of the library. Each result is printed and kept there as soon as it is known, so a run that was ended
goes on where it was; survivors are tried again, and --fresh tries all again. Mutants that change nothing that can be
seen are listed in equivalent.txt with the reason, and not counted. Exit code 1 if fewer than 90% are caught, or if a
listed one is caught.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import random
import re
import resource
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/debug"
KEPT = ROOT / "build/mutation"
EQUIVALENT = pathlib.Path(__file__).resolve().parent / "equivalent.txt"
CAUGHT_MIN = 0.9
# All cases take a second of the processor and 200 MB. A mutant that takes much more runs away, and that is seen.
RUN_CPU_SECONDS_MAX = 20
RUN_BYTES_MAX = 4 << 30
# Most of compiling one function is reading these.
HEADERS = ["dtl/catalogue.h", "dtl/evaluation.h", "functions/arguments.h", "functions/cast.h", "functions/dict_builder.h",
           "functions/first_value.h", "functions/sequence.h", "functions/value_set.h", "value/json.h", "value/number.h",
           "value/relations.h"]

# What is changed, and into what. Each pattern is tried at every place of a body.
CHANGES = [
    (r" == ", " != "), (r" != ", " == "), (r" <= ", " < "), (r" >= ", " > "), (r" < ", " <= "), (r" > ", " >= "),
    (r" && ", " || "), (r" \|\| ", " && "), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r" \+ ", " - "), (r" - ", " + "), (r"\b0\b", "1"), (r"\b1\b", "0"), (r"\b2\b", "3"), (r"\b3\b", "2"),
    (r"if \(!", "if ("), (r"return !", "return "), (r"if \((?!!)(?!const |auto |U_)", "if (!"), (r"\+\+", "--"),
    (r"\bcontinue;", "break;"), (r"std::nullopt", "std::optional<Value>(Value::Integer(7))"),
    (r"return Value::Null\(\);", "return Value::Integer(7);"),
]


def is_body(line):
    text = line.strip()
    if not text or text.startswith(("//", "#", "using ", "namespace ", "template ", "}  // namespace")):
        return False
    return not re.match(r'\.(name|chapter|doc|examples|params|purity)\b|"|\{R"|\{\{R"', text)


def sites_of(path):
    """(line number, column, length, replacement) of every possible change in a file's bodies."""
    sites = []
    for number, line in enumerate(path.read_text().splitlines()):
        if not is_body(line) or "SLUICE_CHECK" in line or 'R"(' in line:
            continue
        code = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: '"' * len(m.group()), line.split("//")[0])
        for pattern, new in CHANGES:
            for match in re.finditer(pattern, code):
                sites.append((number, match.start(), match.end() - match.start(), new))
    return sites


def mutate(path, site):
    number, column, length, new = site
    lines = path.read_text().splitlines()
    lines[number] = lines[number][:column] + new + lines[number][column + length:]
    return "\n".join(lines) + "\n"


def mutated_line(path, site):
    """How a mutant is named: its file and the changed line, which outlives changes elsewhere in the file."""
    return f"{path.relative_to(ROOT)}: {mutate(path, site).splitlines()[site[0]].strip()}"


def equivalent():
    """The listed mutants: lines of two, the mutant and below it, indented, the reason."""
    lines = EQUIVALENT.read_text().splitlines() if EQUIVALENT.exists() else []
    return {line for line in lines if line and not line.startswith(("#", " "))}


def compile_words(path, commands):
    """The command that compiles a source, without its output: nobody debugs a mutant, and its warnings are its own."""
    words = shlex.split(commands[str(path)]["command"])
    kept, skip = [], False
    for word in words:
        if skip or word in ("-o", "-MT", "-MF"):
            skip = not skip
        elif word not in ("ccache", "-MD", "-c", "-Werror", str(path)) and not word.startswith("-g"):
            kept.append(word)
    return [*kept, "-w"]


def link_words():
    """The command that links sluice-test, as ninja would run it."""
    out = subprocess.run(["ninja", "-C", str(BUILD), "-t", "commands", "sluice-test"], capture_output=True, text=True,
                         check=True).stdout
    line = [text for text in out.splitlines() if " -o tests/sluice-test " in text][-1]
    return shlex.split(line.split("&&")[1])


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (RUN_CPU_SECONDS_MAX, RUN_CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (RUN_BYTES_MAX, RUN_BYTES_MAX))


class Bench:
    """Compiles, links and runs mutants."""

    def __init__(self, folder, commands):
        self.commands = commands
        self.link = link_words()
        self.headers = folder / "headers.h"
        self.headers.write_text("".join(f'#include "{name}"\n' for name in HEADERS))
        words = compile_words(ROOT / "src/functions/functions.cc", commands)
        subprocess.run([*words, "-x", "c++-header", str(self.headers), "-o", f"{self.headers}.gch"], cwd=BUILD, check=True)

    def build(self, path, text, folder):
        """The program with the mutant in it, or None where it does not compile."""
        source = folder / path.name
        source.write_text(text)
        words = [*compile_words(path, self.commands), "-include", str(self.headers), f"-I{path.parent}"]
        compiled = subprocess.run([*words, "-c", str(source), "-o", f"{folder}/mutant.o"], cwd=BUILD,
                                  capture_output=True, check=False)
        if compiled.returncode != 0:
            return None
        words = list(self.link)
        words[words.index("-o") + 1] = str(folder / "sluice-test")
        words.insert(next(i for i, word in enumerate(words) if word.endswith(".o")), f"{folder}/mutant.o")
        linked = subprocess.run(words, cwd=BUILD, capture_output=True, text=True, check=False)
        if linked.returncode != 0:
            sys.exit(f"the mutant does not link:\n{linked.stderr}")
        return folder / "sluice-test"

    def attempt(self, path, site):
        with tempfile.TemporaryDirectory(dir=KEPT) as name:
            program = self.build(path, mutate(path, site), pathlib.Path(name))
            if not program:
                return "does not compile"
            # The cases beside the file are quick, and nearly always those that see it; then all, and the examples.
            for cases in ([str(path.parent)], []):
                run = subprocess.run([str(program), *cases], cwd=ROOT, capture_output=True, check=False, preexec_fn=limit)
                if run.returncode != 0:
                    return "caught"
        return "survived"


class Results:
    """What is known of mutants, by their whole source: a change to the file makes all of its mutants new."""

    def __init__(self, path, fresh):
        self.path = path
        if fresh:
            path.unlink(missing_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        self.known = {entry["key"]: entry["result"] for entry in map(json.loads, lines)}

    @staticmethod
    def key(path, site):
        return hashlib.sha256(f"{path.name}\n{mutate(path, site)}".encode()).hexdigest()

    def get(self, path, site):
        result = self.known.get(self.key(path, site))
        return None if result == "survived" else result

    def keep(self, path, site, result):
        with self.path.open("a", encoding="utf-8") as out:
            entry = {"key": self.key(path, site), "mutant": mutated_line(path, site), "result": result}
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")


def judge(bench, results, listed, path, site):
    """One mutant's result."""
    result = results.get(path, site)
    if result is None:
        result = bench.attempt(path, site)
        results.keep(path, site, result)
    name = mutated_line(path, site)
    if name in listed and result == "caught":
        sys.exit(f"equivalent.txt lists what is caught: {name}")
    return "equivalent" if name in listed and result == "survived" else result


def run(bench, sites, options, results):
    """Counts of the results, until enough mutants were caught or survived. The order of sites decides which count."""
    listed = equivalent()
    counts = dict.fromkeys(("caught", "survived", "does not compile", "equivalent"), 0)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = [(chosen, pool.submit(judge, bench, results, listed, *chosen)) for chosen in sites[:options.jobs]]
        rest = iter(sites[options.jobs:])
        while waiting and counts["caught"] + counts["survived"] < options.count:
            (path, site), future = waiting.pop(0)
            result = future.result()
            counts[result] += 1
            print(f"{counts['caught'] + counts['survived']:4} {result:17} {mutated_line(path, site)} (line {site[0] + 1})",
                  flush=True)
            if chosen := next(rest, None):
                waiting.append((chosen, pool.submit(judge, bench, results, listed, *chosen)))
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--under", default="src/functions")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    commands = {entry["file"]: entry for entry in entries}
    files = [path for path in sorted((ROOT / options.under).rglob("*.cc")) if not path.name.endswith("_test.cc")]
    sites = [(path, site) for path in files if str(path) in commands for site in sites_of(path)]
    if stale := equivalent() - {mutated_line(*site) for site in sites}:
        sys.exit("equivalent.txt lists what is no mutant any more:\n" + "\n".join(sorted(stale)))
    random.Random(options.seed).shuffle(sites)
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        bench = Bench(pathlib.Path(folder), commands)
        counts = run(bench, sites, options, Results(KEPT / "results.jsonl", options.fresh))
    total = counts["caught"] + counts["survived"]
    print(f"{counts['caught']} of {total} mutants caught; {counts['does not compile']} did not compile, "
          f"{counts['equivalent']} are listed as equivalent")
    return 0 if total and counts["caught"] >= CAUGHT_MIN * total else 1


if __name__ == "__main__":
    sys.exit(main())
