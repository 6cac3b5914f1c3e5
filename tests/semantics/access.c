// SPDX-License-Identifier: GPL-2.0-only
/* How an array is created, opened, read and written by bpf(2), by its fd and by other processes. */
#include "answer.h"

#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* Create a map, and close it: the word. */
static const char *create_word(enum bpf_map_type type, uint32_t value_size, uint32_t max_entries,
			       uint32_t flags)
{
	int map = try_map_create(type, value_size, max_entries, flags);

	if (map >= 0)
		close(map);
	return word(map);
}

static const char *array_word(uint32_t value_size, uint32_t max_entries, uint32_t flags)
{
	return create_word(BPF_MAP_TYPE_ARRAY, value_size, max_entries, flags | BPF_F_MMAPABLE);
}

static void create_no_elements(void **state)
{
	(void)state;
	always("create with max_entries 0", array_word(8, 0, 0), "EINVAL");
}

static void create_no_value(void **state)
{
	(void)state;
	always("create with value_size 0", array_word(0, 8, 0), "EINVAL");
}

static void create_other_key(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	(void)state;
	always("create with key_size 8",
	       word(bpf_map_create(BPF_MAP_TYPE_ARRAY, "semantics", 8, 8, 8, &opts)), "EINVAL");
}

static void create_large_value(void **state)
{
	(void)state;
	answer("create with value_size 16 MiB", array_word(16 * MIB, 1, 0));
}

static void create_largest_value(void **state)
{
	(void)state;
	always("create with value_size 2^31", array_word(1U << 31, 1, 0), "E2BIG");
}

static void create_4_gib(void **state)
{
	(void)state;
	answer("create of 4 GiB on a machine that has 1 GiB",
	       array_word(8, 1U << 29, 0));
}

static void create_32_gib(void **state)
{
	(void)state;
	answer("create with 2^32 - 1 elements of 8 bytes", array_word(8, UINT32_MAX, 0));
}

static void create_hash(void **state)
{
	(void)state;
	always("create a hash with BPF_F_MMAPABLE",
	       create_word(BPF_MAP_TYPE_HASH, 8, 8, BPF_F_MMAPABLE), "EINVAL");
}

static void create_per_cpu(void **state)
{
	(void)state;
	always("create a per-CPU array with BPF_F_MMAPABLE",
	       create_word(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 8, BPF_F_MMAPABLE), "EINVAL");
}

static void create_prog_array(void **state)
{
	(void)state;
	always("create an array of programs with BPF_F_MMAPABLE",
	       create_word(BPF_MAP_TYPE_PROG_ARRAY, 4, 8, BPF_F_MMAPABLE), "EINVAL");
}

static void create_inner(void **state)
{
	(void)state;
	answer("create with BPF_F_INNER_MAP as well", array_word(8, 8, BPF_F_INNER_MAP));
}

static void create_read_write(void **state)
{
	(void)state;
	answer("create with BPF_F_RDONLY and BPF_F_WRONLY",
	       array_word(8, 8, BPF_F_RDONLY | BPF_F_WRONLY));
}

static void create_no_prog(void **state)
{
	(void)state;
	always("create with BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG",
	       array_word(8, 8, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG), "EINVAL");
}

static void create_prealloc(void **state)
{
	(void)state;
	always("create with BPF_F_NO_PREALLOC", array_word(8, 8, BPF_F_NO_PREALLOC), "EINVAL");
}

static int create_in_child(void *arg)
{
	int map = try_map_create(BPF_MAP_TYPE_ARRAY, 8, 8, BPF_F_MMAPABLE);

	(void)arg;
	return map < 0 ? -map : 0;
}

static void create_as_nobody(void **state)
{
	(void)state;
	always("create without capabilities (unprivileged BPF is off)",
	       word(-as_user(65534, create_in_child, NULL)), "EPERM");
}

static void update_exist(void **state)
{
	uint64_t value = 1;

	(void)state;
	always("update, BPF_EXIST", word(kernel_array.update(fd, 0, &value, BPF_EXIST)), "works");
}

