// SPDX-License-Identifier: GPL-2.0-only
/* The interface itself: layouts, sizes, pointers, and unknown requests. */
#include "fixture.h"

#include <sys/stat.h>

#define SAME(type, size)	_Static_assert(sizeof(struct type) == (size), #type " has grown")

SAME(bpfmmap_version, BPFMMAP_VERSION_SIZE_V1);
SAME(bpfmmap_create, BPFMMAP_CREATE_SIZE_V1);
SAME(bpfmmap_next_id, BPFMMAP_NEXT_ID_SIZE_V1);
SAME(bpfmmap_open, BPFMMAP_OPEN_SIZE_V1);
SAME(bpfmmap_info, BPFMMAP_INFO_SIZE_V5);
SAME(bpfmmap_freeze, BPFMMAP_FREEZE_SIZE_V1);
SAME(bpfmmap_element, BPFMMAP_ELEMENT_SIZE_V1);
SAME(bpfmmap_batch, BPFMMAP_BATCH_SIZE_V1);
SAME(bpfmmap_publish, BPFMMAP_PUBLISH_SIZE_V1);
SAME(bpfmmap_restrict, BPFMMAP_RESTRICT_SIZE_V1);
SAME(bpfmmap_mappings, BPFMMAP_MAPPINGS_SIZE_V1);
SAME(bpfmmap_mapping_entry, 40);
SAME(bpfmmap_handle_args, BPFMMAP_HANDLE_SIZE_V1);

/* All requests; fill() makes a struct for each that works. */
union args {
	uint32_t size;
	struct bpfmmap_version version;
	struct bpfmmap_create create;
	struct bpfmmap_next_id next_id;
	struct bpfmmap_open open;
	struct bpfmmap_info info;
	struct bpfmmap_freeze freeze;
	struct bpfmmap_element element;
	struct bpfmmap_batch batch;
	struct bpfmmap_publish publish;
	struct bpfmmap_restrict restricted;
	struct bpfmmap_mappings mappings;
	struct bpfmmap_handle_args handle;
	uint8_t bytes[2 * 65536];
};

struct known {
	unsigned long cmd;
	uint32_t min_size;
	bool of_region;
	bool out;	/* the kernel writes the struct back */
};

static const struct known all_known[] = {
	{ BPFMMAP_IOC_VERSION, BPFMMAP_VERSION_SIZE_V1, false, true },
	{ BPFMMAP_IOC_CREATE, BPFMMAP_CREATE_SIZE_V1, false, false },
	{ BPFMMAP_IOC_NEXT_ID, BPFMMAP_NEXT_ID_SIZE_V1, false, true },
	{ BPFMMAP_IOC_OPEN, BPFMMAP_OPEN_SIZE_V1, false, false },
	{ BPFMMAP_IOC_INFO, BPFMMAP_INFO_SIZE_V1, true, true },
	{ BPFMMAP_IOC_LOOKUP, BPFMMAP_ELEMENT_SIZE_V1, true, false },
	{ BPFMMAP_IOC_UPDATE, BPFMMAP_ELEMENT_SIZE_V1, true, false },
	{ BPFMMAP_IOC_LOOKUP_BATCH, BPFMMAP_BATCH_SIZE_V1, true, true },
	{ BPFMMAP_IOC_UPDATE_BATCH, BPFMMAP_BATCH_SIZE_V1, true, true },
	{ BPFMMAP_IOC_PUBLISH, BPFMMAP_PUBLISH_SIZE_V1, true, false },
	{ BPFMMAP_IOC_RESTRICT, BPFMMAP_RESTRICT_SIZE_V1, true, false },
	{ BPFMMAP_IOC_MAPPINGS, BPFMMAP_MAPPINGS_SIZE_V1, true, true },
	{ BPFMMAP_IOC_HANDLE, BPFMMAP_HANDLE_SIZE_V1, true, true },
	/* last, because nothing else works on a frozen region */
	{ BPFMMAP_IOC_FREEZE, BPFMMAP_FREEZE_SIZE_V1, true, false },
};

static int control = -1;
static int region = -1;
static uint64_t value;

static int setup(void **state)
{
	struct bpfmmap_create args = create_args(8, 4);

	(void)state;
	/* else it has no handle */
	args.flags = BPFMMAP_F_PROG;
	control = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);
	region = try_create_args(&args);
	return control < 0 || region < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(control);
	close(region);
	return 0;
}

static size_t size_of(const struct known *known)
{
	return _IOC_SIZE(known->cmd);
}

