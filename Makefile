# SPDX-License-Identifier: GPL-2.0-only
# Everything goes through here; `make help` says what there is. The work is done by
# scripts/, and whatever is made lands in build/.

# Which kernels: series of Debian's (5.10, 6.1, 6.12, 7.3), perhaps with a flavour
# (6.12-rt-amd64), or paths of kernel build directories; several in quotes. Each command has its own default.
KERNEL ?=
export KERNEL

help:
	@echo 'bpfmmap: mmap-able, freezable arrays for stock Linux kernels'
	@echo
	@echo '  make demo          see a region live on a stock kernel in a VM'
	@echo '  make test          the contract, tested on stock kernels in VMs'
	@echo '  make test-NAME     one suite: $(suites)'
	@echo '  make test-NAME     on more: kernels (all stock ones), builds (all headers), distro (whole'
	@echo '                     systems), sanitize (a kernel that looks for bugs), runner (the runner)'
	@echo '  make attacks       who can change what is frozen? ours and the kernel'"'"'s, in a table'
	@echo '  make bench         what it costs, beside the kernel'"'"'s array and memfds: tables and plots'
	@echo '  make bench-renew   agree upon what make test-bench finds now'
	@echo '  make shell         a guest with the module and the command, on this terminal'
	@echo '  make lint          sparse, checkpatch, coccinelle, shellcheck'
	@echo '  make module        build bpfmmap.ko for KERNEL'
	@echo '  make tools         build the library and the command bpfmmap'
	@echo '  make deb           build Debian packages of all that'
	@echo '  make rpm           build RPM packages of it (for Fedora and its like)'
	@echo
	@echo 'On a real machine, as root:'
	@echo '  make install       build and install for KERNEL (default: the running one), with'
	@echo '                     the library and the command below PREFIX (/usr/local)'
	@echo '  make dkms          the same by DKMS, which follows kernel updates'
	@echo '  make uninstall     take it away again'
	@echo
	@echo '  make clean         remove what was built; the fetched kernels stay'
	@echo '  make distclean     remove build/'
	@echo
	@echo 'Variables:'
	@echo '  KERNEL="6.12 6.1"  which kernels: series (6.12), with flavours (6.12-rt-amd64), or'
	@echo '                     paths of kernel build directories'
	@echo '  DEMO_FILE=PATH     what make demo puts into the region'
	@echo '  SIZES="4K 64M" CASES="touch-all munmap"  what make bench measures (default: all)'
	@echo '  MIRROR=URI         the Debian archive (default: as this machine is set up)'
	@echo '  DISTROS="12 13"    which systems make test-distro makes (also: 13-backports)'
	@echo '  ONLY=freeze TEST="a_readonly*"  which programs and which tests of a suite run (patterns)'
	@echo '  JOBS=N             VMs at a time (default: one a CPU)'
	@echo '  ACCEL=kvm|tcg      how VMs run (default: found out by trying)'

suites := $(patsubst tests/%/vm.conf,%,$(wildcard tests/*/vm.conf))

demo:
	@scripts/guest/demo

# The fast suites; the larger ones have targets of their own.
test:
	@scripts/test/run contract files pressure library

# Every route to a change after the freeze, on a region and on the kernel's array.
attacks: test-attacks

# What it costs, in tables and plots.
bench:
	@scripts/bench/measure

# What test-bench finds is what it is to find from now on.
bench-renew:
	@scripts/bench/renew

$(addprefix test-,$(suites)): test-%:
	@scripts/test/run $*

# Can a guest that goes wrong pass?
test-runner:
	@scripts/test/runner

# On every stock kernel that there is, with a table at the end.
test-kernels:
	@scripts/test/kernels

# Does it build for every kernel that Debian has headers of?
test-builds:
	@scripts/test/builds

# Installed from packages on whole Debian systems, booted, upgraded and purged.
test-distro:
	@scripts/test/distro

# On a kernel of our own making that looks for bugs (KASAN, lockdep, kmemleak, ..).
test-sanitize:
	@scripts/test/sanitize

lint:
	@scripts/lint

# A guest to work in; GDB=1 waits for a debugger.
shell:
	@scripts/guest/shell

module:
	@for kernel in $${KERNEL:-6.12}; do scripts/kernel/build-module "$$kernel"; done

tools:
	@scripts/need "building the command" compiler tools
	@$(MAKE) -s -C lib
	@$(MAKE) -s -C tools

deb:
	@scripts/package/deb

rpm:
	@scripts/package/rpm

# An empty KERNEL means the default of each script.
install dkms uninstall: export KERNEL := $(or $(KERNEL),$(shell uname -r))
install:
	@scripts/package/install module

dkms:
	@scripts/package/install dkms

uninstall:
	@scripts/package/install remove

clean:
	rm -rf build/module build/tests build/tests-* build/lib build/lib-* build/tools build/demo \
		build/deb build/rpm build/bench build/logs build/probe build/initrd.* build/results.*

# The systems in it belong to root.
distclean:
	rm -rf build 2>/dev/null || sudo rm -rf build

.PHONY: help demo test attacks bench bench-renew test-runner test-sanitize test-kernels test-builds test-distro lint shell module tools deb rpm install dkms uninstall clean distclean
.PHONY: $(addprefix test-,$(suites))
