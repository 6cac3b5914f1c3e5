# SPDX-License-Identifier: GPL-2.0-only
# What this suite's guest gets of the packages for other languages, made in OUT/stage. Only prepare
# calls this, so that no other suite needs Go and Rust. OUT is an absolute path.

OUT ?= $(abspath ../../build/tests/bindings.extra)
CC ?= gcc
stage := $(OUT)/stage
bindings := ../../bindings
include $(bindings)/tools.mk
header := ../../include/uapi/linux/bpfmmap.h

all: $(stage)/header-lines python rust go

# what each binding must have, as a C compiler sees it
$(stage)/header-lines: extra/header-lines.awk $(header)
	mkdir -p $(stage)
	awk -f $< $(header) >$(OUT)/header-lines.c
	$(CC) -Wall -Wextra -Werror -I../../include/uapi -o $(OUT)/header-lines $(OUT)/header-lines.c
	$(OUT)/header-lines >$@

python:
	rm -rf $(stage)/python
	mkdir -p $(stage)/python
	cp lib.bash $(stage)/
	cp -r $(bindings)/python/bpfmmap $(bindings)/python/tests/*.py $(bindings)/python/examples/*.py \
		$(stage)/python/
	rm -rf $(stage)/python/bpfmmap/__pycache__

# Cargo writes into the folder that it builds in. The names of tests end in a hash. What is refused is
# reported by rust.bats.
rust: $(stage)/header-lines
	rm -rf $(OUT)/rust $(stage)/rust $(OUT)/target/debug/deps/region-*
	mkdir -p $(OUT)/rust $(stage)/rust
	cp -r $(bindings)/rust/. $(OUT)/rust/
	cd $(OUT)/rust && $(cargo) build --lib --tests --examples $(crates)
	cd $(OUT)/rust && HEADER_LINES=$(stage)/header-lines $(cargo) test --doc $(crates) \
		>$(stage)/rust/doc-tests 2>&1 || :
	strip -g -o $(stage)/rust/tests \
		$$(find $(OUT)/target/debug/deps -name 'region-*' -type f -perm /1)
	strip -g -o $(stage)/rust/handover $(OUT)/target/debug/examples/handover
	$(bindings)/rust/refused/check $(OUT)/target/debug/libbpfmmap.rlib /usr/bin/rustc \
		>$(stage)/rust/refused || :

go:
	rm -rf $(stage)/go
	mkdir -p $(stage)/go
	cd $(bindings)/go && $(go_tool) test -c -o $(stage)/go/tests .
	cd $(bindings)/go && $(go_tool) build -o $(stage)/go/handover ./examples/handover

.PHONY: all python rust go
