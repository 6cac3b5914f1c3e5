// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine that doctor checks.
 *
 * All paths are below a root directory that the caller names, so that tests can describe a
 * machine by files.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"
#include "output.h"
#include "resources.h"

void machine_found(struct machine *machine, const char *check, enum verdict verdict,
		   const char *mend, const char *format, ...)
{
	static const char * const words[] = { "ok", "warn", "FAIL" };
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	machine->failures += verdict == FAIL;
	if (!output_is_json()) {
		printf("%-4s  %-10s  %s%s%s\n", words[verdict], check, text, *mend ? "; " : "",
		       mend);
		return;
	}
	json_object_begin(NULL);
	json_string("check", check);
	json_string("result", words[verdict]);
	json_string("what", text);
	if (*mend)
		json_string("mend", mend);
	json_object_end();
}

const char *machine_path(const struct machine *machine, char path[PATH_MAX],
			 const char *format, ...)
{
	va_list args;
	int used;

	used = snprintf(path, PATH_MAX, "%s", machine->root);
	if (used >= PATH_MAX)
		return path;
	va_start(args, format);
	vsnprintf(path + used, PATH_MAX - used, format, args);
	va_end(args);
	return path;
}

bool machine_has(const struct machine *machine, const char *name)
{
	char path[PATH_MAX];

	return !access(machine_path(machine, path, "%s", name), F_OK);
}

bool machine_line(const struct machine *machine, const char *name, char *text, int size)
{
	char path[PATH_MAX];
	FILE *file = open_file(machine_path(machine, path, "%s", name));
	bool got = file && fgets(text, size, file);

	if (file)
		fclose(file);
	if (got)
		text[strcspn(text, "\n")] = 0;
	return got;
}

bool machine_line_with(const struct machine *machine, const char *name, const char *begin,
		       char *text, size_t size)
{
	char path[PATH_MAX], *line = NULL;
	bool found = false;
	size_t room = 0;
	FILE *file = open_file(machine_path(machine, path, "%s", name));

	while (file && !found && next_line(file, &line, &room)) {
		found = !strncmp(line, begin, strlen(begin));
		if (found)
			snprintf(text, size, "%s", line + strlen(begin));
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

const char *machine_package(const struct machine *machine, char *mend, size_t size,
			    const char *debian, const char *fedora)
{
	if (machine_has(machine, "/usr/bin/dnf"))
		snprintf(mend, size, "dnf install %s", fedora);
	else if (machine_has(machine, "/sbin/apk"))
		snprintf(mend, size, "apk add %s", debian);
	else
		snprintf(mend, size, "apt-get install %s", debian);
	return mend;
}

bool machine_dkms_version(const struct machine *machine, char *version, size_t size)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = open_directory(machine_path(machine, path, "/var/lib/dkms/" PACKAGE));

	*version = 0;
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		machine_path(machine, path, "/var/lib/dkms/" PACKAGE "/%s/source", entry->d_name);
		if (entry->d_name[0] != '.' && !access(path, F_OK) &&
		    strverscmp(entry->d_name, version) > 0)
			snprintf(version, size, "%s", entry->d_name);
	}
	closedir(dir);
	return *version;
}

bool machine_find_module(const struct machine *machine, const char *release, const char *module,
			 char file_of_it[PATH_MAX])
{
	const size_t len = strlen(module);
	char path[PATH_MAX], *line = NULL, *name;
	bool found = false;
	size_t size = 0;
	FILE *file;

	file = open_file(machine_path(machine, path, "/lib/modules/%s/modules.dep", release));
	if (!file)
		return false;
	while (!found && next_line(file, &line, &size)) {
		line[strcspn(line, ":\n")] = 0;
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		found = !strncmp(name, module, len) && !strncmp(name + len, ".ko", 3);
		if (found)
			machine_path(machine, file_of_it, "/lib/modules/%s/%s", release, line);
	}
	free(line);
	fclose(file);
	return found;
}

