#!/bin/sh
# Every source is as clang-format leaves it.
cd "$(dirname "$0")/../.." || exit 1
git ls-files 'src/*.h' 'src/*.cc' 'tests/*.h' 'tests/*.cc' | xargs clang-format-19 --dry-run -Werror
