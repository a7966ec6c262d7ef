# Two commands are all it takes: `make run` and `make test`.
PYTHON ?= python3
PORT ?= 5000
# Each worker has a browser and databases of its own; the tests are dealt out so that it rarely changes database.
WORKERS ?= 2
BIN := .venv/bin
RUNTIME := .venv/.installed
DEVELOPMENT := .venv/.installed-dev
ROOMS := models rules operations importers reports views app.py
CATALOG := translations/messages.pot
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

export PORT
unexport VIRTUAL_ENV PYTHONHOME
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help install run test soak bench lock format messages clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

install: $(RUNTIME) ## build .venv, and nothing else

run: $(RUNTIME) ## prepare the database, serve on 127.0.0.1:$PORT (5000), sweep each minute; DEMO=0 starts empty
	@$(BIN)/flask --app app prepare
	@exec env BACKGROUND=1 $(BIN)/gunicorn

test: $(DEVELOPMENT) ## lint, types, contracts and all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@CHROMIUM="$$($(BIN)/python tests/find_browser.py)"; export CHROMIUM; set -x; \
		$(BIN)/pytest --numprocesses=$(WORKERS) --dist=worksteal --cov --cov-report=term

soak: $(DEVELOPMENT) ## the long repetitions
	@CHROMIUM="$$($(BIN)/python tests/find_browser.py)"; export CHROMIUM; set -x; \
		$(BIN)/pytest -m soak || [ $$? -eq 5 ]  # 5: there are none

bench: $(DEVELOPMENT) ## measure every page at 10k, 100k and 1M tickets; SIZE=10k and DATABASE=sqlite narrow it
	@$(BIN)/python -m bench $(if $(SIZE),--size $(SIZE)) $(if $(DATABASE),--database $(DATABASE))

# The header and the index lines are left out: they would name hosts.
lock: $(DEVELOPMENT) ## lock what requirements*.in ask for; UPGRADE=1 takes the newest versions
	@for file in requirements requirements-dev; do \
		$(BIN)/uv pip compile --quiet $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 --generate-hashes \
			--no-header --no-emit-index-url --no-emit-find-links $$file.in --output-file $$file.txt || exit; \
	done

format: $(DEVELOPMENT) ## apply the formatter and the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The application reads the .po files itself: nothing to compile.
messages: $(DEVELOPMENT) ## collect the words of the screens into the Chinese catalog
	$(BIN)/pybabel extract --mapping-file pyproject.toml --no-default-keywords \
		--keywords "N_ gettext ngettext:1,2 lazy_gettext _" --sort-output --add-location=file \
		--project pinzhi --version 1 --output-file $(CATALOG) $(ROOMS)
	$(BIN)/pybabel update --input-file $(CATALOG) --output-dir translations --locale zh_Hans_CN \
		--init-missing --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

clean: ## remove what the commands have made, but keep instance/
	rm -rf .venv .coverage htmlcov .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache $(CATALOG)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "python3-venv is missing: install it as root with 'apt-get install python3-venv'" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || \
		{ echo "Building .venv ..."; $(PYTHON) -m venv --clear .venv; }
	@echo "Installing the locked packages ..."
	@$(PIP) install --quiet --require-hashes -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@echo "Installing the locked packages for checks and tests ..."
	@$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
