# On a machine with python3 (with venv), make and libGL, these do all set-up:
#   make demo    complete an example part
#   make test    run the whole test suite

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test check format install clean

demo: install
	CADCOMPLETE_RESIDENT=off $(BIN)/cadcomplete complete examples/parts/flange.json --keep 7 -n 3 -o demo

# Compiled modules are kept, whatever the shell says: the tests start some sixty processes.
test: export PYTHONDONTWRITEBYTECODE =
test: install
	$(BIN)/pytest -n 2 --dist worksteal

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/pytest tests/test_layers.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(READY)

# torch first and pinned: otherwise its newest build comes, with several GB for graphics cards.
# editable_mode: otherwise a script beside the checkout finds the checkout in place of the package.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]' --config-settings editable_mode=compat
	touch $@

clean:
	rm -rf .venv demo runs/out
