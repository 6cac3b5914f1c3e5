// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
//! The numbers and structs of `<linux/bpfmmap.h>`, which documents them.
//!
//! A test of the suite `bindings` compares [`header_lines`] with what a C compiler makes of the
//! header.
#![allow(missing_docs)]

use std::mem::size_of;

/// What [`header_lines`] says of a value: numbers and strings alike.
macro_rules! constants {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(pub const $name: $type = $value;)*

        fn constant_lines(lines: &mut Vec<String>) {
            $(lines.push(format!("BPFMMAP_{} {}", stringify!($name), $name));)*
        }
    };
}

/// Structs, with the name that each has in C.
macro_rules! structs {
    ($($c_name:literal $name:ident { $($field:ident: $type:ty,)* })*) => {
        $(
            #[repr(C)]
            #[derive(Clone, Copy)]
            pub struct $name { $(pub $field: $type,)* }

            impl $name {
                /// All fields are zero.
                pub fn zeroed() -> Self {
                    // SAFETY: all fields are numbers and arrays of numbers.
                    unsafe { std::mem::zeroed() }
                }
            }
        )*

        fn struct_lines(lines: &mut Vec<String>) {
            $(
                lines.push(format!("bpfmmap_{} {}", $c_name, size_of::<$name>()));
                let sample = $name::zeroed();
                let start = &sample as *const $name as usize;
                $(lines.push(format!(
                    "bpfmmap_{}.{} {} {}", $c_name, stringify!($field),
                    &sample.$field as *const $type as usize - start, size_of::<$type>(),
                ));)*
            )*
        }
    };
}

constants! {
    DEVICE: &str = "/dev/bpfmmap";
    PUBLISH_DIR: &str = "/sys/fs/bpfmmap";
    FS_MAGIC: u32 = 0x4250464d;
    VERSION: u32 = 5;
    NAME_LEN: usize = 16;
    PUBLISH_LEN: usize = 64;
    F_NUMA_NODE: u32 = 1 << 2;
    F_RDONLY: u32 = 1 << 3;
    F_WRONLY: u32 = 1 << 4;
    F_RDONLY_PROG: u32 = 1 << 7;
    F_WRONLY_PROG: u32 = 1 << 8;
    F_PROG: u32 = 1 << 28;
    F_POPULATE: u32 = 1 << 29;
    F_NOFREEZE: u32 = 1 << 30;
    ANY: u64 = 0;
    NOEXIST: u64 = 1;
    EXIST: u64 = 2;
    FREEZE_WHEN_IDLE: u32 = 1 << 0;
    FREEZE_KEEP: u32 = 1 << 1;
    FREEZE_CANCEL: u32 = 1 << 2;
    FREEZE_REVOKE: u32 = 1 << 3;
    FREEZE_PROCESSES: u32 = 1 << 4;
    FREEZE_FLAGS: u32 = 0x1f;
    FROZEN_FOR_NOBODY: u32 = 0;
    FROZEN_FOR_PROCESSES: u32 = 1;
    FROZEN_FOR_ALL: u32 = 2;
    PUBLISH_UID: u32 = 1 << 0;
    PUBLISH_GID: u32 = 1 << 1;
    PUBLISH_MODE: u32 = 1 << 2;
    MAPPING_WRITABLE: u32 = 1 << 0;
    FEATURE_BATCH: u64 = 1 << 0;
    FEATURE_MEMCG: u64 = 1 << 1;
    FEATURE_NUMA: u64 = 1 << 2;
    FEATURE_COMPAT: u64 = 1 << 3;
    FEATURE_FAULT_AROUND: u64 = 1 << 5;
    FEATURE_HUGE: u64 = 1 << 6;
    FEATURE_FILES: u64 = 1 << 7;
    FEATURE_REVOKE: u64 = 1 << 8;
    FEATURE_BPF: u64 = 1 << 9;
    IOC_TYPE: u32 = 0xbb;
    IOC_VERSION: u32 = iowr::<Version>(0x00);
    IOC_CREATE: u32 = iowr::<Create>(0x01);
    IOC_NEXT_ID: u32 = iowr::<NextId>(0x02);
    IOC_OPEN: u32 = iowr::<Open>(0x03);
    IOC_INFO: u32 = iowr::<Info>(0x10);
    IOC_FREEZE: u32 = iowr::<Freeze>(0x11);
    IOC_LOOKUP: u32 = iowr::<Element>(0x12);
    IOC_UPDATE: u32 = iowr::<Element>(0x13);
    IOC_LOOKUP_BATCH: u32 = iowr::<Batch>(0x14);
    IOC_UPDATE_BATCH: u32 = iowr::<Batch>(0x15);
    IOC_PUBLISH: u32 = iowr::<Publish>(0x16);
    IOC_RESTRICT: u32 = iowr::<Restrict>(0x17);
    IOC_MAPPINGS: u32 = iowr::<Mappings>(0x18);
    IOC_HANDLE: u32 = iowr::<HandleArgs>(0x19);
}

/// `_IOWR()`: both bits of the direction are set, which have the same place on each machine.
const fn iowr<T>(number: u32) -> u32 {
    3 << 30 | (size_of::<T>() as u32) << 16 | IOC_TYPE << 8 | number
}

structs! {
    "version" Version { size: u32, version: u32, features: u64, }
    "create" Create {
        size: u32, flags: u32, value_size: u32, max_entries: u32, numa_node: u32, reserved: u32,
        name: [u8; NAME_LEN],
    }
    "next_id" NextId { size: u32, start_id: u32, next_id: u32, reserved: u32, }
    "open" Open { size: u32, id: u32, flags: u32, reserved: u32, }
    "info" Info {
        size: u32, id: u32, value_size: u32, max_entries: u32, flags: u32, numa_node: i32,
        bytes: u64, mappings: u64, writers: u64, frozen: u32, creator_uid: u32,
        name: [u8; NAME_LEN], freeze_pending: u32, fd_flags: u32, published: [u8; PUBLISH_LEN],
        huge_runs: u64, revoked: u64, frozen_for: u32, wakes: u32,
    }
    "freeze" Freeze { size: u32, flags: u32, }
    "element" Element { size: u32, index: u32, value: u64, flags: u64, }
    "batch" Batch {
        size: u32, index: u32, count: u32, reserved: u32, values: u64, flags: u64,
    }
    "publish" Publish {
        size: u32, flags: u32, uid: u32, gid: u32, mode: u32, directory: u32,
        name: [u8; PUBLISH_LEN],
    }
    "restrict" Restrict { size: u32, flags: u32, }
    "mapping_entry" MappingEntry {
        pid: u32, flags: u32, offset: u64, bytes: u64, since_ns: u64, count: u64,
    }
    "mappings" Mappings { size: u32, count: u32, entries: u64, }
    "handle_args" HandleArgs { size: u32, reserved: u32, handle: u64, }
}

/// Each constant, struct and field, as the test prints those of the C header.
pub fn header_lines() -> Vec<String> {
    let mut lines = Vec::new();
    constant_lines(&mut lines);
    struct_lines(&mut lines);
    lines
}
