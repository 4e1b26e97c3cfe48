#!/usr/bin/env python3
"""Changes function bodies at random, one change at a time, and says how many a case file catches.

mutate_functions.py [--count N] [--seed S] [--jobs J] [--under FOLDER]

Needs a debug build of sluice-test. Nothing in the tree is changed: each mutant is compiled beside it and linked in
front of the library. Mutants that change nothing that can be seen are listed in equivalent.txt with the reason, and
passed over. Exit code 1 if fewer than 90% are caught, or if a listed one is caught.
"""

import argparse
import concurrent.futures
import json
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/debug"
EQUIVALENT = pathlib.Path(__file__).resolve().parent / "equivalent.txt"
CAUGHT_MIN = 0.9
RUN_SECONDS_MAX = 300

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


def compile_commands():
    return {entry["file"]: entry for entry in json.loads((BUILD / "compile_commands.json").read_text())}


def link_command():
    """The command that links sluice-test, as ninja would run it."""
    out = subprocess.run(["ninja", "-C", str(BUILD), "-t", "commands", "sluice-test"], capture_output=True, text=True,
                         check=True).stdout
    line = [text for text in out.splitlines() if " -o tests/sluice-test " in text][-1]
    words = shlex.split(line.split("&&")[1])
    return words


def try_mutant(path, site, commands, link):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / path.name
        source.write_text(mutate(path, site))
        words = shlex.split(commands[str(path)]["command"])
        words = [str(source) if word == str(path) else word for word in words]
        words[words.index("-o") + 1] = f"{folder}/mutant.o"
        # Each is compiled once, and nobody debugs it.
        words = [word for word in words if word != "ccache" and not word.startswith("-g")]
        for word in ("-MD", "-MT", "-MF", "-Werror"):
            if word in words:
                at = words.index(word)
                del words[at:at + (2 if word in ("-MT", "-MF") else 1)]
        if subprocess.run(words, cwd=BUILD, capture_output=True, check=False).returncode != 0:
            return "does not compile"
        program = f"{folder}/sluice-test"
        linking = list(link)
        linking[linking.index("-o") + 1] = program
        first_object = next(i for i, word in enumerate(linking) if word.endswith(".o"))
        linking.insert(first_object, f"{folder}/mutant.o")
        linked = subprocess.run(linking, cwd=BUILD, capture_output=True, text=True, check=False)
        if linked.returncode != 0:
            sys.exit(f"the mutant does not link:\n{linked.stderr}")
        # The cases beside the file are quick, and nearly always those that see it.
        for cases in (path.parent, ROOT / "src"):
            try:
                run = subprocess.run([program, str(cases)], cwd=ROOT, capture_output=True, check=False,
                                     timeout=RUN_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                return "caught"
            if run.returncode != 0:
                return "caught"
        return "survived"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--under", default="src/functions")
    options = parser.parse_args()
    commands = compile_commands()
    files = [path for path in sorted((ROOT / options.under).rglob("*.cc")) if not path.name.endswith("_test.cc")]
    sites = [(path, site) for path in files if str(path) in commands for site in sites_of(path)]
    listed = equivalent()
    if stale := listed - {mutated_line(*site) for site in sites}:
        sys.exit("equivalent.txt lists what is no mutant any more:\n" + "\n".join(sorted(stale)))
    random.Random(options.seed).shuffle(sites)
    link = link_command()
    counts = {"caught": 0, "survived": 0, "does not compile": 0, "equivalent": 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tried = iter(sites)
        running = {}
        while counts["caught"] + counts["survived"] < options.count:
            while len(running) < options.jobs and (chosen := next(tried, None)):
                running[pool.submit(try_mutant, *chosen, commands, link)] = chosen
            if not running:
                break
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                path, site = running.pop(future)
                result = future.result()
                name = mutated_line(path, site)
                if name in listed and result == "caught":
                    sys.exit(f"equivalent.txt lists what is caught: {name}")
                if name in listed and result == "survived":
                    result = "equivalent"
                counts[result] += 1
                if result == "survived":
                    print(f"survived  {name} (line {site[0] + 1})", flush=True)
    total = counts["caught"] + counts["survived"]
    print(f"{counts['caught']} of {total} mutants caught; {counts['does not compile']} did not compile, "
          f"{counts['equivalent']} are listed as equivalent")
    return 0 if total and counts["caught"] >= CAUGHT_MIN * total else 1


if __name__ == "__main__":
    sys.exit(main())
