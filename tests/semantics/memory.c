// SPDX-License-Identifier: GPL-2.0-only
/* The memory of an array: its pages, advice about them, who pays for it, where elements are. */
#include "answer.h"

#include <linux/userfaultfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PAGE_PRESENT	0x8000000000000000ULL

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

/* Is there an entry for the page in the page table? */
static const char *present_word(const void *at)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	assert_int_equal(pread(pagemap, &entry, 8, (uintptr_t)at / PAGE * 8), 8);
	close(pagemap);
	return entry & PAGE_PRESENT ? "present" : "absent";
}

static void pages_after_mmap(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	answer("pages in the page table after mmap", present_word(at + PAGE));
	unmap(at, LEN);
}

static void pages_populated(void **state)
{
	uint8_t *at = mmap(NULL, LEN, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);

	(void)state;
	assert_true(at != MAP_FAILED);
	answer("pages in the page table after mmap with MAP_POPULATE", present_word(at + PAGE));
	unmap(at, LEN);
}

static void *forked_at;

static int look_in_child(void *arg)
{
	(void)arg;
	return !strcmp(present_word(forked_at), "present");
}

static void pages_after_fork(void **state)
{
	(void)state;
	forked_at = writable(fd);
	*(uint8_t *)forked_at = 1;
	answer("pages in the page table of a child, before it touches them",
	       in_child(look_in_child, NULL) ? "present" : "absent");
	unmap(forked_at, LEN);
}

/* A line of smaps about the mapping at that address, such as "Rss:"; false if there is none. */
static bool smaps_line(const void *at, const char *key, char *line, size_t size)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	bool here = false, found = false;
	char start[32];

	assert_non_null(file);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)at);
	while (!found && fgets(line, size, file)) {
		if (!strncmp(line, start, strlen(start)))
			here = true;
		found = here && !strncmp(line, key, strlen(key));
	}
	fclose(file);
	return found;
}

static const char *counted_word(const char *key)
{
	uint8_t *at = writable(fd);
	char line[512];
	bool found;

	at[0] = 1;
	at[PAGE] = 1;
	found = smaps_line(at, key, line, sizeof(line));
	unmap(at, LEN);
	assert_true(found);
	return strtoul(line + strlen(key), NULL, 10) * KIB == LEN ? "counted" : "not counted";
}

static void resident(void **state)
{
	(void)state;
	answer("touched pages in Rss of smaps", counted_word("Rss:"));
}

static void proportional(void **state)
{
	(void)state;
	answer("touched pages in Pss of smaps", counted_word("Pss:"));
}

static void core_of(void **state)
{
	unsigned char vec[2] = { 0 };
	uint8_t *at = writable(fd);
	int ret;

	(void)state;
	at[0] = 1;
	ret = mincore(at, LEN, vec);
	answer("mincore of a touched page", ret ? word(-errno) : vec[0] & 1 ? "1" : "0");
	unmap(at, LEN);
}

static void locked(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	answer("mlock", word(result(mlock(at, LEN))));
	unmap(at, LEN);
}

static bool has_flag(const void *at, const char *flag)
{
	char line[512];

	return smaps_line(at, "VmFlags:", line, sizeof(line)) && strstr(line, flag);
}

static void flags_of(void **state)
{
	uint8_t *at = readable(fd);
	char flags[32];

	(void)state;
	snprintf(flags, sizeof(flags), "%s%s%s%s", has_flag(at, " de") ? "de " : "",
		 has_flag(at, " dd") ? "dd " : "", has_flag(at, " mm") ? "mm " : "",
		 has_flag(at, " pf") ? "pf " : "");
	flags[strlen(flags) ? strlen(flags) - 1 : 0] = 0;
	answer("of \"de dd mm pf\" in VmFlags of smaps", *flags ? flags : "none");
	unmap(at, LEN);
}

static const char *advice_word(int advice)
{
	uint8_t *at = writable(fd);
	const char *what;

	at[0] = 1;
	what = word(result(madvise(at, LEN, advice)));
	unmap(at, LEN);
	return what;
}

