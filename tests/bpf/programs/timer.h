/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that starts a timer. The timer calls on_tick() each millisecond, which the file that
 * includes this defines before. It has no part of a region to keep: it asks for one each time.
 */
#ifndef BPFMMAP_TESTS_TIMER_H
#define BPFMMAP_TESTS_TIMER_H

#include "common.h"

struct timer {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct timer);
} timers SEC(".maps");

#define MILLISECOND	1000000

static int tick(void *map, __u32 *key, struct timer *timer)
{
	on_tick();
	bpf_timer_start(&timer->timer, MILLISECOND, 0);
	return 0;
}

SEC("tc")
int start_timer(struct __sk_buff *skb)
{
	struct timer *timer;
	__u32 key = 0;

	timer = bpf_map_lookup_elem(&timers, &key);
	if (!timer)
		return 1;
	if (bpf_timer_init(&timer->timer, &timers, 1 /* CLOCK_MONOTONIC */) == -12 /* ENOMEM */)
		return 3;
	bpf_timer_set_callback(&timer->timer, tick);
	return bpf_timer_start(&timer->timer, MILLISECOND, 0) ? 2 : 0;
}

#endif /* BPFMMAP_TESTS_TIMER_H */
