#!/usr/bin/env python3
"""What staying whole costs on a large store. Beside bench/speed.py, which measures pushing.

bench/survive.py backup [--seconds 20] [--rate-min 50000]
    Backups while one client pushes as fast as it can (hub and client pinned to a core each), each restored elsewhere,
    verified, and shown to be a state that the hub had: the first so many entities of what was pushed.
bench/survive.py verify [--entities 2000000]
    Time and peak memory of `sluice verify` and `sluice rebuild` on a stopped hub's folder with an index and updates.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from hub_process import PROGRAM, HubProcess  # noqa: E402

ROUND, HOT = 10_000, 100
IN = {"_id": "in", "type": "pipe", "source": {"type": "http_endpoint"}, "sink": {"type": "dataset", "dataset": "in"}}
JOINED = {"_id": "joined", "type": "pipe", "source": {"type": "embedded", "entities": [{"_id": "1", "group": 7}]},
          "transform": {"type": "dtl", "rules": {"default": [
              ["copy", "_id"],
              ["add", "count", ["count", ["hops", {"datasets": ["in i"], "where": ["eq", "_S.group", "i.group"]}]]]]}},
          "pump": {"schedule_interval": 3600}}
TEXT = "x" * 60


def body(number: int) -> bytes:
    """Round `number`: new entities in a sequence, and behind them a few that every round updates."""
    start = number * ROUND
    fresh = ",".join([f'{{"_id":"e{i:09d}","group":{i % 1000},"text":"{TEXT}"}}' for i in range(start, start + ROUND)])
    hot = ",".join([f'{{"_id":"hot{i}","n":{number}}}' for i in range(HOT)])
    return f"[{fresh},{hot}]".encode()


class Writer(threading.Thread):
    """Pushes round after round over one connection; the next body is made while the hub takes the last."""

    def __init__(self, hub: HubProcess) -> None:
        super().__init__()
        self.hub, self.sent, self.acknowledged, self.stopping = hub, 0, 0, threading.Event()
        self.failure = None

    def run(self) -> None:
        try:
            place = self.hub.url.removeprefix("http://")
            connection = http.client.HTTPConnection(place, timeout=600)
            headers = {"Authorization": f"Bearer {self.hub.token}", "Content-Type": "application/json"}
            following = body(0)
            while not self.stopping.is_set():
                self.sent += 1
                connection.request("POST", "/api/receivers/in/entities", following, headers)
                following = body(self.sent)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status} {text[:300]}")
                self.acknowledged += 1
        except Exception as failure:  # Shown by the main thread.
            self.failure = failure


def sluice(*arguments) -> tuple:
    """Runs the program to its end: seconds, peak memory in MB, status, output, and what it said."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen([str(PROGRAM), *map(str, arguments)], stdout=out, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        return time.monotonic() - start, usage.ru_maxrss / 1024, child.returncode, out.read(), errors.read()


def must(*arguments) -> tuple:
    done = sluice(*arguments)
    if done[2] != 0:
        raise RuntimeError(f"sluice {' '.join(map(str, arguments))}: status {done[2]}: {done[3][-500:]} {done[4][-500:]}")
    return done


def check_prefix(data: pathlib.Path, least: int, most: int) -> int:
    """How many rounds there are; an error if they are not the first ones, or not as many as there must be."""
    exported = subprocess.run([str(PROGRAM), "export", "in", "--data", str(data)], capture_output=True, check=True)
    fresh, hot = [], []
    for line in exported.stdout.splitlines():
        entity = json.loads(line)
        (hot if "n" in entity else fresh).append(entity)
    numbers = sorted(int(entity["_id"][1:]) for entity in fresh)
    if numbers != list(range(len(numbers))):
        raise RuntimeError(f"{data}: {len(numbers)} entities are not the first ones that were pushed")
    rounds = len(numbers) / ROUND
    if not least <= rounds <= most:
        raise RuntimeError(f"{data}: {rounds} rounds; {least} were acknowledged before it and {most} sent at its end")
    seen = {entity["n"] for entity in hot}
    # The updates of a round come behind its new entities.
    if seen and (max(seen) + 1 > rounds or min(seen) + 2 < int(rounds)):
        raise RuntimeError(f"{data}: updates of rounds {seen} with {rounds} rounds of new entities")
    return len(numbers)


