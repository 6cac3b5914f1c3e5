// SPDX-License-Identifier: GPL-2.0-only
/* What can be mapped, how, and what happens to a mapping later. */
#include "answer.h"

static void shared(void **state)
{
	(void)state;
	always("mmap, MAP_SHARED, read and write", mmap_word(fd, LEN, RW, MAP_SHARED, 0), "works");
}

static void private(void **state)
{
	(void)state;
	always("mmap, MAP_PRIVATE", mmap_word(fd, LEN, PROT_READ, MAP_PRIVATE, 0), "EINVAL");
}

static void shared_validate(void **state)
{
	(void)state;
	always("mmap, MAP_SHARED_VALIDATE",
	       mmap_word(fd, LEN, RW, MAP_SHARED_VALIDATE, 0), "works");
}

static void sync_flag(void **state)
{
	(void)state;
	always("mmap, MAP_SHARED_VALIDATE and MAP_SYNC",
	       mmap_word(fd, LEN, RW, MAP_SHARED_VALIDATE | MAP_SYNC, 0), "EOPNOTSUPP");
}

static void hugetlb_flag(void **state)
{
	(void)state;
	always("mmap, MAP_HUGETLB", mmap_word(fd, 2 * MIB, RW, MAP_SHARED | MAP_HUGETLB, 0),
	       "EINVAL");
}

static void locked_flag(void **state)
{
	(void)state;
	answer("mmap, MAP_LOCKED", mmap_word(fd, LEN, RW, MAP_SHARED | MAP_LOCKED, 0));
}

static void executable(void **state)
{
	(void)state;
	answer("mmap, PROT_EXEC", mmap_word(fd, LEN, PROT_READ | PROT_EXEC, MAP_SHARED, 0));
}

static void write_only(void **state)
{
	(void)state;
	always("mmap, PROT_WRITE alone", mmap_word(fd, LEN, PROT_WRITE, MAP_SHARED, 0), "works");
}

static void one_page(void **state)
{
	(void)state;
	always("mmap of less than the array", mmap_word(fd, PAGE, RW, MAP_SHARED, 0), "works");
}

static void second_page(void **state)
{
	(void)state;
	always("mmap from the second page on", mmap_word(fd, PAGE, RW, MAP_SHARED, PAGE), "works");
}

static void odd_length(void **state)
{
	(void)state;
	always("mmap of a length that is no multiple of a page",
	       mmap_word(fd, LEN - 5, RW, MAP_SHARED, 0), "works");
}

static void longer(void **state)
{
	(void)state;
	always("mmap of a page more than the array",
	       mmap_word(fd, LEN + PAGE, PROT_READ, MAP_SHARED, 0), "EINVAL");
}

static void behind_the_end(void **state)
{
	(void)state;
	always("mmap at an offset behind the end",
	       mmap_word(fd, PAGE, PROT_READ, MAP_SHARED, LEN), "EINVAL");
}

static void across_the_end(void **state)
{
	(void)state;
	always("mmap of two pages from the last page on",
	       mmap_word(fd, LEN, PROT_READ, MAP_SHARED, PAGE), "EINVAL");
}

static void odd_offset(void **state)
{
	(void)state;
	always("mmap at an offset that is no multiple of a page",
	       mmap_word(fd, PAGE, PROT_READ, MAP_SHARED, 8), "EINVAL");
}

static void far_offset(void **state)
{
	(void)state;
	answer("mmap at an offset of 2^62", mmap_word(fd, PAGE, PROT_READ, MAP_SHARED, 1LL << 62));
}

static void flag_missing(void **state)
{
	int map = try_map_create(BPF_MAP_TYPE_ARRAY, 8, LEN / 8, 0);

	(void)state;
	assert_true(map >= 0);
	always("mmap of an array without BPF_F_MMAPABLE",
	       mmap_word(map, LEN, PROT_READ, MAP_SHARED, 0), "EINVAL");
	close(map);
}

static void map_of_hash(void **state)
{
	int map = try_map_create(BPF_MAP_TYPE_HASH, 8, LEN / 8, 0);

	(void)state;
	assert_true(map >= 0);
	answer("mmap of a hash", mmap_word(map, LEN, PROT_READ, MAP_SHARED, 0));
	close(map);
}

static void protect_write(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	always("mprotect of a read-only mapping to writable",
	       word(try_protect(at, LEN, RW)), "EACCES");
	unmap(at, LEN);
}

static void protect_none(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_NONE, 0);

	(void)state;
	always("mprotect of a PROT_NONE mapping to writable",
	       word(try_protect(at, LEN, RW)), "EACCES");
	unmap(at, LEN);
}

