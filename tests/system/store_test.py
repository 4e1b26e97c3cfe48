#!/usr/bin/env python3
"""What a data folder survives: backups under load, damage in each kind of file, a full disk, a second process.

store_test.py [CASE ...]
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

from support import PROGRAM, HubProcess, expect, folder, run_cases, wait_until

PIPES = [
    {"_id": "in", "type": "pipe", "source": {"type": "http_endpoint"}, "sink": {"type": "dataset", "dataset": "in"}},
    {"_id": "upper", "type": "pipe", "source": {"type": "dataset", "dataset": "in"},
     "transform": {"type": "dtl", "rules": {"default": [["copy", "*"], ["add", "twice", ["*", 2, "_S.n"]]]}}},
    {"_id": "joined", "type": "pipe", "source": {"type": "dataset", "dataset": "upper"},
     "transform": {"type": "dtl", "rules": {"default": [
         ["copy", "_id"],
         ["add", "same", ["count", ["hops", {"datasets": ["in i"], "where": ["eq", "_S.group", "i.group"]}]]]]}}},
]


def sluice(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, check=False)


def batch(start: int, count: int, text: int = 100) -> list:
    return [{"_id": f"e{n % 5000}", "n": n, "group": n % 50, "text": "x" * text} for n in range(start, start + count)]


def fill(path: pathlib.Path, options=()) -> HubProcess:
    hub = HubProcess(path / "data", options=options)
    hub.put_config(PIPES)
    for start in range(0, 8000, 1000):
        hub.request("POST", "receivers/in/entities", batch(start, 1000))
    hub.run_all()
    return hub


def export(data: pathlib.Path, dataset: str = "in") -> str:
    done = sluice("export", dataset, "--data", data, "--history", "--deleted", "--metadata")
    expect(done.returncode == 0, f"export: {done.stderr}")
    return done.stdout


def verified(data: pathlib.Path) -> subprocess.CompletedProcess:
    done = sluice("verify", data)
    expect(done.returncode == 0, f"verify: {done.returncode} {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done


def case_verify_and_rebuild() -> None:
    with folder() as path:
        hub = fill(path)
        in_use = sluice("verify", path / "data")
        expect(in_use.returncode == 2 and "in use" in in_use.stderr, f"in use: {in_use}")
        expect(hub.stop() == 0, "a clean stop")
        expect("0 differences" in verified(path / "data").stdout, "the summary")
        before = export(path / "data")
        rebuilt = sluice("rebuild", path / "data")
        expect(rebuilt.returncode == 0, f"rebuild: {rebuilt}")
        verified(path / "data")
        expect(export(path / "data") == before, "rebuilding changed what is stored")
        # Indexes fill again when the hub starts, and with them verify is clean.
        hub = HubProcess(path / "data")
        hub.request("POST", "receivers/in/entities", batch(9000, 10))
        hub.run_all()
        expect(hub.stop() == 0, "a clean stop")
        verified(path / "data")
        expect(sluice("verify", path / "nothing").returncode == 2, "a folder that is none")


def kind_of(name: str) -> str:
    for kind in ("MANIFEST", "OPTIONS", "CURRENT", "IDENTITY", "FORMAT", "SYNCED", "LOCK"):
        if name.startswith(kind):
            return kind
    return pathlib.PurePath(name).suffix or name


def flip(path: pathlib.Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = rng.randrange(len(content))
    content[at] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(content))


def case_flipped_bits() -> None:
    """A flipped bit is told, by a status and a message, or it changes nothing: no silent loss."""
    rng = random.Random(4)
    told, harmless = {}, {}
    with folder() as path:
        hub = fill(path)
        hub.stop()
        hub = HubProcess(path / "data")  # Tables of the first life, and a log of writes that was not flushed.
        hub.request("POST", "receivers/in/entities", batch(20000, 500))
        hub.kill()
        shutil.copytree(path / "data", path / "whole")
        wanted = export(path / "data")
        files = [file for file in (path / "whole" / "store").rglob("*") if file.is_file() and file.stat().st_size > 0]
        for file in files:
            kind = kind_of(file.name)
            if kind == "LOG":  # RocksDB's own messages for people.
                continue
            for _ in range(4 if kind in (".sst", ".log") else 2):
                damaged = path / "damaged"
                shutil.copytree(path / "whole", damaged)
                flip(damaged / file.relative_to(path / "whole"), rng)
                done = sluice("verify", damaged)
                if done.returncode == 0:
                    harmless[kind] = harmless.get(kind, 0) + 1
                    expect(export(damaged) == wanted, f"a flipped bit in {file.name} was not told, and data differs")
                else:
                    told[kind] = told.get(kind, 0) + 1
                    expect((done.stdout + done.stderr).strip() != "", f"{file.name}: no message")
                shutil.rmtree(damaged)
    print(f"told: {told}; harmless: {harmless}")
    for kind in (".sst", ".log", "FORMAT"):
        expect(told.get(kind, 0) > 0, f"no flipped bit in {kind} was ever told")


def case_second_process() -> None:
    with folder() as path:
        hub = fill(path)
        second = sluice("serve", "--data", path / "data", "--listen", "127.0.0.1:0")
        expect(second.returncode == 2 and "in use" in second.stderr, f"a second process: {second}")
        expect(len(hub.entities("in")) == 5000, "the first goes on")
        expect(hub.stop() == 0, "a clean stop")


def case_read_only_folder() -> None:
    """A folder that cannot be written is refused with its name; nothing in it is touched."""
    with folder() as path:
        fill(path).stop()
        store = path / "data" / "store"
        if os.geteuid() == 0:
            # Root writes everywhere but on a read-only file system.
            mounted = subprocess.run(["mount", "--bind", "-o", "ro", str(path / "data"), str(path / "data")],
                                     capture_output=True, text=True, check=False)
            if mounted.returncode == 0:
                subprocess.run(["mount", "-o", "remount,ro,bind", str(path / "data")], check=True)
            else:
                print(f"skipped: no mounts here: {mounted.stderr.strip()}")
                return
        else:
            store.chmod(0o500)
        try:
            refused = sluice("serve", "--data", path / "data", "--listen", "127.0.0.1:0")
            expect(refused.returncode == 2 and str(path) in refused.stderr, f"read-only: {refused}")
        finally:
            if os.geteuid() == 0:
                subprocess.run(["umount", str(path / "data")], check=True)
            else:
                store.chmod(0o700)
        verified(path / "data")


@contextlib.contextmanager
def small_disk(path: pathlib.Path, megabytes: int):
    """A tmpfs of that size; nothing where the machine allows no mounts."""
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        print(f"skipped: no mounts here: {mounted.stderr.strip()}")
        yield None
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def push(hub: HubProcess, start: int, count: int = 2000) -> int:
    entities = [{"_id": f"p{n}", "n": n, "group": 1, "text": os.urandom(1000).hex()} for n in range(start, start + count)]
    return hub.send("POST", "receivers/in/entities", entities).status


def case_full_disk() -> None:
    """Writers stop with a clear event before the log fails; reading and the API stay up; they resume by themselves."""
    with folder() as path, small_disk(path / "disk", 256) as disk:
        if disk is None:
            return
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            file.write(b"\0" * (130 << 20))
        hub = HubProcess(disk / "data", log=path / "hub.log")
        hub.put_config(PIPES[:1] + [{**PIPES[1], "pump": {"schedule_interval": 3600}}])
        # Flushing what memory holds makes room again, so that some pushes are taken between refused ones.
        start, refusals = 0, 0
        for start in range(0, 400000, 2000):
            status = push(hub, start)
            expect(status in (200, 503), f"a push onto a full disk: {status}")
            refusals = refusals + 1 if status == 503 else 0
            if refusals == 20:
                break
        expect(refusals == 20, "the disk was never full")
        status = hub.get("status")
        expect(status["disk"]["writing_stopped"] is True, f"status: {status}")
        # A compaction may take the last of it for a moment; that the log has not failed shows below.
        wait_until(lambda: hub.get("status")["disk"]["free_bytes"] > 0, "the disk is not full to the last byte")
        wait_until(lambda: "entities are refused until" in (path / "hub.log").read_text(), "the event in the log")
        expect(len(hub.entities("in", limit=10)) == 10, "reading goes on")
        ballast.unlink()
        expect(push(hub, start) == 200, "accepted again, without a restart")
        wait_until(lambda: "has room again" in (path / "hub.log").read_text(), "the event that it goes on")
        count = hub.get("datasets/in")["runtime"]["count-index-exists"]
        wait_until(lambda: hub.has_dataset("upper")
                   and hub.get("datasets/upper")["runtime"]["count-index-exists"] == count, "the pipe goes on")
        left = {entity["_id"]: entity["n"] for entity in hub.entities("in", deleted="false")}
        right = {entity["_id"]: entity["n"] for entity in hub.entities("upper", deleted="false")}
        expect(left == right, "downstream is complete")
        expect(hub.stop() == 0, "a clean stop")
        verified(disk / "data")


class Writer(threading.Thread):
    """Pushes as fast as it can: each request raises `n` of one block of ids together."""

    def __init__(self, hub: HubProcess) -> None:
        super().__init__()
        self.hub, self.stopping, self.rounds, self.entities = hub, threading.Event(), 0, 0
        self.failure = None

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                body = json.dumps([{"_id": f"w{i}", "n": self.rounds, "text": "x" * 60} for i in range(5000)])
                self.hub.request("POST", "receivers/in/entities", body.encode())
                self.rounds += 1
                self.entities += 5000
        except Exception as failure:  # Shown by the test's thread.
            self.failure = failure


def backup_in_a_second_of_its_own(hub: HubProcess):
    """Backups are named by the second, so a second one in the same is refused."""
    last = None

    def taken():
        nonlocal last
        last = hub.send("POST", "backups")
        return last.status != 409

    wait_until(taken, "a second without a backup")
    return last


def case_backup_under_load() -> None:
    with folder() as path:
        hub = fill(path, options=["--backup", path / "backups", "--backup-keep", "2"])
        writer = Writer(hub)
        writer.start()
        wait_until(lambda: writer.rounds > 3 or writer.failure, "load")
        made = []
        for _ in range(3):
            before = writer.rounds
            answer = backup_in_a_second_of_its_own(hub)
            expect(answer.status == 200, f"a backup: {answer.status} {answer.body}")
            made.append((answer.json(), before, writer.rounds + 1))
            wait_until(lambda: writer.rounds > before + 2 or writer.failure, "load goes on")
        rate = writer.entities
        writer.stopping.set()
        writer.join()
        expect(writer.failure is None, f"the writer failed: {writer.failure}")
        names = [backup["_id"] for backup in hub.get("backups")]
        expect(names == [report["_id"] for report, _, _ in made[1:]], f"two are kept: {names}")
        last_second = names[-1]
        wait_until(lambda: time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime()) > last_second, "the next second")
        asked = sluice("backup", hub.url, "--token", path / "data" / "admin.jwt")
        expect(asked.returncode == 0, f"backup over the API: {asked}")
        expect(hub.stop() == 0, "a clean stop")
        report, before, after = made[2]
        restored = sluice("restore", path / "backups" / report["_id"], path / "elsewhere")
        expect(restored.returncode == 0, f"restore: {restored}")
        verified(path / "elsewhere")
        again = HubProcess(path / "elsewhere")
        seen = {entity["n"] for entity in again.entities("in", deleted="false") if entity["_id"].startswith("w")}
        # Requests of 5,000 entities are more than one commit: of two rounds in flight, both may be there.
        expect(seen and min(seen) >= before - 1 and max(seen) <= after and max(seen) - min(seen) <= 1,
               f"a state that the hub had: {seen}, between {before} and {after}")
        again.run_all()
        left = {entity["_id"]: entity["n"] for entity in again.entities("in", deleted="false")}
        right = {entity["_id"]: entity["n"] for entity in again.entities("upper", deleted="false")}
        expect(left == right, "downstream of the restored hub")
        expect(again.stop() == 0, "a clean stop")
        print(f"{rate} entities written meanwhile; {report}")


def case_backups_share_and_are_checked() -> None:
    with folder() as path:
        fill(path).stop()
        first = json.loads(sluice("backup", path / "data", path / "backups").stdout)
        wait_until(lambda: sluice("backup", path / "data", path / "backups").returncode == 0, "another second")
        names = sorted(entry.name for entry in (path / "backups").iterdir())
        expect(len(names) == 2 and names[0] == first["_id"], f"backups: {names}")
        tables = {file.name: file.stat().st_ino for file in (path / "backups" / names[0] / "store/db").glob("*.sst")}
        again = {file.name: file.stat().st_ino for file in (path / "backups" / names[1] / "store/db").glob("*.sst")}
        expect(any(again.get(name) == inode for name, inode in tables.items()), "tables are shared by links")
        damaged = path / "damaged"
        shutil.copytree(path / "backups" / names[1], damaged)
        flip(max((damaged / "store/db").glob("*.sst"), key=lambda file: file.stat().st_size), random.Random(1))
        refused = sluice("restore", damaged, path / "new")
        expect(refused.returncode == 1 and ".sst" in refused.stderr, f"a damaged backup: {refused}")
        expect(sluice("restore", path / "backups", path / "data").returncode == 2, "onto a folder that is in use")
        expect(sluice("restore", path / "backups", path / "new2").returncode == 0, "the newest of a folder")
        expect(export(path / "new2") == export(path / "data"), "what was restored is what there was")


CASES = {name.removeprefix("case_"): case for name, case in list(globals().items()) if name.startswith("case_")}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(CASES)
    sys.exit(run_cases({name: CASES[name] for name in chosen}))
