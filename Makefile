# The commands of this repository. Each sets up what it needs: `make run` works right after a clone.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# The interpreter that makes the virtual environment: the first that is new enough.
PYTHON ?= $(firstword $(foreach python,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(python) -c 'import sys; print("$(python)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
# The branch whose contract must not be broken.
BASE ?= main
ARGS ?=
# Two files of tests at a time, each with servers of its own; the longest begin. SPREAD= runs one after the other.
SPREAD ?= --numprocesses=2 --dist=loadfile --no-loadscope-reorder

.PHONY: help
help: ## show this list
	@echo "Cairn. Usage: make TARGET"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: setup
setup: $(VENV)/dev.stamp ## make .venv with everything that running, testing and checking needs

.PHONY: run
run: $(VENV)/run.stamp ## start everything and print an address, a token and lines to try; Ctrl-C stops it
	@exec $(BIN)/cairn up $(ARGS)

.PHONY: test
test: setup ## run the tests (ARGS="-k name" picks some)
	$(BIN)/pytest $(SPREAD) --ignore=tests/test_architecture.py --ignore=tests/test_contract.py $(ARGS)

.PHONY: check
check: style types contract generated architecture ## check style, types, contract, generated code and architecture

.PHONY: style
style: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.PHONY: types
types: setup
	$(BIN)/mypy

.PHONY: contract
contract: setup
	$(BIN)/buf lint gen/cairn.binpb --path cairn
	@base=$$(mktemp) && trap 'rm -f "$$base"' EXIT; \
	if git show $(BASE):gen/cairn.binpb > "$$base" 2>/dev/null || \
	   git show origin/$(BASE):gen/cairn.binpb > "$$base" 2>/dev/null; then \
		echo "buf breaking, against branch $(BASE)"; \
		$(BIN)/buf breaking gen/cairn.binpb --path cairn --against "$$base#format=binpb"; \
	else \
		echo "buf breaking: skipped, there is no branch $(BASE) with a gen/cairn.binpb to compare with"; \
	fi

.PHONY: generated
generated: setup
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT; \
	$(BIN)/python protos/generate.py "$$fresh" && \
	diff --brief --recursive --exclude=__pycache__ gen "$$fresh" || \
	{ echo "gen/ is not what protos/ say: run \"make proto\" and commit the result" >&2; exit 1; }

.PHONY: architecture
architecture: setup
	$(BIN)/pytest tests/test_architecture.py tests/test_contract.py

.PHONY: proto
proto: setup ## regenerate gen/ after a change in protos/
	$(BIN)/python protos/generate.py

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(ARGS) pyproject.toml

.PHONY: lock
lock: setup ## pin the dependencies of pyproject.toml again (ARGS=--upgrade takes newer versions)
	$(LOCK) -o requirements.lock --extra models --extra capture
	$(LOCK) -o requirements-embedded.lock -c requirements.lock --extra models --extra capture --extra embedded
	$(LOCK) -o requirements-dev.lock -c requirements-embedded.lock --extra models --extra capture --extra embedded --extra dev
	@if grep -n '://' requirements*.lock; then echo "a lock must not name a place on a network" >&2; exit 1; fi

.PHONY: bench
bench: setup ## measure against peers (see bench/)
	$(BIN)/python -m bench $(ARGS)

.PHONY: soak
soak: setup ## run jobs while everything falls, for SECONDS (600); SEED repeats a run
	SECONDS=$(or $(SECONDS),600) $(if $(SEED),SEED=$(SEED)) $(BIN)/python -m tests.faults.soak_jobs

.PHONY: clean
clean: ## remove .venv and caches; .data (the embedded databases) stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# Debian's python3 may come without ensurepip; then the pip it has fills the environment from outside.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say PYTHON=/path/to/it" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

# A lock names everything that is needed, and pip would add what pyproject.toml (tool.uv) keeps out.
INSTALL = $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-deps

# What the tests need includes what running needs.
$(VENV)/run.stamp: requirements-embedded.lock pyproject.toml | $(BIN)/python
	@echo "installing what Cairn runs on into $(VENV)"
	@$(INSTALL) --require-hashes -r requirements-embedded.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "installing what the tests and checks need into $(VENV)"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@ $(VENV)/run.stamp
