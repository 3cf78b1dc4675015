# Every target sets up .venv by itself; a second run installs nothing and needs no network.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# The tests start hundreds of commands. Compiled files save each of them a third of a second.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve load cluster demo docs test lint build prove bench setup clean

demo: $(STAMP)
	@rm -rf demo
	$(BIN)/autograder demo em_gmm --out demo

# The instructor's link and one for each of two students; Ctrl-C stops it, and the next start goes on.
serve: $(STAMP)
	mkdir -p demo-service
	test -f demo-service/roster.csv || printf 'student_id,email\nada,ada@example.org\nash,ash@example.org\n' >demo-service/roster.csv
	$(BIN)/autograder roster links --data demo-service --roster demo-service/roster.csv
	$(BIN)/autograder serve --data demo-service --roster demo-service/roster.csv

load: $(STAMP)
	$(BIN)/python -m tests.service.load

test: $(STAMP)
	$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder

# The site. A warning is an error, such as a link that leads nowhere, and so is a page that loads something from elsewhere.
docs: $(STAMP)
	$(BIN)/sphinx-build -W --keep-going -n -q -E docs docs/_build
	! grep -rEn --include='*.html' '<(link|script|img|iframe)[^>]* (src|href)="(https?:)?//' docs/_build

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	! test -x $(BIN)/hadolint || $(BIN)/hadolint Dockerfile

build: $(STAMP)
	$(BIN)/autograder build

prove: $(STAMP)
	$(BIN)/autograder prove em_gmm --mutants --variants 200 --disturb

bench: $(STAMP)
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m reference.em_gmm.bench
	$(BIN)/python -m autograder.bench em_gmm --count 48 --count 1 --count 200 --json bench.json

# What the scheduler, the client and the ledger bear: up to 100,000 submissions that nobody grades, five minutes.
cluster: $(STAMP)
	$(BIN)/python -m autograder.bench.cluster em_gmm --tasks 1000 --tasks 20000 --tasks 100000

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' # the first pip that knows dependency groups
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --editable '.[all]' --group dev
	touch $(STAMP)

clean:
	rm -rf .venv .autograder-cache docs/_build demo demo-service bench.json
