#!/usr/bin/env python3
"""kill -9 during load: acknowledged ⊆ stored ⊆ sent, never older than acknowledged, downstream recomputed; each time
`sluice verify` finds nothing.

kill_test.py [--kills 30] [--seed N]
"""

import argparse
import json
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
]
KEYS, ENTITIES_PER_POST, CHUNKS = 3000, 400, 8


class Load:
    """Pushes entities whose `n` only ever grows, and remembers what was sent and what was acknowledged."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.n = 0
        self.sent = {}          # id → every n that was sent
        self.acknowledged = {}  # id → the last n whose request was answered 200
        self.in_request = threading.Event()
        self.stop = False

    def post(self, hub: HubProcess) -> None:
        batch = {}
        for _ in range(ENTITIES_PER_POST):
            self.n += 1
            key = f"k{self.rng.randrange(KEYS)}"
            batch[key] = self.n
            self.sent.setdefault(key, set()).add(self.n)
        entities = [json.dumps({"_id": key, "n": n, "text": "x" * self.rng.randrange(400)}) for key, n in batch.items()]
        place = urllib.parse.urlsplit(hub.url)
        with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
            connection.sendall((f"POST /api/receivers/in/entities HTTP/1.1\r\nHost: {place.netloc}\r\n"
                                f"Authorization: Bearer {hub.token}\r\nContent-Type: application/json\r\n"
                                "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n").encode())
            self.in_request.set()
            body = ("[" + ",".join(entities) + "]").encode()
            step = len(body) // CHUNKS + 1
            for start in range(0, len(body), step):
                part = body[start:start + step]
                connection.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
            answer = b""
            while more := connection.recv(65536):
                answer += more
        if answer.startswith(b"HTTP/1.1 200"):
            self.acknowledged.update(batch)
            self.in_request.clear()
        elif answer:
            raise AssertionError(answer[:500])
        else:
            raise ConnectionError("closed without an answer")

    def run(self, hub: HubProcess) -> None:
        while not self.stop:
            try:
                self.post(hub)
            except OSError:
                return  # The hub was killed: in_request stays set if a request was open.


def check(hub: HubProcess, load: Load) -> int:
    stored = {entity["_id"]: entity["n"] for entity in hub.entities("in", deleted="false")}
    for key, n in stored.items():
        expect(n in load.sent.get(key, ()), f"{key}: {n} is stored and was never sent")
    for key, n in load.acknowledged.items():
        expect(key in stored, f"{key} was acknowledged and is lost")
        expect(stored[key] >= n, f"{key}: {stored[key]} is stored, {n} was acknowledged after it")
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    rng = random.Random(options.seed)
    load = Load(random.Random(options.seed + 1))
    inside = kills = 0
    with folder() as path:
        hub = HubProcess(path / "data")
        hub.put_config(PIPES)
        while kills < options.kills:
            load.stop = False
            thread = threading.Thread(target=load.run, args=(hub,))
            thread.start()
            load.in_request.wait(10)
            time.sleep(rng.random() * 0.3)  # The moment of death; nothing is waited for.
            if rng.random() < 0.9:
                load.in_request.wait(5)
            hub.kill()
            open_request = load.in_request.is_set()
            load.stop = True
            thread.join()
            load.in_request.clear()
            kills += 1
            inside += open_request
            verify(path / "data")
            hub = HubProcess(path / "data")
            stored = check(hub, load)
            if kills % 10 == 0:
                check_downstream(hub)
        check_downstream(hub)
        expect(hub.stop() == 0, "a clean stop has status 0")
    print(f"{kills} kills, {inside} inside an open request, {stored} entities stored, {load.n} sent")
    expect(inside >= options.kills * 4 // 5, f"only {inside} kills hit an open request")
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
