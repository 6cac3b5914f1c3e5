// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor: is this machine fine, and what mends it?
 *
 * Each check looks at files only, and takes no privilege, no module and no device; what
 * one may not look at is no finding. FAIL is what keeps regions from being used now, warn
 * what will in another case, as after the next kernel update.
 *
 * All paths are below the folder that --root names, for tests of all states.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpfmmap.h>

#include "array.h"
#include "commands.h"
#include "doctor.h"
#include "names.h"
#include "output.h"

#define OLDEST_MAJOR	5
#define OLDEST_MINOR	10

void find(struct doctor *doctor, const char *check, enum verdict verdict, const char *mend,
	  const char *format, ...)
{
	static const char * const words[] = { "ok", "warn", "FAIL" };
	struct json_object *finding;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	doctor->failures += verdict == FAIL;
	finding = json_object_new_object();
	json_object_object_add(finding, "check", json_object_new_string(check));
	json_object_object_add(finding, "result", json_object_new_string(words[verdict]));
	json_object_object_add(finding, "what", json_object_new_string(text));
	if (*mend)
		json_object_object_add(finding, "mend", json_object_new_string(mend));
	json_object_array_add(doctor->findings, finding);
	if (!output_is_json())
		printf("%-4s  %-10s  %s%s%s\n", words[verdict], check, text, *mend ? "; " : "",
		       mend);
}

const char *below(const struct doctor *doctor, char path[PATH_MAX], const char *format, ...)
{
	va_list args;
	int used;

	used = snprintf(path, PATH_MAX, "%s", doctor->root);
	if (used >= PATH_MAX)
		return path;
	va_start(args, format);
	vsnprintf(path + used, PATH_MAX - used, format, args);
	va_end(args);
	return path;
}

bool exists(const struct doctor *doctor, const char *name)
{
	char path[PATH_MAX];

	return !access(below(doctor, path, "%s", name), F_OK);
}

bool first_line(const struct doctor *doctor, const char *name, char *text, int size)
{
	char path[PATH_MAX];
	FILE *file = fopen(below(doctor, path, "%s", name), "re");
	bool got = file && fgets(text, size, file);

	if (file)
		fclose(file);
	if (got)
		text[strcspn(text, "\n")] = 0;
	return got;
}

static void check_kernel(struct doctor *doctor)
{
	int major = 0, minor = 0;

	if (!first_line(doctor, "/proc/sys/kernel/osrelease", doctor->release,
			sizeof(doctor->release)))
		strcpy(doctor->release, "?");
	if (sscanf(doctor->release, "%d.%d", &major, &minor) != 2)
		find(doctor, "kernel", WARN, "", "which one runs can't be seen");
	else if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR))
		find(doctor, "kernel", FAIL, "boot a later one", "%s is older than %d.%d",
		     doctor->release, OLDEST_MAJOR, OLDEST_MINOR);
	else
		find(doctor, "kernel", OK, "", "%s", doctor->release);
}

/* The newest version that DKMS has the source of; false: none. */
static bool dkms_version(const struct doctor *doctor, char *version, size_t size)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(below(doctor, path, "/var/lib/dkms/" PACKAGE));

	*version = 0;
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		below(doctor, path, "/var/lib/dkms/" PACKAGE "/%s/source", entry->d_name);
		if (entry->d_name[0] != '.' && !access(path, F_OK) &&
		    strverscmp(entry->d_name, version) > 0)
			snprintf(version, size, "%s", entry->d_name);
	}
	closedir(dir);
	return *version;
}

/* The file that modprobe finds, compressed or not, wherever it was put. */
static bool find_module(const struct doctor *doctor, const char *release, char module[PATH_MAX])
{
	char path[PATH_MAX], *line = NULL, *name;
	bool found = false;
	size_t size = 0;
	FILE *file;

	file = fopen(below(doctor, path, "/lib/modules/%s/modules.dep", release), "re");
	if (!file)
		return false;
	while (!found && getline(&line, &size, file) > 0) {
		line[strcspn(line, ":\n")] = 0;
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		found = !strncmp(name, PACKAGE ".ko", strlen(PACKAGE ".ko"));
		if (found)
			below(doctor, module, "/lib/modules/%s/%s", release, line);
	}
	free(line);
	fclose(file);
	return found;
}

/* What is installed for the running kernel, and how it came there. */
static void look_at_module(struct doctor *doctor)
{
	char path[PATH_MAX], version[NAME_MAX + 1];

	doctor->loaded = exists(doctor, "/sys/module/" PACKAGE);
	doctor->installed = find_module(doctor, doctor->release, path);
	if (doctor->installed)
		module_file_read(&doctor->module, path);
	if (dkms_version(doctor, version, sizeof(version)))
		snprintf(doctor->again, sizeof(doctor->again),
			 "dkms build --force bpfmmap/%.64s -k %s && dkms install --force bpfmmap/%.64s -k %s",
			 version, doctor->release, version, doctor->release);
	else
		strcpy(doctor->again, "make dkms in its source");
}

