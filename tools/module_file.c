// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module's file: an ELF object, followed by its signature. The file may be truncated or
 * contain anything, so each offset is checked against the size before it is used.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "module_file.h"
#include "resources.h"

/* The kernel's sign-file appends these after the module and its signature. */
#define SIGNATURE_MARK	"~Module signature appended~\n"

struct signature_trailer {
	unsigned char algorithm, hash, type, signer, key_id, pad[3];
	unsigned char size[4];	/* of the signature, the highest first */
};

struct symbol_version {
	uint64_t crc;
	char name[56];
};

static const struct {
	const char *suffix, *program;
} compressions[] = {
	{ ".xz", "xz" }, { ".zst", "zstd" }, { ".gz", "gzip" },
};

/* Open the file as a stream. *child is the process that unpacks it, or 0. */
static FILE *open_unpacked(const char *path, pid_t *child)
{
	const char *program = NULL, *suffix = strrchr(path, '.');
	FILE *stream;
	int ends[2];

	*child = 0;
	for (size_t i = 0; suffix && i < ARRAY_SIZE(compressions); i++)
		if (!strcmp(suffix, compressions[i].suffix))
			program = compressions[i].program;
	if (!program)
		return open_file(path);
	if (pipe(ends)) {
		check_used_up("make a pipe");
		return NULL;
	}
	*child = fork();
	if (!*child) {
		if (dup2(ends[1], STDOUT_FILENO) >= 0 && freopen("/dev/null", "w", stderr)) {
			close(ends[0]);
			close(ends[1]);
			execlp(program, program, "-dc", path, NULL);
		}
		_exit(127);
	}
	if (*child < 0)
		check_used_up("run a program");
	close(ends[1]);
	stream = fdopen(ends[0], "r");
	if (!stream)
		check_used_up("read what a program unpacks");
	return stream;
}

void module_file_read(struct module_file *file, const char *path)
{
	size_t room = 0, got = 1;
	FILE *stream;
	pid_t child;
	bool failed;
	int status;

	*file = (struct module_file){};
	stream = open_unpacked(path, &child);
	while (stream && got) {
		if (file->size == room) {
			room += 1 << 20;
			file->bytes = more_memory(file->bytes, room, 1);
		}
		got = fread(file->bytes + file->size, 1, room - file->size, stream);
		file->size += got;
	}
	failed = !stream || ferror(stream);
	if (stream)
		fclose(stream);
	if (child > 0 && (waitpid(child, &status, 0) != child || status))
		failed = true;
	if (failed || child < 0) {
		free(file->bytes);
		*file = (struct module_file){};
	}
}

const unsigned char *module_file_signature(const struct module_file *file, size_t *size)
{
	const size_t behind = sizeof(struct signature_trailer) + strlen(SIGNATURE_MARK);
	struct signature_trailer trailer;
	const unsigned char *end;

	if (file->size < behind)
		return NULL;
	end = file->bytes + file->size - behind;
	if (memcmp(end + sizeof(trailer), SIGNATURE_MARK, strlen(SIGNATURE_MARK)))
		return NULL;
	memcpy(&trailer, end, sizeof(trailer));
	*size = (size_t)trailer.size[0] << 24 | trailer.size[1] << 16 | trailer.size[2] << 8 |
		trailer.size[3];
	return *size <= file->size - behind ? end - *size : NULL;
}

/* The start of a section, or NULL if there is none. */
static const unsigned char *section(const struct module_file *file, const char *name, size_t *size)
{
	const Elf64_Ehdr *header = (const void *)file->bytes;
	const Elf64_Shdr *sections, *names;

	if (file->size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_shoff > file->size ||
	    header->e_shoff % sizeof(uint64_t) || header->e_shentsize != sizeof(*sections) ||
	    header->e_shnum > (file->size - header->e_shoff) / sizeof(*sections) ||
	    header->e_shstrndx >= header->e_shnum)
		return NULL;
	sections = (const void *)(file->bytes + header->e_shoff);
	names = &sections[header->e_shstrndx];
	for (int i = 0; i < header->e_shnum; i++) {
		const Elf64_Shdr *it = &sections[i];

		if (names->sh_offset > file->size || it->sh_offset > file->size ||
		    it->sh_size > file->size - it->sh_offset ||
		    it->sh_name > file->size - names->sh_offset ||
		    file->size - names->sh_offset - it->sh_name <= strlen(name) ||
		    strcmp((const char *)file->bytes + names->sh_offset + it->sh_name, name))
			continue;
		*size = it->sh_size;
		return file->bytes + it->sh_offset;
	}
	return NULL;
}

bool module_file_release(const struct module_file *file, char *release, size_t size)
{
	static const char key[] = "vermagic=";
	const char *info, *found;
	size_t length;

	info = (const char *)section(file, ".modinfo", &length);
	found = info ? memmem(info, length, key, strlen(key)) : NULL;
	if (!found)
		return false;
	found += strlen(key);
	length -= found - info;
	snprintf(release, size, "%.*s", (int)strnlen(found, length), found);
	release[strcspn(release, " ")] = 0;
	return true;
}

bool module_file_disagrees(const struct module_file *file, const char *symvers, char name[64])
{
	struct symbol_version version;
	char *line = NULL, listed[sizeof(version.name)];
	const unsigned char *versions;
	bool disagrees = false;
	unsigned long crc;
	size_t size, room = 0;
	FILE *stream;

	versions = section(file, "__versions", &size);
	stream = versions ? open_file(symvers) : NULL;
	if (!stream)
		return false;
	while (!disagrees && next_line(stream, &line, &room)) {
		if (sscanf(line, "%lx %55s", &crc, listed) != 2)
			continue;
		for (size_t at = 0; at + sizeof(version) <= size; at += sizeof(version)) {
			memcpy(&version, versions + at, sizeof(version));
			if (strncmp(version.name, listed, sizeof(version.name)))
				continue;
			disagrees = version.crc != crc;
			break;
		}
	}
	if (disagrees)
		snprintf(name, 64, "%s", listed);
	free(line);
	fclose(stream);
	return disagrees;
}
