# The commands README shows. Each works from a bare clone: Python >= 3.10 and a C++17 compiler, the rest comes by pip.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CPP_BUILD := build/tests
ARM_BUILD := build/arm64
# Tests take turns on so many processes.
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
PYTEST = $(BIN)/python -m pytest -n $(CORES) --dist worksteal
CTEST = $(BIN)/ctest --parallel $(CORES) --output-on-failure
sources := $(shell find CMakeLists.txt pyproject.toml cmake cpp src -type f ! -name '*.pyc')

# The package is there already: by its name nothing is built again.
install_extra = $(BIN)/python -m pip install --quiet --disable-pip-version-check 'htj2k[$(1)]'

.PHONY: setup demo test test-python test-simd test-engines test-engines-long test-cpp test-tsan
.PHONY: test-arm test-arm-emulated test-old-x86 test-old-x86-emulated
.PHONY: fuzz fuzz-build fuzz-smoke fuzz-smoke-run conformance interop-peers interop test-interop interop-web viewer
.PHONY: bench bench-setup bench-report bench-kernels bench-isolated docs lint tidy clean

setup: $(VENV)/.installed

$(VENV)/.installed: $(sources)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[test]'
	touch $@

# Ingests pydicom's bundled DICOM files, verifies every frame at every level, draws one frame at each resolution.
demo: setup
	$(BIN)/python -m htj2k.demo demo-output

test: test-cpp test-python

test-python: setup
	$(PYTEST) $(PYTEST_ARGS)

# The codec's tests again on each of the other SIMD paths that this machine has.
test-simd: setup
	for path in $$($(BIN)/python -c 'import htj2k.simd as s; print(*[p for p in s.available() if p != s.active()])'); do \
	  echo "HTJ2K_SIMD=$$path" && HTJ2K_SIMD=$$path $(PYTEST) -q tests/codec $(PYTEST_ARGS) || exit 1; \
	done

# The decoding tests again with each engine forced, where the default would take the other.
test-engines: setup
	HTJ2K_ENGINE=openjph $(PYTEST) -q $(PYTEST_ARGS) \
	  tests/codec/test_decode.py tests/codec/test_lossless.py tests/codec/test_one_pass.py tests/codec/test_partition.py \
	  tests/codec/test_truncation.py tests/codec/test_verify.py
	HTJ2K_ENGINE=native $(PYTEST) -q $(PYTEST_ARGS) \
	  tests/codec/test_decode.py tests/codec/test_lossy.py tests/codec/test_levels.py

# STREAMS random streams through both engines, from number FIRST on; the C++ tests have the first 200.
STREAMS ?= 100000
FIRST ?= 0
test-engines-long: setup
	$(call cmake_build,$(CPP_BUILD),-DHTJ2K_BUILD_TESTS=ON,--target compare_engines)
	$(CPP_BUILD)/tests/cpp/compare_engines $(STREAMS) $(FIRST)

cmake_build = export PATH="$(abspath $(BIN)):$$PATH" && cmake -S . -B $(1) -G Ninja -DHTJ2K_BUILD_PYTHON=OFF \
  -DHTJ2K_WERROR=ON -DPython_EXECUTABLE="$(abspath $(BIN))/python" $(2) && cmake --build $(1) $(3)

cmake_preset = export PATH="$(abspath $(BIN)):$$PATH" && cmake --preset $(1) -G Ninja \
  -DPython_EXECUTABLE="$(abspath $(BIN))/python" $(3) && cmake --build build/$(1) $(2)

test-cpp: setup
	$(call cmake_build,$(CPP_BUILD),-DHTJ2K_BUILD_TESTS=ON)
	$(CTEST) --test-dir $(CPP_BUILD)

# The C++ tests on 64-bit ARM, emulated; Debian: apt install g++-aarch64-linux-gnu qemu-user.
test-arm: setup
	@if command -v aarch64-linux-gnu-g++ > /dev/null && command -v qemu-aarch64 > /dev/null; \
	then $(MAKE) --no-print-directory test-arm-emulated; \
	else echo "The ARM tests were not run: they need aarch64-linux-gnu-g++ and qemu-aarch64."; fi

