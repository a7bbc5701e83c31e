# Each target is a line or two over public commands; README.md shows them bare.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 2
PYTHON ?= python3
STAMP := .venv/installed

.PHONY: repro paper app test test-all coverage bench bench-long docs-check lint format ui lock

repro: $(STAMP)
	img2vox repro
	img2vox register
	img2vox results

paper: $(STAMP)
	cd paper && img2vox repro && img2vox register && img2vox results

app: $(STAMP)
	python -m app $(ARGS)

test: $(STAMP)
	python tests/install_tools.py
	pytest -n 2 --dist loadfile -m "not slow"

test-all: $(STAMP)
	python tests/install_tools.py
	pytest -n 2 --dist loadfile

coverage: $(STAMP)
	python tests/install_tools.py
	pytest -n 2 --dist loadfile -m "not slow" --cov --cov-report=term-missing:skip-covered $(ARGS)

bench: $(STAMP)
	python benchmarks/run_all.py $(ARGS)

bench-long: $(STAMP)
	python tests/install_tools.py
	python benchmarks/run_all.py --long $(ARGS)

docs-check: $(STAMP)
	python docs/fill.py --check
	python docs/check.py $(ARGS)

lint: $(STAMP)
	ruff format --check .
	ruff check .
	mypy

format: $(STAMP)
	ruff format .
	ruff check --fix .

ui: $(STAMP)
	mlflow ui --host 127.0.0.1 --port 5000 --backend-store-uri sqlite:///mlflow.db

lock: $(STAMP)
	uv pip compile pyproject.toml --universal --python-version 3.11 --extra dev --no-header --no-emit-index-url --no-annotate -o requirements.lock

# Runs again only when the lock file or the package's own metadata changed.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info[:2] < (3, 14), f"img2vox needs Python 3.11 to 3.13, this is {sys.version.split()[0]}; run make PYTHON=python3.12"'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	python -m pip install --quiet --disable-pip-version-check uv
	uv pip install --quiet --compile-bytecode --python .venv/bin/python -r requirements.lock
	uv pip install --quiet --python .venv/bin/python --no-deps --editable .
	touch $@
