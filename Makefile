# Everything a visitor or a developer runs. Needs git, make and Python 3.11 or newer with pip; the rest is fetched
# into .venv (and .uv, where uv is not installed) inside this folder on the first run.

PYTHON ?= python3
SEEDS ?= 500
LINE_COVERAGE ?= 100

# Python keeps what it compiled, whatever the shell says: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

UV := $(or $(shell command -v uv),.uv/bin/uv)
RUN := .venv/bin
READY := .venv/.ready
DOCS_READY := .venv/.docs-ready
INSTALL_OPTIONS := --quiet --python .venv --require-hashes --no-build
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)
PANGO := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core
CODE := $(wildcard src tests docs bench examples supply)
say = @printf '%s\n' "$(1)" >&2

.DEFAULT_GOAL := help
.PHONY: help demo test chromium pango simulate bench screenshots lint audit sbom wheel words assets docs lock

help: ## say what can be run
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(READY) ## play the January 2024 exercise between two nodes (ONCE=1: as fast as possible, JSON summary; OPEN=1: open both desks)
	$(call say,Playing the January 2024 exercise between two nodes on this machine ...)
	@$(RUN)/rabita demo $(if $(ONCE),--once --json) $(if $(OPEN),--open)

test: $(READY) chromium pango ## run every test; those of the line core and the procedures must cover all their branches (LINE_COVERAGE=100)
	$(call say,Running the tests ...)
	@$(RUN)/pytest -q -n auto --dist worksteal --cov=rabita.line --cov=rabita.procedures --cov-branch --cov-report=term --cov-fail-under=$(LINE_COVERAGE)

# Records on paper are drawn by Pango, which a desktop has and a small server may not.
pango:
	@ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0 && ldconfig -p | grep -q libharfbuzz-subset || { \
		echo 'There is no Pango here; installing it with apt for records on paper ...' >&2; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(PANGO); } >&2 || { \
		echo 'Records on paper need Pango. On Debian and Ubuntu: sudo apt install $(PANGO)' >&2; exit 1; }; }

# The pages are tried in the system's own Chromium, where there is one without its windows; CHROMIUM=/path names another.
chromium:
	@test -n "$$CHROMIUM" || command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || \
		command -v google-chrome >/dev/null || { \
		echo 'There is no Chromium here; installing it with apt for the tests of the pages ...' >&2; \
		{ apt-get update -qq && for each in chromium-headless-shell chromium; do \
			DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$each && break; done; } >&2 || { \
		echo 'The tests of the pages need Chromium. On Debian and Ubuntu: sudo apt install chromium' >&2; exit 1; }; }

simulate: $(READY) ## run the seeded simulation (SEEDS=2000)
	$(call say,Simulating $(SEEDS) seeds ...)
	@$(RUN)/python -m rabita_sim --seeds $(SEEDS)

bench: $(READY) chromium ## measure, each figure beside its yardstick (BENCH=exchange JSON=1)
	$(call say,Measuring $(or $(BENCH),everything) ...)
	@$(RUN)/python -m bench $(BENCH) $(if $(JSON),--json)

screenshots: $(READY) chromium ## write pictures of every page in three languages, light and dark, into screenshots/
	$(call say,Writing pictures of every page into screenshots/ ...)
	@$(RUN)/python -m supply.screenshots screenshots

lint: $(READY) ## check style, types, the floors of the house, and its lengths
	$(call say,Checking style and types and the rules of the house ...)
	@$(RUN)/ruff check --quiet $(CODE)
	@$(RUN)/ruff format --check --quiet $(CODE)
	@$(RUN)/mypy --no-error-summary $(CODE)
	@$(RUN)/lint-imports --no-logo --config pyproject.toml >.venv/imports.txt || { cat .venv/imports.txt; exit 1; }
	@$(RUN)/python -m supply.findings
	@$(RUN)/python -m supply.secrets
	@$(RUN)/pytest -q -p no:cacheprovider tests/test_house.py

audit: $(READY) ## ask whether anything is known against what is installed (needs a network; no pass without one)
	$(call say,Looking up every package of requirements.lock ...)
	@$(RUN)/python -m supply.audit

sbom: $(READY) ## write the bill of materials, CycloneDX 1.6, into dist/
	$(call say,Writing dist/rabita.cdx.json ...)
	@mkdir -p dist
	@$(RUN)/python -m supply.sbom dist/rabita.cdx.json

wheel: $(READY) ## build the wheel, the same bytes everywhere, with its bill of materials and their digests, into dist/
	$(call say,Building the wheel in dist/ ...)
	@$(RUN)/python -m supply.wheel dist

words: $(READY) ## bring the catalogues of Urdu and Persian up to what the program says
	$(call say,Writing src/rabita/desk/locale/ ...)
	@$(RUN)/python -m supply.catalogues

assets: ## build the map's libraries and pictures again from assets/package-lock.json: the same bytes
	@command -v npm >/dev/null || { \
		echo 'There is no Node here; installing it with apt to build the libraries of the map ...' >&2; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends nodejs npm; } >&2 || { \
		echo 'Building them needs Node 18 or newer with npm. On Debian and Ubuntu: sudo apt install npm' >&2; exit 1; }; }
	$(call say,Building the libraries of the map in src/rabita/desk/static/ ...)
	@cd assets && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node build.js

docs: $(DOCS_READY) ## write the generated pages and build the site in site/
	$(call say,Building the documentation in site/ ...)
	@$(RUN)/python -m docs.build
	@$(RUN)/zensical build --strict

lock: | $(UV) ## write the lock files again after a change of dependencies (UPGRADE=1: newest versions)
	$(call say,Writing requirements.lock and requirements-docs.lock ...)
	@$(UV) $(COMPILE) pyproject.toml --group dev -o requirements.lock
	@$(UV) $(COMPILE) --group docs -c requirements.lock -o requirements-docs.lock

$(READY): pyproject.toml requirements.lock | $(UV)
	$(call say,Setting up .venv from requirements.lock ...)
	@$(UV) venv --quiet --allow-existing .venv
	@$(UV) pip sync $(INSTALL_OPTIONS) requirements.lock
	@$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
	@$(UV) pip check --quiet --python .venv || { echo 'pyproject.toml asks for more: make lock' >&2; exit 1; }
	@touch $@

$(DOCS_READY): requirements-docs.lock $(READY)
	@$(UV) pip install $(INSTALL_OPTIONS) --requirements requirements-docs.lock
	@touch $@

.uv/bin/uv:
	$(call say,uv is not installed; fetching it into .uv ...)
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { \
		echo 'Rabita needs uv, or Python 3.11+ with pip. On Debian and Ubuntu: apt install python3-pip' >&2; exit 1; }
	@$(PYTHON) -m pip install --quiet --quiet --disable-pip-version-check --root-user-action=ignore --target .uv uv