static void advice_dontneed(void **state)
{
	uint8_t *at = writable(fd);
	const char *what;

	(void)state;
	at[0] = 1;
	what = word(result(madvise(at, LEN, MADV_DONTNEED)));
	answer("madvise, MADV_DONTNEED, then access", in_turn(what, read_word(at)));
	unmap(at, LEN);
}

static void advice_remove(void **state)
{
	(void)state;
	answer("madvise, MADV_REMOVE", advice_word(MADV_REMOVE));
}

static void advice_populate_read(void **state)
{
	(void)state;
	answer("madvise, MADV_POPULATE_READ", advice_word(MADV_POPULATE_READ));
}

static void advice_populate_write(void **state)
{
	(void)state;
	answer("madvise, MADV_POPULATE_WRITE", advice_word(MADV_POPULATE_WRITE));
}

static void advice_willneed(void **state)
{
	(void)state;
	answer("madvise, MADV_WILLNEED", advice_word(MADV_WILLNEED));
}

static void advice_free(void **state)
{
	(void)state;
	always("madvise, MADV_FREE", advice_word(MADV_FREE), "EINVAL");
}

static void advice_cold(void **state)
{
	(void)state;
	answer("madvise, MADV_COLD", advice_word(MADV_COLD));
}

static void advice_pageout(void **state)
{
	uint8_t *at = writable(fd);
	const char *what;

	(void)state;
	at[0] = 1;
	what = word(result(madvise(at, LEN, MADV_PAGEOUT)));
	answer("madvise, MADV_PAGEOUT, then access", in_turn(what, read_word(at)));
	unmap(at, LEN);
}

static void advice_mergeable(void **state)
{
	(void)state;
	answer("madvise, MADV_MERGEABLE", advice_word(MADV_MERGEABLE));
}

static void advice_hugepage(void **state)
{
	(void)state;
	answer("madvise, MADV_HUGEPAGE", advice_word(MADV_HUGEPAGE));
}

static void advice_wipeonfork(void **state)
{
	(void)state;
	always("madvise, MADV_WIPEONFORK", advice_word(MADV_WIPEONFORK), "EINVAL");
}

static void userfault(void **state)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	uint8_t *at = writable(fd);

	(void)state;
	assert_true(uffd >= 0);
	assert_ok(ioctl(uffd, UFFDIO_API, &api));
	range.range.start = (uintptr_t)at;
	range.range.len = LEN;
	always("userfaultfd: register the mapping",
	       word(result(ioctl(uffd, UFFDIO_REGISTER, &range))), "EINVAL");
	close(uffd);
	unmap(at, LEN);
}

static void rest_of_page(void **state)
{
	int small = array(1);
	uint8_t *at = map(small, PAGE, RW, 0);
	bool zeros = all(at, PAGE, 0);

	(void)state;
	at[PAGE - 1] = 5;
	unmap(at, PAGE);
	at = map(small, PAGE, PROT_READ, 0);
	always("bytes of the last page behind the last element",
	       !zeros ? "not zeros" : at[PAGE - 1] == 5 ? "zeros, and keep what is stored" :
	       "zeros, and lose what is stored", "zeros, and keep what is stored");
	unmap(at, PAGE);
	close(small);
}

static void stride_of_elements(void **state)
{
	int odd = array_with(5, 8, 0);
	uint8_t *at = map(odd, PAGE, PROT_READ, 0), value[8] = { 1, 1, 1, 1, 1 };

	(void)state;
	assert_ok(kernel_array.update(odd, 1, value, BPF_ANY));
	always("distance of elements with value_size 5", at[8] == 1 && !at[5] ? "8" : "another",
	       "8");
	unmap(at, PAGE);
	close(odd);
}

