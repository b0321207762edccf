# Needs Python 3.11 or newer and make. Name another Python with PYTHON=/path/to/python3.12.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

.PHONY: help demo demo-reset test check tools javascript zigbee2mqtt lock clean install
.DEFAULT_GOAL := help

help:
	@echo "make demo        start a hub with a demo region (http://127.0.0.1:8300); Ctrl-C stops it"
	@echo "make demo-reset  forget the demo's data"
	@echo "make test        everything that must pass before a change is merged"
	@echo "make check       the same, without installing browsers and MQTT clients first"
	@echo "make lock        bring requirements.lock up to date with pyproject.toml"
	@echo "make clean       remove what make made, but not the demo's data"

demo: install
	@exec $(BIN)/nachtwacht demo

demo-reset: install
	@exec $(BIN)/nachtwacht demo --reset

test: tools javascript zigbee2mqtt check

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -n 2 -q tests/escalation --cov --cov-fail-under=100 --cov-report=term-missing:skip-covered
	$(BIN)/pytest -n 2 --dist worksteal --ignore=tests/escalation $(if $(CI),--reruns 1 -raR)

# What the tests with a real browser and a real MQTT client need; without it they are skipped.
tools:
	@missing=""; \
	command -v mosquitto_pub >/dev/null || missing="$$missing mosquitto-clients"; \
	command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="$$missing mosquitto"; \
	command -v nats-server >/dev/null || [ -x /usr/sbin/nats-server ] || missing="$$missing nats-server"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ]; then root=""; elif sudo -n true 2>/dev/null; then root="sudo -n"; else root="no"; fi; \
	if [ "$$root" != no ] && command -v apt-get >/dev/null; then \
		echo "Installing for the tests:$$missing (about a minute)"; \
		$$root apt-get update -qq && \
		$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null && exit 0; \
	fi; \
	echo "Not installed, so the tests that need them are skipped:$$missing"

# A client that is not ours, in another language; without it its tests are skipped.
javascript: install
	@[ -d $(VENV)/node/node_modules/mqtt ] || { \
		command -v npm >/dev/null && echo "Installing MQTT.js for the tests" && \
		npm install --silent --no-audit --no-fund --prefix $(VENV)/node mqtt@5.16.0 >/dev/null 2>&1; } || \
		echo "Not installed, so its tests are skipped: MQTT.js (it needs node and npm)"

# Zigbee2MQTT itself, to see it publish at our door; without it its test is skipped.
zigbee2mqtt: install
	@[ -d $(VENV)/zigbee2mqtt/node_modules/zigbee2mqtt ] || { \
		command -v npm >/dev/null && node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' && \
		echo "Installing Zigbee2MQTT for its test" && timeout 180 \
		npm install --silent --no-audit --no-fund --prefix $(VENV)/zigbee2mqtt zigbee2mqtt@2.14.1 >/dev/null 2>&1; } || { \
		rm -rf $(VENV)/zigbee2mqtt; echo "Not installed, so its test is skipped: Zigbee2MQTT (it needs node 20 and npm)"; }

install: $(VENV)/.installed

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.locked: requirements.lock
	@$(PYTHON) -c '$(ENOUGH)' || { \
		echo "Nachtwacht needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; }
	@$(BIN)/python -c '$(ENOUGH)' 2>/dev/null && $(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		echo "Making a virtual environment in $(VENV)"; \
		$(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing the locked dependencies into $(VENV) (a minute or two; only when the lock changes)"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar off --require-hashes -r requirements.lock
	@touch $@

lock: install
	@command -v $(BIN)/uv >/dev/null || $(BIN)/python -m pip install --disable-pip-version-check --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra embedded --extra nights --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements.lock --custom-compile-command "make lock"

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
