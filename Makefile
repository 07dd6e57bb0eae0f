# Every command that CI runs. A person can type them too.

# The newest Python that this package runs on and this machine has; PYTHON=… chooses another.
PYTHON ?= $(firstword $(foreach v,3.14 3.13 3.12 3.11,$(shell python$(v) -c 'import ensurepip; print("python$(v)")' 2>/dev/null)))
TASK ?= sst2
ARGS ?=
BIN := .venv/bin
# What is installed into .venv: all that judging needs, and groups on top of it.
READY := .venv/.claims
TEST := .venv/.test
LINT := .venv/.lint
DOCS := .venv/.docs
ENERGY := .venv/.energy
COMPILED := .venv/.compiled

.PHONY: claims test faults lint format docs nightly nightly-issue bench lab lock audit clean

claims: $(READY)  ## judge the claims on TASK; the verdicts are written to reports/latest
	@$(BIN)/pytest claims/ --task=$(TASK) --claims-json=reports/latest/verdicts.json \
		--claims-report=reports/latest/verdicts.md $(ARGS)

test: $(COMPILED)  ## all tests, including the slow ones and those on real data
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto $(ARGS)

faults: $(COMPILED)  ## every bad input in a process of its own, kills and damage: an hour, for the night
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/faults tests/runtime tests/report/test_any_document.py -n auto \
		-m "night or not night" --faults-table=docs/robustness.md $(ARGS)

lint: $(LINT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy reports/*.py
	$(BIN)/lint-imports --no-logo
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml

format: $(LINT)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DOCS)  ## the documentation, in site/
	$(BIN)/mkdocs build --strict --quiet

nightly: $(ENERGY)  ## the nightly run: all claims with the paper's rounds, compared with the baseline, and a site
	@mkdir -p reports/latest
	@$(BIN)/pytest claims/ --task=$(TASK) --seeds=3 --claims-schedule=original:0.1 \
		--claims-json=reports/latest/verdicts.json --claims-report=reports/latest/verdicts.md \
		--claims-save=nightly $(ARGS) || test $$? -eq 1
	@$(BIN)/lth report --site reports/latest/site reports/latest/verdicts.json .lth/runs
	@$(BIN)/lth compare reports/baseline.json reports/latest/verdicts.json --markdown --fail=verdict \
		> reports/latest/changes.md 2> reports/latest/changed.txt; status=$$?; \
		cat reports/latest/changes.md reports/latest/changed.txt; exit $$status

nightly-issue:  ## open or update an issue if the same verdict changed on two nights in a row (needs gh)
	@.github/nightly_issue.sh reports/latest/changed.txt .lth/changed.txt

bench: $(TEST)  ## speed compared with torch.nn.utils.prune, side by side
	$(BIN)/pytest benchmarks $(ARGS)

lab: $(READY)  ## pre-train the lab's model again (about 40 minutes)
	$(BIN)/lth lab pretrain --out=lth/lab/checkpoint

lock: $(READY)  ## the newest packages, with the hashes of their files, in lock/; torch is left out (see below)
	echo torch > .venv/excluded.txt
	$(COMPILE) --upgrade pyproject.toml --extra energy --group setup --group test --group lint --output-file .venv/all.txt
	$(COMPILE) pyproject.toml --group setup --constraint .venv/all.txt --output-file lock/claims.txt
	sed -n 's/^\([a-z0-9.-]*\)==.*/--no-emit-package \1/p' lock/claims.txt > .venv/base.txt
	$(COMPILE) $(ON_TOP) pyproject.toml --extra energy --output-file lock/energy.txt
	$(COMPILE) $(ON_TOP) pyproject.toml --extra energy --group test --output-file lock/test.txt
	$(COMPILE) $(ON_TOP) --group lint --output-file lock/lint.txt
	$(COMPILE) $(ON_TOP) --group docs --output-file lock/docs.txt

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--excludes .venv/excluded.txt
ON_TOP = $$(cat .venv/base.txt) --constraint .venv/all.txt

audit: $(LINT)  ## look for known vulnerabilities in the packages of the lock (needs a network)
	$(BIN)/pip-audit --strict --no-deps --disable-pip --require-hashes --progress-spinner=off \
		$(foreach group,claims test lint,--requirement lock/$(group).txt)

clean:
	rm -rf .venv reports/latest .lth site

# torch is the one package without a hash in the lock: which build it is depends on the machine. uv takes the CPU or the
# CUDA build; a folder of wheels that pip is told of is tried first. Without either, recorded evidence can be judged.
TORCH := torch==2.13.0
WHEELS = $(or $(PIP_FIND_LINKS),$(shell $(BIN)/pip config get global.find-links 2>/dev/null))
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python
NO_TORCH = no build of $(TORCH) for $$($(BIN)/python -V) was found: recorded evidence can be judged, but nothing measured
# A set-up that fails leaves nothing behind; one that is killed has no stamp, and is made anew.
OR_NOTHING = || { rm -rf .venv; exit 1; }

$(READY): lock/claims.txt pyproject.toml
	@rm -rf .venv
	@test -n "$(PYTHON)" || { echo "no Python from 3.11 to 3.14 with ensurepip here; give PYTHON=/path/to/python" >&2; exit 1; }
	@{ $(PYTHON) -m venv .venv && \
		sed -n '/^uv==/,/[^\]$$/p' lock/claims.txt > .venv/uv.txt && \
		$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt && \
		$(INSTALL) --no-deps --require-hashes -r lock/claims.txt && \
		$(INSTALL) --no-deps --no-build-isolation --editable .; } $(OR_NOTHING)
	@{ test -n "$(WHEELS)" && $(INSTALL) --no-deps --no-index $(WHEELS:%=--find-links %) $(TORCH) 2>/dev/null; } || \
		$(INSTALL) --constraint lock/claims.txt --torch-backend=auto $(TORCH) || echo "$(NO_TORCH)" >&2
	@touch $@

$(TEST) $(LINT) $(DOCS) $(ENERGY): .venv/.%: lock/%.txt $(READY)
	@mv $(READY) $(READY).aside  # so that a group that is half installed is not taken for a whole one
	@$(INSTALL) --no-deps --require-hashes -r $< $(OR_NOTHING)
	@mv $(READY).aside $(READY) && touch $@

# Tests start hundreds of processes, and where Python is told to write no bytecode, each would compile what it imports.
$(COMPILED): $(TEST)
	@$(BIN)/python -m compileall -qq -j 0 -x '/(transformers/models|tests?)/' .venv/lib || true
	@touch $@
