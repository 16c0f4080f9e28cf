# The ways to build, try and prove this project. `make` alone lists them.

export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
# In CI the committed lock files must be right as they are.
LOCKED := $(if $(CI),--locked)

LIBRARIES := upn-resolver card-access cba-protocol
LAB := $(CURDIR)/examples/stand-ins/lab
VIRTUAL_CARD := $(CARGO_TARGET_DIR)/virtual-card/debug/virtual-card
# A shared library that pcscd loads.
C_PARTS := $(dir $(VIRTUAL_CARD))pin-pad.so
# Each test program gets loopback, processes and a pcscd of its own. Cargo names the setting after the machine's target.
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
RUN_IN_NAMESPACE = CARGO_TARGET_$(shell echo $(HOST) | tr a-z- A-Z_)_RUNNER=$(LAB)/in-namespace

.PHONY: help
help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 27

.PHONY: setup
setup: ## install the system packages that are missing
	@$(LAB)/install

.PHONY: demo
demo: setup virtual-card ## the main job: four sign-ins with a virtual smart card and a local authority
	@cargo build $(LOCKED) -q -p examples -p local-authority --bins
	@$(LAB)/in-namespace $(CARGO_TARGET_DIR)/debug/demo

.PHONY: greeter
greeter: setup virtual-card ## the sign-in screen, with two virtual smart cards and a local authority
	@cargo build $(LOCKED) -q -p examples -p local-authority --bins
	@$(LAB)/in-namespace $(CARGO_TARGET_DIR)/debug/demo --screen

.PHONY: test
test: setup lint doc virtual-card python-clients ## every check and every test
	$(RUN_IN_NAMESPACE) cargo test $(LOCKED) --workspace --all-features --lib --bins --tests --examples --no-fail-fast
	cargo test $(LOCKED) --workspace --all-features --doc --no-fail-fast
	$(MAKE) --no-print-directory fuzz-replay
	$(foreach library,$(LIBRARIES),$(call test_features,$(library)))

# What depends on a feature is tested with all of them; here, that nothing needs a feature unawares.
define test_features
	$(RUN_IN_NAMESPACE) cargo test $(LOCKED) -q -p $(1) --lib --tests
	$(RUN_IN_NAMESPACE) cargo test $(LOCKED) -q -p $(1) --no-default-features --lib --tests

endef

OTHER_CLIENTS := $(CURDIR)/examples/stand-ins/local-authority/other-clients
# Debian's own interpreter is the one that its package python3-venv serves.
PYTHON := $(or $(wildcard /usr/bin/python3),python3)
VENV := $(CARGO_TARGET_DIR)/other-clients/python
WITH_AUTHORITY := $(LAB)/in-namespace $(OTHER_CLIENTS)/with-authority $(CARGO_TARGET_DIR)/debug/local-authority

.PHONY: other-clients
other-clients: python-clients ## other people's clients sign in to the local authority; libhimmelblau builds for minutes
	CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/other-clients cargo build --locked -q --manifest-path $(OTHER_CLIENTS)/libhimmelblau/Cargo.toml
	$(LAB)/in-namespace $(OTHER_CLIENTS)/libhimmelblau/run $(CARGO_TARGET_DIR)/debug/local-authority \
		$(CARGO_TARGET_DIR)/other-clients/debug/libhimmelblau-client

.PHONY: python-clients
python-clients: setup $(VENV)/installed ## those of other-clients that are written in Python
	cargo build $(LOCKED) -q -p local-authority
	PATH=$(VENV)/bin:$$PATH $(WITH_AUTHORITY) $(OTHER_CLIENTS)/roadtx.sh
	PATH=$(VENV)/bin:$$PATH $(WITH_AUTHORITY) $(OTHER_CLIENTS)/certificate_sign_in.py

$(VENV)/installed: $(OTHER_CLIENTS)/requirements.txt | setup
	@rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: lint
lint: setup ## formatting and lints
	cargo fmt --all --check
	cd examples/stand-ins/virtual-card && cargo fmt --check
	cd $(OTHER_CLIENTS)/libhimmelblau && cargo fmt --check
	cd fuzz && cargo fmt --check
	cargo clippy $(LOCKED) --workspace --all-targets --all-features --keep-going -- -D warnings
	$(IN_VIRTUAL_CARD) clippy $(LOCKED) --all-targets -- -D warnings

