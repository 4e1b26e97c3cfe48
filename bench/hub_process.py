"""A hub under measurement: pinned to CPUs, with its CPU time and peak memory read from the kernel."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


class HubProcess:
    def __init__(self, program: pathlib.Path, data: pathlib.Path, cpus: str) -> None:
        start = time.monotonic()
        self.process = subprocess.Popen(
            ["taskset", "-c", cpus, str(program), "serve", "--data", str(data), "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = ""
        for line in self.process.stdout:
            found = re.search(r"Listening on (http://\S+)", line)
            if found:
                self.url = found.group(1).rstrip("/")
                break
        if not self.url:
            raise SystemExit("bench: the hub did not start")
        self.ready_s = time.monotonic() - start
        self.token = (data / "admin.jwt").read_text(encoding="utf-8").strip()

    def cpu_s(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_mb(self) -> float:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024

    def request(self, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data=data, method=method, headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def timed(self, work) -> dict:
        cpu, wall = self.cpu_s(), time.monotonic()
        work()
        return {"wall_s": time.monotonic() - wall, "cpu_s": self.cpu_s() - cpu}

    def post_file(self, pipe: str, file: pathlib.Path, client_cpus: str) -> dict:
        """Streams the file as one chunked POST; returns wall and CPU seconds of the hub."""
        def work():
            done = subprocess.run(
                ["taskset", "-c", client_cpus, "curl", "-sS", "--fail-with-body", "-X", "POST", "-T", str(file),
                 "-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {self.token}", "-H", "Expect:",
                 f"{self.url}/api/receivers/{pipe}/entities"], capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"bench: POST failed: {done.stdout}{done.stderr}")
        return self.timed(work)

    def get_to_null(self, path: str, client_cpus: str) -> dict:
        def work():
            subprocess.run(["taskset", "-c", client_cpus, "curl", "-sS", "--fail", "-o", "/dev/null",
                            "-H", f"Authorization: Bearer {self.token}", f"{self.url}/api/{path}"], check=True)
        return self.timed(work)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        if self.process.wait(timeout=120) != 0:
            raise SystemExit("bench: the hub did not stop cleanly")


def fresh(folder: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
