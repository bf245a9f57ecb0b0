# What a person types. `make help` lists it. Needs make and Python 3.11 to 3.14;
# `test-kafka` also needs Java 17 or newer and Maven. Written for GNU make 3.81,
# which macOS still brings, and later.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Flags for `make demo`, e.g. make demo ARGS="--seconds 25".
ARGS ?=
# Worlds for `make simulate-faults`.
SEEDS ?= 2000
# More flags for pytest, e.g. make test PYTEST_ARGS="-k calendar".
PYTEST_ARGS ?=
# `make lock UPGRADE=1` takes the newest versions; without it only what has to change does.
UPGRADE ?=

# Two environments, so that the demo need not wait for the developers' tools.
DEMO_ENV ?= .venv-demo
DEV_ENV ?= .venv
LOCK_ENV ?= .venv-lock
UV_VERSION := 0.13.9

PIP_FLAGS := --quiet --disable-pip-version-check --no-input

# Prints the first Python that fits. An answer to --version is not enough: some
# machines have a command that only says which versions are missing, and some
# have a Python that cannot make environments.
define FIND_PYTHON
for name in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if "$$name" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' >/dev/null 2>&1; \
	then found=$$name; break; fi; \
done; \
if [ -z "$${found:-}" ]; then \
	echo "Leadclock needs Python 3.11 to 3.14 with its venv module, and none was found: install one, or name it with PYTHON=..." >&2; \
	exit 2; \
fi
endef

# $(call ENVIRONMENT,directory,lock,installer): make or refresh an environment that
# holds a lock and, editable, this project. --no-deps everywhere: the lock is complete.
define ENVIRONMENT
@$(FIND_PYTHON); \
echo "Installing into $(1) with $$found; only needed again when the lock changes."; \
"$(1)/bin/python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null \
	|| "$$found" -m venv --clear "$(1)"
@"$(1)/bin/python" -m pip install $(PIP_FLAGS) --no-deps --require-hashes -r requirements/build.txt -r $(2)
@"$(1)/bin/python" -m pip install $(PIP_FLAGS) --no-deps --no-index --no-build-isolation --editable .
@touch "$(1)/.installed"
endef

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(DEMO_ENV)/.installed ## the whole pipeline on an embedded broker, in this terminal; pass flags by ARGS="..."
	@echo "Starting broker, worker, simulator and board; Ctrl-C ends them all."
	@exec "$(DEMO_ENV)/bin/leadclock" demo $(ARGS)

# A fixed hash seed, so that the derandomized examples are the same in every run; test-long
# looks for new ones.
.PHONY: test
test: $(DEV_ENV)/.installed ## all tests that need no Java
	@PYTHONHASHSEED=0 "$(DEV_ENV)/bin/python" -m pytest -n auto $(PYTEST_ARGS)

.PHONY: test-long
test-long: $(DEV_ENV)/.installed ## the property tests on tens of thousands of new examples, about half an hour
	@HYPOTHESIS_PROFILE=long "$(DEV_ENV)/bin/python" -m pytest -n auto --timeout 0 $(PYTEST_ARGS) tests/property

.PHONY: bench-calendar
bench-calendar: $(DEV_ENV)/.bench ## business time beside the libraries for it, at equal answers
	@"$(DEV_ENV)/bin/python" -m benchmarks.calendar

.PHONY: test-kafka
test-kafka: $(DEV_ENV)/.installed ## the tests on a real Apache Kafka (LEADCLOCK_TEST_BOOTSTRAP, or one that they start)
	@"$(DEV_ENV)/bin/python" -m tests.support.subscribers
	@"$(DEV_ENV)/bin/python" -m pytest -m kafka $(PYTEST_ARGS)

.PHONY: test-monitoring
test-monitoring: $(DEV_ENV)/.installed ## alerts from fact to webhook: Kafka, Prometheus and Alertmanager for real
	@"$(DEV_ENV)/bin/python" -m pytest -m monitoring $(PYTEST_ARGS) tests/monitoring

.PHONY: chaos
chaos: $(DEV_ENV)/.installed ## kill workers and broker under load for some ten minutes, and judge; ARGS="--short --seed 2"
	@"$(DEV_ENV)/bin/python" -m tests.faults $(ARGS)

.PHONY: bench
bench: $(DEV_ENV)/.installed ## latency of a breach beside that of a bare transactional echo, on a real Kafka
	@"$(DEV_ENV)/bin/python" -m benchmarks.latency $(ARGS)

.PHONY: simulate-faults
simulate-faults: $(DEV_ENV)/.installed ## the shell in a simulated world, from seeds: SEEDS=2000, or ARGS="--seed 1234" for one
	@"$(DEV_ENV)/bin/python" -m tests.simulation --seeds $(SEEDS) $(ARGS)

