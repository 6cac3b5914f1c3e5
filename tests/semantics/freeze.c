// SPDX-License-Identifier: GPL-2.0-only
/* When a freeze works, and what works after it. */
#include "answer.h"
#include "held_page.h"

#include <pthread.h>
#include <sys/uio.h>

static int freeze(void)
{
	return kernel_array.freeze(fd);
}

static void idle(void **state)
{
	(void)state;
	always("freeze", word(freeze()), "works");
}

static void twice(void **state)
{
	(void)state;
	assert_ok(freeze());
	answer("a second freeze", word(freeze()));
}

static void while_writable(void **state)
{
	uint8_t *at = writable(fd);
	int ret = freeze();

	(void)state;
	unmap(at, LEN);
	always("freeze with a writable mapping, and again after munmap",
	       in_turn(word(ret), word(freeze())), "EBUSY, then works");
}

static void while_readable(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	always("freeze with a read-only mapping", word(freeze()), "works");
	unmap(at, LEN);
}

static void while_protected(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	assert_ok(try_protect(at, LEN, PROT_READ));
	always("freeze with a writable mapping that mprotect has made read-only", word(freeze()),
	       "EBUSY");
	unmap(at, LEN);
}

static void while_half_mapped(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	unmap(at, PAGE);
	always("freeze with a part of a writable mapping", word(freeze()), "EBUSY");
	unmap(at + PAGE, PAGE);
}

