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

/*
 * Returns 1: frozen for everybody, or with processes at least for processes; 0: not frozen;
 * -ENOTTY: the module is too old to notify by poll(); -errno.
 */
static int is_frozen(int fd, bool processes)
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
	return info.frozen || (processes && info.frozen_for != BPFMMAP_FROZEN_FOR_NOBODY);
}

/* The result of a freeze that gave err: with frozen_ok what is frozen already is no error. */
static int accept_frozen(int fd, int err, const struct bpfmmap_freeze_opts *opts)
{
	if (err != -EPERM || !opts->frozen_ok)
		return err;
	return is_frozen(fd, opts->processes) > 0 ? 0 : err;
}

static int take_freeze_opts(struct bpfmmap_freeze_opts *known,
			    const struct bpfmmap_freeze_opts *opts)
{
	return take_opts(known, offsetof(struct bpfmmap_freeze_opts, reserved), opts);
}

/* The flags of a request that opts stand for. */
static __u32 freeze_flags(const struct bpfmmap_freeze_opts *opts)
{
	return (opts->keep ? BPFMMAP_FREEZE_KEEP : 0) |
	       (opts->revoke ? BPFMMAP_FREEZE_REVOKE : 0) |
	       (opts->processes ? BPFMMAP_FREEZE_PROCESSES : 0);
}

/* Freeze, with flags besides those of opts. */
static int freeze_by(const struct bpfmmap_region *region, __u32 flags,
		     const struct bpfmmap_freeze_opts *opts)
{
	struct bpfmmap_freeze_opts known;
	int err;

	err = take_freeze_opts(&known, opts);
	if (!err)
		err = freeze(region->fd, flags | freeze_flags(&known));
	return failed(accept_frozen(region->fd, err, &known));
}

int bpfmmap_region__freeze(const struct bpfmmap_region *region)
{
	return freeze_by(region, 0, NULL);
}

int bpfmmap_region__freeze_revoke(const struct bpfmmap_region *region)
{
	return freeze_by(region, BPFMMAP_FREEZE_REVOKE, NULL);
}

int bpfmmap_region__freeze_with(const struct bpfmmap_region *region,
				const struct bpfmmap_freeze_opts *opts)
{
	return freeze_by(region, 0, opts);
}

int bpfmmap_region__freeze_when_idle(const struct bpfmmap_region *region,
				     const struct bpfmmap_freeze_opts *opts)
{
	return freeze_by(region, BPFMMAP_FREEZE_WHEN_IDLE, opts);
}

int bpfmmap_region__freeze_cancel(const struct bpfmmap_region *region)
{
	int ours = freeze(region->fd, BPFMMAP_FREEZE_CANCEL);
	int kept = freeze(region->fd, BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_KEEP);

	return failed(kept ? ours : 0);
}

/* poll() counts timeout_ms by the monotonic clock, and is never restarted by a signal. */
static int wait_on(int fd, short event, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = event };

	switch (poll(&poll_fd, 1, timeout_ms)) {
	case 0:
		return -ETIMEDOUT;
	case 1:
		return poll_fd.revents & event ? 0 : -EBADF;
	default:
		return -errno;
	}
}

int bpfmmap_region__wait_frozen(const struct bpfmmap_region *region, int timeout_ms)
{
	int ret = is_frozen(region->fd, false);

	if (!ret)
		ret = wait_on(region->fd, POLLPRI, timeout_ms);
	return ret > 0 ? 0 : failed(ret);
}

/* fd is an open file of its own, whose pending freeze ends when it is closed. */
static int freeze_and_wait(int fd, int timeout_ms, const struct bpfmmap_freeze_opts *opts)
{
	const short event = opts->processes ? POLLRDBAND : POLLPRI;
	int ret;

	ret = freeze(fd, BPFMMAP_FREEZE_WHEN_IDLE | freeze_flags(opts));
	if (ret != -EINPROGRESS)
		return accept_frozen(fd, ret, opts);
	ret = wait_on(fd, event, timeout_ms);
	/* EPERM: it is frozen meanwhile, or will be as soon as no program writes */
	if (ret && freeze(fd, BPFMMAP_FREEZE_CANCEL) == -EPERM)
		ret = is_frozen(fd, opts->processes) > 0 ? 0 : wait_on(fd, event, -1);
	return ret;
}

int bpfmmap_region__freeze_wait(const struct bpfmmap_region *region, int timeout_ms)
{
	return bpfmmap_region__freeze_wait_with(region, timeout_ms, NULL);
}

int bpfmmap_region__freeze_wait_with(const struct bpfmmap_region *region, int timeout_ms,
				     const struct bpfmmap_freeze_opts *opts)
{
	struct bpfmmap_freeze_opts known;
	int fd, ret;

	ret = take_freeze_opts(&known, opts);
	/* it would survive this call, and be nobody's */
	if (!ret && known.keep)
		ret = -EINVAL;
	if (ret)
		return failed(ret);
	fd = restricted_fd(region->fd, 0);
	if (fd < 0)
		return failed(fd);
	ret = freeze_and_wait(fd, timeout_ms, &known);
	close(fd);
	return failed(ret);
}
