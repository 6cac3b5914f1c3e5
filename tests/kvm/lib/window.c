// SPDX-License-Identifier: GPL-2.0-only
/* See window.h. */
#include "window.h"

#define MOST	(8 * MIB)	/* of the window, and of what tests map behind it */

static struct kvm_guest guest;
static bool running;
static int files[4];		/* 0: none */

/* Where there is no KVM each test finds that out by itself, and is skipped. */
int enter_kvm(void **state)
{
	kvm_load("", "");
	return load_module(state);
}

int leave_kvm(void **state)
{
	kvm_let_go();
	return unload_module(state);
}

int reload_kvm(void **state)
{
	static const char *loaded = "";
	const char *parameters = *state;

	if (strcmp(loaded, parameters))
		kvm_load("", parameters);
	loaded = parameters;
	return 0;
}

struct kvm_guest *start_guest(unsigned int flags, size_t pages)
{
	const char *why = kvm_guest_start(&guest, flags);

	if (why)
		skip_because("%s", why);
	running = true;
	assert_ok(kvm_guest_window(&guest, pages * PAGE, WINDOW));
	return &guest;
}

static int remember(int fd)
{
	size_t i = 0;

	assert_true(fd >= 0);
	while (files[i])
		i++;
	assert_true(i < ARRAY_SIZE(files));
	files[i] = fd;
	return fd;
}

int make_region(size_t pages)
{
	return remember(create_pages(pages));
}

int make_memfd(size_t pages)
{
	int fd = remember(memfd_create("window", MFD_CLOEXEC));

	assert_ok(ftruncate(fd, pages * PAGE));
	return fd;
}

void close_file(int fd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i] == fd) {
			close(fd);
			files[i] = 0;
		}
}

int clear_up(void **state)
{
	size_t i;

	(void)state;
	if (running)
		kvm_guest_stop(&guest);
	running = false;
	munmap(WINDOW, MOST);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i])
			close_file(files[i]);
	return 0;
}

uint8_t *map_window(int fd, size_t pages, int prot)
{
	void *at = mmap(WINDOW, pages * PAGE, prot, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);

	assert_ptr_equal(at, WINDOW);
	return at;
}

void unmap_window(size_t pages)
{
	unmap(WINDOW, pages * PAGE);
}

uint8_t *contents(int fd, size_t pages)
{
	uint8_t *all = malloc(pages * PAGE);

	assert_non_null(all);
	assert_int_equal(pread(fd, all, pages * PAGE, 0), pages * PAGE);
	return all;
}

long difference(const uint8_t *now, const uint8_t *before, size_t len)
{
	size_t i;

	if (memcmp(now, before, len))
		for (i = 0; i < len; i++)
			if (now[i] != before[i])
				return i;
	return -1;
}

long changed_at(int fd, const uint8_t *before, size_t pages)
{
	uint8_t *now = contents(fd, pages);
	long at = difference(now, before, pages * PAGE);

	free(now);
	return at;
}

void assert_unchanged(int fd, const uint8_t *before, size_t pages)
{
	long at = changed_at(fd, before, pages);

	if (at >= 0)
		fail_msg("the byte at %#lx has changed", at);
}

bool works(int exit)
{
	return exit == KVM_EXIT_IO;
}

const uintmax_t nothing_done[] = { (uintmax_t)-EFAULT, KVM_EXIT_MMIO, KVM_EXIT_INTERNAL_ERROR };
