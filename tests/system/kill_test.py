#!/usr/bin/env python3
"""kill -9 during load: acknowledged ⊆ stored ⊆ sent, never older than acknowledged, downstream recomputed; each time
`sluice verify` finds nothing. With --power-loss each kill is a loss of power: what was not synced is cut off, and a
file whose folder was not may be gone.

kill_test.py [--kills 30] [--seed N] [--power-loss]
"""

import argparse
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

from support import PROGRAM, HubProcess, expect, folder

PIPES = [
    {"_id": "in", "type": "pipe", "source": {"type": "http_endpoint"}, "sink": {"type": "dataset", "dataset": "in"}},
    {"_id": "twice", "type": "pipe", "source": {"type": "dataset", "dataset": "in"},
     "transform": {"type": "dtl", "rules": {"default": [["copy", "*"], ["add", "twice", ["*", 2, "_S.n"]]]}},
     "pump": {"schedule_interval": 3600}},
    {"_id": "large", "type": "pipe", "source": {"type": "http_endpoint"}, "sink": {"type": "dataset", "dataset": "large"}},
    {"_id": "large-copy", "type": "pipe", "source": {"type": "dataset", "dataset": "large"},
     "pump": {"schedule_interval": 3600}},
]
KEYS, ENTITIES_PER_POST, CHUNKS = 3000, 400, 8
LARGE, LARGE_EVERY = 50_000, 5  # New entities in one POST, at each fifth kill.