static void check_module(struct doctor *doctor)
{
	char version[64];

	if (!doctor->loaded) {
		if (doctor->installed)
			find(doctor, "module", FAIL, "modprobe bpfmmap",
			     "installed, but not loaded");
		else
			find(doctor, "module", FAIL,
			     "make install or make dkms in its source, then modprobe bpfmmap",
			     "not installed for %s", doctor->release);
		return;
	}
	if (!first_line(doctor, "/sys/module/" PACKAGE "/version", version, sizeof(version)))
		find(doctor, "module", WARN, "", "loaded; its version can't be seen");
	else if (strcmp(version, TOOL_VERSION))
		find(doctor, "module", WARN,
		     "install both from the same source, then rmmod bpfmmap && modprobe bpfmmap",
		     "loaded, but of version %s, and this tool of %s", version, TOOL_VERSION);
	else
		find(doctor, "module", OK, "", "loaded, version %s", version);
}

static bool in_group(gid_t gid)
{
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);

	if (getegid() == gid)
		return true;
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* The node, and whether the caller may create regions. */
static void check_device(struct doctor *doctor)
{
	char path[PATH_MAX], text[128], user[64], group[64], mend[256];
	struct stat st;

	if (stat(below(doctor, path, BPFMMAP_DEVICE), &st)) {
		find(doctor, "device", FAIL,
		     doctor->loaded ? "mount -t devtmpfs none /dev" : "modprobe bpfmmap",
		     "there is no " BPFMMAP_DEVICE);
		return;
	}
	owner_and_mode(&st, text, sizeof(text));
	group_name(st.st_gid, group, sizeof(group));
	if (st.st_mode & 0006)
		find(doctor, "device", WARN, "chmod 0660 " BPFMMAP_DEVICE,
		     BPFMMAP_DEVICE " (%s) lets everybody in", text);
	else if (!st.st_gid)
		find(doctor, "device", WARN,
		     "udevadm control --reload && udevadm trigger " BPFMMAP_DEVICE,
		     BPFMMAP_DEVICE " (%s) is root's alone, for want of its udev rule", text);
	else
		find(doctor, "device", OK, "", BPFMMAP_DEVICE " (%s)", text);
	if (!access(path, R_OK | W_OK)) {
		find(doctor, "access", OK, "", "%s may create regions",
		     user_name(geteuid(), user, sizeof(user)));
		return;
	}
	user_name(geteuid(), user, sizeof(user));
	if (!st.st_gid || (st.st_mode & 0060) != 0060 || in_group(st.st_gid))
		snprintf(mend, sizeof(mend), "chgrp bpfmmap %s && chmod 0660 %s", BPFMMAP_DEVICE,
			 BPFMMAP_DEVICE);
	else
		snprintf(mend, sizeof(mend), "usermod -aG %s %s, then log in again", group, user);
	find(doctor, "access", FAIL, mend, "%s may not open " BPFMMAP_DEVICE, user);
}

