"""Measures the merge source: many people of three systems, one large group, single changes. Called by bench/run.

bench/merge.py [--people N] [--times N] [--folder DIR] [--cpus LIST]   prints the figures as JSON
"""

import argparse
import json
import pathlib
import random
import shutil
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
from hub_process import HubProcess  # noqa: E402

SYSTEMS = ["crm", "erp", "hr"]
WORDS = ["amber", "basalt", "cedar", "delta", "ember", "fjord", "granite", "harbour", "indigo", "juniper", "kestrel",
         "lumen", "meadow", "nimbus", "onyx", "prairie", "quartz", "raven", "summit", "tundra", "umbra", "violet"]


def pipes(sets: list, strategy: str = "default") -> list:
    inputs = [{"_id": name, "type": "pipe", "source": {"type": "http_endpoint"},
               "sink": {"type": "dataset", "dataset": name}} for name in SYSTEMS]
    merge = {"_id": "person", "type": "pipe",
             "source": {"type": "merge", "version": 2, "datasets": [f"{name} {name}" for name in SYSTEMS],
                        "equality_sets": sets, "strategy": strategy},
             "pump": {"mode": "manual"}}
    return [*inputs, merge]


def person(system: str, number: int, shared: int, dice: random.Random) -> str:
    """About 450 bytes. Of `shared` people crm and erp know the same address, erp and hr the same telephone."""
    known = number < shared
    mail = f"p{number}@example.org" if known and system != "hr" else f"{system}{number}@example.org"
    phone = f"+47{number:09d}" if known and system != "crm" else f"+{SYSTEMS.index(system)}{number:09d}"
    words = " ".join(dice.choice(WORDS) for _ in range(22))
    return (f'{{"_id":"{system}-{number}","name":"{dice.choice(WORDS)} {dice.choice(WORDS)}","mail":"{mail}",'
            f'"phone":"{phone}","born":"19{number % 90 + 10}-0{number % 9 + 1}-1{number % 9}","salary":{number % 90000},'
            f'"active":{"true" if number % 7 else "false"},"tags":["{dice.choice(WORDS)}","{dice.choice(WORDS)}"],'
            f'"address":{{"street":"{dice.choice(WORDS)} street {number % 300}","city":"{dice.choice(WORDS)}"}},'
            f'"note":"{words}"}}')


def chunks(lines):
    """A JSON array of the lines, in pieces worth sending."""
    piece, size, first = [], 0, True
    for line in lines:
        piece.append(("[" if first else ",") + line)
        first = False
        size += len(line)
        if size > 1 << 18:
            yield "".join(piece).encode()
            piece, size = [], 0
    piece.append("[]" if first else "]")
    yield "".join(piece).encode()


def feed(hub: HubProcess, system: str, lines) -> None:
    answer = hub.send("POST", f"receivers/{system}/entities", chunks(lines))
    if answer.status != 200:
        raise SystemExit(f"bench: feeding {system} failed: {answer.body[:500]}")


