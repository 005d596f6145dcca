# make demo and make test need nothing but Python 3.11 or newer: they make .venv and install everything into it.
PYTHON ?= python3
# How many processes share the tests; 0: all in one, for a debugger and for single tests.
TESTERS ?= 2
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test lint bench kill studio weights clean

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(READY)

demo: $(READY)
	$(BIN)/lpstudio demo

studio: $(READY)
	$(BIN)/lpstudio

test: $(READY)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n $(TESTERS) --dist worksteal

lint: $(READY)
	$(BIN)/ruff check lpstudio tests
	$(BIN)/ruff format --check lpstudio tests
	$(BIN)/mypy
	$(BIN)/lint-imports

# kill -9 at 300 random moments of real editing; kill.log says what came of each.
kill: $(READY)
	rm -f kill.log
	LPSTUDIO_KILLS=300 LPSTUDIO_KILL_LOG=kill.log QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest tests/kill

# Installs labelme and X-AnyLabeling in a cache folder the first time; `$(BIN)/python -m tests.bench --help` tells more.
bench: $(READY)
	$(BIN)/python -m tests.bench

# The starter weights anew, of synthetic plates alone: hours. Goes on where it was when called again.
weights: $(READY)
	$(BIN)/python -m lpstudio.training.starter build/starter

clean:
	rm -rf build dist .pytest_cache .ruff_cache .mypy_cache
