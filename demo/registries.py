"""Fetches the registries (Debian packages, no root needed) and serves them over HTTP as CSV and JSON."""

import csv
import functools
import http.server
import json
import pathlib
import shutil
import subprocess
import threading

PACKAGES = ["ieee-data", "libwireshark-data", "pci.ids", "usb.ids", "hwdata", "iso-codes",
            "libtimezonemap-data", "tzdata"]


def fetch(folder: pathlib.Path) -> pathlib.Path:
    """Downloads and unpacks the packages into `folder`, once. Returns the root of the unpacked files."""
    root = folder / "root"
    done = folder / "done"
    if done.exists():
        return root
    shutil.rmtree(folder, ignore_errors=True)
    root.mkdir(parents=True)
    command = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *PACKAGES]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode != 0:
        # A fresh machine has no package lists yet; lists of our own need no root either.
        lists = folder / "lists"
        (lists / "partial").mkdir(parents=True)
        own = ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={folder}/cache"]
        (folder / "cache" / "archives" / "partial").mkdir(parents=True)
        subprocess.run(["apt-get", "update", "-qq", *own], cwd=folder, check=True)
        subprocess.run([*command[:2], *own, *command[2:]], cwd=folder, check=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(root)], check=True)
    done.touch()
    return root


def write_csv(path: pathlib.Path, header: list, rows: list) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)


def write_json(path: pathlib.Path, entities: list) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entities, ensure_ascii=False), encoding="utf-8")


def read_ids(path: pathlib.Path) -> tuple:
    """pci.ids and usb.ids: vendors at the margin, their products one tab in; classes follow, left out here."""
    vendors, products, vendor = [], [], None
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.strip() or line.startswith("#") or line.startswith("\t\t"):
            continue
        code, _, name = line.strip().partition("  ")
        if line.startswith("\t"):
            if vendor:
                products.append({"_id": f"{vendor}:{code}", "vendor": vendor, "code": code, "name": name.strip()})
        elif len(code) == 4 and all(c in "0123456789abcdef" for c in code):
            vendor = code
            vendors.append({"_id": code, "name": name.strip()})
        else:
            vendor = None  # "C 00 …" and the like: a class, not a vendor.
    return vendors, products


def prepare(root: pathlib.Path, folder: pathlib.Path) -> dict:
    """Writes what is served into `folder`; returns the number of rows of each file."""
    shutil.rmtree(folder, ignore_errors=True)
    share = root / "usr/share"
    counts = {}

    (folder / "ieee").mkdir(parents=True)
    for name in ("oui", "mam", "oui36", "iab"):
        shutil.copy(share / f"ieee-data/{name}.csv", folder / f"ieee/{name}.csv")
        with (folder / f"ieee/{name}.csv").open(encoding="utf-8", newline="") as rows:
            counts[f"ieee-{name}"] = sum(1 for _ in csv.reader(rows)) - 1

    lines = (share / "wireshark/enterprises.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(None, 1) for line in lines if line.strip() and not line.startswith("#")]
    write_csv(folder / "iana/enterprises.csv", ["number", "name"], [(row + [""])[:2] for row in rows])
    counts["iana-enterprise"] = len(rows)

    lines = (share / "hwdata/pnp.ids").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t", 1) for line in lines if line.strip()]
    write_csv(folder / "pnp/vendors.csv", ["code", "name"], rows)
    counts["pnp-vendor"] = len(rows)

    for name, path in (("pci", share / "misc/pci.ids"), ("usb", root / "var/lib/usbutils/usb.ids")):
        vendors, products = read_ids(path)
        write_json(folder / name / "vendors.json", vendors)
        write_json(folder / name / "products.json", products)
        counts[f"{name}-vendor"], counts[f"{name}-product"] = len(vendors), len(products)

    countries = json.loads((share / "iso-codes/json/iso_3166-1.json").read_text(encoding="utf-8"))["3166-1"]
    write_json(folder / "places/countries.json", [{"_id": c["alpha_2"], **c} for c in countries])
    subdivisions = json.loads((share / "iso-codes/json/iso_3166-2.json").read_text(encoding="utf-8"))["3166-2"]
    write_json(folder / "places/subdivisions.json", [{"_id": s["code"], **s} for s in subdivisions])
    cities = []
    for line in (share / "libtimezonemap/ui/cities15000.txt").read_text(encoding="utf-8").splitlines():
        field = line.split("\t")
        cities.append({"_id": field[0], "name": field[1], "ascii_name": field[2], "country": field[8],
                       "region": field[10], "population": int(field[14] or 0), "timezone": field[17]})
    write_json(folder / "places/cities.json", cities)
    counts.update({"place-country": len(countries), "place-subdivision": len(subdivisions), "place-city": len(cities)})
    return counts


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(folder: pathlib.Path) -> http.server.ThreadingHTTPServer:
    """Serves the folder on a free port of 127.0.0.1, in a thread of its own."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                             functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
