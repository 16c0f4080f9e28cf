# Builds, demonstrates and checks this project. `make` without a target lists the targets.

export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
# CI uses the committed lock files without changes.
LOCKED := $(if $(CI),--locked)

FOLDERS := upn-resolver/owner-only upn-resolver card-access cba-protocol
LIBRARIES := $(notdir $(FOLDERS))
LAB := $(CURDIR)/examples/stand-ins/lab
VIRTUAL_CARD := $(CARGO_TARGET_DIR)/virtual-card/debug/virtual-card
IN_VIRTUAL_CARD = cd $(CURDIR)/examples/stand-ins/virtual-card && CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/virtual-card cargo
# bindgen uses the headers of the C compiler if those of clang are not installed.
export BINDGEN_EXTRA_CLANG_ARGS ?= $(patsubst %,-idirafter %,$(shell $(CC) -print-file-name=include 2>/dev/null))
# The shared library that pcscd loads.
C_PARTS := $(dir $(VIRTUAL_CARD))pin-pad.so
# Each test program runs in a namespace with its own pcscd. Cargo's variable contains the name of the machine's target.
HOST_IN_CAPITALS = $(shell rustc -vV | sed -n 's/^host: //p' | tr a-z- A-Z_)
CARGO_RUNNER = CARGO_TARGET_$(HOST_IN_CAPITALS)_RUNNER
RUN_IN_NAMESPACE = $(CARGO_RUNNER)=$(LAB)/in-namespace

# Rust and a C compiler are enough for `lint`, `doc` and `unit`. If OpenSSL's headers are missing, its crate builds the library, which
# needs perl. If those of PC/SC are missing, nothing is linked with it.
has = $(shell pkg-config --exists $(1) 2>/dev/null && echo yes)
ALONE = $(if $(call has,openssl),,OPENSSL_NO_VENDOR=0) $(if $(call has,libpcsclite),,PCSC_LIB_DIR=/)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\)[a-z0-9 -]*:.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 27

.PHONY: demo
demo: demo-parts ## run the demonstration: join, five sign-ins and leave with a virtual smart card and a local authority
	@$(LAB)/in-namespace $(CARGO_TARGET_DIR)/debug/demo

.PHONY: greeter
greeter: demo-parts ## run the sign-in screen in a terminal, with two virtual smart cards and a local authority
	@$(LAB)/in-namespace $(CARGO_TARGET_DIR)/debug/demo --screen

.PHONY: demo-setup
demo-setup:
	@$(LAB)/install demo

.PHONY: demo-parts
demo-parts: demo-setup
	@echo 'demo: building the virtual card (1 of 2)' >&2
	@$(IN_VIRTUAL_CARD) build $(LOCKED)
	@echo 'demo: building the programs and the local authority (2 of 2)' >&2
	@cargo build $(LOCKED) -p examples -p local-authority --bins

.PHONY: unit
unit: ## run the tests that need no other program; installs nothing
	$(UNIT) cargo test $(LOCKED) -p owner-only -p upn-resolver -p cba-protocol -p local-authority --all-features --lib --bins --tests --no-fail-fast -- $(NEED_PROGRAMS)
	$(UNIT) cargo test $(LOCKED) -p card-access --no-default-features --features $(UNIT_FEATURES) --lib --tests --no-fail-fast -- $(NEED_PROGRAMS)
	$(UNIT) cargo test $(LOCKED) -p card-access --no-default-features --features $(UNIT_FEATURES),pkcs11 --test it --no-fail-fast -- uri:: pkcs11_p11_kit:: $(NEED_PROGRAMS)
	$(ALONE) cargo test $(LOCKED) -p owner-only -p upn-resolver -p cba-protocol --all-features --doc

# A test that runs another program fails here; its name, or that of its module, belongs in this list.
NEED_PROGRAMS := $(addprefix --skip=,$(shell sed 's/\#.*//' .ci/tests-with-programs))
UNIT = $(ALONE) $(CARGO_RUNNER)=$(CURDIR)/.ci/without-programs
# Without PC/SC, whose library would be linked. Most tests of PKCS#11 need modules.
UNIT_FEATURES := on-device,piv,rustls-0_23,serde,soft,tracing,verify

