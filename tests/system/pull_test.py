#!/usr/bin/env python3
"""The JSON pull protocol as a client on the other end sees it: heads, `since`, `limit`, a recreated dataset."""

import json
import re
import sys

from support import HubProcess, expect, folder, run_cases

PIPES = [
    {"_id": "in", "type": "pipe", "source": {"type": "http_endpoint"}},
    {"_id": "out", "type": "pipe", "source": {"type": "dataset", "dataset": "in"}, "sink": {"type": "http_endpoint"}},
]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def push(hub: HubProcess, *ids: str) -> None:
    body = json.dumps([{"_id": i, "text": f"\u00e6 \"{i}\" \\ \n"} for i in ids]).encode()
    answer = hub.send("POST", "receivers/in/entities", body)
    expect(answer.status == 200, answer.body)


def pull(hub: HubProcess, query: str = ""):
    answer = hub.send("GET", f"publishers/out/entities{query}")
    expect(answer.status == 200, answer.body)
    return answer, answer.json()


def main() -> int:
    with folder() as path:
        hub = HubProcess(path / "data")
        hub.put_config(PIPES)

        def heads():
            push(hub, "a", "b", "c")
            answer, entities = pull(hub)
            expect(UUID.fullmatch(answer.headers["x-dataset-generation"]), answer.headers)
            expect(answer.headers["x-dataset-populated"] == "true", answer.headers)
            expect(json.loads(answer.headers["x-dataset-max-updated"]) == entities[-1]["_updated"], answer.headers)
            expect([e["_id"] for e in entities] == ["a", "b", "c"], entities)
            expect(entities[1]["text"] == "\u00e6 \"b\" \\ \n", entities)

        def going_on():
            _, entities = pull(hub)
            _, rest = pull(hub, f"?since={entities[0]['_updated']}")
            expect([e["_id"] for e in rest] == ["b", "c"], rest)
            _, one = pull(hub, f"?since={entities[0]['_updated']}&limit=1")
            expect([e["_id"] for e in one] == ["b"], one)
            _, none = pull(hub, f"?since={entities[-1]['_updated']}")
            expect(none == [], none)

        def recreated():
            before = pull(hub)[0].headers["x-dataset-generation"]
            push(hub, "a")
            expect(pull(hub)[0].headers["x-dataset-generation"] == before, "an append keeps the generation")
            hub.request("DELETE", "datasets/in")
            push(hub, "a")
            answer, entities = pull(hub)
            after = answer.headers["x-dataset-generation"]
            expect(UUID.fullmatch(after) and after != before, f"{before} {after}")
            expect([e["_id"] for e in entities] == ["a"], entities)

        def wrong_questions():
            for query in ("?limit=many", "?limit=-1"):
                answer = hub.send("GET", f"publishers/out/entities{query}")
                expect(answer.status == 400 and "limit" in answer.json()["message"], answer.body)

        try:
            return run_cases({f.__name__: f for f in (heads, going_on, recreated, wrong_questions)})
        finally:
            hub.stop()


if __name__ == "__main__":
    sys.exit(main())