def run_backup(folder: pathlib.Path, options) -> None:
    hub = HubProcess(folder / "data", options=["--backup", folder / "backups", "--backup-keep", "0"], cpus="0")
    os.sched_setaffinity(0, {1})
    hub.put_config([IN])
    writer = Writer(hub)
    start = time.monotonic()
    writer.start()
    made = []
    while time.monotonic() - start < options.seconds and not writer.failure:
        least = writer.acknowledged
        answer = hub.send("POST", "backups")
        if answer.status == 409:  # Backups are named by the second.
            time.sleep(0.2)
            continue
        if answer.status != 200:
            raise RuntimeError(f"a backup: {answer.status} {answer.body}")
        made.append((answer.json(), least, writer.sent))
        time.sleep(options.seconds / 6)
    elapsed = time.monotonic() - start
    writer.stopping.set()
    writer.join()
    if writer.failure:
        raise writer.failure
    rate = writer.acknowledged * (ROUND + HOT) / elapsed
    print(f"{writer.acknowledged * (ROUND + HOT)} entities in {elapsed:.1f} s: {rate:.0f} entities/s while "
          f"{len(made)} backups were taken; peak {hub.peak_mb():.0f} MB", flush=True)
    (folder / "measured").touch()
    hub.stop()
    for report, least, most in made:
        elsewhere = folder / "elsewhere"
        seconds = must("restore", folder / "backups" / report["_id"], elsewhere)[0]
        must("verify", elsewhere)
        found = check_prefix(elsewhere, least, most)
        print(f"backup {report['_id']}: {report['bytes'] / 1e6:.0f} MB, restored in {seconds:.1f} s, verified, "
              f"the first {found} entities (acknowledged before: {least * ROUND}, sent at its end: {most * ROUND})")
        shutil.rmtree(elsewhere)
    if len(made) < 3 or rate < options.rate_min:
        raise RuntimeError(f"{len(made)} backups at {rate:.0f} entities/s: expected 3 at {options.rate_min}")


def run_verify(folder: pathlib.Path, options) -> None:
    data = folder / "data"
    hub = HubProcess(data)
    hub.put_config([IN, JOINED])
    hub.run_all()  # Makes the index that the join wants.
    writer = Writer(hub)
    writer.start()
    while writer.acknowledged * ROUND < options.entities and not writer.failure:
        time.sleep(0.1)
    writer.stopping.set()
    writer.join()
    if writer.failure:
        raise writer.failure
    hub.stop()
    size = sum(file.stat().st_size for file in data.rglob("*") if file.is_file())
    print(f"{writer.acknowledged * (ROUND + HOT)} versions, {size / 1e6:.0f} MB on disk", flush=True)
    for command in (["verify", data], ["rebuild", data], ["verify", data]):
        seconds, megabytes, _, out, errors = must(*command)
        told = errors.replace("\r", "\n").splitlines()
        print(f"{command[0]}: {seconds:.1f} s, peak {megabytes:.0f} MB, {len(told)} lines of progress; "
              f"{out.splitlines()[-1] if out else told[-1]}", flush=True)
        if megabytes > options.memory_max_mb:
            raise RuntimeError(f"{command[0]} took {megabytes:.0f} MB: expected {options.memory_max_mb} at most")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["backup", "verify"])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate-min", type=float, default=50_000)
    parser.add_argument("--entities", type=int, default=2_000_000)
    parser.add_argument("--memory-max-mb", type=float, default=600)
    parser.add_argument("--folder", type=pathlib.Path, help="where to work; a new folder unless given")
    options = parser.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="sluice-survive-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        (run_backup if options.what == "backup" else run_verify)(folder, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