.PHONY: lint
lint: ## check formatting, Clippy lints and module cycles; installs nothing
	cargo fmt --all --check
	cd examples/stand-ins/virtual-card && cargo fmt --check
	cd $(OTHER_CLIENTS)/libhimmelblau && cargo fmt --check
	cd examples/python && cargo fmt --check
	cd fuzz && cargo fmt --check
	@$(MAKE) --no-print-directory module-cycles
	$(ALONE) cargo clippy $(LOCKED) --workspace --all-targets --all-features --keep-going -- -D warnings
	$(if $(LIBCLANG),$(IN_VIRTUAL_CARD) clippy $(LOCKED) --all-targets -- -D warnings, \
		@echo 'lint: the virtual card was not checked: libclang is missing (make setup installs it)' >&2)

# bindgen, which the virtual card builds with, loads it.
LIBCLANG = $(or $(LIBCLANG_PATH),$(wildcard /usr/lib/llvm-*/lib/libclang[-.][0-9s]*))

.PHONY: module-cycles
module-cycles: ## check the libraries for module cycles, and test this check
	@mkdir -p $(CARGO_TARGET_DIR)
	@rustc --edition 2024 --test -o $(CARGO_TARGET_DIR)/module-cycles .ci/module-cycles/main.rs && $(CARGO_TARGET_DIR)/module-cycles -q
	@rustc --edition 2024 -O -o $(CARGO_TARGET_DIR)/module-cycles .ci/module-cycles/main.rs
	$(CARGO_TARGET_DIR)/module-cycles $(addsuffix /src,$(FOLDERS))

.PHONY: doc
doc: ## build the documentation and check its links; installs nothing
	$(ALONE) RUSTDOCFLAGS='-D warnings' cargo doc $(LOCKED) -q --workspace --all-features --no-deps

.PHONY: setup
setup: ## install the system packages that the tests need (Debian, Ubuntu)
	@$(LAB)/install test

TESTS := cargo test $(LOCKED) --workspace --all-features --lib --bins --tests --examples
# A folder for each test program that was started.
STARTED := $(CARGO_TARGET_DIR)/started

.PHONY: test
test: setup lint doc virtual-card page python-clients ## run all tests, on real parts (README lists what they do not cover)
	$(TESTS) --no-run
	$(CARGO_RUNNER)="$(CURDIR)/.ci/start-once $(STARTED) $(LAB)/in-namespace" .ci/side-by-side $(STARTED) $(TESTS) --no-fail-fast
	cargo test $(LOCKED) --workspace --all-features --doc --no-fail-fast
	$(MAKE) --no-print-directory fuzz-replay
	$(foreach library,$(LIBRARIES),$(call test_features,$(library)))

# The workspace is tested with all features. The default ones must compile, and without any the tests must pass: this shows that code does
# not depend on undeclared features.
define test_features
	cargo test $(LOCKED) -q -p $(1) --lib --tests --no-run
	$(RUN_IN_NAMESPACE) cargo test $(LOCKED) -q -p $(1) --no-default-features --lib --tests

endef

OTHER_CLIENTS := $(CURDIR)/examples/stand-ins/local-authority/other-clients
# Debian's package python3-venv belongs to Debian's own interpreter.
PYTHON := $(or $(wildcard /usr/bin/python3),python3)
VENV := $(CARGO_TARGET_DIR)/other-clients/python
WITH_AUTHORITY := $(LAB)/in-namespace $(OTHER_CLIENTS)/with-authority $(CARGO_TARGET_DIR)/debug/local-authority

.PHONY: other-clients
other-clients: python-clients ## sign in to the local authority with clients of other projects (building libhimmelblau takes minutes)
	CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/other-clients cargo build --locked -q --manifest-path $(OTHER_CLIENTS)/libhimmelblau/Cargo.toml
	RESPONSE_ENCRYPTION=cbc $(WITH_AUTHORITY) $(CARGO_TARGET_DIR)/other-clients/debug/libhimmelblau-client

.PHONY: python-clients
python-clients: setup $(VENV)/installed ## the same, with only the Python clients
	cargo build $(LOCKED) -q -p local-authority
	PATH=$(VENV)/bin:$$PATH $(WITH_AUTHORITY) $(OTHER_CLIENTS)/roadtx.sh
	PATH=$(VENV)/bin:$$PATH $(WITH_AUTHORITY) $(OTHER_CLIENTS)/certificate_sign_in.py
	PATH=$(VENV)/bin:$$PATH $(WITH_AUTHORITY) $(OTHER_CLIENTS)/web_sign_in.py