static void fill(const struct known *known, void *at)
{
	union args *args = at;

	memset(at, 0, size_of(known));
	args->size = size_of(known);
	switch (known->cmd) {
	case BPFMMAP_IOC_CREATE:
		args->create.value_size = 8;
		args->create.max_entries = 1;
		break;
	case BPFMMAP_IOC_OPEN:
		args->open.id = info(region).id;
		break;
	case BPFMMAP_IOC_PUBLISH:
		strcpy(args->publish.name, "abi");
		break;
	case BPFMMAP_IOC_LOOKUP:
	case BPFMMAP_IOC_UPDATE:
		args->element.value = (uintptr_t)&value;
		break;
	case BPFMMAP_IOC_LOOKUP_BATCH:
	case BPFMMAP_IOC_UPDATE_BATCH:
		args->batch.values = (uintptr_t)&value;
		args->batch.count = 1;
		break;
	}
}

/* Make the request as given, and leave neither an fd nor a name behind. */
static int ask(const struct known *known, unsigned long cmd, void *args)
{
	int ret;

	ret = request(known->of_region ? region : control, cmd, args);
	if (known->cmd == BPFMMAP_IOC_PUBLISH && !ret)
		assert_ok(try_withdraw("abi"));
	if (ret > 2)
		close(ret);
	return ret < 0 ? ret : 0;
}

/* A struct may end exactly where memory ends. If it ends a byte later, the request fails. */
static void a_struct_at_the_end_of_memory(void **state)
{
	uint8_t *page = page_before_a_hole();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known); i++) {
		const struct known *known = &all_known[i];
		uint8_t *at = page + PAGE - size_of(known);
		uint32_t size = size_of(known);
		size_t shift;

		fill(known, at);
		/* the field size is in memory, and the end of the struct is not: all such places */
		for (shift = 4; shift < size_of(known); shift += 4) {
			memcpy(page + PAGE - shift, &size, sizeof(size));
			assert_refused(ask(known, known->cmd, page + PAGE - shift), EFAULT);
		}
		fill(known, at);
		assert_ok(ask(known, known->cmd, at));
	}
	free_page_before_a_hole(page);
}

static void bad_pointers_are_faults(void **state)
{
	uint8_t *page = page_before_a_hole();
	void *const bad[] = {
		NULL, (void *)1, page + PAGE, (void *)-1UL, (void *)-8UL,
		HIGH(1ULL << 47), HIGH(1ULL << 63), HIGH(0xffffffff81000000),
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known); i++)
		for (j = 0; j < ARRAY_SIZE(bad); j++)
			assert_refused(ask(&all_known[i], all_known[i].cmd, bad[j]), EFAULT);
	free_page_before_a_hole(page);
}

/* Read-only memory is refused by those requests that write the struct back. */
static void readonly_structs_are_faults_where_written(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known) - 1; i++) {
		const struct known *known = &all_known[i];
		void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		assert_ptr_not_equal(at, MAP_FAILED);
		fill(known, at);
		assert_ok(mprotect(at, PAGE, PROT_READ));
		assert_int_equal(ask(known, known->cmd, at), known->out ? -EFAULT : 0);
		unmap(at, PAGE);
	}
}

static void shorter_than_version_1_is_invalid(void **state)
{
	union args args;
	uint32_t size;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known); i++)
		for (size = 0; size < all_known[i].min_size; size++) {
			fill(&all_known[i], &args);
			args.size = size;
			assert_refused(ask(&all_known[i], all_known[i].cmd, &args), EINVAL);
		}
}

/* A program that was compiled with an earlier header has such a struct. */
static void a_version_1_struct_is_taken(void **state)
{
	static union args args;
	size_t i, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known) - 1; i++) {
		const struct known *known = &all_known[i];

		fill(known, &args);
		memset(args.bytes + known->min_size, 0xee, 200);
		args.size = known->min_size;
		assert_ok(ask(known, known->cmd, &args));
		/* nothing behind the end of its struct was written */
		for (at = 0; at < 200; at++)
			assert_int_equal(args.bytes[known->min_size + at], 0xee);
		assert_int_equal(args.size, known->min_size);
	}
}

