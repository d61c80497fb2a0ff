# `make` alone lists the targets. CI calls the same ones.
.DEFAULT_GOAL := help
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): pyproject.toml tools/make-environment
	@PYTHON="$(PYTHON)" tools/make-environment run
	@touch $@

.PHONY: run
run: $(READY) ## run the bundled scenarios and write the report
	@$(BIN)/readiness run --out reports/

.PHONY: test
test: lint types contracts $(READY) ## lint, types, import contracts, all tests with coverage
	@$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term -m "not bench"

.PHONY: test-fast
test-fast: $(READY) ## the tests that take no real pipeline and no browser
	@$(BIN)/pytest -n 2 --dist worksteal -m "not slow and not browser and not bench"

.PHONY: lint
lint: $(READY) ## style and common mistakes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: $(READY) ## mypy --strict
	@$(BIN)/mypy

.PHONY: contracts
contracts: $(READY) ## the one-way layers of the architecture
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(READY) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(READY) ## what the tool costs, as ratios within one run
	@$(BIN)/python tests/bench/overhead.py
	@$(BIN)/python tests/bench/synthetic.py
	@$(BIN)/python tests/bench/rules.py
	@cd tests && ../$(BIN)/python -m bench.watching
	@$(BIN)/python tests/bench/page.py

.PHONY: clean
clean: ## remove the environment and all caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* dist build