static void update_noexist(void **state)
{
	uint64_t value = 1;

	(void)state;
	always("update, BPF_NOEXIST", word(kernel_array.update(fd, 0, &value, BPF_NOEXIST)),
	       "EEXIST");
}

static void update_lock(void **state)
{
	uint64_t value = 1;

	(void)state;
	always("update, BPF_F_LOCK (no spin lock in the value)",
	       word(kernel_array.update(fd, 0, &value, BPF_F_LOCK)), "EINVAL");
}

static void lookup_lock(void **state)
{
	uint64_t value;

	(void)state;
	always("lookup, BPF_F_LOCK (no spin lock in the value)",
	       word(kernel_array.lookup(fd, 0, &value, BPF_F_LOCK)), "EINVAL");
}

static void update_unknown(void **state)
{
	uint64_t value = 1;

	(void)state;
	always("update, an unknown flag", word(kernel_array.update(fd, 0, &value, 1ULL << 40)),
	       "EINVAL");
}

static void update_behind(void **state)
{
	uint64_t value = 1;

	(void)state;
	always("update behind the last element",
	       word(kernel_array.update(fd, LEN / 8, &value, BPF_ANY)), "E2BIG");
}

static void lookup_behind(void **state)
{
	uint64_t value;

	(void)state;
	always("lookup behind the last element",
	       word(kernel_array.lookup(fd, LEN / 8, &value, 0)), "ENOENT");
}

static void delete_element(void **state)
{
	uint32_t key = 0;

	(void)state;
	answer("delete", word(bpf_map_delete_elem(fd, &key)));
}

static void lookup_and_delete(void **state)
{
	uint32_t key = 0;
	uint64_t value;

	(void)state;
	answer("lookup and delete", word(bpf_map_lookup_and_delete_elem(fd, &key, &value)));
}

static void delete_batch(void **state)
{
	uint32_t keys[2] = { 0, 1 }, count = 2;

	(void)state;
	answer("delete of a batch", word(bpf_map_delete_batch(fd, keys, &count, NULL)));
}

static void update_batch(void **state)
{
	uint64_t values[4] = { 1, 2, 3, 4 };
	uint32_t count = 4;

	(void)state;
	always("update of a batch", word(kernel_array.update_batch(fd, 0, &count, values)),
	       "works");
}

static void read_only_fd_maps(void **state)
{
	int other = try_open(fd, BPF_F_RDONLY);

	(void)state;
	answer("a read-only fd: mmap with PROT_READ",
	       mmap_word(other, LEN, PROT_READ, MAP_SHARED, 0));
	close(other);
}

static void read_only_fd_maps_writable(void **state)
{
	int other = try_open(fd, BPF_F_RDONLY);

	(void)state;
	answer("a read-only fd: mmap with PROT_WRITE", mmap_word(other, LEN, RW, MAP_SHARED, 0));
	close(other);
}

static void read_only_fd_updates(void **state)
{
	int other = try_open(fd, BPF_F_RDONLY);

	(void)state;
	always("a read-only fd: update", word(try_store(other, 1)), "EPERM");
	close(other);
}

static void write_only_fd_maps(void **state)
{
	int other = try_open(fd, BPF_F_WRONLY);

	(void)state;
	answer("a write-only fd: mmap with PROT_READ and PROT_WRITE",
	       mmap_word(other, LEN, RW, MAP_SHARED, 0));
	close(other);
}

static void write_only_fd_looks_up(void **state)
{
	int other = try_open(fd, BPF_F_WRONLY);
	uint64_t value;

	(void)state;
	always("a write-only fd: lookup", word(kernel_array.lookup(other, 0, &value, 0)), "EPERM");
	close(other);
}

static void both_flags(void **state)
{
	int other = try_open(fd, BPF_F_RDONLY | BPF_F_WRONLY);

	(void)state;
	always("open by id with BPF_F_RDONLY and BPF_F_WRONLY", word(other), "EINVAL");
}

static void other_flag(void **state)
{
	(void)state;
	always("open by id with BPF_F_MMAPABLE", word(try_open(fd, BPF_F_MMAPABLE)), "EINVAL");
}

