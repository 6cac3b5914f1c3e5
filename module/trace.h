/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints, for perf, trace-cmd and bpftrace: events/bpfmmap/ in tracefs
 *
 * A tracepoint that is disabled costs one jump that is not taken. In all of them id is that of
 * the region, and sizes, addresses and offsets are in bytes.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM bpfmmap

#if !defined(_BPFMMAP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _BPFMMAP_TRACE_H

#include <linux/string.h>
#include <linux/tracepoint.h>
#include <uapi/linux/bpfmmap.h>

#include "layout.h"

TRACE_EVENT(bpfmmap_create,
	TP_PROTO(u32 id, const struct bpfmmap_layout *layout, u64 bytes, const char *name),
	TP_ARGS(id, layout, bytes, name),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u32, value_size)
		__field(u32, max_entries)
		__field(u64, bytes)
		__array(char, name, BPFMMAP_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->value_size = layout->value_size;
		__entry->max_entries = layout->max_entries;
		__entry->bytes = bytes;
		memcpy(__entry->name, name, BPFMMAP_NAME_LEN);
	),
	TP_printk("id=%u value_size=%u max_entries=%u bytes=%llu name=%s", __entry->id,
		  __entry->value_size, __entry->max_entries, __entry->bytes, __entry->name)
);

TRACE_EVENT(bpfmmap_destroy,
	TP_PROTO(u32 id, u64 bytes),
	TP_ARGS(id, bytes),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, bytes)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->bytes = bytes;
	),
	TP_printk("id=%u bytes=%llu", __entry->id, __entry->bytes)
);

DECLARE_EVENT_CLASS(bpfmmap_mapping,
	TP_PROTO(u32 id, const struct vm_area_struct *vma),
	TP_ARGS(id, vma),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, address)
		__field(u64, bytes)
		__field(u64, offset)
		__field(bool, writable)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->address = vma->vm_start;
		__entry->bytes = vma->vm_end - vma->vm_start;
		__entry->offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
		__entry->writable = vma->vm_flags & VM_MAYWRITE;
	),
	TP_printk("id=%u address=0x%llx bytes=%llu offset=%llu writable=%d", __entry->id,
		  __entry->address, __entry->bytes, __entry->offset, __entry->writable)
);

/* a VMA of a region is made, by mmap, fork or a split */
DEFINE_EVENT(bpfmmap_mapping, bpfmmap_map,
	TP_PROTO(u32 id, const struct vm_area_struct *vma),
	TP_ARGS(id, vma)
);

/* a VMA of a region is closed */
DEFINE_EVENT(bpfmmap_mapping, bpfmmap_unmap,
	TP_PROTO(u32 id, const struct vm_area_struct *vma),
	TP_ARGS(id, vma)
);

TRACE_EVENT(bpfmmap_fault,
	TP_PROTO(u32 id, unsigned long address, unsigned long pages),
	TP_ARGS(id, address, pages),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, address)
		__field(u64, pages)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->address = address;
		__entry->pages = pages;
	),
	TP_printk("id=%u address=0x%llx pages=%llu", __entry->id, __entry->address,
		  __entry->pages)
);

/* error: 0: the region is frozen now; -EINPROGRESS: the freeze is pending; other -errno: refused */
TRACE_EVENT(bpfmmap_freeze,
	TP_PROTO(u32 id, int error),
	TP_ARGS(id, error),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->error = error;
	),
	TP_printk("id=%u error=%d", __entry->id, __entry->error)
);

DECLARE_EVENT_CLASS(bpfmmap_name,
	TP_PROTO(u32 id, const char *name),
	TP_ARGS(id, name),
	TP_STRUCT__entry(
		__field(u32, id)
		__array(char, name, BPFMMAP_PUBLISH_LEN)
	),
	TP_fast_assign(
		__entry->id = id;
		strscpy(__entry->name, name, BPFMMAP_PUBLISH_LEN);
	),
	TP_printk("id=%u name=%s", __entry->id, __entry->name)
);

DEFINE_EVENT(bpfmmap_name, bpfmmap_publish,
	TP_PROTO(u32 id, const char *name),
	TP_ARGS(id, name)
);

DEFINE_EVENT(bpfmmap_name, bpfmmap_withdraw,
	TP_PROTO(u32 id, const char *name),
	TP_ARGS(id, name)
);

#endif /* _BPFMMAP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
