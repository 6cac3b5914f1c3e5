# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""The numbers and structs of <linux/bpfmmap.h>, which documents them.

A test of the suite `bindings` compares header_lines() with what a C compiler makes of the header.
"""
from __future__ import annotations

import struct
from typing import Dict, Iterator, Tuple, Union

DEVICE = "/dev/bpfmmap"
PUBLISH_DIR = "/sys/fs/bpfmmap"
FS_MAGIC = 0x4250464D
VERSION = 5
NAME_LEN = 16
PUBLISH_LEN = 64

F_NUMA_NODE = 1 << 2
F_RDONLY = 1 << 3
F_WRONLY = 1 << 4
F_RDONLY_PROG = 1 << 7
F_WRONLY_PROG = 1 << 8
F_PROG = 1 << 28
F_POPULATE = 1 << 29
F_NOFREEZE = 1 << 30

ANY = 0
NOEXIST = 1
EXIST = 2

FREEZE_WHEN_IDLE = 1 << 0
FREEZE_KEEP = 1 << 1
FREEZE_CANCEL = 1 << 2
FREEZE_REVOKE = 1 << 3
FREEZE_PROCESSES = 1 << 4
FREEZE_FLAGS = 0x1F

FROZEN_FOR_NOBODY = 0
FROZEN_FOR_PROCESSES = 1
FROZEN_FOR_ALL = 2

PUBLISH_UID = 1 << 0
PUBLISH_GID = 1 << 1
PUBLISH_MODE = 1 << 2

MAPPING_WRITABLE = 1 << 0

FEATURE_BATCH = 1 << 0
FEATURE_MEMCG = 1 << 1
FEATURE_NUMA = 1 << 2
FEATURE_COMPAT = 1 << 3
FEATURE_FAULT_AROUND = 1 << 5
FEATURE_HUGE = 1 << 6
FEATURE_FILES = 1 << 7
FEATURE_REVOKE = 1 << 8
FEATURE_BPF = 1 << 9

Value = Union[int, bytes]


class Layout:
    """A struct. A field is given by its name and its format of the module struct."""

    def __init__(self, name: str, /, **fields: str) -> None:
        self.name = name
        self.fields = {"size": "I", **fields} if name != "mapping_entry" else fields
        # the structs have no implicit padding, so "=" is right on each machine
        self.codec = struct.Struct("=" + "".join(self.fields.values()))

    def pack(self, /, **values: Value) -> bytearray:
        """The struct with these fields. Its size is set, all others are zero."""
        if "size" in self.fields:
            values["size"] = self.codec.size
        zero: Dict[bool, Value] = {False: 0, True: b""}
        packed = (values.get(name, zero["s" in form]) for name, form in self.fields.items())
        return bytearray(self.codec.pack(*packed))

    def unpack(self, data: bytearray, offset: int = 0) -> Dict[str, int]:
        """The fields that are numbers."""
        values = zip(self.fields, self.codec.unpack_from(data, offset))
        return {name: value for name, value in values if isinstance(value, int)}

    def text(self, data: bytearray, name: str) -> str:
        """A field that is a string, up to its NUL."""
        value: bytes = self.codec.unpack(data)[list(self.fields).index(name)]
        return value.split(b"\0")[0].decode("utf-8", "surrogateescape")

    def offsets(self) -> Iterator[Tuple[str, int, int]]:
        """Name, offset and size of each field."""
        at = 0
        for name, form in self.fields.items():
            size = struct.calcsize("=" + form)
            yield name, at, size
            at += size


version = Layout("version", version="I", features="Q")
create = Layout(
    "create",
    flags="I",
    value_size="I",
    max_entries="I",
    numa_node="I",
    reserved="I",
    name=f"{NAME_LEN}s",
)
next_id = Layout("next_id", start_id="I", next_id="I", reserved="I")
open_id = Layout("open", id="I", flags="I", reserved="I")
info = Layout(
    "info",
    id="I",
    value_size="I",
    max_entries="I",
    flags="I",
    numa_node="i",
    bytes="Q",
    mappings="Q",
    writers="Q",
    frozen="I",
    creator_uid="I",
    name=f"{NAME_LEN}s",
    freeze_pending="I",
    fd_flags="I",
    published=f"{PUBLISH_LEN}s",
    huge_runs="Q",
    revoked="Q",
    frozen_for="I",
    wakes="I",
)
freeze = Layout("freeze", flags="I")
element = Layout("element", index="I", value="Q", flags="Q")
batch = Layout("batch", index="I", count="I", reserved="I", values="Q", flags="Q")
publish = Layout(
    "publish", flags="I", uid="I", gid="I", mode="I", directory="I", name=f"{PUBLISH_LEN}s"
)
restrict = Layout("restrict", flags="I")
mapping_entry = Layout(
    "mapping_entry", pid="I", flags="I", offset="Q", bytes="Q", since_ns="Q", count="Q"
)
mappings = Layout("mappings", count="I", entries="Q")
handle_args = Layout("handle_args", reserved="I", handle="Q")

IOC_TYPE = 0xBB


def _iowr(number: int, layout: Layout) -> int:
    """_IOWR(): both bits of the direction are set, which have the same place on each machine."""
    return 3 << 30 | layout.codec.size << 16 | IOC_TYPE << 8 | number


IOC_VERSION = _iowr(0x00, version)
IOC_CREATE = _iowr(0x01, create)
IOC_NEXT_ID = _iowr(0x02, next_id)
IOC_OPEN = _iowr(0x03, open_id)
IOC_INFO = _iowr(0x10, info)
IOC_FREEZE = _iowr(0x11, freeze)
IOC_LOOKUP = _iowr(0x12, element)
IOC_UPDATE = _iowr(0x13, element)
IOC_LOOKUP_BATCH = _iowr(0x14, batch)
IOC_UPDATE_BATCH = _iowr(0x15, batch)
IOC_PUBLISH = _iowr(0x16, publish)
IOC_RESTRICT = _iowr(0x17, restrict)
IOC_MAPPINGS = _iowr(0x18, mappings)
IOC_HANDLE = _iowr(0x19, handle_args)


def header_lines() -> Iterator[str]:
    """Each constant, struct and field, as the test prints those of the C header."""
    for name, value in globals().items():
        if isinstance(value, Layout):
            yield f"bpfmmap_{value.name} {value.codec.size}"
            for field, at, size in value.offsets():
                yield f"bpfmmap_{value.name}.{field} {at} {size}"
        elif name.isupper() and not name.startswith("_"):
            yield f"BPFMMAP_{name} {value}"
