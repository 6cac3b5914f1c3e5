# SPDX-License-Identifier: GPL-2.0-only
# What DKMS runs to build the modules (dkms.conf):
#
#	make -C module -f dkms.mk HEADERS=DIRECTORY RELEASE=RELEASE
#
# It is a file of its own because DKMS expands a command of dkms.conf whenever it reads that, also
# when the source is not there yet.

# For a kernel of clang DKMS appends CC= and LD=, which toolchain says better. Without this they
# would override it in each make below.
MAKEOVERRIDES :=

# BTF requires pahole. Without pahole, turn BTF off, or the build would fail.
types := $(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)

# Where the headers lack the kernel's own BTF (Debian up to 6.1), it is looked for.
modules:
	$(MAKE) -C $(HEADERS) M=$(CURDIR) $(shell sh ./toolchain $(HEADERS)) $(types) modules
	sh ./btf/add $(RELEASE) $(HEADERS) $(CURDIR)/bpfmmap_bpf.ko

.PHONY: modules
