# The commands README shows. Each works from a bare clone: Python >= 3.10 and a C++17 compiler, the rest comes by pip.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CPP_BUILD := build/tests
ARM_BUILD := build/arm64
sources := $(shell find CMakeLists.txt pyproject.toml cmake cpp src -type f ! -name '*.pyc')

.PHONY: setup demo test test-python test-simd test-engines test-cpp test-arm test-arm-emulated bench bench-kernels bench-pipeline bench-batches lint clean

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
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# The codec's tests again on each of the other SIMD paths that this machine has.
test-simd: setup
	for path in $$($(BIN)/python -c 'import htj2k.simd as s; print(*[p for p in s.available() if p != s.active()])'); do \
	  echo "HTJ2K_SIMD=$$path" && HTJ2K_SIMD=$$path $(BIN)/python -m pytest -q tests/codec $(PYTEST_ARGS) || exit 1; \
	done

# The decoding tests again with each engine forced, where the default would take the other.
test-engines: setup
	HTJ2K_ENGINE=openjph $(BIN)/python -m pytest -q $(PYTEST_ARGS) \
	  tests/codec/test_decode.py tests/codec/test_lossless.py tests/codec/test_one_pass.py tests/codec/test_partition.py
	HTJ2K_ENGINE=native $(BIN)/python -m pytest -q $(PYTEST_ARGS) tests/codec/test_decode.py tests/codec/test_lossy.py

cmake_build = export PATH="$(abspath $(BIN)):$$PATH" && cmake -S . -B $(1) -G Ninja -DHTJ2K_BUILD_PYTHON=OFF \
  -DHTJ2K_WERROR=ON -DPython_EXECUTABLE="$(abspath $(BIN))/python" $(2) && cmake --build $(1)

test-cpp: setup
	$(call cmake_build,$(CPP_BUILD),-DHTJ2K_BUILD_TESTS=ON)
	$(BIN)/ctest --test-dir $(CPP_BUILD) --output-on-failure

# The C++ tests on 64-bit ARM, emulated; Debian: apt install g++-aarch64-linux-gnu qemu-user.
test-arm: setup
	@if command -v aarch64-linux-gnu-g++ > /dev/null && command -v qemu-aarch64 > /dev/null; \
	then $(MAKE) --no-print-directory test-arm-emulated; \
	else echo "The ARM tests were not run: they need aarch64-linux-gnu-g++ and qemu-aarch64."; fi

test-arm-emulated:
	$(call cmake_build,$(ARM_BUILD),-DHTJ2K_BUILD_TESTS=ON -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake)
	$(BIN)/ctest --test-dir $(ARM_BUILD) --output-on-failure

bench: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[bench]'
	$(BIN)/python -m pytest benchmarks --benchmark-columns=median,ops

# The row kernels and CRC-32 on every SIMD path, in ns a sample.
bench-kernels: setup
	$(call cmake_build,build/bench,-DHTJ2K_BUILD_BENCHMARKS=ON)
	build/bench/benchmarks/kernel_benchmark

# The cost of every step over OpenJPH alone; also installs htj2k_raw, which only this needs.
bench-pipeline: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -C cmake.define.HTJ2K_BUILD_BENCHMARKS=ON '.[bench]'
	$(BIN)/python benchmarks/pipeline.py

bench-batches: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[bench]'
	$(BIN)/python benchmarks/batches.py

lint: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[lint]'
	$(BIN)/python -m ruff check src tests benchmarks
	$(BIN)/python -m ruff format --check src tests benchmarks
	$(BIN)/python -m mypy
	$(BIN)/clang-format --dry-run --Werror $$(find cpp tests/cpp benchmarks -name '*.[ch]pp' -o -name '*.inl')

clean:
	rm -rf build dist extern $(VENV) demo-output
