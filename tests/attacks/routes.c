// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does frozen stay frozen? Every route by which root might change what is frozen, or
 * get a view of it that can be stored to, tried on a region and on the kernel's own
 * array.
 *
 * A route by which a region changed, or that never came back, is a failure. What the
 * kernel's array says is shown beside it and judged by nobody, and so is what the
 * same attack does to an array that is not frozen: where it changes that, it is one.
 */
#include "kvm_guest.h"
#include "lib/attack.h"

#include <sys/utsname.h>

#define MOST	128

struct row {
	const char *route;
	char answer[2][96];
	bool real;	/* it changes what is not frozen */
};

static struct row table[MOST];
static size_t rows;

static void describe(const struct target *t, char *to, size_t len)
{
	static const char * const words[] = {
		[NO_EFFECT] = "no effect",
		[MISSING] = "none",
		[REFUSED] = "refused",
		[KILLED] = "killed",
		[HUNG] = "HUNG",
		[CHANGED] = "**changed**",
	};

	if (t->outcome == CHANGED || !t->why[0])
		snprintf(to, len, "%s", words[t->outcome]);
	else
		snprintf(to, len, "%s: %s", words[t->outcome], t->why);
}

static void take_route(void **state)
{
	const struct route *route = *state;
	struct row *row = &table[rows++];
	struct target region;

	row->route = route->name;
	region = *attack(route, &region_array, false);
	describe(&region, row->answer[0], sizeof(row->answer[0]));
	describe(attack(route, &kernel_array, false), row->answer[1], sizeof(row->answer[1]));
	/* some ways there are to a region only */
	row->real = attack(route, &kernel_array, true)->outcome == CHANGED ||
		    attack(route, &region_array, true)->outcome == CHANGED;

	if (region.outcome == MISSING)
		skip_because("%s", region.why);
	if (region.outcome == CHANGED || region.outcome == HUNG)
		fail_msg("%s: %s", route->name, row->answer[0]);
}

static void show_row(const int width[4], const char *a, const char *b, const char *c, const char *d)
{
	printf("@@ show | %-*s | %-*s | %-*s | %-*s |\n", width[0], a, width[1], b, width[2], c,
	       width[3], d);
}

static void widen(int *width, const char *text)
{
	if (*width < (int)strlen(text))
		*width = strlen(text);
}

static int show_table(void **state)
{
	static const char unfrozen[] = "an array that is not frozen";
	int width[4] = { 0, 0, sizeof("kernel's array") - 1, sizeof(unfrozen) - 1 };
	struct utsname name;
	size_t i;

	for (i = 0; i < rows; i++) {
		widen(&width[0], table[i].route);
		widen(&width[1], table[i].answer[0]);
		widen(&width[2], table[i].answer[1]);
	}
	uname(&name);
	printf("@@ show Linux %s\n@@ show\n", name.release);
	show_row(width, "route", "region", "kernel's array", unfrozen);
	printf("@@ show |---|---|---|---|\n");
	for (i = 0; i < rows; i++)
		show_row(width, table[i].route, table[i].answer[0], table[i].answer[1],
			 table[i].real ? "changes" : "");
	fflush(stdout);
	kvm_let_go();
	/* programs are freed a while after they have ended */
	for (i = 0; i < 1000 && try_unload_other("bpfmmap_bpf") == -EWOULDBLOCK; i++)
		usleep(10000);
	return unload_module(state);
}

/* Each attack is a process of its own; KVM is to be there before the first. */
static int load_all(void **state)
{
	kvm_load(NULL, NULL);
	if (load_module(state))
		return -1;
	/* kernels before 6.1 refuse it */
	try_load_other("bpfmmap_bpf");
	return 0;
}

int main(void)
{
	static const struct route * const kinds[] = {
		mapping_routes, memory_routes, descriptor_routes, copy_routes,
		pin_routes, kernel_write_routes, program_routes, function_routes,
		physical_routes, device_routes, vhost_routes, kvm_routes,
	};
	static struct CMUnitTest tests[MOST];
	const struct route *route;
	size_t i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		for (route = kinds[i]; route->name && nr < MOST; route++)
			tests[nr++] = (struct CMUnitTest){
				.name = route->name,
				.test_func = take_route,
				.initial_state = (void *)route,
			};
	return _cmocka_run_group_tests("routes", tests, nr, load_all, show_table);
}
