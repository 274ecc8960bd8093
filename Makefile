# The commands README shows. Each works from a bare clone: Python >= 3.10 and a C++17 compiler, the rest comes by pip.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CPP_BUILD := build/tests
sources := $(shell find CMakeLists.txt pyproject.toml cmake cpp src -type f ! -name '*.pyc')

.PHONY: setup demo test test-python test-cpp bench bench-pipeline lint clean

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

test-cpp: setup
	PATH="$(abspath $(BIN)):$$PATH" cmake -S . -B $(CPP_BUILD) -G Ninja -DHTJ2K_BUILD_PYTHON=OFF \
	  -DHTJ2K_BUILD_TESTS=ON -DHTJ2K_WERROR=ON -DPython_EXECUTABLE="$(abspath $(BIN))/python"
	PATH="$(abspath $(BIN)):$$PATH" cmake --build $(CPP_BUILD)
	PATH="$(abspath $(BIN)):$$PATH" ctest --test-dir $(CPP_BUILD) --output-on-failure

bench: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[bench]'
	$(BIN)/python -m pytest benchmarks --benchmark-columns=median,ops

# The cost of every step over OpenJPH alone; also installs htj2k_raw, which only this needs.
bench-pipeline: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -C cmake.define.HTJ2K_BUILD_BENCHMARKS=ON '.[bench]'
	$(BIN)/python benchmarks/pipeline.py

lint: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[lint]'
	$(BIN)/python -m ruff check src tests benchmarks
	$(BIN)/python -m ruff format --check src tests benchmarks
	$(BIN)/python -m mypy
	$(BIN)/clang-format --dry-run --Werror $$(find cpp tests/cpp -name '*.cpp' -o -name '*.hpp')

clean:
	rm -rf build dist extern $(VENV) demo-output
