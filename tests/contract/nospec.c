// SPDX-License-Identifier: GPL-2.0-only
/*
 * An index of the user's can't leave the array, not even in what a CPU does ahead of its checks.
 * Nothing that a program can ask for shows this, so the test looks at the code of the module: each
 * request that takes an index must mask it (array_index_nospec()).
 */
#include "fixture.h"

#include <elf.h>
#include <sys/stat.h>

#define MODULE	"/module/bpfmmap.ko"

static const uint8_t *image;
static const Elf64_Sym *symbols;
static const char *names;
static const Elf64_Shdr *sections;
static size_t nr_symbols;

static void read_module(void)
{
	const Elf64_Ehdr *header;
	struct stat st;
	int fd = open(MODULE, O_RDONLY), i;

	assert_true(fd >= 0);
	assert_ok(fstat(fd, &st));
	image = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(image, MAP_FAILED);
	close(fd);
	header = (const Elf64_Ehdr *)image;
	sections = (const Elf64_Shdr *)(image + header->e_shoff);
	for (i = 0; i < header->e_shnum; i++) {
		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		symbols = (const Elf64_Sym *)(image + sections[i].sh_offset);
		nr_symbols = sections[i].sh_size / sizeof(*symbols);
		names = (const char *)(image + sections[sections[i].sh_link].sh_offset);
	}
	assert_non_null(symbols);
}

/* "sbb reg,reg" of 64 bits, the same register twice: how x86 makes the mask. */
static bool is_mask(const uint8_t *code)
{
	return (code[0] == 0x48 || code[0] == 0x4d) && code[1] == 0x19 && code[2] >= 0xc0 &&
	       (code[2] & 7) == (code[2] >> 3 & 7);
}

/* Counts masks in the functions of that name; none if there is no such function. */
static unsigned int masks(const char *name)
{
	unsigned int count = 0;
	size_t i, at;

	for (i = 0; i < nr_symbols; i++) {
		const Elf64_Sym *symbol = &symbols[i];
		const size_t len = strlen(name);
		const uint8_t *code;

		/* a part of a function has the function's name with something behind a dot */
		if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC ||
		    strncmp(names + symbol->st_name, name, len) ||
		    (names[symbol->st_name + len] && names[symbol->st_name + len] != '.'))
			continue;
		code = image + sections[symbol->st_shndx].sh_offset + symbol->st_value;
		for (at = 0; at + 3 <= symbol->st_size; at++)
			count += is_mask(code + at);
	}
	return count;
}

static void each_index_is_masked(void **state)
{
	(void)state;
#ifndef __x86_64__
	skip_because("this test knows the code of x86 only");
#endif
	read_module();
	assert_true(masks("bpfmmap_element_lookup") >= 1);
	assert_true(masks("bpfmmap_element_lookup_batch") >= 1);
	/* the compiler may put functions of the file into each other */
	assert_true(masks("bpfmmap_element_update") + masks("set") >= 1);
	assert_true(masks("set_in_pieces") + masks("bpfmmap_element_update") >= 1);
	assert_true(masks("bpfmmap_element_update_batch") + masks("update_some") +
		    masks("scatter") >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_index_is_masked),
	};

	return RUN_GROUP(tests);
}
