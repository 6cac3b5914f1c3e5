// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel module that samples the machine's load into a region, for any process to read
 *
 *	bpfmmap create load 24 1001	(an element of head and 1000 of samples; it says the id)
 *	insmod sampler.ko region=ID
 *	bpfmmap get load 0		(how many samples there have been)
 *	bpfmmap freeze load		(programs and modules are stopped, too)
 *
 * Readers of a sample may see it while it is being replaced: they look at number before and after.
 */
#include <linux/bpfmmap.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/loadavg.h>

struct sample {
	u64 number;	/* of the first element: how many there have been; 0: being written */
	u64 ktime_ns;	/* since boot */
	u64 load;	/* of the last minute, in 1/2048 (FIXED_1) */
};

static unsigned int region_id;
module_param_named(region, region_id, uint, 0444);
MODULE_PARM_DESC(region, "id of the region");

static unsigned int interval_ms = 100;
module_param(interval_ms, uint, 0644);
MODULE_PARM_DESC(interval_ms, "time between samples (default 100)");

static unsigned long refused;
module_param(refused, ulong, 0444);
MODULE_PARM_DESC(refused, "how often there was nowhere to store a sample, as after a freeze");

static struct bpfmmap_region *region;
static struct bpfmmap_geometry geometry;
static struct task_struct *thread;

/* Under rcu_read_lock(), which is as long as the pointer may be used to store. */
static struct sample *element(u32 index)
{
	return bpfmmap_region_slice(region, (u64)index * geometry.elem_size, sizeof(struct sample));
}

/* Returns false if the region is frozen. */
static bool store(u64 number)
{
	struct sample *sample, *head;

	rcu_read_lock();
	head = element(0);
	sample = element(1 + number % (geometry.max_entries - 1));
	if (head && sample) {
		WRITE_ONCE(sample->number, 0);
		smp_wmb();	/* 0 is seen before what is new */
		WRITE_ONCE(sample->ktime_ns, ktime_get_boottime_ns());
		WRITE_ONCE(sample->load, avenrun[0]);
		smp_wmb();	/* and what is new before the number */
		WRITE_ONCE(sample->number, number + 1);
		WRITE_ONCE(head->number, number + 1);
	}
	rcu_read_unlock();
	return head && sample;
}

static int run(void *unused)
{
	u64 number = 0;

	while (!kthread_should_stop()) {
		if (store(number))
			number++;
		else
			refused++;
		schedule_timeout_interruptible(msecs_to_jiffies(interval_ms) ?: 1);
	}
	return 0;
}

static int __init sampler_init(void)
{
	int err;

	region = bpfmmap_region_get_by_id(region_id);
	if (IS_ERR(region))
		return PTR_ERR(region);
	bpfmmap_region_geometry(region, &geometry);
	err = -EINVAL;
	if (geometry.value_size < sizeof(struct sample) || geometry.max_entries < 2)
		goto err_put;
	thread = kthread_run(run, NULL, "sampler");
	err = PTR_ERR_OR_ZERO(thread);
	if (err)
		goto err_put;
	return 0;

err_put:
	bpfmmap_region_put(region);
	return err;
}

/* First nobody uses the region any more, and then it is given back. */
static void __exit sampler_exit(void)
{
	kthread_stop(thread);
	bpfmmap_region_put(region);
}

module_init(sampler_init);
module_exit(sampler_exit);
BPFMMAP_IMPORT;
MODULE_DESCRIPTION("Samples of the load in a region of bpfmmap");
MODULE_LICENSE("GPL");
