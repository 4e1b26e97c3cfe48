"""What the tests of the whole share: a folder of their own, and running cases with a closing line."""

import contextlib
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from hub_process import PROGRAM, HubProcess  # noqa: E402

__all__ = ["PROGRAM", "HubProcess", "folder", "run_cases", "wait_until", "expect"]


@contextlib.contextmanager
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise AssertionError(what)


def wait_until(look, what: str, timeout_s: float = 60):
    """Asks the hub again and again until `look` gives something true; the hub has no push for tests to wait on."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = look()
        if found:
            return found
    raise AssertionError(f"waited {timeout_s} s in vain: {what}")


def run_cases(cases: dict) -> int:
    """Runs functions by name; prints what failed and a closing line."""
    failed = 0
    for name, case in cases.items():
        start = time.monotonic()
        try:
            case()
            print(f"ok {name} ({time.monotonic() - start:.1f} s)")
        except Exception:  # A test's report must show whatever went wrong in any case, and go on.
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc(file=sys.stdout)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0
