// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does one thing to a region when it is loaded, and when a parameter is written to
 * that says so: what each function of the interface gives is the error of the load or of the write.
 */
#include <linux/bpfmmap.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

static unsigned int region_id;
module_param_named(region, region_id, uint, 0444);

static bool forget;
module_param(forget, bool, 0444);
MODULE_PARM_DESC(forget, "do not give the reference back");

static bool give_back;
module_param(give_back, bool, 0444);
MODULE_PARM_DESC(give_back, "give back one more: that which another one has forgotten");

static struct bpfmmap_region *region;

static int by_fd(const char *value, bool write)
{
	struct bpfmmap_region *other;
	int fd, err;

	err = kstrtoint(value, 0, &fd);
	if (err)
		return err;
	other = bpfmmap_region_get_by_fd(fd, write);
	if (IS_ERR(other))
		return PTR_ERR(other);
	bpfmmap_region_put(other);
	return other == region ? 0 : -EXDEV;
}

static int set_fd(const char *value, const struct kernel_param *param)
{
	return by_fd(value, false);
}

static int set_fd_to_write(const char *value, const struct kernel_param *param)
{
	return by_fd(value, true);
}

/* Store a number into the first element, as a writer that is counted. */
static int set_counted(const char *value, const struct kernel_param *param)
{
	u64 number, *data;
	int err;

	err = kstrtou64(value, 0, &number);
	if (err)
		return err;
	err = bpfmmap_region_begin_write(region);
	if (err)
		return err;
	rcu_read_lock();
	data = bpfmmap_region_data(region);
	if (data)
		WRITE_ONCE(*data, number);
	rcu_read_unlock();
	bpfmmap_region_end_write(region);
	return data ? 0 : -EIO;
}

/* Be a counted writer (1), or no longer (0). */
static bool writes;

static int set_writes(const char *value, const struct kernel_param *param)
{
	bool wanted;
	int err;

	err = kstrtobool(value, &wanted);
	if (err || wanted == writes)
		return err ?: -EALREADY;
	if (wanted)
		err = bpfmmap_region_begin_write(region);
	else
		bpfmmap_region_end_write(region);
	if (!err)
		writes = wanted;
	return err;
}

/* Store a number as that writer. */
static int set_stored(const char *value, const struct kernel_param *param)
{
	u64 number, *data;
	int err;

	err = kstrtou64(value, 0, &number);
	if (err || !writes)
		return err ?: -EINVAL;
	rcu_read_lock();
	data = bpfmmap_region_data(region);
	if (data)
		WRITE_ONCE(*data, number);
	rcu_read_unlock();
	return data ? 0 : -EIO;
}

/* The same without being counted, in an interrupt. */
struct in_interrupt {
	struct irq_work work;
	u64 number;
	bool stored;
};

static void store_in_interrupt(struct irq_work *work)
{
	struct in_interrupt *job = container_of(work, struct in_interrupt, work);
	u64 *data;

	rcu_read_lock();
	data = bpfmmap_region_slice(region, 0, sizeof(*data));
	if (data)
		WRITE_ONCE(*data, job->number);
	rcu_read_unlock();
	job->stored = data;
}

static int set_shown(const char *value, const struct kernel_param *param)
{
	struct in_interrupt job = {};
	int err;

	err = kstrtou64(value, 0, &job.number);
	if (err)
		return err;
	init_irq_work(&job.work, store_in_interrupt);
	irq_work_queue(&job.work);
	irq_work_sync(&job.work);
	return job.stored ? 0 : -EIO;
}

/* Ask for a slice of 8 bytes at that offset, to write and to read. */
static int set_offset(const char *value, const struct kernel_param *param)
{
	const void *readable;
	void *writable;
	u64 offset;
	int err;

	err = kstrtou64(value, 0, &offset);
	if (err)
		return err;
	rcu_read_lock();
	writable = bpfmmap_region_slice(region, offset, 8);
	readable = bpfmmap_region_slice_ro(region, offset, 8);
	rcu_read_unlock();
	if (!writable != !readable)
		return -EXDEV;
	return writable ? 0 : -EIO;
}

static int set_wait(const char *value, const struct kernel_param *param)
{
	int err = bpfmmap_region_wait_frozen(region);

	return err ?: bpfmmap_region_is_frozen(region) ? 0 : -EXDEV;
}

static const struct kernel_param_ops fd_ops = { .set = set_fd };
static const struct kernel_param_ops fd_to_write_ops = { .set = set_fd_to_write };
static const struct kernel_param_ops counted_ops = { .set = set_counted };
static const struct kernel_param_ops writes_ops = { .set = set_writes };
static const struct kernel_param_ops stored_ops = { .set = set_stored };
static const struct kernel_param_ops shown_ops = { .set = set_shown };
static const struct kernel_param_ops offset_ops = { .set = set_offset };
static const struct kernel_param_ops wait_ops = { .set = set_wait };

module_param_cb(fd, &fd_ops, NULL, 0200);
module_param_cb(fd_to_write, &fd_to_write_ops, NULL, 0200);
module_param_cb(counted, &counted_ops, NULL, 0200);
module_param_cb(writes, &writes_ops, NULL, 0200);
module_param_cb(stored, &stored_ops, NULL, 0200);
module_param_cb(shown, &shown_ops, NULL, 0200);
module_param_cb(offset, &offset_ops, NULL, 0200);
module_param_cb(wait, &wait_ops, NULL, 0200);

static int __init user_init(void)
{
	region = bpfmmap_region_get_by_id(region_id);
	if (IS_ERR(region))
		return PTR_ERR(region);
	return 0;
}

static void __exit user_exit(void)
{
	if (writes)
		bpfmmap_region_end_write(region);
	if (give_back)
		bpfmmap_region_put(region);
	if (!forget)
		bpfmmap_region_put(region);
}

module_init(user_init);
module_exit(user_exit);
BPFMMAP_IMPORT;
MODULE_DESCRIPTION("Tests of bpfmmap's interface to other modules");
MODULE_LICENSE("GPL");
