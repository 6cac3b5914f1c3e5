// SPDX-License-Identifier: GPL-2.0-only
/* version: the versions of this tool, the library and the module, and the module's features. */
#include <stdio.h>
#include <string.h>

#include <bpfmmap.h>

#include "array.h"
#include "commands.h"
#include "output.h"
#include "resources.h"

static const struct {
	__u64 bit;
	const char *name;
} features[] = {
	{ BPFMMAP_FEATURE_BATCH, "batch" },
	{ BPFMMAP_FEATURE_MEMCG, "memcg" },
	{ BPFMMAP_FEATURE_NUMA, "numa" },
	{ BPFMMAP_FEATURE_COMPAT, "compat" },
	{ BPFMMAP_FEATURE_FAULT_AROUND, "fault_around" },
	{ BPFMMAP_FEATURE_HUGE, "huge" },
	{ BPFMMAP_FEATURE_FILES, "files" },
	{ BPFMMAP_FEATURE_REVOKE, "revoke" },
	{ BPFMMAP_FEATURE_BPF, "bpf" },
};

/* The version of the loaded module. Returns false if none is loaded. */
static bool module_version(char *text, int size)
{
	FILE *file = open_file("/sys/module/bpfmmap/version");
	bool got = file && fgets(text, size, file);

	if (file)
		fclose(file);
	if (got)
		text[strcspn(text, "\n")] = 0;
	return got;
}

static void version_json(const char *module, const struct bpfmmap_version *version)
{
	json_object_begin(NULL);
	json_string("version", TOOL_VERSION);
	json_string("libbpfmmap_version", bpfmmap_version_string());
	if (module)
		json_string("module_version", module);
	if (version) {
		json_unsigned("interface_version", version->version);
		json_object_begin("features");
		for (size_t i = 0; i < ARRAY_SIZE(features); i++)
			json_boolean(features[i].name, version->features & features[i].bit);
		json_object_end();
	}
	json_object_end();
}

int do_version(struct args *args)
{
	struct bpfmmap_version version = { .size = sizeof(version) };
	char text[64];
	bool loaded, asked;
	int status = args_end(args);

	if (status)
		return status;
	loaded = module_version(text, sizeof(text));
	asked = !bpfmmap_version(&version);
	if (!asked)
		check_used_up("open " BPFMMAP_DEVICE);
	if (output_is_json()) {
		version_json(loaded ? text : NULL, asked ? &version : NULL);
		return DONE;
	}
	printf("bpfmmap %s\nlibbpfmmap %s\n", TOOL_VERSION, bpfmmap_version_string());
	printf("module %s\n", loaded ? text : "not loaded");
	if (asked) {
		printf("interface %u, features:", version.version);
		for (size_t i = 0; i < ARRAY_SIZE(features); i++)
			if (version.features & features[i].bit)
				printf(" %s", features[i].name);
		putchar('\n');
	}
	return DONE;
}
