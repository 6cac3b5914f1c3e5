// SPDX-License-Identifier: GPL-2.0-only
/*
 * What BPF programs do with an array, before and after a freeze. The programs are socket filters in
 * the kernel's instructions; test runs execute them.
 */
#include "answer.h"

#include <linux/filter.h>

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

/* What a program does with element 0: all of it returns 0, but a read returns the byte. */
enum deed { STORES, READS, UPDATES, STORES_DIRECTLY };

static int try_load_program(int map, enum deed deed)
{
	struct bpf_insn insns[20];
	unsigned int nr = 0;

	insns[nr++] = INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0);
	insns[nr++] = INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -16, 7);
	insns[nr++] = INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	insns[nr++] = INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4);
	insns[nr++] = INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1,
			   deed == STORES_DIRECTLY ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD, 0,
			   map);
	insns[nr++] = INSN(0, 0, 0, 0, 0);
	switch (deed) {
	case STORES:
	case READS:
		insns[nr++] = INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
		insns[nr++] = INSN(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0);
		insns[nr++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		if (deed == READS) {
			insns[nr++] = INSN(BPF_LDX | BPF_MEM | BPF_B, BPF_REG_0, BPF_REG_0, 0, 0);
			goto end;
		}
		insns[nr++] = INSN(BPF_ST | BPF_MEM | BPF_B, BPF_REG_0, 0, 0, 7);
		break;
	case UPDATES:
		insns[nr++] = INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_10, 0, 0);
		insns[nr++] = INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, -16);
		insns[nr++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, 0);
		insns[nr++] = INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_update_elem);
		break;
	case STORES_DIRECTLY:
		insns[nr++] = INSN(BPF_ST | BPF_MEM | BPF_B, BPF_REG_1, 0, 0, 7);
		break;
	}
	insns[nr++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
end:
	insns[nr++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "semantics", "GPL", insns, nr, NULL);
}

/* Run it once: what it returned. */
static uint32_t run(int program)
{
	static char packet[64];

	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);

	assert_ok(bpf_prog_test_run_opts(program, &opts));
	return opts.retval;
}

/* Load it and close it: the word. */
static const char *load_word(int map, enum deed deed)
{
	int program = try_load_program(map, deed);

	if (program >= 0)
		close(program);
	return word(program);
}

static void after_freeze(const char *question, enum deed deed)
{
	int program = try_load_program(fd, deed);

	assert_true(program >= 0);
	assert_ok(kernel_array.freeze(fd));
	run(program);
	close(program);
	always(question, first(fd) == 7 ? "bytes change" : "bytes stay", "bytes change");
}

static void stores(void **state)
{
	(void)state;
	after_freeze("frozen: a store of a program through a pointer", STORES);
}

/* Only arrays of one element have direct values. */
static void stores_directly(void **state)
{
	(void)state;
	close(fd);
	fd = array(1);
	after_freeze("frozen: a store of a program to a direct value", STORES_DIRECTLY);
}

static void updates(void **state)
{
	(void)state;
	after_freeze("frozen: bpf_map_update_elem of a program", UPDATES);
}

static void loads_when_frozen(void **state)
{
	(void)state;
	assert_ok(kernel_array.freeze(fd));
	always("frozen: load of a program that stores", load_word(fd, STORES), "works");
}

static void seen_in_mapping(void **state)
{
	int program = try_load_program(fd, STORES);
	uint8_t *at = readable(fd);

	(void)state;
	assert_true(program >= 0);
	run(program);
	always("a store of a program, seen in a mapping", at[0] == 7 ? "bytes change" :
	       "bytes stay", "bytes change");
	unmap(at, LEN);
	close(program);
}

static void seen_by_program(void **state)
{
	int program = try_load_program(fd, READS);
	uint8_t *at = writable(fd);

	(void)state;
	assert_true(program >= 0);
	at[0] = 9;
	always("a store to a mapping, seen by a program", run(program) == 9 ? "bytes change" :
	       "bytes stay", "bytes change");
	unmap(at, LEN);
	close(program);
}

static void read_only_for_programs(void **state)
{
	int map = array_with(8, LEN / 8, BPF_F_RDONLY_PROG);

	(void)state;
	always("BPF_F_RDONLY_PROG: load of a program that stores", load_word(map, STORES),
	       "EACCES");
	close(map);
}

static void read_only_for_updates(void **state)
{
	int map = array_with(8, LEN / 8, BPF_F_RDONLY_PROG);

	(void)state;
	always("BPF_F_RDONLY_PROG: load of a program that updates", load_word(map, UPDATES),
	       "EACCES");
	close(map);
}

static void read_only_for_programs_mapped(void **state)
{
	int map = array_with(8, LEN / 8, BPF_F_RDONLY_PROG);

	(void)state;
	answer("BPF_F_RDONLY_PROG: mmap with PROT_WRITE", mmap_word(map, LEN, RW, MAP_SHARED, 0));
	close(map);
}

