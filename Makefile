# Renouer. `make help` lists the targets; `make demo` and `make test` are all a newcomer needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
STAMPS := .venv/.stamps
PYTEST ?= $(BIN)/python -m pytest
export UV_LINK_MODE := copy

.PHONY: help encoder rasa demo demo-reset test test-rasa check format bench lock lock-rasa install install-dev catalogues clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: install ## Install everything and start the demo (keeps its data from one run to the next)
	@$(BIN)/renouer demo || [ $$? = 130 ] # 130: stopped with Ctrl-C

demo-reset: install ## Start the demo anew, from the fictional pilot district
	@$(BIN)/renouer demo --reset || [ $$? = 130 ]

test: install-dev $(STAMPS)/chromium ## Install what tests need and run all of them
	$(PYTEST) -n 2 --dist loadscope

test-rasa: install-dev ## Test against a real Rasa server, where there is Python 3.10
	@.ci/make-rasa environment || [ $$? = 3 ]
	$(PYTEST) tests/rasa -m rasa

check: install-dev ## Lint, types, house rules, catalogues and wording; warnings are errors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m flows.lint
	$(BIN)/python -m flows.extract --check

format: install-dev ## Let ruff tidy the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev ## Measure on this machine: replies a second, latency, start-up, memory
	$(BIN)/python -m tests.bench

encoder: install-dev ## Teach the sentence encoder anew (PyTorch; about an hour on two cores)
	@.ci/make-encoder

rasa: install ## Build, train and serve Rasa, the other engine (needs Python 3.10; 2.5 GB)
	@.ci/make-rasa || [ $$? = 130 ]

catalogues: install-dev ## Bring locales/*.po up to date with the texts in flows/*.yml
	$(BIN)/python -m flows.extract

lock: install-dev ## Choose new versions of all packages (edit pyproject.toml first)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade \
	  --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade \
	  --python-version 3.11 --group dev -c requirements.lock -o requirements-dev.lock

lock-rasa: install ## Choose versions for Rasa's own environment (nlu/rasa.in)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade \
	  --python-version 3.10 nlu/rasa.in -o nlu/rasa.lock

install: $(STAMPS)/run $(STAMPS)/front ## What the service needs
install-dev: install $(STAMPS)/dev ## What developers need besides

$(STAMPS)/venv: .ci/make-venv
	@.ci/make-venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: $(STAMPS)/venv requirements.lock pyproject.toml
	@echo "— Python packages (about 350 MB the first time)"
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/run requirements-dev.lock
	@echo "— Python packages for tests and checks"
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

$(STAMPS)/front: $(STAMPS)/venv bot/web/package-lock.json .ci/make-front
	@echo "— Design system and htmx"
	@.ci/make-front
	@touch $@

$(STAMPS)/chromium: $(STAMPS)/venv .ci/make-chromium
	@.ci/make-chromium
	@touch $@

clean: ## Remove what was installed here (not the demo's data)
	rm -rf .venv nlu/.rasa nlu/encoder/.venv bot/web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
