// SPDX-License-Identifier: GPL-2.0-only
/* See operation.h: mappings in the arena, and accesses to them. */
#include "fixture.h"
#include "operation.h"
#include "world.h"

#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#ifndef SYS_mseal
#define SYS_mseal	462
#endif

static const int protections[] = {
	PROT_READ | PROT_WRITE, PROT_READ, PROT_WRITE, PROT_NONE, PROT_READ | PROT_EXEC,
	PROT_READ | PROT_WRITE | PROT_EXEC, PROT_READ | PROT_WRITE, PROT_READ | PROT_GROWSDOWN,
};

static long do_mmap(const uint8_t *a)
{
	static const int flags[] = {
		MAP_SHARED, MAP_SHARED | MAP_POPULATE, MAP_PRIVATE, MAP_SHARED_VALIDATE,
		MAP_SHARED | MAP_LOCKED, MAP_SHARED | MAP_NORESERVE, MAP_SHARED_VALIDATE | MAP_SYNC,
		MAP_SHARED | MAP_HUGETLB, MAP_PRIVATE | MAP_ANONYMOUS,
	};
	void *at = mmap(place(a[1]), length(a[2]), CHOOSE(protections, a[3]),
			CHOOSE(flags, a[4]) | MAP_FIXED, slot_fd(a[0]), offset(a[5]));

	return at == MAP_FAILED ? -errno : 0;
}

/* Map the whole of a region, at the start of the arena. */
static long do_map_all(const uint8_t *a)
{
	struct bpfmmap_info args = { .size = sizeof(args) };
	long ret = request(slot_fd(a[0]), BPFMMAP_IOC_INFO, &args);

	if (ret || args.bytes > ARENA_BYTES)
		return ret ?: -E2BIG;
	return mmap(ARENA, args.bytes, CHOOSE(protections, a[1]), MAP_SHARED | MAP_FIXED,
		    slot_fd(a[0]), 0) == MAP_FAILED ? -errno : 0;
}

static long do_munmap(const uint8_t *a)
{
	return result(munmap(place(a[0]), length(a[1])));
}

static long do_mprotect(const uint8_t *a)
{
	int key, prot = CHOOSE(protections, a[2]);
	long ret;

	if (a[3] % 4 != 3)
		return result(mprotect(place(a[0]), length(a[1]), prot));
	key = pkey_alloc(0, 0);
	ret = result(pkey_mprotect(place(a[0]), length(a[1]), prot, key));
	if (key >= 0)
		pkey_free(key);
	return ret;
}

static long do_mremap(const uint8_t *a)
{
	static const int flags[] = {
		MREMAP_MAYMOVE, MREMAP_MAYMOVE | MREMAP_FIXED, 0,
		MREMAP_MAYMOVE | MREMAP_DONTUNMAP, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
	};
	size_t old = a[5] == 0xff ? 0 : length(a[1]);
	void *at = mremap(place(a[0]), old, length(a[2]), CHOOSE(flags, a[3]), place(a[4]));

	if (at == MAP_FAILED)
		return -errno;
	/* somewhere else in this process */
	if ((uint8_t *)at < ARENA || (uint8_t *)at >= ARENA + ARENA_BYTES)
		world.spoiled = true;
	return 0;
}

/* All advice: 0 to 25, and 100 to 102, as MADV_HWPOISON is. The latter would take pages away. */
static long do_madvise(const uint8_t *a)
{
	return result(madvise(place(a[0]), length(a[1]), a[2] % 28));
}

static long do_process_madvise(const uint8_t *a)
{
	struct iovec range = { place(a[0]), length(a[1]) };
	int pid = syscall(SYS_pidfd_open, getpid(), 0);
	long ret;

	if (pid < 0)
		return -errno;
	ret = result(syscall(SYS_process_madvise, pid, &range, 1, a[2] % 28, 0));
	close(pid);
	return ret;
}

static long do_mlock(const uint8_t *a)
{
	switch (a[2] % 4) {
	case 0:
		return result(mlock(place(a[0]), length(a[1])));
	case 1:
		return result(mlock2(place(a[0]), length(a[1]), MLOCK_ONFAULT));
	case 2:
		return result(munlock(place(a[0]), length(a[1])));
	default:
		world.spoiled = true;
		return result(a[2] / 4 % 2 ? mlockall(MCL_CURRENT) : munlockall());
	}
}

static long do_msync(const uint8_t *a)
{
	return result(msync(place(a[0]), length(a[1]), a[2] % 8));
}

static long do_mincore(const uint8_t *a)
{
	return result(mincore(place(a[0]), length(a[1]), buffer(a[2], 2049)));
}

static long do_seal(const uint8_t *a)
{
	world.spoiled = true;
	return result(syscall(SYS_mseal, place(a[0]), length(a[1]), 0));
}

static long do_remap_pages(const uint8_t *a)
{
	return result(remap_file_pages(place(a[0]), length(a[1]), 0, a[2],
				       a[3] % 2 ? MAP_NONBLOCK : 0));
}

static long do_policy(const uint8_t *a)
{
	unsigned long node = 1;

	return result(syscall(SYS_mbind, place(a[0]), length(a[1]), a[2] % 6, &node, 8, a[3] % 8));
}

