# klagg: what a person or a machine calls. Each target makes the environment it needs; python3 (3.11 or newer),
# its venv module and make are all that has to be there.

PYTHON ?= python3
ARGS ?=
PIP_VERSION := 26.3

VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
CLIENTS := .venv-clients
PACKAGES := .venv-packages
NOTEBOOKS := .venv-notebooks
INPUTS := pyproject.toml constraints.txt

# Several processes share the tests; those of one xdist_group, which need their time, come one after the other, first. They mostly
# wait, so there are three processes more than cores, of which up to four are used. Each reads all tests, so more of them cost more.
SHARED := -n $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ $$n -gt 4 ] && n=4; echo $$((n + 3))) --dist=loadgroup

# Rewriting the assertions of all tests takes longer than reading them: it is done once and kept, not anew in each process.
export PYTHONDONTWRITEBYTECODE :=

comma := ,

# Two at a time, the longest first: one of them alone leaves the other core idle. What each says comes in one piece.
CHECKS := types floors lint layout
AT_ONCE := $(MAKE) --no-print-directory --jobs=2

# $(call step,what,command): says what is done, stays quiet where it succeeds and shows everything where it fails.
define step
@printf '%s\n' '· $(1)'; out=$$($(2) 2>&1) || { printf '%s\n' "$$out"; printf '%s\n' '✗ $(1)'; exit 1; }
endef

# $(call make_venv,folder): an environment with the pinned pip; one that is there and usable is kept.
define make_venv
@command -v $(PYTHON) >/dev/null || { echo 'klagg needs Python 3.11 or newer, and there is no $(PYTHON) here.'; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "klagg needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1)."; exit 1; }
@test -z '$(call unusable,$(1))' || out=$$($(PYTHON) -m venv --clear $(1) 2>&1) || { printf '%s\n' "$$out"; \
	echo 'The environment $(1) could not be made; on Debian and Ubuntu the package python3-venv may be missing.'; exit 1; }
$(call step,pip $(PIP_VERSION) into $(1),$(1)/bin/python -m pip install --quiet --disable-pip-version-check pip==$(PIP_VERSION))
endef

