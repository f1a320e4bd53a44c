# `make` or `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup build demo demo-real test check peers bench bench-layouts bench-stream bench-models bench-gpu study study-gpu clean

# Minutes of a first build of the program, and of the tests after it, on a quiet machine with two cores.
BUILD_MINUTES := 15
TEST_MINUTES := 5

PROGRAM := target/release/eclaircie
PYTHON := python3
# One profile for all: the program, the tests and the lints share what is compiled.
CARGO := cargo
COMMON := --release --locked --target-dir target
# The program once more without libtorch and GDAL, so that `sql` and `layout` start at once; eclaircie-full has the rest.
QUICK = $(CARGO) build $(COMMON) --no-default-features --bin eclaircie

# rustup's folder may not be on the path of a fresh shell.
export PATH := $(PATH):$(HOME)/.cargo/bin
# Cargo takes these before .cargo/config.toml, which finds libtorch in .torch/ and tells the program where it is.
unexport RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET
unexport LIBTORCH LIBTORCH_INCLUDE LIBTORCH_LIB LIBTORCH_USE_PYTORCH LIBTORCH_STATIC

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing; says what it does and why; a second run does nothing
	@./setup.sh

build: setup ## build the program: target/release/eclaircie
	@$(call say_time,$(PROGRAM),$(BUILD_MINUTES),the program)
	@$(CARGO) build $(COMMON)
	@$(QUICK)

demo: build ## the main job on simulated products: cloudy scene in, reconstructed scene and report out, in demo/
	@$(PROGRAM) demo demo/

demo-real: ## the same on a GeoTIFF series of your own, in demo-real/: make demo-real DATA=folder
	@if [ -z "$(DATA)" ]; then echo "say which series: make demo-real DATA=folder" >&2; exit 2; fi
	@if [ ! -d "$(DATA)" ]; then echo "DATA=$(DATA) is not a folder" >&2; exit 2; fi
	@$(MAKE) --no-print-directory build
	@$(PROGRAM) demo --real "$(DATA)" $(if $(BESIDE),--beside "$(BESIDE)") $(if $(FROM),--from "$(FROM)") demo-real/

test: setup ## build and run the tests
	@$(call say_time,$(PROGRAM),$(BUILD_MINUTES) + $(TEST_MINUTES),the program and its tests)
	@$(CARGO) test $(COMMON)
	@$(call schedules,test)
	@$(QUICK)

check: setup ## what a change must pass: format, lints, documentation, tests
	@$(CARGO) fmt --check
	@$(CARGO) clippy $(COMMON) --all-targets -- -D warnings
	@$(CARGO) clippy $(COMMON) --all-targets --no-default-features -- -D warnings
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(COMMON) --no-deps
	@$(call schedules,clippy) --all-targets -- -D warnings
	@$(CARGO) test $(COMMON)
	@$(call schedules,test)

peers: build ## compare the shipped layouts with DuckDB and polars on the same Parquet; needs a PYTHON with duckdb
	@$(PYTHON) tests/peers/layouts.py $(PROGRAM)

bench: setup ## run the benches
	@$(CARGO) bench --locked --target-dir target

# What the peers need, in a folder of its own: nothing is installed into the system.
.bench/ready: benches/layouts/requirements.txt
	@echo "bench-layouts: fetching DuckDB, Polars and DataFusion into .bench/ (about 200 MB)"
	@$(PYTHON) -m venv .bench/venv
	@.bench/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench-layouts: build .bench/ready ## measure layouts beside DuckDB, Polars, DataFusion and a bare sweep; WRITE=1 keeps the page
	@.bench/venv/bin/python -B benches/layouts.py $(PROGRAM) $(if $(WRITE),--write) $(if $(LIMIT),--limit $(LIMIT)) \
	  --sweep "$(CARGO) bench --quiet --locked --target-dir target --bench sweep --"

# The same for the readers of patches; TensorFlow wants another numpy.
.bench/readers-ready: benches/patches/requirements.txt
	@echo "bench-stream: fetching PyTorch, TensorFlow and the readers into .bench/ (about 5 GB)"
	@$(PYTHON) -m venv .bench/readers
	@.bench/readers/bin/pip install --quiet --disable-pip-version-check -r $<
	@$(PYTHON) -m venv .bench/tensorflow
	@.bench/tensorflow/bin/pip install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 zarr==3.1.6
	@touch $@