def written_bytes(hub: HubProcess) -> int:
    lines = pathlib.Path(f"/proc/{hub.process.pid}/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])


def run(hub: HubProcess) -> dict:
    """Runs the merge pipe once; what its execution log says."""
    before, cpu = written_bytes(hub), hub.cpu_s()
    start = time.monotonic()
    hub.run_all()
    wall = time.monotonic() - start
    events = [e for e in hub.get("pipes/person/log?history=true&limit=1000") if e.get("event_type") == "pump-completed"]
    last = events[-1]
    return {"run_s": float(last["total_time"]), "wall_s": wall, "cpu_s": hub.cpu_s() - cpu,
            "written_mb": (written_bytes(hub) - before) / 1e6}


def fresh(folder: pathlib.Path, name: str, cpus: str, config: list) -> HubProcess:
    data = folder / name
    shutil.rmtree(data, ignore_errors=True)
    hub = HubProcess(data, cpus=cpus)
    hub.put_config(config)
    return hub


def automatic(config: list) -> list:
    """The same pipes, the merge woken by what it reads."""
    pump = {"schedule_interval": 3600, "log_events_noop_runs": False}
    return [{**pipe, "pump": pump} if pipe["_id"] == "person" else pipe for pipe in config]


def newest(hub: HubProcess, dataset: str) -> dict:
    return hub.get(f"datasets/{dataset}/entities?limit=1&reverse=true&history=true&deleted=true")[0]


def single_changes(hub: HubProcess, changes: list) -> list:
    """Milliseconds from each change in its dataset to its arrival in the merged one, by the stores' time stamps."""
    taken = []
    for system, line in changes:
        before = newest(hub, "person")["_updated"]
        feed(hub, system, [line])
        limit = time.monotonic() + 60
        while newest(hub, "person")["_updated"] == before:
            if time.monotonic() > limit:
                raise SystemExit("bench: a change did not arrive within a minute")
        # The last version of a run that gives several is what ends the change.
        time.sleep(0.02)
        taken.append((newest(hub, "person")["_ts"] - newest(hub, system)["_ts"]) / 1000)
    return taken


def people(folder: pathlib.Path, count: int, cpus: str, changes: int) -> dict:
    """`count` people in each of three systems, a fifth of them known to all."""
    config = pipes([[f"{name}.mail" for name in SYSTEMS], [f"{name}.phone" for name in SYSTEMS]])
    hub = fresh(folder, "merge-people", cpus, config)
    try:
        shared = count // 5
        start = time.monotonic()
        for system in SYSTEMS:
            dice = random.Random(system)
            feed(hub, system, (person(system, number, shared, dice) for number in range(count)))
        fed = time.monotonic() - start
        result = run(hub)
        merged = hub.get("datasets/person")["runtime"]["count-index-exists"]
        expected = 3 * (count - shared) + shared
        if merged != expected:
            raise SystemExit(f"bench: {merged} merged entities, expected {expected}")
        result.update({"people": count, "entities": 3 * count, "groups": merged, "feed_s": fed,
                       "per_s": 3 * count / result["run_s"], "peak_mb": hub.peak_mb()})
        if changes:
            hub.put_config(automatic(config))
            dice = random.Random(1)
            lines = [(system, person(system, dice.randrange(count), shared if i % 2 else 0, random.Random(i)))
                     for i, system in enumerate(dice.choices(SYSTEMS, k=changes))]
            taken = single_changes(hub, lines)
            result.update({"change_ms": statistics.median(taken), "change_ms_max": max(taken)})
        result["peak_mb"] = hub.peak_mb()
        return result
    finally:
        hub.stop()
        shutil.rmtree(folder / "merge-people", ignore_errors=True)


def one_group(folder: pathlib.Path, cpus: str, size: int, pairs: bool) -> dict:
    """`size` entities in one group, or in pairs; then one of them changes its key."""
    config = pipes([[f"{name}.key" for name in SYSTEMS]])
    hub = fresh(folder, "merge-group", cpus, config)
    try:
        for place, system in enumerate(SYSTEMS[:2]):
            feed(hub, system, (f'{{"_id":"{system}-{n}","key":"{n if pairs else 0}","name":"member {n} of {system}"}}'
                               for n in range(size // 2)))
        feed(hub, "hr", [])
        result = run(hub)
        result["groups"] = hub.get("datasets/person")["runtime"]["count-index-exists"]
        hub.put_config(automatic(config))
        line = '{"_id":"erp-7","key":"another","name":"member 7 of erp"}'
        result["change_ms"] = single_changes(hub, [("erp", line)])[0]
        result["peak_mb"] = hub.peak_mb()
        return result
    finally:
        hub.stop()
        shutil.rmtree(folder / "merge-group", ignore_errors=True)


def measure(folder: pathlib.Path, people_count: int, times: int, runs: int, cpus: str) -> dict:
    folder.mkdir(parents=True, exist_ok=True)
    each = [people(folder, people_count, cpus, 100 if i == 0 else 0) for i in range(runs)]
    result = {"people": each[0], "run_s": statistics.median(r["run_s"] for r in each)}
    result["per_s"] = 3 * people_count / result["run_s"]
    if times > 1:
        result["more_people"] = people(folder, people_count * times, cpus, 0)
        result["times_as_long"] = result["more_people"]["run_s"] / result["run_s"]
    result["pairs"] = one_group(folder, cpus, 50_000, pairs=True)
    result["group"] = one_group(folder, cpus, 50_000, pairs=False)
    result["group_time_ratio"] = result["group"]["run_s"] / result["pairs"]["run_s"]
    result["group_bytes_ratio"] = result["group"]["written_mb"] / max(result["pairs"]["written_mb"], 1e-9)
    return result


def report(figures: dict, limit: float) -> list:
    """Lines for bench/RESULTS.md."""
    base, pairs, group = figures["people"], figures["pairs"], figures["group"]
    lines = [
        "", "## Merging", "",
        f"Three datasets of {base['people']:,} people of about 450 bytes, on two keys; a fifth is known to all three.",
        "", "| figure | value |", "|---|---:|",
        f"| all groups anew, entities read a second | {figures['per_s']:,.0f} |",
        f"| ratio to dataset writes with change detection, the limits programme | {figures['per_s'] / limit:.2f} |",
        f"| a single change in the merged dataset, median of 100 | {base['change_ms']:.1f} ms |",
        f"| peak resident memory | {base['peak_mb']:.0f} MB |"]
    if "more_people" in figures:
        more = figures["more_people"]
        lines += [f"| {more['people'] // base['people']} times the people take as long as | "
                  f"{figures['times_as_long']:.2f} times |",
                  f"| peak resident memory with them | {more['peak_mb']:.0f} MB |"]
    lines += [
        f"| one group of 50,000 against 25,000 pairs: time | {figures['group_time_ratio']:.2f} times |",
        f"| … bytes written | {figures['group_bytes_ratio']:.2f} times |",
        f"| … then one member changes its key | {group['change_ms']:.0f} ms (of a pair {pairs['change_ms']:.1f} ms) |",
        f"| … peak resident memory | {group['peak_mb']:.0f} MB |"]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=300_000)
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("/tmp/sluice-bench"))
    parser.add_argument("--cpus", default="0,1")
    options = parser.parse_args()
    print(json.dumps(measure(options.folder, options.people, options.times, options.runs, options.cpus), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