.PHONY: doc
doc: setup ## the documentation, without a broken link
	RUSTDOCFLAGS='-D warnings' cargo doc $(LOCKED) -q --workspace --all-features --no-deps

IN_VIRTUAL_CARD := cd examples/stand-ins/virtual-card && CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/virtual-card cargo

.PHONY: virtual-card
virtual-card: setup $(C_PARTS) ## the virtual smart card, and a PIN pad for its reader
	@$(IN_VIRTUAL_CARD) build $(LOCKED) -q

$(C_PARTS): $(dir $(VIRTUAL_CARD))%.so: $(LAB)/%.c | setup
	@mkdir -p $(@D)
	$(CC) -shared -fPIC -O2 -Wall -Wextra -Werror $$(pkg-config --cflags libpcsclite) -o $@ $<

# The tools that only a few need are not installed unasked.
need = @cargo $(1) --help >/dev/null 2>&1 || { echo 'missing: cargo install --locked cargo-$(1)' >&2; exit 1; }

.PHONY: bench
bench: setup virtual-card ## the measured figures
	cargo bench $(LOCKED) -p benches
	cargo bench $(LOCKED) --profile release -p local-authority
	$(RUN_IN_NAMESPACE) cargo bench $(LOCKED) --profile release -p examples --bench card

IN_FUZZ := cd fuzz && export CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/fuzz &&
FOUND := $(CARGO_TARGET_DIR)/fuzz/found
START := $(CARGO_TARGET_DIR)/fuzz/start

.PHONY: fuzz
fuzz: FUZZ_SECONDS ?= 600
fuzz: FUZZ_TARGETS ?= $$(cargo +nightly fuzz list)
fuzz: setup ## ten minutes for each fuzz target, or for FUZZ_TARGETS (needs nightly Rust and cargo-fuzz)
	$(call need,fuzz)
	@$(IN_FUZZ) for target in $(FUZZ_TARGETS); do \
		echo "fuzz: $$target"; mkdir -p $(FOUND)/$$target; ./archive.py unpack $$target $(START)/$$target || exit 1; \
		cargo +nightly fuzz run "$$target" $(FOUND)/$$target $(START)/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 || exit 1; \
	done

.PHONY: fuzz-keep
fuzz-keep: ## of what `make fuzz` found, keep in the corpus what reaches new code
	$(call need,fuzz)
	CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/fuzz fuzz/keep.py $(FOUND)

.PHONY: fuzz-replay
fuzz-replay: setup ## every input of the corpora, and every one that ever crashed a target
	@$(IN_FUZZ) cargo test $(LOCKED) -q

# Changes the code where a wrong answer would do most harm, and sees whether a test notices. Only the tests that are meant to notice
# are built and run, without other programs and cards: seconds each time are hours in all.
RUN_MUTANTS = @mkdir -p $(CARGO_TARGET_DIR)/mutants/$(1) && cargo mutants -p $(1) $(2) -C=--test=it \
	--timeout 60 --output $(CARGO_TARGET_DIR)/mutants/$(1) $(MUTANTS) -- -- $(addsuffix ::,$(3))
SCRIPTED_CARDS := $(addprefix piv_,any_answer cache identity objects pieces pin scripted scripted_keys signatures)

.PHONY: mutants
mutants: setup ## are the tests strict? (needs cargo-mutants; hours)
	$(call need,mutants)
	$(call RUN_MUTANTS,upn-resolver,--all-features,decision eligibility entra_sign_in certificate_user_ids)
	$(call RUN_MUTANTS,cba-protocol,--all-features)
	$(call RUN_MUTANTS,card-access,--no-default-features --features pcsc,pin select $(SCRIPTED_CARDS))

# Miri sees no other program, no C and no thread of a library: what needs none of these. Searching every form of many decisions for
# every name took it longer than anyone waits.
MIRI := CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/miri MIRIFLAGS=-Zmiri-disable-isolation PROPTEST_CASES=4 cargo +nightly miri test

