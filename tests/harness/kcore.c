// SPDX-License-Identifier: GPL-2.0-only
/* See kcore.h. */
#include "harness.h"
#include "kcore.h"

#include <elf.h>

bool kcore_open(struct kcore *kcore)
{
	Elf64_Phdr headers[ARRAY_SIZE(kcore->ranges)];
	Elf64_Ehdr elf;
	size_t i;

	kcore->nr = 0;
	kcore->fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (kcore->fd < 0)
		return false;
	if (pread(kcore->fd, &elf, sizeof(elf), 0) != sizeof(elf) ||
	    elf.e_phnum > ARRAY_SIZE(headers) ||
	    pread(kcore->fd, headers, elf.e_phnum * sizeof(*headers), elf.e_phoff) < 0) {
		close(kcore->fd);
		return false;
	}
	for (i = 0; i < elf.e_phnum; i++) {
		/* or it is no memory, but addresses of the kernel's */
		if (headers[i].p_type != PT_LOAD || headers[i].p_paddr == UINT64_MAX)
			continue;
		kcore->ranges[kcore->nr++] = (struct kcore_range) {
			.start = headers[i].p_paddr, .len = headers[i].p_filesz,
			.offset = headers[i].p_offset,
		};
	}
	return true;
}

bool kcore_read(const struct kcore *kcore, const struct kcore_range *range, uint64_t address,
		uint64_t *value)
{
	return pread(kcore->fd, value, sizeof(*value), range->offset + (address - range->start)) ==
	       sizeof(*value);
}

void kcore_close(struct kcore *kcore)
{
	close(kcore->fd);
}
