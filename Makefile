# `make` lists what there is; `make run` is all that a newcomer needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV ?= .venv
# `exec`, so that a signal for make reaches the command itself.
INSIDE := exec env PATH="$(abspath $(VENV))/bin:$$PATH" PYTHONUNBUFFERED=1
SET_UP := $(PYTHON) bin/setup.py $(VENV)
PIN := uv pip compile --quiet --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	--python-version 3.11

.PHONY: help run test lint soak fuzz postman bench format model pictures messages requirements

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s%s\n", $$1, $$2}' Makefile

run: ## Start QC Desk here: set-up, database, demo data, web, worker, sweeper and beat (PORT=8000)
	@$(SET_UP) requirements.txt
	@$(INSIDE) python bin/run.py

test: ## Run every test, on SQLite and on MariaDB with Redis
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) python bin/test.py

lint: ## Check style, types, the direction of imports, migrations, and the API's schema
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) ruff check .
	@$(INSIDE) ruff format --check .
	@$(INSIDE) mypy
	@$(INSIDE) lint-imports
	@$(INSIDE) python manage.py makemigrations --check --dry-run
	@$(INSIDE) python manage.py spectacular --validate --fail-on-warn --file /dev/null

soak: ## Kill a process each 20 s for some minutes, and count what is lost (ARGS=5)
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) python -m tests.soak $(ARGS)

fuzz: ## Ask the API for everything that its schema allows, and much that it does not (ARGS=10000)
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) python -m tests.fuzz $(ARGS)

postman: ## Make a Postman collection of the API, and send it to a site (QC, TOKEN, PERSON, PASSWORD)
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) python -m tests.postman

bench: ## Measure what it costs to hand out work, on MariaDB (ARGS=claim for one table only)
	@$(SET_UP) requirements.txt
	@$(INSIDE) python -m benchmarks $(ARGS)

format: ## Put the code in shape
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) ruff check --fix .
	@$(INSIDE) ruff format .

model: ## Ask the model of a shift: docs/scaling.md and its plots
	@$(SET_UP) requirements-bench.txt
	@$(INSIDE) python -m benchmarks.shift_model

messages: ## Collect all texts for the translations, and compile these (needs gettext)
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) sh -c "python manage.py makemessages --all --no-location --no-obsolete \
		--ignore=tests --ignore=var --ignore='.venv*' && python manage.py compilemessages --ignore='.venv*'"

requirements: ## Pin anew what requirements*.in ask for (ARGS=--upgrade for newer releases)
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) $(PIN) $(ARGS) requirements.in -o requirements.txt
	@$(INSIDE) $(PIN) $(ARGS) -c requirements.txt requirements-dev.in -o requirements-dev.txt
	@$(INSIDE) $(PIN) $(ARGS) -c requirements.txt requirements-bench.in -o requirements-bench.txt
	@$(INSIDE) $(PIN) $(ARGS) -c requirements.txt requirements-s3.in -o requirements-s3.txt

pictures: ## Take README's pictures anew, of a demo that is made for them (needs a browser)
	@$(SET_UP) requirements-dev.txt
	@$(INSIDE) python -m tests.pictures
