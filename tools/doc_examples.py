#!/usr/bin/env python3
"""Runs the examples of the reference's DTL pages that show a result, and says how many hold.

    tools/doc_examples.py DOCS [--eval COMMAND] [--verbose]

DOCS is a checkout of the reference (the folder that holds hub/, or hub/ itself). COMMAND evaluates requests, one
JSON object a line (`sluice dtl eval --jsonl`). Examples that do not hold must be listed with their reason in
tests/doc_examples_known.txt, and what is listed must not hold: otherwise the exit status is 1.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

KNOWN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "doc_examples_known.txt"
LITERAL = re.compile(r"``(.+?)``(?!`)", re.S)
OPTIONS = re.compile(r'"namespaced_identifiers": true')
ASIDE = re.compile(r"\*\*With namespaced identifiers enabled:\*\*")


def sections(text):
    """The functions of a page: their names and the lines of their tables."""
    lines = text.split("\n")
    name, start = None, 0
    for i, line in enumerate(lines):
        heading = re.fullmatch(r"``([^`]+)``", line.strip())
        if heading and i + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[i + 1].strip()):
            if name:
                yield name, lines[start:i]
            name, start = heading.group(1), i + 2
    if name:
        yield name, lines[start:]


def cells(lines):
    """The example cells of a table: the second column of each row."""
    cell = None
    for line in lines:
        if re.match(r"\s+\* - ", line):
            if cell is not None:
                yield "\n".join(cell)
            cell = None
        elif re.match(r"     - ", line):
            cell = [line[7:]]
        elif cell is not None:
            cell.append(line)
    if cell is not None:
        yield "\n".join(cell)


def tokens(cell):
    """Alternating pieces of a cell: ("text", …) and ("code", …); code in neighbouring literals is one piece."""
    body = re.sub(r"^\s*\|\s?", "", cell, flags=re.M)
    pieces = []
    at = 0
    for literal in LITERAL.finditer(body):
        text = body[at : literal.start()]
        if text.strip(" \n.,") or not pieces or pieces[-1][0] != "code":
            pieces.append(("text", text))
            pieces.append(("code", literal.group(1)))
        elif balanced(pieces[-1][1]) and not literal.group(1).startswith('"'):
            pieces.append(("text", text))
            pieces.append(("code", literal.group(1)))
        else:
            pieces[-1] = ("code", pieces[-1][1] + "\n" + literal.group(1))
        at = literal.end()
    pieces.append(("text", body[at:]))
    return pieces


def balanced(code):
    return code.count("[") <= code.count("]") and code.count("{") <= code.count("}")


def parse(code):
    try:
        return json.loads(code)
    except ValueError:
        return None


RESULT = re.compile(r"(?:^|\n|\s)(?:Returns|returns|Result:|Result|will produce|This will produce|Adds|will return|produces)"
                    r"[^`.\n]{0,60}$")
BARE = re.compile(r"^\W*Returns\s+(true|false|null)\b(?! if)", re.I)


def examples(cell):
    """Pairs of an expression and its result, with what stands around them."""
    options, source, target = {}, None, None
    pieces = tokens(cell)
    pending = None
    for i, (kind, text) in enumerate(pieces):
        before = pieces[i - 1][1] if i else ""
        if kind == "text":
            if ASIDE.search(text):
                options["namespaced"] = True
                source = target = pending = None
            if pending is not None:
                bare = BARE.match(text.strip().lstrip("|").strip())
                if bare:
                    yield pending, json.loads(bare.group(1).lower()), dict(options), source, target
                    pending = None
            continue
        if OPTIONS.search(text):
            continue
        if "mapping in the service metadata" in before[-60:]:
            options["prefixes"] = parse(text)
            continue
        if "Source entity:" in before[-60:] or "source entity" in before[-60:].lower():
            # Misprinted with a brace after each line.
            value = parse(re.sub(r"}\s*\n\s*(?=\")", ",", text))
            source = value if isinstance(value, dict) else source
            continue
        if "Target entity:" in before[-60:]:
            value = parse(re.sub(r"}\s*\n\s*(?=\")", ",", text))
            target = value if isinstance(value, dict) else None
            continue
        value = parse(text)
        again = isinstance(value, list) and value[:1] == pending[:1] if pending else False
        if pending is not None and not again and RESULT.search(before.rstrip(" ") if before.strip() else before):
            if value is not None or text.strip() == "null":
                yield pending, value, dict(options), source, target
            pending = None
            continue
        if isinstance(value, list) and value and isinstance(value[0], str):
            pending = value
        elif text.lstrip().startswith("["):
            pending = None


def reads_source(value):
    if isinstance(value, str):
        return bool(re.match(r"_[STPRB]\.", value))
    if isinstance(value, dict):
        return any(reads_source(v) for v in value.values())
    return isinstance(value, list) and any(reads_source(v) for v in value)


def collect(hub):
    """All examples: (page, function, request, wanted)."""
    pages = sorted((hub / "dtl").glob("dtl-functions-*.rst")) + [hub / "deprecations.rst"]
    for page in pages:
        for name, lines in sections(page.read_text()):
            for cell in cells(lines):
                for dtl, wanted, options, source, target in examples(cell):
                    request = {"source": source or {}}
                    if options.get("namespaced"):
                        request.update(namespaced_identifiers=True, namespaces={"identity": "foo", "property": "bar"})
                    if options.get("prefixes"):
                        request["metadata"] = {"namespaces": {"default": options["prefixes"]}}
                    if page.stem.endswith("transforms"):
                        rule = [dtl]
                        if target is not None:
                            request["source"] = target
                            rule = [["copy", "*"], dtl]
                        if not isinstance(wanted, dict) or (reads_source(dtl) and source is None):
                            continue
                        request["source"].setdefault("_id", "1")
                        wanted = {"_id": "1", **wanted}
                        request["rules"] = {"default": rule}
                    else:
                        if reads_source(dtl) and source is None:
                            continue
                        request["expression"] = dtl
                    yield page.stem, name, dtl, request, wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=pathlib.Path)
    parser.add_argument("--eval", default="build/release/sluice dtl eval --jsonl")
    parser.add_argument("--verbose", action="store_true", help="show examples that hold too")
    arguments = parser.parse_args()
    hub = arguments.docs / "hub" if (arguments.docs / "hub").is_dir() else arguments.docs
    cases = list(collect(hub))
    if not cases:
        sys.exit(f"{hub}: no examples found")
    requests = "".join(json.dumps(request) + "\n" for _, _, _, request, _ in cases)
    run = subprocess.run(arguments.eval.split(), input=requests, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if len(answers) != len(cases):
        sys.exit(f"{len(cases)} requests gave {len(answers)} answers")
    known = {}
    for line in KNOWN.read_text().splitlines() if KNOWN.exists() else []:
        if line and not line.startswith("#"):
            dtl, _, reason = line.partition("  # ")
            known[dtl.strip()] = reason
    held, listed, broken = 0, 0, []
    used = set()
    for (page, name, dtl, request, wanted), answer in zip(cases, answers):
        text = json.dumps(dtl, ensure_ascii=False)
        found = answer.get("result") if "error" not in answer else answer
        good = json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True)
        if good and text in known:
            broken.append(f"{name}: {text} holds, but is listed as one that does not")
        elif good:
            held += 1
            if arguments.verbose:
                print(f"holds  {name}: {text} gives {json.dumps(found)}")
        elif text in known:
            listed += 1
            used.add(text)
        else:
            broken.append(f"{name}: {text}\n    shown  {json.dumps(wanted, ensure_ascii=False)}"
                          f"\n    found  {json.dumps(found, ensure_ascii=False)}")
    for text in sorted(set(known) - used):
        if not any(json.dumps(dtl, ensure_ascii=False) == text for _, _, dtl, _, _ in cases):
            broken.append(f"listed, but no example of the reference: {text}")
    for line in broken:
        print(line)
    print(f"{len(cases)} examples with a result: {held} hold, {listed} do not for a reason that is listed, "
          f"{len(broken)} findings")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
