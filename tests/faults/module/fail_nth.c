// SPDX-License-Identifier: GPL-2.0-only
/*
 * Let the n-th allocation, or copy from or to the user, of a thread fail, on a kernel that has no
 * fault injection
 *
 * There is a kprobe at the start of each function that allocates or copies. The probe counts, and
 * in place of the n-th call it returns to the caller at once, with what the function returns when
 * it fails. A function that is not in this kernel, or was inlined, is left out.
 *
 * A thread opens /dev/fail_nth. FAIL_NTH_ARM with a number arms it for this thread, and
 * FAIL_NTH_DISARM returns how many are left: 0 if the n-th has failed. If the parameters
 * require_start and require_end are set, only what is called by code in that range counts.
 */
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>

#define FAIL_NTH_ARM	_IO(0xBC, 0)
#define FAIL_NTH_DISARM	_IO(0xBC, 1)

#define NO_GFP	-1

/* From 6.11 on there is one argument more in front of it. */
#define NODE_GFP	(IS_ENABLED(CONFIG_SLAB_BUCKETS) ? 2 : 1)

/* What a function returns when it fails. */
enum result { NOTHING, ALL_BYTES, MINUS_EFAULT };

struct fail_nth {
	struct kprobe probe;
	int gfp;		/* the argument that has the flags */
	enum result result;
};

static unsigned long require_start;
module_param(require_start, ulong, 0600);

static unsigned long require_end;
module_param(require_end, ulong, 0600);

static struct task_struct *owner;
static unsigned int left;	/* changed by the owner only */

static noinline void return_at_once(void)
{
}

static unsigned long __kprobes failure(const struct fail_nth *function, struct pt_regs *regs)
{
	switch (function->result) {
	case ALL_BYTES:
		return regs_get_kernel_argument(regs, 2);
	case MINUS_EFAULT:
		return -EFAULT;
	default:
		return 0;
	}
}

/* A probe by a breakpoint, where a function has no hook of ftrace, runs as an NMI does. */
static bool __kprobes is_for_task(void)
{
	return hardirq_count() == (in_nmi() ? HARDIRQ_OFFSET : 0) && !in_serving_softirq();
}

static bool __kprobes is_called_there(void)
{
	unsigned long callers[32];
	unsigned int i, nr;

	if (!require_end)
		return true;
	nr = stack_trace_save(callers, ARRAY_SIZE(callers), 0);
	for (i = 0; i < nr; i++)
		if (callers[i] >= require_start && callers[i] < require_end)
			return true;
	return false;
}

static int __kprobes count(struct kprobe *probe, struct pt_regs *regs)
{
	struct fail_nth *function = container_of(probe, struct fail_nth, probe);

	if (READ_ONCE(owner) != current || !is_for_task() || !left)
		return 0;
	if (function->gfp != NO_GFP &&
	    (regs_get_kernel_argument(regs, function->gfp) & (__force unsigned int)__GFP_NOFAIL))
		return 0;
	if (!is_called_there())
		return 0;
	if (--left)
		return 0;
	regs_set_return_value(regs, failure(function, regs));
	instruction_pointer_set(regs, (unsigned long)return_at_once);
	return 1;
}

/* A probe that has this is not replaced by a jump, which would ignore a new instruction pointer. */
static void __kprobes nothing(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

#define ALLOCATES(name, at)	{ .probe.symbol_name = name, .gfp = at }
#define COPIES(name, what)	{ .probe.symbol_name = name, .gfp = NO_GFP, .result = what }

static struct fail_nth functions[] = {
	ALLOCATES("kmem_cache_alloc", 1),
	ALLOCATES("kmem_cache_alloc_node", 1),
	ALLOCATES("kmem_cache_alloc_lru", 2),
	ALLOCATES("kmem_cache_alloc_trace", 1),
	ALLOCATES("kmalloc_trace", 1),
	ALLOCATES("kmalloc_node_trace", 1),
	ALLOCATES("__kmalloc", 1),
	ALLOCATES("__kmalloc_node", 1),
	ALLOCATES("__kmalloc_track_caller", 1),
	ALLOCATES("__alloc_pages_nodemask", 0),
	ALLOCATES("__alloc_pages", 0),
	ALLOCATES("kmem_cache_alloc_noprof", 1),
	ALLOCATES("kmem_cache_alloc_node_noprof", 1),
	ALLOCATES("kmem_cache_alloc_lru_noprof", 2),
	ALLOCATES("__kmalloc_cache_noprof", 1),
	ALLOCATES("__kmalloc_cache_node_noprof", 1),
	ALLOCATES("__kmalloc_noprof", 1),
	ALLOCATES("__kmalloc_node_noprof", NODE_GFP),
	ALLOCATES("__kmalloc_node_track_caller_noprof", NODE_GFP),
	ALLOCATES("__alloc_pages_noprof", 0),
	ALLOCATES("__alloc_frozen_pages_noprof", 0),
	COPIES("_copy_from_user", ALL_BYTES),
	COPIES("_copy_to_user", ALL_BYTES),
	COPIES("_copy_from_iter", NOTHING),
	COPIES("_copy_to_iter", NOTHING),
	COPIES("strncpy_from_user", MINUS_EFAULT),
};

static long fail_nth_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int ret;

	switch (cmd) {
	case FAIL_NTH_ARM:
		left = arg;
		WRITE_ONCE(owner, current);
		return 0;
	case FAIL_NTH_DISARM:
		WRITE_ONCE(owner, NULL);
		ret = left;
		left = 0;
		return ret;
	default:
		return -ENOTTY;
	}
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = fail_nth_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "fail_nth",
	.fops = &operations,
	.mode = 0600,
};

static int __init fail_nth_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		struct kprobe *probe = &functions[i].probe;

		probe->pre_handler = count;
		probe->post_handler = nothing;
		err = register_kprobe(probe);
		if (err) {
			pr_info("fail_nth: %s: %d\n", probe->symbol_name, err);
			probe->addr = NULL;
		}
	}
	return misc_register(&device);
}

static void __exit fail_nth_exit(void)
{
	unsigned int i;

	misc_deregister(&device);
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (functions[i].probe.addr)
			unregister_kprobe(&functions[i].probe);
}

module_init(fail_nth_init);
module_exit(fail_nth_exit);

MODULE_DESCRIPTION("lets the n-th allocation of a thread fail");
MODULE_LICENSE("GPL");
