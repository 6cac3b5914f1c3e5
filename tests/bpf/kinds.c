// SPDX-License-Identifier: GPL-2.0-only
/* Which kinds of programs can use regions, by kernel: README's table. */
#include "programs.h"

#define FROM_6_1	true
#define FROM_6_2	false

static const struct {
	const char *program;
	bool from_6_1;
} kinds[] = {
	{ "kind_syscall", FROM_6_1 },
	{ "kind_fentry", FROM_6_1 },
	{ "kind_fexit", FROM_6_1 },
	{ "kind_tp_btf", FROM_6_1 },
	{ "kind_lsm", FROM_6_1 },
	{ "kind_lsm_sleepable", FROM_6_1 },
	{ "kind_iter", FROM_6_1 },
	{ "kind_tc", FROM_6_1 },
	{ "kind_xdp", FROM_6_1 },
	{ "kind_action", FROM_6_2 },
	{ "kind_socket", FROM_6_2 },
	{ "kind_tracepoint", FROM_6_2 },
	{ "kind_raw_tp", FROM_6_2 },
	{ "kind_kprobe", FROM_6_2 },
	{ "kind_perf_event", FROM_6_2 },
	{ "kind_cgroup_skb", FROM_6_2 },
	{ "kind_cgroup_sock", FROM_6_2 },
	{ "kind_cgroup_addr", FROM_6_2 },
	{ "kind_cgroup_dev", FROM_6_2 },
	{ "kind_cgroup_sysctl", FROM_6_2 },
	{ "kind_cgroup_sockopt", FROM_6_2 },
	{ "kind_sockops", FROM_6_2 },
	{ "kind_sk_skb", FROM_6_2 },
	{ "kind_sk_msg", FROM_6_2 },
	{ "kind_sk_lookup", FROM_6_2 },
	{ "kind_sk_reuseport", FROM_6_2 },
	{ "kind_flow_dissector", FROM_6_2 },
	{ "kind_lwt_in", FROM_6_2 },
	{ "kind_lwt_out", FROM_6_2 },
	{ "kind_lwt_xmit", FROM_6_2 },
};

static void each_kind_loads_where_it_is_said_to(void **state)
{
	int fd = create_for_programs(BPFMMAP_F_PROG, 8, 512), wrong = 0;
	struct bpf_object *object;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const bool wanted = kinds[i].from_6_1 || kernel_has_one_hook();

		object = try_load_programs("kinds", handle_of(fd), PROGRAMS(kinds[i].program));
		if (!!object != wanted) {
			wrong++;
			print_error("%s: %s: %.1500s\n", kinds[i].program,
				    object ? "was taken" : "was refused", object ? "" : refusal());
		}
		bpf_object__close(object);
	}
	assert_int_equal(wrong, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_loads_where_it_is_said_to),
	};

	return run_bpf_group(tests, ARRAY_SIZE(tests));
}