.PHONY: miri
miri: ## undefined behaviour in the resolver and the codecs (needs nightly Rust with miri and rust-src)
	$(MIRI) -p upn-resolver --all-features --lib
	$(MIRI) -p upn-resolver --all-features --test it -- decision:: --skip no_planted_name_survives
	$(MIRI) -p card-access --no-default-features --features piv --lib --test pin --test piv_identity --test piv_pin
	$(MIRI) -p cba-protocol --all-features --lib

COVERAGE := $(CARGO_TARGET_DIR)/coverage.json

.PHONY: coverage-tools
coverage-tools: ## install what `make coverage` needs, as far as it is missing
	cargo llvm-cov --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-llvm-cov
	rustup component add llvm-tools

.PHONY: coverage
coverage: setup virtual-card ## what of the libraries their own tests visit; no public function may be unvisited (make coverage-tools)
	$(call need,llvm-cov)
	@cargo llvm-cov clean --profraw-only
	CARGO_PROFILE_DEV_DEBUG=0 VIRTUAL_CARD=$(VIRTUAL_CARD) $(RUN_IN_NAMESPACE) cargo llvm-cov $(LOCKED) --no-report $(foreach library,$(LIBRARIES),-p $(library)) --all-features
	@cargo llvm-cov report --summary-only --ignore-filename-regex '/(examples|tests)/'
	@cargo llvm-cov report --json --output-path $(COVERAGE)
	@.ci/unvisited.py $(COVERAGE) $(LIBRARIES)

.PHONY: packages
packages: setup ## what would be published: contents, licences, foreign types (needs cargo-deny, cargo-check-external-types, nightly Rust)
	$(call need,deny)
	$(call need,check-external-types)
	cargo package $(LOCKED) $(foreach library,$(LIBRARIES),-p $(library))
	cargo deny check licenses bans sources
	$(foreach library,$(LIBRARIES),cargo +nightly check-external-types --all-features --manifest-path $(library)/Cargo.toml &&) true

.PHONY: advisories
advisories: ## known vulnerabilities of what is used (needs cargo-deny; fetches the list of advisories)
	$(call need,deny)
	cargo deny check advisories

.PHONY: features
features: setup ## every library with every set of its features (needs cargo-hack; half an hour)
	$(call need,hack)
	cargo hack check $(LOCKED) --feature-powerset --exclude-features windows-store $(foreach library,$(LIBRARIES),-p $(library))

.PHONY: minimal-versions
minimal-versions: setup ## the libraries with the lowest versions that their manifests allow (needs nightly Rust)
	@rm -rf $(CARGO_TARGET_DIR)/minimal && mkdir -p $(CARGO_TARGET_DIR)/minimal
	@git ls-files -z | xargs -0 cp --parents -t $(CARGO_TARGET_DIR)/minimal
	@sed -i '/^members = /s/=.*/= ["upn-resolver", "card-access", "cba-protocol", "examples\/stand-ins\/lab", "examples\/stand-ins\/pkcs11-faults", "examples\/stand-ins\/test-certificates"]/' \
		$(CARGO_TARGET_DIR)/minimal/Cargo.toml
	@# What only tests stand beside has lower limits of its own.
	@sed -i '/^compact_jwt/d; /^kanidm-hsm-crypto/d' $(CARGO_TARGET_DIR)/minimal/cba-protocol/Cargo.toml
	cd $(CARGO_TARGET_DIR)/minimal && cargo +nightly update -Z direct-minimal-versions && \
		$(foreach library,$(LIBRARIES),cargo check -p $(library) --all-features &&) true

.PHONY: semver
semver: ## does the public API keep its promises since BASE, a revision? (needs cargo-semver-checks)
	$(call need,semver-checks)
	cargo semver-checks $(foreach library,$(LIBRARIES),-p $(library)) --baseline-rev $(or $(BASE),$(error say BASE=REVISION))

.PHONY: platforms
platforms: ## type-check for Windows, macOS and no system at all (needs their standard libraries: rustup target add TARGET)
	cargo check $(LOCKED) -p upn-resolver --no-default-features --target thumbv7em-none-eabi
	cargo check $(LOCKED) $(foreach library,$(LIBRARIES),-p $(library)) --features card-access/windows-store --target x86_64-pc-windows-gnu
	cargo check $(LOCKED) $(foreach library,$(LIBRARIES),-p $(library)) --target aarch64-apple-darwin
