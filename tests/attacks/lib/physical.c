// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by physical memory. Root may read all of it in /proc/kcore, and so finds the
 * page that holds an element: it puts a mark there and looks at the start of every
 * page for it. No mapping is needed for what follows.
 */
#include "attack.h"
#include "kcore.h"

/* Not on a page's start, so that nobody finds it but in the array. */
struct mark {
	char pad[8];
	uint64_t value;
};

static bool marked(const struct kcore *kcore, const struct kcore_range *range, uint64_t at,
		   const struct mark *mark)
{
	struct mark found;

	return kcore_read(kcore, range, at, &found.value) && found.value == mark->value;
}

/* The physical address of the first page of the array, found before it is frozen. */
static uint64_t find(struct target *t)
{
	struct mark mark = { .value = 0x1234567887654321 ^ (uint64_t)t->serial << 32 };
	struct kcore kcore;
	uint64_t at;
	size_t i;

	if (!kcore_open(&kcore)) {
		missing(t, "no /proc/kcore to search on this kernel");
		return 0;
	}
	t->array->update(t->fd, 0, &mark.value, 0);
	for (i = 0; i < kcore.nr; i++) {
		const struct kcore_range *range = &kcore.ranges[i];

		for (at = range->start; at < range->start + range->len; at += PAGE) {
			if (!marked(&kcore, range, at, &mark))
				continue;
			/* it is the array if it follows what we do to the array */
			mark.value++;
			t->array->update(t->fd, 0, &mark.value, 0);
			if (marked(&kcore, range, at, &mark))
				return at;
		}
	}
	missing(t, "the page is not in /proc/kcore");
	return 0;
}

static void dev_mem(struct target *t)
{
	uint64_t where = find(t);
	uint8_t *at;
	int mem;

	if (!where || !freeze(t))
		return;
	mem = open("/dev/mem", O_RDWR | O_CLOEXEC);
	if (mem < 0)
		return missing(t, "no /dev/mem on this kernel");
	passes(t, "write", result(pwrite(mem, memory(PAGE), PAGE, where)));
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, where);
	if (passes(t, "mmap", at == MAP_FAILED ? -errno : 0))
		memset(at, THEIRS, PAGE);
}

static void kcore_write(struct target *t)
{
	int kcore;

	if (!find(t) || !freeze(t))
		return;
	kcore = open("/proc/kcore", O_RDWR | O_CLOEXEC);
	if (passes(t, "open", result(kcore)))
		passes(t, "write", result(pwrite(kcore, memory(PAGE), PAGE, PAGE)));
}

/* Tell the kernel that the page has failed, or is about to. */
static void let_fail(struct target *t, const char *path, bool by_number)
{
	uint64_t where = find(t);
	char text[32];
	int file;

	if (!where || !freeze(t))
		return;
	file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return missing(t, "no memory failure handling");
	snprintf(text, sizeof(text), "%#llx",
		 (unsigned long long)(by_number ? where / PAGE : where));
	passes(t, "write", result(write(file, text, strlen(text))));
	readonly(t);
}

static void soft_offline(struct target *t)
{
	let_fail(t, "/sys/devices/system/memory/soft_offline_page", false);
}

static void hard_offline(struct target *t)
{
	let_fail(t, "/sys/devices/system/memory/hard_offline_page", false);
}

static void inject_failure(struct target *t)
{
	static const char file[] = "/sys/kernel/debug/hwpoison/corrupt-pfn";

	/* built in it has no folder in /sys/module */
	if (access(file, F_OK) && try_load_other("hwpoison-inject"))
		return missing(t, "no hwpoison-inject");
	let_fail(t, file, true);
}

const struct route physical_routes[] = {
	{ .name = "/dev/mem at its physical address", .run = dev_mem },
	{ .name = "/proc/kcore", .run = kcore_write },
	{ .name = "memory failure: soft_offline_page", .run = soft_offline },
	{ .name = "memory failure: hard_offline_page", .run = hard_offline },
	{ .name = "memory failure: hwpoison-inject", .run = inject_failure },
	{ }
};
