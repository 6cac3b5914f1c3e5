// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor: checks of the module: whether it is installed for the running kernel and for the
 * next one, and can be built again.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpfmmap.h>

#include "array.h"
#include "build.h"
#include "resources.h"

#define OLDEST_MAJOR	5
#define OLDEST_MINOR	10

void check_machine(struct machine *machine)
{
	if (machine->place == CONTAINER)
		machine_found(machine, "machine", OK, "",
			      "a container: the kernel and its modules belong to the host");
	else if (machine->place == WSL)
		machine_found(machine, "machine", OK, "",
			      "WSL: the kernel comes from Windows, and not from a package");
}

void check_kernel(struct machine *machine)
{
	int major = 0, minor = 0;
	char mend[128];

	if (sscanf(machine->release, "%d.%d", &major, &minor) != 2)
		machine_found(machine, "kernel", WARN, "", "can't see which kernel runs");
	else if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR))
		machine_found(machine, "kernel", FAIL,
			      machine_other_kernel(machine, mend, sizeof(mend),
						   "a later one"),
			      "%s is older than %d.%d", machine->release, OLDEST_MAJOR,
			      OLDEST_MINOR);
	else
		machine_found(machine, "kernel", OK, "", "%s", machine->release);
}

void check_module(struct machine *machine)
{
	char version[64], mend[192];

	if (!machine->loaded) {
		snprintf(mend, sizeof(mend), "%s, then modprobe bpfmmap", machine->install);
		if (machine->place == CONTAINER)
			machine_found(machine, "module", FAIL, "bpfmmap doctor on the host",
				      "the host has not loaded it");
		else if (machine->installed)
			machine_found(machine, "module", FAIL, "modprobe bpfmmap",
				      "installed, but not loaded");
		else
			machine_found(machine, "module", FAIL, mend,
				      "not installed for %s", machine->release);
		return;
	}
	if (!machine_line(machine, "/sys/module/" PACKAGE "/version", version, sizeof(version)))
		machine_found(machine, "module", WARN, "", "loaded; can't see its version");
	else if (strcmp(version, TOOL_VERSION))
		machine_found(machine, "module", WARN,
			      "install both from the same source, then umount " BPFMMAP_PUBLISH_DIR
			      " && rmmod bpfmmap && modprobe bpfmmap",
			      "loaded with version %s, but this tool has version %s", version,
			      TOOL_VERSION);
	else
		machine_found(machine, "module", OK, "", "loaded, version %s", version);
}

/*
 * Check whether the running kernel accepts the installed module. An upgrade may replace a
 * kernel by another build of the same release, while the module stays. The module still loads
 * if the symbols that it uses have the same versions.
 */
void check_build(struct machine *machine)
{
	enum verdict refused = machine->loaded ? WARN : FAIL;
	char path[PATH_MAX], release[128], symbol[64];

	if (!machine->module.bytes)
		return;
	machine_path(machine, path, "/lib/modules/%s/build/Module.symvers", machine->release);
	if (!module_file_release(&machine->module, release, sizeof(release)))
		machine_found(machine, "build", refused, machine->again,
			      "the installed file is not a module");
	else if (strcmp(release, machine->release))
		machine_found(machine, "build", refused, machine->again,
			      "the installed module is built for %s", release);
	else if (module_file_disagrees(&machine->module, path, symbol))
		machine_found(machine, "build", refused, machine->again,
			      "the installed module is built for an earlier %s (%s has changed)",
			      release, symbol);
	else
		machine_found(machine, "build", OK, "", "for this kernel");
}

/*
 * Debian's headers name the build of the release that they belong to. After an upgrade that
 * kept the release this is not the running build.
 */
static bool other_build(const struct machine *machine, char *id, size_t size)
{
	char path[PATH_MAX], running[512];

	snprintf(path, sizeof(path), "/lib/modules/%s/build/include/generated/package.h",
		 machine->release);
	if (!machine_line_with(machine, path, "#define LINUX_PACKAGE_ID \" ", id, size))
		return false;
	id[strcspn(id, "\"\n")] = 0;
	return machine_line(machine, "/proc/version", running, sizeof(running)) &&
	       !strstr(running, id);
}

