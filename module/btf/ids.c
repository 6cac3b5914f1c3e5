// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fill in the numbers of functions in a module's .BTF_ids: ids BASE MODULE
 *
 * A program for the machine that builds. It does what the kernel's resolve_btfids does, for
 * those headers that come without that (Debian up to 6.1). BASE is the kernel's own type
 * information (BTF), MODULE has one that goes on where BASE ends. A symbol tells what is to be at
 * its place:
 *
 *	__BTF_ID__func__NAME__N		the number of the function NAME
 *	__BTF_ID__set8__NAME		the number of pairs (number, flags) that follow, in order
 *
 * MODULE is of 64 bits and of this machine's byte order. It is changed in place.
 */
#include <elf.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTION	".BTF_ids"
#define FUNC	"__BTF_ID__func__"
#define SET8	"__BTF_ID__set8__"

struct bytes {
	char *at;
	size_t size;
};

struct pair {
	uint32_t id;
	uint32_t flags;
};

struct set8 {
	uint32_t count;
	uint32_t flags;
	struct pair pairs[];
};

static void die(const char *format, ...)
{
	va_list args;

	fputs("ids: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static struct bytes map_file(const char *path, int prot)
{
	int fd = open(path, prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	struct bytes file;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !st.st_size)
		die("can't open %s", path);
	file.size = st.st_size;
	file.at = mmap(NULL, file.size, prot, MAP_SHARED, fd, 0);
	if (file.at == MAP_FAILED)
		die("can't map %s", path);
	close(fd);
	return file;
}

/* A part of it, if it has that. */
static struct bytes part(struct bytes all, uint64_t offset, uint64_t size)
{
	if (offset > all.size || size > all.size - offset)
		die("something is beyond the end of the file");
	return (struct bytes){ all.at + offset, size };
}

static const Elf64_Shdr *section_headers(struct bytes module)
{
	const Elf64_Ehdr *elf = (const void *)part(module, 0, sizeof(*elf)).at;

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) || elf->e_ident[EI_CLASS] != ELFCLASS64)
		die("the module is no ELF file of 64 bits");
	return (const void *)part(module, elf->e_shoff, elf->e_shnum * sizeof(Elf64_Shdr)).at;
}

static const Elf64_Shdr *find_section(struct bytes module, const char *name)
{
	const Elf64_Ehdr *elf = (const void *)module.at;
	const Elf64_Shdr *headers = section_headers(module);
	const Elf64_Shdr *names = &headers[elf->e_shstrndx];
	int i;

	for (i = 0; i < elf->e_shnum; i++)
		if (!strcmp(part(module, names->sh_offset + headers[i].sh_name, 1).at, name))
			return &headers[i];
	die("the module has no %s", name);
	return NULL;
}

static struct bytes contents(struct bytes module, const Elf64_Shdr *section)
{
	return part(module, section->sh_offset, section->sh_size);
}

static const struct btf_header *header_of(struct bytes btf)
{
	const struct btf_header *header = (const void *)part(btf, 0, sizeof(*header)).at;

	if (header->magic != BTF_MAGIC)
		die("no type information, or of the other byte order");
	part(btf, (uint64_t)header->hdr_len + header->type_off, header->type_len);
	part(btf, (uint64_t)header->hdr_len + header->str_off, header->str_len);
	return header;
}

/* The bytes of what follows a type. */
static size_t extra(const struct btf_type *type)
{
	const size_t nr = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case 14:	/* VAR */
	case 17:	/* DECL_TAG */
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return nr * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
	case 13:	/* FUNC_PROTO */
		return nr * 8;
	case 15:	/* DATASEC */
	case 19:	/* ENUM64 */
		return nr * 12;
	default:
		return 0;
	}
}

/*
 * The number of a function in type information whose first type has the number first, and whose
 * strings begin at first_string. With a name of NULL, the number behind the last type.
 */
static uint32_t find(struct bytes btf, const char *name, uint32_t first, uint32_t first_string)
{
	const struct btf_header *header = header_of(btf);
	const char *types = btf.at + header->hdr_len + header->type_off;
	const char *strings = btf.at + header->hdr_len + header->str_off;
	const struct btf_type *type;
	uint32_t id = first, at;

	for (at = 0; at + sizeof(*type) <= header->type_len; at += sizeof(*type) + extra(type)) {
		type = (const void *)(types + at);
		if (name && BTF_INFO_KIND(type->info) == 12 /* FUNC */ &&
		    type->name_off - first_string < header->str_len &&
		    !strcmp(strings + type->name_off - first_string, name))
			return id;
		id++;
	}
	if (name)
		die("the module's type information has no function %s", name);
	return id;
}

static int by_id(const void *a, const void *b)
{
	const struct pair *one = a, *other = b;

	return one->id < other->id ? -1 : one->id > other->id;
}

/* "NAME__N", N being a number: without that. */
static void cut_number(char *name)
{
	char *last = NULL, *next = name;

	while ((next = strstr(next, "__")))
		last = next++;
	if (last)
		*last = 0;
}

int main(int argc, char **argv)
{
	struct bytes base, module, btf, ids, symbols, place;
	const Elf64_Shdr *headers, *ids_section, *symbols_section;
	uint32_t first, first_string;
	const Elf64_Sym *symbol;
	char name[256];
	int sets;

	if (argc != 3)
		die("usage: ids BASE MODULE");
	base = map_file(argv[1], PROT_READ);
	module = map_file(argv[2], PROT_READ | PROT_WRITE);
	headers = section_headers(module);
	btf = contents(module, find_section(module, ".BTF"));
	ids_section = find_section(module, SECTION);
	ids = contents(module, ids_section);
	symbols_section = find_section(module, ".symtab");
	symbols = contents(module, symbols_section);
	first = find(base, NULL, 1, 0);
	first_string = header_of(base)->str_len;

	/* numbers first, as sets are sorted by them */
	for (sets = 0; sets < 2; sets++) {
		for (symbol = (const void *)symbols.at;
		     (const char *)(symbol + 1) <= symbols.at + symbols.size; symbol++) {
			if (symbol->st_shndx != ids_section - headers)
				continue;
			snprintf(name, sizeof(name), "%s",
				 part(module, headers[symbols_section->sh_link].sh_offset +
				      symbol->st_name, 1).at);
			if (!sets && !strncmp(name, FUNC, strlen(FUNC))) {
				place = part(ids, symbol->st_value, sizeof(uint32_t));
				cut_number(name);
				*(uint32_t *)place.at = find(btf, name + strlen(FUNC), first,
							     first_string);
			} else if (sets && !strncmp(name, SET8, strlen(SET8))) {
				struct set8 *set;

				place = part(ids, symbol->st_value, symbol->st_size);
				set = (void *)place.at;
				set->count = (place.size - sizeof(*set)) / sizeof(struct pair);
				qsort(set->pairs, set->count, sizeof(struct pair), by_id);
			}
		}
	}
	return 0;
}
