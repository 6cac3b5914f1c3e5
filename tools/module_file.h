/* SPDX-License-Identifier: GPL-2.0-only */
/* A module's file: the facts that decide whether a kernel accepts it. */
#ifndef TOOLS_MODULE_FILE_H
#define TOOLS_MODULE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct module_file {
	unsigned char *bytes;	/* NULL if it can't be read */
	size_t size;
};

/* Read a file that may be compressed, which its name says. The caller frees bytes with free(). */
void module_file_read(struct module_file *file, const char *path);

/* The signature at the end, and its length. Returns NULL if there is none. */
const unsigned char *module_file_signature(const struct module_file *file, size_t *size);

/* The release that it is built for. Returns false if the file does not name one. */
bool module_file_release(const struct module_file *file, char *release, size_t size);

/*
 * Whether it needs another version of a symbol (CONFIG_MODVERSIONS) than Module.symvers lists.
 * The symbol is copied to name.
 */
bool module_file_disagrees(const struct module_file *file, const char *symvers, char name[64]);

#endif