static void a_longer_struct_of_zeros_is_taken(void **state)
{
	static const uint32_t extra[] = { 1, 4, 7, 8, 64, 1000 };
	static union args args, before;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known) - 1; i++)
		for (j = 0; j < ARRAY_SIZE(extra); j++) {
			const struct known *known = &all_known[i];
			size_t size = size_of(known) + extra[j];

			memset(&args, 0xee, sizeof(args));
			memset(&args, 0, size);
			fill(known, &args);
			args.size = size;
			before = args;
			assert_ok(ask(known, known->cmd, &args));
			/* nothing behind the fields that the kernel knows was written */
			assert_memory_equal(args.bytes + size_of(known),
					    before.bytes + size_of(known), 2048);
			assert_int_equal(args.size, size);
		}
}

static void a_longer_struct_with_something_is_too_big(void **state)
{
	static const uint32_t extra[] = { 1, 4, 8, 100 };
	static union args args;
	size_t i, j, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known); i++)
		for (j = 0; j < ARRAY_SIZE(extra); j++)
			for (at = 0; at < extra[j]; at += 1 + extra[j] / 10) {
				const struct known *known = &all_known[i];

				memset(&args, 0, sizeof(args));
				fill(known, &args);
				args.size = size_of(known) + extra[j];
				args.bytes[size_of(known) + at] = 1;
				assert_refused(ask(known, known->cmd, &args), E2BIG);
			}
}

static void longer_than_a_page_is_too_big(void **state)
{
	static union args args;
	const uint32_t sizes[] = { PAGE + 1, 65536, INT32_MAX, 1U << 31, UINT32_MAX };
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known); i++)
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			fill(&all_known[i], &args);
			args.size = sizes[j];
			assert_refused(ask(&all_known[i], all_known[i].cmd, &args), E2BIG);
		}
}

/* A later header has larger structs, so its numbers of the same requests differ. */
static void the_size_in_the_number_does_not_matter(void **state)
{
	static const unsigned int sizes[] = { 0, 8, 200, _IOC_SIZEMASK };
	union args args;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_known) - 1; i++)
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			unsigned long cmd = all_known[i].cmd;

			fill(&all_known[i], &args);
			cmd = _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), sizes[j]);
			assert_ok(ask(&all_known[i], cmd, &args));
		}
}

static const struct known *find(unsigned int nr, bool of_region)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_known); i++)
		if (_IOC_NR(all_known[i].cmd) == nr && all_known[i].of_region == of_region)
			return &all_known[i];
	return NULL;
}

static void unknown_requests_are_enotty(void **state)
{
	static union args args;
	const unsigned int type = BPFMMAP_IOC_TYPE;
	unsigned int nr, dir, bit;
	int of_region;

	(void)state;
	memset(&args, 0, sizeof(args));
	args.size = 64;
	for (of_region = 0; of_region < 2; of_region++) {
		int fd = of_region ? region : control;

		for (nr = 0; nr < 256; nr++)
			for (dir = 0; dir < 4; dir++) {
				unsigned long cmd = _IOC(dir, type, nr, 64);

				if (dir == (_IOC_READ | _IOC_WRITE) && find(nr, of_region))
					continue;
				assert_refused(request(fd, cmd, &args), ENOTTY);
			}
		/* other types; the VFS answers none of these itself */
		for (bit = 0; bit < 8; bit++)
			assert_refused(request(fd, BPFMMAP_IOC_INFO ^ (0x100UL << bit), &args),
				       ENOTTY);
	}
	/* requests of the other kind of file are unknown too, even with a correct struct */
	for (nr = 0; nr < ARRAY_SIZE(all_known); nr++) {
		fill(&all_known[nr], &args);
		assert_refused(request(all_known[nr].of_region ? control : region,
				       all_known[nr].cmd, &args), ENOTTY);
	}
}

static void an_unknown_request_does_not_look_at_its_argument(void **state)
{
	(void)state;
	assert_refused(request(control, _IOWR(BPFMMAP_IOC_TYPE, 0xff, int), NULL), ENOTTY);
	assert_refused(request(region, _IOWR(BPFMMAP_IOC_TYPE, 0xff, int), NULL), ENOTTY);
}

