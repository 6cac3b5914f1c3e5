// SPDX-License-Identifier: GPL-2.0-only
/* See held_page.h. */
#include "harness.h"
#include "held_page.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/syscall.h>

#define MOST_PATIENCE	60000	/* ms; a thread that is to touch the page needs far less */

bool hold_page_at(struct held_page *held, uint8_t *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
		.range = { .start = (uintptr_t)page, .len = PAGE },
	};

	/* without O_NONBLOCK poll gives POLLERR */
	held->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (held->uffd < 0)
		return false;
	held->page = page;
	return !ioctl(held->uffd, UFFDIO_API, &api) &&
	       !ioctl(held->uffd, UFFDIO_REGISTER, &area) &&
	       !madvise(page, PAGE, MADV_DONTNEED);
}

bool hold_page(struct held_page *held)
{
	return hold_page_at(held, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

bool wait_for_toucher(struct held_page *held)
{
	struct pollfd wait = { .fd = held->uffd, .events = POLLIN };
	struct uffd_msg message;

	return poll(&wait, 1, MOST_PATIENCE) == 1 &&
	       read(held->uffd, &message, sizeof(message)) == sizeof(message) &&
	       message.event == UFFD_EVENT_PAGEFAULT;
}

bool release_page_as(struct held_page *held, const void *contents)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)held->page, .src = (uintptr_t)contents, .len = PAGE,
	};
	bool done = !ioctl(held->uffd, UFFDIO_COPY, &copy);

	close(held->uffd);
	return done;
}

bool release_page(struct held_page *held, uint8_t byte)
{
	uint8_t *contents = aligned_alloc(PAGE, PAGE);
	bool done;

	memset(contents, byte, PAGE);
	done = release_page_as(held, contents);
	free(contents);
	return done;
}

void let_go_of_page(struct held_page *held)
{
	close(held->uffd);
}
