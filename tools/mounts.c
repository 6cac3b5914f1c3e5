// SPDX-License-Identifier: GPL-2.0-only
/* The mounts of the file system of regions: see proc_pid_mountinfo(5). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpfmmap.h>

#include "mounts.h"
#include "resources.h"

/* Blanks and similar characters are written as a backslash and three octal digits. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && isdigit((unsigned char)text[1]) &&
		    isdigit((unsigned char)text[2]) && isdigit((unsigned char)text[3])) {
			*to++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = 0;
}

/* The fifth word of a line, and the word after the dash. Returns false if there is none. */
static bool parse(char *line, char **place, char **type)
{
	char *rest = line, *word;

	*place = NULL;
	*type = NULL;
	line[strcspn(line, "\n")] = 0;
	for (int i = 0; (word = strsep(&rest, " ")); i++) {
		if (i == 4)
			*place = word;
		if (i > 4 && !strcmp(word, "-")) {
			*type = strsep(&rest, " ");
			break;
		}
	}
	if (!*place || !*type)
		return false;
	unescape(*place);
	return true;
}

void mounts_find(struct mounts *mounts, const char *mountinfo)
{
	char *line = NULL, *place, *type;
	FILE *file = open_file(mountinfo);
	size_t size = 0;
	bool ours;

	*mounts = (struct mounts) {};
	while (file && next_line(file, &line, &size)) {
		if (!parse(line, &place, &type))
			continue;
		ours = !strcmp(type, "bpfmmap");
		/* a later mount covers an earlier one */
		if (!strcmp(place, BPFMMAP_PUBLISH_DIR))
			mounts->here = ours;
		else if (ours && !mounts->elsewhere[0])
			snprintf(mounts->elsewhere, sizeof(mounts->elsewhere), "%s", place);
	}
	free(line);
	if (file)
		fclose(file);
}
