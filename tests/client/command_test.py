"""Runs the public command-line client's own tests, unmodified, against a hub.

command_test.py SESAM_PY   a checkout of the client; its tests run in a copy, since they write into their folders.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from hub_process import HubProcess  # noqa: E402  (after the path)

TESTS = ["fair_weather_test", "embedded_conversion_test"]


def run(test: str, client: pathlib.Path, hub: HubProcess, folder: pathlib.Path) -> bool:
    copy = folder / test
    shutil.copytree(client / "tests" / test, copy)
    environment = {**os.environ, "SESAM_CLIENT": f"{sys.executable} {client / 'sesam.py'}",
                   "NODE_URL": f"{hub.url}/api", "PUBLIC_CI_TOKEN": hub.token}
    done = subprocess.run(["bash", "run_test.sh"], cwd=copy, env=environment, capture_output=True, text=True,
                          timeout=900)
    retried = "Command failed. Attempt" in done.stdout
    if done.returncode == 0 and not retried:
        print(f"ok      {test}")
        return True
    print(f"FAILED  {test}: {'a command had to be tried again' if retried else f'status {done.returncode}'}")
    print(done.stdout[-4000:])
    print(done.stderr[-8000:])
    return False


def main() -> int:
    client = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="sluice-client-") as name:
        folder = pathlib.Path(name)
        hub = HubProcess(folder / "data")
        try:
            passed = [run(test, client, hub, folder) for test in TESTS]
        finally:
            status = hub.stop()
    if status != 0:
        print(f"the hub ended with status {status}")
    return 0 if all(passed) and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
