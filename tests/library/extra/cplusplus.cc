// SPDX-License-Identifier: GPL-2.0-only
/* The library from C++: every kind of options, a handle that closes itself, a table. */
#include <bpfmmap.h>

#include <cerrno>
#include <cstdio>
#include <memory>

struct closer {
	void operator()(bpfmmap_region *region) const { bpfmmap_region__close(region); }
};

using region_ptr = std::unique_ptr<bpfmmap_region, closer>;

static int count_name(const char *, void *arg)
{
	++*static_cast<int *>(arg);
	return 0;
}

static int fill_and_freeze(bpfmmap_region *region)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, writable, .offset = 0, .writable = true);
	BPFMMAP_OPTS(bpfmmap_freeze_opts, request, .keep = false);
	bpfmmap_map map;

	if (bpfmmap_region__map(region, &map, &writable))
		return 1;
	for (__u32 i = 0; i < bpfmmap_region__max_entries(region); i++)
		*static_cast<double *>(bpfmmap_map__at(&map, sizeof(double), i)) = i / 2.0;
	if (bpfmmap_region__unmap(region, &map))
		return 2;
	return bpfmmap_region__freeze_when_idle(region, &request) ? 3 : 0;
}

/* Structs that have the name of a function are declared as any other, and the functions work. */
static bool structs_and_functions_of_one_name()
{
	struct bpfmmap_version before;
	bpfmmap_version version{};
	bpfmmap_next_id unused{};
	__u32 id = unused.next_id;

	before.size = version.size = sizeof(version);
	before.version = version.version;
	return !bpfmmap_version(&version) && before.version < version.version &&
	       bpfmmap_next_id(0x7ffffffe, &id) == -ENOENT && !id;
}

int main()
{
	BPFMMAP_OPTS(bpfmmap_create_opts, defaults);
	BPFMMAP_OPTS(bpfmmap_open_opts, readonly, .flags = BPFMMAP_F_RDONLY);
	BPFMMAP_OPTS(bpfmmap_publish_opts, for_all, .flags = BPFMMAP_PUBLISH_MODE, .mode = 0444);
	int names = 0, ret;
	double value = 0;

	if (!structs_and_functions_of_one_name())
		return 9;
	if (defaults.sz != sizeof(defaults) || defaults.flags || readonly.reserved)
		return 10;
	region_ptr region(bpfmmap_region__create("cplusplus", sizeof(double), 1000, &defaults));
	if (!region)
		return 11;
	ret = fill_and_freeze(region.get());
	if (ret)
		return ret;
	if (bpfmmap_region__publish(region.get(), "cplusplus", &for_all) ||
	    bpfmmap_each_published(count_name, &names) || names != 1)
		return 12;
	region_ptr reader(bpfmmap_region__open_name("cplusplus", &readonly));
	if (bpfmmap_withdraw("cplusplus"))
		return 13;
	if (!reader || bpfmmap_region__lookup(reader.get(), 7, &value))
		return 14;
	std::printf("element 7 is %.1f\n", value);
	return value == 3.5 ? 0 : 15;
}
