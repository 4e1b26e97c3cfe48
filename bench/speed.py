"""What bench/run measures beside ingest and export: all changed, single pushes, many clients, a large dataset."""

import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
PIPE = {"_id": "in", "type": "pipe", "source": {"type": "http_endpoint"}, "sink": {"type": "dataset", "dataset": "in"}}
SLOW_SYNC_US = 2000
PART = 1_000_000


def change(line: bytes) -> bytes:
    """Another version of an entity of the limits programme."""
    if b'"left":null' in line:
        return line.replace(b'"left":null', b'"left":"~t2027-01-01T00:00:00Z"')
    return line.replace(b'"left":"~t', b'"left":"~t3')


def change_all(source: pathlib.Path, target: pathlib.Path) -> None:
    with source.open("rb") as lines, target.open("wb") as out:
        for line in lines:
            out.write(change(line))


class Client:
    """Pushes one entity after the other on one connection, without a library in the way."""

    def __init__(self, hub) -> None:
        place = urllib.parse.urlsplit(hub.url)
        self.socket = socket.create_connection((place.hostname, place.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (f"POST /api/receivers/in/entities HTTP/1.1\r\nHost: {place.netloc}\r\n"
                     f"Authorization: Bearer {hub.token}\r\nContent-Type: application/json\r\nContent-Length: ")

    def push(self, entity: str) -> float:
        """Seconds from the first byte sent to the answer."""
        request = f"{self.head}{len(entity)}\r\n\r\n{entity}".encode()
        start = time.perf_counter()
        self.socket.sendall(request)
        answer = self.socket.recv(65536)
        took = time.perf_counter() - start
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"bench: a push was refused: {answer[:500]!r}")
        return took


def entity(number: int) -> str:
    return json.dumps({"_id": f"e{number}", "text": "x" * 400})


def sync_s(file, data: bytes) -> float:
    start = time.perf_counter()
    os.write(file, data)
    os.fdatasync(file)
    return time.perf_counter() - start


def single_pushes(hub, folder: pathlib.Path, count: int) -> dict:
    """Pushes and bare syncs in turn, so that both meet the same disk."""
    client = Client(hub)
    pushes, syncs = [], []
    path = folder / "sync"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for number in range(count):
        pushes.append(client.push(entity(number)))
        syncs.append(sync_s(file, b"x" * 500))
    os.close(file)
    path.unlink()
    return {"push_p50_ms": statistics.median(pushes) * 1000, "sync_p50_ms": statistics.median(syncs) * 1000,
            "push_p99_ms": sorted(pushes)[int(count * 0.99)] * 1000}


def pushes_per_s(hub, clients: int, seconds: float) -> float:
    done = [0] * clients
    connected = [Client(hub) for _ in range(clients)]
    end = time.perf_counter() + seconds

    def work(which: int) -> None:
        while time.perf_counter() < end:
            connected[which].push(entity(which * 1_000_000 + done[which]))
            done[which] += 1

    threads = [threading.Thread(target=work, args=(which,)) for which in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - start)


def slow_sync_library(folder: pathlib.Path) -> pathlib.Path:
    library = folder / "slow_sync.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "slow_sync.c", "-ldl"], check=True)
    return library


def measure_pushes(hub_class, folder: pathlib.Path, seconds: float = 5) -> dict:
    """Single pushes on the disk as it is, and many clients there and on one whose sync takes longer."""
    result = {}
    for disk in ("plain", "slow"):
        data = folder / "push-data"
        shutil.rmtree(data, ignore_errors=True)
        if disk == "slow":
            os.environ["LD_PRELOAD"] = str(slow_sync_library(folder))
            os.environ["SLOW_SYNC_US"] = str(SLOW_SYNC_US)
        try:
            hub = hub_class(data)
        finally:
            os.environ.pop("LD_PRELOAD", None)
        try:
            hub.put_config([PIPE])
            if disk == "plain":
                result.update(single_pushes(hub, folder, 1000))
            for clients in (1, 8):
                result[f"{disk}_{clients}"] = pushes_per_s(hub, clients, seconds)
        finally:
            hub.stop()
        shutil.rmtree(data)
    return result


def split(source: pathlib.Path, folder: pathlib.Path, every: int) -> list:
    """The source's lines in files of `every` lines each."""
    parts, out = [], None
    with source.open("rb") as lines:
        for number, line in enumerate(lines):
            if number % every == 0:
                if out:
                    out.close()
                parts.append(folder / f"part-{number // every}.ndjson")
                out = parts[-1].open("wb")
            out.write(line)
    out.close()
    return parts


def folder_bytes(folder: pathlib.Path) -> int:
    return int(subprocess.run(["du", "-sB1", folder], check=True, capture_output=True, text=True).stdout.split()[0])


def change_twentieth(source: pathlib.Path, changed: pathlib.Path, final: pathlib.Path) -> None:
    """5% of the entities changed: those alone, and all as they are then."""
    with source.open("rb") as lines, changed.open("wb") as some, final.open("wb") as everything:
        for number, line in enumerate(lines):
            if number % 20 == 0:
                line = change(line)
                some.write(line)
            everything.write(line)


def measure_growth(hub_class, post_file, folder: pathlib.Path, entities: int) -> dict:
    """One dataset that grows by a million entities a request."""
    subprocess.run([HERE / "limits/run.sh", "--generate", "--n", str(entities), "--dir", str(folder)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    source = folder / f"entities-{entities}.ndjson"
    (folder / f"entities-{entities}.json").unlink(missing_ok=True)
    data, copy = folder / "grown", folder / "grown-copy"
    for old in (data, copy):
        shutil.rmtree(old, ignore_errors=True)
    hub = hub_class(data)
    result = {"entities": entities, "part_per_s": []}
    hub.put_config([PIPE])
    for part in split(source, folder, PART):
        result["part_per_s"].append(PART / post_file(hub, "in", part)["wall_s"])
        result.setdefault("part_peak_mb", []).append(hub.peak_mb())
        part.unlink()
    changed, final = folder / "changed.ndjson", folder / "final.ndjson"
    change_twentieth(source, changed, final)
    source.unlink()
    post_file(hub, "in", changed)
    result["peak_mb"] = hub.peak_mb()
    hub.kill()
    hub = hub_class(data)
    result["ready_after_kill_s"] = hub.ready_s
    result["stored"] = hub.get("datasets/in")["runtime"]["count-index-exists"]
    hub.stop()
    hub = hub_class(data)
    result["ready_s"] = hub.ready_s
    hub.stop()
    result["bytes"] = folder_bytes(data)
    hub = hub_class(copy)
    hub.put_config([PIPE])
    post_file(hub, "in", final)
    hub.stop()
    result["copy_bytes"] = folder_bytes(copy)
    for done in (data, copy):
        shutil.rmtree(done)
    for file in (changed, final):
        file.unlink()
    return result


def all_changed_limit(figure_of, report: dict) -> float:
    steps = ("f_http.beast_chunked_post", "b_build.parse_build_and_hash",
             "c_ingest.change_detection.existing_all_changed")
    return 1 / sum(1 / figure_of(report, step) for step in steps)


def lines(pushes: dict, growth: dict) -> list:
    text = [
        f"- single durable push: p50 {pushes['push_p50_ms']:.2f} ms (p99 {pushes['push_p99_ms']:.2f}), the disk's own "
        f"append and sync of 500 bytes {pushes['sync_p50_ms']:.2f} ms: {pushes['push_p50_ms'] - pushes['sync_p50_ms']:.2f} "
        "ms over it",
        f"- pushes of one entity a second, 1 and 8 clients: {pushes['slow_1']:,.0f} and {pushes['slow_8']:,.0f} "
        f"({pushes['slow_8'] / pushes['slow_1']:.1f} times) where a sync takes {SLOW_SYNC_US / 1000:.0f} ms longer; "
        f"{pushes['plain_1']:,.0f} and {pushes['plain_8']:,.0f} ({pushes['plain_8'] / pushes['plain_1']:.1f} times) on "
        "the plain disk"]
    if growth:
        rates = growth["part_per_s"]
        text += [
            f"- {growth['entities']:,} entities, a million a request: {rates[0]:,.0f} a second at the first, "
            f"{rates[-1]:,.0f} at the last ({rates[-1] / rates[0]:.2f}); peak resident memory {growth['peak_mb']:.0f} MB "
            f"({growth['part_peak_mb'][0]:.0f} after the first); {growth['stored']:,} stored",
            f"- ready with them in {growth['ready_s'] * 1000:.0f} ms, after kill -9 in "
            f"{growth['ready_after_kill_s'] * 1000:.0f} ms; on disk {growth['bytes'] / 1e6:,.0f} MB with 5% changed, "
            f"{growth['bytes'] / growth['copy_bytes']:.2f} times a fresh copy"]
    return text
