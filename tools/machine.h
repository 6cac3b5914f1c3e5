/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine that doctor looks at, by its files alone, and what is found about it. */
#ifndef TOOLS_MACHINE_H
#define TOOLS_MACHINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "module_file.h"

#define PACKAGE		"bpfmmap"

enum verdict { OK, WARN, FAIL };

struct machine {
	const char *root;		/* what all paths are below */
	char release[128];		/* of the running kernel, or "?" */
	bool loaded;			/* the module */
	bool installed;			/* is there one that modprobe finds */
	struct module_file module;	/* that one, if it can be read */
	char again[512];		/* the command that builds it again */
	struct json_object *findings;
	int failures;
};

/* Fill in all but root: what runs, what is installed, and how it came there. */
void machine_look_at(struct machine *machine);

/* One line: what is the matter, and the command that mends it, or "". */
__attribute__((format(printf, 5, 6)))
void machine_found(struct machine *machine, const char *check, enum verdict verdict,
		   const char *mend, const char *format, ...);

/* The path below root. */
__attribute__((format(printf, 3, 4)))
const char *machine_path(const struct machine *machine, char path[PATH_MAX],
			 const char *format, ...);

bool machine_has(const struct machine *machine, const char *name);

/* The first line of a file; false if it can't be read. */
bool machine_line(const struct machine *machine, const char *name, char *text, int size);

/* The first line of a file that begins so, behind that; false: none. */
bool machine_line_with(const struct machine *machine, const char *name, const char *begin,
		       char *text, size_t size);

/* How this machine installs a package, which Debian and Fedora call so; in mend. */
const char *machine_package(const struct machine *machine, char *mend, size_t size,
			    const char *debian, const char *fedora);

/* The newest version that DKMS has the source of; false: none. */
bool machine_dkms_version(const struct machine *machine, char *version, size_t size);

/* A module's file that modprobe finds for a release, compressed or not, wherever it was put. */
bool machine_find_module(const struct machine *machine, const char *release, const char *module,
			 char file_of_it[PATH_MAX]);

#endif