$(VENV)/installed: $(OTHER_CLIENTS)/requirements.txt | setup
	@rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: virtual-card
virtual-card: setup $(C_PARTS) ## build the virtual smart card and the PIN pad for its reader
	@$(IN_VIRTUAL_CARD) build $(LOCKED) -q

$(C_PARTS): $(dir $(VIRTUAL_CARD))%.so: $(LAB)/%.c | setup
	@mkdir -p $(@D)
	$(CC) -shared -fPIC -O2 -Wall -Wextra -Werror $$(pkg-config --cflags libpcsclite) -o $@ $<

PAGE := $(CARGO_TARGET_DIR)/page/explain-upn.html
WASM := wasm32-unknown-unknown

.PHONY: page
page: ## build the page for supporters: explain-upn in one HTML file, without a server
	@[ -d "$$(rustc --print target-libdir --target $(WASM))" ] || rustup target add $(WASM)
	@cargo build $(LOCKED) -q -p page --lib --profile page --target $(WASM)
	@cargo build $(LOCKED) -q -p page --bin make-page
	@mkdir -p $(dir $(PAGE))
	@$(CARGO_TARGET_DIR)/debug/make-page $(CARGO_TARGET_DIR)/$(WASM)/page/page.wasm $(PAGE)

PAGE_TESTS = PAGE_PICTURES=$(dir $(PAGE))pictures $(RUN_IN_NAMESPACE) cargo test $(LOCKED) -q -p examples --test page
GECKODRIVER := $(CARGO_TARGET_DIR)/geckodriver

