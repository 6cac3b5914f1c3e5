// SPDX-License-Identifier: GPL-2.0-only
/* See world.h. */
#include "fixture.h"
#include "world.h"

#include <signal.h>
#include <sys/stat.h>

struct shared *shared;
struct world world;

static uint8_t *scratch, *pristine, *cold, *hole, *read_only, *inaccessible;
static __thread sigjmp_buf after_signal;
static __thread volatile bool guarding;

void broken(const char *format, ...)
{
	va_list args;

	if (!*shared->broken) {
		va_start(args, format);
		vsnprintf(shared->broken, sizeof(shared->broken), format, args);
		va_end(args);
	}
	_exit(1);
}

static void on_signal(int number)
{
	if (guarding)
		siglongjmp(after_signal, number);
	signal(number, SIG_DFL);
}

/* SA_NODEFER: the jump out of the handler does not restore the mask, which would be a call. */
static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

long guarded_copy(void *to, const void *from, size_t len)
{
	int number = sigsetjmp(after_signal, 0);

	if (number) {
		guarding = false;
		return number == SIGSEGV ? -EFAULT : -EIO;
	}
	guarding = true;
	memcpy(to, from, len);
	guarding = false;
	return 0;
}

/* A page that can be read and not written, with the bytes of the scratch buffer. */
static uint8_t *make_read_only(void)
{
	uint8_t *page = anonymous(PAGE);

	memcpy(page, pristine, PAGE);
	mprotect(page, PAGE, PROT_READ);
	return page;
}

static void reserve_arena(void)
{
	assert_ptr_equal(mmap(ARENA, ARENA_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			      MAP_NORESERVE | MAP_FIXED, -1, 0), ARENA);
}

void world_prepare(void)
{
	struct stat st;
	size_t i;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	reserve_arena();
	scratch = anonymous(SCRATCH_BYTES);
	pristine = anonymous(SCRATCH_BYTES);
	for (i = 0; i < SCRATCH_BYTES; i++)
		pristine[i] = i * 7 + i / 251;
	cold = anonymous(SCRATCH_BYTES);
	hole = page_before_a_hole();
	read_only = make_read_only();
	inaccessible = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ok(stat(BPFMMAP_PUBLISH_DIR, &st));
	world.device = st.st_dev;
}

void world_start(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		world.fds[i] = -1;
	catch_signals();
}

void world_begin(void)
{
	memcpy(scratch, pristine, SCRATCH_BYTES);
	memcpy(hole, pristine, PAGE);
	world.alone = true;
}

void world_end(void)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		if (world.fds[i] >= 0)
			close(world.fds[i]);
		world.fds[i] = -1;
		world.ids[i] = 0;
	}
	for (i = 0; i < MOST_CHILDREN; i++) {
		if (!world.children[i])
			continue;
		kill(world.children[i], SIGKILL);
		waitpid(world.children[i], NULL, 0);
		world.children[i] = 0;
	}
	/* lengths may reach beyond its end */
	munmap(ARENA, 2 * ARENA_BYTES);
	reserve_arena();
}

int slot_fd(uint8_t slot)
{
	return world.fds[slot % SLOTS];
}

static uint32_t region_id(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || st.st_dev != world.device || !S_ISREG(st.st_mode) ||
	    fcntl(fd, F_GETFL) & O_PATH)
		return 0;
	return st.st_ino;
}

long slot_set(uint8_t slot, long fd)
{
	int *to = &world.fds[slot % SLOTS];

	if (fd < 0)
		return fd;
	if (*to >= 0)
		close(*to);
	*to = fd;
	world.ids[slot % SLOTS] = region_id(fd);
	return fd;
}

/* In pages: the first ones, and those around multiples of 2 MiB. */
uint8_t *place(uint8_t byte)
{
	static const unsigned int pages[] = {
		0, 1, 2, 3, 4, 8, 15, 16, 511, 512, 513, 520, 1023, 1024, 1536, 2040,
	};

	return ARENA + CHOOSE(pages, byte) * PAGE;
}

size_t length(uint8_t byte)
{
	static const unsigned int bytes[] = {
		4096, 8192, 4096, 16384, 32768, 65536, 12288, 2097152, 2101248, 4194304, 2093056,
		0, 1, 4097, 8388608, 100,
	};

	return CHOOSE(bytes, byte);
}

