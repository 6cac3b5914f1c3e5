/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine that doctor checks, known by its files alone, and the findings. */
#ifndef TOOLS_MACHINE_H
#define TOOLS_MACHINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "module_file.h"

#define PACKAGE		"bpfmmap"

enum verdict { OK, WARN, FAIL };

/* Where the running kernel comes from, which decides what can be done about it here. */
enum place { HOST, CONTAINER, WSL };

struct machine {
	const char *root;		/* directory that all paths are below */
	char release[128];		/* of the running kernel, or "?" */
	enum place place;
	bool loaded;			/* the module */
	bool installed;			/* whether modprobe finds the module */
	struct module_file module;	/* the file that modprobe finds, if it can be read */
	char install[128];		/* the command that installs it */
	bool packaged;			/* whether that installs a package */
	char again[512];		/* the command that builds it again */
	int failures;
};

/* Fill in all but root: the running kernel, the installed module, and how to build it again. */
void machine_look_at(struct machine *machine);

/* Print one line: the finding, and the command that repairs it or "". */
__attribute__((format(printf, 5, 6)))
void machine_found(struct machine *machine, const char *check, enum verdict verdict,
		   const char *mend, const char *format, ...);

/* Make the path below root. */
__attribute__((format(printf, 3, 4)))
const char *machine_path(const struct machine *machine, char path[PATH_MAX],
			 const char *format, ...);

bool machine_has(const struct machine *machine, const char *name);

/* Read the first line of a file. Returns false if it can't be read. */
bool machine_line(const struct machine *machine, const char *name, char *text, int size);

/* Read the rest of the first line that begins with begin. Returns false if there is none. */
bool machine_line_with(const struct machine *machine, const char *name, const char *begin,
		       char *text, size_t size);

/* Write to mend the command that installs a package with these names in Debian and in Fedora. */
const char *machine_package(const struct machine *machine, char *mend, size_t size,
			    const char *debian, const char *fedora);

/* What to do for another kernel ("a later one"): a container and WSL can't boot one. */
const char *machine_other_kernel(const struct machine *machine, char *mend, size_t size,
				 const char *wanted);

/* Whether a kernel is installed, for which modprobe could find modules. */
bool machine_has_kernel(const struct machine *machine);

/* Whether AKMS has the source of the module, and has installed the module for a release. */
bool machine_akms_source(const struct machine *machine);
bool machine_akms_installed(const struct machine *machine, const char *release);

/* The newest version whose source DKMS has. Returns false if there is none. */
bool machine_dkms_version(const struct machine *machine, char *version, size_t size);

/* The file of a module that modprobe finds for a release, compressed or not, in any directory. */
bool machine_find_module(const struct machine *machine, const char *release, const char *module,
			 char file_of_it[PATH_MAX]);

#endif
