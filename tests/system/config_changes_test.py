#!/usr/bin/env python3
"""Random configuration changes under load: no crash, nothing lost, outputs equal to a recomputation after a reset.

config_changes_test.py [--changes 1000] [--seed N]
"""

import argparse
import random
import sys
import threading

from support import HubProcess, expect, folder

INPUTS = ["in1", "in2"]
KEYS = 60


class Model:
    """The configuration as it is now, and what each pipe must give, computed here and not by the hub."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.pipes = {}
        for name in ("a", "b", "c", "d"):
            self.add(name)

    def add(self, name: str) -> None:
        rng = self.rng
        # Sources are inputs or pipes before this one in the alphabet, so there is no cycle.
        sources = INPUTS + [p for p in self.pipes if p < name]
        self.pipes[name] = {"source": rng.choice(sources), "constant": rng.randrange(100), "hop": None,
                            "filter": None, "sink": name}

    def change(self) -> tuple:
        """One random change; returns (kind, pipe)."""
        rng = self.rng
        kind = rng.choice(["rule", "rule", "sink", "remove", "hop", "filter", "source"])
        missing = [n for n in "abcd" if n not in self.pipes]
        if missing and (kind == "remove" or rng.random() < 0.5):
            self.add(missing[0])
            return "add", missing[0]
        name = rng.choice(sorted(self.pipes))
        pipe = self.pipes[name]
        if kind == "rule":
            pipe["constant"] = rng.randrange(100)
        elif kind == "sink":
            pipe["sink"] = f"{name}-{rng.randrange(3)}"
        elif kind == "hop":
            pipe["hop"] = rng.choice([None, *INPUTS])
        elif kind == "filter":
            pipe["filter"] = rng.choice([None, rng.randrange(2, 5)])
        elif kind == "source":
            pipe["source"] = rng.choice(INPUTS + [p for p in self.pipes if p < name])
        elif not any(other["source"] == name for other in self.pipes.values()):
            del self.pipes[name]
            return "remove", name
        return kind, name

    def document(self, name: str) -> dict:
        pipe = self.pipes[name]
        rules = []
        if pipe["filter"]:
            rules.append(["filter", ["neq", ["%", "_S.n", pipe["filter"]], 0]])
        rules += [["copy", "*"], ["add", f"by-{name}", pipe["constant"]]]
        if pipe["hop"]:
            rules.append(["add", "hopped", ["sorted", "_.", ["hops", {
                "datasets": [f"{pipe['hop']} h"], "where": ["eq", "_S.ref", "h._id"], "return": "h.n"}]]])
        source = pipe["source"] if pipe["source"] in INPUTS else self.pipes.get(pipe["source"], {}).get(
            "sink", pipe["source"])
        return {"_id": name, "type": "pipe", "source": {"type": "dataset", "dataset": source},
                "sink": {"type": "dataset", "dataset": pipe["sink"]},
                "transform": {"type": "dtl", "rules": {"default": rules}},
                "pump": {"schedule_interval": 0.5}}

    def expected(self, name: str, inputs: dict) -> dict:
        if name in INPUTS:
            return inputs[name]
        pipe = self.pipes[name]
        result = {}
        for key, entity in self.expected(pipe["source"], inputs).items():
            if pipe["filter"] and entity["n"] % pipe["filter"] == 0:
                continue
            out = {**entity, f"by-{name}": pipe["constant"]}
            if pipe["hop"]:
                found = inputs[pipe["hop"]].get(entity["ref"])
                out["hopped"] = [found["n"]] if found else []
            result[key] = out
        return result


def live(hub: HubProcess, dataset: str) -> dict:
    return {e["_id"]: {k: v for k, v in e.items() if k == "_id" or not k.startswith("_")}
            for e in hub.entities(dataset, deleted="false")}


class Load(threading.Thread):
    def __init__(self, hub: HubProcess, seed: int) -> None:
        super().__init__()
        self.hub, self.rng, self.stop, self.failed = hub, random.Random(seed), threading.Event(), None
        self.stored = {name: {} for name in INPUTS}

    def run(self) -> None:
        n = 0
        while not self.stop.is_set():
            n += 1
            name = self.rng.choice(INPUTS)
            batch = {}
            for _ in range(self.rng.randrange(1, 6)):
                key = f"k{self.rng.randrange(KEYS)}"
                batch[key] = {"_id": key, "n": n * 7 % 1000, "ref": f"k{self.rng.randrange(KEYS)}"}
            answer = self.hub.send("POST", f"receivers/{name}/entities", list(batch.values()))
            if answer.status != 200:
                self.failed = answer.body
                return
            self.stored[name].update(batch)


def check(hub: HubProcess, model: Model, load: Load) -> None:
    for name in INPUTS:
        expect(live(hub, name) == load.stored[name], f"{name} does not hold what was acknowledged")
    for name in sorted(model.pipes):
        hub.request("POST", f"pipes/{name}/pump?operation=reset")
    hub.run_all()
    for name, pipe in model.pipes.items():
        wanted, found = model.expected(name, load.stored), live(hub, pipe["sink"])
        different = [k for k in wanted.keys() | found.keys() if wanted.get(k) != found.get(k)]
        expect(not different, f"pipe {name}: {len(different)} entities differ, one is {different[:1]}: wanted "
               f"{[wanted.get(k) for k in different[:1]]}, found {[found.get(k) for k in different[:1]]}; "
               f"{model.document(name)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    model = Model(random.Random(options.seed))
    with folder() as path:
        hub = HubProcess(path / "data")
        inputs = [{"_id": name, "type": "pipe", "source": {"type": "http_endpoint"}} for name in INPUTS]
        hub.put_config(inputs + [model.document(name) for name in sorted(model.pipes)])
        load = Load(hub, options.seed + 1)
        load.start()
        for number in range(options.changes):
            model.change()
            answer = hub.send("PUT", "config?force=false",
                              inputs + [model.document(name) for name in sorted(model.pipes)])
            expect(answer.status == 200, f"change {number}: {answer.status} {answer.body[:1000]}")
            expect(load.failed is None and hub.is_running(), f"after change {number}: {load.failed}")
        load.stop.set()
        load.join()
        check(hub, model, load)
        expect(hub.stop() == 0, "a clean stop has status 0")
    print(f"{options.changes} changes, {sum(map(len, load.stored.values()))} entities")
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
