#!/bin/bash
# The public Python client against the hub.
#
# tests/client/run.sh PROGRAM [--sesam-py DIR]   DIR: a checkout of the public command-line client, whose own
#                                                 tests are run then too, unmodified.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n 2,5p "$0"; exit 2; }
program=$(realpath "$1")
shift
sesam_py=""
while [ $# -gt 0 ]; do
  case "$1" in
    --sesam-py) sesam_py=$(realpath "$2"); shift 2 ;;
    *) echo "unknown argument: $1"; exit 2 ;;
  esac
done

# venv NAME REQUIREMENTS: a Python environment under build/, made anew when its requirements change.
venv() {
  local folder=$here/../../build/$1 wanted
  wanted=$(sha256sum <"$2")
  if [ "$(cat "$folder/made-from" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$2"
    echo "$wanted" >"$folder/made-from"
  fi
  echo "$folder/bin/python"
}

export SLUICE_PROGRAM=$program PYTHONDONTWRITEBYTECODE=1
"$(venv client-venv "$here/requirements.txt")" "$here/library_test.py"
if [ -n "$sesam_py" ]; then
  "$(venv sesam-py-venv "$sesam_py/requirements.txt")" "$here/command_test.py" "$sesam_py"
fi