static void read_only_for_programs_updated(void **state)
{
	int map = array_with(8, LEN / 8, BPF_F_RDONLY_PROG);

	(void)state;
	always("BPF_F_RDONLY_PROG: update by bpf(2)", word(try_store(map, 1)), "works");
	close(map);
}

/* The verifier reads such an array, and can do so only if it has one element. */
static void read_only_for_programs_frozen(void **state)
{
	int map = array_with(8, 1, BPF_F_RDONLY_PROG);
	int program;

	(void)state;
	assert_ok(try_store(map, 9));
	assert_ok(kernel_array.freeze(map));
	program = try_load_program(map, READS);
	assert_true(program >= 0);
	always("BPF_F_RDONLY_PROG, frozen, one element: a read of a program",
	       run(program) == 9 ? "works" : "another value", "works");
	close(program);
	close(map);
}

static void read_only_for_programs_frozen_many(void **state)
{
	int map = array_with(8, LEN / 8, BPF_F_RDONLY_PROG);

	(void)state;
	assert_ok(kernel_array.freeze(map));
	answer("BPF_F_RDONLY_PROG, frozen, more elements: load of a program that reads",
	       load_word(map, READS));
	close(map);
}

static void write_only_for_programs(void **state)
{
	int map = array_with(8, LEN / 8, BPF_F_WRONLY_PROG);

	(void)state;
	always("BPF_F_WRONLY_PROG: load of a program that reads", load_word(map, READS), "EACCES");
	close(map);
}

static void write_only_for_programs_mapped(void **state)
{
	int map = array_with(8, LEN / 8, BPF_F_WRONLY_PROG);

	(void)state;
	always("BPF_F_WRONLY_PROG: mmap with PROT_READ and PROT_WRITE",
	       mmap_word(map, LEN, RW, MAP_SHARED, 0), "works");
	close(map);
}

static void write_only_for_programs_frozen(void **state)
{
	int map = array_with(8, LEN / 8, BPF_F_WRONLY_PROG);
	int program = try_load_program(map, STORES);

	(void)state;
	assert_true(program >= 0);
	assert_ok(kernel_array.freeze(map));
	run(program);
	always("BPF_F_WRONLY_PROG, frozen: a store of a program",
	       first(map) == 7 ? "bytes change" : "bytes stay", "bytes change");
	close(program);
	close(map);
}

static void program_keeps(void **state)
{
	int program = try_load_program(fd, READS);
	struct array_info info;
	int other;

	(void)state;
	assert_true(program >= 0);
	assert_ok(try_store(fd, 9));
	assert_ok(kernel_array.info(fd, &info));
	close(fd);
	fd = -1;
	other = kernel_array.open_id(info.id, 0);
	always("open by id when only a program has the array", word(other), "works");
	close(other);
	close(program);
}

static void direct_of_many(void **state)
{
	(void)state;
	answer("load of a program with a direct value, more than one element",
	       load_word(fd, STORES_DIRECTLY));
}

static void as_inner(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = fd);
	int outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "semantics", 4, 4, 1, &opts);
	uint32_t key = 0;

	(void)state;
	assert_true(outer >= 0);
	assert_ok(kernel_array.freeze(fd));
	answer("a frozen array as an inner map", word(bpf_map_update_elem(outer, &key, &fd, 0)));
	close(outer);
}

static void as_inner_of_plain(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int plain = try_map_create(BPF_MAP_TYPE_ARRAY, 8, LEN / 8, 0), outer;
	uint32_t key = 0;

	(void)state;
	assert_true(plain >= 0);
	opts.inner_map_fd = plain;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "semantics", 4, 4, 1, &opts);
	assert_true(outer >= 0);
	always("as an inner map where the model has no BPF_F_MMAPABLE",
	       word(bpf_map_update_elem(outer, &key, &fd, 0)), "EINVAL");
	close(outer);
	close(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stores),
		TEST(stores_directly),
		TEST(updates),
		TEST(loads_when_frozen),
		TEST(seen_in_mapping),
		TEST(seen_by_program),
		TEST(read_only_for_programs),
		TEST(read_only_for_updates),
		TEST(read_only_for_programs_mapped),
		TEST(read_only_for_programs_updated),
		TEST(read_only_for_programs_frozen),
		TEST(read_only_for_programs_frozen_many),
		TEST(write_only_for_programs),
		TEST(write_only_for_programs_mapped),
		TEST(write_only_for_programs_frozen),
		TEST(program_keeps),
		TEST(direct_of_many),
		TEST(as_inner),
		TEST(as_inner_of_plain),
	};

	return RUN_GROUP_WITH(tests, NULL, NULL);
}
