#!/usr/bin/env python3
"""Holds the sources against src/layers.txt and STYLE's habits. Exit code 1 and one line for each finding.

tidy.py [--plant]   --plant proves that every check sees: it runs them on mistakes made for it.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE_LINES_MAX, HEADER_LINES_MAX, FUNCTION_LINES_MAX, README_LINES_MAX, COLUMNS_MAX = 400, 260, 60, 30, 100
# What is banned, where it is allowed, and what to use instead.
BANNED = [
    (r"system_clock::now", r"base/clock\.cc$", "take a Clock"),
    (r"sleep_for|sleep_until|\busleep\(", r"^$", "wait on an event, or Stop::WaitFor"),
    (r"\bgetenv\(", r"server/", "take it as an option"),
    (r"std::cout|std::cerr|#include <iostream>", r"^$", "fmt::print in server/, an error elsewhere"),
    (r"std::regex|#include <regex>", r"^$", "RE2"),
    (r"\bthrow\s", r"_test\.cc$", "return a Result"),
    (r"\b(TODO|FIXME|XXX)\b", r"^$", "an issue"),
    (r"catch \(\.\.\.\)", r"^$", "name the exception, or it hides an error"),
]
STANDARD = re.compile(r"^<([a-z_0-9]+(\.h)?|sys/[a-z]+\.h|arpa/inet\.h|netinet/[a-z]+\.h|fmt/[a-z]+\.h)>$")


def read_layers() -> dict:
    layers = {}
    for line in (ROOT / "src/layers.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            folder, _, allowed = line.partition(":")
            layers[folder.strip()] = allowed.split()
    return layers


def is_test_file(name: str) -> bool:
    return re.search(r"_(test|bench|fuzz)\.cc$|_testing\.(h|cc)$", name) is not None


def check_includes(name: str, text: str, layers: dict) -> list:
    folder = name.split("/")[1]
    allowed = layers.get(folder)
    if allowed is None:
        return [f"{name}: folder {folder} is not in src/layers.txt"]
    is_test = is_test_file(name)
    libraries = [entry for entry in allowed if entry.startswith("<")]
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'#include\s+("([^"]+)"|<[^>]+>)', line)
        if not found:
            continue
        if found.group(2):
            target = found.group(2).split("/")[0]
            if target == folder or target in allowed or (is_test and target == "tests"):
                continue
            findings.append(f"{name}:{number}: {folder} may not include {found.group(2)}")
        else:
            library = found.group(1)
            c_library = library in ("<zlib.h>", "<xxhash.h>", "<simdjson.h>", "<sodium.h>")
            if STANDARD.match(library) and not c_library:
                continue
            if any(library.startswith(entry.rstrip(">")) for entry in libraries):
                continue
            if is_test and re.match(r"<(gtest|gmock|benchmark|fuzzer)/", library):
                continue
            findings.append(f"{name}:{number}: {folder} may not include {library}")
    return findings


def check_lengths(name: str, text: str) -> list:
    lines = text.splitlines()
    findings = []
    is_test = is_test_file(name)
    lines_max = HEADER_LINES_MAX if name.endswith(".h") else SOURCE_LINES_MAX
    if len(lines) > lines_max and not is_test and "/schema_" not in name:
        findings.append(f"{name}: {len(lines)} lines, at most {lines_max}: split where the idea splits")
    start, indent = None, ""
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and "http" not in line and 'R"' not in line and not is_test:
            findings.append(f"{name}:{number}: {len(line)} columns, at most {COLUMNS_MAX}")
        if start is None:
            opened = re.match(r"^(  )?[A-Za-z~].*\{$", line)
            if opened and not re.match(r"^\s*(namespace|class|struct|enum|union|extern|public|private)\b", line) \
                    and ")" in line:
                start, indent = number, opened.group(1) or ""
        elif re.match(rf"^{indent}\}}", line):
            if number - start - 1 > FUNCTION_LINES_MAX and not is_test:
                findings.append(f"{name}:{start}: a function of {number - start - 1} lines, "
                                f"at most {FUNCTION_LINES_MAX}")
            start = None
    return findings


def check_banned(name: str, text: str) -> list:
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0] if "XXX" not in line and "TODO" not in line and "FIXME" not in line else line
        for pattern, allowed, instead in BANNED:
            if re.search(pattern, code) and not re.search(allowed, name):
                findings.append(f"{name}:{number}: {re.search(pattern, code).group(0).strip()}: {instead}")
    return findings


def check_readmes() -> list:
    findings = []
    for folder in sorted({path.parent for path in (ROOT / "src").rglob("*.cc")}):
        if folder.parent.name in ("functions", "connectors"):
            continue  # A chapter or a kind of system: its parent's README speaks for it.
        readme = folder / "README.md"
        name = readme.relative_to(ROOT)
        if not readme.exists():
            findings.append(f"{name}: missing")
        elif len(readme.read_text().splitlines()) > README_LINES_MAX:
            findings.append(f"{name}: over {README_LINES_MAX} lines")
    return findings


def check_secrets_of_the_workplace() -> list:
    """Nothing in the repository may need a path of somebody's machine."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True).stdout.split("\0")
    findings = []
    for name in filter(None, files):
        path = ROOT / name
        if path.suffix in (".png", ".gz", ".zip") or not path.is_file() or name == "tests/tidy/tidy.py":
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found = re.search(r"\.\./shared\b|/work/[a-z.]", text)
        if found:
            findings.append(f"{name}: names {found.group(0)}, which users do not have")
    return findings


def plant() -> int:
    """Each planted mistake must be found."""
    layers = read_layers()
    cases = [
        (check_includes("src/value/x.cc", '#include "storage/store.h"\n', layers), "an include upwards"),
        (check_includes("src/pipe/x.cc", "#include <rocksdb/db.h>\n", layers), "a library out of its folder"),
        (check_lengths("src/value/x.cc", "int F() {\n" + "  f();\n" * 61 + "}\n"), "a long function"),
        (check_lengths("src/value/x.h", "\n" * 261), "a long header"),
        (check_banned("src/pipe/x.cc", "  auto t = std::chrono::system_clock::now();\n"), "the machine's clock"),
        (check_banned("src/pipe/x.cc", "  std::this_thread::sleep_for(1s);\n"), "a sleep"),
    ]
    missed = [what for findings, what in cases if not findings]
    for what in missed:
        print(f"tidy does not see {what}")
    return 1 if missed else 0


def main() -> int:
    if "--plant" in sys.argv:
        return plant()
    layers = read_layers()
    findings = check_readmes() + check_secrets_of_the_workplace()
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        name, text = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        findings += check_includes(name, text, layers) + check_lengths(name, text) + check_banned(name, text)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
