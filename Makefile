# Matchbook. `make` alone lists the targets; CONTRIBUTING.md says more.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PACKAGES := libs/contracts libs/servicekit services/graph-ingestor services/matcher services/configuration-writer \
	services/api-gateway deploy/local
PAGE := services/api-gateway/ui
# What the page is built from, and the folders of it, so that a file that is gone counts too.
PAGE_SOURCES := $(wildcard $(addprefix $(PAGE)/,*.* .npmrc public/* src/* src/*/* src/*/*/*))
PYTEST := $(BIN)/pytest
# The certificates that the machine trusts, a company's own among them.
export UV_SYSTEM_CERTS ?= true
# Extra arguments, as in `make test ARGS="-k outbox"`.
ARGS ?=

STEP := $(PYTHON) deploy/step.py
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--custom-compile-command "make lock"
OURS := matchbook-workspace matchbook-contracts matchbook-servicekit matchbook-graph-ingestor matchbook-matcher \
	matchbook-configuration-writer matchbook-api-gateway matchbook-local

.PHONY: help
help: ## List the targets
	@$(PYTHON) deploy/help.py $(MAKEFILE_LIST)

##@ Set up

.PHONY: install
install: $(STAMPS)/packages $(STAMPS)/page ## Make .venv with everything in it, and build the page

$(STAMPS)/venv:
	@$(PYTHON) deploy/check_python.py
	@$(STEP) "Python environment in $(VENV)" $(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/uv: requirements-uv.lock $(STAMPS)/venv
	@$(STEP) "Package installer" $(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 1 \
		--require-hashes -r requirements-uv.lock
	@touch $@

$(STAMPS)/dependencies: requirements-dev.lock $(STAMPS)/uv
	@$(STEP) "Dependencies" $(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(STAMPS)/packages: $(STAMPS)/dependencies $(PACKAGES:%=%/pyproject.toml)
	@$(STEP) "Matchbook's own packages" $(INSTALL) --no-deps --no-build-isolation $(PACKAGES:%=-e %)
	@touch $@

$(STAMPS)/page: $(STAMPS)/packages $(PAGE_SOURCES)
	@$(STEP) "The page" $(BIN)/matchbook build-page
	@touch $@

.PHONY: ui
ui: $(STAMPS)/page ## Build the page alone

.PHONY: lock
lock: $(STAMPS)/uv ## Resolve all dependencies again and write the hashed lock files
	$(COMPILE) $(OURS:%=--no-emit-package %) -o requirements.lock pyproject.toml
	$(COMPILE) $(OURS:%=--no-emit-package %) --group dev -o requirements-dev.lock pyproject.toml
	$(COMPILE) --group bench --constraint requirements-dev.lock -o requirements-bench.lock \
		$(OURS:%=--no-emit-package %) pyproject.toml
	echo uv | $(COMPILE) -o requirements-uv.lock -
	$(BIN)/matchbook lock-kafka

.PHONY: native
native: install ## Compile the matcher's domain (needs a C compiler) into .data/native, for PYTHONPATH
	rm -rf .data/native
	mkdir -p .data/native
	cp -R services/matcher .data/native/source
	cd .data/native/source && PATH="$(abspath $(BIN)):$$PATH" MYPYPATH=src HATCH_BUILD_HOOK_ENABLE_MYPYC=1 \
		uv build --quiet --wheel --no-build-isolation --python "$(abspath $(BIN))/python" --out-dir ..
	$(INSTALL) --no-deps --target .data/native .data/native/*.whl

##@ Run

.PHONY: demo
demo: install ## Everything on this machine with 40 tenants and 2,000 devices, until Ctrl-C
	@exec $(BIN)/matchbook demo $(ARGS)

.PHONY: up
up: install ## The same in the background; `make down` ends it
	@exec $(BIN)/matchbook demo --background $(ARGS)

.PHONY: down
down: ## End what `make up` started; the data stays
	@test ! -x $(BIN)/matchbook || exec $(BIN)/matchbook down

##@ Check

.PHONY: test
test: install ## All tests; the browser's only where Chromium is installed
	@exec $(PYTEST) $(ARGS)

# How many random histories, of three hundred steps each: some ten in a second.
HISTORIES ?= 15000
# And how many of them on Kafka and PostgreSQL, some fifteen seconds each.
REPLAYS ?= 40

.PHONY: histories
histories: install ## Random histories against the writer's rules, for an hour
	@HISTORIES=$(HISTORIES) REPLAYS=$(REPLAYS) exec $(PYTEST) \
		services/configuration-writer/tests/test_state_machine.py services/configuration-writer/tests/test_replay.py $(ARGS)

YEAR_TENANTS ?= 5000

.PHONY: year
year: install ## A year of hourly sweeps of 5,000 tenants in virtual time, with faults, for an hour
	@YEAR_TENANTS=$(YEAR_TENANTS) exec $(PYTEST) -s services/graph-ingestor/tests/test_year.py $(ARGS)

.PHONY: coverage
coverage: install ## All tests, and which lines none of them ran
	@exec $(PYTEST) --cov --cov-report=term-missing:skip-covered $(ARGS)

.PHONY: lint
lint: install types ## Style, types and the rules on who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	@$(MAKE) contracts-check

# What is on main already, or main's last state when this is main.
BASE ?= $(shell base=$$(git rev-parse -q --verify origin/main || git rev-parse -q --verify main); \
	test "$$base" != "$$(git rev-parse HEAD)" && echo $$base || git rev-parse -q --verify HEAD~1)

CONTRACTS_CHECK = $(BIN)/python -m matchbook_contracts check libs/contracts/schemas

.PHONY: contracts-check
contracts-check: install ## The committed schemas are the models', and break nothing that is on main
	@if test -n "$(BASE)"; then $(CONTRACTS_CHECK) --against $(BASE); \
	elif test "$$(git rev-parse --is-shallow-repository)" = true; then \
		echo "A shallow clone has no earlier commit: the contracts are compared with their committed schemas only."; \
		$(CONTRACTS_CHECK); \
	else echo "No commit to compare with: name one, as in \`make contracts-check BASE=v1\`." >&2; exit 1; fi

.PHONY: schemas
schemas: install ## Write the contracts' JSON Schemas and the AsyncAPI document
	$(BIN)/python -m matchbook_contracts export libs/contracts/schemas

.PHONY: types
types: install ## Types alone
	$(BIN)/mypy libs deploy tests $(wildcard services/*/src)
	@# A hyphen is no part of a module's name, so each service's tests have equal names: one run each.
	@for tests in services/*/tests; do echo "$(BIN)/mypy $$tests"; $(BIN)/mypy $$tests; done

.PHONY: fmt
fmt: install ## Put the code into the agreed shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: install ## The numbers of docs/benchmarks.md
	@exec $(BIN)/python -m tests.bench.bench_pipeline $(ARGS)

$(STAMPS)/bench: requirements-bench.lock $(STAMPS)/packages
	@$(STEP) "What only benchmarks need" $(INSTALL) --require-hashes -r requirements-bench.lock
	@touch $@

.PHONY: bench-splink
bench-splink: $(STAMPS)/bench ## Splink on a labelled world: ARGS="--world FOLDER"
	@exec $(BIN)/python -m tests.bench.bench_splink $(ARGS)

##@ Clean

.PHONY: clean
clean: down ## Remove the demo's data and what tools left
	@$(PYTHON) deploy/clean.py data

.PHONY: distclean
distclean: down ## That, and everything that `make install` made
	@$(PYTHON) deploy/clean.py all
