// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Drops what is sent to ports that a table says: see ports.c. For IPv4 and UDP. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpfmmap.bpf.h>

#define TABLE_SIZE	(65536 / 8)	/* a bit for each port */

const volatile __u64 region = 0;	/* its handle */
__u64 dropped = 0;

SEC("xdp")
int drop_ports(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	const __u64 *table;
	__u16 port;

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	table = (const __u64 *)bpfmmap_slice_ro(region, 0, TABLE_SIZE);
	if (!table)
		return XDP_PASS;
	port = bpf_ntohs(udp->dest);
	if (!(table[port / 64] >> port % 64 & 1))
		return XDP_PASS;
	__sync_fetch_and_add(&dropped, 1);
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