# $(call install,folder,constraints,what): build tools too come from the pinned versions. What is never loaded is not compiled either:
# Python does that at the first import.
install = $(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -c $(2) --build-constraint $(2) $(3)

# $(call unusable,folder): names a target that is always out of date where the interpreter is gone or another one now, or
# the project moved, since the commands inside an environment hold its full path.
unusable = $(if $(shell $(1)/bin/python -c 'import pip' 2>&1 || echo anew)$(shell grep -qsF "$$(pwd -P)/$(1)/bin" $(1)/bin/pip || echo anew),anew)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: anew help run demo test check format bench clients notebooks soak packages image-check shipped pictures constraints clean \
	types collection floors lint layout

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## open klagg; ARGS="…" are handed on
	@$(BIN)/klagg $(ARGS)

demo: $(VENV)/.run ## open klagg on a made-up market, no network needed
	@$(BIN)/klagg demo $(ARGS)

test: $(VENV)/.dev ## everything CI asks for: check, then the tests and their coverage; ARGS="…" choose some tests
ifneq ($(ARGS),) # a part of the tests cannot cover everything
	@$(AT_ONCE) $(CHECKS)
	@$(BIN)/python -m pytest -q $(ARGS)
else
	@$(AT_ONCE) $(firstword $(CHECKS)) collection $(wordlist 2,9,$(CHECKS))
	@rm -f .coverage.json
	@$(BIN)/python -W 'ignore:Unable to activate pytest branch coverage:RuntimeWarning' -m slipcover -m pytest -q $(SHARED)
	@echo '· coverage of each room, lines and branches'
	@$(BIN)/python -m tools.coverage_floors
endif

check: $(VENV)/.dev ## what can be said without running: format, lint, types, import floors
	@$(AT_ONCE) $(CHECKS)

types:
	$(call step,types,$(BIN)/mypy --no-error-summary)

collection:
	$(call step,collection,$(BIN)/python -m pytest -q --collect-only)

floors:
	$(call step,import floors,$(BIN)/lint-imports --no-logo)

lint:
	$(call step,lint,$(BIN)/ruff check --quiet --output-format=concise .)

layout:
	$(call step,format,$(BIN)/ruff format --check --output-format=concise .)

format: $(VENV)/.dev ## write the format and the repairs that are safe
	@$(BIN)/ruff check --quiet --fix-only . ; $(BIN)/ruff format --quiet .

bench: $(BENCH)/.bench ## measure klagg and its peers; ARGS="…" are handed on
	@$(BENCH)/bin/python -m bench $(ARGS)

clients: $(VENV)/.run $(CLIENTS)/.clients ## point well-known clients at klagg simulate; ARGS="…" choose some
	@$(BIN)/python -m clients $(ARGS)

notebooks: $(NOTEBOOKS)/.notebooks ## try every block of docs/notebook.md with the libraries it is about
	@$(NOTEBOOKS)/bin/python -m tools.notebook $(ARGS)

soak: $(VENV)/.dev ## the tests that run for minutes
	@$(BIN)/python -m pytest -m soak --timeout=0 $(ARGS)

packages: $(PACKAGES)/.packages ## build wheel and sdist, and try both in fresh environments of every Python here (minutes)
	@$(PACKAGES)/bin/python -m tools.packages $(ARGS)

image-check: ## try the steps of the container's image in a bare Debian (needs root and debootstrap; minutes)
	@$(PYTHON) -m tools.image_check $(ARGS)

shipped: $(VENV)/.dev ## write the manual page and the completions in share/ anew
	@$(BIN)/python -m tools.shipped

pictures: $(VENV)/.dev ## draw the pictures in assets/ anew
	@$(BIN)/python -m tools.pictures $(ARGS)

constraints: $(VENV)/.pip ## look up the newest versions the bounds allow and pin them
	@$(BIN)/python -m tools.constraints

clean: ## remove environments and caches
	rm -rf $(VENV) $(BENCH) $(CLIENTS) $(NOTEBOOKS) $(PACKAGES) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage.json

$(VENV)/.pip: Makefile $(call unusable,$(VENV))
	$(call make_venv,$(VENV))
	@touch $@

$(VENV)/.run: $(VENV)/.pip $(INPUTS)
	$(call step,klagg and what it runs on,$(call install,$(VENV),constraints.txt,-e .))
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(call step,what checks and tests it,$(call install,$(VENV),constraints.txt,-e '.[notebook$(comma)parquet$(comma)web]' --group dev))
	@touch $@

$(BENCH)/.pip: Makefile $(call unusable,$(BENCH))
	$(call make_venv,$(BENCH))
	@touch $@

$(BENCH)/.bench: $(BENCH)/.pip pyproject.toml constraints-bench.txt
	$(call step,klagg and its peers (some minutes),$(call install,$(BENCH),constraints-bench.txt,-e '.[nats$(comma)parquet$(comma)postgres]' --group bench))
	@touch $@

$(CLIENTS)/.pip: Makefile $(call unusable,$(CLIENTS))
	$(call make_venv,$(CLIENTS))
	@touch $@

$(CLIENTS)/.clients: $(CLIENTS)/.pip pyproject.toml constraints-clients.txt
	$(call step,the clients (some minutes),$(call install,$(CLIENTS),constraints-clients.txt,--group clients))
	@touch $@

$(PACKAGES)/.pip: Makefile $(call unusable,$(PACKAGES))
	$(call make_venv,$(PACKAGES))
	@touch $@

$(PACKAGES)/.packages: $(PACKAGES)/.pip $(INPUTS)
	$(call step,what builds packages,$(call install,$(PACKAGES),constraints.txt,--group packages))
	@touch $@

$(NOTEBOOKS)/.pip: Makefile $(call unusable,$(NOTEBOOKS))
	$(call make_venv,$(NOTEBOOKS))
	@touch $@

$(NOTEBOOKS)/.notebooks: $(NOTEBOOKS)/.pip pyproject.toml constraints-notebooks.txt
	$(call step,klagg and the libraries of notebooks (some minutes$(comma) two gigabytes),$(call install,$(NOTEBOOKS),constraints-notebooks.txt,-e '.[notebook]' --group notebooks))
	@touch $@