/*
 * The verdict for a missing tool or file that only a build needs: no failure while there is a
 * module.
 */
static enum verdict for_builds(const struct machine *machine)
{
	return machine->loaded || machine->installed ? WARN : FAIL;
}

/* A kernel of Debian is of a package linux-image-RELEASE. A package has a folder of documents. */
static bool of_no_package(const struct machine *machine)
{
	char path[PATH_MAX];

	if (!machine_has(machine, "/usr/bin/dpkg"))
		return false;
	machine_path(machine, path, "/usr/share/doc/linux-image-%s", machine->release);
	if (!access(path, F_OK))
		return false;
	machine_path(machine, path, "/usr/share/doc/linux-image-unsigned-%s", machine->release);
	return access(path, F_OK);
}

void check_headers(struct machine *machine)
{
	char path[PATH_MAX], mend[320], debian[160], fedora[160], id[128];

	machine_path(machine, path, "/lib/modules/%s/build/Makefile", machine->release);
	if (machine_akms_source(machine)) {
		machine_found(machine, "headers", OK, "",
			      "akms fetches them, and a compiler, for each build");
		return;
	}
	if (access(path, F_OK) && machine->place == WSL) {
		machine_found(machine, "headers", for_builds(machine),
			      "build this kernel from github.com/microsoft/WSL2-Linux-Kernel, then make install KERNEL=FOLDER in the source of bpfmmap",
			      "no package has those of a kernel of WSL");
		return;
	}
	if (access(machine_path(machine, path, "/lib/modules/%s", machine->release), F_OK) &&
	    !machine_has_kernel(machine)) {
		machine_found(machine, "headers", for_builds(machine),
			      "get them from where the kernel comes from, then make install KERNEL=FOLDER in the source of bpfmmap",
			      "no kernel is installed here: the running one is given from outside, as in some virtual machines");
		return;
	}
	if (access(path, F_OK)) {
		machine_found(machine, "headers", for_builds(machine),
			      "reboot into a kernel that is installed",
			      "the running kernel is no longer installed, nor are its headers");
		return;
	}
	machine_path(machine, path, "/lib/modules/%s/build/Makefile", machine->release);
	if (access(path, F_OK) && of_no_package(machine)) {
		machine_found(machine, "headers", for_builds(machine),
			      "make install KERNEL=FOLDER in the source of bpfmmap, with the folder where the kernel was built",
			      "no package has those of the running kernel, as it is of none itself");
	} else if (access(path, F_OK)) {
		snprintf(debian, sizeof(debian), "linux-headers-%s", machine->release);
		snprintf(fedora, sizeof(fedora), "kernel-devel-%s", machine->release);
		machine_found(machine, "headers", for_builds(machine),
			      machine_package(machine, mend, sizeof(mend), debian, fedora),
			      "those of the running kernel are missing, so the module can't be built");
	} else if (other_build(machine, id, sizeof(id))) {
		machine_found(machine, "headers", WARN, "reboot",
			      "those of %s, but an earlier build of %s still runs", id,
			      machine->release);
	} else {
		machine_found(machine, "headers", OK, "", "/lib/modules/%s/build",
			      machine->release);
	}
}

/*
 * The compiler that the headers name, as Debian's do, or clang. An empty name means any
 * compiler.
 */
static void wanted_compiler(const struct machine *machine, char *compiler, size_t size)
{
	char name[PATH_MAX], line[128], *found;

	*compiler = 0;
	snprintf(name, sizeof(name), "/lib/modules/%s/build/.kernelvariables", machine->release);
	if (machine_line_with(machine, name, "CC = ", line, sizeof(line))) {
		found = strstr(line, "gcc-");
		if (found)
			snprintf(compiler, size, "%.*s", (int)strcspn(found, " )\n"), found);
		return;
	}
	snprintf(name, sizeof(name), "/lib/modules/%s/build/.config", machine->release);
	if (machine_line_with(machine, name, "CONFIG_CC_IS_CLANG=y", line, sizeof(line)))
		snprintf(compiler, size, "clang");
}

