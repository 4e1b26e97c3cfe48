#!/usr/bin/env python3
"""A change pushed to the first of five chained pipes goes on at once, without any schedule passing.

chain_test.py [--pushes 40]   Prints the median time from the acknowledgement to the last dataset.
"""

import argparse
import statistics
import sys
import time

from support import HubProcess, expect, folder, wait_until


def chain() -> list:
    pipes = [{"_id": "p1", "type": "pipe", "source": {"type": "http_endpoint"}}]
    for number in range(2, 6):
        pipes.append({
            "_id": f"p{number}", "type": "pipe", "source": {"type": "dataset", "dataset": f"p{number - 1}"},
            "transform": {"type": "dtl", "rules": {"default": [["copy", "*"], ["add", f"seen{number}", True]]}},
            "pump": {"schedule_interval": 86400, "run_at_startup": False}})
    return pipes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pushes", type=int, default=40)
    options = parser.parse_args()
    times = []
    with folder() as path:
        hub = HubProcess(path / "data")
        hub.put_config(chain())
        since = -1
        for push in range(options.pushes):
            hub.request("POST", "receivers/p1/entities", [{"_id": f"e{push % 7}", "n": push}])
            start = time.monotonic()

            def arrived():
                if not hub.has_dataset("p5"):  # The first push may still be on its way.
                    return []
                query = {} if since < 0 else {"since": since}
                return [e for e in hub.entities("p5", **query) if e.get("n") == push]

            found = wait_until(arrived, f"push {push} in the last dataset", 20)
            times.append(time.monotonic() - start)
            since = found[0]["_updated"]
            expect(all(found[0].get(f"seen{n}") for n in range(2, 6)), f"{found[0]} went through all pipes")
        expect(hub.stop() == 0, "a clean stop has status 0")
    print(f"median {statistics.median(times) * 1000:.1f} ms, worst {max(times) * 1000:.1f} ms")
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
