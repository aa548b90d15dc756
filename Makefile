# Five verbs, each does all of its own set-up: a venv in the project, no global installs.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/.ready
export UV_PROJECT_ENVIRONMENT := .venv
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 18,20

.PHONY: help setup demo test checked tests cases journey heavy lint style types layers grammar trino synth deploy-local bench clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(BIN)/uv:
	@command -v $(PYTHON) >/dev/null || { echo "Enishi needs Python 3.11 or newer: install it, or say which with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Enishi needs Python 3.11 or newer; $(PYTHON) is older. Say which with PYTHON=…"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): $(BIN)/uv uv.lock pyproject.toml
	$(BIN)/uv sync --frozen --quiet --inexact
	@$(BIN)/enishi demo --help >/dev/null  # what a first run imports is compiled now
	@touch $@

setup: $(READY) ## the project's own environment

demo: $(READY) ## a sample retailer, seven scenarios, one business day and its waits
	$(BIN)/enishi demo

test: $(READY) style ## lint, types, layers and all tests (under 10 minutes on two cores)
	$(MAKE) --no-print-directory --jobs 2 checked

checked: tests types layers

tests: $(READY)
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not heavy"

cases: $(READY) ## every golden case of every analysis (`make test`: the first of each core one), and all on the sample
	$(BIN)/pytest -n 2 --dist loadgroup -m heavy tests/flow/test_analyses_sample.py tests/unit/analysis/test_golden.py

journey: $(READY) ## the demo on real purchases, against figures that others computed
	$(BIN)/pytest -m heavy tests/flow/test_completejourney.py

heavy: $(READY) ## the long proofs: thousands of fault cases, large inputs
	$(BIN)/pytest -m heavy

lint: style types layers ## ruff, mypy strict, import-linter

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

GATE := tests/grammar/node_modules/.gate/gate.cjs
$(GATE): tests/grammar/package.json tests/grammar/package-lock.json tests/grammar/gate.mjs
	@command -v node >/dev/null || { echo "The second syntax gate needs Node.js 20 or newer."; exit 1; }
	npm ci --prefix tests/grammar --no-audit --no-fund --silent
	npm run --prefix tests/grammar --silent gate

grammar: $(READY) $(GATE) ## Trino's grammar over every packaged or written SQL statement
	$(BIN)/python -m tests.grammar

trino: $(READY) ## every SQL case on a real Trino server, rows compared with DuckDB's (540 MB once; Java 24, Maven)
	$(BIN)/uv sync --frozen --quiet --inexact --group trino
	$(BIN)/python -m tests.trino $(ARGS)

include infra/targets.mk

bench: $(READY) ## how fast, as ratios in one run
	$(BIN)/python -m tests.bench

clean: ## remove what the targets made
	rm -rf .venv .enishi .trino build cdk.out node_modules tests/grammar/node_modules
