// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload: unload is refused while anything refers to the module, and works otherwise. */
#include "fixture.h"

static void refused_while_the_device_is_open(void **state)
{
	int control = open(BPFMMAP_DEVICE, O_RDWR);

	(void)state;
	assert_true(control >= 0);
	assert_refused(try_unload(), EWOULDBLOCK);
	close(control);
}

static void refused_while_a_region_is_open(void **state)
{
	int fd = create(8, 1);

	(void)state;
	assert_refused(try_unload(), EWOULDBLOCK);
	close(fd);
}

static void refused_while_a_region_is_mapped(void **state)
{
	int fd = create_pages(2);
	uint8_t *at = map(fd, 2 * PAGE, PROT_READ, 0);

	(void)state;
	close(fd);
	assert_refused(try_unload(), EWOULDBLOCK);
	assert_int_equal(at[PAGE], 0);
	unmap(at, PAGE);
	assert_refused(try_unload(), EWOULDBLOCK);
	unmap(at + PAGE, PAGE);
	assert_ok(try_unload());
	assert_ok(try_load(""));
}

static int wait_for_end_of(void *arg)
{
	int *pipe = arg;
	char byte;

	close(pipe[1]);
	return read(pipe[0], &byte, 1) ? 1 : 0;
}

static void refused_while_a_child_has_it(void **state)
{
	int fd = create_pages(1), pipes[2], status;
	uint8_t *at = map(fd, PAGE, PROT_READ, 0);
	pid_t pid;

	(void)state;
	assert_ok(pipe(pipes));
	pid = fork();
	if (!pid)
		_exit(wait_for_end_of(pipes));
	unmap(at, PAGE);
	close(fd);
	assert_refused(try_unload(), EWOULDBLOCK);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_ok(try_unload());
	assert_ok(try_load(""));
}

static void a_second_load_is_refused(void **state)
{
	(void)state;
	assert_refused(try_load(""), EEXIST);
}

static void the_node_comes_and_goes(void **state)
{
	(void)state;
	assert_ok(access(BPFMMAP_DEVICE, F_OK));
	assert_ok(try_unload());
	assert_int_equal(access(BPFMMAP_DEVICE, F_OK), -1);
	assert_refused(try_create(8, 1), ENOENT);
	assert_ok(try_load(""));
	assert_ok(access(BPFMMAP_DEVICE, F_OK));
}

static int use_it(void *arg)
{
	int fd = try_create(4096, 700), kept;
	uint8_t *rw, *ro;

	(void)arg;
	if (fd < 0)
		return 1;
	rw = mmap(NULL, 4096 * 700, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ro = mmap(NULL, 4096 * 700, PROT_READ, MAP_SHARED, fd, 0);
	if (rw == MAP_FAILED || ro == MAP_FAILED)
		return 2;
	memset(rw, 1, 4096 * 700);
	kept = try_freeze(fd);
	munmap(rw, 4096 * 700);
	if (kept != -EBUSY || try_freeze(fd))
		return 3;
	/* the fd and the mapping go with the process */
	return all(ro, 4096 * 700, 1) ? 0 : 4;
}

static void a_hundred_rounds(void **state)
{
	int round;

	(void)state;
	for (round = 0; round < 100; round++) {
		assert_ok(try_unload());
		assert_ok(try_load(""));
		assert_ok(in_child(use_it, NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_while_the_device_is_open),
		cmocka_unit_test(refused_while_a_region_is_open),
		cmocka_unit_test(refused_while_a_region_is_mapped),
		cmocka_unit_test(refused_while_a_child_has_it),
		cmocka_unit_test(a_second_load_is_refused),
		cmocka_unit_test(the_node_comes_and_goes),
		cmocka_unit_test(a_hundred_rounds),
	};

	return RUN_GROUP(tests);
}
