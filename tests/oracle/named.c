// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statements of upstream about mmap-able arrays, tested with a region and with the array of the
 * kernel. The name of a test is the statement, and the commit that has it stands above the test.
 */
#include "array.h"
#include "fixture.h"
#include "known.h"
#include "held_page.h"

#include <pthread.h>

#define LEN	(2 * PAGE)

static const struct array *array;
static int fd = -1;

static int setup(void **state)
{
	array = *state;
	fd = array->create(8, LEN / 8, 0);
	return fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	return 0;
}

static uint64_t element(uint32_t index)
{
	uint64_t value = 0;

	assert_ok(array->lookup(fd, index, &value, 0));
	return value;
}

/*
 * fc9702273e2e ("bpf: Add mmap() support for BPF_MAP_TYPE_ARRAY")
 */

/* The contents of an array can be mapped, instead of lookup and update calls. */
static void memory_is_the_elements(void **state)
{
	uint64_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0), value = 77;

	(void)state;
	at[5] = 55;
	assert_int_equal(element(5), 55);
	assert_ok(array->update(fd, LEN / 8 - 1, &value, 0));
	assert_int_equal(at[LEN / 8 - 1], 77);
	unmap(at, LEN);
}

/* If it is frozen already, no writable mapping is allowed. */
static void frozen_allows_no_writable_mapping(void **state)
{
	(void)state;
	assert_ok(array->freeze(fd));
	assert_refused(try_map(fd, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EPERM);
	assert_refused(try_map(fd, LEN, PROT_WRITE, MAP_SHARED, 0), EPERM);
	assert_ok(try_map(fd, LEN, PROT_READ, MAP_SHARED, 0));
}

/* While writable mappings are active, freezing keeps failing with EBUSY. */
static void writable_mappings_keep_freeze_busy(void **state)
{
	uint8_t *a = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	uint8_t *b = map(fd, PAGE, PROT_READ | PROT_WRITE, PAGE);

	(void)state;
	assert_refused(array->freeze(fd), EBUSY);
	assert_refused(array->freeze(fd), EBUSY);
	unmap(a, LEN);
	assert_refused(array->freeze(fd), EBUSY);
	unmap(b, PAGE);
}

/* Once their number has dropped to zero, it can be frozen again. */
static void without_them_it_freezes(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(array->freeze(fd), EBUSY);
	unmap(at, LEN);
	assert_ok(array->freeze(fd));
}

/* The data is of whole pages and starts with one. */
static void data_is_whole_pages(void **state)
{
	int odd = array->create(24, 10, 0);
	uint64_t value[3] = { 1, 2, 3 };
	uint8_t *at;

	(void)state;
	assert_true(odd >= 0);
	assert_ok(array->update(odd, 0, value, 0));
	at = map(odd, PAGE, PROT_READ, 0);
	assert_memory_equal(at, value, sizeof(value));
	assert_true(all(at + 24, PAGE - 24, 0));
	assert_refused(try_map(odd, PAGE + 1, PROT_READ, MAP_SHARED, 0), EINVAL);
	unmap(at, PAGE);
	close(odd);
}

static int do_nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* close() is called for each mapping that goes, open() for each but the first. */
static void closes_are_opens_and_one(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_ok(in_child(do_nothing, NULL));		/* opened and closed in the child */
	assert_refused(array->freeze(fd), EBUSY);
	unmap(at, PAGE);				/* split: opened once, closed once */
	assert_refused(array->freeze(fd), EBUSY);
	assert_ok(in_child(do_nothing, NULL));
	unmap(at + PAGE, PAGE);
	assert_ok(array->freeze(fd));
}

/* A mapping keeps the array alive when its last fd is closed. */
static void a_mapping_keeps_it_alive(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	struct array_info info;
	int again;

	(void)state;
	assert_ok(array->info(fd, &info));
	at[0] = 9;
	close(fd);
	again = array->open_id(info.id, 0);
	assert_true(again >= 0);
	assert_int_equal(at[0], 9);
	close(again);
	unmap(at, LEN);
	assert_refused(array->open_id(info.id, 0), ENOENT);
	fd = -1;
}

/*
 * 1f6cb19be2e2 ("bpf: Prevent re-mmap()'ing BPF map as writable for initially r/o
 * mapping")
 */

static void readonly_mappings_stay_so(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ, 0);

	(void)state;
	assert_refused(try_protect(at, LEN, PROT_READ | PROT_WRITE), EACCES);
	assert_ok(array->freeze(fd));
	assert_refused(try_protect(at, LEN, PROT_READ | PROT_WRITE), EACCES);
	assert_refused(try_protect(at, PAGE, PROT_WRITE), EACCES);
	unmap(at, LEN);
}

/*
 * 353050be4c19 ("bpf: Fix toctou on read-only map's constant scalar tracking",
 * CVE-2021-4001): an update that has begun keeps freeze from succeeding
 */

static void *update_from(void *value)
{
	return (void *)(intptr_t)array->update(fd, 3, value, 0);
}

