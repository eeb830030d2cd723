# The two commands of the README: `make run` and `make test`.

export SWIFT_BACKTRACE ?= enable=no
BUILD = swift build -c release
DATA_DIR ?= ./data
LIBRARIES = libmicrohttpd-dev libsqlite3-dev libcurl4-openssl-dev zlib1g-dev libzstd-dev
TOOLS = openssl gzip zstd python3 python3-venv curl jq prometheus spin gcc strace

.PHONY: run build test lint examples prove prove-small model cron simulate check thread-sanitizer smoke conformance torture bench instructions \
	bench-tools libraries test-tools clean

run: build ## Serve on 127.0.0.1:8080 with the database in ./data
	.build/release/control-plane serve --data-dir $(DATA_DIR)

build: libraries
	$(BUILD) --product control-plane
	$(BUILD) --product cellctl

# Installs only what is missing, so that a machine without a network works too once it has them.
libraries:
	@missing=$$(for p in $(LIBRARIES); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then scripts/install $$missing; fi

test-tools:
	@missing=$$(for p in $(TOOLS); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then scripts/install $$missing; fi

MOTO = $(CURDIR)/.build/moto/bin/moto_server

$(MOTO): | test-tools
	python3 -m venv .build/moto
	.build/moto/bin/pip install --quiet --disable-pip-version-check 'moto[server]==5.2.5'

test: libraries test-tools lint $(MOTO) ## Every check
	swift build --build-tests
	swift build --product control-plane
	swift build --product cellctl
	TITAN_MOTO=$(MOTO) swift test --skip-build --no-parallel --skip EndToEndTests # one by one: some have deadlines to keep
	swift test --skip-build --no-parallel --filter EndToEndTests
	$(MAKE) examples
	$(MAKE) prove-small
	scripts/smoke
	scripts/thread-sanitizer
	Tests/Models/check
	Tests/Cron/check

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Migrations

examples: test-tools ## The reference gateway, cell and copier, by their own tests
	CONTROL_PLANE=.build/debug/control-plane python3 Examples/gateway/test_titan_gateway.py
	python3 Examples/gateway/test_titan_cell.py
	python3 Examples/mover/test_titan_mover.py
	CONTROL_PLANE=.build/debug/control-plane python3 Examples/rollout/test_rollout.py

prove-small: test-tools ## Moves end to end, small, and that each sabotage is noticed: about two minutes
	Tests/Moving/prove --sabotage acknowledgement
	Tests/Moving/prove --sabotage seal
	Tests/Moving/prove --sabotage lease & Tests/Moving/prove; proved=$$?; wait $$! && exit $$proved

# Some ten minutes.
prove: build test-tools ## Moves end to end with 500 cells, 100,000 tenants, 50 gateways, against a release
	env CONTROL_PLANE=.build/release/control-plane TITAN_MOVING_CELLS=$${TITAN_MOVING_CELLS:-500} \
	    TITAN_MOVING_TENANTS=$${TITAN_MOVING_TENANTS:-100000} TITAN_MOVING_GATEWAYS=$${TITAN_MOVING_GATEWAYS:-50} \
	    TITAN_MOVING_GROUPS=$${TITAN_MOVING_GROUPS:-10} TITAN_MOVING_KILLS=$${TITAN_MOVING_KILLS:-10} \
	    TITAN_MOVING_ROUNDS=$${TITAN_MOVING_ROUNDS:-4} TITAN_MOVING_RATE=$${TITAN_MOVING_RATE:-10} Tests/Moving/prove

cron: test-tools ## Runs of 100,000 random cron expressions beside those that croniter finds
	swift build --build-tests
	Tests/Cron/check

model: test-tools ## The cutover in every interleaving, with each guard and without it
	Tests/Models/check

simulate: libraries ## A simulated fleet in millions of schedules; SIMULATION_SEED=… replays one
	SIMULATION_SCHEDULES=$${SIMULATION_SCHEDULES:-3000000} swift test -c release -Xswiftc -enable-testing \
		--filter 'SimulationTests.SimulationTests/schedules'

thread-sanitizer: libraries ## The concurrent parts once more, under the thread sanitizer
	scripts/thread-sanitizer

smoke: ## The README's first minute, against a debug build
	scripts/smoke

conformance: test-tools ## The server against openapi.yaml by schemathesis, as every role
	swift build --product control-plane
	scripts/conformance

# Some hours; each number can be given in the environment.
torture: build test-tools ## The end-to-end tests, much heavier, against a release
	swift build --build-tests
	env TITAN_BINARIES=$(CURDIR)/.build/release \
	    TITAN_KILLS=$${TITAN_KILLS:-10000} TITAN_WRITES_PER_SECOND_MIN=$${TITAN_WRITES_PER_SECOND_MIN:-200} \
	    TITAN_BACKUPS=$${TITAN_BACKUPS:-1000} TITAN_FILLS=$${TITAN_FILLS:-50} TITAN_DISK_ERRORS=$${TITAN_DISK_ERRORS:-300} \
	    TITAN_ATTACKERS=$${TITAN_ATTACKERS:-5000} TITAN_TENANTS=$${TITAN_TENANTS:-100000} \
	    swift test --skip-build --no-parallel --filter EndToEndTests

bench: build bench-tools ## Figures beside those of nginx, haproxy, etcd and SQLite's own C API
	Benchmarks/run

instructions: build bench-tools ## Fails where a lookup takes more than 22,000 instructions
	Benchmarks/instructions

bench-tools:
	Benchmarks/install

clean:
	swift package clean