void check_compiler(struct machine *machine)
{
	static const char * const any[] = { "gcc", "cc", "clang" };
	static const char * const folders[] = { "/usr/bin", "/usr/local/bin" };
	enum verdict missing = for_builds(machine);
	char wanted[64], name[128], mend[128];
	const char *word;

	/* which has been said with the headers */
	if (machine_akms_source(machine))
		return;
	if (!machine_has(machine, "/usr/bin/make") &&
	    !machine_has(machine, "/usr/local/bin/make")) {
		machine_found(machine, "compiler", missing,
			      machine_package(machine, mend, sizeof(mend), "gcc make", "gcc make"),
			      "there is no make, so the module can't be built");
		return;
	}
	wanted_compiler(machine, wanted, sizeof(wanted));
	for (size_t i = 0; i < (*wanted ? 1 : ARRAY_SIZE(any)); i++) {
		word = *wanted ? wanted : any[i];
		for (size_t j = 0; j < ARRAY_SIZE(folders); j++) {
			snprintf(name, sizeof(name), "%s/%s", folders[j], word);
			if (machine_has(machine, name)) {
				machine_found(machine, "compiler", OK, "", "%s", name);
				return;
			}
		}
	}
	if (*wanted)
		machine_found(machine, "compiler", missing,
			      machine_package(machine, mend, sizeof(mend), wanted, wanted),
			      "%s, which the headers require, is missing, so the module can't be built",
			      wanted);
	else
		machine_found(machine, "compiler", missing,
			      machine_package(machine, mend, sizeof(mend), "gcc make", "gcc make"),
			      "there is none, so the module can't be built");
}

void check_dkms(struct machine *machine)
{
	char path[PATH_MAX], version[NAME_MAX + 1], mend[2 * PATH_MAX];
	bool failed;

	if (machine_akms_installed(machine, machine->release)) {
		machine_found(machine, "akms", OK, "", "bpfmmap, installed for %s",
			      machine->release);
		return;
	}
	if (machine_akms_source(machine)) {
		machine_found(machine, "akms", for_builds(machine), machine->install,
			      "bpfmmap, not installed for %s", machine->release);
		return;
	}
	if (!machine_dkms_version(machine, version, sizeof(version))) {
		machine_found(machine, "dkms", WARN,
			      machine->packaged ? machine->install : "make dkms in its source",
			      "does not know the module, so kernel updates do not rebuild it");
		return;
	}
	machine_path(machine, path, "/var/lib/dkms/" PACKAGE "/%s/%s", version, machine->release);
	if (!access(path, F_OK) && machine->installed) {
		machine_found(machine, "dkms", OK, "", "bpfmmap/%s, installed for %s", version,
			      machine->release);
		return;
	}
	snprintf(mend, sizeof(mend), "dkms install bpfmmap/%s -k %s", version, machine->release);
	/* the log stays there until a build succeeds */
	machine_path(machine, path, "/var/lib/dkms/" PACKAGE "/%s/build/make.log", version);
	failed = !access(path, F_OK);
	machine_found(machine, "dkms", for_builds(machine), mend,
		      "bpfmmap/%s, not installed for %s%s%s", version, machine->release,
		      failed ? ", as the build failed, see " : "",
		      failed ? path + strlen(machine->root) : "");
}

/*
 * Check whether the newest other installed kernel, which the next boot may choose, has the
 * module.
 */
