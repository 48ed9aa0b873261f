# Everything a developer does, on a machine that has Python 3.11 or newer and make.

VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
ARGS ?=

# Only what was asked for reaches the programs: an empty PORT means their default.
export PORT HOST

.DEFAULT_GOAL := help
.PHONY: help run demo test faults soak coverage check format messages pictures train evaluate bench bench-triage simulate-queue simulate-skills setup setup-dev

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 12

run: setup ## the whole service on this machine (PORT=8000, HOST=127.0.0.1)
	@$(PY) -m tools.run

demo: setup ## the same, with residents and counselors who talk by themselves
	@$(PY) -m tools.run --simulate

test: setup-dev ## all tests; installs a browser, Redis and PostgreSQL if it may (ARGS='-k queue')
	@$(PY) -m tools.needs
	@$(PY) -m tools.messages compile
	$(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

faults: setup-dev ## every fault we can make, on real processes; writes build/faults.json (ARGS='--short --only Redis')
	@$(PY) -m tools.needs
	@$(PY) -m tools.messages compile
	@$(PY) -m tests.faults.campaign $(ARGS)

soak: setup-dev ## a server under steady coming and going: memory, files, tasks stay flat (ARGS='--minutes 60 --storage postgresql+redis')
	@$(PY) -m tools.messages compile
	@$(PY) -m tests.faults.soak $(ARGS)

coverage: setup-dev ## the tests that need no browser, and which lines they leave out
	@$(PY) -m tools.messages compile
	$(PY) -m coverage run -m pytest -q --ignore tests/journeys --ignore tests/faults $(ARGS)
	$(PY) -m coverage report

check: setup-dev ## what a reviewer would run: format, lint, types, imports, templates, migrations, translations
	@$(PY) -m tools.check

format: setup-dev ## write the format that check expects
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

messages: setup-dev ## collect strings and translations into locale/zh_Hans
	@$(PY) -m tools.messages merge
	@$(PY) -m tools.messages compile

pictures: setup-dev ## every page as pictures, in build/pictures (ARGS=board: only those so named)
	@$(PY) -m tools.messages compile
	$(PY) -m tools.pictures $(ARGS)

train: setup ## train the triage model anew from its corpus
	$(PY) manage.py train $(ARGS)

evaluate: setup ## triage beside its baselines, on data training never saw (ARGS='--sets FOLDER --tables FILE')
	$(PY) manage.py evaluate $(ARGS)

bench: setup-dev ## what a delivered message costs, beside others (ARGS='--rounds 2 --only cost --peers product', --help)
	@$(PY) -m benchmarks.delivery $(ARGS)

bench-triage: setup ## what a message costs triage, beside scikit-learn's pipeline
	@$(PY) -m benchmarks.triage_cost

simulate-queue: setup-dev ## waits of a night and a surge, by the order of the queue
	$(PY) -m tools.simulate_queue $(ARGS)

simulate-skills: setup-dev ## who meets a counselor who knows their language and their matter, by how long they are kept
	$(PY) -m tools.simulate_skills $(ARGS)

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; on Debian: apt-get install python3 python3-venv"; exit 1; }
	@echo "Making $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing requirements.txt (a minute or two, once) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing requirements-dev.txt (a minute or two, once) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.installed
