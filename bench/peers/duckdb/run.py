#!/usr/bin/env python3
"""Maps NDJSON by an SQL statement, on one thread: run.py STATEMENT.sql INPUT.ndjson OUTPUT.ndjson

Prints the number of bytes written and the CPU time of the statement alone, as JSON. The statement is run once before,
so that the clock sees no loading of extensions.
"""

import json
import pathlib
import sys
import time

import duckdb

statement, source, target = sys.argv[1:4]
text = pathlib.Path(statement).read_text(encoding="utf-8").replace("{output}", target)
with duckdb.connect(config={"threads": 1}) as connection:
    few = target + ".few"
    with open(source, encoding="utf-8") as lines, open(few, "w", encoding="utf-8") as out:
        out.writelines(line for _, line in zip(range(10), lines))
    connection.execute(text.replace("{input}", few))
    start = time.process_time()
    connection.execute(text.replace("{input}", source))
    used = time.process_time() - start
pathlib.Path(few).unlink()
print(json.dumps({"bytes": pathlib.Path(target).stat().st_size, "mapping_cpu_s": used}))
