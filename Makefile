# Two commands for a newcomer: `make demo` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test test-slow check format install clean picture

demo: $(STAMP)            ## a simulated patient, the monitor and its screen
	$(BIN)/ecg-monitor demo

test: $(STAMP)            ## the test suite, in parallel
	$(BIN)/python -m pytest -n auto -m "not slow and not gpu"

test-slow: $(STAMP)       ## everything this machine can run
	$(BIN)/python -m pytest -n auto

check: $(STAMP)           ## style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

picture: $(STAMP)         ## regenerate the README's screenshot
	$(BIN)/python docs/picture.py

install: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v in ((3, 11), (3, 12)) else "ecg-monitor needs Python 3.11 or 3.12, this is %d.%d: make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
