// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * libbpfmmap: freeze, and wait for a freeze
 *
 * A pending freeze waits for the last writer. It belongs to an open file and ends with that file.
 * bpfmmap_region__freeze_wait() makes its pending freeze through an open file of its own. So a
 * pending freeze of the caller's fd is not changed, and nothing is left when the time is up or
 * the process is killed.
 */
#include "internal.h"

#include <poll.h>
#include <unistd.h>

static int freeze(int fd, __u32 flags)
{
	struct bpfmmap_freeze args = { .size = sizeof(args), .flags = flags };

	return request(fd, BPFMMAP_IOC_FREEZE, &args);
}

int bpfmmap_region__freeze(const struct bpfmmap_region *region)
{
	return failed(freeze(region->fd, 0));
}

int bpfmmap_region__freeze_revoke(const struct bpfmmap_region *region)
{
	return failed(freeze(region->fd, BPFMMAP_FREEZE_REVOKE));
}

int bpfmmap_region__freeze_with(const struct bpfmmap_region *region, __u32 flags)
{
	return failed(freeze(region->fd, flags));
}

int bpfmmap_region__freeze_when_idle(const struct bpfmmap_region *region,
				     const struct bpfmmap_freeze_opts *opts)
{
	struct bpfmmap_freeze_opts known;
	__u32 flags = BPFMMAP_FREEZE_WHEN_IDLE;
	int err;

	err = take_opts(&known, offsetof(struct bpfmmap_freeze_opts, reserved), opts);
	if (err)
		return failed(err);
	if (known.keep)
		flags |= BPFMMAP_FREEZE_KEEP;
	return failed(freeze(region->fd, flags));
}

int bpfmmap_region__freeze_cancel(const struct bpfmmap_region *region)
{
	int ours = freeze(region->fd, BPFMMAP_FREEZE_CANCEL);
	int kept = freeze(region->fd, BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_KEEP);

	return failed(kept ? ours : 0);
}

/* Returns 1: frozen; 0: not frozen; -ENOTTY: the module is too old to notify by poll(); -errno. */
static int is_frozen(int fd)
{
	/*
	 * Version 1 of the module does not know this field, and gives E2BIG. Later
	 * versions overwrite it.
	 */
	struct bpfmmap_info info = { .size = sizeof(info), .freeze_pending = 1 };
	int err;

	err = request(fd, BPFMMAP_IOC_INFO, &info);
	if (err)
		return err == -E2BIG ? -ENOTTY : err;
	return info.frozen;
}

/* poll() counts timeout_ms by the monotonic clock, and is never restarted by a signal. */
static int wait_on(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	switch (poll(&poll_fd, 1, timeout_ms)) {
	case 0:
		return -ETIMEDOUT;
	case 1:
		return poll_fd.revents & POLLPRI ? 0 : -EBADF;
	default:
		return -errno;
	}
}

int bpfmmap_region__wait_frozen(const struct bpfmmap_region *region, int timeout_ms)
{
	int ret = is_frozen(region->fd);

	if (!ret)
		ret = wait_on(region->fd, timeout_ms);
	return ret > 0 ? 0 : failed(ret);
}

int bpfmmap_region__freeze_wait(const struct bpfmmap_region *region, int timeout_ms)
{
	int fd, ret;

	fd = restricted_fd(region->fd, 0);
	if (fd < 0)
		return failed(fd);
	ret = freeze(fd, BPFMMAP_FREEZE_WHEN_IDLE);
	if (ret != -EINPROGRESS) {
		close(fd);
		return failed(ret);
	}

	ret = wait_on(fd, timeout_ms);
	/* EPERM: it is frozen meanwhile, or will be as soon as no program writes */
	if (ret && freeze(fd, BPFMMAP_FREEZE_CANCEL) == -EPERM)
		ret = wait_on(fd, -1);
	close(fd);
	return failed(ret);
}