static void reserved_fields_are_zero(void **state)
{
	struct bpfmmap_next_id next = { .size = sizeof(next), .reserved = 1 };
	struct bpfmmap_open other = { .size = sizeof(other), .id = info(region).id, .reserved = 1 };
	struct bpfmmap_freeze freeze = { .size = sizeof(freeze) };
	struct bpfmmap_handle_args handle = { .size = sizeof(handle), .reserved = 1 };
	struct bpfmmap_batch batch = { .size = sizeof(batch), .count = 1, .reserved = 1,
				       .values = (uintptr_t)&value };
	unsigned int bit;

	(void)state;
	assert_refused(request(control, BPFMMAP_IOC_NEXT_ID, &next), EINVAL);
	assert_refused(request(control, BPFMMAP_IOC_OPEN, &other), EINVAL);
	assert_refused(request(region, BPFMMAP_IOC_LOOKUP_BATCH, &batch), EINVAL);
	batch.count = 1;
	assert_refused(request(region, BPFMMAP_IOC_UPDATE_BATCH, &batch), EINVAL);
	assert_refused(request(region, BPFMMAP_IOC_HANDLE, &handle), EINVAL);
	/* KEEP alone has no meaning; REVOKE goes with no other flag but PROCESSES */
	freeze.flags = BPFMMAP_FREEZE_KEEP;
	assert_refused(request(region, BPFMMAP_IOC_FREEZE, &freeze), EINVAL);
	for (bit = 0; bit < 32; bit++) {
		freeze.flags = 1U << bit;
		if (freeze.flags & ~BPFMMAP_FREEZE_FLAGS)
			assert_refused(request(region, BPFMMAP_IOC_FREEZE, &freeze), EINVAL);
		if (freeze.flags == BPFMMAP_FREEZE_REVOKE ||
		    freeze.flags == BPFMMAP_FREEZE_PROCESSES)
			continue;
		freeze.flags |= BPFMMAP_FREEZE_REVOKE;
		assert_refused(request(region, BPFMMAP_IOC_FREEZE, &freeze), EINVAL);
	}
}

static void version_and_features(void **state)
{
	struct bpfmmap_version version = { .size = sizeof(version) };
	const uint64_t known = BPFMMAP_FEATURE_BATCH | BPFMMAP_FEATURE_MEMCG |
			       BPFMMAP_FEATURE_NUMA | BPFMMAP_FEATURE_COMPAT |
			       BPFMMAP_FEATURE_FAULT_AROUND | BPFMMAP_FEATURE_HUGE |
			       BPFMMAP_FEATURE_FILES | BPFMMAP_FEATURE_REVOKE |
			       BPFMMAP_FEATURE_BPF;

	(void)state;
	assert_ok(request(control, BPFMMAP_IOC_VERSION, &version));
	assert_int_equal(version.version, BPFMMAP_VERSION);
	assert_true(version.features & BPFMMAP_FEATURE_BATCH);
	assert_true(version.features & BPFMMAP_FEATURE_FILES);
	assert_true(version.features & BPFMMAP_FEATURE_REVOKE);
	assert_int_equal(version.features & ~known, 0);
	/* nobody has loaded it */
	assert_int_equal(version.features & BPFMMAP_FEATURE_BPF, 0);
	assert_int_equal(!!(version.features & BPFMMAP_FEATURE_NUMA),
			 !access("/sys/devices/system/node/node0", F_OK));
}

static void the_node_is_for_root_and_its_group(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(stat(BPFMMAP_DEVICE, &st));
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_uid, 0);
}

static int nobody_with_the_node(void *arg)
{
	int fd;

	(void)arg;
	become_nobody();
	if (open(BPFMMAP_DEVICE, O_RDWR) >= 0 || errno != EACCES)
		return 1;
	fd = try_create(8, 1);
	return fd == -EACCES ? 0 : 2;
}

static int nobody_with_an_fd_of_it(void *arg)
{
	struct bpfmmap_create args = create_args(8, 1);

	(void)arg;
	become_nobody();
	return request(control, BPFMMAP_IOC_CREATE, &args) >= 0 ? 0 : 1;
}

/* A user who may open the node may create regions, and needs no capability for that. */
static void opening_the_node_is_what_it_takes(void **state)
{
	(void)state;
	assert_ok(in_child(nobody_with_the_node, NULL));
	assert_ok(in_child(nobody_with_an_fd_of_it, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_struct_at_the_end_of_memory),
		TEST(bad_pointers_are_faults),
		TEST(readonly_structs_are_faults_where_written),
		TEST(shorter_than_version_1_is_invalid),
		TEST(a_version_1_struct_is_taken),
		TEST(a_longer_struct_of_zeros_is_taken),
		TEST(a_longer_struct_with_something_is_too_big),
		TEST(longer_than_a_page_is_too_big),
		TEST(the_size_in_the_number_does_not_matter),
		TEST(unknown_requests_are_enotty),
		TEST(an_unknown_request_does_not_look_at_its_argument),
		TEST(reserved_fields_are_zero),
		TEST(version_and_features),
		TEST(the_node_is_for_root_and_its_group),
		TEST(opening_the_node_is_what_it_takes),
	};

	return RUN_GROUP(tests);
}
