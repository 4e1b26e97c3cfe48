"""The groups of the demo's vendors, worked out from the registries' files by a plain union-find: no hub, no rules."""

import csv
import json
import pathlib

DROPPED = {"", "inc", "incorporated", "ltd", "limited", "llc", "co", "corp", "corporation", "company", "gmbh", "ag", "kg",
           "sa", "sas", "srl", "spa", "bv", "nv", "oy", "ab", "as", "aps", "kk", "plc", "pte", "pty", "the"}
REPLACED = str.maketrans({",": " ", ".": "", "(": " ", ")": " ", "/": " ", "-": " ", '"': "", "'": "", "&": " and ",
                          "\t": " "})


def clean(name: str) -> str:
    return " ".join(word for word in name.strip().lower().translate(REPLACED).split(" ") if word not in DROPPED)


def country_of(address: str, known: set) -> str:
    """The last word of two capital letters, if it is a country."""
    words = [w for w in address.replace(",", " ").split(" ")
             if len(w) == 2 and w.upper() == w and w.lower() != w]
    return words[-1] if words and words[-1] in known else ""


def rows(files: pathlib.Path) -> list:
    """(id, cleaned name, what it is matched by) of all rows of all five registries."""
    known = {country["alpha_2"] for country in json.loads((files / "places/countries.json").read_text(encoding="utf-8"))}
    found = {}
    for registry in ("oui", "mam", "oui36", "iab"):
        with (files / f"ieee/{registry}.csv").open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                name = clean(row["Organization Name"])
                country = country_of(row["Organization Address"], known)
                key = ("company", name, country) if name not in ("", "private") else None
                # A row that is listed twice is one: its id is made of what it says.
                found[("ieee", registry, row["Assignment"], row["Organization Name"].strip())] = (name, key)
    with (files / "iana/enterprises.csv").open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["name"]:
                found[("iana", row["number"])] = (clean(row["name"]), None)
    with (files / "pnp/vendors.csv").open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            found[("pnp", row["code"])] = (clean(row["name"]), None)
    for registry in ("pci", "usb"):
        for vendor in json.loads((files / f"{registry}/vendors.json").read_text(encoding="utf-8")):
            if vendor["name"]:
                found[(registry, vendor["_id"])] = (clean(vendor["name"]), None)
    return [(row, name, key) for row, (name, key) in found.items()]


def groups(files: pathlib.Path) -> list:
    """Lists of rows that are one vendor: the same company, or the same name in two registries."""
    parent = {}

    def find(node):
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    by_name = {}
    everything = rows(files)
    for row, name, key in everything:
        find(row)
        if key:
            parent[find(row)] = find(key)
        if row[0] != "ieee" and name:
            by_name.setdefault(name, {}).setdefault(row[0], []).append(row)
        elif key:
            by_name.setdefault(name, {}).setdefault("company", []).append(key)
    for sources in by_name.values():
        if len(sources) > 1:
            nodes = [node for nodes in sources.values() for node in nodes]
            for node in nodes:
                parent[find(node)] = find(nodes[0])
    made = {}
    for row, _, _ in everything:
        made.setdefault(find(row), []).append(row)
    return list(made.values())
