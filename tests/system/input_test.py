#!/usr/bin/env python3
"""Input from outside: the right status, an error body that says what and where, bounded memory, nothing lost."""

import json
import sys

from support import HubProcess, expect, folder, run_cases

PIPES = [{"_id": "in", "type": "pipe", "source": {"type": "http_endpoint"}}]
URL = "receivers/in/entities"
MEMORY_MB_MAX = 400


def problem(answer, status: int, *words: str) -> dict:
    """The answer has the status and a JSON error body that holds the words."""
    expect(answer.status == status, f"expected {status}, found {answer.status} {answer.body[:300]}")
    body = answer.json()
    expect(isinstance(body.get("message"), str) and body.get("code"), f"no message or code: {body}")
    for word in words:
        expect(word in json.dumps(body, ensure_ascii=False), f"{word!r} is not in {body}")
    return body


def ids(hub: HubProcess) -> list:
    return sorted(entity["_id"] for entity in hub.entities("in", deleted="false"))


def gigabyte(entity_bytes: int = 10_000, total: int = 1 << 30):
    filler = "x" * entity_bytes
    count = total // entity_bytes
    yield b"["
    for start in range(0, count, 100):
        part = ",".join(f'{{"_id":"g{i}","text":"{filler}"}}' for i in range(start, min(start + 100, count)))
        yield (part + ("]" if start + 100 >= count else ",")).encode()


def main() -> int:
    with folder() as path:
        hub = HubProcess(path / "data")
        hub.put_config(PIPES)

        def malformed():
            problem(hub.send("POST", URL, b'[{"_id": "a"}, {"_id": oops}]'), 400, "1")
            problem(hub.send("POST", URL, b'not json'), 400)
            problem(hub.send("POST", URL, b'[{"_id": "\xff"}]'), 400)
            problem(hub.send("POST", URL, b'[{"_id": 7}]'), 400, "_id")

        def broken_tail():
            body = b"[" + b",".join(b'{"_id": "t%d"}' % i for i in range(1000)) + b', {"_id": "half'
            answer = problem(hub.send("POST", URL, body), 400)
            stored = [i for i in ids(hub) if i.startswith("t")]
            expect(str(len(stored)) in answer["message"], f"{len(stored)} are stored, the answer says {answer}")
            whole = json.dumps([{"_id": f"t{i}"} for i in range(1000)]).encode()
            for _ in range(2):  # Sending again does no harm.
                expect(hub.send("POST", URL, whole).status == 200, "the whole body is taken")
            versions = [e for e in hub.entities("in", history="true") if e["_id"].startswith("t")]
            expect(len(versions) == 1000, f"{len(versions)} versions of 1000 entities")

        def too_large():
            big = json.dumps([{"_id": "small"}, {"_id": "big", "text": "x" * (300 << 20)}]).encode()
            problem(hub.send("POST", URL, big), 413, "1")

        def too_deep():
            deep = b'[{"_id": "deep", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]"
            answer = hub.send("POST", URL, deep)
            expect(answer.status in (400, 413), f"{answer.status}")
            problem(answer, answer.status)
            problem(hub.send("PUT", "config?force=false", b"[" * 100_000 + b"]" * 100_000), 400)

        def wrong_addresses():
            problem(hub.send("POST", "receivers/nobody/entities", []), 404, "nobody")
            problem(hub.send("GET", "no/such/thing"), 404)
            answer = hub.send("DELETE", URL)
            problem(answer, 405)
            expect("POST" in answer.headers.get("allow", ""), "405 names the methods that are allowed")
            problem(hub.send("POST", URL, b"a,b\n", {"Content-Type": "text/csv"}), 415)

        def credentials():
            problem(hub.send("GET", "pipes", headers={"Authorization": ""}), 401)
            problem(hub.send("GET", "pipes", headers={"Authorization": "Bearer a.b.c"}), 401)
            for open_to_all in ("health", "ping"):
                expect(hub.send("GET", open_to_all, headers={"Authorization": ""}).status == 200, open_to_all)

        def invalid_configuration():
            bad = [{"_id": "bad", "type": "pipe", "source": {"type": "datasett", "dataset": "in"}}]
            answer = hub.send("PUT", "config?force=false", bad)
            expect(answer.status == 400, f"{answer.status}")
            errors = answer.json()["validation_errors"]
            expect(errors[0]["posted-config"]["_id"] == "bad", f"{errors}")
            text = json.dumps(errors)
            expect("/source/type" in text and "dataset" in text, f"no place or suggestion in {text}")
            expect([p["_id"] for p in hub.get("pipes") if p["_id"] == "in"] == ["in"], "the old configuration stays")

        def a_gigabyte():
            before = hub.peak_mb()
            answer = hub.send("POST", URL, gigabyte())
            expect(answer.status == 200, f"{answer.status} {answer.body[:300]}")
            stored = sum(1 for i in ids(hub) if i.startswith("g"))
            expect(stored == (1 << 30) // 10_000, f"{stored} entities of the gigabyte are stored")
            expect(hub.peak_mb() < MEMORY_MB_MAX, f"{hub.peak_mb():.0f} MB resident (was {before:.0f})")
            print(f"  peak {hub.peak_mb():.0f} MB")

        def still_there():
            expect(hub.is_running(), "the hub stays up")
            expect(hub.send("POST", URL, [{"_id": "last"}]).status == 200, "and takes entities")
            expect("last" in ids(hub), "which are stored")
            expect(hub.stop() == 0, "a clean stop has status 0")

        return run_cases({f.__name__: f for f in (malformed, broken_tail, too_deep, wrong_addresses, credentials,
                                                  invalid_configuration, a_gigabyte, too_large, still_there)})


if __name__ == "__main__":
    sys.exit(main())