.PHONY: bench-scrape
bench-scrape: $(DEV_ENV)/.installed ## a scrape of 5,000 reps beside the stock Prometheus client's
	@"$(DEV_ENV)/bin/python" -m benchmarks.scrape $(ARGS)

.PHONY: bench-replay
bench-replay: $(DEV_ENV)/.installed ## a replay beside parsing the same lines; ARGS="log.csv --format bpic2012"
	@"$(DEV_ENV)/bin/python" -m benchmarks.replay_cost $(ARGS)

.PHONY: bench-throughput
bench-throughput: $(DEV_ENV)/.installed ## facts per CPU second beside a plain exactly-once loop, on a real Kafka; Linux
	@"$(DEV_ENV)/bin/python" -m benchmarks.throughput $(ARGS)

.PHONY: lint
lint: $(DEV_ENV)/.installed ## style, types, layers, and whether the generated files are current
	@"$(DEV_ENV)/bin/ruff" check .
	@"$(DEV_ENV)/bin/ruff" format --check .
	@"$(DEV_ENV)/bin/mypy"
	@"$(DEV_ENV)/bin/lint-imports"
	@"$(DEV_ENV)/bin/python" -m schemas.export --check
	@"$(DEV_ENV)/bin/python" -m grafana.mixin --check examples/policy.yaml
	@"$(DEV_ENV)/bin/check-jsonschema" --builtin-schema vendor.compose-spec docker-compose.yml
	@"$(DEV_ENV)/bin/compose-lint" check --quiet --skip-suppressed --strict-config --fail-on low docker-compose.yml

.PHONY: format
format: $(DEV_ENV)/.installed ## lay out the code and mend what can be mended by machine
	@"$(DEV_ENV)/bin/ruff" check --fix .
	@"$(DEV_ENV)/bin/ruff" format .

.PHONY: schemas
schemas: $(DEV_ENV)/.installed ## write schemas/json and schemas/asyncapi.yaml from the code
	@"$(DEV_ENV)/bin/python" -m schemas.export

# Of an agreement of your own: make monitoring POLICY=mine.yaml OUT=deployed
POLICY ?= examples/policy.yaml
OUT ?= .

.PHONY: monitoring
monitoring: $(DEV_ENV)/.installed ## write rules, routes and boards from POLICY, an agreement, below OUT
	@"$(DEV_ENV)/bin/python" -m grafana.mixin "$(POLICY)" --out "$(OUT)" $(ARGS)

SUBSCRIBER = examples/subscribers/python
UV_COMPILE = "$(LOCK_ENV)/bin/uv" pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header $(if $(UPGRADE),--upgrade)

.PHONY: lock
lock: $(LOCK_ENV)/.uv-$(UV_VERSION) ## write requirements/*.txt from pyproject.toml; UPGRADE=1 for the newest versions
	@$(UV_COMPILE) --extra demo --extra dev pyproject.toml -o requirements/dev.txt
	@$(UV_COMPILE) --extra demo -c requirements/dev.txt pyproject.toml -o requirements/demo.txt
	@$(UV_COMPILE) -c requirements/dev.txt pyproject.toml -o requirements/run.txt
	@$(UV_COMPILE) --extra bench -c requirements/dev.txt pyproject.toml -o requirements/bench.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/build.in -o requirements/build.txt
	@$(UV_COMPILE) -c requirements/dev.txt $(SUBSCRIBER)/requirements.in -o $(SUBSCRIBER)/requirements.txt

.PHONY: clean
clean: ## remove what builds, tests and the demo left; .venv stays
	@rm -rf $(DEMO_ENV) $(LOCK_ENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache tests/support/kafka/target
	@find streams schemas tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(DEMO_ENV)/.installed: requirements/demo.txt requirements/build.txt pyproject.toml
	$(call ENVIRONMENT,$(DEMO_ENV),requirements/demo.txt)

$(DEV_ENV)/.installed: requirements/dev.txt requirements/build.txt pyproject.toml
	$(call ENVIRONMENT,$(DEV_ENV),requirements/dev.txt)

$(DEV_ENV)/.bench: $(DEV_ENV)/.installed requirements/bench.txt
	@"$(DEV_ENV)/bin/python" -m pip install $(PIP_FLAGS) --no-deps --require-hashes -r requirements/bench.txt
	@touch "$@"

$(LOCK_ENV)/.uv-$(UV_VERSION):
	@$(FIND_PYTHON); "$$found" -m venv --clear "$(LOCK_ENV)"
	@"$(LOCK_ENV)/bin/python" -m pip install $(PIP_FLAGS) "uv==$(UV_VERSION)"
	@touch "$@"
