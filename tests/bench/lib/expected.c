// SPDX-License-Identifier: GPL-2.0-only
/*
 * See expected.h.
 *
 * A file is for a kernel series in a flavour, as 6.12-cloud-amd64: a point release does not
 * change what things cost. A line of it is CASE CONTENDER BYTES FIGURE.
 */
#include "expected.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define MOST		64
#define TOLERANCE	0.15

static struct {
	char figure[32];
	char contender[32];
	size_t bytes;
	double value;
	double measured;	/* 0: not yet */
} expected[MOST];

static int nr_expected;

bool read_expected(char *key, size_t len)
{
	char path[128], line[128];
	struct utsname name;
	unsigned int major = 0, minor = 0;
	FILE *file;
	char *flavour;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	flavour = strchr(name.release, '-');
	/* up to 6.1 an ABI number stands before it: 6.1.0-56-cloud-amd64 */
	if (flavour && flavour[1 + strspn(flavour + 1, "0123456789")] == '-')
		flavour = strchr(flavour + 1, '-');
	snprintf(key, len, "%u.%u%s", major, minor, flavour ?: "");
	snprintf(path, sizeof(path), "/extra/bench.extra/%s", key);
	file = fopen(path, "r");
	if (!file)
		return false;
	while (nr_expected < MOST && fgets(line, sizeof(line), file))
		if (sscanf(line, "%31s %31s %zu %lf", expected[nr_expected].figure,
			   expected[nr_expected].contender, &expected[nr_expected].bytes,
			   &expected[nr_expected].value) == 4)
			nr_expected++;
	fclose(file);
	return true;
}

void compare_with_expected(const struct told *told)
{
	int i;

	for (i = 0; i < nr_expected; i++)
		if (!strcmp(expected[i].figure, told->figure) && expected[i].bytes == told->bytes &&
		    !strcmp(expected[i].contender, told->contender))
			expected[i].measured = told->median;
}

int tell_comparisons(void)
{
	double change;
	int i, bad = 0;
	bool ok;

	printf("1..%d\n", nr_expected);
	for (i = 0; i < nr_expected; i++) {
		change = expected[i].measured / expected[i].value - 1;
		ok = fabs(change) <= TOLERANCE;
		bad += !ok;
		printf("%s %d - %s, %s, %zu MiB\n", ok ? "ok" : "not ok", i + 1,
		       expected[i].figure, expected[i].contender, expected[i].bytes >> 20);
		if (ok)
			continue;
		if (!expected[i].measured)
			printf("# not measured any more");
		else
			printf("# %.10g where %.10g was expected: %+.0f %%",
			       expected[i].measured, expected[i].value, 100 * change);
		printf("; if that is meant to be so: make bench-renew\n");
	}
	fflush(stdout);
	return bad;
}