test-arm-emulated:
	$(call cmake_build,$(ARM_BUILD),-DHTJ2K_BUILD_TESTS=ON -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake)
	$(CTEST) --test-dir $(ARM_BUILD)

# The kernels on x86 CPUs that lack what this one has, emulated; Debian: apt install qemu-user.
test-old-x86:
	@if [ "$$(uname -m)" = x86_64 ] && command -v qemu-x86_64 > /dev/null; \
	then $(MAKE) --no-print-directory test-old-x86-emulated; \
	else echo "The tests for older x86 CPUs were not run: they need an x86-64 system and qemu-x86_64."; fi

# Without AVX2; and with it, but without VPCLMULQDQ.
test-old-x86-emulated: setup
	$(call cmake_build,$(CPP_BUILD),-DHTJ2K_BUILD_TESTS=ON)
	for cpu in Nehalem Haswell; do \
	  for name in crc32 lines samples synthesis analysis cleanup encode_cleanup round_trip; do echo $$cpu $$name; done; \
	done | xargs -n 2 -P $(CORES) sh -c 'echo $$0 $$1 && qemu-x86_64 -cpu $$0 $(CPP_BUILD)/tests/cpp/$${1}_test || exit 255'

# Cornerstone's codec under Node, and in a page in headless Chromium (see tests/interop/web/README.md).
interop-web: setup tests/interop/web/node_modules
	$(BIN)/python -m pytest tests/interop/web $(PYTEST_ARGS)

# Serves that page for a look at it.
viewer: setup tests/interop/web/node_modules
	PYTHONPATH=tests:tests/interop/web $(BIN)/python -m viewer_site

tests/interop/web/node_modules: tests/interop/web/package-lock.json
	@command -v npm > /dev/null || { echo "This needs Node 20 or newer with npm."; exit 1; }
	npm ci --prefix tests/interop/web
	touch $@

# Compares every HTJ2K codestream below HTJ2K_TEST_DATA with its reference and writes docs/conformance.md.
conformance: setup
	$(BIN)/python tests/conformance.py

# The worker pool, with codec calls on it, under ThreadSanitizer.
test-tsan: setup
	$(call cmake_preset,tsan,--target worker_pool_test)
	$(CTEST) --test-dir build/tsan -R worker_pool

# Fuzzing needs clang and its runtime, which Debian names by their version: apt install clang-14 libclang-rt-14-dev.
CLANGXX ?= $(shell ls /usr/bin/clang++ /usr/bin/clang++-[0-9]* 2> /dev/null | sort -V | tail -1)
FUZZ_SECONDS ?= 3600
FUZZ_RUNS ?= 3000

fuzz-build: setup
	@test -n "$(CLANGXX)" || { echo "Fuzzing needs clang++: apt install clang-14 libclang-rt-14-dev, or CLANGXX=..."; exit 1; }
	$(call cmake_preset,fuzz,,-DCMAKE_CXX_COMPILER=$(CLANGXX) -DCMAKE_C_COMPILER=$(subst clang++,clang,$(CLANGXX)))

# FUZZ_SECONDS for each target; what was found lies in build/fuzz/crashes. Goes on where the last run stopped.
fuzz: fuzz-build
	$(call install_extra,fuzz)
	$(BIN)/python cpp/fuzz/run.py build/fuzz --seconds $(FUZZ_SECONDS)
	for target in metadata journal manifest instance; do \
	  $(BIN)/python tests/fuzz_python.py $$target build/fuzz/corpus/$$target --seconds $(FUZZ_SECONDS) || exit 1; \
	done

# The same inputs in every run; and the C++ tests, as this build has AddressSanitizer and UBSan.
fuzz-smoke: setup
	@if test -n "$(CLANGXX)"; then $(MAKE) --no-print-directory fuzz-smoke-run; \
	else echo "The fuzz targets were not run: they need clang++ and its runtime."; fi

