"""Runs a hub as a process and talks to its Service API. For the demo, the benchmarks and the tests of the whole."""

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse

TICKS = os.sysconf("SC_CLK_TCK")
ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("SLUICE_PROGRAM", ROOT / "build/release/sluice"))


class Answer:
    def __init__(self, status: int, headers: dict, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class HubProcess:
    """Starts `sluice serve` and waits until it listens. `options` are further arguments of `serve`."""

    def __init__(self, data: pathlib.Path, options=(), listen: str = "127.0.0.1:0", cpus: str = "",
                 log: pathlib.Path = None) -> None:
        start = time.monotonic()
        pin = ["taskset", "-c", cpus] if cpus else []
        self.log = log or data.parent / f"{data.name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [*pin, str(PROGRAM), "serve", "--data", str(data), "--listen", listen, *map(str, options)],
                stdout=subprocess.PIPE, stderr=errors, text=True)
        self.url = ""
        for line in self.process.stdout:
            found = re.search(r"Listening on (http://\S+)", line)
            if found:
                self.url = found.group(1).rstrip("/")
                break
        if not self.url:
            self.process.wait()
            raise ChildProcessError(f"the hub did not start; see {self.log}")
        self.ready_s = time.monotonic() - start
        self.token = (data / "admin.jwt").read_text(encoding="utf-8").strip()

    def connect(self, timeout: float = 900) -> http.client.HTTPConnection:
        place = urllib.parse.urlsplit(self.url)
        return http.client.HTTPConnection(place.hostname, place.port, timeout=timeout)

    def send(self, method: str, path: str, body=None, headers: dict = None, timeout: float = 900) -> Answer:
        """One request. `body` may be bytes, an iterator of bytes (sent in chunks), or what JSON can hold."""
        connection = self.connect(timeout)
        every = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        if body is not None:
            every.setdefault("Content-Type", "application/json")
            if not isinstance(body, (bytes, bytearray)) and not hasattr(body, "__next__"):
                body = json.dumps(body).encode()
        try:
            connection.request(method, f"/api/{path}", body=body, headers=every,
                               encode_chunked=hasattr(body, "__next__"))
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def request(self, method: str, path: str, body=None) -> bytes:
        """The body of a successful answer; any other is an error that shows it."""
        answer = self.send(method, path, body)
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body.decode(errors='replace')[:2000]}")
        return answer.body

    def get(self, path: str):
        return json.loads(self.request("GET", path))

    def put_config(self, components: list) -> None:
        self.request("PUT", "config?force=false", components)

    def run_all(self, **parameters) -> dict:
        """Runs all pipes to completion without resetting anything; an error if they do not all succeed."""
        query = urllib.parse.urlencode({"reset_pipes_and_delete_sink_datasets": "False", "extra_zero_runs": 0,
                                        **parameters})
        answer = json.loads(self.request("POST", f"pipes/run-all-pipes?{query}", {}))
        if answer.get("status") != "success":
            raise RuntimeError(f"the pipes did not all succeed: {json.dumps(answer, indent=2)}")
        return answer

    def has_dataset(self, dataset: str) -> bool:
        status = self.send("GET", f"datasets/{urllib.parse.quote(dataset, safe='')}").status
        if status not in (200, 404):
            raise RuntimeError(f"GET datasets/{dataset}: {status}")
        return status == 200

    def entities(self, dataset: str, **parameters) -> list:
        """The latest versions, deleted ones too; the API's own default is the whole history."""
        query = urllib.parse.urlencode({"history": "false", **parameters})
        return self.get(f"datasets/{urllib.parse.quote(dataset, safe='')}/entities?{query}")

    def cpu_s(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_mb(self) -> float:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024

    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(timeout=120)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed."""
        if self.is_running():
            self.process.kill()
            self.process.wait()
        if not self.process.stdout.closed:
            self.process.stdout.close()
