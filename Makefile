# What a user types: demo, test. What a developer types besides: check, bench, p4, clean.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
# What takes long is told: the suite is to stay below a quarter of an hour.
PYTEST  := $(BIN)/pytest --durations=20 --durations-min=5
LAB     ?= mininet/labs/rosen-ssm.yaml
# mininet brings mnexec and asks for ifconfig, tshark judges captures, gcc builds pipelines.
DEBIAN  := gcc libc6-dev python3-venv mininet tshark iproute2 iputils-ping traceroute net-tools util-linux

.PHONY: demo test check bench p4 setup debian clean help

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo    install what is missing, play the demo lab, print the verdict, draw the trees
demo: setup
	@mkdir -p out
	@$(BIN)/mvpn lab check $(LAB) --svg out/$(notdir $(LAB:.yaml=.svg))

## make test    install what is missing, run the whole test suite in two lines, one for a core
# A shell lets what it runs in the background ignore SIGINT, which live tests send to labs; those
# with FRR and ExaBGP as peers send none. Those of OSPF and BGP are in the other line, so that both take
# as long.
test: setup
	@mkdir -p out
	@{ $(PYTEST) -m "not live"; others=$$?; \
	   $(PYTEST) -m live tests/peers --ignore tests/peers/ospf --ignore tests/peers/bgp; peers=$$?; \
	   exit $$((others | peers)); } > out/tests.txt 2>&1 & line=$$!; \
	 $(PYTEST) -m live --ignore tests/peers; live=$$?; \
	 $(PYTEST) -m live tests/peers/ospf tests/peers/bgp; peers=$$?; \
	 echo "the other tests, which ran beside these:"; \
	 wait $$line; status=$$?; cat out/tests.txt; exit $$((live | peers | status))

## make check   formatting, lint and types
check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

## make bench   the figures: rates, times, memory, as ratios where a peer exists
bench: setup
	$(BIN)/python -m bench

## make p4      compile p4src/ anew (needs p4c on PATH)
p4:
	$(BIN)/python p4src/build.py

## make clean   remove the virtual environment, caches and what killed labs left
clean:
	-[ -x $(BIN)/mvpn ] && $(BIN)/mvpn lab clean
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis out *.egg-info

setup: debian $(VENV)/installed

$(VENV)/installed: pyproject.toml
	@echo "Installing the Python packages into $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

debian:
	@missing=$$(dpkg-query -W -f '$${db:Status-Abbrev} $${Package}\n' $(DEBIAN) 2>/dev/null \
	    | awk -v wanted="$(DEBIAN)" '/^ii/ { have[$$2] } \
	      END { n = split(wanted, w, " "); for (i = 1; i <= n; i++) if (!(w[i] in have)) print w[i] }'); \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian packages:" $$missing >&2; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
	    echo "Not installed, and installing takes root (apt-get install):" $$missing >&2; \
	fi