static int open_in_child(void *arg)
{
	int other = kernel_array.open_id(*(uint32_t *)arg, BPF_F_RDONLY);

	return other < 0 ? -other : 0;
}

static void open_as_nobody(void **state)
{
	struct array_info info;

	(void)state;
	assert_ok(kernel_array.info(fd, &info));
	always("open by id, read-only, without capabilities",
	       word(-as_user(65534, open_in_child, &info.id)), "EPERM");
}

/* A bpf file system in /tmp/bpf, and the array's pin in it. */
#define PIN	"/tmp/bpf/pin"

static int pin_it(void **state)
{
	mkdir("/tmp/bpf", 0755);
	return setup(state) || mount("bpf", "/tmp/bpf", "bpf", 0, NULL) || bpf_obj_pin(fd, PIN);
}

static int unpin_it(void **state)
{
	umount2("/tmp/bpf", MNT_DETACH);
	return teardown(state);
}

#define PIN_TEST(name)	cmocka_unit_test_setup_teardown(name, pin_it, unpin_it)

static void pin_opened(void **state)
{
	(void)state;
	answer("a pin: open(2)", word(result(open(PIN, O_RDONLY))));
}

static void pin_kept(void **state)
{
	int other;

	(void)state;
	assert_ok(kernel_array.freeze(fd));
	close(fd);
	fd = -1;
	other = bpf_obj_get(PIN);
	assert_true(other >= 0);
	always("a pin of a frozen array: an update by an fd from it", word(try_store(other, 1)),
	       "EPERM");
	close(other);
}

static void pin_read_only(void **state)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	int other = bpf_obj_get_opts(PIN, &opts);

	(void)state;
	assert_true(other >= 0);
	answer("a pin opened with BPF_F_RDONLY: mmap with PROT_READ",
	       mmap_word(other, LEN, PROT_READ, MAP_SHARED, 0));
	close(other);
}

static int get_in_child(void *arg)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = *(uint32_t *)arg);
	int other = bpf_obj_get_opts(PIN, &opts);

	return other < 0 ? -other : 0;
}

static void pin_of_mode(void **state)
{
	uint32_t flags = BPF_F_RDONLY;

	(void)state;
	assert_ok(chmod(PIN, 0444));
	answer("a pin of mode 0444 opened with BPF_F_RDONLY, without capabilities",
	       word(-as_user(65534, get_in_child, &flags)));
}

static void pin_of_mode_for_both(void **state)
{
	uint32_t flags = 0;

	(void)state;
	assert_ok(chmod(PIN, 0444));
	answer("a pin of mode 0444 opened for both, without capabilities",
	       word(-as_user(65534, get_in_child, &flags)));
}

static void read_fd(void **state)
{
	char c;

	(void)state;
	answer("read of the fd", word(result(read(fd, &c, 1))));
}

static void write_fd(void **state)
{
	(void)state;
	answer("write to the fd", word(result(write(fd, "x", 1))));
}

static void seek_fd(void **state)
{
	(void)state;
	answer("lseek of the fd", word(result(lseek(fd, 0, SEEK_END))));
}

static void size_of_fd(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(fstat(fd, &st));
	answer("fstat of the fd: its type",
	       S_ISREG(st.st_mode) ? "a regular file" : st.st_mode & S_IFMT ? "another" : "none");
}

static void truncate_fd(void **state)
{
	(void)state;
	answer("ftruncate of the fd", word(result(ftruncate(fd, PAGE))));
}

static void allocate_fd(void **state)
{
	(void)state;
	answer("fallocate of the fd, punching a hole",
	       word(result(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE))));
}

static void seal_fd(void **state)
{
	(void)state;
	answer("F_ADD_SEALS of the fd", word(result(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))));
}

static void reopen_fd(void **state)
{
	(void)state;
	always("open of /proc/self/fd/FD", word(result(open(path_of_fd(fd), O_RDWR))), "ENXIO");
}

