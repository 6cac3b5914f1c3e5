# SPDX-License-Identifier: GPL-2.0-only
# All commands start here; `make help` lists them. The scripts in scripts/ do the work (its README
# describes them), and all that they make is in build/.

# kbuild and make take a space for the end of a name.
ifneq ($(words $(CURDIR)),1)
$(error "$(CURDIR)" has a space, and the kernel's build system can't build there: move the checkout)
endif

# Kernels: series of Debian's (5.10, 6.1, 6.12, 7.2, 7.3), perhaps with a flavour (6.12-rt-amd64), or
# paths of kernel build directories; several in quotes. Each command has its own default.
KERNEL ?=
export KERNEL

help:
	@echo 'bpfmmap: mmap-able, freezable arrays for stock Linux kernels'
	@echo
	@echo '  make demo          show the life of a region on a stock kernel in a VM'
	@echo '  make demo-svg      the same, and renew docs/demo.svg, which shows it'
	@echo '  make test          test the contract on stock kernels in VMs'
	@echo '  make test-NAME     run one suite: $(suites)'
	@echo '  make test-NAME     test more: kernels (all stock ones), builds (all headers),'
	@echo '                     backports (headers with changes of newer ones), distro (whole systems),'
	@echo '                     homes (the packages of other distributions, with stand-ins),'
	@echo '                     sanitize (a kernel with sanitizers), clang (a kernel of clang with'
	@echo '                     LTO and kCFI), memcheck (the library with sanitizers and valgrind),'
	@echo '                     runner (the test runner), docs (the web site)'
	@echo '  make mutants       break the module in hundreds of ways, and see which test notices (hours)'
	@echo '  make coverage      which lines and branches of the module the tests reach'
	@echo '  make fuzz          play random calls on a kernel with sanitizers, for MINUTES (10), from SEED;'
	@echo '                     REPLAY=CASE plays one case again, UPDATE=yes renews tests/fuzz/corpus'
	@echo '  make attacks       try to change frozen regions and arrays of the kernel, with a table'
	@echo '  make semantics     ask the array of the kernel what it does, on five kernels, with a table'
	@echo '  make bench         measure regions, the kernel'"'"'s array and memfds: tables and plots'
	@echo '  make bench-renew   renew the costs that make test-bench compares with'
	@echo '  make docs          make a web site of the documentation: build/docs/html'
	@echo '  make shell         run a VM with the module and the command, on this terminal'
	@echo '  make lint          check the source: sparse, checkpatch, coccinelle, shellcheck'
	@echo '  make module        build bpfmmap.ko for KERNEL'
	@echo '  make tools         build the library and the command bpfmmap'
	@echo '  make deb           build Debian packages'
	@echo '  make rpm           build RPM packages (for Fedora and similar systems)'
	@echo '  make dist          pack the source of the last commit, and the recipes of other homes:'
	@echo '                     Arch, Alpine, akmods, SUSE (build/dist)'
	@echo
	@echo 'On a real machine, as root:'
	@echo '  make install       build and install for KERNEL (default: the running one), with'
	@echo '                     the library and the command below PREFIX (/usr/local)'
	@echo '  make dkms          the same by DKMS, which builds again after kernel updates'
	@echo '  make uninstall     remove it'
	@echo
	@echo '  make clean         remove what was built, but not the fetched kernels'
	@echo '  make distclean     remove build/'
	@echo
	@echo 'Variables:'
	@echo '  KERNEL="6.12 6.1"  kernels: series (6.12), perhaps with a flavour (6.12-rt-amd64), or'
	@echo '                     paths of kernel build directories'
	@echo '  DEMO_FILE=PATH     the file that make demo puts into the region'
	@echo '  SIZES="4K 64M" CASES="touch-all munmap"  what make bench measures (default: all)'
	@echo '  MIRROR=URI         the Debian archive (default: the one in this machine'"'"'s apt)'
	@echo '  DISTROS="12 13"    the systems that make test-distro tests (also: 13-backports)'
	@echo '  ONLY=freeze TEST="a_readonly*"  patterns: programs of a suite, and tests in them'
	@echo '  JOBS=N             VMs at the same time (default: one per CPU)'
	@echo '  ACCEL=kvm|tcg      how VMs run (default: kvm if it works)'

