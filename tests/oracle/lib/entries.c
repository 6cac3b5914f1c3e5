// SPDX-License-Identifier: GPL-2.0-only
/*
 * See entries.h. The tracepoint bpfmmap_fault says how many pages a fault was for, which
 * may be 512 without an entry of 2 MiB; so the calls of the kernel's function are counted.
 */
#include "fixture.h"
#include "entries.h"

#include <sys/mount.h>

#define TRACING	"/sys/kernel/tracing"
#define PROBE	"bpfmmap_huge"

static bool tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND);
	bool told = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return told;
}

void entries_watch(void)
{
	if (access(TRACING "/trace", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (tell(TRACING "/kprobe_events", "p:" PROBE " vmf_insert_pfn_pmd\n"))
		tell(TRACING "/events/kprobes/" PROBE "/enable", "1");
}

long entries_made(void)
{
	FILE *profile = fopen(TRACING "/kprobe_profile", "r");
	char line[256], name[64];
	long hits, made = -1;

	while (profile && fgets(line, sizeof(line), profile))
		if (sscanf(line, "%63s %ld", name, &hits) == 2 && !strcmp(name, PROBE))
			made = hits;
	if (profile)
		fclose(profile);
	tell(TRACING "/events/kprobes/" PROBE "/enable", "0");
	tell(TRACING "/kprobe_events", "-:" PROBE "\n");
	return made;
}
