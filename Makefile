# Every command that CI runs. A person can type them too.

PYTHON ?= python3.11
TASK ?= sst2
ARGS ?=
BIN := .venv/bin
READY := .venv/.ready

.PHONY: claims test faults lint format docs nightly nightly-issue bench lab lock audit clean

claims: $(READY)  ## judge the claims on TASK; the verdicts are written to reports/latest
	@$(BIN)/pytest claims/ --task=$(TASK) --claims-json=reports/latest/verdicts.json \
		--claims-report=reports/latest/verdicts.md $(ARGS)

test: $(READY)  ## all tests, including the slow ones and those on real data
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto $(ARGS)

faults: $(READY)  ## every bad input in a process of its own, kills and damage: an hour, for the night
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/faults tests/runtime tests/report/test_any_document.py -n auto \
		-m "night or not night" --faults-table=docs/robustness.md $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy reports/*.py
	$(BIN)/lint-imports --no-logo
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)  ## the documentation, in site/
	$(BIN)/mkdocs build --strict --quiet

nightly: $(READY)  ## the nightly run: all claims with the paper's rounds, compared with the baseline, and a site
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

bench: $(READY)  ## speed compared with torch.nn.utils.prune, side by side
	$(BIN)/pytest benchmarks $(ARGS)

lab: $(READY)  ## pre-train the lab's model again (about 40 minutes)
	$(BIN)/lth lab pretrain --out=lth/lab/checkpoint

lock: $(READY)  ## write the installed packages, with the hashes of their files, to requirements.lock
	$(BIN)/uv pip freeze --exclude-editable | sed 's/+cpu$$//' | $(BIN)/uv pip compile - --quiet --no-deps \
		--universal --python-version 3.11.5 --generate-hashes --no-annotate --no-header --output-file requirements.lock
	sed -i "s/^torch==[0-9.]*/& ; sys_platform != 'linux'/" requirements.lock
	torch=$$($(BIN)/uv pip freeze | grep ^torch==) && rm -rf .venv/torch && \
		$(BIN)/pip download --quiet --no-deps --dest .venv/torch $$torch && printf "%s ; sys_platform == 'linux' \\\\\n    %s\n" \
		$$torch $$($(BIN)/pip hash .venv/torch/*.whl | grep -o -e '--hash.*') >> requirements.lock

audit: $(READY)  ## look for known vulnerabilities in the packages of the lock (needs a network)
	sed 's/+cpu//' requirements.lock > .venv/audit.lock
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner=off --requirement .venv/audit.lock

clean:
	rm -rf .venv reports/latest .lth site

# A folder of wheels that pip is told of holds the CPU build of torch; otherwise uv finds it by --torch-backend.
WHEELS = $(or $(PIP_FIND_LINKS),$(shell $(BIN)/pip config get global.find-links 2>/dev/null))

$(READY): requirements.lock pyproject.toml
	rm -rf .venv
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
		$(if $(WHEELS),--find-links $(WHEELS),--torch-backend=cpu)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
