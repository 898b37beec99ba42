# Every target sets up what it needs and is quick when nothing is to do.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup system demo test chaos check fmt lock clean

setup: system $(STAMP)

# The servers of the world in a box and the browser: Debian's packages where apt is there.
system:
	@PYTHON=$(PYTHON) deploy/system-packages

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Checkin needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --require-hashes --allow-empty-requirements requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/checkin demo $(ARGS)

test: setup
	@$(BIN)/python -m pytest $(ARGS)

# Ten times what `make test` does of it, each round by another seed.
chaos: setup
	@CHAOS_SLOTS=$${CHAOS_SLOTS:-3000} $(BIN)/python -m pytest -q -rP tests/scenarios/test_chaos.py $(ARGS)

check: setup
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -m 'not slow' -q $(ARGS)

fmt: setup
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

# No addresses in the lock: the same file works with every mirror.
lock: $(STAMP)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --output-file requirements.lock requirements.in

clean:
	rm -rf .venv .demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist
