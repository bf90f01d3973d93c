# make demo: the page on http://127.0.0.1:7860.   make test: every test.   make lint: ruff.   make bench: speed.
# make space: what a Hugging Face Space gets.   make load: 50 visitors, 10 minutes.   make audit: known vulnerabilities of what is installed.
PYTHON ?= python3
VENV := .venv/bin

.PHONY: demo test lint bench space audit load

demo: .venv/.runtime
	$(VENV)/python app.py

test: .venv/.development
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		echo "*** NO CHROMIUM: THE BROWSER TESTS WILL BE SKIPPED (Debian: apt-get install chromium) ***"
	OMP_NUM_THREADS=1 $(VENV)/python -m pytest -q -n 2 --dist loadfile

bench: .venv/.development
	$(VENV)/python -m tests.benchmarks --out assets/results/bench.json

lint: .venv/.development
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .

space: .venv/.runtime
	$(VENV)/python -m tools.space

audit: .venv/.development
	@$(VENV)/python -m tools.audit

load: .venv/.runtime
	$(VENV)/python -m tools.load $(LOAD)

.venv/.runtime: requirements.txt
	test -d .venv || $(PYTHON) -m venv .venv
	$(VENV)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/.development: requirements-dev.txt .venv/.runtime
	$(VENV)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
