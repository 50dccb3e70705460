# All development commands: `make` lists them. Developers, pre-commit and CI run the same commands.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Some containers set this variable. Without Python's compiled files, each of the hundreds of processes that tests start compiles its imports again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV ?= .venv
# Tests wait for processes part of the time, so three pytest processes share two cores. conftest.py says which tests stay together.
PYTEST_ARGS ?= --numprocesses 3 --dist loadscope --no-loadscope-reorder

PACKAGES  := libs/core libs/datasets jobs/ingest services/worker services/api operator devkit
BIN       := $(VENV)/bin
INSTALLED := $(VENV)/installed
VERSITYGW := .cache/bin/versitygw
HELM      := .cache/kube/bin/helm
CHECKOV   := .cache/checkov/bin/checkov
MUTANTS   := .cache/mutants/venv/bin/python
IAM_SIMULATE := .cache/iam-simulate/simulate.mjs
GROOVY_LINT := .cache/npm-groovy-lint/bin/npm-groovy-lint
PYTHON_CLIENT := .cache/python-client/bin/openapi-python-client

.PHONY: help install demo test pytest quick mutants coverage lint format types imports bench attack monitoring-tools pgbouncer dashboards dashboard-pictures chart-docs dataset-docs docs client lock clean

help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Install the locked packages into VENV (.venv) and build the S3 server; fast if nothing changed
	@$(MAKE) --no-print-directory --jobs=2 $(INSTALLED) $(VERSITYGW)

demo: install ## Run the whole system on this machine, from a source to the API: make demo [SOURCE=jolpica SEASON=2024 ROUNDS=1-3]
	$(BIN)/f1 demo $(if $(SOURCE),--source $(SOURCE)) $(if $(SEASON),--season $(SEASON)) $(if $(ROUNDS),--rounds $(ROUNDS))

test: lint imports $(HELM) $(CHECKOV) $(IAM_SIMULATE) $(GROOVY_LINT) $(PYTHON_CLIENT) ## All checks that need no cluster: lint, imports, types and the tests
	@$(MAKE) --no-print-directory --jobs=2 types pytest

# mypy has one process, so it runs beside the tests.
pytest:
	$(BIN)/pytest $(PYTEST_ARGS)

QUICK := libs jobs/ingest/tests/sources jobs/ingest/tests/synthetic services/worker/tests/parse operator/tests/reconcile operator/tests/jobs

quick: install ## Run the tests that need few servers, in a minute; on another Python: make quick VENV=.cache/python3.13 PYTHON=python3.13
	$(BIN)/pytest $(PYTEST_ARGS) $(QUICK)

# A separate target, since measuring coverage takes 50% more processor time.
coverage: install $(HELM) $(CHECKOV) $(IAM_SIMULATE) $(GROOVY_LINT) $(PYTHON_CLIENT) ## Run the same tests, and list the lines and branches that no test reaches
	$(BIN)/pytest --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

lint: install ## Check style, formatting and spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell

format: install ## Format, and apply ruff's fixes
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: install ## Check types, strictly
	$(BIN)/mypy

imports: install ## Check the import contracts
	$(BIN)/lint-imports

bench: install ## Measure the ratios of docs/promises.md and their references in one run: make bench [PART=recovery, or PART=memory for the chart's limits]
	PYTHONPATH=tests/support $(BIN)/python tests/bench $(PART)

attack: install ## Run attacks on the programs, limited in memory and time, and print memory before and after: a few minutes
	$(BIN)/pytest tests/attacks --timeout 120 -o timeout_func_only=true -q $(ATTACK_ARGS)

monitoring-tools: ## Fetch Prometheus, Alertmanager and their tools from Debian's packages, for the tests of rules and dashboards
	@tools/monitoring/fetch .cache/monitoring/bin

pgbouncer: ## Fetch pgbouncer from Debian's packages, for the tests of TLS and of a pooler
	@tools/pgbouncer/fetch .cache/pgbouncer

dashboards: install ## Generate the dashboards' JSON in the chart from charts/dashboards
	$(BIN)/python charts/dashboards/generate.py charts/f1-aggregator/dashboards

dashboard-pictures: install monitoring-tools ## Render the pictures of the dashboards in docs/monitoring from the programs under load: a few minutes
	PYTHONPATH=tests/support:charts/dashboards $(BIN)/python tests/monitoring/pictures.py docs/monitoring

chart-docs: install ## Generate the table of values in the chart's README from the comments of its values.yaml
	$(BIN)/python charts/values_table.py

dataset-docs: install ## Generate the columns in docs/datasets.md from f1_datasets
	$(BIN)/python -m f1_datasets.dictionary docs/datasets.md