class Load:
    """Pushes entities whose `n` only ever grows, and remembers what was sent and what was acknowledged."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.n = 0
        self.sent = {}          # id → every n that was sent
        self.acknowledged = {}  # id → the last n whose request was answered 200
        self.large_sent = 0
        self.large_acknowledged = []  # The first n of each large POST that was answered 200.
        self.in_request = threading.Event()
        self.stop = False

    def open_post(self, hub: HubProcess, pipe: str) -> socket.socket:
        place = urllib.parse.urlsplit(hub.url)
        connection = socket.create_connection((place.hostname, place.port), timeout=60)
        connection.sendall((f"POST /api/receivers/{pipe}/entities HTTP/1.1\r\nHost: {place.netloc}\r\n"
                            f"Authorization: Bearer {hub.token}\r\nContent-Type: application/json\r\n"
                            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n").encode())
        self.in_request.set()
        return connection

    @staticmethod
    def finish_post(connection: socket.socket) -> bool:
        connection.sendall(b"0\r\n\r\n")
        answer = b""
        while more := connection.recv(65536):
            answer += more
        if answer and not answer.startswith(b"HTTP/1.1 200"):
            raise AssertionError(answer[:500])
        return bool(answer)

    def post(self, hub: HubProcess) -> None:
        batch = {}
        for _ in range(ENTITIES_PER_POST):
            self.n += 1
            key = f"k{self.rng.randrange(KEYS)}"
            batch[key] = self.n
            self.sent.setdefault(key, set()).add(self.n)
        entities = [json.dumps({"_id": key, "n": n, "text": "x" * self.rng.randrange(400)}) for key, n in batch.items()]
        with self.open_post(hub, "in") as connection:
            body = ("[" + ",".join(entities) + "]").encode()
            step = len(body) // CHUNKS + 1
            for start in range(0, len(body), step):
                part = body[start:start + step]
                connection.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            if not self.finish_post(connection):
                raise ConnectionError("closed without an answer")
        self.acknowledged.update(batch)
        self.in_request.clear()

    def post_large(self, hub: HubProcess) -> None:
        """New entities only, so many that the hub takes them as bulk loads."""
        first, self.large_sent = self.large_sent, self.large_sent + LARGE
        with self.open_post(hub, "large") as connection:
            for start in range(first, self.large_sent, 1000):
                part = ",".join(f'{{"_id":"l{n}","n":{n},"text":"{"y" * 200}"}}' for n in range(start, start + 1000))
                part = ("[" if start == first else ",") + part + ("]" if start + 1000 == self.large_sent else "")
                connection.sendall(f"{len(part):x}\r\n{part}\r\n".encode())
            if not self.finish_post(connection):
                raise ConnectionError("closed without an answer")
        self.large_acknowledged.append(first)
        self.in_request.clear()

    def run(self, hub: HubProcess, large: bool) -> None:
        while not self.stop:
            try:
                self.post_large(hub) if large else self.post(hub)
            except OSError:
                return  # The hub was killed: in_request stays set if a request was open.


class PowerLoss:
    """Takes away what a loss of power takes away, as power_loss.c has noted the hub's syncs."""

    def __init__(self, path: pathlib.Path, data: pathlib.Path, rng: random.Random) -> None:
        self.rng, self.data, self.notes = rng, data, path / "notes"
        self.before = {}  # inode → bytes that were there when the hub started
        self.bytes_cut = self.files_gone = 0
        library = path / "power_loss.so"
        source = pathlib.Path(__file__).with_name("power_loss.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        self.environment = {"LD_PRELOAD": str(library), "POWER_LOSS_NOTES": str(self.notes)}

    def files(self) -> list:
        return [file for file in self.data.rglob("*") if file.is_file()]

    def start(self) -> HubProcess:
        self.notes.write_text("", encoding="ascii")
        self.before = {file.stat().st_ino: file.stat().st_size for file in self.files()}
        os.environ.update(self.environment)
        try:
            return HubProcess(self.data)
        finally:
            for name in self.environment:
                del os.environ[name]

    def cut(self) -> None:
        synced, named = dict(self.before), set(self.before)
        for line in self.notes.read_text(encoding="ascii").splitlines():
            kind, inode, *size = line.split()
            if kind == "N":
                named.add(int(inode))
            else:
                synced[int(inode)] = max(synced.get(int(inode), 0), int(size[0]))
        expect(len(synced) > len(self.before), "the hub has synced something")
        for file in self.files():
            facts = file.stat()
            if facts.st_ino not in named and self.rng.random() < 0.5:
                file.unlink()
                self.files_gone += 1
                continue
            kept = min(synced.get(facts.st_ino, 0), facts.st_size)
            if kept == facts.st_size:
                continue
            # A tail is cut anywhere, or there but zero: disks write in any order.
            left = self.rng.randint(kept, facts.st_size)
            os.truncate(file, left)
            self.bytes_cut += facts.st_size - left
            if file.suffix == ".log" and self.rng.random() < 0.3:
                os.truncate(file, facts.st_size)


def check(hub: HubProcess, load: Load) -> int:
    # The first push makes the dataset; if it was never acknowledged, a loss of power takes both.
    stored = {entity["_id"]: entity["n"] for entity in entities_of(hub, "in")}
    for key, n in stored.items():
        expect(n in load.sent.get(key, ()), f"{key}: {n} is stored and was never sent")
    for key, n in load.acknowledged.items():
        expect(key in stored, f"{key} was acknowledged and is lost")
        expect(stored[key] >= n, f"{key}: {stored[key]} is stored, {n} was acknowledged after it")
    return len(stored)


def entities_of(hub: HubProcess, dataset: str) -> list:
    """None where the first commit has not made the dataset yet."""
    there = any(found["_id"] == dataset for found in hub.get("datasets"))
    return hub.entities(dataset, deleted="false") if there else []


def check_large(hub: HubProcess, load: Load) -> int:
    stored = {entity["n"] for entity in entities_of(hub, "large")}
    expect(not stored or max(stored) < load.large_sent, "an entity is stored and was never sent")
    for first in load.large_acknowledged:
        lost = [n for n in range(first, first + LARGE) if n not in stored]
        expect(not lost, f"{len(lost)} of a large request were acknowledged and are lost, from {lost[:1]} on")
    return len(stored)


def verify(data) -> None:
    done = subprocess.run([str(PROGRAM), "verify", str(data)], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"verify after a kill: {done.returncode} {done.stdout[-1000:]} {done.stderr[-1000:]}")


def check_downstream(hub: HubProcess) -> None:
    hub.run_all()
    left = {entity["_id"]: entity["n"] for entity in hub.entities("in", deleted="false")}
    right = {entity["_id"]: entity for entity in hub.entities("twice", deleted="false")}
    expect(left.keys() == right.keys(), "downstream has other entities")
    for key, n in left.items():
        expect(right[key]["n"] == n and right[key]["twice"] == 2 * n, f"downstream {right[key]} of n = {n}")
    large = {entity["_id"] for entity in entities_of(hub, "large")}
    copied = {entity["_id"] for entity in entities_of(hub, "large-copy")}
    expect(large == copied, f"{len(large)} large, {len(copied)} copied")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--power-loss", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    rng = random.Random(options.seed)
    load = Load(random.Random(options.seed + 1))
    inside = kills = stored_large = 0
    with folder() as path:
        power = PowerLoss(path, path / "data", random.Random(options.seed + 2)) if options.power_loss else None
        start = power.start if power else lambda: HubProcess(path / "data")
        hub = start()
        hub.put_config(PIPES)
        while kills < options.kills:
            load.stop = False
            large = kills % LARGE_EVERY == LARGE_EVERY - 1
            thread = threading.Thread(target=load.run, args=(hub, large))
            thread.start()
            load.in_request.wait(10)
            time.sleep(rng.random() * (0.6 if large else 0.3))  # The moment of death; nothing is waited for.
            if rng.random() < 0.9:
                load.in_request.wait(5)
            hub.kill()
            open_request = load.in_request.is_set()
            load.stop = True
            thread.join()
            load.in_request.clear()
            kills += 1
            inside += open_request
            if power:
                power.cut()
            verify(path / "data")
            hub = start()
            stored = check(hub, load)
            stored_large = check_large(hub, load) if large else stored_large
            if kills % 10 == 0:
                check_downstream(hub)
        check_downstream(hub)
        expect(hub.stop() == 0, "a clean stop has status 0")
    if power:
        print(f"{power.bytes_cut} bytes cut off and {power.files_gone} files gone with the power")
        expect(power.bytes_cut > 0, "nothing was ever lost with the power")
    print(f"{kills} kills, {inside} inside an open request, {stored} entities stored, {load.n} sent; of "
          f"{load.large_sent} in large requests {stored_large} are stored, {len(load.large_acknowledged)} requests answered")
    expect(inside >= options.kills * 4 // 5, f"only {inside} kills hit an open request")
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
