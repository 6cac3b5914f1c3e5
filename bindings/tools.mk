# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
# How the packages are built: with the compilers of Debian, crates from Debian's packages, and nothing
# from the network. All that is made goes to OUT, an absolute path. Included by other Makefiles.

cargo := CARGO_HOME=$(OUT)/cargo RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc PATH=/usr/bin:/bin cargo
crates := --quiet --offline --target-dir $(OUT)/target \
	--config 'source.crates-io.replace-with="debian"' \
	--config 'source.debian.directory="/usr/share/cargo/registry"'
go_tool := CGO_ENABLED=0 GOFLAGS=-mod=mod GOPROXY=off GOWORK=off GOCACHE=$(OUT)/go GOPATH=$(OUT)/gopath \
	/usr/bin/go