static void *update_batch_from(void *values)
{
	uint32_t count = 2;

	return (void *)(intptr_t)array->update_batch(fd, 3, &count, values);
}

static void stalled(void *(*fn)(void *))
{
	struct held_page held = { .uffd = -1 };
	pthread_t thread;
	void *ret;

	if (!hold_page(&held))
		skip_because("this kernel has no userfaultfd");
	assert_ok(pthread_create(&thread, NULL, fn, held.page));
	assert_true(wait_for_toucher(&held));
	assert_refused(array->freeze(fd), EBUSY);
	/* it holds no lock that mmap and munmap take: bc27c52eea18 */
	assert_ok(try_map(fd, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, 0));
	assert_true(release_page(&held, 0x22));
	pthread_join(thread, &ret);
	assert_int_equal((intptr_t)ret, 0);
	assert_int_equal(element(3), 0x2222222222222222);
	assert_ok(array->freeze(fd));
	unmap(held.page, PAGE);
}

static void a_stalled_update_is_busy(void **state)
{
	(void)state;
	stalled(update_from);
}

static void a_stalled_batch_is_busy(void **state)
{
	(void)state;
	stalled(update_batch_from);
}

/*
 * 98671a0fd1f1 ("bpf: unify VM_WRITE vs VM_MAYWRITE use in BPF map mmaping logic"):
 * what may become writable again counts as writable
 */

static void what_may_be_writable_again_counts(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_ok(try_protect(at, LEN, PROT_READ));
	assert_refused(array->freeze(fd), EBUSY);
	assert_ok(try_protect(at, LEN, PROT_READ | PROT_WRITE));
	at[0] = 1;
	assert_ok(try_protect(at, LEN, PROT_NONE));
	unmap(at, PAGE);
	assert_refused(array->freeze(fd), EBUSY);
	unmap(at + PAGE, PAGE);
	assert_ok(array->freeze(fd));
}

/*
 * 7.3: mmap brings no pages in (array_map_mmap_fault()); a region never did
 */

static void population_is_lazy(void **state)
{
	bool lazy = array == &region_array || kernel_version() >= 7003;
	long long before, after;
	int large;
	uint8_t *at;

	(void)state;
	large = array->create(8, 64 * MIB / 8, 0);
	assert_true(large >= 0);
	before = proc_number("/proc/self/status", "VmPTE");
	at = map(large, 64 * MIB, PROT_READ | PROT_WRITE, 0);
	after = proc_number("/proc/self/status", "VmPTE");
	/* a table of a page has a PTE in 8 bytes */
	if (lazy)
		assert_true(after - before <= (long long)(PAGE / KIB));
	else
		assert_true(after - before >= (long long)(64 * MIB / PAGE * 8 / KIB));
	at[64 * MIB - 1] = 1;
	unmap(at, 64 * MIB);
	close(large);
}

/*
 * 7.3: map_create() asks bpf_get_file_flag() when it has made the array
 */

static void an_fd_for_nothing_is_refused(void **state)
{
	const uint32_t neither = BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY;
	bool last = array == &kernel_array && kernel_version() >= 7003;

	(void)state;
	assert_int_equal(array->create(8, 1, neither), -EINVAL);
	assert_int_equal(array->create(UINT32_MAX, 1, neither), last ? -E2BIG : -EINVAL);
}

static const struct {
	const char *what;
	CMUnitTestFunction test;
} all_tests[] = {
	{ "memory is the elements", memory_is_the_elements },
	{ "frozen allows no writable mapping", frozen_allows_no_writable_mapping },
	{ "writable mappings keep freeze busy", writable_mappings_keep_freeze_busy },
	{ "without them it freezes", without_them_it_freezes },
	{ "data is whole pages", data_is_whole_pages },
	{ "closes are opens and one", closes_are_opens_and_one },
	{ "a mapping keeps it alive", a_mapping_keeps_it_alive },
	{ "read-only mappings stay so", readonly_mappings_stay_so },
	{ "a stalled update is busy", a_stalled_update_is_busy },
	{ "a stalled batch is busy", a_stalled_batch_is_busy },
	{ "what may be writable again counts", what_may_be_writable_again_counts },
	{ "population is lazy", population_is_lazy },
	{ "an fd for nothing is refused", an_fd_for_nothing_is_refused },
};

static const struct array *const arrays[] = { &region_array, &kernel_array };

/* Each test runs with each array, and has a name for each. */
int main(void)
{
	static char names[2 * ARRAY_SIZE(all_tests)][64];
	struct CMUnitTest tests[2 * ARRAY_SIZE(all_tests)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		snprintf(names[i], sizeof(names[i]), "%s: %s", arrays[i % 2]->name,
			 all_tests[i / 2].what);
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = all_tests[i / 2].test,
			.setup_func = setup,
			.teardown_func = teardown,
			.initial_state = (void *)arrays[i % 2],
		};
	}
	return RUN_GROUP(tests);
}
