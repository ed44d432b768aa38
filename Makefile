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

.DEFAULT_GOAL := help

# What npm's lock files pin: the starter site, the report's page, and for `make test` what looks at that with its readers' eyes.
PACKAGES := $(wildcard sandbox/site sandbox/node acceptance/report)
test: PACKAGES += tests/acceptance/report/browser
# A real browser for what needs one: 75 MB from npm, once, unless npm has none for this machine.
accept test faults bench: BROWSER := acceptance.drivers.browser.chromium

.PHONY: help packages accept report test sandbox faults bench requirements clean clean-reports

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "ARGS='...' is handed on to what runs, JOBS=N runs N features at once; docs/running.md has examples."

accept: packages ## run the features on platforms of this machine, or on AWS, and give the verdict
	$(BIN)/python -m acceptance run $(if $(JOBS),--jobs $(JOBS)) --words "$$GIVEN"

report: .venv/installed ## merge the runs of all shards, RUNS='their folders', and give the verdict
	$(BIN)/python -m acceptance merge $(RUNS) --words "$$GIVEN"

test: packages ## check and test the project itself
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/cfn-lint deployments/template.yaml
	$(BIN)/python -m behave --dry-run --format steps.usage --no-summary > .venv/steps-usage.txt
	! grep --after-context=20 'UNUSED STEP DEFINITIONS' .venv/steps-usage.txt
	$(BIN)/python -m pytest $(ARGS)

sandbox: packages ## start the platform on this machine, for a person; Ctrl-C ends it
	$(BIN)/python -m sandbox up $(ARGS)

faults: packages ## run the features against broken platforms: each is noticed
	$(BIN)/python -m faults run $(ARGS)

bench: packages ## measure what suite and platform cost, into docs/performance.md
	$(BIN)/python -m acceptance bench $(ARGS)

# A virtual environment whose Python is gone (upgraded, or the folder moved here) is made anew.
GONE := $(if $(wildcard .venv/bin),$(shell $(BIN)/python -c '' > /dev/null 2>&1 || echo gone))

.PHONY: $(GONE)
$(GONE):
	@echo "The Python that .venv was made with is gone: it is made anew."

.venv/installed: requirements.txt $(GONE)
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0])'
	"$(PYTHON)" -m venv $(if $(GONE),--clear) .venv
	@echo "Installing the Python packages (once, about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt \
		|| { echo "The Python packages could not be installed: look at the network, the room on the disk, and pip's index (pip config list)." >&2; exit 2; }
	@touch $@

# Before any platform starts, so that no run waits for the network; a moment if all is there.
packages: .venv/installed
	@$(BIN)/python -m acceptance.npm_packages $(PACKAGES)
	@$(if $(BROWSER),$(BIN)/python -m $(BROWSER))
	@$(BIN)/python -m sandbox.host.toolchain

requirements: ## write requirements.txt anew from requirements.in; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.in --output-file requirements.txt

clean: ## remove what was installed and remembered here; the reports stay
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .grimp_cache .pytest_cache

clean-reports: ## remove the reports, and with them the history of all runs
	rm -rf reports
