# Everything a person or a CI machine needs: Python 3.11+, git, make. The rest comes from the two lock files.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# How many features at once, each with a platform of its own; unset: as many as there are cores.
JOBS ?=
# The folders of all shards, for `make report`.
RUNS ?=
# ARGS as it was given: make would read a `$` in it, and the shell its parentheses.
export GIVEN := $(value ARGS)

# What npm's lock files pin: the starter site, the report's page, and for `make test` a browser.
PACKAGES := $(wildcard sandbox/site acceptance/report)
test: PACKAGES += tests/acceptance/report/browser

.PHONY: packages accept report test sandbox faults bench requirements clean

accept: packages
	$(BIN)/python -m acceptance run $(if $(JOBS),--jobs $(JOBS)) --words "$$GIVEN"

report: .venv/installed
	$(BIN)/python -m acceptance merge $(RUNS) --words "$$GIVEN"

test: packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m behave --dry-run --format steps.usage --no-summary > .venv/steps-usage.txt
	! grep --after-context=20 'UNUSED STEP DEFINITIONS' .venv/steps-usage.txt
	$(BIN)/python -m pytest $(ARGS)

sandbox: packages
	$(BIN)/python -m sandbox up $(ARGS)

faults: packages
	$(BIN)/python -m faults $(ARGS)

bench: packages
	$(BIN)/python -m acceptance bench $(ARGS)

# A virtual environment whose Python is gone (upgraded, or the folder moved here) is made anew.
GONE := $(if $(wildcard .venv/bin),$(shell $(BIN)/python -c '' > /dev/null 2>&1 || echo gone))

.PHONY: $(GONE)
$(GONE):
	@echo "The Python that .venv was made with is gone: it is made anew."

.venv/installed: requirements.txt $(GONE)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(if $(GONE),--clear) .venv
	@echo "Installing the Python packages (once, about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt \
		|| { echo "The Python packages could not be installed: look at the network, the room on the disk, and pip's index (pip config list)." >&2; exit 2; }
	@touch $@

# Before any platform starts, so that no run waits for the network; a moment if all is there.
packages: .venv/installed
	@$(BIN)/python -m acceptance.npm_packages $(PACKAGES)
	@$(BIN)/python -m sandbox.host.toolchain

# Writes requirements.txt anew from requirements.in; needs uv.
requirements:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.in --output-file requirements.txt

clean:
	rm -rf .venv reports .mypy_cache .ruff_cache .import_linter_cache .pytest_cache
