/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module's file, as far as one can tell from it whether a kernel takes it.
 */
#ifndef TOOLS_MODULE_FILE_H
#define TOOLS_MODULE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct module_file {
	unsigned char *bytes;	/* NULL: it can't be read */
	size_t size;
};

/* Compressed or not, by its name; what it takes is free()d with bytes. */
void module_file_read(struct module_file *file, const char *path);

/* The signature at its end, and how long it is; NULL: there is none. */
const unsigned char *module_file_signature(const struct module_file *file, size_t *size);

/* The release that it is built for; false: it does not say. */
bool module_file_release(const struct module_file *file, char *release, size_t size);

/*
 * Does it want another version of a symbol (CONFIG_MODVERSIONS) than Module.symvers lists?
 * Then that symbol is in name.
 */
bool module_file_disagrees(const struct module_file *file, const char *symvers, char name[64]);

#endif