bench-stream: build .bench/readers-ready ## measure streaming beside memcpy, decoders and six readers (50 GB of disk); WRITE=1 keeps the page
	@$(CARGO) bench --quiet --locked --target-dir target --bench stream
	@.bench/readers/bin/python -B benches/patches.py $(if $(WRITE),--write) --cold --scaling \
	  --tensorflow .bench/tensorflow/bin/python --program $(PROGRAM) --bench "$(CARGO) bench --quiet --locked --target-dir target --bench patches --"

study: build ## the study at the size of two cores, in study/ (an hour and three quarters, 25 GB of disk; a second run goes on): simulated places, three seeds, controls; WRITE=1 keeps the page
	@$(call study,study,benches/study,1536)

study-gpu: build ## the study with networks of full size on a GPU, in study-gpu/ (hours, 100 GB of disk; a second run goes on); PYTHON is one with PyTorch 2.11 for CUDA; WRITE=1 keeps the page
	@$(PYTHON) -c 'import torch; assert torch.cuda.is_available(), "PyTorch finds no GPU"'
	@export LD_LIBRARY_PATH=$(CUDA); $(call study,study-gpu,benches/study/gpu,3072)

bench-models: build .bench/readers-ready ## measure networks beside PyTorch and TensorFlow; WRITE=1 keeps the page
	@.bench/readers/bin/python -B benches/models.py $(if $(WRITE),--write) --program $(PROGRAM) \
	  --tensorflow .bench/tensorflow/bin/python --bench "$(CARGO) bench --quiet --locked --target-dir target --bench models --" \
	  --patches "$(CARGO) bench --quiet --locked --target-dir target --bench patches --"

bench-gpu: build ## measure networks on a GPU beside PyTorch; PYTHON is one with PyTorch 2.11 for CUDA and zarr; WRITE=1 keeps the page
	@$(PYTHON) -c 'import torch, zarr; assert torch.cuda.is_available(), "PyTorch finds no GPU"'
	@LD_LIBRARY_PATH=$(CUDA) \
	  $(PYTHON) -B benches/gpu.py $(if $(WRITE),--write) --commit "$$(git rev-parse --short HEAD)" --program $(PROGRAM) \
	  --bench "$(CARGO) bench --quiet --locked --target-dir target --bench models --" \
	  --patches "$(CARGO) bench --quiet --locked --target-dir target --bench patches --"

clean: ## remove what was built, demo/ and demo-real/; .torch stays, so that set-up need not fetch it again
	@$(CARGO) clean --target-dir target
	@rm -rf demo demo-real

# The stream under a model checker: a package of its own (a first build takes half a minute), SCHEDULES=N draws more than 200.
schedules = $(CARGO) $(1) --locked --quiet --manifest-path tests/schedules/Cargo.toml --target-dir target/schedules

# The libraries of a PyTorch for CUDA.
CUDA = $$($(PYTHON) -c 'import os, torch; print(os.path.dirname(torch.__file__))')/lib

# A study: $(1) its folder, $(2) where study.toml lies and its page goes, $(3) pixels on a side of its places
define study
$(PROGRAM) simulate $(1)/simulated --side $(3) --months 24 --seed 7; \
[ -e $(1)/archive ] || $(PROGRAM) simulate $(1)/simulated --check; \
$(PROGRAM) ingest $(1)/simulated/products $(1)/archive; \
$(PROGRAM) ingest $(1)/simulated/truth $(1)/truth; \
$(PROGRAM) study $(2)/study.toml $(1)/archive --truth $(1)/truth --to $(1)/found; \
$(if $(WRITE),rm -rf $(2)/figures; cp -r $(1)/found/STUDY.md $(1)/found/figures $(2)/)
endef

# Says how long a first build takes before it starts: $(1) what it leaves, $(2) minutes, $(3) its name.
define say_time
if [ ! -e $(1) ]; then \
  echo "build: a first build of $(3) takes about $$(( $(2) )) minutes on 2 cores; later ones take seconds to a minute"; \
fi
endef
