"""Starts a hub for the demo and talks to its Service API."""

import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request


class Hub:
    def __init__(self, program: pathlib.Path, data: pathlib.Path, config: pathlib.Path, log: pathlib.Path,
                 environment: dict) -> None:
        self.log = log
        self.profile = data.parent / "demo-env.json"
        self.profile.write_text(json.dumps(environment), encoding="utf-8")
        # The usual port if it is free, so that the URL is easy to remember; else any.
        for listen in ("127.0.0.1:9042", "127.0.0.1:0"):
            self.process = subprocess.Popen(
                [str(program), "serve", "--data", str(data), "--config", str(config), "--env", str(self.profile),
                 "--listen", listen],
                stdout=subprocess.PIPE, stderr=log.open("ab"), text=True, start_new_session=True)
            self.url = self._wait_until_listening()
            if self.url:
                break
        else:
            raise SystemExit(f"the hub did not start; see {log}")
        self.token = (data / "admin.jwt").read_text(encoding="utf-8").strip()

    def _wait_until_listening(self) -> str:
        for line in self.process.stdout:
            found = re.search(r"Listening on (http://\S+)", line)
            if found:
                return found.group(1).rstrip("/")
        self.process.wait()
        return ""

    def request(self, method: str, path: str, body=None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data=data, method=method, headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path} failed: {error.code} {error.read().decode(errors='replace')}")

    def get(self, path: str):
        return json.loads(self.request("GET", path))

    def run_all(self) -> None:
        parameters = urllib.parse.urlencode({
            "reset_pipes_and_delete_sink_datasets": "False", "extra_zero_runs": 0, "max_run_time": 900})
        answer = json.loads(self.request("POST", f"pipes/run-all-pipes?{parameters}", {}))
        if answer.get("status") != "success":
            raise SystemExit(f"the pipes did not all succeed: {json.dumps(answer, indent=2)}")

    def entities(self, dataset: str, since=None) -> list:
        query = "" if since is None else f"&since={since}"
        return self.get(f"datasets/{urllib.parse.quote(dataset)}/entities?deleted=true{query}")

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
