# The one list of what can be done here: `make` prints it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
SOURCE ?= synthetic
SEASON ?= 2024
ROUNDS ?= 1-3

BIN       := .venv/bin
PACKAGES  := libs/core libs/local jobs/ingest services/worker services/api
INSTALLED := .venv/installed
VERSITYGW := .cache/bin/versitygw

.PHONY: help
help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: ## Make .venv with everything locked, and build the S3 server; quick when nothing changed
	@$(MAKE) --no-print-directory -j2 $(INSTALLED) $(VERSITYGW)

$(INSTALLED): requirements.lock pyproject.toml $(PACKAGES:%=%/pyproject.toml)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation $(PACKAGES:%=--editable %)
	touch $@

$(VERSITYGW): tools/versitygw/go.mod tools/versitygw/go.sum
	mkdir -p $(@D)
	cd tools/versitygw && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $(CURDIR)/$@ github.com/versity/versitygw/cmd/versitygw
	touch $@