int64_t offset(uint8_t byte)
{
	static const int64_t offsets[] = {
		0, 4096, 8, 1, 8192, 4095, 4088, 16384, 65536, 2097152, 100, -1, 1LL << 31,
		1LL << 44, INT64_MAX, INT64_MIN, 4000, 4097, -4096, 2093056, 65528, 511, 7,
	};

	return CHOOSE(offsets, byte);
}

uint32_t number(uint8_t byte)
{
	static const uint32_t numbers[] = {
		0, 1, 2, 3, 7, 8, 99, 100, 511, 512, 513, 4, 16, 64, 255, 256, 1023, 1024, 4095,
		4096, 65535, 65536, 262143, 262144, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};

	return CHOOSE(numbers, byte);
}

enum { BUFFER_COLD = 6, BUFFER_EXACT, BUFFER_CUT, BUFFER_NULL, BUFFER_KERNEL, BUFFER_NONCANONICAL,
	BUFFER_READ_ONLY, BUFFER_INACCESSIBLE, BUFFER_ARENA, BUFFER_ARENA_EDGE, NR_BUFFERS };

static uint8_t *end_of(uint8_t *page, size_t len)
{
	return page + PAGE - (len < PAGE ? len : PAGE);
}

uint8_t *buffer(uint8_t byte, size_t len)
{
	switch (byte % NR_BUFFERS) {
	case BUFFER_COLD:
		/* not in memory, so a copy without faults has to be repeated */
		madvise(cold, SCRATCH_BYTES, MADV_DONTNEED);
		return cold;
	case BUFFER_EXACT:
		return end_of(hole, len);
	case BUFFER_CUT:
		return end_of(hole, len / 2);
	case BUFFER_NULL:
		return NULL;
	case BUFFER_KERNEL:
		return HIGH(0xffff888000000000);
	case BUFFER_NONCANONICAL:
		return HIGH(0x8000000000000000);
	case BUFFER_READ_ONLY:
		return end_of(read_only, len);
	case BUFFER_INACCESSIBLE:
		return inaccessible;
	case BUFFER_ARENA:
		shared->used_arena = true;
		return place(byte / NR_BUFFERS);
	case BUFFER_ARENA_EDGE:
		shared->used_arena = true;
		return place(byte / NR_BUFFERS) + PAGE - 4;
	default:
		return scratch + byte % NR_BUFFERS + 64 * (byte / NR_BUFFERS);
	}
}

bool buffer_is_bad(uint8_t byte)
{
	switch (byte % NR_BUFFERS) {
	case BUFFER_NULL:
	case BUFFER_KERNEL:
	case BUFFER_NONCANONICAL:
	case BUFFER_INACCESSIBLE:
		return true;
	default:
		return false;
	}
}

bool buffer_is_plain(uint8_t byte)
{
	return byte % NR_BUFFERS < BUFFER_COLD;
}

const char *name_path(uint8_t byte)
{
	static const char * const paths[] = {
		BPFMMAP_PUBLISH_DIR "/a", BPFMMAP_PUBLISH_DIR "/b", BPFMMAP_PUBLISH_DIR "/d",
		BPFMMAP_PUBLISH_DIR "/d/a", BPFMMAP_PUBLISH_DIR, BPFMMAP_PUBLISH_DIR "/d/e",
		SECOND_MOUNT "/a", SECOND_MOUNT, BPFMMAP_PUBLISH_DIR "/e", "/tmp/fuzz",
		BPFMMAP_PUBLISH_DIR "/d/e/b", BPFMMAP_PUBLISH_DIR "/.", BPFMMAP_PUBLISH_DIR "/..",
		BPFMMAP_PUBLISH_DIR "/d/.hidden", "", "/proc/self/maps",
	};

	return CHOOSE(paths, byte);
}

const char *name_alone(uint8_t byte)
{
	static const char * const names[] = {
		"a", "b", "c", "a", "b", "a.b-c_9", "", ".x", "-x", "a/b", "a b", "\xc3\xa9", "..",
		"123456789012345678901234567890123456789012345678901234567890123",
		"1234567890123456789012345678901234567890123456789012345678901234",
	};

	return CHOOSE(names, byte);
}
