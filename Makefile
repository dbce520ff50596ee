# Short names for what people do most. Everything that touches hosts is plain ansible-playbook underneath.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
PYTHON ?= python3
export PYTHON
STEP := @scripts/step

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## Install what a controller needs: .venv, Docker Engine, SSH client
	$(STEP) "Python environment" scripts/venv
	$(STEP) "Packages of the distribution" scripts/packages openssh-client mmdebstrap uidmap
	$(STEP) "Docker Engine" scripts/engine start

.PHONY: setup-test
setup-test: setup
	$(STEP) "Packages for the tests" scripts/packages chromium libnss3-tools nftables postgresql systemd
	$(STEP) "Frontend's development packages" scripts/frontend install

.PHONY: demo
demo: setup ## Run Jobfolio on a fleet of stand-in EC2 hosts on this machine
	$(STEP) "(1/3) Make the fleet" ansible-playbook playbooks/local_fleet.yml
	$(STEP) "(2/3) Build the images" ansible-playbook playbooks/build.yml
	$(STEP) "(3/3) Deploy" ansible-playbook playbooks/deploy.yml
	@scripts/demo-url

.PHONY: test
test: setup-test ## Everything CI runs: a short form of every promise
	scripts/test

.PHONY: lint
lint: setup-test ## Linters and type checks, in production profile
	$(STEP) "ruff" sh -c 'ruff check . && ruff format --check .'
	$(STEP) "mypy" scripts/types
	$(STEP) "yamllint" yamllint --strict .
	$(STEP) "ansible-lint" ansible-lint --strict
	$(STEP) "squawk" scripts/squawk
	$(STEP) "Frontend" scripts/frontend lint
	$(STEP) "Generated files are up to date" scripts/generated --check

.PHONY: unit
unit: setup-test ## Tests that need no fleet: plugins, and the backend against a real PostgreSQL
	$(STEP) "Unit tests of the backend" coverage run -m pytest tests/unit/backend tests/unit/phased_migrations
	$(STEP) "Branch coverage of the backend" coverage report
# Counting branches would take two fifths of the time of the others, which judge random policies.
	$(STEP) "Unit tests of the rest" pytest tests/unit --ignore=tests/unit/backend --ignore=tests/unit/phased_migrations
	$(STEP) "Frontend's tests" scripts/frontend test

.PHONY: molecule
molecule: setup-test ## One scenario, or all: make molecule SCENARIO=docker
	$(STEP) "Molecule" molecule test $(if $(SCENARIO),--scenario-name $(SCENARIO),--all)

.PHONY: e2e
e2e: setup-test ## A person's story in Chromium, against the fleet that make demo made
	$(STEP) "Browser" pytest tests/e2e

.PHONY: soak
soak: setup-test ## The full-length runs
	scripts/soak

.PHONY: bench
bench: setup-test ## Measure what docs/performance.md quotes
	$(STEP) "Load generator" scripts/packages wrk
	$(STEP) "Benchmarks" python bench/run.py

.PHONY: lock
lock: ## Pin every Python package again, with hashes
	UV_NO_CONFIG=1 uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --upgrade \
	  --extra test pyproject.toml app/backend/pyproject.toml --output-file requirements.txt
	UV_NO_CONFIG=1 uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --constraint requirements.txt \
	  app/backend/pyproject.toml --output-file app/backend/requirements.txt
	UV_NO_CONFIG=1 uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --constraint requirements.txt \
	  roles/local_fleet/files/aws/requirements.in --output-file roles/local_fleet/files/aws/requirements.txt

.PHONY: clean
clean: ## Remove the fleets on this machine, and stop the engine if setup started it
	scripts/clean
