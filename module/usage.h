/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_USAGE_H
#define _BPFMMAP_USAGE_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct bpfmmap_user;
struct kstatfs;

int bpfmmap_usage_charge(u64 bytes);
void bpfmmap_usage_uncharge(u64 bytes);
int bpfmmap_usage_charge_name(kuid_t uid);
void bpfmmap_usage_uncharge_name(kuid_t uid);
struct bpfmmap_user *bpfmmap_usage_charge_view(kuid_t uid, unsigned int limit);
void bpfmmap_usage_uncharge_view(struct bpfmmap_user *user);
void bpfmmap_usage_add_waiting(struct bpfmmap_user *user, s64 bytes);
s64 bpfmmap_usage_waiting(struct bpfmmap_user *user);
void bpfmmap_usage_statfs(struct kstatfs *buf);
void bpfmmap_usage_exit(void);

#endif /* _BPFMMAP_USAGE_H */