.PHONY: page-browsers
page-browsers: page $(GECKODRIVER)/bin/geckodriver ## test the page in Chromium and Firefox, with pictures (builds geckodriver: minutes)
	@$(LAB)/install browsers
	$(PAGE_TESTS)
	PATH=$(GECKODRIVER)/bin:$$PATH PAGE_BROWSER=firefox $(PAGE_TESTS)
	@ls $(dir $(PAGE))pictures/*.png

# Debian has no package of it. Without optimisation, it builds in less time.
$(GECKODRIVER)/bin/geckodriver:
	cargo install --locked --quiet --debug geckodriver --root $(GECKODRIVER)

.PHONY: browsers
browsers: virtual-card $(GECKODRIVER)/bin/geckodriver ## sign in with the virtual card in Chromium and Firefox, on a screen, with pictures (minutes; builds geckodriver)
	@$(LAB)/install browsers
	PATH=$(GECKODRIVER)/bin:$$PATH $(RUN_IN_NAMESPACE) cargo test $(LOCKED) -q -p examples --bench browsers -- --test-threads 1 --nocapture
	@ls $(CARGO_TARGET_DIR)/browsers/*.png

.PHONY: hybrid
hybrid: virtual-card ## a hybrid joined sign-in: the card signs in to a domain controller (Samba), then to the local authority
	@$(RUN_IN_NAMESPACE) SHOW=1 cargo test $(LOCKED) -q -p examples --test hybrid -- --nocapture --test-threads 1 \
		the_card_signs_in_to_the_domain_and_to_entra

# Rarely needed tools are not installed automatically.
need = @cargo $(1) --help >/dev/null 2>&1 || { echo 'missing: cargo install --locked cargo-$(1)' >&2; exit 1; }

.PHONY: bench
bench: setup virtual-card ## measure the figures in README
	cargo bench $(LOCKED) -p benches
	cargo bench $(LOCKED) --profile release -p local-authority
	$(RUN_IN_NAMESPACE) cargo bench $(LOCKED) --profile release -p examples --bench card

# The simulated delays are far longer than what a release build would save.
.PHONY: bench-wait
bench-wait: setup virtual-card ## the wait after Enter, with distant authorities and slow cards; draws docs/wait.svg (ten minutes)
	$(RUN_IN_NAMESPACE) cargo bench $(LOCKED) --profile dev -p examples --bench wait -- --picture=$(CURDIR)/docs/wait.svg

.PHONY: bench-broker
bench-broker: setup ## measure the broker, and kill it 200 times
	$(RUN_IN_NAMESPACE) cargo bench $(LOCKED) --profile release -p examples --bench broker
	$(RUN_IN_NAMESPACE) BROKER_KILLS=200 cargo test $(LOCKED) -q -p examples --test broker kills::

.PHONY: browser-sso
browser-sso: virtual-card $(GECKODRIVER)/bin/geckodriver ## one card sign-in signs in every page of Chromium and Firefox (builds geckodriver: minutes)
	@$(LAB)/install browsers
	$(RUN_IN_NAMESPACE) cargo test $(LOCKED) -q -p examples --test broker browser:: -- --nocapture
	PATH=$(GECKODRIVER)/bin:$$PATH BROKER_BROWSER=firefox $(RUN_IN_NAMESPACE) cargo test $(LOCKED) -q -p examples --test broker browser:: -- --nocapture

BROKER_VENV := $(CARGO_TARGET_DIR)/broker/python
BROKER_CLIENTS := $(CURDIR)/examples/broker/clients

.PHONY: broker-clients
broker-clients: virtual-card $(BROKER_VENV)/installed ## Microsoft's MSAL Python with its native runtime gets tokens from the broker (WebKit's libraries; needs root)
	@$(LAB)/install broker-clients
	cargo build $(LOCKED) -q -p examples -p lab -p local-authority --bins
	$(LAB)/in-namespace $(BROKER_CLIENTS)/run $(CARGO_TARGET_DIR)/debug $(BROKER_VENV)/bin/python

$(BROKER_VENV)/installed: $(BROKER_CLIENTS)/requirements.txt
	@rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: broker-suspend
broker-suspend: ## the broker renews its token by the wall clock: a clock that is set, and a suspend, in User-Mode Linux (40 MB of packages)
	@$(LAB)/install broker-suspend
	cargo build $(LOCKED) -q -p examples -p local-authority --bins
	$(CURDIR)/examples/broker/suspend/run $(CARGO_TARGET_DIR)/debug

MATCH_VENV := $(CARGO_TARGET_DIR)/match/python

.PHONY: bench-match
bench-match: $(MATCH_VENV)/installed ## match-users with up to five million users, on one core and on all, compared with DuckDB (6 GB of files)
	cargo build $(LOCKED) --release -p benches --bin make-tenant
	cargo build $(LOCKED) --release -p examples --bin match-users
	$(MATCH_VENV)/bin/python benches/match.py $(CARGO_TARGET_DIR)/release/match-users $(CARGO_TARGET_DIR)/release/make-tenant \
		$(CARGO_TARGET_DIR)/match/tenants $(MATCH_OPTIONS)

PYTHON_VENV := $(CARGO_TARGET_DIR)/python/venv
IN_PYTHON := cd $(CURDIR)/examples/python && PATH=$(PYTHON_VENV)/bin:$$PATH VIRTUAL_ENV=$(PYTHON_VENV) CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/python

.PHONY: python
python: java $(PYTHON_VENV)/installed ## the Python module in DuckDB and PySpark, on 100,000 certificates (needs Java for PySpark)
	cargo build $(LOCKED) --release -p benches --bin make-tenant
	cargo build $(LOCKED) --release -p examples --bin match-users --bin explain-upn --bin certificate-user-ids
	$(CARGO_TARGET_DIR)/release/make-tenant 250000 100000 $(CARGO_TARGET_DIR)/python/tenant
	$(IN_PYTHON) maturin develop --locked --release --quiet
	$(IN_PYTHON) python check.py $(CARGO_TARGET_DIR)/python/tenant $(CARGO_TARGET_DIR)/release

.PHONY: java
java:
	@command -v java >/dev/null || { echo 'missing: Java, for PySpark (Debian: apt-get install default-jre-headless)' >&2; exit 1; }

$(MATCH_VENV)/installed: benches/requirements.txt
$(PYTHON_VENV)/installed: examples/python/requirements.txt
$(MATCH_VENV)/installed $(PYTHON_VENV)/installed:
	@rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

IN_FUZZ := cd fuzz && export CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/fuzz &&
FOUND := $(CARGO_TARGET_DIR)/fuzz/found
START := $(CARGO_TARGET_DIR)/fuzz/start

.PHONY: fuzz
fuzz: FUZZ_SECONDS ?= 600
fuzz: FUZZ_TARGETS ?= $$(cargo +nightly fuzz list)
fuzz: setup ## run each fuzz target, or those in FUZZ_TARGETS, for ten minutes (needs nightly Rust and cargo-fuzz)
	$(call need,fuzz)
	@$(IN_FUZZ) for target in $(FUZZ_TARGETS); do \
		echo "fuzz: $$target"; mkdir -p $(FOUND)/$$target; ./archive.py unpack $$target $(START)/$$target || exit 1; \
		cargo +nightly fuzz run "$$target" $(FOUND)/$$target $(START)/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 || exit 1; \
	done

.PHONY: fuzz-keep
fuzz-keep: ## add those inputs of `make fuzz` to the corpus that reach new code
	$(call need,fuzz)
	CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/fuzz fuzz/keep.py $(FOUND)

.PHONY: fuzz-replay
fuzz-replay: setup ## run all stored fuzz inputs
	@$(IN_FUZZ) cargo test $(LOCKED) -q

# Changes the most important code and checks that a test fails. Only the tests of this code are built and run, without other programs
# and cards. A thousand changes take hours.
RUN_MUTANTS = @mkdir -p $(CARGO_TARGET_DIR)/mutants/$(1) && cargo mutants -p $(1) $(2) -C=--test=it \
	--timeout 60 --output $(CARGO_TARGET_DIR)/mutants/$(1) $(MUTANTS) -- -- $(addsuffix ::,$(3))
SCRIPTED_CARDS := $(addprefix piv_,any_answer identity known objects pieces pin pin_refusals scripted scripted_keys signatures)

.PHONY: mutants
mutants: setup ## mutation testing: change the code and check that a test fails (needs cargo-mutants; hours)
	$(call need,mutants)
	$(call RUN_MUTANTS,upn-resolver,--all-features,decision eligibility entra_sign_in certificate_user_ids)
	$(call RUN_MUTANTS,cba-protocol,--all-features -C=--lib)
	$(call RUN_MUTANTS,card-access,--no-default-features --features pcsc,pin select $(SCRIPTED_CARDS))

# Miri cannot run other programs or C code, so only tests without them are run. The skipped test would take hours.
MIRI := CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/miri MIRIFLAGS=-Zmiri-disable-isolation PROPTEST_CASES=4 cargo +nightly miri test

.PHONY: miri
miri: ## search for undefined behaviour in the resolver and the codecs (needs nightly Rust with miri and rust-src)
	$(MIRI) -p upn-resolver --all-features --lib
	$(MIRI) -p upn-resolver --all-features --test it -- decision:: --skip no_planted_name_survives
	$(MIRI) -p card-access --no-default-features --features piv --lib
	$(MIRI) -p card-access --no-default-features --features piv --test it -- pin:: piv_identity:: piv_pin::
	$(MIRI) -p cba-protocol --all-features --lib

COVERAGE := $(CARGO_TARGET_DIR)/coverage.json

.PHONY: coverage-tools
coverage-tools: ## install the tools that `make coverage` needs
	cargo llvm-cov --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-llvm-cov
	rustup component add llvm-tools

.PHONY: coverage
coverage: setup virtual-card ## measure the coverage of the libraries by their tests; fails if a public function is not visited (make coverage-tools)
	$(call need,llvm-cov)
	@cargo llvm-cov clean --profraw-only
	CARGO_PROFILE_DEV_DEBUG=0 VIRTUAL_CARD=$(VIRTUAL_CARD) $(RUN_IN_NAMESPACE) cargo llvm-cov $(LOCKED) --no-report $(foreach library,$(LIBRARIES),-p $(library)) --all-features
	@cargo llvm-cov report --summary-only --ignore-filename-regex '/(examples|tests)/'
	@cargo llvm-cov report --json --output-path $(COVERAGE)
	@.ci/unvisited.py $(COVERAGE) $(FOLDERS)

# The checks below concern only the libraries. They install nothing and link nothing.
EACH_LIBRARY := $(addprefix -p ,$(LIBRARIES))

.PHONY: msrv
msrv: ## check that the libraries build with Rust 1.85 (rustup toolchain install 1.85.0 --profile minimal)
	$(ALONE) cargo +1.85.0 check $(LOCKED) $(EACH_LIBRARY) --all-features

# A C compiler for each of these systems is needed only to link, apart from the programs, whose cryptography is in C.
WINDOWS := x86_64-pc-windows-gnu
# Programs that run on Windows.
WINDOWS_PROGRAMS := $(addprefix --bin=,certificate-user-ids check-tenant choose-certificate doctor eligible explain-upn greeter join leave list-cards match-users sign-in watch-cards)

.PHONY: platforms
platforms: ## type-check for Windows, macOS and without an operating system (rustup target add TARGET)
	cargo check $(LOCKED) -p upn-resolver --no-default-features --target thumbv7em-none-eabi
	cargo check $(LOCKED) $(EACH_LIBRARY) --features card-access/windows-store --target $(WINDOWS)
	cargo check $(LOCKED) $(EACH_LIBRARY) --target aarch64-apple-darwin
	$(if $(shell command -v x86_64-w64-mingw32-gcc),cargo check $(LOCKED) -p examples $(WINDOWS_PROGRAMS) --target $(WINDOWS), \
		@echo 'platforms: the programs were not checked for Windows: mingw is missing (examples/stand-ins/lab/install windows)' >&2)

STAND_INS := $(CURDIR)/examples/stand-ins
WINE := $(STAND_INS)/wine
# The tests link OpenSSL, which its crate builds for Windows.
FOR_WINDOWS := CARGO_PROFILE_DEV_DEBUG=0 OPENSSL_NO_VENDOR=0

.PHONY: wine
wine: virtual-card ## run the suites and the programs as Windows programs under Wine 10 (root, debootstrap, mingw; half an hour)
	@$(WINE)/prepare
	$(FOR_WINDOWS) cargo build $(LOCKED) -p examples $(WINDOWS_PROGRAMS) --target $(WINDOWS)
	$(FOR_WINDOWS) cargo build $(LOCKED) -p pkcs11-faults -p put-in-store --target $(WINDOWS)
	cargo build $(LOCKED) -p examples -p lab -p local-authority --bins
	status=0; \
	$(LAB)/in-namespace $(CARGO_TARGET_DIR)/debug/lab alice -- \
		$(WINE)/programs $(CARGO_TARGET_DIR)/$(WINDOWS)/debug $(CARGO_TARGET_DIR)/debug || status=1; \
	$(MAKE) --no-print-directory wine-suites || status=1; \
	exit $$status

.PHONY: wine-suites
wine-suites: ## the second half of `make wine`: the suites of the libraries
	@$(WINE)/prepare
	$(FOR_WINDOWS) RUNNER='$(LAB)/in-namespace $(WINE)/in-wine' $(STAND_INS)/suites Wine $(WINE)/fails-under-wine \
		$(LOCKED) --target $(WINDOWS) $(EACH_LIBRARY) --all-features --lib --tests -- $(NEED_PROGRAMS)

# Other processors: s390x is big-endian, i686 has 32 bits. The tests run under qemu-user, the tools are Debian's cross compilers.
EMULATED := aarch64 i686 s390x
QEMU_aarch64 := qemu-aarch64
QEMU_i686 := qemu-i386
QEMU_s390x := qemu-s390x
DEBIAN_aarch64 := arm64
DEBIAN_i686 := i386
DEBIAN_s390x := s390x
# For one processor: its compiler links, and qemu finds the C library in the compiler's folder. Nothing is linked with PC/SC. Random tests
# have fewer cases than elsewhere.
capitals = $(shell echo $(1) | tr a-z A-Z)
ON = $(call capitals,CARGO_TARGET_$(1)_UNKNOWN_LINUX_GNU_LINKER)=$(1)-linux-gnu-gcc \
	RUNNER='$(QEMU_$(1)) -L /usr/$(1)-linux-gnu' TEST_RUNNER='$(QEMU_$(1)) -L /usr/$(1)-linux-gnu' CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=1 PROPTEST_CASES=32 PCSC_LIB_DIR=/ OPENSSL_STATIC=1 \
	$(call capitals,$(1)_UNKNOWN_LINUX_GNU_OPENSSL_LIB_DIR)=$(CARGO_TARGET_DIR)/emulated/openssl-$(1)/lib \
	$(call capitals,$(1)_UNKNOWN_LINUX_GNU_OPENSSL_INCLUDE_DIR)=$(CARGO_TARGET_DIR)/emulated/openssl-$(1)/include \
	CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/emulated $(STAND_INS)/suites $(1) $(STAND_INS)/emulated/fails-when-emulated \
		$(LOCKED) --target $(1)-unknown-linux-gnu --lib --tests

.PHONY: emulated $(addprefix emulated-,$(EMULATED))
emulated: $(addprefix emulated-,$(EMULATED)) ## run the tests that need no other program on aarch64, i686 and s390x (qemu-user, cross compilers; an hour)

$(addprefix emulated-,$(EMULATED)): emulated-%:
	@command -v $(QEMU_$*) $*-linux-gnu-gcc >/dev/null || { echo 'emulated: compiler or emulator missing: run examples/stand-ins/lab/install emulated' >&2; exit 1; }
	@$(STAND_INS)/emulated/openssl $(DEBIAN_$*) $(CARGO_TARGET_DIR)/emulated/openssl-$*
	status=0; \
	$(call ON,$*) -p owner-only -p upn-resolver --all-features -- $(NEED_PROGRAMS) || status=1; \
	$(call ON,$*) -p card-access --no-default-features --features $(UNIT_FEATURES) -- $(NEED_PROGRAMS) || status=1; \
	$(call ON,$*) -p cba-protocol --all-features -- $(NEED_PROGRAMS) || status=1; \
	exit $$status

FEATURE_SETS = $(ALONE) cargo hack check $(LOCKED) --feature-powerset --exclude-features windows-store $(EACH_LIBRARY)

.PHONY: feature-pairs
feature-pairs: ## check every library with each feature and each pair of features (needs cargo-hack)
	$(call need,hack)
	$(FEATURE_SETS) --depth 2

.PHONY: features
features: ## check every library with every set of its features (needs cargo-hack; half an hour)
	$(call need,hack)
	$(FEATURE_SETS)

MINIMAL := $(CARGO_TARGET_DIR)/minimal
COMMA := ,
EMPTY :=

.PHONY: minimal-versions
minimal-versions: ## check the libraries with the lowest versions that their manifests allow (needs nightly Rust)
	@rm -rf $(MINIMAL) && mkdir -p $(MINIMAL)
	@git ls-files -z Cargo.toml Cargo.lock README.md $(FOLDERS) | xargs -0 cp --parents -t $(MINIMAL)
	@sed -i 's|^members = .*|members = [$(subst $(EMPTY) ,$(COMMA) ,$(patsubst %,"%",$(FOLDERS)))]|' $(MINIMAL)/Cargo.toml
	@# Dependencies of the tests have other limits.
	@sed -i '/^\[dev-dependencies/,/^$$/d; /^\[target.*dev-dependencies/,/^$$/d' $(addprefix $(MINIMAL)/,$(addsuffix /Cargo.toml,$(FOLDERS)))
	cd $(MINIMAL) && cargo +nightly update -Z direct-minimal-versions && $(ALONE) cargo check $(EACH_LIBRARY) --all-features

.PHONY: package
package: ## check that the packages to publish build separately
	@# Cargo takes the extracted sources of an earlier run for those of the same version.
	@rm -rf $(foreach library,$(LIBRARIES),$(or $(CARGO_HOME),$(HOME)/.cargo)/registry/src/-*/$(library)-[0-9]*)
	$(ALONE) cargo package $(LOCKED) $(EACH_LIBRARY)

