# The commands of this project. `make demo` and `make test` set up what they need first; a second
# run finds everything in place.

PYTHON ?= python3
export PYTHON

.PHONY: help setup demo test lint bench lock

help:
	@echo "make demo   set up, then show the main job on this machine"
	@echo "make test   set up, then run every check and test"
	@echo "make setup  set up alone, into .venv"
	@echo "make lint   style and types, quickly"
	@echo "make bench  set up, then measure"
	@echo "make lock   renew uv.lock after a change of pyproject.toml"

setup: .venv/set-up .cache/models/set-up .cache/demo/set-up
	@setup/debian.sh

.venv/set-up: pyproject.toml uv.lock setup/python.sh setup/uv.txt
	@setup/debian.sh
	@setup/python.sh
	@touch $@

.cache/models/set-up: models/manifest.yaml models/fetch_dlib.py .venv/set-up
	@echo "==> Fetching the face embedder"
	@.venv/bin/python -m models.fetch_dlib --into .cache/models
	@touch $@

.cache/demo/set-up: $(wildcard bondwatch/demo/*.py) .venv/set-up
	@echo "==> Making the demo clip"
	@.venv/bin/python -m bondwatch.demo.clip
	@touch $@

demo: setup
	@.venv/bin/bondwatch demo

test: setup
	@tests/run.sh

lint: .venv/set-up
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: setup
	@.venv/bin/python -m bench.pipeline

lock: .venv/set-up
	@setup/lock.sh
	@$(MAKE) --no-print-directory .venv/set-up