static void padding(void **state)
{
	int odd = array_with(5, 8, 0);
	uint8_t *at = map(odd, PAGE, RW, 0), value[8] = { 1, 1, 1, 1, 1, 9, 9, 9 };

	(void)state;
	memset(at, 3, 16);
	assert_ok(kernel_array.update(odd, 0, value, BPF_ANY));
	answer("an update and the bytes between elements",
	       all(at + 5, 3, 3) ? "bytes stay" : "bytes change");
	unmap(at, PAGE);
	close(odd);
}

static void lookup_of_padding(void **state)
{
	int odd = array_with(5, 8, 0);
	uint8_t *at = map(odd, PAGE, RW, 0), value[8] = { 0 };

	(void)state;
	memset(at, 3, 16);
	assert_ok(kernel_array.lookup(odd, 0, value, 0));
	always("a lookup and the bytes between elements",
	       all(value + 5, 3, 0) ? "are not copied" : "are copied", "are not copied");
	unmap(at, PAGE);
	close(odd);
}

static void rounded(void **state)
{
	int odd = array_with(5, PAGE / 8 + 1, 0);

	(void)state;
	/* 4104 bytes with pages of 4 KiB */
	always("mmap of two pages of an array that ends in the second",
	       mmap_word(odd, 2 * PAGE, RW, MAP_SHARED, 0), "works");
	close(odd);
}

static int create_without_memlock(void *arg)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 8,
		.max_entries = 8,
		.map_flags = BPF_F_MMAPABLE,
	};
	struct rlimit none = { 0 };

	(void)arg;
	if (setrlimit(RLIMIT_MEMLOCK, &none))
		return 127;
	/* libbpf would raise the limit */
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) < 0 ? errno : 0;
}

static void memlock(void **state)
{
	(void)state;
	answer("create as root with RLIMIT_MEMLOCK 0",
	       word(-in_child(create_without_memlock, NULL)));
}

static void memlock_in_fdinfo(void **state)
{
	long long bytes = proc_number(path_of_fdinfo(fd), "memlock");

	(void)state;
	answer("\"memlock\" in fdinfo", bytes < 0 ? "absent" : !bytes ? "0" :
	       bytes < (long long)LEN ? "less than the pages" : "the pages or more");
}

#define GROUP	"/sys/fs/cgroup/semantics"

static int create_in_group(void *arg)
{
	long long before, after;
	FILE *file;

	(void)arg;
	file = fopen(GROUP "/memory.current", "r");
	if (!file || try_write_file(GROUP "/cgroup.procs", "0"))
		return 127;
	if (fscanf(file, "%lld", &before) != 1)
		return 127;
	if (try_map_create(BPF_MAP_TYPE_ARRAY, 8, 32 * MIB / 8, BPF_F_MMAPABLE) < 0)
		return 127;
	file = freopen(GROUP "/memory.current", "r", file);
	if (!file || fscanf(file, "%lld", &after) != 1)
		return 127;
	return after - before >= 30 * (long long)MIB;
}

static void charged(void **state)
{
	int status;

	(void)state;
	mkdir(GROUP, 0755);
	status = in_child(create_in_group, NULL);
	rmdir(GROUP);
	assert_true(status < 2);
	answer("the memory cgroup of the creator", status ? "charged" : "not charged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_after_mmap),
		TEST(pages_populated),
		TEST(pages_after_fork),
		TEST(resident),
		TEST(proportional),
		TEST(core_of),
		TEST(locked),
		TEST(flags_of),
		TEST(advice_dontneed),
		TEST(advice_remove),
		TEST(advice_populate_read),
		TEST(advice_populate_write),
		TEST(advice_willneed),
		TEST(advice_free),
		TEST(advice_cold),
		TEST(advice_pageout),
		TEST(advice_mergeable),
		TEST(advice_hugepage),
		TEST(advice_wipeonfork),
		TEST(userfault),
		TEST(rest_of_page),
		TEST(stride_of_elements),
		TEST(padding),
		TEST(lookup_of_padding),
		TEST(rounded),
		TEST(memlock),
		TEST(memlock_in_fdinfo),
		TEST(charged),
	};

	return RUN_GROUP_WITH(tests, NULL, NULL);
}