void check_next(struct machine *machine)
{
	char path[PATH_MAX], next[NAME_MAX + 1] = "", version[NAME_MAX + 1], mend[2 * PATH_MAX];
	struct dirent *entry;
	DIR *dir = open_directory(machine_path(machine, path, "/lib/modules"));

	while (dir && (entry = readdir(dir))) {
		machine_path(machine, path, "/lib/modules/%s/modules.dep", entry->d_name);
		if (strverscmp(entry->d_name, machine->release) > 0 &&
		    strverscmp(entry->d_name, next) > 0 && !access(path, F_OK))
			snprintf(next, sizeof(next), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (!*next)
		return;
	if (machine_find_module(machine, next, PACKAGE, path)) {
		machine_found(machine, "next", OK, "", "%s has the module, too", next);
		return;
	}
	if (access(machine_path(machine, path, "/lib/modules/%s/build/Makefile", next), F_OK)) {
		snprintf(mend, sizeof(mend), "apt-get install linux-headers-%s", next);
		if (machine_has(machine, "/usr/bin/dnf"))
			snprintf(mend, sizeof(mend), "dnf install kernel-devel-%s", next);
	} else if (machine_dkms_version(machine, version, sizeof(version))) {
		snprintf(mend, sizeof(mend), "dkms install bpfmmap/%s -k %s", version, next);
	} else {
		snprintf(mend, sizeof(mend), "make install KERNEL=%s in its source", next);
		if (machine_akms_source(machine))
			snprintf(mend, sizeof(mend), "akms install -k %s bpfmmap-" TOOL_VERSION,
				 next);
		else if (machine->packaged)
			snprintf(mend, sizeof(mend), "%s", machine->install);
	}
	machine_found(machine, "next", WARN, mend, "%s is installed as well, without the module",
		      next);
}

void check_btf(struct machine *machine)
{
	char mend[128];

	if (!machine_has(machine, "/sys/kernel/btf/vmlinux"))
		machine_found(machine, "btf", WARN,
			      machine_other_kernel(machine, mend, sizeof(mend),
						   "a kernel with CONFIG_DEBUG_INFO_BTF=y"),
			      "the kernel has none, so BPF programs can't use regions");
	else if (!machine->loaded || machine_has(machine, "/sys/kernel/btf/" PACKAGE))
		machine_found(machine, "btf", OK, "", "/sys/kernel/btf/%s",
			      machine->loaded ? PACKAGE : "vmlinux");
	else if (machine_has(machine, "/usr/bin/pahole"))
		machine_found(machine, "btf", OK, "",
			      "the kernel's; the module has none, which only tracers need");
	else
		machine_found(machine, "btf", WARN,
			      machine_package(machine, mend, sizeof(mend), "pahole", "dwarves"),
			      "the module has none, as pahole is missing; only tracers need it");
}

static bool is_before_6_1(const char *release)
{
	int major, minor;

	return sscanf(release, "%d.%d", &major, &minor) == 2 &&
	       (major < 6 || (major == 6 && minor < 1));
}

/* What BPF programs use regions by is a module of its own. */
void check_bpf(struct machine *machine)
{
	char path[PATH_MAX], mend[128];

	/* which has been said */
	if (!machine_has(machine, "/sys/kernel/btf/vmlinux"))
		return;
	if (is_before_6_1(machine->release))
		machine_found(machine, "bpf", WARN,
			      machine_other_kernel(machine, mend, sizeof(mend),
						   "a kernel from 6.1 on"),
			      "this kernel has no functions of modules for BPF programs");
	/* the host's network has this, and a container may have its own */
	else if (machine->place != CONTAINER &&
		 !machine_has(machine, "/proc/sys/net/core/bpf_jit_enable"))
		machine_found(machine, "bpf", WARN,
			      machine_other_kernel(machine, mend, sizeof(mend),
						   "a kernel with CONFIG_BPF_JIT=y"),
			      "this kernel has no JIT for BPF, so programs can't use regions");
	else if (machine_has(machine, "/sys/kernel/btf/" PACKAGE "_bpf"))
		machine_found(machine, "bpf", OK, "", "programs can use regions: " PACKAGE
			      "_bpf is loaded");
	else if (machine_find_module(machine, machine->release, PACKAGE "_bpf", path))
		machine_found(machine, "bpf", OK, "", PACKAGE
			      "_bpf is installed, and loaded with the first region for programs");
	else if (machine->installed)
		machine_found(machine, "bpf", WARN, machine->again,
			      PACKAGE "_bpf is not installed, so BPF programs can't use regions");
}