.PHONY: packages
packages: package ## the same, with licences and foreign types (needs cargo-deny, cargo-check-external-types, nightly Rust)
	$(call need,deny)
	$(call need,check-external-types)
	cargo deny check licenses bans sources
	$(foreach folder,$(FOLDERS),$(ALONE) cargo +nightly check-external-types --all-features --manifest-path $(folder)/Cargo.toml &&) true

.PHONY: advisories
advisories: ## check the dependencies for known vulnerabilities (needs cargo-deny; downloads the list of advisories)
	$(call need,deny)
	cargo deny check advisories

BASE ?= $(shell git describe --tags --abbrev=0 2>/dev/null)

.PHONY: semver
semver: ## check the changes of the public API since the last tag or the revision BASE (needs cargo-semver-checks)
ifeq ($(BASE),)
	@echo 'semver: there is no tag yet; set BASE to a revision to compare with' >&2
else
	$(call need,semver-checks)
	cargo semver-checks $(EACH_LIBRARY) --baseline-rev $(BASE)
endif

.PHONY: debian-12 debian-13
debian-12 debian-13: ## run both commands of README on a new Debian in the target folder (needs root and debootstrap; an hour)
	@$(LAB)/on-debian $(@:debian-%=%) make demo
	@$(LAB)/on-debian $(@:debian-%=%) make test
