// SPDX-License-Identifier: GPL-2.0-only
/* The same program of each kind that the kernel has. */
#include "common.h"

char _license[] SEC("license") = "GPL";

const volatile __u64 handle = 0;

#define KIND(name, section, result)				\
	SEC(section)						\
	int name(void *ctx)					\
	{							\
		__u64 *count = BPFMMAP_ELEM(__u64, handle, 0);	\
								\
		if (count)					\
			__sync_fetch_and_add(count, 1);		\
		return result;					\
	}

KIND(kind_syscall, "syscall", 0)
KIND(kind_fentry, "fentry/bpf_fentry_test1", 0)
KIND(kind_fexit, "fexit/bpf_fentry_test1", 0)
KIND(kind_fmod_ret, "fmod_ret/bpf_modify_return_test", 0)
KIND(kind_tp_btf, "tp_btf/sys_enter", 0)
KIND(kind_lsm, "lsm/file_open", 0)
KIND(kind_lsm_sleepable, "lsm.s/file_open", 0)
KIND(kind_iter, "iter/task", 0)
KIND(kind_tc, "tc", 0)
KIND(kind_action, "action", 0)
KIND(kind_xdp, "xdp", 2)
KIND(kind_socket, "socket", 0)
KIND(kind_tracepoint, "tracepoint/raw_syscalls/sys_enter", 0)
KIND(kind_raw_tp, "raw_tp/sys_enter", 0)
KIND(kind_kprobe, "kprobe/do_nanosleep", 0)
KIND(kind_perf_event, "perf_event", 0)
KIND(kind_cgroup_skb, "cgroup_skb/egress", 1)
KIND(kind_cgroup_sock, "cgroup/sock_create", 1)
KIND(kind_cgroup_addr, "cgroup/connect4", 1)
KIND(kind_cgroup_dev, "cgroup/dev", 1)
KIND(kind_cgroup_sysctl, "cgroup/sysctl", 1)
KIND(kind_cgroup_sockopt, "cgroup/getsockopt", 1)
KIND(kind_sockops, "sockops", 0)
KIND(kind_sk_skb, "sk_skb/stream_verdict", 1)
KIND(kind_sk_msg, "sk_msg", 1)
KIND(kind_sk_lookup, "sk_lookup", 1)
KIND(kind_sk_reuseport, "sk_reuseport", 1)
KIND(kind_flow_dissector, "flow_dissector", 0)
KIND(kind_lwt_in, "lwt_in", 0)
KIND(kind_lwt_out, "lwt_out", 0)
KIND(kind_lwt_xmit, "lwt_xmit", 0)
