# make demo   set up, and train on the bundled sample
# make test   set up, check and test: what CI runs
# It needs Python 3.11 or later and make, nothing else.

PYTHON ?= python3
BIN := .venv/bin
# Packages on disk that pip is told of are told to uv as well
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
# OpenMP threads that spin while they wait slow a busy machine down
export OMP_WAIT_POLICY := PASSIVE

WANTED := --constraint constraints.txt --editable '.[transformers,minilm,fast,map,tune,resample,review,dev]'

.PHONY: help demo test test-all bench check fix clean

help:
	@sed -n 's/^# //p' Makefile
	@echo 'make check (lint, types), fix (format), test-all (slow tests too), bench, clean'

# The environment is remade when what it is made of changes
.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/uv pip install --quiet --python $(BIN)/python $(WANTED) || $(BIN)/python -m pip install $(WANTED)
	@touch $@

demo: .venv/ready
	$(BIN)/textkind train sample:emotion
	@run=$$(ls -td runs/emotion-features-* | head -1) && \
		$(BIN)/textkind predict "$$run" "I can't believe you did that for me!"

test: .venv/ready check
	$(BIN)/python -m pytest -m 'not slow' --cov --cov-report=term

test-all: .venv/ready check
	$(BIN)/python -m pytest --cov --cov-report=term

# DATA holds data sets as folders of Parquet; the file of each benchmark says which
DATA ?= ../shared/data

bench: .venv/ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/near_duplicates.py
	$(BIN)/python benchmarks/million.py
	@if [ -d "$(DATA)" ]; then $(BIN)/python benchmarks/encoding.py "$(DATA)" && \
		$(BIN)/python benchmarks/training.py "$(DATA)"; \
		else echo "no data sets in $(DATA): encoding and training are not measured; make bench DATA=FOLDER"; fi
	@if [ -d "$(DATA)/noisy_ag_news" ]; then $(BIN)/python benchmarks/label_errors.py "$(DATA)" && \
		$(BIN)/python benchmarks/label_errors.py "$(DATA)" --planted; \
		else echo "no noisy_ag_news in $(DATA): wrong labels are not looked for; make bench DATA=FOLDER"; fi

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ty check src
	$(BIN)/python -m pytest -q tests/test_architecture.py

fix: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .pytest_cache .ruff_cache .coverage dist