/* The first line of a file that begins so, behind that; false: none. */
static bool line_with(const struct doctor *doctor, const char *name, const char *begin, char *text,
		      size_t size)
{
	char path[PATH_MAX], *line = NULL;
	bool found = false;
	size_t room = 0;
	FILE *file = fopen(below(doctor, path, "%s", name), "re");

	while (file && !found && getline(&line, &room, file) > 0) {
		found = !strncmp(line, begin, strlen(begin));
		if (found)
			snprintf(text, size, "%s", line + strlen(begin));
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* How this machine installs a package, which Debian and Fedora call so. */
static const char *get_package(const struct doctor *doctor, char *mend, size_t size,
			       const char *debian, const char *fedora)
{
	if (exists(doctor, "/usr/bin/dnf"))
		snprintf(mend, size, "dnf install %s", fedora);
	else
		snprintf(mend, size, "apt-get install %s", debian);
	return mend;
}

/*
 * Debian's headers know which build of the release they belong to. After an upgrade that
 * kept the release it is not the one that runs.
 */
static bool other_build(const struct doctor *doctor, char *id, size_t size)
{
	char path[PATH_MAX], running[512];

	snprintf(path, sizeof(path), "/lib/modules/%s/build/include/generated/package.h",
		 doctor->release);
	if (!line_with(doctor, path, "#define LINUX_PACKAGE_ID \" ", id, size))
		return false;
	id[strcspn(id, "\"\n")] = 0;
	return first_line(doctor, "/proc/version", running, sizeof(running)) &&
	       !strstr(running, id);
}

/* What only a build wants is no failure while there is a module. */
static enum verdict for_builds(const struct doctor *doctor)
{
	return doctor->loaded || doctor->installed ? WARN : FAIL;
}

static void check_headers(struct doctor *doctor)
{
	char path[PATH_MAX], mend[320], debian[160], fedora[160], id[128];

	if (access(below(doctor, path, "/lib/modules/%s", doctor->release), F_OK)) {
		find(doctor, "headers", for_builds(doctor),
		     "reboot into a kernel that is installed",
		     "the kernel that runs is not installed any more, nor are its headers");
		return;
	}
	if (access(below(doctor, path, "/lib/modules/%s/build/Makefile", doctor->release), F_OK)) {
		snprintf(debian, sizeof(debian), "linux-headers-%s", doctor->release);
		snprintf(fedora, sizeof(fedora), "kernel-devel-%s", doctor->release);
		find(doctor, "headers", for_builds(doctor),
		     get_package(doctor, mend, sizeof(mend), debian, fedora),
		     "those of the running kernel are missing, so the module can't be built");
	} else if (other_build(doctor, id, sizeof(id))) {
		find(doctor, "headers", WARN, "reboot",
		     "those of %s, but an earlier build of %s still runs", id, doctor->release);
	} else {
		find(doctor, "headers", OK, "", "/lib/modules/%s/build", doctor->release);
	}
}

/* The compiler that the headers name, as Debian's do, or clang; "": any. */
static void wanted_compiler(const struct doctor *doctor, char *compiler, size_t size)
{
	char name[PATH_MAX], line[128], *found;

	*compiler = 0;
	snprintf(name, sizeof(name), "/lib/modules/%s/build/.kernelvariables", doctor->release);
	if (line_with(doctor, name, "CC = ", line, sizeof(line))) {
		found = strstr(line, "gcc-");
		if (found)
			snprintf(compiler, size, "%.*s", (int)strcspn(found, " )\n"), found);
		return;
	}
	snprintf(name, sizeof(name), "/lib/modules/%s/build/.config", doctor->release);
	if (line_with(doctor, name, "CONFIG_CC_IS_CLANG=y", line, sizeof(line)))
		snprintf(compiler, size, "clang");
}

static void check_compiler(struct doctor *doctor)
{
	static const char * const any[] = { "gcc", "cc", "clang" };
	static const char * const folders[] = { "/usr/bin", "/usr/local/bin" };
	enum verdict missing = for_builds(doctor);
	char wanted[64], name[128], mend[128];
	const char *word;

	if (!exists(doctor, "/usr/bin/make") && !exists(doctor, "/usr/local/bin/make")) {
		find(doctor, "compiler", missing,
		     get_package(doctor, mend, sizeof(mend), "gcc make", "gcc make"),
		     "there is no make, so the module can't be built");
		return;
	}
	wanted_compiler(doctor, wanted, sizeof(wanted));
	for (size_t i = 0; i < (*wanted ? 1 : ARRAY_SIZE(any)); i++) {
		word = *wanted ? wanted : any[i];
		for (size_t j = 0; j < ARRAY_SIZE(folders); j++) {
			snprintf(name, sizeof(name), "%s/%s", folders[j], word);
			if (exists(doctor, name)) {
				find(doctor, "compiler", OK, "", "%s", name);
				return;
			}
		}
	}
	if (*wanted)
		find(doctor, "compiler", missing,
		     get_package(doctor, mend, sizeof(mend), wanted, wanted),
		     "%s, which the headers want, is missing, so the module can't be built",
		     wanted);
	else
		find(doctor, "compiler", missing,
		     get_package(doctor, mend, sizeof(mend), "gcc make", "gcc make"),
		     "there is none, so the module can't be built");
}

/*
 * Does the kernel take what is installed? A kernel may be upgraded under the release that
 * it had, and what was built before stays: it loads as long as the symbols that it uses are
 * the same, which is what their versions tell.
 */
static void check_build(struct doctor *doctor)
{
	enum verdict refused = doctor->loaded ? WARN : FAIL;
	char path[PATH_MAX], release[128], symbol[64];

	if (!doctor->module.bytes)
		return;
	below(doctor, path, "/lib/modules/%s/build/Module.symvers", doctor->release);
	if (!module_file_release(&doctor->module, release, sizeof(release)))
		find(doctor, "build", refused, doctor->again, "the file is no module any more");
	else if (strcmp(release, doctor->release))
		find(doctor, "build", refused, doctor->again,
		     "the module that is installed is built for %s", release);
	else if (module_file_disagrees(&doctor->module, path, symbol))
		find(doctor, "build", refused, doctor->again,
		     "the module that is installed is built for an earlier %s (%s has changed)",
		     release, symbol);
	else
		find(doctor, "build", OK, "", "for this kernel");
}

static void check_dkms(struct doctor *doctor)
{
	char path[PATH_MAX], version[NAME_MAX + 1], mend[2 * PATH_MAX];
	bool failed;

	if (!dkms_version(doctor, version, sizeof(version))) {
		find(doctor, "dkms", WARN, "make dkms in its source",
		     "does not know the module, which won't follow kernel updates");
		return;
	}
	below(doctor, path, "/var/lib/dkms/" PACKAGE "/%s/%s", version, doctor->release);
	if (!access(path, F_OK) && doctor->installed) {
		find(doctor, "dkms", OK, "", "bpfmmap/%s, installed for %s", version,
		     doctor->release);
		return;
	}
	snprintf(mend, sizeof(mend), "dkms install bpfmmap/%s -k %s", version, doctor->release);
	/* it lies there until a build succeeds */
	below(doctor, path, "/var/lib/dkms/" PACKAGE "/%s/build/make.log", version);
	failed = !access(path, F_OK);
	find(doctor, "dkms", for_builds(doctor), mend, "bpfmmap/%s, not installed for %s%s%s",
	     version, doctor->release, failed ? ", which failed, see " : "",
	     failed ? path + strlen(doctor->root) : "");
}

/* The newest other kernel that is installed: is the module there when it's booted? */
static void check_next(struct doctor *doctor)
{
	char path[PATH_MAX], next[NAME_MAX + 1] = "", version[NAME_MAX + 1], mend[2 * PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(below(doctor, path, "/lib/modules"));

	while (dir && (entry = readdir(dir))) {
		below(doctor, path, "/lib/modules/%s/modules.dep", entry->d_name);
		if (strverscmp(entry->d_name, doctor->release) > 0 &&
		    strverscmp(entry->d_name, next) > 0 && !access(path, F_OK))
			snprintf(next, sizeof(next), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (!*next)
		return;
	if (find_module(doctor, next, path)) {
		find(doctor, "next", OK, "", "%s has the module, too", next);
		return;
	}
	if (access(below(doctor, path, "/lib/modules/%s/build/Makefile", next), F_OK)) {
		snprintf(mend, sizeof(mend), "apt-get install linux-headers-%s", next);
		if (exists(doctor, "/usr/bin/dnf"))
			snprintf(mend, sizeof(mend), "dnf install kernel-devel-%s", next);
	} else if (dkms_version(doctor, version, sizeof(version))) {
		snprintf(mend, sizeof(mend), "dkms install bpfmmap/%s -k %s", version, next);
	} else {
		snprintf(mend, sizeof(mend), "make install KERNEL=%s in its source", next);
	}
	find(doctor, "next", WARN, mend, "%s is installed, too, and lacks the module", next);
}

static void check_btf(struct doctor *doctor)
{
	char mend[64];

	if (!exists(doctor, "/sys/kernel/btf/vmlinux"))
		find(doctor, "btf", WARN, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y",
		     "the kernel has none, so BPF programs can't use regions");
	else if (!doctor->loaded || exists(doctor, "/sys/kernel/btf/" PACKAGE))
		find(doctor, "btf", OK, "", "/sys/kernel/btf/%s",
		     doctor->loaded ? PACKAGE : "vmlinux");
	else if (exists(doctor, "/usr/bin/pahole"))
		find(doctor, "btf", OK, "",
		     "the kernel's; the module has none, which only tracers miss");
	else
		find(doctor, "btf", WARN,
		     get_package(doctor, mend, sizeof(mend), "pahole", "dwarves"),
		     "for want of pahole the module has none, which only tracers miss");
}

int do_doctor(struct args *args)
{
	struct doctor doctor = { .root = "" };
	const char *word = args_peek(args);

	if (word && !strncmp(word, "--root=", 7)) {
		doctor.root = word + 7;
		args_next(args);
	}
	if (args_end(args))
		return USAGE;
	doctor.findings = json_object_new_array();
	check_kernel(&doctor);
	look_at_module(&doctor);
	check_module(&doctor);
	check_device(&doctor);
	check_build(&doctor);
	check_signatures(&doctor);
	check_headers(&doctor);
	check_compiler(&doctor);
	check_dkms(&doctor);
	check_next(&doctor);
	check_btf(&doctor);
	free(doctor.module.bytes);
	output_json(doctor.findings);
	return doctor.failures ? FAILED : DONE;
}
