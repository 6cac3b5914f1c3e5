// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many regions, many mappings of one region, many names: each one is found, and all go again. And
 * more than any machine has.
 */
#include "array.h"
#include "fixture.h"

#include <dirent.h>
#include <sys/resource.h>

#define REGIONS		100000U
#define MAPPINGS	60000U
#define NAMES		10000U

static void allow_files(rlim_t nr)
{
	const struct rlimit limit = { nr, nr };

	assert_ok(setrlimit(RLIMIT_NOFILE, &limit));
}

static uint32_t count_ids(void)
{
	uint32_t id = 0, nr = 0;

	while (!try_next_id(id, &id))
		nr++;
	return nr;
}

static void regions(void **state)
{
	int *fds = malloc(REGIONS * sizeof(*fds));
	uint32_t i, id, last = 0;
	uint64_t value;

	(void)state;
	assert_non_null(fds);
	allow_files(REGIONS + 100);
	for (i = 0; i < REGIONS; i++) {
		fds[i] = create(8, 1);
		value = i;
		assert_ok(try_update(fds[i], 0, &value, 0));
	}
	assert_int_equal(count_ids(), REGIONS);
	/* each number is larger than the one before, and finds its region */
	for (i = 0; i < REGIONS; i++) {
		id = info(fds[i]).id;
		assert_true(id > last);
		last = id;
		assert_ok(try_lookup(fds[i], 0, &value));
		assert_int_equal(value, i);
	}
	for (i = 0; i < REGIONS; i++)
		close(fds[i]);
	assert_int_equal(count_ids(), 0);
	free(fds);
}

static void mappings(void **state)
{
	struct bpfmmap_mapping_entry *entries = calloc(MAPPINGS, sizeof(*entries));
	struct bpfmmap_mappings args = {
		.size = sizeof(args), .count = MAPPINGS, .entries = (uintptr_t)entries,
	};
	void **at = malloc(MAPPINGS * sizeof(*at));
	int fd = create_pages(2);
	uint32_t i;

	(void)state;
	for (i = 0; i < MAPPINGS; i++)
		at[i] = map(fd, PAGE, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, i % 2 * PAGE);
	assert_int_equal(info(fd).mappings, MAPPINGS);
	assert_int_equal(info(fd).writers, MAPPINGS / 2);
	assert_ok(request(fd, BPFMMAP_IOC_MAPPINGS, &args));
	assert_int_equal(args.count, MAPPINGS);
	for (i = 0; i < MAPPINGS; i++) {
		assert_int_equal(entries[i].offset, i % 2 * PAGE);
		assert_int_equal(entries[i].flags, i % 2 ? 0 : BPFMMAP_MAPPING_WRITABLE);
	}
	assert_refused(try_freeze(fd), EBUSY);
	/* a store by the first is seen by the last of its kind */
	*(uint8_t *)at[0] = 0x5a;
	assert_int_equal(*(uint8_t *)at[MAPPINGS - 2], 0x5a);
	for (i = 0; i < MAPPINGS; i++)
		unmap(at[i], PAGE);
	assert_int_equal(info(fd).mappings, 0);
	assert_ok(try_freeze(fd));
	close(fd);
	free(at);
	free(entries);
}

static void all_lose_their_entries(void **state)
{
	void **at = malloc(MAPPINGS * sizeof(*at));
	int fd = create_pages(1);
	uint32_t i;

	(void)state;
	for (i = 0; i < MAPPINGS; i++)
		at[i] = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
	assert_ok(try_revoke(fd));
	assert_int_equal(info(fd).revoked, MAPPINGS);
	assert_int_equal(try_write_byte(at[0]), SIGBUS);
	assert_int_equal(try_write_byte(at[MAPPINGS / 2]), SIGBUS);
	assert_int_equal(try_read_byte(at[MAPPINGS - 1]), SIGBUS);
	for (i = 0; i < MAPPINGS; i++)
		unmap(at[i], PAGE);
	assert_int_equal(info(fd).revoked, 0);
	close(fd);
	free(at);
}

static uint32_t count_names(void)
{
	DIR *dir = opendir(BPFMMAP_PUBLISH_DIR);
	struct dirent *entry;
	uint32_t nr = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		nr += entry->d_name[0] == 'n';
	closedir(dir);
	return nr;
}

static void names(void **state)
{
	char path[64];
	uint64_t value;
	uint32_t i;
	int fd;

	(void)state;
	set_parameter("max_published", "0");
	for (i = 0; i < NAMES; i++) {
		fd = create(8, 1);
		value = i;
		assert_ok(try_update(fd, 0, &value, 0));
		snprintf(path, sizeof(path), "n%u", i);
		assert_ok(try_publish(fd, path));
		close(fd);
	}
	assert_int_equal(count_names(), NAMES);
	for (i = 0; i < NAMES; i++) {
		snprintf(path, sizeof(path), BPFMMAP_PUBLISH_DIR "/n%u", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_ok(try_lookup(fd, 0, &value));
		assert_int_equal(value, i);
		close(fd);
		assert_ok(unlink(path));
	}
	assert_int_equal(count_names(), 0);
	assert_int_equal(count_ids(), 0);
	set_parameter("max_published", "256");
}

/* 2^63 bytes. A region says that no machine can have it, the array that this one has not. */
static void more_than_there_can_be(void **state)
{
	const uint32_t most = (1U << 31) - 1;	/* pages of a region */

	(void)state;
	assert_refused(region_array.create(INT32_MAX, UINT32_MAX, 0), E2BIG);
	assert_refused(kernel_array.create(INT32_MAX, UINT32_MAX, 0), ENOMEM);
	assert_refused(region_array.create(PAGE, most + 1, 0), E2BIG);
	/* the largest that a machine could have */
	assert_refused(region_array.create(PAGE, most, 0), ENOMEM);
	assert_refused(kernel_array.create(PAGE, most, 0), ENOMEM);
	assert_int_equal(count_ids(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions),
		cmocka_unit_test(mappings),
		cmocka_unit_test(all_lose_their_entries),
		NAMES_TEST(names),
		cmocka_unit_test(more_than_there_can_be),
	};

	return RUN_GROUP(tests);
}