static void poll_fd(void **state)
{
	struct pollfd poll_of = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };
	int ret = poll(&poll_of, 1, 0);

	(void)state;
	answer("poll of the fd", !ret ? "nothing" : poll_of.revents & POLLERR ? "POLLERR" :
	       "something");
}

static const char *vm_word(bool writing, void *at)
{
	char byte[8] = "1234567";
	struct iovec local = { byte, 8 }, remote = { at, 8 };

	return word(result(writing ? process_vm_writev(getpid(), &local, 1, &remote, 1, 0) :
			   process_vm_readv(getpid(), &local, 1, &remote, 1, 0)));
}

static const char *mem_word(bool writing, void *at)
{
	int mem = open("/proc/self/mem", O_RDWR);
	char bytes[8] = "1234567";
	const char *what;

	assert_true(mem >= 0);
	what = word(result(writing ? pwrite(mem, bytes, 8, (uintptr_t)at) :
			   pread(mem, bytes, 8, (uintptr_t)at)));
	close(mem);
	return what;
}

static void vm_readv(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	answer("process_vm_readv from the mapping", vm_word(false, at));
	unmap(at, LEN);
}

static void vm_writev(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	answer("process_vm_writev to a writable mapping", vm_word(true, at));
	unmap(at, LEN);
}

static void vm_writev_read_only(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	always("process_vm_writev to a read-only mapping", vm_word(true, at), "EFAULT");
	unmap(at, LEN);
}

static void mem_read(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	always("/proc/PID/mem: read of the mapping", mem_word(false, at), "works");
	unmap(at, LEN);
}

static void mem_write(void **state)
{
	uint8_t *at = writable(fd);

	(void)state;
	always("/proc/PID/mem: write to a writable mapping", mem_word(true, at), "works");
	unmap(at, LEN);
}

static void mem_write_read_only(void **state)
{
	uint8_t *at = readable(fd);

	(void)state;
	always("/proc/PID/mem: write to a read-only mapping", mem_word(true, at), "EIO");
	unmap(at, LEN);
}

static void mem_read_none(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_NONE, 0);

	(void)state;
	answer("/proc/PID/mem: read of a PROT_NONE mapping", mem_word(false, at));
	unmap(at, LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(create_no_elements),
		TEST(create_no_value),
		TEST(create_other_key),
		TEST(create_large_value),
		TEST(create_largest_value),
		TEST(create_4_gib),
		TEST(create_32_gib),
		TEST(create_hash),
		TEST(create_per_cpu),
		TEST(create_prog_array),
		TEST(create_inner),
		TEST(create_read_write),
		TEST(create_no_prog),
		TEST(create_prealloc),
		TEST(create_as_nobody),
		TEST(update_exist),
		TEST(update_noexist),
		TEST(update_lock),
		TEST(lookup_lock),
		TEST(update_unknown),
		TEST(update_behind),
		TEST(lookup_behind),
		TEST(delete_element),
		TEST(lookup_and_delete),
		TEST(delete_batch),
		TEST(update_batch),
		TEST(read_only_fd_maps),
		TEST(read_only_fd_maps_writable),
		TEST(read_only_fd_updates),
		TEST(write_only_fd_maps),
		TEST(write_only_fd_looks_up),
		TEST(both_flags),
		TEST(other_flag),
		TEST(open_as_nobody),
		PIN_TEST(pin_opened),
		PIN_TEST(pin_kept),
		PIN_TEST(pin_read_only),
		PIN_TEST(pin_of_mode),
		PIN_TEST(pin_of_mode_for_both),
		TEST(read_fd),
		TEST(write_fd),
		TEST(seek_fd),
		TEST(size_of_fd),
		TEST(truncate_fd),
		TEST(allocate_fd),
		TEST(seal_fd),
		TEST(reopen_fd),
		TEST(poll_fd),
		TEST(vm_readv),
		TEST(vm_writev),
		TEST(vm_writev_read_only),
		TEST(mem_read),
		TEST(mem_write),
		TEST(mem_write_read_only),
		TEST(mem_read_none),
	};

	return RUN_GROUP_WITH(tests, NULL, NULL);
}
