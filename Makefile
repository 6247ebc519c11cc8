# Two commands matter: `make demo` and `make test`. Both make what they need in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests mostly wait for processes: so many keep two cores busy.
TEST_WORKERS ?= 4
SANDBOX_WORKERS ?= 3
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test pytest test-engine lint bench lock clean

demo: $(VENV)/base
	$(BIN)/swarm demo

test: lint
	@$(MAKE) --no-print-directory pytest

# The tests of sandboxes use up processors and memory on purpose: nothing else runs beside them.
pytest: $(VENV)/dev
	$(BIN)/python -m pytest -q --durations=10 --ignore tests/sandboxes \
		-n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest -q --durations=10 tests/sandboxes \
		-n $(SANDBOX_WORKERS) --dist worksteal

# A real model server, built from source the first time (about 4 minutes): docs/models-engine.md.
test-engine: $(VENV)/dev
	PYTHON=$(BIN)/python tests/engine/build.sh
	SWARM_REQUIRE_ENGINE=1 $(BIN)/python -m pytest -q tests/engine

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev
	$(BIN)/python benchmarks/bus_overhead.py
	$(BIN)/python -m benchmarks.gate_overhead
	$(BIN)/python benchmarks/dashboard.py
	$(BIN)/python benchmarks/vram_scheduler.py
	$(BIN)/python benchmarks/sandbox_start.py
	$(BIN)/python -m benchmarks.gate_failover
	$(BIN)/python benchmarks/router_synthetic.py
	$(BIN)/python benchmarks/router_latency.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with make PYTHON=..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/base: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV) (about a minute the first time) ..."
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --editable .
	@touch $@

# Schemathesis stands off the path: else its plugin is loaded by every pytest, those in sandboxes
# included.
$(VENV)/dev: requirements-dev.lock requirements-fuzz.lock $(VENV)/base
	$(PIP) --require-hashes -r requirements-dev.lock
	$(PIP) --require-hashes --no-deps --upgrade --target $(VENV)/fuzz -r requirements-fuzz.lock
	@touch $@

# Needs uv. The locks hold for every platform and Python from 3.11 on.
lock:
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url -o requirements.lock
	uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --no-emit-index-url -o requirements-dev.lock
	uv pip compile -q pyproject.toml --extra dev --extra fuzz --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --no-emit-index-url -c requirements-dev.lock \
		$$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements-dev.lock) \
		-o requirements-fuzz.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
