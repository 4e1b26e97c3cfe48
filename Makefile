# Two commands: `make demo` and `make test`. Each installs what is missing, builds, and runs.

SHELL := /bin/bash
JOBS ?= $(shell nproc)
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

.PHONY: help build test unit-test client-test demo bench nightly deps docs format tidy clean

help:
	@echo "make build        the hub, at build/release/sluice"
	@echo "make demo         sync real data through it and show what happened"
	@echo "make test         every test (sets itself up)"
	@echo "make client-test  the public Python client against the hub [SESAM_PY=DIR]"
	@echo "make bench        measure; writes bench/RESULTS.md"
	@echo "make nightly      long tests: fuzzing, thread sanitizer, many seeds"
	@echo "make deps         install missing Debian packages only"
	@echo "make format       clang-format over all sources"

deps:
	@tools/deps build test

build/%/build.ninja: CMakeLists.txt cmake/dependencies.cmake cmake/sluice.cmake CMakePresets.json
	@cmake --preset $* > build-$*.log 2>&1 || { cat build-$*.log; rm -f build-$*.log; exit 1; }
	@rm -f build-$*.log

build:
	@tools/deps build
	@$(MAKE) --no-print-directory build/release/build.ninja
	@ninja -C build/release -j $(JOBS) sluice

test:
	@tools/deps build test
	@tools/run-tests

client-test: build
	@tools/deps test
	@tests/client/run.sh build/release/sluice $(if $(SESAM_PY),--sesam-py $(SESAM_PY))

demo: build
	@tools/deps demo
	@demo/run

bench:
	@tools/deps build dev
	@bench/run $(BENCH_ARGS)

nightly:
	@tools/deps build test dev
	@tools/run-nightly

docs: build
	@build/release/sluice docs docs/reference

format:
	@git ls-files 'src/*.h' 'src/*.cc' 'tests/*.h' 'tests/*.cc' | xargs clang-format-19 -i

clean:
	rm -rf build .demo