const char *machine_other_kernel(const struct machine *machine, char *mend, size_t size,
				 const char *wanted)
{
	static const char * const how[] = {
		[HOST] = "boot %s",
		[CONTAINER] = "run this container on a host with %s",
		[WSL] = "build %s from Microsoft's source for WSL",
	};

	snprintf(mend, size, how[machine->place], wanted);
	return mend;
}

bool machine_has_kernel(const struct machine *machine)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir = open_directory(machine_path(machine, path, "/lib/modules"));

	while (dir && !found && (entry = readdir(dir))) {
		machine_path(machine, path, "/lib/modules/%s/modules.dep", entry->d_name);
		found = entry->d_name[0] != '.' && !access(path, F_OK);
	}
	if (dir)
		closedir(dir);
	return found;
}

bool machine_akms_source(const struct machine *machine)
{
	return machine_has(machine, "/usr/src/" PACKAGE "-" TOOL_VERSION "/AKMBUILD");
}

bool machine_akms_installed(const struct machine *machine, const char *release)
{
	char path[PATH_MAX];

	machine_path(machine, path, "/var/lib/akms/%s/" PACKAGE "/installed", release);
	return !access(path, F_OK);
}

/* Container managers leave a file, and so does systemd as init. */
static enum place find_place(const struct machine *machine)
{
	if (machine_has(machine, "/.dockerenv") || machine_has(machine, "/run/.containerenv") ||
	    machine_has(machine, "/run/systemd/container"))
		return CONTAINER;
	return strstr(machine->release, "microsoft") ? WSL : HOST;
}

/* The command that installs the module as the tool was installed. */
static const char *find_install(const struct machine *machine)
{
	const bool debian = machine_has(machine, "/usr/bin/dpkg");
	char line[8];

	if (debian && machine_has(machine, "/usr/share/doc/bpfmmap-dkms"))
		return "apt-get install --reinstall bpfmmap-dkms";
	if (debian && machine_has(machine, "/usr/share/doc/bpfmmap-tools"))
		return "apt-get install bpfmmap-dkms";
	if (machine_akms_source(machine))
		return "akms install bpfmmap-" TOOL_VERSION;
	if (machine_line_with(machine, "/lib/apk/db/installed", "P:bpfmmap", line, sizeof(line)))
		return "apk add bpfmmap-src && akms install bpfmmap-" TOOL_VERSION;
	if (machine_has(machine, "/usr/share/licenses/bpfmmap-tools"))
		return machine_has(machine, "/usr/bin/dnf") ? "dnf install bpfmmap-dkms" :
							      "zypper install bpfmmap-dkms";
	if (machine_has(machine, "/usr/share/licenses/bpfmmap"))
		return "pacman -S bpfmmap-dkms";
	return NULL;
}

void machine_look_at(struct machine *machine)
{
	const char *install;

	char path[PATH_MAX], version[NAME_MAX + 1];

	if (!machine_line(machine, "/proc/sys/kernel/osrelease", machine->release,
			  sizeof(machine->release)))
		strcpy(machine->release, "?");
	machine->place = find_place(machine);
	install = find_install(machine);
	machine->packaged = install;
	snprintf(machine->install, sizeof(machine->install), "%s",
		 install ? install : "make install or make dkms in its source");
	machine->loaded = machine_has(machine, "/sys/module/" PACKAGE);
	machine->installed = machine_find_module(machine, machine->release, PACKAGE, path);
	if (machine->installed)
		module_file_read(&machine->module, path);
	if (machine_dkms_version(machine, version, sizeof(version)))
		snprintf(machine->again, sizeof(machine->again),
			 "dkms build --force bpfmmap/%.64s -k %s && dkms install --force bpfmmap/%.64s -k %s",
			 version, machine->release, version, machine->release);
	else if (machine_akms_source(machine))
		snprintf(machine->again, sizeof(machine->again),
			 "akms install --rebuild bpfmmap-" TOOL_VERSION);
	else
		strcpy(machine->again, install ? install : "make dkms in its source");
}