docs: install ## Build the documentation site in .cache/site; make docs SERVE=1 serves a live preview
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs $(if $(SERVE),serve,build)

client: install $(PYTHON_CLIENT) ## Generate the Python client from the OpenAPI document, as a wheel in .cache/python-client/dist
	clients/python/generate clients/python/f1_aggregator_client
	cd clients/python && $(CURDIR)/$(BIN)/hatchling build --target wheel --directory $(CURDIR)/.cache/python-client/dist

mutants: install $(MUTANTS) ## Run mutation tests: make mutants [MODULE=budget SINCE=HEAD~3 SAMPLE=12 MINUTES=120]
	$(MUTANTS) tools/mutants/run.py --module "$(MODULE)" --since "$(SINCE)" --sample $(or $(SAMPLE),12) --minutes $(or $(MINUTES),120)

lock: $(INSTALLED) ## Resolve requirements.lock again; make lock UPGRADE=1 upgrades packages
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url $(patsubst %,--no-emit-package f1-%,$(notdir $(PACKAGES))) \
	  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --quiet --output-file requirements.lock
	$(BIN)/uv pip compile tools/checkov/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --quiet --output-file tools/checkov/requirements.lock
	$(BIN)/uv pip compile tools/iam-simulate/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --quiet --output-file tools/iam-simulate/requirements.lock
	$(BIN)/uv pip compile tools/python-client/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --quiet --output-file tools/python-client/requirements.lock
	$(BIN)/uv pip compile tools/release/audit/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --quiet --output-file tools/release/audit/requirements.lock
	$(BIN)/uv pip compile jenkins/npm-groovy-lint/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --quiet --output-file jenkins/npm-groovy-lint/requirements.lock
	$(BIN)/uv pip compile tools/mutants/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --quiet --output-file tools/mutants/requirements.lock

include tests/e2e/targets.mk
include infra/targets.mk
include tools/release/targets.mk
include jenkins/targets.mk

clean: ## Remove all generated files of make and the tools
	rm -rf .venv .cache .demo .coverage* htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find $(PACKAGES) -name __pycache__ -prune -exec rm -rf {} +

# pip installs uv by its hashes in the lock, and uv installs the rest, twenty times faster. If uv finds no index (it does not
# read pip's configuration), pip installs everything by the same hashes.
$(INSTALLED): requirements.lock pyproject.toml $(PACKAGES:%=%/pyproject.toml)
	@echo 'installing the packages of requirements.lock into $(VENV)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/# via/p' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/pip install --quiet --require-hashes --requirement $(VENV)/uv.lock
	@$(BIN)/uv pip install --quiet --link-mode copy --python $(BIN)/python --require-hashes --requirements requirements.lock \
	  || $(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation $(PACKAGES:%=--editable %)
	@touch $@

# Separate from the programs' environment: see tools/checkov/requirements.in.
$(CHECKOV): tools/checkov/requirements.lock | $(INSTALLED)
	@echo 'installing checkov into .cache/checkov'
	@$(PYTHON) -m venv --clear .cache/checkov
	@$(BIN)/uv pip install --quiet --python .cache/checkov/bin/python --require-hashes --requirements $< \
	  || .cache/checkov/bin/pip install --quiet --require-hashes --requirement $<
	@touch $@

# Separate from the programs' environment: see tools/python-client/requirements.in.
$(PYTHON_CLIENT): tools/python-client/requirements.lock | $(INSTALLED)
	@echo 'installing openapi-python-client into .cache/python-client'
	@$(PYTHON) -m venv --clear .cache/python-client
	@$(BIN)/uv pip install --quiet --python .cache/python-client/bin/python --require-hashes --requirements $< \
	  || .cache/python-client/bin/pip install --quiet --require-hashes --requirement $<
	@touch $@

$(MUTANTS): tools/mutants/requirements.lock | $(INSTALLED)
	@echo 'installing cosmic-ray into .cache/mutants/venv'
	@$(PYTHON) -m venv --clear .cache/mutants/venv
	@$(BIN)/uv pip install --quiet --python $@ --require-hashes --requirements $< \
	  || .cache/mutants/venv/bin/pip install --quiet --require-hashes --requirement $<
	@touch $@

# Evaluates IAM policies for infra/tests. Its licence is AGPL: it runs as a separate process, and no image contains it.
$(IAM_SIMULATE): $(addprefix tools/iam-simulate/,install package.json package-lock.json simulate.mjs requirements.lock)
	@echo 'installing iam-simulate into .cache/iam-simulate'
	@PYTHON=$(PYTHON) tools/iam-simulate/install .cache/iam-simulate

$(VERSITYGW): $(addprefix tools/versitygw/,build go.mod go.sum)
	@PYTHON=$(PYTHON) tools/versitygw/build $@
	@touch $@