suites := $(patsubst tests/%/vm.conf,%,$(wildcard tests/*/vm.conf))

demo:
	@scripts/guest/demo

# Renew the picture of the demo.
demo-svg:
	@UPDATE=yes scripts/guest/demo

# Make a web site of the documentation.
docs:
	@scripts/docs/build

# Look at each page of that site in a browser, and follow its links.
test-docs:
	@scripts/docs/test

# The fast suites; the larger ones have targets of their own.
test:
	@scripts/test/run contract files pressure library

# Try each way to change a region, or the kernel's array, after its freeze.
attacks:
	@scripts/test/attacks

# Play random calls for some minutes, and keep those that reach something new.
fuzz:
	@scripts/test/fuzz

# Ask the kernel's array what it does, on five kernels.
semantics:
	@scripts/test/semantics

# Measure costs, with tables and plots.
bench:
	@scripts/bench/measure

# Renew the costs that test-bench compares with.
bench-renew:
	@scripts/bench/renew

$(addprefix test-,$(filter-out faults,$(suites))): test-%:
	@scripts/test/run $*

# Make each allocation of each call fail: on the kernel with sanitizers, in two passes, of which the
# second is with kmemleak; or on the stock kernels that KERNEL names.
test-faults:
	@if [ "$$KERNEL" ]; then scripts/test/run faults; else SUITES=faults LEAK_SUITES=faults scripts/test/sanitize; fi

# Test the runner: a guest that fails must not pass.
test-runner:
	@scripts/test/runner

# Run suites on all stock kernels, with a table at the end.
test-kernels:
	@scripts/test/kernels

# Build for every kernel that Debian has headers of.
test-builds:
	@scripts/test/builds

# Build for kernels that have changes of newer ones.
test-backports:
	@scripts/test/backports

# Install the packages on whole Debian systems; boot, upgrade and purge these.
test-distro:
	@scripts/test/distro

# Build the packages of all homes, as far as this machine can, and compare what they install.
test-homes:
	@scripts/test/homes

# Run the library's tests with the sanitizers of the compiler, and under valgrind.
test-memcheck:
	@scripts/test/memcheck

# Run suites on a kernel with sanitizers (KASAN, lockdep, kmemleak, ..), which is built here.
test-sanitize:
	@scripts/test/sanitize

# Run suites on a kernel that clang has built with LTO and kCFI, which is built here.
test-clang:
	@KERNEL=$$(scripts/kernel/build-sanitizer kcfi) && export KERNEL && \
		scripts/test/run $${SUITES:-contract library bpf}

# Break the module in many ways, one at a time: does a test notice each one?
mutants:
	@scripts/test/mutants

# Measure which lines and branches of the module the tests reach.
coverage:
	@scripts/test/coverage

lint:
	@scripts/lint

# Run an interactive guest; with GDB=1 its kernel waits for a debugger.
shell:
	@scripts/guest/shell

module:
	@for kernel in $${KERNEL:-6.12}; do scripts/kernel/build-module "$$kernel"; done

tools:
	@scripts/need "building the command" compiler
	@$(MAKE) -s -C lib
	@$(MAKE) -s -C tools

deb:
	@scripts/package/deb

rpm:
	@scripts/package/rpm

# What a release consists of: a tarball, its checksum, and recipes of distributions.
dist:
	@scripts/package/dist

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
		build/deb build/rpm build/dist build/homes build/backports build/bench build/coverage build/fuzz build/logs \
		build/mutants build/probe build/docs build/initrd.* build/results.*

# Some files in build/ belong to root.
distclean:
	rm -rf build 2>/dev/null || sudo rm -rf build

.PHONY: help demo demo-svg docs test-docs test attacks semantics mutants fuzz bench bench-renew test-runner test-memcheck test-sanitize test-clang test-kernels test-builds test-backports test-distro test-homes coverage lint shell module tools deb rpm dist install dkms uninstall clean distclean
.PHONY: $(addprefix test-,$(suites))
