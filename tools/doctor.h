/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of doctor share: the machine that it looks at, and findings.
 */
#ifndef TOOLS_DOCTOR_H
#define TOOLS_DOCTOR_H

#include <limits.h>
#include <stdbool.h>

#include <json-c/json.h>

#include "module_file.h"

#define PACKAGE		"bpfmmap"

enum verdict { OK, WARN, FAIL };

struct doctor {
	const char *root;
	char release[128];		/* of the running kernel */
	bool loaded;			/* the module */
	bool installed;			/* is there one that modprobe finds */
	struct module_file module;	/* that one, if it can be read */
	char again[512];		/* the command that builds it again */
	struct json_object *findings;
	int failures;
};

/* One line: what is the matter, and the command that mends it, or "". */
__attribute__((format(printf, 5, 6)))
void find(struct doctor *doctor, const char *check, enum verdict verdict, const char *mend,
	  const char *format, ...);

/* The path below root. */
__attribute__((format(printf, 3, 4)))
const char *below(const struct doctor *doctor, char path[PATH_MAX], const char *format, ...);

bool exists(const struct doctor *doctor, const char *name);

/* The first line of a file; false if it can't be read. */
bool first_line(const struct doctor *doctor, const char *name, char *text, int size);

/* Whether modules must be signed, and whether this machine trusts who signed this one. */
void check_signatures(struct doctor *doctor);

#endif
