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
#include "names.h"
#include "output.h"

#define PACKAGE		"bpfmmap"
#define OLDEST_MAJOR	5
#define OLDEST_MINOR	10

#define EFIVARS		"/sys/firmware/efi/efivars/"
#define SECURE_BOOT	EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

enum verdict { OK, WARN, FAIL };

struct doctor {
	const char *root;
	char release[128];	/* of the running kernel */
	bool loaded, enforced;	/* the module; signatures of modules */
	struct json_object *findings;
	int failures;
};

/* One line: what is the matter, and the command that mends it, or "". */
__attribute__((format(printf, 5, 6)))
static void find(struct doctor *doctor, const char *check, enum verdict verdict, const char *mend,
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

/* The path below root. */
__attribute__((format(printf, 3, 4)))
static const char *below(const struct doctor *doctor, char path[PATH_MAX], const char *format, ...)
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

static bool exists(const struct doctor *doctor, const char *name)
{
	char path[PATH_MAX];

	return !access(below(doctor, path, "%s", name), F_OK);
}

/* The first line of a file; false if it can't be read. */
static bool first_line(const struct doctor *doctor, const char *name, char *text, int size)
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

/* Does modprobe find it? Compressed or not, wherever it was put. */
static bool is_installed(const struct doctor *doctor)
{
	char path[PATH_MAX], *line = NULL, *name;
	bool found = false;
	size_t size = 0;
	FILE *file;

	file = fopen(below(doctor, path, "/lib/modules/%s/modules.dep", doctor->release), "re");
	if (!file)
		return false;
	while (!found && getline(&line, &size, file) > 0) {
		line[strcspn(line, ":\n")] = 0;
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		found = !strncmp(name, PACKAGE ".ko", strlen(PACKAGE ".ko"));
	}
	free(line);
	fclose(file);
	return found;
}

static void check_module(struct doctor *doctor)
{
	char version[64];

	doctor->loaded = exists(doctor, "/sys/module/" PACKAGE);
	if (!doctor->loaded) {
		if (is_installed(doctor))
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

static void check_headers(struct doctor *doctor)
{
	char path[PATH_MAX], mend[256];

	if (!access(below(doctor, path, "/lib/modules/%s/build/Makefile", doctor->release), F_OK)) {
		find(doctor, "headers", OK, "", "/lib/modules/%s/build", doctor->release);
		return;
	}
	snprintf(mend, sizeof(mend), "apt-get install linux-headers-%s", doctor->release);
	find(doctor, "headers", doctor->loaded ? WARN : FAIL, mend,
	     "those of the running kernel are missing, so the module can't be built");
}

static void check_compiler(struct doctor *doctor)
{
	static const char * const compilers[] = {
		"/usr/bin/gcc", "/usr/bin/cc", "/usr/bin/clang", "/usr/local/bin/gcc",
		"/usr/local/bin/clang",
	};

	for (size_t i = 0; i < ARRAY_SIZE(compilers); i++) {
		if (exists(doctor, compilers[i])) {
			find(doctor, "compiler", OK, "", "%s", compilers[i]);
			return;
		}
	}
	find(doctor, "compiler", doctor->loaded ? WARN : FAIL, "apt-get install gcc make",
	     "there is none, so the module can't be built");
}

/* The word in brackets of a file like "none [integrity] confidentiality". */
static bool chosen(const struct doctor *doctor, const char *name, char *word, size_t size)
{
	char line[128], *begin;

	if (!first_line(doctor, name, line, sizeof(line)))
		return false;
	begin = strchr(line, '[');
	if (!begin)
		return false;
	begin[strcspn(begin, "]")] = 0;
	snprintf(word, size, "%s", begin + 1);
	return true;
}

/* Whether the kernel wants modules signed, and by which of its three ways. */
static void check_signatures(struct doctor *doctor)
{
	static const char mend[] = "mokutil --import /var/lib/dkms/mok.pub, then reboot";
	char lockdown[64] = "none", enforce[8] = "N", taint[32];
	unsigned char variable[5] = {};
	char path[PATH_MAX];
	bool secure_boot;
	FILE *file;

	file = fopen(below(doctor, path, SECURE_BOOT), "re");
	/* four bytes of attributes, then the variable */
	secure_boot = file && fread(variable, 1, sizeof(variable), file) == sizeof(variable) &&
		      variable[4] == 1;
	if (file)
		fclose(file);
	chosen(doctor, "/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	first_line(doctor, "/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	doctor->enforced = *enforce == 'Y' || strcmp(lockdown, "none");

	find(doctor, "secureboot", OK, "", "%s", secure_boot ? "on" : "off");
	if (!doctor->enforced)
		find(doctor, "signatures", OK, "", "modules need none");
	else if (doctor->loaded)
		find(doctor, "signatures", OK, "",
		     "modules need one, and this one has it (lockdown %s, sig_enforce %s)",
		     lockdown, enforce);
	else
		find(doctor, "signatures", WARN, mend,
		     "modules need one that this machine trusts (lockdown %s, sig_enforce %s)",
		     lockdown, enforce);
	/* E: of the module that is loaded, the signature was missing or unknown */
	if (doctor->loaded && !doctor->enforced && secure_boot &&
	    first_line(doctor, "/sys/module/" PACKAGE "/taint", taint, sizeof(taint)) &&
	    strchr(taint, 'E'))
		find(doctor, "signed", WARN, mend,
		     "the module that is loaded is not, and Secure Boot is on");
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

static void check_dkms(struct doctor *doctor)
{
	char path[PATH_MAX], version[NAME_MAX + 1], mend[2 * PATH_MAX];

	if (!dkms_version(doctor, version, sizeof(version))) {
		find(doctor, "dkms", WARN, "make dkms in its source",
		     "does not know the module, which won't follow kernel updates");
		return;
	}
	below(doctor, path, "/var/lib/dkms/" PACKAGE "/%s/%s", version, doctor->release);
	if (!access(path, F_OK) && is_installed(doctor)) {
		find(doctor, "dkms", OK, "", "bpfmmap/%s, installed for %s", version,
		     doctor->release);
		return;
	}
	snprintf(mend, sizeof(mend), "dkms install bpfmmap/%s -k %s", version, doctor->release);
	find(doctor, "dkms", doctor->loaded ? WARN : FAIL, mend, "bpfmmap/%s, not installed for %s",
	     version, doctor->release);
}

static void check_btf(struct doctor *doctor)
{
	if (exists(doctor, "/sys/kernel/btf/vmlinux"))
		find(doctor, "btf", OK, "", "/sys/kernel/btf/vmlinux");
	else
		find(doctor, "btf", WARN, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y",
		     "the kernel has none, so BPF programs can't use regions");
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
	check_module(&doctor);
	check_device(&doctor);
	check_headers(&doctor);
	check_compiler(&doctor);
	check_signatures(&doctor);
	check_dkms(&doctor);
	check_btf(&doctor);
	output_json(doctor.findings);
	return doctor.failures ? FAILED : DONE;
}
