# Everything a developer does. From nothing but Python >= 3.11, make, bash and a network to PyPI:
#
#   make demo     loads real files into a PostgreSQL of its own and shows what happened
#   make test     proves that it works

SHELL := /bin/bash
VENV ?= .venv
COVERAGE_MIN ?= 92
MINUTES ?= 5
INSTALLED := $(VENV)/.installed
CODEC_BUILT := $(VENV)/.codec-built

export VENV PYTHON COVERAGE_MIN MINUTES
# What is installed stays as it was built, wherever make was called from.
export PATH := $(abspath $(VENV))/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench faults fuzz lint format templates infra constraints clean

help: ## says what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: $(CODEC_BUILT) ## makes .venv and compiles the codec; the others do it first where needed

$(INSTALLED): pyproject.toml constraints.txt scripts/setup scripts/find-python
	@scripts/setup install
	@touch $@

$(CODEC_BUILT): $(INSTALLED) setup.py $(wildcard src/loadstone/codec/*.py src/loadstone/codec/*.pxd)
	@scripts/setup codec
	@touch $@

demo: setup ## loads real files into an embedded PostgreSQL and shows what happened
	@loadstone demo

test: setup ## all tests, coverage, the codec uncompiled, the system's PostgreSQL too
	@scripts/test

$(VENV)/.installed-bench: $(INSTALLED)
	@scripts/setup extra bench
	@touch $@

bench: setup $(VENV)/.installed-bench ## speed and memory against psql \copy, into benchmarks/results/
	@python -m benchmarks

faults: setup ## kills, restarts and races, all of them (minutes)
	@LOADSTONE_FAULTS=all pytest tests/faults

$(VENV)/.installed-fuzz: $(INSTALLED)
	@scripts/setup extra fuzz
	@touch $@

fuzz: setup $(VENV)/.installed-fuzz ## searches for inputs that break the codec: make fuzz MINUTES=30
	@scripts/fuzz

lint: setup ## ruff, mypy, import-linter, lock files
	@scripts/lint

format: setup ## formats the code
	@ruff check --fix --quiet . ; ruff format .

$(VENV)/.installed-infra: $(INSTALLED)
	@scripts/setup extra infra
	@touch $@

templates: $(VENV)/.installed-infra ## makes src/loadstone/deploy/templates from the code (wants Node)
	@python -m loadstone.deploy.infrastructure

infra: $(VENV)/.installed-infra ## cfn-lint, cdk-nag, checkov and Terraform on the infrastructure (wants Node)
	@scripts/infra

constraints: ## asks PyPI for the newest versions and writes constraints.txt
	@scripts/constraints

clean: ## stops the embedded PostgreSQL and removes everything that was made
	@scripts/clean
