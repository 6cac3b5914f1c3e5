# SPDX-License-Identifier: GPL-2.0-only
# The programs in other languages that this suite's guest gets, made in OUT/stage. Only prepare calls
# this, so that no other suite needs Go and Rust. Both are Debian's, with crates from Debian's
# packages and nothing from the network.

OUT ?= ../../build/tests/files-programs.extra
CC ?= gcc
stage := $(OUT)/stage/bin
registry := /usr/share/cargo/registry
crates := --config 'source.crates-io.replace-with="debian"' \
	--config 'source.debian.directory="$(registry)"'

all: $(stage)/publish $(stage)/freeze $(stage)/mapped-rust $(stage)/mapped-go

$(stage)/%: extra/%.c ../../include/uapi/linux/bpfmmap.h
	mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Werror -I../../include/uapi -o $@ $<

$(stage)/mapped-rust: $(wildcard extra/rust/* extra/rust/src/*)
	mkdir -p $(@D) $(OUT)/rust
	cp -r extra/rust/. $(OUT)/rust/
	cd $(OUT)/rust && CARGO_HOME=$(OUT)/cargo RUSTC=/usr/bin/rustc /usr/bin/cargo build \
		--quiet --offline --release --target-dir $(OUT)/target $(crates)
	cp $(OUT)/target/release/mapped $@

$(stage)/mapped-go: extra/mapped.go
	mkdir -p $(@D)
	CGO_ENABLED=0 GO111MODULE=off GOFLAGS= GOCACHE=$(OUT)/go GOPATH=$(OUT)/gopath \
		/usr/bin/go build -o $@ $<

.PHONY: all
