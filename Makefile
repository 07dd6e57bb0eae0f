# Every command that CI runs. A person can type them too.

PYTHON ?= python3.11
TASK ?= sst2
ARGS ?=
BIN := .venv/bin
READY := .venv/.ready

.PHONY: claims test lint format docs nightly nightly-issue bench lab lock clean

claims: $(READY)  ## judge the claims on TASK; the verdicts are written to reports/latest
	@$(BIN)/pytest claims/ --task=$(TASK) --claims-json=reports/latest/verdicts.json \
		--claims-report=reports/latest/verdicts.md $(ARGS)

test: $(READY)  ## all tests, including the slow ones and those on real data
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
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

lock: $(READY)  ## write the installed packages to requirements.lock
	(echo "# Every package of the development environment, pinned; made by \`make lock\`."; \
		$(BIN)/pip freeze --exclude-editable --exclude lth | sed 's/+cpu$$//') > requirements.lock

clean:
	rm -rf .venv reports/latest .lth site

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