static void mapped_over(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	assert_true(mmap(at, LEN, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
	always("freeze after MAP_FIXED over the writable mapping", word(freeze()), "works");
	unmap(at, LEN);
}

static void while_forked(void **state)
{
	uint8_t *at = writable(fd);
	int ret, pipes[2], status;
	pid_t pid;
	char c;

	(void)state;
	assert_ok(pipe(pipes));
	pid = fork();
	if (!pid) {
		close(pipes[1]);
		_exit(read(pipes[0], &c, 1));
	}
	unmap(at, LEN);
	ret = freeze();
	close(pipes[1]);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	always("freeze with a writable mapping of a child, and again when it has ended",
	       in_turn(word(ret), word(freeze())), "EBUSY, then works");
}

static struct held_page held;

static void *update_from_held(void *arg)
{
	uint32_t key = 0;

	return (void *)(long)bpf_map_update_elem(*(int *)arg, &key, held.page, BPF_ANY);
}

static void while_updating(void **state)
{
	pthread_t thread;
	void *updated;
	int ret;
	uint64_t value;

	(void)state;
	assert_true(hold_page(&held));
	assert_ok(pthread_create(&thread, NULL, update_from_held, &fd));
	assert_true(wait_for_toucher(&held));
	ret = freeze();
	value = first(fd);
	assert_true(release_page(&held, 7));
	assert_ok(pthread_join(thread, &updated));
	let_go_of_page(&held);
	answer("freeze while an update reads its value from the user",
	       ret ? word(ret) : first(fd) == value ? "works" : "works, then bytes change");
}

static void *write_from_held(void *arg)
{
	struct iovec from = { held.page, 8 }, to = { arg, 8 };

	return (void *)result(process_vm_writev(getpid(), &from, 1, &to, 1, 0));
}

static void while_pinned(void **state)
{
	uint8_t *at = writable(fd);
	pthread_t thread;
	void *written;
	int ret;

	(void)state;
	assert_true(hold_page(&held));
	assert_ok(pthread_create(&thread, NULL, write_from_held, at));
	assert_true(wait_for_toucher(&held));
	unmap(at, LEN);
	ret = freeze();
	assert_true(release_page(&held, 7));
	assert_ok(pthread_join(thread, &written));
	let_go_of_page(&held);
	answer("freeze while process_vm_writev has pinned a page that is not mapped any more",
	       ret ? word(ret) : first(fd) ? "works, then bytes change" : "works");
}

static void by_vmsplice(void **state)
{
	uint8_t *at = writable(fd);
	struct iovec from = { at, PAGE };
	int pipes[2], ret;

	(void)state;
	assert_ok(pipe(pipes));
	assert_int_equal(vmsplice(pipes[1], &from, 1, 0), PAGE);
	unmap(at, LEN);
	ret = freeze();
	close(pipes[0]);
	close(pipes[1]);
	answer("freeze while a pipe holds a page by vmsplice", word(ret));
}

static void by_read_only_fd(void **state)
{
	int other = try_open(fd, BPF_F_RDONLY);

	(void)state;
	assert_true(other >= 0);
	answer("freeze by a read-only fd", word(kernel_array.freeze(other)));
	close(other);
}

static void by_write_only_fd(void **state)
{
	int other = try_open(fd, BPF_F_WRONLY);

	(void)state;
	assert_true(other >= 0);
	answer("freeze by a write-only fd", word(kernel_array.freeze(other)));
	close(other);
}

static int freeze_in_child(void *arg)
{
	(void)arg;
	return -freeze();
}

static void by_nobody(void **state)
{
	(void)state;
	answer("freeze by an inherited fd, without capabilities",
	       word(-as_user(65534, freeze_in_child, NULL)));
}

static void of_plain_array(void **state)
{
	int map = try_map_create(BPF_MAP_TYPE_ARRAY, 8, 4, 0);

	(void)state;
	always("freeze of an array without BPF_F_MMAPABLE", word(bpf_map_freeze(map)), "works");
	close(map);
}

static void of_hash(void **state)
{
	int map = try_map_create(BPF_MAP_TYPE_HASH, 8, 4, 0);

	(void)state;
	always("freeze of a hash", word(bpf_map_freeze(map)), "works");
	close(map);
}

static void then_map_writable(void **state)
{
	(void)state;
	assert_ok(freeze());
	always("frozen: mmap with PROT_WRITE", mmap_word(fd, LEN, RW, MAP_SHARED, 0), "EPERM");
}

static void then_map_readable(void **state)
{
	(void)state;
	assert_ok(freeze());
	always("frozen: mmap with PROT_READ", mmap_word(fd, LEN, PROT_READ, MAP_SHARED, 0),
	       "works");
}

static void then_protect(void **state)
{
	uint8_t *at;

	(void)state;
	assert_ok(freeze());
	at = readable(fd);
	always("frozen: mprotect to writable", word(try_protect(at, LEN, RW)), "EACCES");
	unmap(at, LEN);
}

static void then_update(void **state)
{
	(void)state;
	assert_ok(freeze());
	always("frozen: update", word(try_store(fd, 1)), "EPERM");
}

static void then_lookup(void **state)
{
	uint64_t value;

	(void)state;
	assert_ok(try_store(fd, 5));
	assert_ok(freeze());
	always("frozen: lookup", word(kernel_array.lookup(fd, 0, &value, 0)), "works");
	assert_int_equal(value, 5);
}

static void then_delete(void **state)
{
	uint32_t key = 0;

	(void)state;
	assert_ok(freeze());
	answer("frozen: delete", word(bpf_map_delete_elem(fd, &key)));
}

static void then_lookup_and_delete(void **state)
{
	uint32_t key = 0;
	uint64_t value;

	(void)state;
	assert_ok(freeze());
	answer("frozen: lookup and delete",
	       word(bpf_map_lookup_and_delete_elem(fd, &key, &value)));
}

static void then_next_key(void **state)
{
	uint32_t next;

	(void)state;
	assert_ok(freeze());
	always("frozen: next key", word(bpf_map_get_next_key(fd, NULL, &next)), "works");
}

static void then_lookup_batch(void **state)
{
	uint64_t values[4];
	uint32_t count = 4;

	(void)state;
	assert_ok(freeze());
	always("frozen: lookup of a batch", word(kernel_array.lookup_batch(fd, 0, &count, values)),
	       "works");
}

static void then_update_batch(void **state)
{
	uint64_t values[4] = { 1, 2, 3, 4 };
	uint32_t count = 4;

	(void)state;
	assert_ok(freeze());
	always("frozen: update of a batch", word(kernel_array.update_batch(fd, 0, &count, values)),
	       "EPERM");
}

static void then_open(void **state)
{
	int other;

	(void)state;
	assert_ok(freeze());
	other = try_open(fd, 0);
	always("frozen: open by id, and an update by that fd",
	       in_turn(word(other), word(try_store(other, 1))), "works, then EPERM");
	close(other);
}

static void then_fdinfo(void **state)
{
	struct array_info before, after;

	(void)state;
	assert_ok(kernel_array.info(fd, &before));
	assert_ok(freeze());
	assert_ok(kernel_array.info(fd, &after));
	assert_true(file_has(path_of_fdinfo(fd), "frozen:\t1\n"));
	always("the line \"frozen\" in fdinfo, before and after a freeze",
	       in_turn(before.frozen ? "1" : "0", after.frozen ? "1" : "0"), "0, then 1");
}

static void then_flags(void **state)
{
	struct bpf_map_info before = { 0 }, after = { 0 };
	uint32_t len = sizeof(before), len_after = sizeof(after);

	(void)state;
	assert_ok(bpf_obj_get_info_by_fd(fd, &before, &len));
	assert_ok(freeze());
	assert_ok(bpf_obj_get_info_by_fd(fd, &after, &len_after));
	/* libbpf's struct may be longer than the kernel's */
	always("BPF_OBJ_GET_INFO_BY_FD before and after a freeze",
	       memcmp(&before, &after, len) ? "differs" : "the same", "the same");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(idle),
		TEST(twice),
		TEST(while_writable),
		TEST(while_readable),
		TEST(while_protected),
		TEST(while_half_mapped),
		TEST(mapped_over),
		TEST(while_forked),
		TEST(while_updating),
		TEST(while_pinned),
		TEST(by_vmsplice),
		TEST(by_read_only_fd),
		TEST(by_write_only_fd),
		TEST(by_nobody),
		TEST(of_plain_array),
		TEST(of_hash),
		TEST(then_map_writable),
		TEST(then_map_readable),
		TEST(then_protect),
		TEST(then_update),
		TEST(then_lookup),
		TEST(then_delete),
		TEST(then_lookup_and_delete),
		TEST(then_next_key),
		TEST(then_lookup_batch),
		TEST(then_update_batch),
		TEST(then_open),
		TEST(then_fdinfo),
		TEST(then_flags),
	};

	return RUN_GROUP_WITH(tests, NULL, NULL);
}
