// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as the oracle: random reads, writes, mappings, holes and copies are done to a region and
 * to an array in memory, and both stay the same. fsx does the same to file systems, but here the
 * size does not change.
 *
 * SEED and STEPS are in the environment, as in tmpfs.c.
 */
#include "fixture.h"

#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define MOST	(5 * PAGE)

static uint64_t seed;
static int fd, other;		/* the region is open twice: by a name, and without */
static int file;		/* a file of tmpfs, for copies */
static uint8_t *model, *buffer;
static size_t size;		/* of the region; the model has the same */

static unsigned int rest(unsigned int most)
{
	return random_below(&seed, most);
}

/*
 * Choose a place and a length, which may go beyond the end. Most are short, or near the end of a
 * page.
 */
static void choose(size_t *at, size_t *len)
{
	*at = rest(size);
	if (rest(2))
		*at = (*at / PAGE * PAGE + rest(64) + size - 32) % size;
	*len = 1 + rest(rest(2) ? 64 : MOST);
}

static size_t up_to_the_end(size_t at, size_t len)
{
	return len < size - at ? len : size - at;
}

static void fill(size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buffer[i] = rest(256);
}

static bool do_read(size_t at, size_t len)
{
	const size_t expected = up_to_the_end(at, len);

	return pread(rest(2) ? fd : other, buffer, len, at) == (ssize_t)expected &&
	       !memcmp(buffer, model + at, expected);
}

static bool do_write(size_t at, size_t len)
{
	const size_t expected = up_to_the_end(at, len);

	fill(len);
	if (pwrite(rest(2) ? fd : other, buffer, len, at) != (ssize_t)expected)
		return false;
	memcpy(model + at, buffer, expected);
	return true;
}

static bool do_vectors(size_t at, size_t len)
{
	const size_t first = rest(len) + 1, expected = up_to_the_end(at, len);
	struct iovec parts[2] = { { buffer, first }, { buffer + first, len - first } };

	fill(len);
	if (pwritev(fd, parts, 2, at) != (ssize_t)expected)
		return false;
	memcpy(model + at, buffer, expected);
	return preadv(other, parts, 2, at) == (ssize_t)expected;
}

/* Map the pages of that place, and read or write there. */
static bool do_mapping(size_t at, size_t len)
{
	const size_t from = at / PAGE * PAGE;
	const bool writes = rest(2);
	uint8_t *mapped;
	bool same;

	len = up_to_the_end(at, len);
	mapped = mmap(NULL, at + len - from, PROT_READ | (writes ? PROT_WRITE : 0), MAP_SHARED,
		      rest(2) ? fd : other, from);
	if (mapped == MAP_FAILED)
		return false;
	if (writes) {
		fill(len);
		memcpy(mapped + at - from, buffer, len);
		memcpy(model + at, buffer, len);
	}
	same = !memcmp(mapped + at - from, model + at, len);
	munmap(mapped, at + len - from);
	return same;
}

static bool do_hole(size_t at, size_t len)
{
	memset(model + at, 0, up_to_the_end(at, len));
	return !fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, len);
}

/* Copy from one place of the region to another. */
static bool do_copy(size_t at, size_t len)
{
	loff_t from = at, to = rest(size);
	ssize_t ret;

	len = up_to_the_end(at, len);
	/* the kernel refuses ranges that overlap */
	if ((size_t)to < at + len && at < to + len)
		return copy_file_range(fd, &from, other, &to, len, 0) == -1 && errno == EINVAL;
	ret = copy_file_range(fd, &from, other, &to, len, 0);
	if (ret <= 0)
		return false;
	memcpy(model + to - ret, model + at, ret);
	return true;
}

static bool do_sendfile(size_t at, size_t len)
{
	off_t from = at;
	ssize_t ret;

	if (lseek(file, 0, SEEK_SET))
		return false;
	ret = sendfile(file, fd, &from, len);
	return ret > 0 && pread(file, buffer, ret, 0) == ret && !memcmp(buffer, model + at, ret);
}

static bool do_splice(size_t at, size_t len)
{
	loff_t to = at;
	int pipes[2];
	ssize_t ret;

	if (len > PAGE)
		len = PAGE;
	len = up_to_the_end(at, len);
	fill(len);
	if (pipe(pipes) || write(pipes[1], buffer, len) != (ssize_t)len)
		return false;
	ret = splice(pipes[0], NULL, fd, &to, len, 0);
	close(pipes[0]);
	close(pipes[1]);
	if (ret != (ssize_t)len)
		return false;
	memcpy(model + at, buffer, len);
	return true;
}

static bool do_nothing(size_t at, size_t len)
{
	return !fsync(fd) && !ftruncate(fd, size) &&
	       !posix_fadvise(fd, at, len, POSIX_FADV_DONTNEED);
}

static const struct {
	const char *name;
	bool (*run)(size_t at, size_t len);
} calls[] = {
	{ "read", do_read }, { "write", do_write }, { "vectors", do_vectors },
	{ "mapping", do_mapping }, { "mapping", do_mapping }, { "hole", do_hole },
	{ "copy", do_copy }, { "sendfile", do_sendfile }, { "splice", do_splice },
	{ "nothing", do_nothing },
};

static void steps_on_a_region(uint32_t value_size, uint32_t max_entries, unsigned long steps)
{
	const unsigned int first = seed;
	size_t at, len;
	unsigned int nr;
	struct stat st;

	other = create(value_size, max_entries);
	assert_ok(try_publish(other, "file"));
	fd = open_name("file", O_RDWR);
	assert_ok(fstat(fd, &st));
	size = st.st_size;
	memset(model, 0, size);
	while (steps--) {
		choose(&at, &len);
		nr = rest(ARRAY_SIZE(calls));
		if (!calls[nr].run(at, len)) {
			printf("# value_size %u, max_entries %u, seed %u: %s of %zu at %zu\n",
			       value_size, max_entries, first, calls[nr].name, len, at);
			fail();
		}
	}
	assert_int_equal(pread(fd, buffer, size, 0), size);
	assert_memory_equal(buffer, model, size);
	close(fd);
	close(other);
	assert_ok(try_withdraw("file"));
}

static void contents_are_what_was_put_there(void **state)
{
	static const struct { uint32_t value_size, max_entries; } sizes[] = {
		{ 8, 1000 }, { 1, 1 }, { 3, 700 }, { 4095, 4 }, { 4096, 3 }, { 4097, 2 },
		{ 12, 1023 },
	};
	const unsigned long steps = number_in_environment("STEPS", 100000);
	size_t i;

	(void)state;
	seed = number_in_environment("SEED", 1);
	model = malloc(MOST);
	buffer = malloc(2 * MOST);
	file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	assert_true(file >= 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		steps_on_a_region(sizes[i].value_size, sizes[i].max_entries,
				  steps / ARRAY_SIZE(sizes));
	close(file);
	free(model);
	free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_are_what_was_put_there),
	};

	return RUN_GROUP(tests);
}