fuzz-smoke-run: fuzz-build
	$(CTEST) --test-dir build/fuzz
	$(BIN)/python cpp/fuzz/run.py build/fuzz --runs $(FUZZ_RUNS)

# Frame x operation x library; build/bench.json has the times, CPU, SIMD path and versions. The newest of the other
# libraries need Python 3.12: make bench PYTHON=python3.13 VENV=.venv-3.13
bench: bench-setup
	mkdir -p build
	$(BIN)/python -m pytest benchmarks --benchmark-columns=median,ops --benchmark-max-time=0.2 \
	  --benchmark-min-rounds=3 --benchmark-json=build/bench.json $(BENCH_ARGS)

# The library with htj2k_raw, which only this needs, and the others one by one: what cannot be installed is left out.
bench-setup: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -C cmake.define.HTJ2K_BUILD_BENCHMARKS=ON '.[bench]'
	@grep -v '^#' benchmarks/peers.txt | while read -r peer; do \
	  reason=$$($(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --upgrade "$$peer" 2>&1) \
	    || echo "$$peer is left out: $$(echo "$$reason" | grep ERROR | tail -n 1)"; \
	done

# Measures all of docs/benchmarks.md again, or some sections: make bench-report SECTIONS="crc32 scaling".
bench-report: bench-setup
	$(BIN)/python benchmarks/report.py $(SECTIONS)

# The row kernels and CRC-32 on every SIMD path, in ns a sample.
bench-kernels: setup
	$(call cmake_build,build/bench,-DHTJ2K_BUILD_BENCHMARKS=ON)
	build/bench/benchmarks/kernel_benchmark

# Instructions of fixed work beside the stored counts: tells a change of a few percent on a busy machine, too.
.PHONY: bench-instructions bench-instructions-baseline count-instructions
bench-instructions: setup
	@if command -v valgrind > /dev/null; then $(MAKE) --no-print-directory count-instructions; \
	else echo "The instructions were not counted: that needs valgrind."; fi

bench-instructions-baseline: setup
	@$(MAKE) --no-print-directory count-instructions COUNT_ARGS=--update

count-instructions:
	$(call cmake_build,$(CPP_BUILD),-DHTJ2K_BUILD_TESTS=ON -DHTJ2K_BUILD_BENCHMARKS=ON,--target instruction_benchmark)
	$(BIN)/python benchmarks/instructions.py $(CPP_BUILD)/benchmarks/instruction_benchmark $(COUNT_ARGS)

# Other codecs, in environments of their own below build/interop. What this machine does not have is left out and named.
interop-peers: setup
	$(BIN)/python tests/interop/install.py

# Every encoder's streams through every decoder, into docs/interop.md.
interop: interop-peers
	$(BIN)/python tests/interop

# The part of it that asserts.
test-interop: interop-peers
	$(PYTEST) tests/interop $(PYTEST_ARGS)

lint: setup
	$(call install_extra,lint)
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/clang-format --dry-run --Werror $$(find cpp tests/cpp benchmarks -name '*.[ch]pp' -o -name '*.inl')
	$(BIN)/codespell
	$(BIN)/gersemi --check CMakeLists.txt cmake benchmarks tests/cpp

# Decoding in a sandboxed process beside decoding in this one.
bench-isolated: setup
	$(call install_extra,bench)
	$(BIN)/python benchmarks/isolated.py

# Slow: clang-tidy, with the checks and reasons of .clang-tidy.
tidy: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'clang-tidy>=18' cmake ninja
	export PATH="$(abspath $(BIN)):$$PATH" && cmake --preset tidy -G Ninja && cmake --build build/tidy

# The documentation as a site, in build/site.
docs: setup
	$(call install_extra,docs)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

clean:
	rm -rf build dist extern $(VENV) demo-output tests/interop/web/node_modules