static void protect_and_back(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	assert_ok(try_protect(at, LEN, PROT_READ));
	always("mprotect of a writable mapping to read-only, and back",
	       word(try_protect(at, LEN, RW)), "works");
	unmap(at, LEN);
}

static void protect_exec(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	answer("mprotect to PROT_EXEC", word(try_protect(at, LEN, PROT_READ | PROT_EXEC)));
	unmap(at, LEN);
}

static void fds_closed(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	close(fd);
	fd = -1;
	always("access to the mapping when all fds are closed", write_word(at), "works");
	unmap(at, LEN);
}

static void remap_shorter(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	always("mremap, shorter", mremap(at, LEN, PAGE, 0) == at ? "works" : word(-errno), "works");
	unmap(at, PAGE);
}

static void remap_longer(void **state)
{
	uint8_t *at = map(fd, PAGE, RW, 0);

	(void)state;
	always("mremap, longer",
	       mremap(at, PAGE, LEN, MREMAP_MAYMOVE) == MAP_FAILED ? word(-errno) : "works",
	       "EFAULT");
	unmap(at, PAGE);
}

static void remap_elsewhere(void **state)
{
	uint8_t *at = writable(fd), *to = anonymous(LEN);

	(void)state;
	at[3] = 33;
	if (mremap(at, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		answer("mremap to another address", word(-errno));
	else
		always("mremap to another address", to[3] == 33 ? "works" : "bytes change",
		       "works");
	unmap(to, LEN);
}

static void remap_twice(void **state)
{
	uint8_t *at = writable(fd);
	void *other = mremap(at, 0, LEN, MREMAP_MAYMOVE);

	(void)state;
	answer("mremap with an old length of 0, which maps a second time",
	       other == MAP_FAILED ? word(-errno) : "works");
	unmap(at, LEN);
}

static void remap_file_pages_of_it(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	answer("remap_file_pages", word(result(remap_file_pages(at, PAGE, 0, 1, 0))));
	munmap(at, LEN);
}

static uint8_t *mapped;

static int store_in_child(void *arg)
{
	(void)arg;
	mapped[1] = 11;
	return 0;
}

static void forked(void **state)
{
	int status;

	(void)state;
	mapped = writable(fd);
	status = in_child(store_in_child, NULL);
	always("fork: the child stores to the mapping",
	       status ? "SIGSEGV" : mapped[1] == 11 ? "bytes change" : "bytes stay",
	       "bytes change");
	unmap(mapped, LEN);
}

static void forked_without(void **state)
{
	(void)state;
	mapped = writable(fd);
	assert_ok(madvise(mapped, LEN, MADV_DONTFORK));
	always("fork after MADV_DONTFORK: access in the child", read_word(mapped), "SIGSEGV");
	unmap(mapped, LEN);
}

static void synchronous(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	always("msync, MS_SYNC", word(result(msync(at, LEN, MS_SYNC))), "EINVAL");
	unmap(at, LEN);
}

static void asynchronous(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	answer("msync, MS_ASYNC", word(result(msync(at, LEN, MS_ASYNC))));
	unmap(at, LEN);
}

static void seal(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	/* a kernel that has no mseal says ENOSYS; the mapping stays until the process ends */
	answer("mseal", word(result(syscall(462, at, LEN, 0))));
	munmap(at, LEN);
}

static void names_of_maps(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	answer("the mapping's name in /proc/PID/maps",
	       file_has("/proc/self/maps", "anon_inode:bpf-map\n") ? "anon_inode:bpf-map" :
	       "another");
	unmap(at, LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(shared),
		TEST(private),
		TEST(shared_validate),
		TEST(sync_flag),
		TEST(hugetlb_flag),
		TEST(locked_flag),
		TEST(executable),
		TEST(write_only),
		TEST(one_page),
		TEST(second_page),
		TEST(odd_length),
		TEST(longer),
		TEST(behind_the_end),
		TEST(across_the_end),
		TEST(odd_offset),
		TEST(far_offset),
		TEST(flag_missing),
		TEST(map_of_hash),
		TEST(protect_write),
		TEST(protect_none),
		TEST(protect_and_back),
		TEST(protect_exec),
		TEST(fds_closed),
		TEST(remap_shorter),
		TEST(remap_longer),
		TEST(remap_elsewhere),
		TEST(remap_twice),
		TEST(remap_file_pages_of_it),
		TEST(forked),
		TEST(forked_without),
		TEST(synchronous),
		TEST(asynchronous),
		TEST(seal),
		TEST(names_of_maps),
	};

	return RUN_GROUP_WITH(tests, NULL, NULL);
}