/* A region takes none of these; memory that does must not make faults wait, so it gives SIGBUS. */
static long do_userfaultfd(const uint8_t *a)
{
	struct uffdio_register args = {
		.range = { (uintptr_t)place(a[1]), length(a[2]) },
		.mode = 1 + a[3] % 7,
	};
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	long ret;

	if (fd < 0)
		return -errno;
	ret = result(ioctl(fd, UFFDIO_API, &api));
	if (!ret)
		ret = result(ioctl(fd, UFFDIO_REGISTER, &args));
	slot_set(a[0], fd);
	return ret;
}

/* The at-th byte from a place on. */
static uint8_t *byte_at(const uint8_t *a)
{
	static const unsigned int bytes[] = { 0, 8, 4095, 100, 4096, 4088, 8191, 2097151, 2097152 };

	return place(a[0]) + CHOOSE(bytes, a[1]);
}

static long do_load(const uint8_t *a)
{
	uint8_t byte;

	return guarded_copy(&byte, byte_at(a), 1);
}

static long do_store(const uint8_t *a)
{
	return guarded_copy(byte_at(a), &a[2], 1);
}

/* One byte of each page. */
static long do_touch(const uint8_t *a)
{
	uint8_t *at = place(a[0]), byte = 0;
	size_t left = length(a[1]);
	long ret = 0;

	for (; left >= PAGE && !ret; at += PAGE, left -= PAGE)
		ret = a[2] % 2 ? guarded_copy(at, &a[3], 1) : guarded_copy(&byte, at, 1);
	return ret;
}

/* By /proc/self/mem, as a debugger does. */
static long do_mem(const uint8_t *a)
{
	uint8_t bytes[16] = { a[3] };
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	if (a[2] % 2)
		ret = result(pwrite(fd, bytes, sizeof(bytes), (uintptr_t)byte_at(a)));
	else
		ret = result(pread(fd, bytes, sizeof(bytes), (uintptr_t)byte_at(a)));
	close(fd);
	return ret;
}

static long do_process_vm(const uint8_t *a)
{
	struct iovec local = { buffer(0, 64), 64 }, remote = { byte_at(a), 64 };

	if (a[2] % 2)
		return result(process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	return result(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

static long do_futex(const uint8_t *a)
{
	uint32_t *at = (uint32_t *)place(a[0]);
	const struct timespec soon = { 0, 1000 };

	if (a[1] % 2)
		return result(syscall(SYS_futex, at, FUTEX_WAIT, a[2], &soon, NULL, 0));
	return result(syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0));
}

/* Look at page tables: pagemap, smaps, numa_maps; or clear the marks of soft-dirty pages. */
static long do_walk(const uint8_t *a)
{
	static const char * const paths[] = {
		"/proc/self/smaps", "/proc/self/smaps_rollup", "/proc/self/numa_maps",
		"/proc/self/maps", "/proc/self/pagemap",
	};
	static __thread char text[65536];
	off_t at = a[0] % 5 == 4 ? (uintptr_t)place(a[1]) / PAGE * 8 : 0;
	long ret;
	int fd;

	if (a[0] % 6 == 5)
		return try_write_file("/proc/self/clear_refs", a[1] % 2 ? "4" : "1");
	fd = open(CHOOSE(paths, a[0]), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = result(pread(fd, text, sizeof(text), at));
	close(fd);
	return ret < 0 ? ret : 0;
}

const struct operation memory_operations[] = {
	{ "mmap", 6, 60, do_mmap, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "mapall", 2, 40, do_map_all, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "munmap", 2, 24, do_munmap, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "mprotect", 4, 24, do_mprotect, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "mremap", 6, 30, do_mremap, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "madvise", 3, 16, do_madvise, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "pmadvise", 3, 3, do_process_madvise, MAY_MAP, { 0 } },
	{ "mlock", 3, 8, do_mlock, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "msync", 3, 4, do_msync, GIVES_ZERO, { 0 } },
	{ "mincore", 3, 4, do_mincore, MAY_WRITE | MAY_WRITE_PART | GIVES_ZERO, { 0 } },
	{ "mseal", 2, 3, do_seal, GIVES_ZERO, { 0 } },
	{ "remap", 4, 3, do_remap_pages, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "mbind", 4, 4, do_policy, MAY_MAP | GIVES_ZERO, { 0 } },
	{ "uffd", 4, 4, do_userfaultfd, MAY_MAP, { 0 } },
	{ "load", 2, 20, do_load, 0, { 0 } },
	{ "store", 3, 40, do_store, MAY_WRITE, { 0 } },
	{ "touch", 4, 16, do_touch, MAY_WRITE | MAY_WRITE_PART, { 0 } },
	{ "mem", 4, 10, do_mem, MAY_WRITE, { 0 } },
	{ "pvm", 3, 5, do_process_vm, MAY_WRITE, { 0 } },
	{ "futex", 3, 4, do_futex, 0, { 0 } },
	{ "walk", 2, 5, do_walk, 0, { 0 } },
	{ NULL, 0, 0, NULL, 0, { 0 } }
};
