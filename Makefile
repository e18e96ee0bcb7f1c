.DELETE_ON_ERROR:
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
ARGS ?=
SHARD ?= 1/1
DATABASE ?= sqlite
COUNTS := build/faults
SIDE_BY_SIDE := --numprocesses auto

# The stamp is newer than the lock when the environment holds what the lock says.
$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "payrunbot needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: install demo test coverage mutants faults faults-sum bench bench-full growth lint check docs site lock audit release sbom

install: $(VENV)/.installed

demo: install
	$(BIN)/payrunbot demo $(ARGS)

test: install
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

# The whole of what `make test` tries a part of: 5,200 runs and more, several hours on two cores.
# In shares, as SHARD=1/40 … 40/40, of which the last prints the sum.
# A first share empties what an earlier round left. On a machine that has other things to do, or a
# slow one, PAYRUNBOT_PACE=3 makes leases and time-outs there three times as long; so for `make test`.
# DATABASE=postgresql has them on a server: what is about files alone is left out then, and several
# replicas are added.
faults: install
	$(if $(filter 1/%,$(SHARD)),rm -rf $(COUNTS))
	PAYRUNBOT_FAULTS=whole PAYRUNBOT_SHARD=$(SHARD) PAYRUNBOT_COUNTS=$(COUNTS) \
	  PAYRUNBOT_TEST_DATABASE=$(DATABASE) \
	  $(BIN)/python -m pytest $(SIDE_BY_SIDE) tests/faults $(ARGS)
	$(BIN)/python -m tests.faults.total $(COUNTS)

faults-sum: install
	$(BIN)/python -m tests.faults.total $(COUNTS)

# Which lines and branches the tests reach, in every process they start; kills lose theirs.
coverage: install
	rm -rf build/coverage
	$(BIN)/coverage run -m pytest $(SIDE_BY_SIDE) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --show-missing > build/coverage/report.txt
	$(BIN)/coverage report --precision 1 --format total --fail-under 92
	$(BIN)/coverage report --precision 1 --format total --fail-under 98 --include 'bot/core/*,bot/engine/*'

# Small mistakes put into core and engine, of which the tests must see nine in ten; takes hours.
mutants: install
	$(BIN)/python -m tests.mutants core
	$(BIN)/python -m tests.mutants engine

# Ratios, not times; also written to docs/benchmarks.md, but with ARGS="intake reaction", for some of it.
bench: install
	$(BIN)/python -m tests.bench $(ARGS)

# The same with a million pay runs stored; needs some 30 GB where temporary files are kept.
bench-full: install
	PAYRUNBOT_BENCH=full $(BIN)/python -m tests.bench

# After a change of the prices in tests/bench/growth_model.py, which `make bench` holds against a count.
growth: install
	$(BIN)/python -m tests.docs.growth

lint: install
	$(BIN)/ruff format --check bot tests image
	$(BIN)/ruff check bot tests image
	$(BIN)/mypy
	$(BIN)/mypy --strict image
	$(BIN)/lint-imports

check: lint test

# After a change of what commands say, or of a rule's words: writes it where docs/ shows it.
docs: install
	$(BIN)/python -m tests.docs $(ARGS)

# docs/ as a site in build/site, to be opened or served as it is. A link or heading that is not there fails it.
site: install
	$(BIN)/python -m sphinx --fail-on-warning --nitpicky --keep-going --quiet --fresh-env \
	  --builder html docs build/site

# Known advisories about what is locked, asked of osv.dev. Where that can't be reached it says so,
# and that is a failure in CI alone, which can.
audit: install
	$(BIN)/python -m tests.release.audit

# Wheel and sdist in build/dist, the same bytes each time.
release: install
	rm -rf build/dist
	$(BIN)/hatchling build -d build/dist

# What a service is made of, as CycloneDX, and under which licences; in an environment with nothing else.
sbom: build/run/.installed
	$(BIN)/python image/lists.py build/run/bin/python build/sbom

build/run/.installed: requirements-run.lock $(VENV)/.installed
	rm -rf build/run
	$(PYTHON) -m venv --without-pip build/run
	$(BIN)/python -m pip --python build/run install --quiet --disable-pip-version-check --require-hashes -r requirements-run.lock
	$(BIN)/hatchling build -t wheel -d build/run
	$(BIN)/python -m pip --python build/run install --quiet --disable-pip-version-check --no-deps build/run/*.whl
	touch $@

# Needs uv; run after a change of the dependencies in pyproject.toml. What is locked stays as it is
# unless pyproject.toml rules it out; `make lock ARGS=--upgrade` takes what is newest.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:
	$(LOCK) $(ARGS) --extra dev --group build --output-file requirements.lock pyproject.toml
	$(LOCK) $(ARGS) --constraint requirements.lock --output-file requirements-run.lock pyproject.toml
	$(LOCK) $(ARGS) --constraint requirements.lock --group build --output-file requirements-build.lock
