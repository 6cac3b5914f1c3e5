// SPDX-License-Identifier: GPL-2.0-only
/* Routes by BPF programs, written by hand and run once by BPF_PROG_TEST_RUN. */
#include "attack.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

#define OP(c, d, s, o, i)	\
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define MOV(d, s)		OP(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)		OP(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADD_IMM(d, i)		OP(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define STORE_IMM(d, o, i)	OP(BPF_ST | BPF_MEM | BPF_DW, d, 0, o, i)
#define CALL(fn)		OP(BPF_JMP | BPF_CALL, 0, 0, 0, fn)
#define EXIT()			OP(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* one instruction in two */
#define LOAD64(d, s, v)		OP(BPF_LD | BPF_DW | BPF_IMM, d, s, 0, (int32_t)(v))
#define LOAD64_HIGH(v)		OP(0, 0, 0, 0, (int32_t)((uint64_t)(v) >> 32))

/* Load and run it; what it returned, or -errno. */
static void run(struct target *t, enum bpf_prog_type type, const struct bpf_insn *code, size_t len)
{
	uint8_t packet[64] = { 0 };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };
	int prog = bpf_prog_load(type, "attack", "GPL", code, len, NULL);

	if (!passes(t, "load", prog))
		return;
	if (type == BPF_PROG_TYPE_SOCKET_FILTER) {
		opts.data_in = packet;
		opts.data_size_in = sizeof(packet);
	}
	if (passes(t, "run", bpf_prog_test_run_opts(prog, &opts)))
		passes(t, "the helper", (int)opts.retval);
}

static void program_updates(struct target *t)
{
	struct bpf_insn code[] = {
		STORE_IMM(BPF_REG_10, -8, 0),
		STORE_IMM(BPF_REG_10, -16, 0x66666666),
		LOAD64(BPF_REG_1, BPF_PSEUDO_MAP_FD, t->fd),
		LOAD64_HIGH(0),
		MOV(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, -8),
		MOV(BPF_REG_3, BPF_REG_10),
		ADD_IMM(BPF_REG_3, -16),
		MOV_IMM(BPF_REG_4, 0),
		CALL(BPF_FUNC_map_update_elem),
		EXIT(),
	};

	if (freeze(t))
		run(t, BPF_PROG_TYPE_SOCKET_FILTER, code, ARRAY_SIZE(code));
}

static void probe_write_user(struct target *t)
{
	uint64_t at = (uintptr_t)frozen_view(t);
	struct bpf_insn code[] = {
		STORE_IMM(BPF_REG_10, -8, 0x66666666),
		LOAD64(BPF_REG_1, 0, at),
		LOAD64_HIGH(at),
		MOV(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, -8),
		MOV_IMM(BPF_REG_3, 8),
		CALL(BPF_FUNC_probe_write_user),
		EXIT(),
	};

	if (!at)
		return;
	(void)*(volatile uint8_t *)(uintptr_t)at;
	run(t, BPF_PROG_TYPE_RAW_TRACEPOINT, code, ARRAY_SIZE(code));
}

/* Types of a map whose value is a pointer that a process sets and programs store through. */
static int types_of_pointer(uint32_t *key, uint32_t *value)
{
	struct btf *btf = btf__new_empty();
	int number, data, pointer, fd;
	const void *raw;
	uint32_t len;

	if (!btf)
		return -ENOMEM;
	*key = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	number = btf__add_int(btf, "u64", 8, 0);
	data = btf__add_struct(btf, "data", 8);
	btf__add_field(btf, "number", number, 0, 0);
	pointer = btf__add_ptr(btf, btf__add_type_tag(btf, "uptr", data));
	*value = btf__add_struct(btf, "value", 8);
	btf__add_field(btf, "data", pointer, 0, 0);
	raw = btf__raw_data(btf, &len);
	fd = raw ? result(bpf_btf_load(raw, len, NULL)) : -EINVAL;
	btf__free(btf);
	return fd;
}

static int set_pointer(int map, void *at)
{
	int self = syscall(SYS_pidfd_open, getpid(), 0);
	uint64_t value = (uintptr_t)at;

	return result(bpf_map_update_elem(map, &self, &value, BPF_ANY));
}

/* The kernel pins the page for as long as the map has the pointer. */
static void pointer_in_a_map(struct target *t)
{
	struct bpf_map_create_opts opts = { .sz = sizeof(opts), .map_flags = BPF_F_NO_PREALLOC };
	int types = types_of_pointer(&opts.btf_key_type_id, &opts.btf_value_type_id);
	uint8_t *at;
	int map, ret;

	opts.btf_fd = types;
	map = types < 0 ? types : bpf_map_create(BPF_MAP_TYPE_TASK_STORAGE, "pointer", 4, 8, 0,
						 &opts);
	/* to older kernels it is a number like any other */
	if (map < 0 || set_pointer(map, memory(PAGE)) || !set_pointer(map, (void *)PAGE))
		return missing(t, "no pointers to memory of a process before 6.13");
	at = writable(t);
	if (!at)
		return;
	ret = set_pointer(map, at);
	munmap(at, LEN);
	if (freeze(t))
		passes(t, "update", ret);
}

const struct route program_routes[] = {
	{ .name = "BPF program: map_update_elem", .run = program_updates },
	{ .name = "BPF program: bpf_probe_write_user", .run = probe_write_user },
	{ .name = "BPF map: a pointer to it", .run = pointer_in_a_map },
	{ }
};
